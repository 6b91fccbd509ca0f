"""What is written in crmsh's syntax, with Debian's crmsh as the oracle: it loads it back as the same configuration."""

import copy
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from lxml import etree

from meaning import differences
from support import FIXTURES, HAS_CRM, NO_CRM, PLANS, corpus, crmsync, environment, query, run, say, tool, two_at_a_time

IS_ROOT = os.getuid() == 0

# What crmsh 4.4.1 loads from no text.
NOT_LOADED = {
    "acls": "a user whose name is no XML id",
    "bundles": "containers other than docker",
    "defaults-rules": "scores of sets of defaults",
    "lifetime": "lifetimes of constraints, of before pacemaker-2.0",
    "property-sets": "scores of property sets",
    "references-to-sets": "properties and defaults by reference, which crmsh cannot show either",
}
# Of two values of one name only the one in force is written, as crmsh would take the other.
NOT_IN_SYNC = {"duplicate-names"}

# crmsh loads in this order, whatever that of the statements.
KINDS = ("primitive", "bundle", "group", "master", "clone")


def empty(path, schema):
    path.write_text(run("cibadmin", "--empty", schema).out)


def crm(cib, *arguments, **options):
    """Debian's crm on a CIB file, a third faster for not loading setuptools."""
    env = environment(CIB_file=cib, SETUPTOOLS_USE_DISTUTILS="stdlib")
    return run("crm", "--force", "configure", *arguments, env=env, **options)


def in_crmsh_order(cib):
    """The CIB with its resources in the order in which crmsh loads them."""
    result = copy.deepcopy(cib)
    resources = result.find("configuration/resources")
    if resources is not None:
        resources[:] = sorted(resources, key=lambda child: KINDS.index(child.tag) if child.tag in KINDS else -1)
    return result


def loaded(text, schema, folder):
    """The CIB that crmsh makes of the text, and what it said; None for no CIB."""
    document, cib = folder / "document.crm", folder / "loaded.xml"
    document.write_text(text, encoding="utf-8")
    empty(cib, schema)
    result = crm(cib, "load", "replace", document)
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
        self.is_own = path.parent == FIXTURES
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            cib = folder / "cib.xml"
            shutil.copyfile(path, cib)
            cib.chmod(0o644)
            before = query(cib)
            written = crmsync("export", "--cib-file", cib, "--format", "crmsh", "--show-secrets")
            self.ours = [str(written)] if written.status else losses(written.out, before, folder)
            if self.ours:
                shown = crm(cib, "show")
                self.theirs = losses(shown.out, before, folder, order=by_id)
            document = folder / "written.crm"
            document.write_text(written.out, encoding="utf-8")
            plan = crmsync("plan", document, "--cib-file", cib, "--prune-all", "--exact")
            if "In sync" not in plan.out:
                self.plan = plan


