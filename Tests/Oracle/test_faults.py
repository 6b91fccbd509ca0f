"""Bad input, a bad cluster and a bad disk: a clear error with the right exit status, nothing lost, nothing half done."""

import json
import os
import re
import shutil
import stat
import subprocess
import time
import unittest

from support import FIXTURES, PROGRAM, Case, crmsync, environment, query, run

REAL = shutil.which("cibadmin")
DOCUMENT = "primitives: {new: {agent: 'ocf:pacemaker:Dummy'}}\n"
SECRET = "Gr33n-C4rrots"


class FaultCase(Case):
    def setUp(self):
        super().setUp()
        self.cib = self.copy(FIXTURES / "tags.xml")
        self.before = self.cib.read_bytes()
        self.document = self.file("new.yaml", DOCUMENT)

    def assertUntouched(self):
        self.assertEqual(self.cib.read_bytes(), self.before, "the CIB file has changed")

    def fake(self, script):
        """An environment in which cibadmin is this shell script; `$REAL` is the true one."""
        self.script("bin/cibadmin", f"#!/bin/bash\nREAL={REAL}\nHERE={self.folder}\n{script}\n")
        return environment(PATH=f"{self.folder}/bin:{os.environ['PATH']}")

    def apply(self, *arguments, env=None, **options):
        return crmsync("apply", "--yes", "--cib-file", self.cib, *(arguments or (self.document,)), env=env, **options)


class CIBFileTests(FaultCase):
    def each_command(self, expected, pattern):
        for command in (("plan", self.document), ("apply", "--yes", self.document), ("export",), ("status",)):
            with self.subTest(command[0]):
                result = crmsync(command[0], "--cib-file", self.cib, *command[1:])
                self.assertStatus(expected, result)
                self.assertRegex(result.err, pattern)
                self.assertEqual(result.out, "")

    def test_missing(self):
        self.cib.unlink()
        self.each_command(66, r"error: .*cib\.xml")
        self.assertFalse(self.cib.exists(), "a CIB file has been created")
        self.assertEqual(sorted(os.listdir(self.folder)), ["new.yaml"])

    def test_not_a_file(self):
        self.cib.unlink()
        self.cib.mkdir()
        self.each_command(66, r"error: .*cib\.xml")

    def test_malformed(self):
        for name, content in {
                "malformed": self.before.replace(b"</resources>", b"</resource>"),
                "truncated": self.before[:len(self.before) // 2],
                "empty": b"",
                "text": b"no XML at all\n",
                "other XML": b"<html><body/></html>\n",
                "no configuration": b'<cib admin_epoch="0" epoch="1" num_updates="0"/>\n',
                "against the schema": self.before.replace(b"<resources>", b"<resources><nonsense/>"),
                "binary": bytes(range(256))}.items():
            with self.subTest(name):
                self.cib.write_bytes(content)
                self.each_command(65, "error: ")
                self.assertEqual(self.cib.read_bytes(), content)

    def test_read_only(self):
        self.cib.chmod(0o444)
        result = self.assertStatus(77, self.apply())
        self.assertRegex(result.err, r"error: .*cib\.xml")
        self.assertUntouched()
        self.assertEqual(stat.S_IMODE(self.cib.stat().st_mode), 0o444)
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, self.document))

    def test_apply_leaves_nothing_behind(self):
        self.assertStatus(0, self.apply())
        self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])
        left = [n for n in os.listdir(self.folder) if n not in ("cib.xml", "new.yaml") and not n.startswith("cib.xml.")]
        self.assertEqual(left, [])


