"""What is written in crmsh's syntax, with Debian's crmsh as the oracle: it loads it back as the same configuration."""

import copy
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from meaning import differences
from support import FIXTURES, corpus, crmsync, query, run, say, tool, two_at_a_time

HAS_CRM = shutil.which("crm") is not None
IS_ROOT = os.getuid() == 0

# crmsh loads in this order, whatever that of the statements.
KINDS = ("primitive", "bundle", "group", "master", "clone")


def empty(path, schema):
    path.write_text(run("cibadmin", "--empty", schema).out)


def in_crmsh_order(cib):
    """The CIB with its resources in the order in which crmsh loads them."""
    result = copy.deepcopy(cib)
    resources = result.find("configuration/resources")
    if resources is not None:
        resources[:] = sorted(resources, key=lambda child: KINDS.index(child.tag) if child.tag in KINDS else -1)
    return result


def loaded(text, schema, folder, method="replace"):
    """The CIB that crmsh makes of the text, and what it said; None for no CIB."""
    document, cib = folder / "document.crm", folder / "loaded.xml"
    document.write_text(text, encoding="utf-8")
    empty(cib, schema)
    result = tool("crm", cib, "--force", "configure", "load", method, document)
    return query(cib), result


def losses(text, before, folder, order=lambda cib: cib):
    """What crmsh loses of a CIB that the text is to say."""
    after, result = loaded(text, before.get("validate-with"), folder)
    if after is None:
        return [str(result)]
    # Resources of one kind stay in their order, if it is for them to say.
    return differences(order(in_crmsh_order(before)), order(after))


def by_id(cib):
    """The CIB with its resources in the order in which crmsh shows them."""
    resources = cib.find("configuration/resources")
    if resources is not None:
        resources[:] = sorted(resources, key=lambda child: child.get("id"))
    return cib


class Verdict:
    """What becomes of one CIB."""

    def __init__(self, path):
        self.name, self.ours, self.theirs, self.plan = path.stem, [], [], None
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            cib = folder / "cib.xml"
            shutil.copyfile(path, cib)
            cib.chmod(0o644)
            before = query(cib)
            written = crmsync("export", "--cib-file", cib, "--format", "crmsh", "--show-secrets")
            self.ours = [str(written)] if written.status else losses(written.out, before, folder)
            if self.ours:
                shown = tool("crm", cib, "configure", "show")
                self.theirs = losses(shown.out, before, folder, order=by_id)
            document = folder / "written.crm"
            document.write_text(written.out, encoding="utf-8")
            plan = crmsync("plan", document, "--cib-file", cib, "--prune-all", "--exact")
            if "In sync" not in plan.out:
                self.plan = plan


@unittest.skipUnless(HAS_CRM, "there is no crmsh")
@unittest.skipUnless(IS_ROOT, "crm gives its log to another group, and needs root for it")
class CrmshWriter(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    # Of two values of one name only the one in force is written, as crmsh would take the other.
    NOT_IN_SYNC = {"duplicate-names"}

    def test_crmsh_loads_what_export_writes(self):
        verdicts = two_at_a_time(Verdict, corpus())
        lost = [verdict for verdict in verdicts if verdict.ours]
        say(f"\ncrmsh: {len(verdicts)} CIBs exported and loaded by crm, {len(verdicts) - len(lost)} of them as they are; "
            f"crm itself cannot do these: {', '.join(verdict.name for verdict in lost) or 'none'}")
        self.assertGreater(len(verdicts) - len(lost), 25)
        for verdict in verdicts:
            with self.subTest(verdict.name):
                if not verdict.theirs:
                    self.assertEqual(verdict.ours, [])
                if verdict.name not in self.NOT_IN_SYNC:
                    self.assertIsNone(verdict.plan, verdict.plan)


if __name__ == "__main__":
    unittest.main()
