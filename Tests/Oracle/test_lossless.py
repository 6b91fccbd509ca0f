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

    def test_what_no_schema_knows(self):
        """A CIB that names the schema `none` may have anything; documents carry it, and plans leave it alone."""
        with tempfile.TemporaryDirectory() as folder:
            cib, bare = Path(folder) / "cib.xml", Path(folder) / "bare.xml"
            bare.write_text("""<cib crm_feature_set="3.16.1" validate-with="none" admin_epoch="0" epoch="7" num_updates="0"><configuration>
                <crm_config/><nodes/><resources><primitive id="p" class="ocf" provider="pacemaker" type="Dummy"/></resources><constraints/>
                </configuration><status/></cib>""")
            cib.write_text(bare.read_text().replace("<crm_config/>", '<crm_config><weird id="w"/></crm_config>')
                           .replace("</resources>", '<gizmo id="z"><primitive id="in" class="lsb" type="x"/></gizmo></resources>')
                           .replace("<constraints/>", '<constraints><odd id="o"><nvpair id="n" name="passwd" value="hidden"/></odd></constraints>'
                                    '<novel a="1"><deep b="2"/></novel>'))
            before = cib.read_bytes()
            for form in ("yaml", "json", "xml"):
                with self.subTest(form):
                    exported = crmsync("export", "--cib-file", cib, "--format", form).out
                    for element in ("weird", "gizmo", "odd", "novel", "deep"):
                        self.assertIn(f"<{element}", exported)
                    self.assertNotIn("hidden", exported)
                    document = Path(folder) / f"export.{form}"
                    document.write_text(exported)
                    plan = crmsync("plan", "--cib-file", cib, "--prune-all", "--exact", "--detailed-exitcode", document)
                    self.assertEqual(plan.status, 0, plan)
                    self.assertEqual(crmsync("validate", document).status, 0)
                    rendered = Path(folder) / "again.json"
                    rendered.write_text(crmsync("render", document, "--format", "json").out)
                    self.assertEqual(crmsync("plan", "--cib-file", cib, "--detailed-exitcode", rendered).status, 0)
                    # crmsync writes none: where the cluster does not have them, that is an error.
                    plan = crmsync("plan", "--cib-file", bare, document)
                    self.assertEqual((plan.status, plan.err.count("error: unknown element")), (65, 4), plan)
            change = Path(folder) / "change.yaml"
            change.write_text("properties: {cluster-delay: 61s}\ndelete: [p]\n")
            self.assertEqual(crmsync("apply", "--cib-file", cib, change, "--yes").status, 0)
            for element in ("weird", "gizmo", "odd", "novel", "deep"):
                self.assertIn(element, cib.read_text())
            self.assertNotEqual(cib.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
