"""Deleting what runs on a real cluster: stopped first and in order, and nothing is left of a remote node."""

import json
import os
import signal
import subprocess
import time
import unittest

import test_charm_apply
from lab import MEMBERS, REMOTES, URL, LabCase

# Fencing is on, and works: a stop that failed would be seen as a host switched off.
BASE = f"""properties: {{symmetric-cluster: false, stonith-enabled: true}}
stonith:
  st-maas:
    agent: external/maas
    params:
      url: {URL}
      apikey: {{file: /etc/crmsync/maas.key}}
      hostnames: [{", ".join(REMOTES)}]
      deadline: 10
remotes:
  tidy-goose: {{server: 10.77.0.51, params: {{reconnect_interval: 2}}}}
  frank-colt: {{server: 10.77.0.52, params: {{reconnect_interval: 2}}}}
placement:
  - {{resources: [st-maas, tidy-goose, frank-colt], nodes: [{", ".join(MEMBERS)}]}}
"""
HOST = "tidy-goose"
LAYERS = ("fs", "db", "app")
STACK = BASE + f"""  - {{resources: [stack], nodes: [{HOST}]}}
primitives:
  fs: {{agent: 'ocf:lab:layer', operations: [{{name: monitor, interval: 10s}}]}}
  db: {{agent: 'ocf:lab:layer', params: {{needs: fs, seconds: 1}}, operations: [{{name: monitor, interval: 10s}}]}}
  app: {{agent: 'ocf:lab:layer', params: {{needs: db, seconds: 1}}, operations: [{{name: monitor, interval: 10s}}]}}
groups:
  stack: {{members: [fs, db, app]}}
"""
DELETED = BASE + "delete: [stack, app, db, fs]\n"
UNFENCED = DELETED.replace("stonith-enabled: true", "stonith-enabled: false")


