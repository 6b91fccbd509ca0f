"""The lab's document is the Masakari document: it differs in addresses, limits of time and witnesses."""

import json
import unittest

from lab import DOCUMENT, ROOT
from support import crmsync


def rendered(path):
    return json.loads(crmsync("render", "--format", "json", path).out)


class Document(unittest.TestCase):
    def test_is_the_masakari_document(self):
        original, ours = rendered(ROOT / "fixtures" / "masakari" / "cluster.yaml"), rendered(DOCUMENT)
        self.assertEqual(set(original), set(ours))
        for key in ("properties", "resource-defaults", "groups", "clones"):
            self.assertEqual(original[key], ours[key], key)
        for key in ("primitives", "remotes", "stonith"):
            named = {name for name in ours[key] if not name.startswith("witness-")}
            self.assertEqual(set(original[key]), named, key)
            for name in named:
                for part in ("agent", "meta"):
                    self.assertEqual(original[key][name].get(part), ours[key][name].get(part), name)
        self.assertEqual(original["placement"], [
            entry for entry in ours["placement"] if not entry["resources"][0].startswith("witness-")])


if __name__ == "__main__":
    unittest.main()
