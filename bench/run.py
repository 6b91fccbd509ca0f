#!/usr/bin/python3
"""Measures crmsync beside the bare tools of Pacemaker, in one run, and prints ratios.

Absolute times mean nothing on a shared machine: what is compared is run in turn (A B A B …), and each ratio is the
median over the turns, with its quartiles. CPU time is that of the whole process tree.
"""

import argparse
import atexit
import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import generate

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("CRMSYNC") or str(ROOT / ".build" / "release" / "crmsync")
# The history is part of what an apply costs, and is not to go into that of this machine.
STATE = tempfile.mkdtemp(prefix="crmsync-bench-state-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
TURNS = {3: 31, 50: 21, 300: 11, 1000: 7, 5000: 3}
# Above, crmsh takes minutes.
CRM_SIZES = (3, 50)

# In place of cibadmin: prints a file, takes a patch, and uses next to nothing itself.
STUB = """#!/bin/sh
case "$*" in
  *--patch*) exec cat >/dev/null ;;
  *) exec cat "$CIB_file" ;;
esac
"""


C_PROGRAM = """
#include <libxml/parser.h>
#include <stdio.h>
#include <yaml.h>
int main(int count, char **arguments) {
  yaml_parser_t parser;
  if (count > 9) return yaml_parser_initialize(&parser) + (xmlParseFile(arguments[1]) != NULL);
  return puts("1.0") < 0;
}
"""


# A child begins with the memory of who has started it, which counts as its largest: Python's is more than that of what is
# measured. Tells the file descriptor how it went: seconds, seconds of processor, kilobytes, status.
LAUNCHER = """
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }
int main(int count, char **arguments) {
  int status, told = atoi(arguments[1]);
  struct timespec start, end;
  struct rusage usage;
  fcntl(told, F_SETFD, FD_CLOEXEC);
  clock_gettime(CLOCK_MONOTONIC, &start);
  pid_t child = fork();
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  dprintf(told, "%.6f %.6f %ld %d", end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss, status);
  return 0;
}
"""


def compiled(name, source, *libraries):
    """A C program, gone when the benchmark ends."""
    program = Path(STATE) / name
    subprocess.run(["cc", "-O2", "-x", "c", "-", "-o", program, *libraries], check=True, input=source.encode())
    return program


class Use:
    """What a command took; wait4 counts the processes that it waited for as well, and memory is the largest one's."""

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
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        subprocess.run([launcher(), str(told.fileno()), *map(str, command)], stdin=subprocess.DEVNULL, env=environment,
                       stdout=subprocess.DEVNULL, stderr=errors, pass_fds=(told.fileno(),), check=True)
        told.seek(0)
        wall, cpu, kilobytes, status = told.read().split()
        returned = os.waitstatus_to_exitcode(int(status))
        if returned not in allowed:
            errors.seek(0)
            sys.exit(f"{' '.join(map(str, command))}: exit {returned}\n{errors.read()[-2000:].decode()}")
    return Use(float(wall), float(cpu), int(kilobytes) * 1024)


@functools.cache
def launcher():
    return compiled("launcher", LAUNCHER)


def in_turn(turns, ours, theirs):
    """Both, turn by turn, after one that does not count."""
    ours(), theirs()
    return [(ours(), theirs()) for _ in range(turns)]


def quartiles(values):
    return statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3


# What is measured, and how much of it is a unit.
UNITS = {"wall": 1e-3, "cpu": 1e-3, "memory": 1e6}


def row(what, pairs, bar="", of="wall"):
    mine, bare = ([getattr(pair[index], of) for pair in pairs] for index in (0, 1))
    low, middle, high = quartiles([a / b for a, b in zip(mine, bare)])
    if bar and middle > float(bar):
        bar += " OVER"
    print(f"{what:60} {of:6} {statistics.median(mine) / UNITS[of]:9.1f} {statistics.median(bare) / UNITS[of]:9.1f} "
          f"{middle:7.2f}  {low:5.2f} – {high:5.2f}  {bar}", flush=True)


def rows(what, pairs, wall="", cpu="", memory=""):
    for of, bar in (("wall", wall), ("cpu", cpu), ("memory", memory)):
        row(what, pairs, bar, of)


def heading(ours="crmsync", theirs="bare"):
    print(f"{'':60} {'':6} {ours:>9} {theirs:>9} {'ratio':>7}  {'quartiles':13}  bar\n"
          f"{'wall and cpu in ms, memory in MB':60}")


def instructions(*command, cib):
    """How many a program executes, itself alone; the same on any day, however busy the machine is."""
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "counted"
        environment = {**os.environ, "PATH": SBIN, "CRMSYNC_STATE_DIR": STATE, "CIB_file": str(cib)}
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}", *map(str, command)], check=True,
                       env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return int(next(line.split()[1] for line in counted.read_text().splitlines()
                        if line.startswith(("summary:", "totals:"))))


