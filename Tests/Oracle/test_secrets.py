"""No secret leaves the places that are for secrets: over all commands, formats and faults, in what is printed, in the
arguments and the environment of every process that is started, and in every file that is written.

What one command does with secrets is tested beside what else it does; here all of them are driven at once, and strace
sees what they do.
"""

import base64
import json
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
import unittest
from pathlib import Path

from support import PROGRAM, ROOT, Case, crmsync, environment, run

# The letters come through percent, XML, JSON and shell escapes as they are; what stands around them does not.
MARK = "Zx81NeverToBeSeen"
CIBADMIN = shutil.which("cibadmin", path="/usr/sbin:/usr/bin")
FORMATS = {"yaml": "yaml", "json": "json", "crmsh": "crm", "xml": "xml"}
LIVE = ' have-quorum="1" dc-uuid="1"'


def agent(variable, name):
    """An agent, by name or beside the program."""
    return os.environ.get(variable) or Path(PROGRAM).with_name(name)


def secret(number):
    """A value with what every format has to escape."""
    return f"{MARK}{number}<&\"'>%+ \\"


def traces(text):
    """The forms in which the mark stands in a text."""
    lower = text.lower()
    # Half of it, too.
    forms = {"plain": MARK.lower()} | {f"part {at}": MARK[at:at + 8].lower() for at in range(len(MARK) - 7)} | {
        "hexadecimal": MARK.encode().hex(), "percent": "".join(f"%{ord(c):02x}" for c in MARK)}
    found = [name for name, form in forms.items() if form in lower]
    for before in range(3):
        # As it stands in base64, whatever is before and after it.
        encoded = base64.b64encode(b"\0" * before + MARK.encode()).decode()
        if encoded[4 if before else 0:len(encoded) // 4 * 4 - 4] in text:
            found.append("base64")
    return found


def calls(log):
    """The calls that strace has seen, each on one line: of processes beside each other it writes what comes first."""
    unfinished = {}
    for line in log.splitlines():
        process, call = line.split(maxsplit=1)
        resumed = re.match(r"<\.\.\. \w+ resumed>", call)
        if resumed:
            call = unfinished.pop(process, "") + call[resumed.end():]
        if call.endswith("<unfinished ...>"):
            unfinished[process] = call.removesuffix("<unfinished ...>")
        else:
            yield call
    yield from unfinished.values()


class Traced:
    """A run of the program: what it printed, what it started, what it wrote."""

    def __init__(self, folder, command, env, stdin, programs=1):
        log = folder / "strace"
        self.result = run("strace", "-f", "-qq", "-v", "-s", "1000000", "-e", "trace=execve,openat,open,creat", "-e", "signal=none",
                          "-o", log, *command, env=env, stdin=stdin)
        seen = list(calls(log.read_text(errors="replace")))
        self.started = [call for call in seen if call.startswith("execve(") and call.endswith("= 0")][programs:]
        self.written = set()
        for call in seen:
            opened = re.search(r"open(?:at)?\((?:\S+, )?\"([^\"]*)\", \S*O_(?:WRONLY|RDWR|CREAT)\S*.*\)\s+= \d+$", call)
            if opened:
                self.written.add(opened[1])


class SecretCase(Case):
    def setUp(self):
        super().setUp()
        self.state, self.temporary = self.folder / "state", self.folder / "tmp"
        self.temporary.mkdir()
        self.cib = self.file("cib.xml", run("cibadmin", "--empty").out)
        self.file("key", secret("file"))
        self.env = environment(CRMSYNC_STATE_DIR=self.state, TMPDIR=self.temporary, HOME=self.folder, MINE=secret("env"),
                               A_PASSWORD=secret("env"))

    def assertHidden(self, result, what=""):
        for place, text in (("standard output", result.out), ("standard error", result.err)):
            for form in traces(text):
                self.fail(f"{what}: {form} on {place}\n{result}")
        return result

    def run_(self, *arguments, status=0, stdin="", shown=False, env=None, through=()):
        """Runs the program under strace, and judges all that it did.

        `through`: a command that starts it, by execve once.
        """
        env = dict(env or self.env)
        # What no document asks for, and does not sound like a secret, is passed on.
        if not any(b"MINE" in Path(path).read_bytes() for path in arguments if Path(path).is_file()):
            env.pop("MINE", None)
        traced = Traced(self.folder, (*through, PROGRAM, *arguments), env, stdin, programs=2 if through else 1)
        result, what = traced.result, " ".join(map(str, arguments))
        if status is not None:
            self.assertStatus(status, result)
        if not shown:
            self.assertHidden(result, what)
        for line in traced.started:
            for form in traces(line):
                self.fail(f"{what}: {form} among the arguments or in the environment of {line[:200]}")
        for path in traced.written:
            self.judge_file(what, Path(path) if path.startswith("/") else Path.cwd() / path)
        self.assertEqual([], list(self.temporary.iterdir()), what)
        self.processes = getattr(self, "processes", 0) + len(traced.started)
        return result

    def judge_file(self, what, path):
        """Secrets may be written into the CIB file and what is for its owner alone; there is nothing else to write."""
        # Where nobody has used its fonts yet, dot lists them, which fontconfig keeps.
        if str(path).startswith(("/dev/", "/proc/", "/var/cache/fontconfig", f"{self.folder}/.cache/fontconfig")):
            return
        ours = path.is_relative_to(self.state) or path.name.lstrip(".").startswith("saved")
        near_cib = path.parent == self.folder and path.name.lstrip(".").startswith("cib.xml")
        self.assertTrue(ours or near_cib, f"{what} writes {path}")
        if ours and path.exists() and not path.is_dir():
            self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode), f"{what}: {path}")

    # --- documents that are full of secrets ---

    def documents(self):
        """The same in every format; what a format has no words for, it does without."""
        params = {"passwd": secret("passwd"), "auth_token": secret("token"), "url": f"http://me:{MARK}url@h/"}
        inner = {"db_password": secret("operation")}
        native = {
            "properties": {"stonith-enabled": "false", "odd": {"env": "MINE"}},
            "primitives": {
                "a": {"agent": "ocf:pacemaker:Dummy",
                      "params": {**params, "fake": {"file": str(self.folder / "key")}, "state": {"env": "MINE"}},
                      "operations": [{"name": "monitor", "interval": "10s", "params": inner}]},
                "b": {"agent": "ocf:pacemaker:Dummy", "description": f"see http://me:{MARK}description@h/"},
            },
            "stonith": {"st": {"agent": "external/maas", "params": {
                "url": "http://127.0.0.1:1/MAAS", "apikey": f"{MARK}1:{MARK}2:{MARK}3", "hostnames": "n1"}}},
            "bundles": {"bu": {"podman": {"image": f"https://u:{MARK}image@h/i", "options": f"-e X=http://u:{MARK}o@h/"}}},
            "alerts": {"al": {"path": f"/x http://me:{MARK}path@h/", "params": {"secret_key": secret("alert")},
                              "recipients": [{"value": f"https://me:{MARK}recipient@h/"}]}},
        }
        yield self.file("doc.yaml", json.dumps(native))
        del native["properties"]["odd"]
        yield self.file("doc.json", json.dumps(native))
        quoted = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in {**params, **inner}.items()}
        yield self.file("doc.crm", "primitive a ocf:pacemaker:Dummy params " + " ".join(
            f'{name}="{quoted[name]}"' for name in params) + f' op monitor interval=10s db_password="{quoted["db_password"]}"\n'
            f'alert al "/x http://me:{MARK}path@h/" attributes secret_key={MARK} to "https://me:{MARK}recipient@h/"\n')
        # XML has no words for files and variables.
        native["primitives"]["a"]["params"].update(fake="x", state="y")
        literal = self.file("literal.json", json.dumps(native))
        rendered = crmsync("render", "--format", "xml", "--show-secrets", literal)
        yield self.file("doc.xml", self.assertStatus(0, rendered).out)


