"""The table of mutants fits the source: cheap enough for every run. `make mutation` runs the mutants themselves."""

import re
import unittest
from collections import defaultdict

from mutants import MUTANTS, ROOT


class Table(unittest.TestCase):
    def test_every_place_is_there_once(self):
        for mutant in MUTANTS:
            with self.subTest(str(mutant)):
                self.assertEqual(1, (ROOT / mutant.file).read_text().count(mutant.text))
                self.assertNotEqual(mutant.replaced, mutant.new)

    def test_they_are_within_one_another_or_apart(self):
        """All are compiled into one program."""
        spans = defaultdict(list)
        for mutant in MUTANTS:
            spans[mutant.file].append(mutant.span((ROOT / mutant.file).read_text()) or (0, 0))
        for file, ones in spans.items():
            for start, end in ones:
                for other, last in ones:
                    self.assertFalse(start < other < end < last, (file, start, other))

    def test_their_tests_are_there(self):
        swift = "\n".join(path.read_text() for path in ROOT.glob("Tests/*/*.swift"))
        for mutant in MUTANTS:
            self.assertTrue(mutant.tests, mutant)
            for kind, name, *_ in mutant.tests:
                with self.subTest(kind, name=name):
                    if kind == "swift":
                        self.assertIn(f"struct {name.partition('.')[2] or name} ", swift)
                    elif kind != "faults":
                        file, *names = name.split(".")
                        text = (ROOT / "Tests" / kind / f"{file}.py").read_text()
                        for part in names:
                            self.assertRegex(text, rf"(class|def) {re.escape(part)}\(")


if __name__ == "__main__":
    unittest.main()