class Cluster:
    """The files of one size: the cluster before, as the document wants it, and as it wants it with a little changed."""

    def __init__(self, folder, size):
        self.size = size
        self.folder = Path(folder) / str(size)
        self.folder.mkdir()
        text = generate.yaml(size)
        self.document = self.write("cluster.yaml", text)
        self.changed = self.write("changed.yaml", text.replace("10.0.0.236", "10.0.0.240"))
        self.before = self.write("before.xml", generate.cib())
        self.work = self.folder / "work.xml"
        self.after = self.folder / "after.xml"
        self.fresh()
        measure(*self.apply())
        shutil.copyfile(self.work, self.after)
        self.patch = self.make_patch("patch.xml", self.before, self.document)
        self.small_patch = self.make_patch("small.xml", self.after, self.changed)
        self.fresh(self.after)
        measure(*self.apply(self.changed))
        self.after_that = self.folder / "after-that.xml"
        shutil.copyfile(self.work, self.after_that)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def make_patch(self, name, source, document):
        """A ready, well-shaped one: what the plan itself is."""
        self.fresh(source)
        return self.write(name, subprocess.run(
            [PROGRAM, "plan", document, "--cib-file", self.work, "--format", "xml", "--show-secrets"],
            check=True, stdout=subprocess.PIPE, env={**os.environ, "PATH": SBIN}).stdout.decode())

    def fresh(self, source=None):
        shutil.copyfile(source or self.before, self.work)

    def apply(self, document=None):
        return PROGRAM, "apply", document or self.document, "--yes", "--cib-file", self.work

    # MARK: what is measured

    def crmsync(self, command, source, document=None, path=None):
        self.fresh(source)
        options = ["--yes"] if command == "apply" else ["--no-simulate"]
        return measure(PROGRAM, command, document or self.document, *options, "--cib-file", self.work, path=path)

    def bare(self, source, *then, allowed=(0,)):
        self.fresh(source)
        query = measure("cibadmin", "--query", cib=self.work)
        return query + measure(*then, cib=self.work, allowed=allowed) if then else query

    def patched(self, source, patch):
        return self.bare(source, "cibadmin", "--patch", "--xml-file", patch)

    def compare(self, turns):
        size = self.size
        rows(f"apply, new, R = {size} / cibadmin -Q + --patch", in_turn(
            turns, lambda: self.crmsync("apply", self.before), lambda: self.patched(self.before, self.patch)),
            "1.2", "1.3" if size in (3, 1000) else "")
        rows(f"apply, one value changed, R = {size} / the same", in_turn(
            turns, lambda: self.crmsync("apply", self.after, self.changed),
            lambda: self.patched(self.after, self.small_patch)), "1.2")
        rows(f"apply, nothing to do, R = {size} / cibadmin -Q", in_turn(
            turns, lambda: self.crmsync("apply", self.after), lambda: self.bare(self.after)), "1.2")
        self.compare_plans(turns)

    def compare_plans(self, turns):
        """Beside the query, the comparison of files, and asking the agents for their parameters, as a plan does."""
        def bare(source, target):
            # 1: they differ.
            used = self.bare(source, "crm_diff", "--original", source, "--new", target, allowed=(0, 1))
            for agent in generate.AGENTS:
                used += measure("crm_resource", "--show-metadata", agent, allowed=(0, 105))
            return used
        for what, source, document, target in (("new", self.before, self.document, self.after),
                                               ("one value changed", self.after, self.changed, self.after_that),
                                               ("nothing to do", self.after, self.document, self.after)):
            rows(f"plan, {what}, R = {self.size} / -Q + crm_diff + metadata", in_turn(
                turns, lambda: self.crmsync("plan", source, document), lambda: bare(source, target)), "1.2")

    def compare_status(self, turns):
        """With every remote node running, beside what people look at a cluster with."""
        running = self.write("running.xml", self.after.read_text().replace("<status/>", generate.status(self.size)))
        # 1: something wants attention.
        rows(f"status, all running, R = {self.size} / crm_mon --one-shot", in_turn(
            min(turns, 7), lambda: measure(PROGRAM, "status", "--cib-file", running, allowed=(0, 1)),
            lambda: measure("crm_mon", "--one-shot", cib=running)), "1.2")

    def applies(self):
        """What an apply may find: what it is called, the CIB, the document."""
        return (("new", self.before, self.document), ("one value changed", self.after, self.changed),
                ("nothing to do", self.after, self.document))

    def own_cpu(self, turns, path):
        """crmsync without what the tools take, beside the query that no tool can do without."""
        for what, source, document in self.applies():
            row(f"apply, {what}, R = {self.size}: crmsync alone / cibadmin -Q", in_turn(
                turns, lambda: self.crmsync("apply", source, document, path=path), lambda: self.bare(self.after)),
                "1", "cpu")

    def own_memory(self, path):
        """The same of the memory."""
        for what, source, document in self.applies():
            row(f"apply, {what}, R = {self.size}: crmsync alone / cibadmin -Q", in_turn(
                3, lambda: self.crmsync("apply", source, document, path=path), lambda: self.bare(self.after)),
                "1" if self.size == 5000 else "", "memory")

    def compare_with_crm(self):
        """What a charm or a role would call instead."""
        update = self.write("cluster.crm", generate.crmsh(self.size))

        def load():
            self.fresh()
            # 1: it does not know the fencing agent's parameters, and says so.
            return measure("crm", "--force", "configure", "load", "update", update, cib=self.work, allowed=(0, 1))
        rows(f"apply, new, R = {self.size} / crm configure load update", in_turn(
            3, lambda: self.crmsync("apply", self.before), load))

    def count_instructions(self):
        self.fresh(self.after)
        bare = instructions("cibadmin", "--query", cib=self.work)
        for what, source, document in self.applies():
            self.fresh(source)
            ours = instructions(PROGRAM, "apply", document, "--yes", "--cib-file", self.work, cib=self.work)
            print(f"{f'apply, {what}, R = {self.size}: crmsync alone / cibadmin -Q':60} "
                  f"{ours / 1e6:8.1f} {bare / 1e6:9.1f} {ours / bare:7.2f}", flush=True)


