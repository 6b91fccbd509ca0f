#!/usr/bin/python3
"""Measures on a running cluster: a small apply beside the bare tools, crmsh and pcs, and status beside crm_mon, in turn,
with ratios as run.py prints them; and what each member's CIB daemon spends on our patch, on the one that crm_diff makes, and on a replacement.

The cluster is the lab's, three members. Needs root, as the lab does, and says so where it cannot have it.
"""

import argparse
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Live"))
os.environ.setdefault("CRMSYNC", str(ROOT / ".build" / "release" / "crmsync"))

import generate  # noqa: E402
import run  # noqa: E402
from lab import MEMBERS, WHY_NOT, Lab  # noqa: E402

# Nothing is to be started: what is measured is the configuration.
DOCUMENT = """properties: {stonith-enabled: false, stop-all-resources: true}
primitives:
  measured: {agent: 'ocf:pacemaker:Dummy', params: {fake: %s}}
"""
# Of that in a CIB, its value.
VALUE = ".//primitive[@id='measured']//nvpair[@name='fake']"
MEMBER = MEMBERS[0]
WARM_UP = 5
TURNS = 3
# Above, what crm_diff makes keeps every member busy for a minute.
DIFFERENCE_SIZES = (50, 300)
TICK = os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=41)
    parser.add_argument("--sizes", type=int, nargs="*", default=(50, 300, 1000), help="remote nodes, for the daemons")
    given = parser.parse_args()
    if WHY_NOT:
        sys.exit(f"a live cluster: not measured: {WHY_NOT}")
    lab = Lab()
    try:
        lab.up("--remotes", "0")
        with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
            os.chmod(folder, 0o755)
            SmallApply(lab, Path(folder)).compare(given.turns)
            Status(lab, Path(folder)).compare(given.turns)
            Daemons(lab, Path(folder)).compare(given.sizes)
    finally:
        lab.down()


