"""Several writers at once: no change is lost whose writer was told that it is made."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

from lab import MEMBERS, LabCase
from support import PROGRAM, environment, run

# How many changes each of the eight makes; 500 is what it is to stand.
CHANGES = int(os.environ.get("CRMSYNC_CHANGES", "12"))
CRMSYNC, ATTRIBUTE, CIBADMIN = "crmsync", "crm_attribute", "cibadmin"
WRITERS = [CRMSYNC] * 4 + [ATTRIBUTE] * 2 + [CIBADMIN] * 2
GAVE_UP = 75
# One writer's turn, again as long as it is told that it lost against the others.
TRIES = 50

# Status updates a second that are sent while crmsync applies, from all members together, and how many have to be
# sent on a machine that does other things besides.
SENT, RATE = 130, 100
# Each waits for its answers: a few on every member.
SENDERS = 3
APPLIES = 25

# Sends status updates until its input ends, and then says how many they were. By libcib, as the daemons do it: a
# process of cibadmin for each would be work for the processor more than for the cluster.
UPDATES = """
import ctypes, ctypes.util, select, sys, time
node, name, rate, longest = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
cib = ctypes.CDLL(ctypes.util.find_library("cib"))
cib.cib_new.restype = ctypes.c_void_p
connection = ctypes.c_void_p(cib.cib_new())
COMMAND, SYNCHRONOUS = 0, 0x1000
# cib->cmds->signon, the first of cmds. 3.0 no longer has the pointer before cmds, which is NULL in 2.1.
operations = next(found for offset in (48, 56) if (found := ctypes.c_void_p.from_address(connection.value + offset).value))
sign_on = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)(
    ctypes.c_void_p.from_address(operations).value)
if sign_on(connection, b"status-updates", COMMAND) != 0:
    sys.exit("no connection to the CIB")
sent, began = 0, time.monotonic()
while time.monotonic() < began + longest and not select.select(
        [sys.stdin], [], [], max(0, began + (sent + 1) / rate - time.monotonic()))[0]:
    cib.update_attr_delegate(connection, SYNCHRONOUS, b"status", node.encode(), None, None, None, name.encode(),
                             str(time.monotonic_ns()).encode(), 0, None, None)
    sent += 1
