"""What a plan says the cluster would do, and what is refused because of it."""

import json
import shutil
import unittest

from support import ROOT, Case, crmsync, environment

RUNNING = ROOT / "fixtures" / "running"


class Consequences(Case):
    def setUp(self):
        super().setUp()
        self.cib = self.folder / "cib.xml"
        shutil.copy(RUNNING / "current.xml", self.cib)

    def plan(self, document, *options, **environ):
        return crmsync("plan", "--cib-file", self.cib, document, *options, env=environment(**environ))

    def effects(self, text):
        document = self.file("d.yaml", text)
        return json.loads(self.assertStatus(0, self.plan(document, "--format", "json")).out)["effects"]

    def test_what_moves_stops_and_starts(self):
        change = RUNNING / "change.yaml"
        n2, n3 = "juju-f0373f-2-lxd-1", "juju-f0373f-3-lxd-3"
        found = json.loads(self.assertStatus(0, self.plan(change, "--format", "json")).out)["effects"]
        told = {(one["action"], one["resource"], one.get("from"), one["node"]) for one in found}
        self.assertEqual(told, {
            ("move", "vip", n3, n2), ("move", "db", n3, n2), ("stop", "web", None, n3), ("stop", "web", None, "tidy-goose"),
            ("start", "new", None, n3), ("stop", "gone", None, n2)})
        text = self.assertStatus(0, self.plan(change)).out
        self.assertIn(f"What the cluster would do:\n    vip moves from {n3} to {n2}, by primitive vip and location l2\n", text)
        causes = {one["resource"]: one.get("causes") for one in found}
        self.assertEqual(["primitive vip", "location l2"], causes["vip"])
        self.assertEqual(["clone web-clone"], causes["web"])
        self.assertEqual(["primitive gone"], causes["gone"])
        # What starts interrupts nothing.
        self.assertIsNone(causes["new"])
        self.assertNotIn("What the cluster", self.assertStatus(0, self.plan(change, "--no-simulate")).out)

    def test_a_parameter_that_the_agent_reloads_is_told_from_one_that_restarts_it(self):
        found = self.effects("primitives: {web: {agent: 'ocf:pacemaker:Dummy', params: {fake: new}}}\n")
        self.assertEqual({one["action"] for one in found}, {"reload"})
        found = self.effects("primitives: {vip: {agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.77.0.102}}}\n")
        n3 = "juju-f0373f-3-lxd-3"
        self.assertEqual({(one["action"], one["resource"], one["node"]) for one in found},
                         {("restart", "vip", n3), ("restart", "db", n3)})
        # What follows another is of the same cause, whatever else changes.
        found = self.effects("properties: {cluster-delay: 61s}\n"
                             "primitives: {vip: {agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.77.0.102}}}\n")
        self.assertEqual([["primitive vip"]] * 2, [one["causes"] for one in found])

    def test_nothing_is_interrupted(self):
        found = self.effects("resource-defaults: {migration-threshold: 3}\n")
        self.assertEqual(found, [])

    def test_a_new_remote_node_and_what_runs_there_are_one_story(self):
        """The clone's instance starts on it only in the second transition."""
        found = self.effects("remotes: {new-host: {server: 10.77.0.52}}\n")
        self.assertIn(("web", "new-host"), {(one["resource"], one["node"]) for one in found if one["action"] == "start"})

    def test_interruptions_are_refused_where_that_is_asked(self):
        before = self.cib.read_bytes()
        result = crmsync("apply", "--cib-file", self.cib, RUNNING / "change.yaml", "--no-interruption")
        self.assertStatus(3, result)
        self.assertRegex(result.err, "vip moves from .*\n.*db moves")
        self.assertNotIn("new starts", result.err)
        self.assertEqual(self.cib.read_bytes(), before)
        harmless = self.file("d.yaml", "primitives: {new: {agent: 'ocf:pacemaker:Dummy'}}\n")
        self.assertStatus(0, crmsync("apply", "--cib-file", self.cib, harmless, "--no-interruption"))
        self.assertNotEqual(self.cib.read_bytes(), before)

    def test_without_an_answer_nothing_is_claimed(self):
        self.script("bin/crm_simulate", "#!/bin/sh\nexit 1\n")
        path = f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        result = self.assertStatus(0, self.plan(RUNNING / "change.yaml", PATH=path))
        self.assertIn("not known: crm_simulate is missing, or failed", result.out)
        found = json.loads(self.plan(RUNNING / "change.yaml", "--format", "json", PATH=path).out)
        self.assertIsNone(found["effects"])
        refused = crmsync("apply", "--cib-file", self.cib, RUNNING / "change.yaml", "--no-interruption",
                          env=environment(PATH=path))
        self.assertStatus(3, refused)

    def test_nothing_is_left_behind(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        self.assertStatus(0, self.plan(RUNNING / "change.yaml", TMPDIR=temporary))
        self.assertEqual(list(temporary.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