class Deletion(LabCase):
    def setUp(self):
        super().setUp()
        self.log = self.lab.shared / "layers"
        self.apply(STACK)
        self.until("the layers run", lambda state: self.run_on(state, HOST), 90)
        self.log.write_text("")
        self.maas.journal.clear()

    @staticmethod
    def run_on(state, *hosts):
        return all(state.places.get(name) == list(hosts) for name in LAYERS)

    def assertOrderly(self):
        """Stopped from the top, nothing has failed, and nobody was fenced."""
        self.assertEqual([f"stop {name} {HOST}" for name in reversed(LAYERS)], self.log.read_text().splitlines())
        state = self.look()
        self.assertEqual([], state.failed)
        self.assertEqual([], state.fencing)
        self.assertEqual([], self.maas.journal.entries("power"))
        self.assertEqual("online", state.nodes[HOST])
        root = self.cib()
        self.assertEqual([], [operation.get("id") for operation in root.iterfind(".//lrm_rsc_op")
                              if operation.get("operation") == "stop" and operation.get("rc-code") != "0"])
        return root

    def assertGone(self, root):
        ids = {element.get("id") for element in root.find("configuration").iter()}
        self.assertEqual(set(), ids & {"stack", *LAYERS})
        self.assertEqual(
            [], [element.get("id") for element in root.iter("rsc_location") if element.get("rsc") == "stack"])

    def test_delete(self):
        result = self.apply(DELETED)
        self.assertIn("stopping first", result.err)
        self.assertGone(self.assertOrderly())

    def test_prune(self):
        self.apply(BASE, "--prune")
        self.assertGone(self.assertOrderly())

    def test_in_one_transaction(self):
        """What all of this is for. Without fencing: else the host would be switched off for it."""
        self.apply("properties: {stonith-enabled: false}\n", "--allow-unfenced")
        self.addCleanup(self.apply, "properties: {stonith-enabled: true}\n")
        self.apply(UNFENCED, "--no-stop-first", "--allow-unfenced")
        deadline = time.monotonic() + 60
        while (noted := self.log.read_text().splitlines())[:1] == [] or not any(
                line.startswith("failed-stop") for line in noted):
            self.assertLess(time.monotonic(), deadline, noted)
            time.sleep(0.2)
        self.tell(f"in one transaction: {noted}")
        self.assertLess(noted.index(f"stop fs {HOST}"), noted.index(f"failed-stop db {HOST}"))
        self.assertEqual([], self.maas.journal.entries("power"))
        # The failures are tidied up, so that the next one starts afresh.
        self.lab.on(HOST, "sh", "-c", "rm -f /run/layer-*")
        for name in LAYERS:
            self.on_member("crm_resource", "--cleanup", "--force", "--resource", name)
        self.on_member("crm_resource", "--wait", "--timeout=60")
        self.on_member("crm_resource", "--refresh")
        self.on_member("crm_resource", "--wait", "--timeout=60")

    def test_unmanaged(self):
        before = self.on_member("crm_resource", "--resource", "app", "--meta", "--set-parameter", "is-managed",
                                "--parameter-value", "false")
        self.assertEqual(0, before.status, before)

        def manage():
            self.on_member("crm_resource", "--resource", "app", "--meta", "--delete-parameter", "is-managed")

        self.addCleanup(manage)
        epoch = self.cib().get("epoch")
        for options in ((), ("--no-stop-first",)):
            refused = self.apply(DELETED, *options, status=3)
            self.assertIn("app", refused.err)
            self.assertIn("managed", refused.err)
        self.assertEqual(epoch, self.cib().get("epoch"))
        self.assertEqual("", self.log.read_text())
        self.assertTrue(self.run_on(self.look(), HOST))

    def test_killed_while_it_waits(self):
        document = self.file(DELETED)
        # With what has put it into the host.
        process = subprocess.Popen(
            [*self.lab.inside(MEMBERS[0]), "crmsync", "apply", document, "--yes"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        deadline = time.monotonic() + 30
        while not self.stopped_ids():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertIsNone(process.poll())
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.tell("crmsync is killed while it waits for the stop")
        # Announced, and nothing more: the rest stays to be done.
        self.assertEqual(set(LAYERS), self.stopped_ids())
        self.until("all has stopped", lambda state: self.run_on(state), 60)
        self.assertEqual(set(LAYERS), self.stopped_ids())
        self.apply(DELETED)
        self.assertGone(self.assertOrderly())

    def stopped_ids(self):
        return {primitive.get("id") for primitive in self.cib().iter("primitive")
                if primitive.find("meta_attributes/nvpair[@name='target-role'][@value='Stopped']") is not None}

    def hold_up(self):
        """From now on `app` cannot be stopped, and nobody is fenced for it."""
        self.apply("properties: {stonith-enabled: false}\n", "--allow-unfenced")
        self.addCleanup(self.apply, "properties: {stonith-enabled: true}\n")
        self.lab.on(HOST, "rm", "/run/layer-db")

    def see_to_it(self):
        self.lab.on(HOST, "touch", "/run/layer-db")
        self.on_member("crm_resource", "--cleanup")

    def test_one_that_does_not_stop(self):
        """It stays in the configuration, and the one who asked is told why."""
        self.hold_up()
        result = self.apply(UNFENCED, status=74)
        self.assertIn("nothing was deleted", result.err)
        self.assertIn("db was gone before app had stopped", result.err)
        ids = {element.get("id") for element in self.cib().iter("primitive")}
        self.assertLessEqual(set(LAYERS), ids)
        self.assertEqual(set(LAYERS), self.stopped_ids())
        self.see_to_it()
        self.apply(UNFENCED)
        self.assertGone(self.cib())

    def test_one_that_does_not_stop_and_goes_back(self):
        """Nothing is told to stop any more, once the apply has failed."""
        self.hold_up()
        result = self.apply(UNFENCED, "--rollback-on-failure", status=74)
        self.assertIn("db was gone before app had stopped", result.err)
        self.assertIn("crmsync: gone back", result.err)
        self.assertEqual(set(), self.stopped_ids())
        self.see_to_it()
        self.until("the layers run", lambda state: self.run_on(state, HOST), 90)

    # MARK: remote nodes

    def traces(self, name):
        """Every place where the cluster still knows a node: in the CIB, and in the daemons of each member."""
        found = {}
        cib = self.on_member("cibadmin", "--query").out
        found["CIB"] = [line.strip() for line in cib.splitlines() if name in line]
        for member in MEMBERS:
            for command in (("crm_node", "--list"), ("crm_node", "--partition"),
                            ("attrd_updater", "-Q", "-A", "-n", "mark")):
                said = self.lab.on(member, *command)
                found[f"{' '.join(command)} on {member}"] = [line for line in said.out.splitlines() if name in line]
        return {place: lines for place, lines in found.items() if lines}

    def test_a_remote_node(self):
        gone = "frank-colt"
        for node in (gone, HOST):
            # Not by attrd_updater, which with Pacemaker 3.0 does not say that it is a remote node.
            done = self.on_member("crm_attribute", "--lifetime", "reboot", "--node", node, "--name", "mark", "--update", "1")
            self.assertEqual(0, done.status, done)
        done = self.on_member("crm_attribute", "--node", gone, "--name", "site", "--update", "a")
        self.assertEqual(0, done.status, done)
        self.until("its attribute is in the CIB", lambda _: any(
            "mark" in line for line in self.on_member("cibadmin", "--query", "--scope", "status").out.splitlines()))
        known = self.traces(gone)
        self.assertIn("CIB", known)
        # The test can see what it looks for.
        self.assertTrue(any("attrd_updater" in place for place in known), known)
        document = BASE.replace("tidy-goose, frank-colt], nodes", "tidy-goose], nodes")
        lines = [line for line in document.splitlines() if not line.startswith(f"  {gone}:")]
        # The device would go on fencing it, and so has its name.
        lines = [line.replace(f", {gone},", ",") for line in lines]
        result = self.apply("\n".join(lines) + f"\ndelete: [{gone}]\n")
        self.assertNotIn("still knows", result.err)
        for wait in (0, 5):
            time.sleep(wait)
            self.assertEqual({}, self.traces(gone), f"after {wait} s")
        self.assertEqual("online", self.look().nodes[HOST])
        self.assertEqual([], self.maas.journal.entries("power"))

    def test_a_remote_node_that_is_only_remembered(self):
        """As where crmsync was killed after the deletion: the next apply finds nothing to change, and ends the work."""
        self.apply(STACK)
        gone = "frank-colt"
        self.until("it is back", lambda state: state.nodes.get(gone) == "online")
        document = self.file("\n".join(line.replace(f", {gone}", "") for line in STACK.splitlines()
                                       if not line.startswith(f"  {gone}:")) + f"\ndelete: [{gone}]\n")
        process = subprocess.Popen([*self.lab.inside(MEMBERS[0]), "crmsync", "apply", document, "--yes"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        deadline = time.monotonic() + 60
        while self.cib().find(f".//primitive[@id='{gone}']") is not None:
            self.assertLess(time.monotonic(), deadline)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.on_member("crm_resource", "--wait", "--timeout=60")
        self.assertNotEqual({}, self.traces(gone))
        result = self.crmsync("apply", document, "--yes")
        self.assertIn("In sync", result.out)
        self.assertEqual({}, self.traces(gone))

    # MARK: the charm

    def test_by_the_charm(self):
        facts = {
            "config": {"cluster_count": 3}, "leader": True, "hostname": MEMBERS[0], "unit": "hacluster/0",
            "relations": {"hanode": test_charm_apply.facts()["relations"]["hanode"], "ha": {"ha:0": {"app/0": {
                "json_delete_resources": json.dumps(["stack", *reversed(LAYERS)])}}}}}
        result = self.crmsync("charm", "apply", "--relation-data", "-", stdin=json.dumps(facts))
        told = json.loads(result.out)
        self.assertEqual("", told["blocked"])
        self.assertGone(self.assertOrderly())


if __name__ == "__main__":
    unittest.main()
