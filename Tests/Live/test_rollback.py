"""The way back on a running cluster: by hand, and by itself where the cluster does not settle."""

import json
import unittest
from xml.etree import ElementTree

from lab import MEMBERS, STATE, LabCase

PROPERTIES = "properties: {stonith-enabled: false, cluster-delay: %s}\n"
FIRST = PROPERTIES % "61s" + """
primitives:
  one: {agent: 'ocf:pacemaker:Dummy', params: {fake: first}}
  going: {agent: 'ocf:pacemaker:Dummy'}
locations:
  loc-one: {rsc: one, node: %s, score: 100}
""" % MEMBERS[0]
SECOND = PROPERTIES % "62s" + """
primitives:
  one: {agent: 'ocf:pacemaker:Dummy', params: {fake: second}}
  coming: {agent: 'ocf:pacemaker:Dummy'}
locations:
  loc-one: {rsc: one, node: %s, score: 100}
delete: [going]
""" % MEMBERS[1]
CANNOT_START = SECOND.replace("locations:", """
  bad-vip: {agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.77.0.150, nic: eth7, cidr_netmask: 24}}
locations:""")


class Rollback(LabCase):
    LAB = ("--remotes", "0")

    def setUp(self):
        super().setUp()
        self.apply(FIRST, "--wait")
        self.addCleanup(self.forget)
        self.assertEqual({"one": [MEMBERS[0]]}, self.places("one", "coming"))
        self.assertIn("going", self.places("going"))
        self.first = self.configuration()

    def forget(self):
        for kind in ("rsc_location", "primitive"):
            self.on_member("cibadmin", "--delete-all", "--force", "--xpath", f"//{kind}")
        self.on_member("crm_resource", "--cleanup")
        self.on_member("crm_resource", "--wait", "--timeout=60")

    def places(self, *resources):
        state = self.look()
        return {name: state.places[name] for name in resources if state.places.get(name)}

    def configuration(self):
        root = self.cib().find("configuration")
        # The order of these is nothing; that of resources is.
        for section in ("constraints", "crm_config/cluster_property_set"):
            parent = root.find(section)
            parent[:] = sorted(parent, key=lambda one: one.get("id"))
        return ElementTree.canonicalize(ElementTree.tostring(root), strip_text=True)

    def entries(self):
        return json.loads(self.crmsync("history", "--format", "json").out)

    def test_by_hand(self):
        before = len(self.entries())
        self.apply(SECOND, "--wait")
        self.assertEqual({"one": [MEMBERS[1]], "coming": self.places("coming")["coming"]},
                         self.places("one", "coming", "going"))
        # What others have changed since stays.
        self.on_member("crm_attribute", "--type", "crm_config", "--name", "cluster-recheck-interval", "--update", "7min")
        self.crmsync("rollback", "--yes", "--wait")
        self.assertEqual([MEMBERS[0]], self.places("one")["one"])
        self.assertEqual({"going"}, set(self.places("coming", "going")))
        self.assertIn('value="7min"', self.configuration())
        self.on_member("crm_attribute", "--type", "crm_config", "--name", "cluster-recheck-interval", "--delete")
        self.assertEqual(self.first, self.configuration())
        # A deletion that stops first is two: the change and what goes after it.
        self.assertGreaterEqual(len(self.entries()), before + 2)

    def test_by_itself(self):
        result = self.apply(CANNOT_START, "--wait", "--rollback-on-failure", status=74)
        self.assertIn("bad-vip", result.err)
        self.assertIn("gone back", result.err)
        self.on_member("crm_resource", "--wait", "--timeout=60")
        self.assertEqual([MEMBERS[0]], self.places("one")["one"])
        self.assertEqual({"going"}, set(self.places("going", "coming", "bad-vip")))
        self.assertEqual(self.first, self.configuration())

    def test_no_room_for_the_history(self):
        """It is not what the cluster needs: the change is made, and told to be without a way back."""
        self.on_member("sh", "-c", f"mkdir -p {STATE} && mount -t tmpfs -o size=8k tmpfs {STATE} && "
                       f"mkdir {STATE}/history && cat /dev/zero >{STATE}/history/fills")
        self.addCleanup(self.on_member, "umount", STATE)
        result = self.apply(SECOND, "--wait")
        self.assertIn("no history is kept of this", result.err)
        self.assertIn("No space left", result.err)
        self.assertEqual([MEMBERS[1]], self.places("one")["one"])

    def test_no_room_for_the_cib(self):
        """On the disk of the member where it is applied: Pacemaker keeps the configuration in memory, and elsewhere."""
        cib = "/var/lib/pacemaker/cib"
        self.on_member("sh", "-c", f"cp -a {cib} /run/cib && mount -t tmpfs -o size=64k tmpfs {cib} && "
                       f"chown hacluster:haclient {cib} && cp -a /run/cib/. {cib}; cat /dev/zero >{cib}/fills")
        self.addCleanup(self.on_member, "umount", "--lazy", cib)
        result = self.on_member("crmsync", "apply", "--yes", self.file(SECOND))
        for member in MEMBERS:
            there = self.lab.on(member, "cibadmin", "--query", "--local", "--scope", "configuration").out
            self.assertEqual(result.status == 0, 'value="second"' in there, f"on {member}, after {result}")
        self.tell(f"without room for the CIB: exit {result.status}")
        self.on_member("umount", "--lazy", cib)
        self.apply(SECOND, "--wait")
        self.assertEqual([MEMBERS[1]], self.places("one")["one"])


if __name__ == "__main__":
    unittest.main()