# Everything that crm does beyond what it is told: members that leave one group for another, constraints of what goes
# into a new group, templates and groups that take others with them, sets whose order matters.
BEFORE = """
node 1: n1 attributes stays=1 goes=2 utilization cpu=1
node 2: n2
rsc_template t1 ocf:pacemaker:Dummy
primitive a ocf:pacemaker:Dummy
primitive b ocf:pacemaker:Dummy params fake=1 op monitor interval=10s
primitive c ocf:pacemaker:Dummy
primitive d ocf:pacemaker:Dummy
primitive e ocf:pacemaker:Dummy
primitive f ocf:pacemaker:Dummy
primitive s ocf:pacemaker:Dummy
primitive h ocf:pacemaker:Dummy
primitive i ocf:pacemaker:Dummy
primitive made @t1
primitive x ocf:pacemaker:Dummy
primitive y ocf:pacemaker:Dummy
primitive st stonith:null params hostlist="n1 n2"
primitive st2 stonith:null params hostlist="n1 n2"
group with-made made x
group g1 a b c
group g2 d
group single s
group gone h i
clone cl e
location l-e e 10: n1
location l-g1 g1 5: n1
location l-g2 g2 5: n1
location l-single single 7: n2
location l-made made 3: n1
order o-ef e f
order o-set Mandatory: a ( h y ) f
colocation k-h inf: h y
colocation k-new inf: y f
tag tg: a h
tag th: h
fencing_topology n1: st st2 n2: st
property stonith-enabled=true cluster-delay=60s batch-limit=5
property other: x=1
rsc_defaults one: resource-stickiness=1
rsc_defaults two: resource-stickiness=2 failure-timeout=5
op_defaults od: timeout=60s
role r read xpath:"/cib"
acl_target joe r
alert al "/bin/a" to x
"""
AFTER = """
node 1: n1 attributes stays=2
node 2: n2
primitive a ocf:pacemaker:Dummy
primitive b ocf:pacemaker:Dummy params fake="1 2" op monitor interval=20s
primitive c ocf:pacemaker:Dummy
primitive e ocf:pacemaker:Dummy params fake=3
primitive f ocf:pacemaker:Dummy
primitive s ocf:pacemaker:Dummy
primitive made ocf:pacemaker:Dummy
primitive x ocf:pacemaker:Dummy
primitive y ocf:pacemaker:Dummy
primitive z ocf:pacemaker:Dummy
primitive st stonith:null params hostlist="n1 n2"
group with-made made x
group g1 b a
group g2 c
group ge e f
group gy y z
clone cl ge
location l-e e 10: n1
location l-g1 g1 5: n1
location l-g2 g2 5: n1
location l-made made 3: n1
location l-new z rule -inf: #uname eq n2
order o-ef e f
order o-set Mandatory: a ( y ) f
colocation k-new inf: y f
tag tg: a
fencing_topology n1: st n2: st
property stonith-enabled=true cluster-delay=61s
rsc_defaults two: resource-stickiness=2 failure-timeout=5
rsc_defaults one: resource-stickiness=1
role r read xpath:"/cib" write ref:a
acl_target joe r
alert al "/bin/b" to x to "y z"
"""


class Carried:
    """What crm makes of a CIB when it is told what a plan says."""

    def __init__(self, name, cib, documents, flags=()):
        self.name, self.refusal, self.found = name, None, []
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            ours, theirs, patch = folder / "ours.xml", folder / "theirs.xml", folder / "patch.xml"
            root = etree.parse(str(cib)).getroot()
            # Without it crm_diff knows nothing of order.
            root.set("crm_feature_set", root.get("crm_feature_set") or "3.16.1")
            for path in (ours, theirs):
                path.write_bytes(etree.tostring(root))
            arguments = ("plan", *documents, "--cib-file", ours, "--show-secrets", *flags)
            written = crmsync(*arguments, "--format", "crmsh")
            if written.status:
                self.refusal = str(written)
                return
            patch.write_text(crmsync(*arguments, "--format", "xml").out, encoding="utf-8")
            patched = tool("cibadmin", ours, "--patch", "--xml-file", patch)
            done = crm(theirs, stdin=written.out) if written.out else None
            self.found = [str(patched)] if patched.status else self.differences(query(ours), query(theirs))
            if self.found:
                self.found += [written.out, str(done)]

    @staticmethod
    def differences(ours, theirs):
        """All but the order of resources, which crm has its own ideas of."""
        return [line for line in differences(in_crmsh_order(ours), in_crmsh_order(theirs))
                if not line.startswith("resources order")]


