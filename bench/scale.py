#!/usr/bin/python3
"""Measures crmsync on a running cluster with many remote nodes: apply, status, wait and rollback.

The lab's three members, with as many real remote nodes as asked for; then thousands more in the configuration that are
not to be started, which every tool and daemon has to carry all the same. Needs root, as the lab does.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Live"))
os.environ.setdefault("CRMSYNC", str(ROOT / ".build" / "release" / "crmsync"))

from lab import MEMBERS, STATE, WHY_NOT, Lab  # noqa: E402

MEMBER = MEMBERS[0]
DAEMONS = ("pacemaker-based", "pacemaker-controld", "pacemaker-schedulerd")
# In bytes. With the usual 128 kB, Pacemaker 2 does not send its own daemons the CIB of 5000 remote nodes, nor anybody else.
# With 64 MiB, which every connection has for itself, a query of 50 remote nodes took 0.3 s in place of 0.04.
IPC_BUFFER = 2 << 20
BASE = {
    "properties": {"symmetric-cluster": "false", "stonith-enabled": "false", "no-quorum-policy": "stop"},
    "primitives": {"small": {"agent": "ocf:pacemaker:Dummy", "params": {"fake": "1"}}},
}


class Scale:
    def __init__(self, lab, remotes):
        self.lab, self.remotes = lab, remotes
        self.document = lab.folder / "document.json"
        self.inside = lab.inside(MEMBER)

    def write(self, stopped, fake="1"):
        """The document of all remote nodes, those that run and those that do not."""
        remotes = {name: {"server": address, "params": {"reconnect_interval": "5"}} for name, address in self.remotes}
        remotes |= {f"idle-{number:05}": {"server": f"10.{90 + number // 60000}.{number // 250 % 250}.{1 + number % 250}",
                                          "meta": {"target-role": "Stopped"}} for number in range(stopped)}
        content = json.loads(json.dumps(BASE))
        content["primitives"]["small"]["params"]["fake"] = fake
        content["remotes"] = remotes
        content["placement"] = [{"resources": [*remotes], "nodes": [*MEMBERS], "spread": "200"},
                                {"resources": ["small"], "nodes": [*MEMBERS]}]
        self.document.write_text(json.dumps(content))
        self.document.chmod(0o644)

    def daemons(self):
        """The seconds that Pacemaker's daemons on this member have run."""
        listed = self.lab.on(MEMBER, "ps", "-eo", "comm,cputimes").out.split("\n")
        return sum(int(seconds) for name, seconds in (line.split() for line in listed[1:] if line)
                   if any(daemon.startswith(name) for daemon in DAEMONS))

    def measure(self, what, *command, status=(0,)):
        before, began = self.daemons(), time.monotonic()
        with open(self.lab.folder / "out", "wb") as out:
            process = subprocess.Popen([str(one) for one in (*self.inside, "crmsync", *command)], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=out, env={**os.environ, "CRMSYNC_STATE_DIR": STATE})
            _, code, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        code = process.returncode = os.waitstatus_to_exitcode(code)
        print(f"  {what:<44} {wall:7.2f} s  CPU {usage.ru_utime + usage.ru_stime:6.2f} s  {usage.ru_maxrss / 1024:6.0f} MB  "
              f"daemons {self.daemons() - before:4} s" + ("" if code in status else f"  EXIT {code}"), flush=True)
        if code not in status:
            print((self.lab.folder / "out").read_text()[-2000:], flush=True)

    def run(self, stopped, timeout, waits):
        wait = ("--wait", "--timeout", timeout) if waits else ()
        waiting = ", and wait" if waits else ""
        print(f"{len(self.remotes)} remote nodes that run, {stopped} that do not")
        first = 1 + len(json.loads(self.lab.on(MEMBER, "crmsync", "history", "--format", "json").out))
        self.write(stopped)
        self.measure("apply of all" + waiting, "apply", "--yes", *wait, self.document)
        self.measure("plan, in sync", "plan", "--no-simulate", self.document)
        self.measure("apply, in sync", "apply", "--yes", self.document)
        self.measure("status", "status", status=(0, 1))
        self.write(stopped, "2")
        self.measure("plan of one parameter, simulated", "plan", self.document)
        self.measure("apply of one parameter", "apply", "--yes", self.document)
        if waits:
            self.measure("wait", "apply", "--yes", *wait, self.document)
        self.measure("rollback of it" + waiting, "rollback", "--yes", *wait)
        # What runs is stopped first, which the scheduler has to be there for.
        if waits:
            self.measure("rollback of all, and wait", "rollback", first, "--yes", *wait)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remotes", type=int, default=50)
    parser.add_argument("--stopped", type=int, nargs="*", default=[0, 200, 1000, 5000])
    parser.add_argument("--wait-up-to", type=int, default=200, metavar="STOPPED",
                        help="with more than these, Pacemaker's scheduler takes too long to wait for")
    parser.add_argument("--timeout", type=int, default=300)
    given = parser.parse_args()
    if WHY_NOT:
        sys.exit(f"a cluster of many remote nodes: not measured: {WHY_NOT}")
    lab = Lab()
    try:
        settings = lab.folder / "files" / "etc" / "default" / "pacemaker"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"PCMK_ipc_buffer={IPC_BUFFER}\n")
        seconds = lab.up("--remotes", str(given.remotes), "--timeout", "240", "--files", lab.folder / "files")
        print(f"3 members and {given.remotes} remote nodes: up after {seconds:.1f} s", flush=True)
        hosts = json.loads(lab("status", "--json").out)
        remotes = [(host["name"], host["addr"]) for host in hosts if host["kind"] == "remote"]
        for stopped in given.stopped:
            Scale(lab, remotes).run(stopped, given.timeout, stopped <= given.wait_up_to)
    finally:
        lab.down()


if __name__ == "__main__":
    main()
