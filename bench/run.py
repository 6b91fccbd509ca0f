#!/usr/bin/python3
"""Measures crmsync beside the bare tools of Pacemaker, in one run, and prints ratios.

Absolute times mean nothing on a shared machine: what is compared is run in turn (A B A B …), and each ratio is the
median over the turns, with its quartiles. CPU time is that of the whole process tree.
"""

import argparse
import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generate

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("CRMSYNC") or str(ROOT / ".build" / "release" / "crmsync")
# The history is part of what an apply costs, and is not to go into that of this machine.
STATE = tempfile.mkdtemp(prefix="crmsync-bench-state-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
TURNS = {3: 31, 50: 21, 300: 11, 1000: 5, 5000: 3}

# In place of cibadmin: prints a file, takes a patch, and uses next to nothing itself.
STUB = """#!/bin/sh
case "$*" in
  *--patch*) exec cat >/dev/null ;;
  *) exec cat "$CIB_file" ;;
esac
"""


class Use:
    """What a command took; wait4 counts the processes that it waited for as well."""

    def __init__(self, wall=0.0, cpu=0.0, memory=0):
        self.wall, self.cpu, self.memory = wall, cpu, memory

    def __add__(self, other):
        return Use(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


def measure(*command, cib=None, path=None, allowed=(0,)):
    environment = {name: value for name, value in os.environ.items() if name not in ("CIB_file", "CIB_shadow")}
    environment["PATH"] = path or SBIN
    environment["CRMSYNC_STATE_DIR"] = STATE
    if cib:
        environment["CIB_file"] = str(cib)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([str(one) for one in command], stdin=subprocess.DEVNULL, env=environment,
                                   stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in allowed:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{errors.read()[-2000:].decode()}")
    return Use(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def in_turn(turns, ours, theirs):
    """Both, turn by turn, after one that does not count."""
    ours(), theirs()
    return [(ours(), theirs()) for _ in range(turns)]


def quartiles(values):
    return statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3


def row(what, pairs, bar="", of="wall"):
    mine, bare = ([getattr(pair[index], of) for pair in pairs] for index in (0, 1))
    low, middle, high = quartiles([a / b for a, b in zip(mine, bare)])
    print(f"{what:44} {of:4} {statistics.median(mine) * 1000:9.1f} {statistics.median(bare) * 1000:9.1f} "
          f"{middle:7.2f}  {low:5.2f} – {high:5.2f}  {bar}", flush=True)


class Cluster:
    """The files of one size."""

    def __init__(self, folder, size):
        self.size = size
        self.folder = Path(folder) / str(size)
        self.folder.mkdir()
        self.document = self.write("cluster.yaml", generate.yaml(size))
        self.before = self.write("before.xml", generate.cib())
        self.work = self.folder / "work.xml"
        self.after = self.folder / "after.xml"
        self.fresh()
        measure(*self.apply, cib=None)
        shutil.copyfile(self.work, self.after)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def fresh(self, source=None):
        shutil.copyfile(source or self.before, self.work)

    @property
    def apply(self):
        return PROGRAM, "apply", self.document, "--yes", "--cib-file", self.work

    def apply_new(self, path=None):
        self.fresh()
        return measure(*self.apply, path=path)

    def apply_in_sync(self, path=None):
        self.fresh(self.after)
        return measure(*self.apply, path=path)

    def query(self):
        self.fresh(self.after)
        return measure("cibadmin", "--query", cib=self.work)

    def query_and_patch(self):
        self.fresh()
        return measure("cibadmin", "--query", cib=self.work) + measure(
            "cibadmin", "--patch", "--xml-file", self.patch, cib=self.work)

    def make_patch(self):
        """A ready, well-shaped one: what the plan itself is."""
        self.fresh()
        environment = {**os.environ, "PATH": SBIN}
        patch = subprocess.run(
            [PROGRAM, "plan", self.document, "--cib-file", self.work, "--format", "xml", "--show-secrets"],
            check=True, stdout=subprocess.PIPE, env=environment).stdout
        self.patch = self.write("patch.xml", patch.decode())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns, and nothing above R = 300")
    quick = parser.parse_args().quick
    turns = {size: 3 if quick else count for size, count in TURNS.items() if not quick or size <= 300}

    print(f"{'':44} {'':4} {'crmsync':>9} {'bare':>9} {'ratio':>7}  {'quartiles':13}  bar")
    print(f"{'':44} {'':4} {'ms':>9} {'ms':>9}")
    row("--version / cibadmin --version", in_turn(
        5 if quick else 51, lambda: measure(PROGRAM, "--version"), lambda: measure("cibadmin", "--version")), "0.7")

    clusters = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in (one for one in (3, 50, 300, 1000) if one in turns):
            cluster = clusters[size] = Cluster(folder, size)
            cluster.make_patch()
            pairs = in_turn(turns[size], cluster.apply_new, cluster.query_and_patch)
            for of in ("wall", "cpu"):
                row(f"apply, R = {size} / cibadmin -Q + --patch", pairs, "1.3" if size in (3, 1000) else "", of)
            pairs = in_turn(turns[size], cluster.apply_in_sync, cluster.query)
            for of in ("wall", "cpu"):
                row(f"apply in sync, R = {size} / cibadmin -Q", pairs, "1.3" if size in (3, 1000) else "", of)
            if size == 3 and shutil.which("crm", path=SBIN):
                update = cluster.write("cluster.crm", generate.crmsh(size))

                def load():
                    cluster.fresh()
                    # 1: it does not know the fencing agent's parameters, and says so.
                    return measure("crm", "--force", "configure", "load", "update", update,
                                   cib=cluster.work, allowed=(0, 1))
                row("apply, R = 3 / crm configure load update", in_turn(min(turns[size], 5), cluster.apply_new, load))

        stub = Path(folder) / "bin" / "cibadmin"
        stub.parent.mkdir()
        stub.write_text(STUB)
        stub.chmod(0o755)
        path = f"{stub.parent}:{SBIN}"
        print("\nown share: crmsync alone, with a cibadmin that does nothing\n"
              f"{'':24} {'CIB kB':>8} {'new, cpu ms':>12} {'ms/kB':>7} {'in sync':>9} {'ms/kB':>7}")
        for size in (10, 100) if quick else (100, 1000, 5000):
            cluster = clusters.get(size) or Cluster(folder, size)
            kilobytes = cluster.after.stat().st_size / 1000
            uses = [(cluster.apply_new(path), cluster.apply_in_sync(path)) for _ in range(3 if quick else 7)]
            new, same = (statistics.median(pair[index].cpu for pair in uses) * 1000 for index in (0, 1))
            print(f"R = {size:<20} {kilobytes:8.0f} {new:12.1f} {new / kilobytes:7.3f} {same:9.1f} {same / kilobytes:7.3f}",
                  flush=True)
        peak = max(use.memory for pair in uses for use in pair)
        allowed = 12 * kilobytes * 1000 + 20_000_000
        print(f"\npeak memory, R = {size}: {peak / 1e6:.0f} MB; 12 × {kilobytes / 1000:.1f} MB + 20 MB = "
              f"{allowed / 1e6:.0f} MB; ratio {peak / allowed:.2f}")

        stripped = Path(folder) / "stripped"
        subprocess.run(["strip", "-o", stripped, PROGRAM], check=True)
        print(f"stripped binary: {stripped.stat().st_size / 1e6:.1f} MB of 25 MB")


if __name__ == "__main__":
    main()