class CommandTests(SecretCase):
    def test_the_search_finds_what_it_is_to_find(self):
        for text in (f"x{MARK}y", MARK.upper(), f"a {MARK}&amp;", base64.b64encode(f"a:{MARK}:c".encode()).decode(),
                     base64.b64encode(f"ab{MARK}".encode()).decode(), base64.b64encode(MARK.encode()).decode(),
                     MARK.encode().hex().upper(), "".join(f"%{ord(c):02X}" for c in MARK)):
            self.assertTrue(traces(text), text)
        log = ("1 execve(\"/a\", [\"b\" <unfinished ...>\n2 openat(AT_FDCWD, \"c\", O_WRONLY) = 3\n"
               "1 <... execve resumed>]) = 0\n2 execve(\"/d\" <unfinished ...>")
        self.assertEqual(["openat(AT_FDCWD, \"c\", O_WRONLY) = 3", "execve(\"/a\", [\"b\" ]) = 0", "execve(\"/d\" "],
                         list(calls(log)))
        self.assertEqual([], traces("nothing: QUJD " + base64.b64encode(b"something else").decode()))

    def test_every_command_in_every_format(self):
        on_cib = ("--cib-file", self.cib)
        empty = self.cib.read_bytes()
        for document in self.documents():
            with self.subTest(document.suffix):
                self.cib.write_bytes(empty)
                self.run_("validate", document)
                for form in FORMATS:
                    self.run_("render", document, "--format", form, status=None)
                for form, status in (("text", 0), ("json", 0), ("xml", 64), ("crmsh", 64)):
                    self.run_("plan", document, *on_cib, "--format", form, status=status)
                self.run_("plan", document, *on_cib, "--out", self.folder / "saved")
                self.run_("graph", document, *on_cib, "--format", "dot")
                self.run_("apply", document, *on_cib, "--dry-run")
                before = self.cib.read_bytes()
                self.run_("apply", document, *on_cib, "--yes", "--format", "json")
                self.assertIn(MARK, self.cib.read_text())
                self.run_("apply", self.folder / "saved", *on_cib, "--yes", status=75)
                self.cib.write_bytes(before)
                self.run_("apply", self.folder / "saved", *on_cib, "--yes")
                self.run_("plan", document, *on_cib, "--detailed-exitcode")
                # Until it is ended.
                self.run_("plan", document, *on_cib, "--watch", status=124, through=("timeout", "1"))
        self.run_("schema")

    def test_a_cluster_full_of_secrets(self):
        on_cib = ("--cib-file", self.cib)
        documents = list(self.documents())
        self.run_("apply", documents[0], *on_cib, "--yes")
        for form in FORMATS:
            self.run_("export", *on_cib, "--format", form)
            self.assertTrue(traces(self.run_("export", *on_cib, "--format", form, "--show-secrets", shown=True).out))
        for command, *forms in (("status", "text", "json"), ("graph", "dot", "svg"), ("history", "text", "json")):
            for form in forms:
                self.run_(command, *on_cib, "--format", form, status=None)
        for form in ("text", "json"):
            self.run_("history", "1", "--format", form)
            self.run_("fencing", "check", *on_cib, "--timeout", "2", "--format", form, status=1)
        self.run_("fencing", "check", "--url", f"http://u:{MARK}@h/", "--apikey-file", self.folder / "key", "n1", status=None)
        # The remains: other values, nothing, everything goes.
        for text in ("primitives: {a: {agent: 'ocf:pacemaker:Dummy', params: {passwd: x, fake: y, state: {keep: secret}}}}",
                     "primitives: {a: {agent: 'ocf:pacemaker:Dummy', params: {url: 1}}}", "delete: [a, al, bu]", "{}"):
            document = self.file("change.yaml", text)
            for form in ("text", "json"):
                self.run_("plan", document, *on_cib, "--format", form, "--prune-all", "--exact", "--allow-unfenced", status=None)
        self.run_("apply", self.file("d.yaml", f"delete: [b]\nprimitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {MARK}n}}}}}}"),
                  *on_cib, "--yes")
        self.run_("rollback", *on_cib, "--dry-run")
        self.run_("rollback", *on_cib, "--yes", "--format", "json")
        self.run_("history", "3")
        self.assertIn(MARK, (self.state / "history" / "1.xml").read_text())
        self.assertGreater(self.processes, 40)

    def test_what_waits(self):
        cib = self.copy(ROOT / "fixtures" / "running" / "current.xml")
        document = self.file("doc.yaml", (ROOT / "fixtures" / "running" / "change.yaml").read_text().replace(
            "params: {fake: b}", f"params: {{fake: {{env: MINE}}, passwd: {json.dumps(secret('waits'))}}}"))
        on_cib = ("--cib-file", cib)
        self.run_("plan", document, *on_cib)
        self.run_("apply", document, *on_cib, "--yes", "--defer")
        [kept] = (self.state / "deferred").iterdir()
        self.assertIn(MARK, kept.read_text())
        for form in ("text", "json", "yaml"):
            self.run_("deferred", "list", *on_cib, "--format", form)
        self.run_("status", *on_cib, status=None)
        self.run_("deferred", "run", *on_cib, "--yes")
        self.assertIn(MARK, cib.read_text())

    def test_the_charm(self):
        facts = json.loads((ROOT / "fixtures" / "charm" / "percona" / "relation-data.json").read_text())
        text = json.dumps(facts).replace("invented-sst-password", f"{MARK}sst").replace("invented-ipmi-password", f"{MARK}ipmi")
        facts = json.loads(text)
        for key, url in ((f"{MARK}1:{MARK}2:{MARK}3", "http://h/MAAS"), (f"{MARK}:short", "http://h/MAAS"),
                         (f"{MARK}1:{MARK}2:{MARK}3", f"http://me:{MARK}@h/MAAS"), (f"{MARK} '\"<&", "no url")):
            facts["config"].update(maas_url=url, maas_credentials=key)
            data = self.file("relation-data.json", json.dumps(facts))
            self.cib.write_text(run("cibadmin", "--empty").out)
            for form in ("json", "text", "xml", "crmsh"):
                self.run_("charm", "plan", "--relation-data", data, "--cib-file", self.cib, "--format", form, status=None)
            self.run_("charm", "apply", "--relation-data", data, "--cib-file", self.cib, status=None)
            for form in FORMATS:
                rendered = self.run_("render", "--from-charm", "--relation-data", data, "--format", form, status=None)
                self.assertNotEqual(64, rendered.status, rendered)


