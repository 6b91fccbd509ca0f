"""What the manual shows is what the program takes."""

import re
import shutil
import textwrap
import unittest
from pathlib import Path

from support import Case, crmsync, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def examples(page):
    """The documents that a page shows; those in a list are indented."""
    return [textwrap.dedent(text) for text in re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(), re.S | re.M)]


class Documentation(Case):
    def test_every_example_is_a_document(self):
        self.assertGreater(sum(len(examples(page)) for page in PAGES), 10)
        for page in PAGES:
            for number, example in enumerate(examples(page)):
                with self.subTest(page=page.name, example=example[:60]):
                    document = self.file(f"{page.stem}{number}.yaml", example)
                    self.assertStatus(0, crmsync("validate", document))

    def test_a_page_makes_sense_as_a_whole(self):
        """What an example refers to is in another of the page."""
        for page in PAGES[1:]:
            documents = [self.file(f"{page.stem}{number}.yaml", example) for number, example in enumerate(examples(page))]
            if documents:
                with self.subTest(page=page.name):
                    result = self.assertStatus(0, crmsync("validate", *documents))
                    self.assertNotRegex(result.err, "not defined|not a resource|nothing allows|no member")

    def test_the_first_steps_of_the_readme(self):
        first, fencing = examples(PAGES[0])
        document = self.file("cluster.yaml", first)
        cib = self.file("cib.xml", run("cibadmin", "--empty").out)
        def call(command, document):
            return self.assertStatus(0, crmsync(command, "--cib-file", cib, document, "--yes" if command == "apply" else "--detailed-exitcode"))
        shown = textwrap.dedent(re.search(r"    \$ cibadmin --empty.*?documents say\.\n", PAGES[0].read_text(), re.S)[0])
        said = ["$ cibadmin --empty > cib.xml\n"]
        for _ in range(2):
            result = call("apply", document)
            self.assertEqual(result.err, "")
            said += ["$ crmsync apply --cib-file cib.xml cluster.yaml\n", result.out]
        self.assertEqual("".join(said), shown)
        if shutil.which("crm_verify"):
            self.assertEqual(run("crm_verify", "--xml-file", cib).status, 0)
        # Fencing comes on top of it.
        key = self.file("maas.key", "a:b:c\n")
        self.assertIn("/etc/crmsync/maas.key", fencing)
        fencing = self.file("fencing.yaml", fencing.replace("/etc/crmsync/maas.key", str(key)))
        self.assertNotIn("error", call("apply", fencing).err)
        call("plan", fencing)


if __name__ == "__main__":
    unittest.main()
