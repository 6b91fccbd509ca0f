"""What the manual shows is what the program takes."""

import re
import unittest
from pathlib import Path

from support import crmsync

ROOT = Path(__file__).resolve().parents[2]


class Documentation(unittest.TestCase):
    def test_every_yaml_example_is_a_document(self):
        text = (ROOT / "docs" / "documents.md").read_text()
        examples = re.findall(r"```yaml\n(.*?)```", text, re.S)
        self.assertGreater(len(examples), 5)
        for example in examples:
            # One example shows a part of a primitive.
            if example.startswith("    "):
                example = "primitives:\n  web:\n    agent: ocf:heartbeat:apache\n" + example
            with self.subTest(example=example[:60]):
                run = crmsync("render", "-", stdin=example)
                self.assertEqual(run.status, 0, run.err)


if __name__ == "__main__":
    unittest.main()
