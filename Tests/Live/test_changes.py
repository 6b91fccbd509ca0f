"""What a plan says that a change does to the cluster is what the cluster's log shows that it did; and what is put off,
waits: changes of many kinds, there as a plan says, and back with `apply --defer` and `deferred run`."""

import json
import re
import unittest

from lab import MEMBERS, REMOTES, URL, LabCase

N1, N2, N3 = MEMBERS
DUMMY = "ocf:pacemaker:Dummy"
MONITOR = [{"name": "monitor", "interval": "10s"}]
# What the controllers log when they have an agent called.
CALL = re.compile(r"Requesting local execution of (\S+) operation for (\S+) on (\S+) ")
# Operations that say nothing of where something runs.
QUIET = {"probe", "monitor", "notify", "cancel", "meta-data"}


def base():
    return {
        "properties": {"stonith-enabled": True, "cluster-recheck-interval": "15min"},
        "resource-defaults": {"resource-stickiness": 100},
        "nodes": {N2: {"attributes": {"standby": "off"}, "utilization": {"cpu": 4}}},
        "stonith": {"st-maas": {"agent": "external/maas", "params": {
            "url": URL, "apikey": {"file": "/etc/crmsync/maas.key"}, "hostnames": list(REMOTES), "deadline": 10}}},
        "remotes": {name: {"server": address, "params": {"reconnect_interval": 2}}
                    for name, address in (("tidy-goose", "10.77.0.51"), ("frank-colt", "10.77.0.52"))},
        "primitives": {
            "a": {"agent": DUMMY, "params": {"fake": "1"}, "operations": MONITOR},
            "b": {"agent": DUMMY, "operations": MONITOR},
            "c": {"agent": DUMMY, "operations": MONITOR},
            "d": {"agent": DUMMY, "operations": MONITOR},
            "e": {"agent": DUMMY, "operations": MONITOR},
            "s": {"agent": "ocf:pacemaker:Stateful", "operations": MONITOR}},
        "groups": {"g": {"members": ["c", "d"]}},
        "clones": {"e-clone": {"resource": "e", "meta": {"clone-max": 3}},
                   "s-clone": {"resource": "s", "meta": {"promotable": True, "clone-max": 2}}},
        "locations": {"a-home": {"rsc": "a", "node": N1, "score": 50}, "b-home": {"rsc": "b", "node": N2, "score": 50}}}


def changed(**keys):
    """The base with values put into it: `primitives__a__params` is a path."""
    document = base()
    for path, value in keys.items():
        *way, last = path.replace("_DASH_", "-").split("__")
        place = document
        for step in way:
            place = place.setdefault(step, {})
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


def without_b():
    document = changed(primitives__b=None)
    del document["locations"]["b-home"]
    return document


def without_the_group():
    document = changed(groups=None, primitives__c=None)
    del document["primitives"]["d"]
    return document


MEMBER_OF_G = {"agent": DUMMY, "operations": MONITOR}
CHANGES = {
    "a parameter that is reloaded": changed(primitives__a__params={"fake": "2"}),
    "a parameter that takes a restart": changed(primitives__a__params={"fake": "1", "state": "/run/a.state"}),
    "an operation's interval": changed(primitives__a__operations=[{"name": "monitor", "interval": "11s"}]),
    "an operation's timeout": changed(primitives__a__operations=[{"name": "monitor", "interval": "10s", "timeout": "30s"}]),
    "a new resource": changed(primitives__new={"agent": DUMMY, "operations": MONITOR}),
    "a resource goes": without_b(),
    "a resource is banned from where it runs": changed(locations__ban={"rsc": "a", "node": N1, "score": "-INFINITY"}),
    "a resource is to be elsewhere": changed(locations__to={"rsc": "b", "node": N3, "score": "INFINITY"}),
    "a weak preference, which stickiness outweighs": changed(locations__to={"rsc": "b", "node": N3, "score": 20}),
    "a colocation": changed(colocations={"with": {"rsc": "a", "with-rsc": "b", "score": "INFINITY"}}),
    "apart from one another": changed(colocations={"apart": {"rsc": "a", "with-rsc": "b", "score": "-INFINITY"}}),
    "an order": changed(orders={"first": {"first": "g", "then": "a"}}),
    "a role": changed(primitives__b__meta={"target-role": "Stopped"}),
    "a smaller clone": changed(clones__e_DASH_clone={"resource": "e", "meta": {"clone-max": 2}}),
    "a larger promotable clone": changed(
        clones__s_DASH_clone={"resource": "s", "meta": {"promotable": True, "clone-max": 3}}),
    "two promoted": changed(
        clones__s_DASH_clone={"resource": "s", "meta": {"promotable": True, "clone-max": 2, "promoted-max": 2}}),
    "nothing promoted": changed(
        clones__s_DASH_clone={"resource": "s", "meta": {"promotable": True, "clone-max": 2,
                                                        "target-role": "Unpromoted"}}),
    "a group's new member, at its end": changed(
        primitives__new=MEMBER_OF_G, groups={"g": {"members": ["c", "d", "new"]}}),
    "a group's new member, at its beginning": changed(
        primitives__new=MEMBER_OF_G, groups={"g": {"members": ["new", "c", "d"]}}),
    "a group the other way round": changed(groups={"g": {"members": ["d", "c"]}}),
    "a group and its members go": without_the_group(),
    "a new remote node": changed(remotes__model_DASH_crow={"server": "10.77.0.53", "params": {"reconnect_interval": 2}}),
    "a remote node goes": changed(remotes__frank_DASH_colt=None),
    "a remote node's connection is to be elsewhere": changed(
        locations__to={"rsc": "tidy-goose", "node": N3, "score": "INFINITY"}),
    "a cluster property": changed(properties={"stonith-enabled": True, "cluster-recheck-interval": "10min"}),
    "a default of operations": changed(operation_DASH_defaults={"timeout": "40s"}),
    "a member on standby": changed(nodes={N2: {"attributes": {"standby": "on"}, "utilization": {"cpu": 4}}}),
    "utilization": changed(nodes={N2: {"attributes": {"standby": "off"}, "utilization": {"cpu": 8}}}),
    "not managed": changed(primitives__a__meta={"is-managed": False}),
    "a priority": changed(primitives__a__meta={"priority": 10}),
    "a tag": changed(tags={"both": ["a", "b"]}),
    "a failure of before counts": changed(primitives__b__meta={"migration-threshold": 1}),
}