class FaultTests(SecretCase):
    def setUp(self):
        super().setUp()
        self.document = next(self.documents())
        self.assertStatus(0, crmsync("apply", "--yes", self.document, "--cib-file", self.cib, env=self.env))
        # As if it had been applied to the cluster.
        entry = self.state / "history" / "1.xml"
        entry.write_text(re.sub(r' cib-file="[^"]*"', "", entry.read_text(), count=1))
        self.change = self.file("change.yaml", f"primitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {MARK}new}}}}}}")
        self.live = self.file("live.xml", self.cib.read_text().replace("<cib ", f"<cib {LIVE} ", 1).replace(
            "<status/>", '<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status>'
        ).replace("<nodes/>", '<nodes><node id="1" uname="n1"/></nodes>'))

    def with_tools(self, **scripts):
        """An environment in which these tools are scripts."""
        shutil.rmtree(self.folder / "bin", ignore_errors=True)
        for name, script in scripts.items():
            self.script(f"bin/{name}", f"#!/bin/sh\nCIB={self.live}\n{script}\n")
        return dict(self.env, PATH=f"{self.folder}/bin:{os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin")

    QUERY = 'case "$*" in *--query*) cat $CIB; exit ;; esac\n'

    def test_a_patch_that_is_refused_with_all_of_it_on_standard_error(self):
        """As cibadmin does where the result does not fit the schema."""
        for code in (1, 4, 13, 22, 64, 65, 66, 69, 70, 74, 76, 77, 78, 102, 104, 105, 106, 107, 108, 124, 200):
            env = self.with_tools(cibadmin=f"{self.QUERY}cat $CIB >&2; cat >&2; cat $CIB; exit {code}")
            for arguments in (("apply", self.change, "--yes"), ("rollback", "1", "--yes", "--force")):
                result = self.run_(*arguments, env=env, status=None)
                self.assertNotEqual(0, result.status, f"exit {code}\n{result}")
        # A schema that objects to a value, which is beside the secrets.
        env = self.with_tools(cibadmin=f"{self.QUERY}cat $CIB >&2; cat >&2; exit 78")
        wrong = self.file("wrong.yaml", f"xml: [{{in: resources, content: '<primitive id=\"w\" class=\"ocf\" provider=\"x\" type=\"y\" odd=\"x\">"
                          f"<instance_attributes id=\"w-i\"><nvpair id=\"w-p\" name=\"passwd\" value=\"{MARK}\" odd=\"{MARK}\"/></instance_attributes></primitive>'}}]")
        for command in (("plan",), ("apply", "--yes")):
            result = self.run_(command[0], wrong, *command[1:], env=env, status=None)
            self.assertIn("would not fit", result.err)

    def test_a_conflict_that_does_not_end(self):
        env = self.with_tools(cibadmin=f"{self.QUERY}cat $CIB >&2; cat >&2; exit 103")
        process = subprocess.Popen([PROGRAM, "apply", self.change, "--yes"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        time.sleep(1.5)
        process.terminate()
        out, err = process.communicate(timeout=10)
        self.assertIn("planning again", err)
        self.assertEqual([], traces(out + err))
        self.assertEqual([], [path.name for path in self.temporary.iterdir()])

    def test_queries_that_go_wrong(self):
        for script in ("cat $CIB >&2; exit 1", "cat $CIB; cat $CIB >&2; exit 78", "head -c -100 $CIB", "sed s/passwd/<passwd/ $CIB",
                       "cat $CIB $CIB", "sed 's/<cib/<bic/' $CIB", "tr '<' ' ' <$CIB", "sed 's/ epoch=/ ecoph=/' $CIB", "kill -9 $$"):
            env = self.with_tools(cibadmin=script)
            for arguments in (("plan", self.change), ("apply", self.change, "--yes"), ("export",), ("status",), ("graph",),
                              ("rollback", "--yes"), ("fencing", "check")):
                self.run_(*arguments, env=env, status=None)
        for content in (self.live.read_text()[:-40], self.live.read_text().replace("<nvpair", "<nvpair <", 1),
                        self.live.read_text().replace('name="passwd"', 'name="passwd" odd="x"', 1)):
            self.file("broken.xml", content)
            for command in ("plan", "apply"):
                self.run_(command, self.change, "--cib-file", self.folder / "broken.xml", status=65)

    def test_other_tools_that_go_wrong(self):
        noise = "cat $CIB; cat $CIB >&2; cat >&2 2>/dev/null"
        for tail in ("exit 1", "exit 0", "kill -9 $$"):
            tools = {name: f"{noise}; {tail}" for name in ("crm_simulate", "crm_resource", "stonith_admin", "dot", "getent", "crm_node")}
            env = self.with_tools(cibadmin=f"{self.QUERY}cat >/dev/null", **tools)
            for arguments in (("plan", self.change), ("plan", self.document), ("apply", self.change, "--yes", "--simulate"),
                              ("apply", self.change, "--yes", "--wait", "--timeout", "2"), ("status",), ("graph",),
                              ("apply", self.change, "--yes", "--rollback-on-failure", "--timeout", "2"),
                              ("apply", self.change, "--yes", "--defer"), ("apply", self.change, "--yes", "--no-interruption")):
                # What dot prints is the result.
                self.run_(*arguments, env=env, status=None, shown=arguments == ("graph",))

    def test_ended_while_a_tool_hangs(self):
        """Nothing is left in temporary files, nothing is said, whatever ends it."""
        # Where tests are started in the background, it would be ignored by all that they start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for hanging, end in (("cibadmin", signal.SIGTERM), ("crm_simulate", signal.SIGINT), ("crm_simulate", signal.SIGKILL)):
            scripts = {"cibadmin": f"{self.QUERY}exec sleep 60"} if hanging == "cibadmin" else {
                "cibadmin": self.QUERY, "crm_simulate": "cat $CIB >/dev/fd/3; exec sleep 3"}
            process = subprocess.Popen([PROGRAM, "apply", self.change, "--yes", "--simulate"], env=self.with_tools(**scripts),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
            time.sleep(0.7)
            process.send_signal(end)
            out, err = process.communicate(timeout=20)
            self.assertEqual(-end, process.returncode, f"{hanging}\n{out}{err}")
            self.assertEqual([], traces(out + err))
            self.assertEqual([], [path.name for path in self.temporary.iterdir()], hanging)
            for path in self.state.rglob("*"):
                self.assertEqual(0, path.stat().st_mode & 0o077, path)

    def test_nowhere_to_write(self):
        """What is printed is lost, and not told elsewhere."""
        for arguments in (("export", "--show-secrets"), ("plan", self.change, "--show-secrets", "--format", "xml")):
            with open("/dev/full", "w") as full:
                result = run(PROGRAM, *arguments, "--cib-file", self.cib, env=self.env, stdout=full)
            self.assertHidden(self.assertStatus(74, result))
        saved = self.folder / "missing" / "saved"
        self.assertHidden(self.assertStatus(66, crmsync(
            "plan", self.change, "--cib-file", self.cib, "--out", saved, env=self.env)))

    @unittest.skipUnless(os.geteuid() == 0, "only root can give the program another /var/lib")
    def test_notices_of_what_waits(self):
        cib = (ROOT / "fixtures" / "running" / "current.xml").read_text()
        self.live.write_text(cib if "have-quorum" in cib else cib.replace("<cib ", f"<cib {LIVE} ", 1))
        document = self.file("doc.yaml", (ROOT / "fixtures" / "running" / "change.yaml").read_text().replace(
            "params: {fake: b}", f"params: {{fake: {MARK}, passwd: {json.dumps(secret('waits'))}}}"))
        env = self.with_tools(cibadmin=f"{self.QUERY}cat >/dev/null")
        result = self.assertStatus(0, run(
            "unshare", "--mount", "sh", "-ec", 'mount -t tmpfs tmpfs /var/lib; "$@"; exec head -n 99 /var/lib/policy-rc.d/*', "sh",
            PROGRAM, "apply", document, "--yes", "--defer", "--force", env=env))
        self.assertIn("policy_requestor_type: crmsync", result.out)
        self.assertEqual([], traces(result.out.partition("==> /var/lib/policy-rc.d")[2]))


class DocumentTests(SecretCase):
    """Documents that break at any place."""

    MOST = 150  # a process

    def broken(self, text, rng, start):
        """Cut at every place, and with a character too many there."""
        for place in range(start, len(text)):
            yield text[:place]
            yield text[:place] + rng.choice("\"'`:{}[]<>&=\n\t #,|\\-*!%\x01\xff") + text[place:]
            if rng.random() < 0.5:
                yield text[:place] + text[place + 1:]

    def test_cut_off_and_garbled(self):
        rng, count = random.Random(7), 0
        yaml = (f"primitives:\n  a:\n    agent: ocf:pacemaker:Dummy\n    params:\n      passwd: {MARK}1\n      url: 'http://u:{MARK}2@h/'\n"
                f"      api_key: \"{MARK}\\x213\"\n      my_token: |\n        {MARK}4\n    operations:\n"
                f"      - {{name: monitor, interval: 9s, params: {{db_password: {MARK}5}}}}\n")
        texts = {
            "yaml": yaml,
            "json": json.dumps({"primitives": {"a": {"agent": "ocf:pacemaker:Dummy", "params": {"passwd": secret(1), "apikey": f"{MARK}2"}}},
                                "alerts": {"al": {"path": "/x", "recipients": [{"value": f"http://u:{MARK}3@h/"}]}}}),
            "crm": f"primitive a ocf:pacemaker:Dummy params passwd={MARK}1 apikey=\"{MARK} 2\" url=\"http://u:{MARK}3@h/\" op monitor interval=9s x_password={MARK}4\n",
            "xml": f'<configuration><resources><primitive id="a" class="ocf" provider="p" type="D"><instance_attributes id="i"><nvpair id="p" name="passwd" value="{MARK}1"/>'
                   f'<nvpair id="t" name="token" value="{MARK}&lt;2"/></instance_attributes></primitive></resources></configuration>',
        }
        for extension, text in texts.items():
            # Before the first secret there is nothing to hide.
            documents = list(self.broken(text, rng, text.index(MARK) - 12))
            count += len(documents)
            for first in range(0, len(documents), self.MOST):
                paths = []
                for number, content in enumerate(documents[first:first + self.MOST]):
                    paths.append(self.folder / f"{number}.{extension}")
                    paths[-1].write_bytes(content.encode("latin-1"))
                self.assertHidden(crmsync("validate", *paths), extension)
        self.assertGreater(count, 1000)

    def test_said_twice(self):
        one = self.file("one.yaml", f"primitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {MARK}1}}}}}}")
        two = self.file("two.yaml", f"primitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {MARK}2}}}}}}")
        result = self.assertHidden(self.assertStatus(65, crmsync("validate", one, two)))
        self.assertIn("one.yaml", result.err)


class CoreDumpTests(SecretCase):
    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_no_program_that_reads_secrets_leaves_a_core_dump(self):
        """The files of a process that may not be dumped belong to root, whoever runs it."""
        self.folder.chmod(0o755)
        # It takes connections and says nothing: each of them waits for something here.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/MAAS"
            # Somebody else may not look into the folder of the history.
            env = {**self.env, "HOME": "/", "url": url, "apikey": "a:b:c", "hostnames": "n1", "deadline": "9"}
            for program, arguments, owner in ((shutil.which("sleep"), ["9"], 65534), (PROGRAM, ["validate", "-"], 0),
                                              (agent("MAAS_PLUGIN", "maas"), ["status"], 0), (agent("FENCE_MAAS", "fence_maas"), [], 0)):
                here = self.folder / "program"
                shutil.copyfile(program, here)
                here.chmod(0o755)
                process = subprocess.Popen([here, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL, env=env, user=65534, group=65534, extra_groups=[])
                time.sleep(0.5)
                found = os.stat(f"/proc/{process.pid}/environ").st_uid
                has_ended = process.poll() is not None
                process.kill()
                process.communicate()
                self.assertEqual((owner, False), (found, has_ended), program)


if __name__ == "__main__":
    unittest.main()