class DocumentTests(FaultCase):
    def refused(self, name, content, pattern=None, status=65, **options):
        """Every command that takes documents refuses this one, naming the place."""
        path = self.file(name, content)
        if pattern is None:
            pattern = rf"(?m)^\S*{re.escape(name)}:\d+:\d+: error: \S"
        for command in (("plan", "--cib-file", self.cib), ("apply", "--yes", "--cib-file", self.cib), ("validate",),
                        ("render",)):
            with self.subTest(f"{name} {command[0]} {content[:60]!r}"):
                result = crmsync(*command, path, **options)
                self.assertStatus(status, result)
                self.assertRegex(result.err, pattern)
                self.assertNotIn("Fatal error", result.err)
                self.assertUntouched()

    def test_missing(self):
        for command in (("plan", "--cib-file", self.cib), ("apply", "--yes", "--cib-file", self.cib), ("validate",), ("render",)):
            for path in (self.folder / "gone.yaml", self.folder):
                arguments = ("--input-format", "yaml", path)
                self.assertStatus(66, crmsync(*command, *arguments), command)
        self.assertUntouched()

    def test_malformed(self):
        self.refused("a.yaml", "primitives: {a: {agent: 'lsb:x'\n")
        self.refused("a.yaml", "primitives:\n\ta: 1\n")
        self.refused("a.yaml", "a: b: c\n")
        self.refused("a.yaml", b"primitives: \xff\xfe\n")
        self.refused("a.json", '{"primitives": {"a": {"agent": "lsb:x"}}')
        self.refused("a.json", '{"primitives": }')
        self.refused("a.json", "")
        self.refused("a.xml", "<cib><configuration><resources></configuration></cib>")
        self.refused("a.xml", "<cib><configuration>")
        self.refused("a.xml", "")
        self.refused("a.xml", "<html/>")

    def test_the_place_is_right(self):
        self.refused("a.yaml", "primitives:\n  a: {agent: 'lsb:x', parms: {x: 1}}\n", r"(?m)^\S*a\.yaml:2:23: error: .*parms")
        self.refused("a.json", '{\n "primitives": {\n  "a": {"agent": 1, "parms": {}}}}', r"(?m)^\S*a\.json:3:\d+: error: ")
        self.refused("a.xml", "<cib>\n<configuration>\n<resources>\n</bad>", r"(?m)^\S*a\.xml:4:\d+: error: ")

    def test_all_errors_at_once(self):
        self.refused("a.yaml", "primitives:\n  a: {agnt: x}\ngropus: {}\nclones: [a]\n",
                     r"(?s)a\.yaml:2:\d+: error:.*a\.yaml:3:\d+: error:.*a\.yaml:4:\d+: error:")

    def test_wrong_types(self):
        for content in ("primitives: [a]", "primitives: a", "primitives: {a: 3}", "primitives: {a: {agent: [x, {y: z}]}}",
                        "- a", "just text", "properties: text", "groups: {g: {members: {a: b}}}", "order: {a: b}",
                        "delete: a", "delete: [{property: [x]}]", "fencing-levels: {n1: [a]}", "placement: {resources: [a]}",
                        "placement: [{resources: [a], nodes: [n1], spread: much}]", "nodes: [n1]",
                        "primitives: {a: {agent: 'lsb:x', operations: {monitor: 10s}}}",
                        "primitives: {a: {agent: 'lsb:x', params: {x: {y: z}}}}"):
            self.refused("a.yaml", content + "\n")

    def test_duplicate_and_merge_keys(self):
        self.refused("a.yaml", "primitives:\n  a: {agent: 'lsb:x'}\n  a: {agent: 'lsb:y'}\n")
        self.refused("a.yaml", "primitives:\n  a: &x {agent: 'lsb:x'}\n  b: {<<: *x}\n")
        self.refused("a.json", '{"primitives": {"a": {"agent": "lsb:x"}, "a": {"agent": "lsb:y"}}}')

    def test_ids_like_options(self):
        for identifier in ("--force", "-x", "-", "a b", "1a", "a/b", "a:b c", "../../x", "$(id)", "", "a\\nb"):
            self.refused("a.yaml", f'primitives: {{"{identifier}": {{agent: "lsb:x"}}}}\n')
            self.refused("a.yaml", f'locations: {{"{identifier}": {{rsc: a, node: n1, score: 1}}}}\n')

    def test_a_file_like_an_option(self):
        self.file("--force.yaml", DOCUMENT)
        result = subprocess.run([PROGRAM, "apply", "--yes", "--cib-file", "cib.xml", "--", "--force.yaml"], cwd=self.folder,
                                env=environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = subprocess.run([PROGRAM, "apply", "--yes", "--cib-file", "cib.xml", "--force.yaml"], cwd=self.folder,
                                env=environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 64, result.stderr)

    def test_bombs(self):
        started = time.monotonic()
        levels = "\n".join(f"  l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 12))
        self.refused("bomb.yaml", f"xml:\n  l0: &l0 [x, x]\n{levels}\n")
        entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
        self.refused("bomb.xml", f'<!DOCTYPE cib [<!ENTITY e0 "ha">{entities}]><cib><configuration><resources>'
                     '<primitive id="a" class="lsb" type="&e11;"/></resources></configuration></cib>')
        self.refused("deep.yaml", "primitives: " + "[" * 20000 + "\n")
        self.refused("deep.json", "[" * 100000)
        self.refused("deep.xml", "<cib>" * 100000)
        self.assertLess(time.monotonic() - started, 120)

    def test_external_entities(self):
        marker = self.file("marker", "the-marker")
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for target in (marker, fifo):
            for document in (
                    f'<!DOCTYPE cib [<!ENTITY x SYSTEM "file://{target}">]><cib><configuration><resources>'
                    '<primitive id="a" class="lsb" type="t"><instance_attributes id="s"><nvpair id="n" name="x" value="1"/>&x;'
                    "</instance_attributes></primitive></resources></configuration></cib>",
                    f'<!DOCTYPE cib SYSTEM "file://{target}"><cib><configuration><resources>&x;</resources></configuration></cib>',
                    f'<!DOCTYPE cib [<!ENTITY % x SYSTEM "file://{target}"> %x;]><cib><configuration/></cib>'):
                path = self.file("entity.xml", document)
                for command in (("plan", "--cib-file", self.cib), ("validate",), ("render", "--format", "xml")):
                    try:
                        result = crmsync(*command, path, timeout=20)
                    except subprocess.TimeoutExpired:
                        self.fail(f"{command}: waits for {target}: {document}")
                    self.assertNotIn("the-marker", result.out + result.err)
                    self.assertStatus(65, result, document)
        self.assertUntouched()

    def test_a_hundred_megabytes(self):
        megabytes = 100 << 20
        contents = {
            "zeros.yaml": b"\0" * megabytes,
            "text.yaml": b"a" * megabytes,
            "brackets.json": b"[" * megabytes,
            "unclosed.xml": b"<cib><configuration>" + b"<a>" * (megabytes // 3),
            "attribute.xml": b'<cib a="' + b"x" * megabytes + b'"',
        }
        for name, content in contents.items():
            path = self.file(name, content)
            with self.subTest(name):
                started = time.monotonic()
                result = crmsync("apply", "--yes", "--cib-file", self.cib, path, timeout=300)
                self.assertStatus(65, result)
                self.assertIn("error: ", result.err)
                self.assertLess(len(result.err), 100_000)
                self.assertUntouched()
                self.assertLess(time.monotonic() - started, 120)
            path.unlink()


class CibadminTests(FaultCase):
    def test_missing(self):
        (self.folder / "bin").mkdir()
        result = self.assertStatus(69, self.apply(env=environment(PATH=f"{self.folder}/bin")))
        self.assertIn("cibadmin", result.err)
        self.assertUntouched()

    def test_fails(self):
        result = self.assertStatus(69, self.apply(env=self.fake("echo 'it broke' >&2; exit 1")))
        self.assertIn("cibadmin", result.err)
        for status in (102, 105):
            self.assertIn(self.apply(env=self.fake(f"exit {status}")).status, (66, 69))
        self.assertUntouched()

    def test_hangs(self):
        # A patch gets a minute: a large one takes its time, and giving up on it leaves open whether it was taken.
        for script, limit in (("exec sleep 600", 60), ('[[ $* == *--patch* ]] && exec sleep 600; exec $REAL "$@"', 75)):
            with self.subTest(script):
                started = time.monotonic()
                result = self.apply(env=self.fake(script), timeout=90)
                self.assertLess(time.monotonic() - started, limit)
                self.assertStatus(69, result)
                self.assertRegex(result.err, r"\d+ ?s")
                self.assertUntouched()

    def test_prints_garbage(self):
        for script in ("head -c 100000 /dev/zero", "echo hello", "true", "echo '<cib>'", "echo '<html/>'",
                       "echo '<cib admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\"/>'"):
            with self.subTest(script):
                # On a cluster: of a file it is the file that is not valid.
                result = crmsync("apply", "--yes", self.document, env=self.fake(script))
                self.assertStatus(69, result)
                self.assertIn("error: ", result.err)

    def test_prints_without_end(self):
        result = crmsync("apply", "--yes", self.document, env=self.fake("exec yes '<cib>'"), timeout=90)
        self.assertStatus(69, result)

    def patching(self, script):
        return self.fake('if [[ " $* " == *" --patch "* || " $* " == *" -P "* ]]; then\n'
                         f'echo "$*" >>$HERE/patches\n{script}\nfi\nexec $REAL "$@"')

    def test_refused_patch_shows_no_secret(self):
        script = f"""echo '<cib><nvpair name="passwd" value="{SECRET}"/></cib>' >&2
echo 'Update does not conform to the configured schema' >&2; exit 78"""
        result = self.apply(env=self.patching(script))
        # Not taken by the cluster, or not valid by its schema: both are true.
        self.assertIn(result.status, (65, 74), result)
        self.assertNotIn(SECRET, result.out + result.err)
        self.assertIn("schema", result.err)
        self.assertUntouched()

    def test_conflict_once(self):
        script = '[ -e $HERE/once ] || { touch $HERE/once; echo "Update was older" >&2; exit 103; }'
        self.assertStatus(0, self.apply(env=self.patching(script)))
        self.assertTrue((self.folder / "once").exists())
        self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])

    def test_conflict_with_a_change_of_someone_else(self):
        script = '''if [ ! -e $HERE/once ]; then touch $HERE/once
$REAL --create -o resources -X '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"/>'; fi'''
        self.assertStatus(0, self.apply(env=self.patching(script)))
        found = [r.get("id") for r in query(self.cib).find("configuration/resources")]
        self.assertEqual(found, ["a", "b", "theirs", "new"])
        self.assertGreaterEqual(len((self.folder / "patches").read_text().splitlines()), 2)

    def test_conflict_for_ever(self):
        started = time.monotonic()
        result = self.apply(env=self.patching('echo "Update was older than existing configuration" >&2; exit 103'))
        taken = time.monotonic() - started
        self.assertStatus(75, result)
        self.assertGreater(taken, 20)
        self.assertLess(taken, 45)
        self.assertUntouched()

    def test_source_without_num_updates_is_refused(self):
        """Pacemaker 3.0.2 wants all three numbers."""
        script = '''for a in "$@"; do case $a in *.xml|/*) [ -f "$a" ] && f=$a;; esac; done
if [[ " $* " == *" -x "* || " $* " == *" --xml-file "* ]]; then cp "$f" $HERE/patch; else cat >$HERE/patch; fi
if ! grep -q '<source[^>]*num_updates' $HERE/patch; then touch $HERE/refused; echo 'Call failed: Invalid argument' >&2; exit STATUS; fi
exec $REAL --patch --xml-pipe <$HERE/patch'''
        # What different versions make of EINVAL.
        for status in (70, 64, 22):
            with self.subTest(status):
                self.cib.write_bytes(self.before)
                for name in ("refused", "patch"):
                    (self.folder / name).unlink(missing_ok=True)
                result = self.apply(env=self.patching(script.replace("STATUS", str(status))))
                self.assertStatus(0, result)
                source = re.search("<source[^>]*>", (self.folder / "patch").read_text())[0]
                for name in ("admin_epoch", "epoch", "num_updates"):
                    self.assertIn(f" {name}=", source)
                self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])

    def test_first_try_leaves_num_updates_out(self):
        script = 'cat >$HERE/patch; exec $REAL "$@" <$HERE/patch'
        self.assertStatus(0, self.apply(env=self.patching(script)))
        text = (self.folder / "patch").read_text()
        if text:
            self.assertNotIn("num_updates", re.search("<source[^>]*>", text)[0])

    def test_one_transaction(self):
        env = self.fake('echo "$*" >>$HERE/calls; exec $REAL "$@"')
        self.assertStatus(0, self.apply(env=env))
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual(sum("--patch" in c for c in calls), 1, calls)
        self.assertEqual(len(calls), 2, calls)


