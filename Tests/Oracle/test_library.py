"""The program in docs/example, which is built on the library, says what crmsync says."""

import json
import unittest
from pathlib import Path

from support import PLANS, PROGRAM, ROOT, Case, crmsync, run

DRIFT = Path(PROGRAM).parent / "drift"


class Library(Case):
    def test_as_the_program_says(self):
        compared = 0
        for folder in sorted(PLANS.iterdir()):
            cib, document = folder / "current.xml", folder / "document.yaml"
            if not (cib.exists() and document.exists()):
                continue
            planned = crmsync("plan", document, "--cib-file", cib, "--format", "json", "--no-simulate")
            said = run(DRIFT, cib, document)
            if planned.status:
                self.assertNotEqual(0, said.status, folder)
                continue
            if said.status:
                # A case of its own options.
                continue
            compared += 1
            with self.subTest(folder.name):
                changes = [f"{one['action']} {one['kind']} {one['id']}" for one in json.loads(planned.out)["changes"]]
                self.assertEqual(changes, [line.strip() for line in said.out.splitlines()[1:]
                                           if line.startswith("  ") and not line.startswith("    ")])
        self.assertGreater(compared, 20)

    def test_what_is_wrong(self):
        cib = ROOT / "fixtures" / "masakari" / "current.xml"
        wrong = self.file("d.yaml", "groups: {g: {members: [nobody]}}\n")
        said = run(DRIFT, cib, wrong)
        self.assertEqual((1, ""), (said.status, said.out))
        self.assertIn(f"{wrong}:1:24: error: group 'g' refers to member 'nobody', which is not defined\n", said.err)
        self.assertIn("not a CIB", run(DRIFT, self.file("no.xml", "<a/>"), wrong).err)
        secret = self.file("s.yaml", "primitives: {p: {agent: lsb:x, params: {passwd: {file: /nowhere}}}}\n")
        self.assertIn("/nowhere", run(DRIFT, cib, secret).err)

    def test_in_sync(self):
        cib = ROOT / "fixtures" / "masakari" / "current.xml"
        exported = self.file("d.yaml", crmsync("export", "--cib-file", cib, "--show-secrets").out)
        self.assertRegex(run(DRIFT, cib, exported).out, r"^\d+ objects, in sync\n$")


if __name__ == "__main__":
    unittest.main()