def start_up(turns):
    rows("crmsync --version / cibadmin --version", in_turn(
        turns, lambda: measure(PROGRAM, "--version"), lambda: measure("cibadmin", "--version")), "0.7")
    libraries = subprocess.run(["pkg-config", "--cflags", "--libs", "libxml-2.0", "yaml-0.1"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.split()
    program = compiled("program", C_PROGRAM, *libraries)
    rows("crmsync --version / a C program with its libraries", in_turn(
        turns, lambda: measure(PROGRAM, "--version"), lambda: measure(program)))


def stub(folder):
    """A PATH on which cibadmin does nothing."""
    program = Path(folder) / "bin" / "cibadmin"
    program.parent.mkdir()
    program.write_text(STUB)
    program.chmod(0o755)
    return f"{program.parent}:{SBIN}"


def own_share(folder, clusters, sizes, turns, path):
    """crmsync's own part of the work, and whether it grows with the size of the CIB and no faster."""
    print("\nown share: crmsync alone, with a cibadmin that does nothing\n"
          f"{'':24} {'CIB kB':>8} {'new, cpu ms':>12} {'ms/kB':>7} {'in sync':>9} {'ms/kB':>7}")
    for size in sizes:
        cluster = clusters.get(size) or Cluster(folder, size)
        kilobytes = cluster.after.stat().st_size / 1000
        uses = [(cluster.crmsync("apply", cluster.before, path=path), cluster.crmsync("apply", cluster.after, path=path))
                for _ in range(turns)]
        new, same = (statistics.median(pair[index].cpu for pair in uses) * 1000 for index in (0, 1))
        print(f"R = {size:<20} {kilobytes:8.0f} {new:12.1f} {new / kilobytes:7.3f} {same:9.1f} {same / kilobytes:7.3f}",
              flush=True)
    peak = max(use.memory for pair in uses for use in pair)
    allowed = 12 * kilobytes * 1000 + 20_000_000
    print(f"\npeak memory, R = {size}: {peak / 1e6:.0f} MB; 12 × {kilobytes / 1000:.1f} MB + 20 MB = "
          f"{allowed / 1e6:.0f} MB; ratio {peak / allowed:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns, and nothing above R = 300")
    parser.add_argument("--sizes", type=int, nargs="+", help="these numbers of remote nodes alone, and nothing else")
    given = parser.parse_args()
    quick = given.quick
    turns = {size: 3 if quick else count for size, count in TURNS.items() if not quick or size <= 300}

    heading()
    with tempfile.TemporaryDirectory() as folder:
        if given.sizes:
            for size in given.sizes:
                cluster = Cluster(folder, size)
                cluster.compare(turns[size])
                cluster.compare_status(turns[size])
            return
        start_up(5 if quick else 51)
        clusters = {}
        for size in turns:
            cluster = clusters[size] = Cluster(folder, size)
            cluster.compare(turns[size])
            cluster.compare_status(turns[size])
            if size in CRM_SIZES and shutil.which("crm", path=SBIN):
                cluster.compare_with_crm()

        print(f"\n{'millions of instructions':60} {'crmsync':>8} {'cibadmin':>9} {'ratio':>7}")
        for size in (size for size in (3, 300, 1000) if size in turns):
            clusters[size].count_instructions()

        path = stub(folder)
        print()
        for size, cluster in clusters.items():
            cluster.own_cpu(turns[size], path)
        for cluster in clusters.values():
            cluster.own_memory(path)
        own_share(folder, clusters, (10, 100) if quick else (100, 1000, 5000), 3 if quick else 7, path)

        stripped = Path(folder) / "stripped"
        subprocess.run(["strip", "-o", stripped, PROGRAM], check=True)
        print(f"stripped binary: {stripped.stat().st_size / 1e6:.1f} MB of 25 MB")


if __name__ == "__main__":
    main()
