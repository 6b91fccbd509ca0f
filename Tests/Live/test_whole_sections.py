"""A section of which most is new is sent whole, so that for the daemons it goes and comes again: nothing that runs notices,
and no fencing device is unregistered meanwhile."""

import json
import threading
import time
import unittest

from lab import MEMBERS, LabCase

DUMMY = "ocf:pacemaker:Dummy"


def document(devices, resources):
    return json.dumps({
        "properties": {"stonith-enabled": True},
        "stonith": {name: {"agent": "null", "params": {"hostlist": " ".join(MEMBERS)}} for name in devices},
        "primitives": {"a": {"agent": DUMMY}} | {
            f"new{number}": {"agent": DUMMY, "meta": {"target-role": "Stopped"}} for number in range(resources)}})


class WholeSections(LabCase):
    def devices(self, member):
        return set(self.lab.on(member, "stonith_admin", "--list-registered").out.split("\n"))

    def test_nothing_is_unregistered_or_stopped(self):
        self.starts()
        self.apply(document(["f1"], 0), "--wait")
        for member in MEMBERS:
            self.assertIn("f1", self.devices(member))
        calls = self.calls()

        looks, over = [], threading.Event()

        def watch(member):
            while not over.is_set():
                looks.append((member, "f1" in self.devices(member)))
                time.sleep(0.03)
        watchers = [threading.Thread(target=watch, args=(member,)) for member in MEMBERS]
        for watcher in watchers:
            watcher.start()
        try:
            larger = self.file(document(["f1", "f2"], 60))
            patch = self.crmsync("plan", larger, "--format", "xml").out
            self.assertIn('<change operation="delete" path="/cib/configuration/resources"/>', patch)
            self.crmsync("apply", larger, "--yes", "--wait")
        finally:
            over.set()
            for watcher in watchers:
                watcher.join()
        self.tell(f"60 new resources and a fencing device, sent as one section; {len(looks)} looks")
        self.assertGreater(len(looks), 30)
        self.assertEqual([], [member for member, is_registered in looks if not is_registered])
        for member in MEMBERS:
            self.assertLessEqual({"f1", "f2"}, self.devices(member))
        self.assertEqual(calls, self.calls(), "what ran was started or stopped")

    def calls(self):
        """When those two were last started and stopped, and where."""
        return sorted(
            (node.get("uname"), operation.get("id"), operation.get("last-rc-change"))
            for node in self.cib().iter("node_state") for resource in node.iter("lrm_resource")
            if resource.get("id") in ("a", "f1") for operation in resource.iter("lrm_rsc_op")
            if operation.get("operation") in ("start", "stop"))


if __name__ == "__main__":
    unittest.main()