def foreseen(effects):
    """What a plan says, as (resource, node, what); what runs on a node in another role neither starts nor stops."""
    told = set()
    for one in effects:
        name, action, node = one.get("resource"), one["action"], one.get("node")
        if one.get("blocked"):
            continue
        if action in ("move", "migrate"):
            told |= {(name, one["from"], "stop"), (name, node, "start")}
        elif action in ("restart", "recover"):
            told |= {(name, node, "stop"), (name, node, "start")}
        else:
            told.add((name, node, action))
    return essential(told)


def essential(told):
    moved = {(name, node) for name, node, what in told if what in ("start", "stop")}
    return {one for one in told if one[2] not in ("promote", "demote") or one[:2] not in moved}


class Changes(LabCase):
    def logged(self):
        """What the members have had agents do since the last look, in the same words."""
        told = set()
        for member in MEMBERS:
            log = self.lab.folder / "lab" / "hosts" / member / "var/log/pacemaker/pacemaker.log"
            with open(log, encoding="utf-8", errors="replace") as file:
                file.seek(self.read.get(member, 0))
                text = file.read()
                self.read[member] = file.tell()
            for operation, name, node in CALL.findall(text):
                what = {"migrate_to": "stop", "migrate_from": "start", "reload-agent": "reload"}.get(operation, operation)
                if operation not in QUIET:
                    told.add((name.split(":")[0], node, what))
        return essential(told)

    def settled(self):
        self.until("it is idle", self.is_idle)
        return self.logged()

    def document(self, content, name):
        return self.file(json.dumps(content), f"{name}.json")

    def test_as_a_plan_says_and_deferred(self):
        self.read = {}
        everything = "--prune-all", "--exact", "--allow-unfenced"
        home = self.document(base(), "base")
        self.crmsync("apply", home, "--yes", "--wait", *everything)
        self.until("all runs", lambda state: state.places.get("e") and len(state.places["a"]) == 1, 90)
        wrong, waited = [], 0
        for name, content in CHANGES.items():
            self.settled()
            if "failure" in name:
                [place] = self.look().places["b"]
                self.on_member("crm_resource", "--fail", "--resource", "b", "--node", place)
                self.until("b is back", lambda state: state.places.get("b"))
                self.settled()
            there = self.document(content, "change")
            plan = json.loads(self.crmsync("plan", there, "--format", "json", *everything).out)
            expected = foreseen(plan["effects"])
            self.crmsync("apply", there, "--yes", "--wait", *everything)
            seen = self.settled()
            self.on_member("crm_resource", "--cleanup")
            seen |= self.settled()
            if seen != expected:
                wrong.append(f"{name}: only foreseen {sorted(expected - seen)}, only seen {sorted(seen - expected)}")
            # And back: first what interrupts nothing, then the rest.
            done = self.crmsync("apply", home, "--yes", "--defer", "--format", "json", "--wait", *everything)
            interrupted = {one for one in self.settled() if one[2] not in ("start", "promote", "reload")}
            if interrupted:
                wrong.append(f"{name}, back: --defer has interrupted {sorted(interrupted)}")
            waits = "deferred" in json.loads(done.out)
            waited += waits
            listed = json.loads(self.crmsync("deferred", "list", "--format", "json").out)
            notices = self.on_member("sh", "-c", "ls /var/lib/policy-rc.d 2>/dev/null | wc -l").out.strip()
            if waits != bool(listed) or (notices != "0") != any(one["events"] for one in listed):
                wrong.append(f"{name}, back: {waits}, listed {listed}, {notices} notices")
            self.crmsync("deferred", "run", "--yes", "--wait", "--allow-unfenced")
            self.assertEqual("[]", self.crmsync("deferred", "list", "--format", "json").out.strip())
            left = self.crmsync("plan", home, *everything)
            if "In sync" not in left.out:
                wrong.append(f"{name}, back: left are {left.out}")
            self.settled()
        self.tell(f"{len(CHANGES)} changes; on the way back something waited of {waited}")
        self.assertEqual([], wrong, "\n".join(wrong))
        self.assertGreater(waited, 5)


if __name__ == "__main__":
    unittest.main()