class DiskTests(FaultCase):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=100", "tmpfs", self.disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            if os.environ.get("CRMSYNC_NO_MOUNT"):
                self.skipTest("CRMSYNC_NO_MOUNT is set")
            self.fail(f"cannot mount a tmpfs; set CRMSYNC_NO_MOUNT to go without\n{mounted.stderr}")
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)

    def fill(self, leave=0):
        with open(self.disk / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass
        if leave:
            os.truncate(self.disk / "filler", (self.disk / "filler").stat().st_size - leave)

    def test_cib_file(self):
        for leave in (0, 4096, 8192):
            with self.subTest(leave):
                (self.disk / "filler").unlink(missing_ok=True)
                cib = self.disk / "cib.xml"
                cib.write_bytes(self.before)
                self.fill(leave)
                large = self.file("large.yaml", "primitives: {new: {agent: 'ocf:pacemaker:Dummy', params: {fake: %s}}}\n" % ("x" * 40000))
                result = crmsync("apply", "--yes", "--cib-file", cib, large)
                self.assertStatus(74, result)
                self.assertEqual(cib.read_bytes(), self.before, "the CIB file is not what it was")
                self.assertEqual(sorted(os.listdir(self.disk)), ["cib.xml", "filler"])

    def test_saved_plan(self):
        self.fill()
        result = crmsync("plan", "--cib-file", self.cib, "--out", self.disk / "plan", self.document)
        self.assertStatus(74, result)
        self.assertFalse((self.disk / "plan").exists(), "half of a plan is left")
        old = self.disk / "old"
        (self.disk / "filler").unlink()
        old.write_text("something else")
        self.fill()
        self.assertStatus(74, crmsync("plan", "--cib-file", self.cib, "--out", old, self.document))
        self.assertEqual(old.read_text(), "something else")

    def test_standard_output(self):
        for command in (("plan", self.document), ("export",), ("plan", "--format", "json", self.document)):
            with open("/dev/full", "wb") as full:
                result = crmsync(command[0], "--cib-file", self.cib, *command[1:], stdout=full)
            self.assertStatus(74, result, command)
            self.assertIn("error: ", result.err)
        with open("/dev/full", "wb") as full:
            self.assertStatus(74, crmsync("render", self.document, stdout=full))


class UsageTests(FaultCase):
    def test_unknown(self):
        for arguments in (("aply",), ("plan", "--no-such"), ("plan", "--format", "toml", self.document), ("export", "--format"),
                          ("apply", "--timeout", "soon", self.document), ("plan", "--input-format", "ini", self.document),
                          ("plan", "--cib-file")):
            with self.subTest(arguments):
                result = self.assertStatus(64, crmsync(*arguments))
                self.assertNotEqual(result.err, "")

    def test_unknown_extension(self):
        path = self.file("cluster.txt", DOCUMENT)
        self.assertStatus(64, crmsync("plan", "--cib-file", self.cib, path))
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "--input-format", "yaml", path))
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "-", stdin=DOCUMENT))

    def test_not_there_yet(self):
        for arguments in (("rollback",), ("charm", "apply"), ("charm",), ("fencing", "check"), ("history",),
                          ("plan", "--prune", self.document), ("plan", "--simulate", self.document),
                          ("apply", "--prune", self.document), ("apply", "--simulate", self.document),
                          ("apply", "--wait", self.document), ("apply", "--timeout", "5", self.document)):
            with self.subTest(arguments):
                if arguments[0] in ("plan", "apply"):
                    arguments = (arguments[0], "--cib-file", self.cib, *arguments[1:])
                self.assertStatus(64, crmsync(*arguments))
        self.assertUntouched()

    def test_help_and_version(self):
        for arguments in (("--help",), ("--version",), ("plan", "--help")):
            result = self.assertStatus(0, crmsync(*arguments))
            self.assertNotEqual(result.out, "")