@unittest.skipUnless(HAS_CRM, NO_CRM)
@unittest.skipUnless(IS_ROOT, "crm gives its log to another group, and needs root for it")
class CrmshWriter(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_crmsh_loads_what_export_writes(self):
        verdicts = two_at_a_time(Verdict, corpus())
        lost = [verdict for verdict in verdicts if verdict.ours]
        say(f"\ncrmsh: {len(verdicts)} CIBs exported and loaded by crm, {len(verdicts) - len(lost)} of them as they are; "
            f"crm itself cannot do these: {', '.join(verdict.name for verdict in lost) or 'none'}")
        self.assertGreater(len(verdicts) - len(lost), 25)
        for verdict in verdicts:
            with self.subTest(verdict.name):
                # crm itself loses more of our own CIBs than it has to.
                if not verdict.theirs or verdict.is_own and verdict.name not in NOT_LOADED:
                    self.assertEqual(verdict.ours, [])
                if verdict.name not in NOT_IN_SYNC:
                    self.assertIsNone(verdict.plan, verdict.plan)

    def test_a_lost_value_is_noticed(self):
        """The check itself."""
        cib = query(shutil.copyfile(FIXTURES / "operations.xml", self.folder / "cib.xml"))
        text = crmsync("export", "--cib-file", self.folder / "cib.xml", "--format", "crmsh").out
        self.assertEqual(losses(text, cib, self.folder), [])
        self.assertNotEqual(losses(text.replace("timeout=20s", "timeout=21s", 1), cib, self.folder), [])

    def test_crm_does_what_plan_writes(self):
        folder = self.folder
        everything = ("--prune-all", "--exact", "--force", "--allow-unfenced")
        empty(folder / "cib.xml", "pacemaker-3.9")
        (folder / "before.crm").write_text(BEFORE)
        (folder / "after.crm").write_text(AFTER)
        applied = crmsync("apply", folder / "before.crm", "--cib-file", folder / "cib.xml", "--yes", "--force")
        self.assertEqual(applied.status, 0, applied)
        cases = [("by hand", folder / "cib.xml", [folder / "after.crm"], everything)]
        for case in sorted(PLANS.iterdir()):
            flags = case / "flags"
            documents = [path for path in case.iterdir() if path.name.startswith("document")]
            if (case / "current.xml").exists():
                cases.append((case.name, case / "current.xml", documents,
                              flags.read_text().split() if flags.exists() else ()))
        for before, after in (("words", "tags"), ("id-refs", "orders"), ("secrets", "words"), ("templates", "id-refs"),
                              ("groups-and-clones", "resource-sets"), ("fencing-topology", "alerts"),
                              ("promotable-old-roles-3.9", "groups-and-clones"), ("nothing", "date-rules")):
            cases.append((f"{before} to {after}", FIXTURES / f"{before}.xml", [FIXTURES / f"{after}.xml"], everything))
        carried = two_at_a_time(lambda case: Carried(*case), cases)
        refused = [one for one in carried if one.refusal]
        say(f"\ncrmsh: {len(carried) - len(refused)} plans carried out by crm, {len(refused)} refused")
        self.assertGreater(len(carried) - len(refused), 35)
        for one in carried:
            with self.subTest(one.name):
                self.assertEqual(one.found, [], "\n".join(one.found))
                if one.refusal and "crmsh cannot" not in one.refusal:
                    self.assertTrue((PLANS / one.name).exists(), one.refusal)

    def test_secrets_stay_where_they_are(self):
        cib = self.folder / "cib.xml"
        shutil.copyfile(FIXTURES / "secrets.xml", cib)
        secrets = [pair.get("value") for pair in query(cib).iter("nvpair") if "passw" in pair.get("name", "")]
        self.assertTrue(secrets)
        shown = crmsync("export", "--cib-file", cib, "--format", "crmsh").out
        self.assertIn("crmsync:keep-secret", shown)
        for secret in secrets:
            if not secret.startswith("lrm://"):
                self.assertNotIn(secret, shown)
        document = self.folder / "document.yaml"
        document.write_text("primitives: {new: {agent: 'ocf:pacemaker:Dummy', params: {passwd: hunter5}}}")
        plan = ("plan", document, "--cib-file", cib, "--format", "crmsh")
        told = crmsync(*plan)
        self.assertEqual((told.status, told.out), (64, ""), told)
        self.assertNotIn("hunter5", told.err)
        self.assertIn("passwd=hunter5", crmsync(*plan, "--show-secrets").out)
        rendered = crmsync("render", document, "--format", "crmsh")
        self.assertIn('passwd="crmsync:keep-secret"', rendered.out, rendered)

    def test_what_has_no_words_is_an_error(self):
        document = self.folder / "document.yaml"
        for text, words in (("delete: [{property: x}]", "'delete' of property 'x'"),
                            ("properties: {x: null}", "to be unset"),
                            ("delete: [{acl-target: joe}]", "'delete' of ACL target 'joe'")):
            document.write_text(text)
            rendered = crmsync("render", document, "--format", "crmsh")
            self.assertEqual((rendered.status, rendered.out), (65, ""), rendered)
            self.assertIn(words, rendered.err)
        document.write_text("delete: [a, b]\nresource-defaults: {x: 1}\n")
        self.assertEqual(crmsync("render", document, "--format", "crmsh").out,
                         "delete a \\\n\tb\nrsc_defaults \\\n\tx=1\n")


if __name__ == "__main__":
    unittest.main()
