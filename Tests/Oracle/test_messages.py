"""Everything that the programs say, to the letter.

    RECORD=1 python3 -m unittest test_messages     writes into the sessions what is said

A folder of fixtures/messages is a case: `session`, and whatever its commands need. In a session

    $ a command, for bash             | what it prints       ! what it tells on standard error       = its exit status, if not 0

The commands of a case run one after the other in a copy of the folder; `bin/` in it is the first on PATH. Where there is a
`maas.json`, the MAAS sandbox runs meanwhile, configured by it: url, apikey and hostnames are in the environment, the key is in
the file `maas.key` too, `fault CALL KIND [JSON]` has a request go wrong, and `machine NAME JSON` changes a machine.

`test_every_message_is_pinned` goes over the sources and fails for a message that no session shows, and no other text that a
test compares to the letter. A new message needs a new command in a session, and no code.
"""

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import unittest

from support import HAS_RECORDED_TOOLS, NO_RECORDED_TOOLS, PROGRAM, ROOT, Case, environment, say, two_at_a_time
from swift_literals import HOLE, literals

sys.path.insert(0, str(ROOT / "fixtures" / "maas-sandbox"))
from maas_sandbox import Sandbox  # noqa: E402

CASES = ROOT / "fixtures" / "messages"
# Where a line is longer than this it is a sentence, and no table.
WIDTH = 80
TABLES = re.compile(r"crmsync (status|history|deferred list|fencing check|plan|apply|rollback|(\S+ )?(--help|help))\b")

HELPERS = {
    "fault": """#!/usr/bin/python3
import json, os, sys, urllib.request
fault = {"call": sys.argv[1], "kind": sys.argv[2], **json.loads(*sys.argv[3:] or ["{}"])}
urllib.request.urlopen(os.environ["SANDBOX"] + "/sandbox/faults", json.dumps(fault).encode()).read()
""",
    "machine": """#!/usr/bin/python3
import os, sys, urllib.request
urllib.request.urlopen(os.environ["SANDBOX"] + "/sandbox/machines/" + sys.argv[1], sys.argv[2].encode()).read()
""",
}