class SecretTests(FaultCase):
    def setUp(self):
        super().setUp()
        self.cib = self.copy(FIXTURES / "secrets.xml")
        self.before = self.cib.read_bytes()
        self.secret = self.file("secret", SECRET + "-file\n")
        self.document = self.file("s.yaml", f"""
primitives:
  db:
    agent: ocf:pacemaker:Dummy
    params: {{passwd: {{file: {self.secret}}}, fake: {{env: THE_SECRET}}}}
    operations: [{{name: monitor, interval: 10s, params: {{monitor_password: {{env: THE_SECRET}}}}}}]
  new: {{agent: 'ocf:pacemaker:Dummy', params: {{url: 'http://me:{SECRET}-url@192.0.2.9/x', apikey: {SECRET}-key}}}}
""")

    def env(self, **changes):
        return {**self.fake('printf "%s\\n" "$@" >>$HERE/argv; exec $REAL "$@"'), "THE_SECRET": SECRET + "-env", **changes}

    def hidden(self, result, *more):
        for secret in (SECRET, "s3cret", "t0ken", "m0n\"", "aaa:bbb:ccc", "user:key", *more):
            self.assertNotIn(secret, result.out, result.command)
            self.assertNotIn(secret, result.err, result.command)

    def test_never_shown(self):
        for command in (("plan",), ("plan", "--format", "json"), ("apply", "--dry-run"), ("apply", "--yes")):
            result = self.assertStatus(0, crmsync(*command, "--cib-file", self.cib, self.document, env=self.env()))
            self.hidden(result)
            if command[-1] == "json":
                json.loads(result.out)
                self.assertIn("(secret)", result.out)
        self.assertNotIn(SECRET, (self.folder / "argv").read_text())
        values = [n.get("value") for n in query(self.cib).iter("nvpair")]
        for end in ("file", "env", "key"):
            self.assertIn(f"{SECRET}-{end}", values)

    def test_patch_needs_leave(self):
        for form in ("xml",):
            result = crmsync("plan", "--format", form, "--cib-file", self.cib, self.document, env=self.env())
            self.assertStatus(64, result)
            self.hidden(result)
            result = crmsync("plan", "--format", form, "--show-secrets", "--cib-file", self.cib, self.document, env=self.env())
            self.assertIn(SECRET + "-file", self.assertStatus(0, result).out)
        harmless = self.file("h.yaml", DOCUMENT)
        self.assertStatus(0, crmsync("plan", "--format", "xml", "--cib-file", self.cib, harmless))

    def test_export_and_render(self):
        for form in ("yaml", "json", "xml"):
            self.hidden(self.assertStatus(0, crmsync("export", "--cib-file", self.cib, "--format", form)))
            shown = crmsync("export", "--cib-file", self.cib, "--format", form, "--show-secrets")
            self.assertIn("s3cret", shown.out)
        self.hidden(crmsync("render", "--format", "xml", self.document, env=self.env()))

    def test_errors_show_none(self):
        bad = self.file("bad.yaml", f"primitives: {{a: {{agent: 'lsb:x', params: {{passwd: [{{x: {SECRET}}}]}}}}}}\n")
        self.hidden(self.assertStatus(65, crmsync("plan", "--cib-file", self.cib, bad)))

    def test_missing_sources(self):
        self.assertStatus(65, crmsync("plan", "--cib-file", self.cib, self.document, env=environment(THE_SECRET=None)))
        self.secret.write_text("")
        self.assertStatus(65, crmsync("plan", "--cib-file", self.cib, self.document, env=self.env()))
        self.secret.unlink()
        self.assertStatus(66, crmsync("plan", "--cib-file", self.cib, self.document, env=self.env()))

    def test_one_newline_is_cut(self):
        self.secret.write_text(SECRET + "-file\n\n")
        self.assertStatus(0, crmsync("apply", "--yes", "--cib-file", self.cib, self.document, env=self.env()))
        # Pacemaker 2.1.5 writes a line's end as backslash and n.
        self.assertTrue({SECRET + "-file\n", SECRET + "-file\\n"} & {n.get("value") for n in query(self.cib).iter("nvpair")})

    def test_kept_secret(self):
        keep = self.file("k.yaml", "primitives: {db: {agent: 'ocf:pacemaker:Dummy', params: {passwd: {keep: secret}}}}\n")
        self.assertStatus(0, crmsync("apply", "--yes", "--cib-file", self.cib, keep))
        self.assertIn("s3cret", [n.get("value") for n in query(self.cib).iter("nvpair")])
        none = self.file("n.yaml", "primitives: {db: {agent: 'ocf:pacemaker:Dummy', params: {other: {keep: secret}}}}\n")
        self.assertStatus(65, crmsync("apply", "--yes", "--cib-file", self.cib, none))

    def test_cibsecret_is_no_change(self):
        document = self.file("l.yaml", f"primitives: {{lrm: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {SECRET}}}}}}}\n")
        result = self.assertStatus(0, crmsync("plan", "--detailed-exitcode", "--cib-file", self.cib, document))
        self.hidden(result)


