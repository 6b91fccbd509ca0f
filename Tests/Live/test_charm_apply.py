"""`crmsync charm apply` on a real cluster: the Masakari deployment from what the charms' relations say, in one go."""

import json
import time
import unittest

from lab import MEMBERS, REMOTES, URL, VIPS, LabCase
from maas_sandbox.sandbox import APIKEY

# It is switched off at first.
ABSENT = "frank-colt"


def facts():
    """What a hook on the first member knows."""
    monitor = 'op monitor timeout="20s" interval="10s" depth="0"'
    vips = {name: f'  params ip="{address}" nic="eth0" cidr_netmask="24"  {monitor}' for name, address in VIPS.items()}
    principal = {
        "resources": {**{name: "ocf:heartbeat:IPaddr2" for name in vips}, "res_masakari_haproxy": "lsb:haproxy"},
        "resource_params": {**vips, "res_masakari_haproxy": '  op monitor interval="5s"'},
        "groups": {"grp_masakari_vips": " ".join(vips)},
        "clones": {"cl_res_masakari_haproxy": "res_masakari_haproxy"},
        "init_services": ["haproxy"]}
    peers = {f"hacluster/{number}": {"hostname": name, "ready": "True", "member_ready": "True"}
             for number, name in enumerate(MEMBERS) if number}
    units = {f"pacemaker-remote/{number}": {key: json.dumps(value) for key, value in {
        "remote-hostname": name, "remote-ip": f"10.77.0.{51 + number}", "stonith-hostname": name,
        "enable-resources": False}.items()} for number, name in enumerate(REMOTES)}
    return {
        "config": {"cluster_count": 3, "maas_url": URL, "maas_credentials": APIKEY, "no_quorum_policy": "stop"},
        "leader": True, "hostname": MEMBERS[0], "unit": "hacluster/0",
        "relations": {
            "ha": {"ha:0": {"masakari/0": {f"json_{key}": json.dumps(value) for key, value in principal.items()}}},
            "hanode": {"hanode:1": peers}, "pacemaker-remote": {"pacemaker-remote:2": units}}}


class CharmApply(LabCase):
    def charm_apply(self):
        """Calls it as a hook does; what it tells the hook."""
        return json.loads(self.crmsync("charm", "apply", "--relation-data", "-", stdin=json.dumps(facts())).out)

    def epoch(self):
        return int(self.cib().get("epoch"))

    def remotes(self):
        return {primitive.get("id") for primitive in self.cib().findall(".//primitive[@type='remote']")}

    def test_from_nothing(self):
        self.assertEqual("off\n", self.lab("power", ABSENT, "off").out)
        present = sorted(set(REMOTES) - {ABSENT})

        self.starts()
        before = self.epoch()
        told = self.charm_apply()
        self.tell(f"charm apply of an empty cluster: {told['changes']} changes, waiting: {told['waiting']}")
        self.assertTrue(told["configured"])
        self.assertEqual("", told["blocked"])
        self.assertEqual(f"remote node '{ABSENT}' does not answer at 10.77.0.52", told["waiting"])
        self.assertEqual(set(present), self.remotes())
        self.assertEqual(before + 1, self.epoch(), "one transaction")
        # The charm's fencing devices have a start-delay of 25 s, one after the other, and everything else waits for it.
        self.until("all is there but one remote",
                   lambda state: self.are_placed(state, present) and self.is_idle(state), 150)
        self.tell("all is there but one remote")
        self.assertServed()
        registered = self.on_member("stonith_admin", "--list", "model-crow")
        self.assertIn("st-maas", registered.out, registered)

        again = self.charm_apply()
        self.assertEqual((0, told["waiting"]), (again["changes"], again["waiting"]))
        self.assertEqual(before + 1, self.epoch())

        self.assertEqual("on\n", self.lab("power", ABSENT, "on").out)
        self.tell(f"{ABSENT} is switched on")
        deadline = time.monotonic() + 30
        while (told := self.charm_apply())["waiting"]:
            self.assertLess(time.monotonic(), deadline, told)
            time.sleep(0.2)
        self.tell(f"charm apply: {told['changes']} changes")
        self.assertEqual(set(REMOTES), self.remotes())
        self.until("all is there", lambda state: self.are_placed(state) and self.is_idle(state), 150)
        self.tell("all is there")
        self.assertEqual(0, self.charm_apply()["changes"])
        # Nobody was fenced, least of all the one that was off.
        self.assertEqual([], self.state.fencing)
        self.assertEqual([], self.maas.journal.entries("power"))


if __name__ == "__main__":
    unittest.main()
