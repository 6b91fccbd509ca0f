"""`apply --defer` on CIB files with a status: what is applied now interrupts nothing, by crm_simulate's own word, and
with what waits it is all of the documents."""

import json
import random
import shutil
import unittest

import meaning
from lxml import etree
from support import ROOT, Case, corpus, crmsync, environment, run, say

RUNNING = ROOT / "fixtures" / "running"
ENOUGH = 25


class Deferral(Case):
    def setUp(self):
        super().setUp()
        self.env = environment(CRMSYNC_STATE_DIR=self.folder / "state")

    def crmsync(self, *arguments, status=0):
        return self.assertStatus(status, crmsync(*arguments, env=self.env))

    def apply(self, cib, document, *options, status=0):
        return self.crmsync("apply", "--yes", "--cib-file", cib, document, *options, status=status)

    def waiting(self, cib):
        return json.loads(self.crmsync("deferred", "list", "--format", "json", "--cib-file", cib).out)

    def interrupted(self, cib):
        """What the cluster would do to what runs."""
        told = self.assertStatus(0, run("crm_simulate", "--simulate", "--xml-file", cib, "--output-as=xml"))
        quiet = {"start", "promote", "reload"}
        return sorted((one.get("resource") or one.get("node"), one.get("action") or one.get("task"), one.get("node") or "")
                      for one in etree.fromstring(told.out.encode()).iterfind("actions/*")
                      if one.get("action") not in quiet and one.get("blocked") != "true")

    # MARK: what waits

    def test_there_and_on(self):
        cib = self.copy(RUNNING / "current.xml")
        change = RUNNING / "change.yaml"
        done = self.apply(cib, change, "--defer", "--requestor", "hacluster/0")
        self.assertIn("Deferred, as it would interrupt what runs:", done.out)
        self.assertIn("Plan: 1 to create, 0 to update, 0 to move, 0 to delete; 5 deferred.", done.out)
        [entry] = self.waiting(cib)
        self.assertEqual("hacluster/0", entry["requestor"])
        self.assertEqual([str(change)], entry["documents"])
        self.assertIn(("vip", "move"), {(one["resource"], one["action"]) for one in entry["events"]})
        text = self.crmsync("deferred", "list", "--cib-file", cib).out
        self.assertRegex(text, r"^1  since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, by \S+, for hacluster/0\n")
        self.assertIn("   ! vip moves from", text)
        told = crmsync("status", "--cib-file", cib, env=self.env)
        self.assertIn("\nDeferred  5 changes, as they would interrupt what runs: 'crmsync deferred list'\n", told.out)
        # The same again puts the same off, once.
        self.apply(cib, change, "--defer")
        self.assertEqual([2], [one["id"] for one in self.waiting(cib)])
        self.crmsync("deferred", "run", "--yes", "--cib-file", cib)
        self.assertEqual([], self.waiting(cib))
        self.assertIn("In sync", self.crmsync("plan", change, "--cib-file", cib).out)
        # A prune knows what was put off and done for its own.
        empty = self.file("empty.yaml", "properties: {stonith-enabled: false}\n")
        self.assertIn("delete location   l2", self.crmsync("plan", empty, "--prune", "--cib-file", cib).out)

    def test_what_is_no_longer_needed_disappears(self):
        cib = self.copy(RUNNING / "current.xml")
        change = RUNNING / "change.yaml"
        self.apply(cib, change, "--defer")
        # By an apply of the same documents …
        self.apply(cib, change, "--no-stop-first")
        self.assertEqual([], list((self.folder / "state" / "deferred").iterdir()))
        # … and by whoever does the same otherwise.
        cib = self.copy(RUNNING / "current.xml", "other.xml")
        self.apply(cib, change, "--defer")
        self.apply(cib, self.copy(change, "copy.yaml"), "--no-stop-first")
        self.assertEqual([], self.waiting(cib))
        self.assertEqual("Nothing waits.\n", self.crmsync("deferred", "list", "--cib-file", cib).out)

    def test_what_others_changed_since_is_theirs(self):
        cib = self.copy(RUNNING / "current.xml")
        self.apply(cib, RUNNING / "change.yaml", "--defer")
        other = self.file("other.yaml", "primitives: {db: {agent: 'ocf:pacemaker:Dummy', params: {fake: z}}}\n")
        self.apply(cib, other)
        before = cib.read_bytes()
        refused = self.crmsync("deferred", "run", "--yes", "--cib-file", cib, status=3)
        self.assertIn("conflict: primitive 'db' was changed since", refused.err)
        self.assertEqual(before, cib.read_bytes())
        self.assertEqual(1, len(self.waiting(cib)))

    def test_what_belongs_together_waits_together(self):
        """The constraint speaks of the tag alone; without it, it would speak of nothing."""
        cib = self.copy(RUNNING / "current.xml")
        document = self.file("d.yaml", """primitives:
  db: {agent: "ocf:pacemaker:Dummy", params: {state: /run/db.state}}
  alone: {agent: "ocf:pacemaker:Dummy"}
tags: {t: [db]}
locations: {of-tag: {rsc: t, node: juju-f0373f-3-lxd-3, score: 50}}
""")
        done = json.loads(self.apply(cib, document, "--defer", "--format", "json").out)
        self.assertEqual(["alone"], [one["id"] for one in done["changes"]])
        self.assertEqual({"db", "t", "of-tag"}, {one["id"] for one in done["deferred"]["changes"]})
        self.assertIsNone(etree.parse(str(cib)).find(".//rsc_location[@id='of-tag']"))
        self.crmsync("deferred", "run", "--yes", "--cib-file", cib)
        self.assertIn("In sync", self.crmsync("plan", document, "--cib-file", cib).out)

    def test_a_folder_that_cannot_be_used(self):
        cib = self.copy(RUNNING / "current.xml")
        before = cib.read_bytes()
        state = self.folder / "state"
        state.mkdir()
        (state / "deferred").write_text("no folder")
        # Nothing is done where the rest would be forgotten; all that is to be done at once needs no folder.
        refused = crmsync("apply", "--yes", "--cib-file", cib, RUNNING / "change.yaml", "--defer", env=self.env)
        self.assertIn(refused.status, (66, 74), refused)
        self.assertIn("deferred", refused.err)
        self.assertEqual(before, cib.read_bytes())
        self.apply(cib, RUNNING / "change.yaml", "--no-stop-first")

    def test_usage(self):
        cib = self.copy(RUNNING / "current.xml")
        change = RUNNING / "change.yaml"
        self.apply(cib, change, "--defer", "--no-interruption", status=64)
        saved = self.folder / "plan"
        self.crmsync("plan", change, "--cib-file", cib, "--out", saved)
        self.apply(cib, saved, "--defer", status=64)
        self.crmsync("deferred", "run", "7", "--cib-file", cib, status=66)
        # What would be interrupted is not known: nothing is done.
        before = cib.read_bytes()
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "cibadmin").symlink_to("/usr/sbin/cibadmin")
        env = dict(self.env, PATH=str(programs))
        self.assertStatus(3, crmsync("apply", change, "--yes", "--defer", "--cib-file", cib, env=env))
        self.assertEqual(before, cib.read_bytes())

    # MARK: over many clusters

    def test_every_cluster_that_runs(self):
        """Several changes at once to each: a parameter, a ban, a deletion, a default, something new."""
        seen = waited = parted = 0
        for path in corpus():
            if seen == ENOUGH:
                break
            cib = self.at_rest(path)
            if cib is None:
                continue
            document = self.changes(cib, random.Random(path.name))
            if document is None:
                continue
            planned = crmsync("plan", document, "--cib-file", cib, "--no-simulate", env=self.env)
            if planned.status or "will refuse" in planned.out:
                continue
            seen += 1
            with self.subTest(path.name):
                before = self.interrupted(cib)
                whole = self.copy(cib, "whole.xml")
                done = self.apply(cib, document, "--defer", "--format", "json")
                self.assertEqual(before, self.interrupted(cib), done)
                waits = "deferred" in json.loads(done.out)
                waited += waits
                parted += waits and bool(json.loads(done.out)["changes"])
                self.crmsync("deferred", "run", "--yes", "--cib-file", cib, "--allow-unfenced")
                self.apply(whole, document, "--no-stop-first")
                self.assertEqual([], meaning.differences(cib.read_bytes(), whole.read_bytes()))
                shutil.rmtree(self.folder / "state")
        say(f"    {seen} clusters; something waited of {waited}, something was done at once of {parted} of these")
        self.assertGreaterEqual(waited, 5)
        self.assertGreaterEqual(parted, 5)

    def at_rest(self, path):
        """The cluster when it has done what it was about to do; None for one that never has."""
        cib = self.copy(path, "current.xml")
        for _ in range(4):
            if run("crm_simulate", "--simulate", "--quorum", "true", "--xml-file", cib, "--save-output", cib).status:
                return None
        told = run("crm_simulate", "--simulate", "--xml-file", cib, "--output-as=xml")
        return None if told.status or etree.fromstring(told.out.encode()).find("actions/*") is not None else cib

    def changes(self, cib, random):
        """A document that changes what runs; None for a cluster that runs nothing."""
        root = etree.parse(str(cib)).getroot()
        found = crmsync("status", "--format", "json", "--cib-file", cib, env=self.env)
        if found.status not in (0, 1):
            return None
        plain = [one for one in root.findall("configuration/resources/primitive")
                 if one.get("class") == "ocf" and one.get("type") not in ("remote", "VirtualDomain") and one.get("template") is None]
        status = json.loads(found.out)
        running = {one["id"] for one in status["resources"] if one["active"]}
        up = [one.get("id") for one in plain if one.get("id") in running]
        nodes = [one.get("uname") for one in root.iterfind("configuration/nodes/node") if one.get("type") in (None, "member")]
        if len(up) < 2 or not nodes:
            return None
        random.shuffle(up)
        document = {"resource-defaults": {"failure-timeout": "77s"},
                    "primitives": {"crmsync-new": {"agent": "ocf:pacemaker:Dummy"}}, "delete": [up[0]],
                    "locations": {"crmsync-ban": {"rsc": up[1], "node": random.choice(nodes), "score": "-INFINITY"}}}
        return self.file("changes.json", json.dumps(document))


if __name__ == "__main__":
    unittest.main()