class RefusalTests(FaultCase):
    def setUp(self):
        super().setUp()
        self.cib = self.copy(FIXTURES / "secrets.xml")
        self.before = self.cib.read_bytes()

    def refusal(self, content, option="--allow-unfenced"):
        document = self.file("r.yaml", content)
        result = self.assertStatus(3, self.apply(document))
        self.assertIn(option, result.err)
        self.assertUntouched()
        plan = crmsync("plan", "--cib-file", self.cib, document)
        self.assertStatus(0, plan)
        self.assertIn(option, plan.out + plan.err)
        self.assertStatus(2, crmsync("plan", "--detailed-exitcode", "--cib-file", self.cib, document))
        for allowed in (option, "--force"):
            self.cib.write_bytes(self.before)
            self.assertStatus(0, self.apply(allowed, document))
            self.assertNotEqual(self.cib.read_bytes(), self.before)

    def test_last_fencing_device(self):
        self.refusal("delete: [st]\n")

    def test_fencing_itself(self):
        self.refusal("properties: {stonith-enabled: false}\n")
        self.cib.write_bytes(self.before)
        self.refusal("properties: {stonith-enabled: 'OFF'}\n")

    def test_disabling_the_last_device(self):
        self.refusal("stonith: {st: {agent: external/maas, params: {url: {keep: secret}, apikey: {keep: secret}, hostnames: n1 n2},"
                     " operations: [{name: monitor, interval: 25, start-delay: 25, timeout: 25}], meta: {target-role: Stopped}}}\n")

    def test_prune_all(self):
        document = self.file("p.yaml", "primitives: {db: {agent: 'ocf:pacemaker:Dummy'}}\nproperties: {stonith-enabled: true}\n")
        self.assertStatus(3, self.apply("--prune-all", document))
        self.assertUntouched()


