#!/usr/bin/python3
"""Measures one hook of the hacluster charm: `crmsync charm apply` beside the charm's own commands, in one run.

The charm's sequence is played with Debian's crmsh (Tests/Oracle/charm_sequence.py); where that would take hours, its
processes are counted and multiplied by what one took in the same run.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Oracle"))
os.environ.setdefault("CRMSYNC", str(ROOT / ".build" / "release" / "crmsync"))

import charm_sequence  # noqa: E402
from support import PROGRAM, environment  # noqa: E402

MEMBERS = ["juju-5e1b7c-0-lxd-1", "juju-5e1b7c-1-lxd-1", "juju-5e1b7c-2-lxd-1"]
# Up to here the charm's commands are run; beyond, they are counted: 105 and 6 more for every remote node.
PLAYED = (3, 50)
COUNTED = (300,)
TURNS = 7

# Each of Juju's hook tools, and each of Pacemaker's, notes that it was started.
WRAPPER = """#!/bin/sh
echo "$0" >>"$COUNT"
exec {command}
"""


def facts(remotes):
    """The relations of a Masakari cluster with this many compute hosts."""
    resources = {"res_masakari_haproxy": "lsb:haproxy"}
    params = {"res_masakari_haproxy":
              'meta migration-threshold="INFINITY" failure-timeout="5s" op monitor interval="5s"'}
    for number, name in enumerate(("29a0f9d", "321f78b", "578b519")):
        resources[f"res_masakari_{name}_vip"] = "ocf:heartbeat:IPaddr2"
        params[f"res_masakari_{name}_vip"] = (
            f'params ip="10.{number}.0.236" op monitor timeout="20s" interval="10s" depth="0"')
    ours = {"json_resources": json.dumps(resources), "json_resource_params": json.dumps(params),
            "json_groups": json.dumps({"grp_masakari_vips": " ".join(name for name in resources if name.endswith("_vip"))}),
            "json_clones": json.dumps({"cl_res_masakari_haproxy": "res_masakari_haproxy"}),
            "json_delete_resources": json.dumps(["vip_consoleauth"])}
    compute = {f"pacemaker-remote/{number}": {
        "remote-hostname": json.dumps(f"node-{number:04}.maas"), "remote-ip": json.dumps(f"10.9.{number // 250}.{number % 250 + 1}"),
        "stonith-hostname": json.dumps(f"node-{number:04}.maas"), "enable-resources": "false"} for number in range(remotes)}
    peers = {f"hacluster/{number}": {"hostname": name, "ready": "True", "member_ready": "True"}
             for number, name in enumerate(MEMBERS) if number}
    return {"config": {"maas_url": "http://10.0.0.2:5240/MAAS", "maas_credentials": "consumer:token:secret",
                       "cluster_count": 3, "failure_timeout": 180},
            "leader": True, "leader-data": {}, "hostname": MEMBERS[0], "unit": "hacluster/0",
            "relations": {"ha": {"ha:0": {"masakari/0": ours}}, "hanode": {"hanode:1": peers},
                          "pacemaker-remote": {"pacemaker-remote:3": compute}}}


def cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Hook:
    """The files of one size."""

    def __init__(self, folder, remotes):
        self.folder = Path(folder)
        self.facts = facts(remotes)
        self.data = self.folder / "facts.json"
        self.data.write_text(json.dumps(self.facts))
        self.cib = self.folder / "cib.xml"

    def fresh(self):
        charm_sequence.new_cluster(self.cib, MEMBERS)

    def crmsync(self, *arguments, env=None):
        """CPU seconds, and what the hook is told."""
        before = cpu()
        done = subprocess.run([PROGRAM, "charm", "apply", "--cib-file", self.cib, *arguments], check=True,
                              env=env or environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return cpu() - before, json.loads(done.stdout)

    def charm(self):
        """CPU seconds, and how many processes."""
        before = cpu()
        steps = charm_sequence.play(self.facts, self.cib)
        ran = sum(step.ran for step in steps)
        return cpu() - before, ran, len(steps)

    def processes(self):
        """How many Pacemaker's tools and Juju's are started, for a hook that changes something and for the next one."""
        tools = self.folder / "tools"
        tools.mkdir()
        for name in ("cibadmin", "crm_resource", "crm_node"):
            self.script(tools / name, f'/usr/sbin/{name} "$@"')
        # What the hook tools answer stands in files, so that they cost nothing themselves.
        answers = self.folder / "answers"
        answers.mkdir()
        relations = self.facts["relations"]
        said = {"config-get": self.facts["config"], "is-leader": True, "leader-get": {}}
        for endpoint in ("ha", "juju-info", "hanode", "pacemaker-remote"):
            said[f"relation-ids {endpoint}"] = list(relations.get(endpoint, {}))
        for units in relations.values():
            for relation, data in units.items():
                said[f"relation-list -r {relation}"] = list(data)
                for unit, values in data.items():
                    said[f"relation-get -r {relation} - {unit}"] = values
        for question, answer in said.items():
            (answers / question.replace("/", "_")).write_text(json.dumps(answer))
        for name in ("config-get", "is-leader", "leader-get", "relation-ids", "relation-list", "relation-get"):
            self.script(tools / name, f'cat "{answers}/$(echo "{name} $*" | sed "s/ --format=json//; s|/|_|g")"')
        count = self.folder / "count"
        env = environment(PATH=f"{tools}:{os.environ['PATH']}", COUNT=count, JUJU_UNIT_NAME="hacluster/0")
        result = []
        for _ in range(2):
            count.write_text("")
            _, told = self.crmsync(env=env)
            started = [Path(line).name for line in count.read_text().splitlines()]
            ours = sum(name in ("cibadmin", "crm_resource", "crm_node") for name in started)
            result.append((1 + ours, len(started) - ours, told["changes"]))
        return result

    @staticmethod
    def script(path, command):
        path.write_text(WRAPPER.format(command=command))
        path.chmod(0o755)


def main():
    start = time.perf_counter()
    print("One hook of the hacluster charm on a new cluster of three: CPU seconds, processes\n")
    print(f"{'remote nodes':12} {'crmsync':>9} {'charm':>9} {'ratio':>7}   processes: crmsync, hook tools, charm")
    each = None
    for remotes in PLAYED + COUNTED:
        with tempfile.TemporaryDirectory(prefix="crmsync-bench-") as folder:
            hook = Hook(folder, remotes)
            ours = []
            for _ in range(TURNS):
                hook.fresh()
                seconds, told = hook.crmsync("--relation-data", hook.data)
                ours.append(seconds)
            if not told["configured"] or not told["changes"]:
                sys.exit(f"charm apply did not configure: {told}")
            seconds = sorted(ours)[TURNS // 2]
            hook.fresh()
            (first, tools, _), (second, _, changes) = hook.processes()
            if changes:
                sys.exit(f"the second hook has {changes} changes")
            hook.fresh()
            if remotes in PLAYED:
                theirs, ran, count = hook.charm()
                each = theirs / ran
                theirs, how = each * count, ""
            else:
                count = 105 + 6 * remotes
                theirs, how = each * count, " (counted)"
            print(f"{remotes:12} {seconds:9.3f} {theirs:9.1f} {theirs / seconds:7.0f}   "
                  f"{first} (then {second}), {tools}, {count}{how}", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