class OnMember:
    def __init__(self, lab, folder):
        self.lab, self.folder, self.inside = lab, folder, lab.inside(MEMBER)

    def output(self, *command, allowed=(0,)):
        done = subprocess.run([*self.inside, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in allowed:
            sys.exit(f"{command}: exit {done.returncode}\n{done.stderr[-2000:].decode()}")
        return done.stdout

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class SmallApply(OnMember):
    """Another value of one parameter."""

    numbers = itertools.count()

    def new_document(self):
        self.value = f"v{next(self.numbers)}"
        return self.file("document.yaml", DOCUMENT % self.value)

    def crmsync(self):
        return run.measure(*self.inside, "crmsync", "apply", "--yes", self.new_document())

    def cibadmin(self):
        # Not measured: the patch is what the plan is.
        patch = self.file("patch.xml", self.output("crmsync", "plan", "--no-simulate", "--format", "xml", self.new_document()))
        return run.measure(*self.inside, "sh", "-c", "cibadmin --query; exec cibadmin --patch --xml-file \"$0\"", patch)

    def crm(self):
        self.new_document()
        update = self.file("update.crm", f"primitive measured ocf:pacemaker:Dummy params fake={self.value}\n")
        return run.measure(*self.inside, "crm", "--force", "configure", "load", "update", update)

    def pcs(self):
        """Reads, and sends the difference: the way that pcs has for several changes in one."""
        self.new_document()
        old, new = self.folder / "old.xml", self.folder / "new.xml"
        used = run.measure(*self.inside, "pcs", "cluster", "cib", old)
        # Not measured: somebody edits the file.
        root = ElementTree.fromstring(old.read_bytes())
        root.find(VALUE).set("value", self.value)
        new.write_bytes(ElementTree.tostring(root))
        used += run.measure(*self.inside, "pcs", "cluster", "cib-push", new, f"diff-against={old}")
        old.unlink()
        return used

    def compare(self, turns):
        run.heading()
        for _ in range(WARM_UP):
            self.crmsync()
        run.rows("live, one value changed / cibadmin -Q + --patch", run.in_turn(turns, self.crmsync, self.cibadmin), "1.2")
        run.rows("live, one value changed / crm configure load update", run.in_turn(5, self.crmsync, self.crm))
        run.rows("live, one value changed / pcs cluster cib-push", run.in_turn(5, self.crmsync, self.pcs))


class Status(OnMember):
    def crmsync(self):
        # 1: something wants attention.
        return run.measure(*self.inside, "crmsync", "status", allowed=(0, 1))

    def crm_mon(self):
        return run.measure(*self.inside, "crm_mon", "--one-shot")

    def compare(self, turns):
        run.rows("live, status / crm_mon --one-shot", run.in_turn(turns, self.crmsync, self.crm_mon), "1.2")


class Daemons(OnMember):
    """CPU time of pacemaker-based, which is on every member, does one thing at a time, and answers nobody meanwhile."""

    def __init__(self, lab, folder):
        super().__init__(lab, folder)
        self.before = self.configuration()

    def configuration(self):
        return self.file("before.xml", self.output("cibadmin", "--query", "--scope", "configuration"))

    def used(self):
        """Seconds on each member."""
        result = []
        for member in MEMBERS:
            # It forks to write the CIB to the disk, which counts as well: its own time, and its children's.
            found = self.lab.on(member, "sh", "-c", "cat /proc/$(pgrep --oldest --exact pacemaker-based)/stat").out
            result.append(sum(map(int, found.rpartition(")")[2].split()[11:15])) / TICK)
        return result

    def settled(self):
        """When no member has anything more to do with it."""
        last = self.used()
        while True:
            time.sleep(1)
            now = self.used()
            if sum(now) - sum(last) < 0.03:
                return now
            last = now

    def put_back(self):
        self.output("cibadmin", "--replace", "--scope", "configuration", "--xml-file", self.before)

    def spent(self, *command):
        self.put_back()
        before = self.settled()
        self.output(*command)
        return max(after - then for after, then in zip(self.settled(), before))

    def compare(self, sizes):
        print("\nCPU seconds of the CIB daemon, of the member where it is most, for a new configuration\n"
              f"{'remote nodes':>12} {'our patch':>10} {'crm_diff':>10} {'--replace':>10}")
        for size in sizes:
            # Told to stay as they are: nobody answers at their addresses.
            text = generate.yaml(size).replace(
                "stonith-enabled: true", "stonith-enabled: false, stop-all-resources: true, enable-startup-probes: false")
            for number, name in enumerate(MEMBERS, 1):
                text = text.replace(f"member-{number}", name)
            document = self.file("large.yaml", text)
            self.put_back()
            old = self.file("old.xml", self.output("cibadmin", "--query"))
            planned = self.output("crmsync", "plan", "--no-simulate", "--format", "xml", "--show-secrets", document)
            # It is sent several times over, so without the version that it is based on.
            patch = self.file("patch.xml", re.sub(rb"<version>.*?</version>", b"", planned, flags=re.DOTALL))
            self.output("cibadmin", "--patch", "--xml-file", patch)
            configuration = self.file("configuration.xml", self.output("cibadmin", "--query", "--scope", "configuration"))
            # The status is another by now.
            root = ElementTree.fromstring(old.read_bytes())
            root.remove(root.find("configuration"))
            root.insert(0, ElementTree.fromstring(configuration.read_bytes()))
            new = self.file("new.xml", ElementTree.tostring(root))
            difference = self.file("difference.xml", self.output(
                "crm_diff", "--no-version", "--original", old, "--new", new, allowed=(1,)))
            ways = {"ours": ("--patch", "--xml-file", patch), "crm_diff": ("--patch", "--xml-file", difference),
                    "replace": ("--replace", "--scope", "configuration", "--xml-file", configuration)}
            if size not in DIFFERENCE_SIZES:
                del ways["crm_diff"]
            seconds = [{name: self.spent("cibadmin", *way) for name, way in ways.items()} for _ in range(TURNS)]
            medians = {name: statistics.median(turn[name] for turn in seconds) for name in ways}
            print(f"{size:12}" + "".join(f" {f'{medians[name]:.2f}' if name in medians else '':>10}"
                                         for name in ("ours", "crm_diff", "replace")), flush=True)
        self.put_back()


if __name__ == "__main__":
    main()