print(sent)
"""


class Writer(threading.Thread):
    """Makes its changes one after the other, and remembers what was answered."""

    def __init__(self, number, kind, changes, execute, folder):
        super().__init__(daemon=True)
        self.number, self.kind, self.changes, self.execute = number, kind, changes, execute
        self.document = Path(folder) / f"writer-{number}.yaml"
        # The value that its object is to have, and the objects of its own that each change makes.
        self.value, self.made, self.gave_up, self.wrong = None, set(), [], None

    @property
    def name_(self):
        return f"w{self.number}"

    def command(self, turn):
        """A change: another value of the one object, and for every fourth an object of its own besides."""
        distinct = f"{self.name_}-{turn}" if turn % 4 == 0 else None
        if self.kind == CRMSYNC:
            text = f"primitives:\n  {self.name_}: {{agent: 'ocf:pacemaker:Dummy', params: {{fake: v{turn}}}}}\n"
            if distinct:
                text += f"tags: {{{distinct}: [{self.name_}]}}\n"
            self.document.write_text(text)
            return distinct, ("crmsync", "apply", "--yes", self.document)
        if self.kind == ATTRIBUTE:
            name = distinct or self.name_
            return distinct, ("crm_attribute", "--type", "crm_config", "--name", name, "--update", f"v{turn}")
        if distinct:
            return distinct, ("cibadmin", "--create", "--scope", "tags", "--xml-text",
                              f'<tag id="{distinct}"><obj_ref id="{self.name_}"/></tag>')
        return distinct, ("cibadmin", "--modify", "--scope", "resources", "--xml-text",
                          primitive(self.name_, f"v{turn}"))

    def run(self):
        try:
            for turn in range(1, self.changes + 1):
                self.turn(turn)
        except Exception as error:
            self.wrong = error

    def turn(self, turn):
        distinct, command = self.command(turn)
        for _ in range(TRIES):
            result = self.execute(self, command)
            if result.status == 0:
                break
            if result.status != GAVE_UP or self.kind != CRMSYNC:
                raise AssertionError(f"turn {turn}: {result}")
            self.gave_up.append(turn)
        else:
            raise AssertionError(f"turn {turn}: not after {TRIES} tries")
        if distinct:
            self.made.add(distinct)
        if self.kind == CRMSYNC or not distinct:
            self.value = f"v{turn}"


def primitive(name, value):
    return (f'<primitive id="{name}" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="{name}-ia">'
            f'<nvpair id="{name}-fake" name="fake" value="{value}"/></instance_attributes></primitive>')


def judge(case, writers, root):
    """Compares what is there with what was answered; the number of changes that were made."""
    case.assertEqual([], [(writer.name_, writer.kind, str(writer.wrong)) for writer in writers if writer.wrong])
    tags = {tag.get("id") for tag in root.iter("tag")}
    options = {pair.get("name"): pair.get("value") for pair in root.iterfind(".//crm_config//nvpair")}
    for writer in writers:
        if writer.kind == ATTRIBUTE:
            value, made = options.get(writer.name_), options.keys()
        else:
            pair = root.find(f".//primitive[@id='{writer.name_}']//nvpair[@name='fake']")
            value, made = getattr(pair, "attrib", {}).get("value"), tags
        case.assertEqual(writer.value, value, f"the last value of {writer.name_} ({writer.kind})")
        case.assertEqual(set(), writer.made - set(made), f"made by {writer.name_} ({writer.kind}), and lost")
    # Nor is there anything that nobody asked for.
    case.assertEqual(set(), {tag for tag in tags if tag.startswith("w")} - set().union(*(one.made for one in writers)))
    return sum(writer.changes for writer in writers)


class OnACluster(LabCase):
    LAB = ("--remotes", "0")

    def setUp(self):
        super().setUp()
        # Nothing is started: it is the configuration that is tested.
        self.apply("properties: {stonith-enabled: false, stop-all-resources: true}\n")

    def test_eight_writers_at_once(self):
        writers = [Writer(number, kind, CHANGES, self.execute, self.lab.folder / "documents")
                   for number, kind in enumerate(WRITERS)]
        for writer in writers:
            if writer.kind == CIBADMIN:
                done = self.on_member("cibadmin", "--create", "--scope", "resources", "--xml-text",
                                      primitive(writer.name_, "none"))
                self.assertEqual(0, done.status, done)
        # A section that cibadmin adds to has to be there.
        self.apply("tags: {first: [w6]}\n")
        self.starts()
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        seconds = time.monotonic() - self.began
        count = judge(self, writers, self.cib())
        gave_up = sum(len(writer.gave_up) for writer in writers)
        self.tell(f"{len(writers)} writers made {count} changes; crmsync gave up {gave_up} times and was called again; "
                  f"{seconds:.0f} s")
        # All members have the same.
        digests = {self.lab.on(member, "cibadmin", "--query", "--local", "--scope", "configuration").out
                   for member in MEMBERS}
        self.assertEqual(1, len(digests))

    def execute(self, writer, command):
        return self.lab.on(MEMBERS[writer.number % len(MEMBERS)], *command)

    def test_while_status_updates_arrive(self):
        """They count up the CIB's num_updates, and change nothing of the configuration."""
        program = self.file(UPDATES, "updates.py")
        senders = [subprocess.Popen(
            [*self.lab.inside(member), "/usr/bin/python3", "-I", program, str(number), f"busy-{turn}",
             str(SENT / len(MEMBERS) / SENDERS), "120"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for number, member in enumerate(MEMBERS, start=1) for turn in range(SENDERS)]
        self.addCleanup(lambda: [sender.kill() for sender in senders if sender.poll() is None])
        self.until("the updates arrive", lambda _: self.on_member(
            "cibadmin", "--query", "--scope", "status").out.count('name="busy-') == len(senders))
        before, began = self.version(), time.monotonic()
        for turn in range(APPLIES):
            self.apply(f"primitives: {{busy: {{agent: 'ocf:pacemaker:Dummy', params: {{fake: t{turn}}}}}}}\n")
        after = self.version()
        sent = [int(sender.communicate(timeout=30)[0] or 0) for sender in senders]
        rate = sum(sent) / (time.monotonic() - began)
        self.tell(f"{APPLIES} applies, with {rate:.0f} status updates a second")
        self.assertEqual(APPLIES, after - before)
        self.assertGreater(rate, RATE, "too few for a test")

    def test_who_wrote_is_told_to_who_watches(self):
        document = self.file("properties: {stonith-enabled: false, cluster-delay: 61s}\n")
        self.crmsync("apply", "--yes", document)
        watching = subprocess.Popen(
            [*self.lab.inside(MEMBERS[0]), "crmsync", "plan", "--watch", "--interval", "0.2", document],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        # With what has put it into the host, and at the latest when it says nothing for a minute.
        end = threading.Timer(60, os.killpg, (watching.pid, signal.SIGKILL))
        end.start()
        self.addCleanup(lambda: (end.cancel(), os.killpg(watching.pid, signal.SIGKILL), watching.communicate()))
        # Pacemaker 3.0.0 does not note with what.
        notes_client = self.cib().get("update-client") != "root"
        def by(client):
            return "root" + (f" with {client}" if notes_client else "")
        self.assertIn(f"  in sync, last written by {by('cibadmin')} on " + MEMBERS[0], watching.stdout.readline())
        self.lab.on(MEMBERS[2], "crm_attribute", "--type", "crm_config", "--name", "cluster-delay", "--update", "65s")
        self.assertIn(f"  out of sync, last written by {by('crm_attribute')} on " + MEMBERS[2],
                      watching.stdout.readline())
        self.assertIn("cluster-delay  65s -> 61s", watching.stdout.readline())
        self.crmsync("apply", "--yes", document)
        self.assertIn(f"  in sync again, last written by {by('cibadmin')}", watching.stdout.readline())

    def version(self):
        return int(self.cib().get("epoch"))


class OnAFile(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="crmsync-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.cib = self.folder / "cib.xml"
        self.cib.write_text(run("cibadmin", "--empty").out)
        self.cib.chmod(0o644)

    def test_eight_at_once(self):
        def execute(_, command):
            return run(PROGRAM, *command[1:], "--cib-file", self.cib, env=environment())

        writers = [Writer(number, CRMSYNC, CHANGES, execute, self.folder) for number in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        root = ElementTree.fromstring(run("cibadmin", "--query", env=environment(CIB_file=self.cib)).out)
        judge(self, writers, root)


if __name__ == "__main__":
    unittest.main()
