"""What export writes says all that the cluster's configuration says."""

import shutil
import tempfile
import unittest
from pathlib import Path

from support import FIXTURES, corpus, crmsync, query, say, two_at_a_time
from meaning import differences


def problems(path):
    """What goes wrong with one CIB."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        cib = Path(folder) / "cib.xml"
        shutil.copyfile(path, cib)
        cib.chmod(0o644)
        before = cib.read_bytes()
        for form in ("yaml", "json", "xml"):
            for secrets in ((), ("--show-secrets",)):
                exported = crmsync("export", "--cib-file", cib, "--format", form, *secrets)
                if exported.status != 0:
                    found.append(f"{path.name} {form}: {exported}")
                    continue
                document = Path(folder) / f"export.{form}"
                document.write_text(exported.out, encoding="utf-8")
                plan = crmsync("plan", "--cib-file", cib, "--prune-all", "--exact", "--detailed-exitcode", document)
                if plan.status != 0:
                    found.append(f"{path.name} {form}: {plan}")
                if form == "xml" and secrets:
                    found += [f"{path.name} {form}: {line}" for line in differences(query(cib), exported.out)]
        if cib.read_bytes() != before:
            found.append(f"{path.name}: the CIB file has changed")
    return found


class LosslessTests(unittest.TestCase):
    def test_export_plans_to_no_change(self):
        paths = corpus()
        self.assertGreaterEqual(len(paths), 20)
        say(f"\n{len(paths)} CIBs seen")
        for path, found in zip(paths, two_at_a_time(problems, paths)):
            with self.subTest(path.name):
                self.assertEqual(found, [], "\n".join(found))

    def test_a_lost_value_is_noticed(self):
        """The check itself: an export with one thing taken out is not in sync."""
        with tempfile.TemporaryDirectory() as folder:
            cib = Path(folder) / "cib.xml"
            shutil.copyfile(FIXTURES / "attribute-sets.xml", cib)
            text = crmsync("export", "--cib-file", cib, "--format", "json").out
            document = Path(folder) / "export.json"
            document.write_text(text.replace('"fake"', '"fate"', 1))
            self.assertNotEqual(document.read_text(), text)
            plan = crmsync("plan", "--cib-file", cib, "--prune-all", "--exact", "--detailed-exitcode", document)
            self.assertEqual(plan.status, 2, plan)


if __name__ == "__main__":
    unittest.main()