class SavedPlanTests(FaultCase):
    def save(self):
        plan = self.folder / "saved.plan"
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "--out", plan, self.document))
        return plan

    def test_mode_and_use(self):
        plan = self.save()
        self.assertEqual(stat.S_IMODE(plan.stat().st_mode), 0o600)
        self.assertUntouched()
        self.assertStatus(0, self.apply(plan))
        self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])
        after = self.cib.read_bytes()
        self.assertStatus(75, self.apply(plan))
        self.assertEqual(self.cib.read_bytes(), after)

    def test_mode_of_a_file_that_was_there(self):
        plan = self.file("saved.plan", "old")
        plan.chmod(0o644)
        self.save()
        self.assertEqual(stat.S_IMODE(plan.stat().st_mode), 0o600)

    def test_stale(self):
        plan = self.save()
        run("cibadmin", "--create", "-o", "tags", "-X", '<tag id="more"><obj_ref id="a"/></tag>', env=environment(CIB_file=self.cib))
        changed = self.cib.read_bytes()
        self.assertStatus(75, self.apply(plan))
        self.assertEqual(self.cib.read_bytes(), changed)

    def test_status_alone_is_not_stale(self):
        plan = self.save()
        run("cibadmin", "--modify", "-o", "status", "-X", '<node_state id="1" uname="n1" crm-debug-origin="test"/>',
            env=environment(CIB_file=self.cib))
        self.assertStatus(0, self.apply(plan))

    def test_damaged(self):
        plan = self.save()
        content = plan.read_bytes()
        for damaged in (content[:len(content) // 2], content + b"x"):
            plan.write_bytes(damaged)
            self.assertStatus(65, self.apply(plan))
            self.assertUntouched()


if __name__ == "__main__":
    unittest.main()