class Session:
    """A case that has been run."""

    def __init__(self, case, folder):
        self.name, self.folder = case.name, folder / case.name
        shutil.copytree(case, self.folder, symlinks=True)
        self.recorded = (case / "session").read_text()
        (self.folder / "session").unlink()
        programs = folder / f"{case.name}.bin"
        programs.mkdir()
        release = os.path.dirname(PROGRAM)
        for name in ("crmsync", "maas", "fence_maas"):
            (programs / name).symlink_to(os.path.join(release, name))
        for name, text in HELPERS.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.env = environment(
            PATH=f"{self.folder}/bin:{programs}:/usr/sbin:/usr/bin:/sbin:/bin", HOME=self.folder, LANG="C.UTF-8", COLUMNS=WIDTH,
            TZ="UTC", FIXTURES=ROOT / "fixtures", CRMSYNC_STATE_DIR=self.folder / "state", JUJU_UNIT_NAME=None, SUDO_USER=None)
        # As often as not they are in the user's own environment.
        for name in ("url", "apikey", "hostnames"):
            self.env.pop(name, None)
        self.maas = None
        if (self.folder / "maas.json").exists():
            self.maas = Sandbox(**json.loads((self.folder / "maas.json").read_text()))
            (self.folder / "maas.key").write_text(self.maas.apikey + "\n")
            self.env.update(self.maas.environment, SANDBOX=self.maas.url.removesuffix("/MAAS"))
        try:
            self.said = self.run()
        finally:
            if self.maas:
                self.maas.end()

    def run(self):
        """The session as it is now."""
        said = []
        self.steps = []
        for line in self.recorded.splitlines():
            if line[:2] in ("| ", "! ", "= ") or line in ("|", "!"):
                continue
            said.append(line)
            if line.startswith("$ "):
                out, err, status = self.command(line[2:])
                self.steps.append((line[2:], out, err))
                said += [f"| {one}".rstrip() for one in out.splitlines()] + [f"! {one}".rstrip() for one in err.splitlines()]
                said += [f"= {status}"] if status else []
        return "\n".join(said) + "\n"

    def command(self, line):
        done = subprocess.run(["bash", "-c", line], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self.steady(done.stdout), self.steady(done.stderr), done.returncode

    def steady(self, text):
        """Without what differs from one run to another."""
        text = text.decode(errors="replace").replace(str(self.folder), "/case")
        if self.maas:
            text = text.replace(self.maas.url.split("/")[2], "maas:5240")
        text = re.sub(r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d", r"2026-01-02\g<1>03:04", text)
        text = re.sub(r"(2026-01-02[ T]03:04):\d\d", r"\1:05", text)
        text = re.sub(rf"\bon {re.escape(socket.gethostname())}\b", "on this-host", text)
        text = re.sub(r"(\?op=\w+|/): (\d+), \d+ bytes", r"\1: \2, N bytes", text)
        return re.sub(rf"\b(by|/user/){re.escape(getpass.getuser())}\b", r"\1root", text)


class Messages(Case):
    sessions = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cases = sorted(path.parent for path in CASES.glob(os.environ.get("CASE", "*") + "/session"))

    def all_sessions(self):
        if Messages.sessions is None:
            Messages.sessions = two_at_a_time(lambda case: Session(case, self.folder), self.cases)
        return Messages.sessions

    @unittest.skipUnless(HAS_RECORDED_TOOLS, NO_RECORDED_TOOLS)
    def test_sessions(self):
        self.maxDiff = None
        for session in self.all_sessions():
            if os.environ.get("RECORD") == "1":
                (CASES / session.name / "session").write_text(session.said)
            else:
                with self.subTest(session.name):
                    self.assertEqual(session.recorded, session.said)
        say(f"    {sum(len(one.steps) for one in self.all_sessions())} commands")

    def test_no_message_is_a_stack_trace(self):
        for session in self.all_sessions():
            for command, out, err in session.steps:
                with self.subTest(session.name, command=command):
                    self.assertNotRegex(out + err, r"Fatal error|Stack dump|Traceback|Crash|Error Domain|Failure\(")

    def test_tables_fit_eighty_columns(self):
        """And whatever else is no sentence: a row has gaps of two blanks between its cells."""
        for session in self.all_sessions():
            for command, out, _ in session.steps:
                if not TABLES.search(command) or "--format" in command:
                    continue
                for line in out.splitlines():
                    # A refusal is a sentence, and what allows it.
                    if re.search(r"\S  +\S", line) and not line.endswith(" allows it)"):
                        with self.subTest(session.name, command=command):
                            self.assertLessEqual(len(line), WIDTH, line)


# MARK: Is everything there?

SOURCES = [*sorted((ROOT / "Sources").rglob("*.swift")), *sorted((ROOT / "stonith-plugins").rglob("*.swift"))]
# Two words that are no code, or one and a value.
WORDS = re.compile(rf"[a-z]{{2,}}[,:;.)']* [('{HOLE}]?[a-z]|{HOLE}[,:;.)']* [a-z]{{2}}|[a-z]{{2}}[,:;]? '?{HOLE}", re.IGNORECASE)

# What no session shows, by the reason. One that a session has come to show fails.
EXCEPTIONS = {text: reason for reason, texts in {
    "no message": [
        "OAuth …", "Authorization: …", "Accept: application/json", '<change operation="…" path="', "opt-in rule",
        "charm option monitor_host", "charm options maas_url, maas_credentials", "node-id …",
        '<BR ALIGN="LEFT"/>&#160;&#160;&#160;&#160;…', "fenced by Pacemaker (external/maas)", "fenced by Pacemaker (fence_maas)"],
    "only as another user than root": [
        "an ACL shows only part of the CIB to user …", "run it as root or hacluster, or give the user a role that reads /cib",
        "Only root and members of the group haclient may ask it.", "this user has no history", "CRMSYNC_STATE_DIR names its folder",
        "this user has no folder to keep in what waits; nothing was changed", "CRMSYNC_STATE_DIR names one",
        "this user has nothing deferred", "CRMSYNC_STATE_DIR names the folder", "this user has no home to keep it in",
        "crmsync: warning: no notice of what waits was left: …"],
    "half a minute, or more, has to pass": [
        "another program has kept the CIB file … locked for … s", "'fuser …' says which; nothing was changed",
        "gave up: the configuration changed again and again; nothing was written",
        "find out who writes (cib's update-client), then apply again", "took longer than … s", "--format dot prints what it was given",
        "no time was left to ask for its power state", "--timeout gives more", "error: timed out long ago, and hung"],
    "a full disk; test_transaction.py has one": [
        "not enough space left on the disk of …; nothing was changed", "cibadmin could not write …; it was put back as it was",
        "cibadmin has left … damaged, and it cannot be put back: …", "is there space left on its disk?"],
    "a broken machine": [
        "cannot start …: …", "out of memory", "cannot read the arguments in /proc/self/cmdline", "is /proc mounted, for this namespace?",
        "the library … is missing", "on Debian: apt-get install libcurl3-gnutls liboauth0 libjson-c5", "libcurl does not start",
        "liboauth does not sign", "this machine's clock and MAAS's are … s apart; 300 s are the most that MAAS takes"],
    "between one look and the next": [
        "; before: …", "cibadmin cannot read the CIB file …", "is it still there?", "the configuration was changed in the meantime", "MAAS was not asked",
        "cibadmin does not accept …: it does not fit the schema it names"],
    "the sandbox without TLS, and with one key's machines": [
        "the certificate of … is not trusted",
        "name the CA's certificate, in PEM, with ca_file; does the url name the host as the certificate does?",
        "it belongs to …, not to the key's user …", "use the owner's key, or an administrator's"],
    "libxml2 mostly says no more than the place": [
        "attribute '…' is unknown or has a value that is not allowed", "attribute '…' is missing", "is not allowed here",
        "an attribute's value is not of the type '…'", "holds text"],
    "for programs that use the library": [
        "it has no <cib> with a <configuration>", "not a CIB: …", "the text is larger than 2 GiB", "the text is not well-formed XML"],
    "more than 50 remote nodes; test_graph.py has them": ["score: nodes", "not seen"],
    "readers tell it before, but in a CIB without schema": [
        "only what the cluster has already may be there",
        "the placement generates the id '…', which is there already", "the placement generates the id '…', which is no XML name"],
    "a long story; test_history.py has it": [
        "has another rule or score since", "'crm_node --remove' takes a node out of a cluster",
        "would be changed", "would be deleted", "…: it refers to what goes, which it did not before"],
}.items() for text in texts}


def messages():
    """(file, line, text) of every literal that is a message, or a part of one."""
    for path in SOURCES:
        for line, text in literals(path.read_text()):
            if WORDS.search(text):
                yield str(path.relative_to(ROOT)), line, text


class Pinned:
    """The texts that tests compare to the letter."""

    def __init__(self):
        sessions = [line[2:] for path in CASES.glob("*/session") for line in path.read_text().splitlines() if line[:1] in "|!"]
        plans = [line for path in ROOT.glob("fixtures/plans/*/plan.txt") for line in path.read_text().splitlines()]
        of_swift = [line for path in sorted(ROOT.glob("Tests/*/*.swift")) for _, text in literals(path.read_text())
                    for line in text.splitlines()]
        self.lines = "\n".join(sessions + plans + of_swift)
        # Help is wrapped.
        self.flowing = " ".join(self.lines.split())

    def shows(self, text):
        if HOLE not in text:
            return " ".join(text.split()) in self.flowing
        patterns = (".*".join(map(re.escape, line.split(HOLE))) for line in text.splitlines() if line.strip(f" {HOLE}"))
        return all(re.search(pattern, self.lines) for pattern in patterns)


class Guard(unittest.TestCase):
    def test_every_message_is_pinned(self):
        pinned = Pinned()
        found = list(messages())
        self.assertGreater(len(found), 800)
        missing = [(*place, text) for *place, text in found if not pinned.shows(text)]
        unpinned = [f"{path}:{line}: {text.replace(HOLE, '…')!r}" for path, line, text in missing
                    if text.replace(HOLE, "…").strip() not in EXCEPTIONS]
        self.assertEqual([], unpinned, f"\n{len(unpinned)} messages that no session of fixtures/messages shows:\n" + "\n".join(unpinned))
        unneeded = set(EXCEPTIONS) - {text.replace(HOLE, "…").strip() for *_, text in missing}
        self.assertEqual(set(), unneeded, "exceptions that are none")


if __name__ == "__main__":
    unittest.main()
