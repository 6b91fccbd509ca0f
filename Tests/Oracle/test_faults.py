"""What happens when something is wrong: the program as a user runs it.

Bad input gets a clear error and the exit status that is documented; nothing is lost, nothing half done, no secret told.
"""

import os
import re
import shutil
import time
import unittest
from pathlib import Path

from support import PROGRAM, Case, crmsync, environment, run

CIBADMIN = shutil.which("cibadmin", path="/usr/sbin:/usr/bin")
MARK = "Zx81-never-to-be-seen"

CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="5" num_updates="7" admin_epoch="0"{attributes}>
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="o-stonith" name="stonith-enabled" value="{fencing}"/>
      </cluster_property_set>
    </crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources>
      <primitive id="st" class="stonith" type="fence_dummy"/>
      <primitive id="a" class="ocf" provider="pacemaker" type="Dummy">{inside}</primitive>
    </resources>
    <constraints/>
  </configuration>
  <status>{status}</status>
</cib>
"""

NODE_STATUS = """<node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1">
  <lrm_resources><lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy"><lrm_rsc_op id="a_last_0"
  operation_key="a_start_0" operation="start" crm-debug-origin="x" crm_feature_set="3.16.1"
  transition-key="1:1:0:00000000-0000-0000-0000-000000000000"
  transition-magic="0:0;1:1:0:00000000-0000-0000-0000-000000000000" exit-reason="" on_node="n1" call-id="9" rc-code="0"
  op-status="0" interval="0" last-rc-change="1" exec-time="1" queue-time="0" op-digest="x"/></lrm_resource>
  </lrm_resources></lrm></node_state>"""


def cib(attributes="", fencing="true", inside="", status=""):
    return CIB.format(attributes=attributes, fencing=fencing, inside=inside, status=status)


LIVE = ' have-quorum="1" dc-uuid="1"'


class FaultCase(Case):
    def setUp(self):
        super().setUp()
        self.cib = self.file("cib.xml", cib())
        self.bin = self.folder / "bin"
        self.bin.mkdir()

    def document(self, content, name="doc.yaml"):
        return self.file(name, content)

    def on_file(self, command, *arguments, **options):
        return crmsync(command, *arguments, "--cib-file", self.cib, **options)

    def assertSays(self, result, *patterns):
        for pattern in patterns:
            self.assertRegex(result.err, re.compile(pattern, re.IGNORECASE), str(result))

    def assertUntouched(self, work):
        before = self.cib.read_bytes()
        work()
        self.assertEqual(self.cib.read_bytes(), before, "the CIB file has changed")

    # --- a cibadmin of our own making ---

    def with_cibadmin(self, script):
        """An environment in which this is cibadmin. $HERE is a folder for it to keep things in."""
        self.script("bin/cibadmin", f"#!/bin/sh\nHERE={self.folder}\n{script}\n")
        return environment(PATH=f"{self.bin}:{os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin")

    def live(self, patch="cat >$HERE/patch; exit 0", **changes):
        """A cluster that answers queries, and patches as said."""
        self.file("live.xml", cib(**{"attributes": LIVE, **changes}))
        return self.with_cibadmin(f"""
case "$*" in
  *--patch*) echo >>$HERE/patches; {patch} ;;
  *) cat $HERE/live.xml ;;
esac""")

    def patches(self):
        path = self.folder / "patches"
        return len(path.read_text().splitlines()) if path.exists() else 0


CHANGE = "primitives: {a: {agent: 'ocf:pacemaker:Dummy', params: {fake: '1'}}}\n"


class CIBFileTests(FaultCase):
    def test_missing(self):
        document = self.document(CHANGE)
        missing = self.folder / "none.xml"
        for command in ("plan", "apply"):
            result = crmsync(command, document, "--cib-file", missing)
            self.assertStatus(66, result)
            self.assertSays(result, re.escape(str(missing)))
        self.assertStatus(66, crmsync("export", "--cib-file", missing))
        self.assertFalse(missing.exists(), "it was created")

    def test_malformed(self):
        document = self.document(CHANGE)
        for name, content in {"empty": "", "no XML": "hello", "cut off": cib()[:300], "no CIB": "<html/>",
                              "no configuration": '<cib epoch="1"/>', "binary": b"\0\1\2\xff"}.items():
            with self.subTest(name):
                self.file("cib.xml", content)
                self.assertUntouched(lambda: self.assertSays(
                    self.assertStatus(65, self.on_file("apply", document, "--yes")), "cib"))

    def test_schema(self):
        self.cib.write_text(cib().replace("pacemaker-3.9", "pacemaker-9.9"))
        result = self.assertStatus(65, self.on_file("plan", self.document(CHANGE)))
        self.assertSays(result, "no schema 'pacemaker-9.9'")
        self.assertNotIn(".rng", result.err)
        self.cib.write_text(cib(inside="<odd/>"))
        result = self.assertStatus(65, self.on_file("plan", self.document(CHANGE)))
        named = re.search(r"\S+\.rng", result.err)
        self.assertTrue(named and Path(named[0]).exists(), result)

    def test_unwritable_for_root_too(self):
        self.cib.chmod(0o444)
        document = self.document(CHANGE)
        self.assertUntouched(lambda: self.assertSays(
            self.assertStatus(77, self.on_file("apply", document, "--yes")), "permission"))
        self.assertStatus(0, self.on_file("plan", document))

    def test_from_the_environment(self):
        document = self.document(CHANGE)
        result = crmsync("apply", document, "--yes", env=environment(CIB_file=self.cib))
        self.assertStatus(0, result)
        self.assertSays(result, "CIB_file")


class DocumentTests(FaultCase):
    def assertRefused(self, content, *patterns, name="doc.yaml", place=True):
        document = self.document(content, name)
        for command in ("plan", "apply"):
            result = self.assertStatus(65, self.on_file(command, document))
            if place:
                self.assertRegex(result.err, rf"{re.escape(str(document))}:\d+:\d+: error: ", str(result))
            self.assertSays(result, *patterns)
        return result

    def test_missing(self):
        result = self.assertStatus(66, self.on_file("plan", self.folder / "none.yaml"))
        self.assertSays(result, "none.yaml")

    def test_malformed(self):
        for name, content in {
            "doc.yaml": "properties: {a: [b\nc: d", "doc.json": '{"properties": {"a": }', "doc.xml": "<cib><configuration>",
        }.items():
            with self.subTest(name):
                self.assertRefused(content, name=name)

    def test_wrong_types(self):
        for content in ("properties: 5\n", "primitives: [a, b]\n", "groups: {g: {members: {a: b}}}\n", "- a\n- b\n",
                        "primitives: {a: {agent: [x]}, b: 7}\n", "placement: {a: b}\n"):
            with self.subTest(content):
                self.assertRefused(content)
        self.assertRefused('{"primitives": {"a": {"agent": 7}}}', name="doc.json")

    def test_unknown_and_duplicate_keys(self):
        self.assertRefused("primitves: {}\n", "did you mean.*primitives")
        self.assertRefused("properties: {a: '1'}\nproperties: {b: '2'}\n", "properties")
        self.assertRefused("primitives:\n  x: {agent: 'ocf:pacemaker:Dummy', parms: {a: b}}\n", "did you mean.*params")

    def test_all_errors_at_once(self):
        result = self.assertRefused("one: 1\ntwo: 2\nthree: 3\n")
        self.assertEqual(len(re.findall(": error: ", result.err)), 3, result)

    def test_ids_that_are_no_names(self):
        for identifier in ("--force", "-rf", "a b", "1st", "a/b", "../x", "a$b", "''"):
            with self.subTest(identifier):
                self.assertRefused(f"primitives: {{{identifier!r}: {{agent: 'ocf:pacemaker:Dummy'}}}}\n"
                                   if identifier != "''" else "primitives: {'': {agent: 'ocf:pacemaker:Dummy'}}\n")

    def test_control_characters(self):
        self.assertRefused('primitives: {a: {agent: "ocf:pacemaker:Dummy", params: {x: "\\x01"}}}\n')

    def test_dangling_references(self):
        self.assertRefused("groups: {g: {members: [nobody]}}\n", "nobody")
        self.assertRefused("locations: {l: {rsc: nobody, node: n1, score: 1}}\n", "nobody")

    def test_bombs(self):
        aliases = "x0: &x0 [a, a]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 40))
        entities = ("<!DOCTYPE cib [<!ENTITY e0 'aaaaaaaaaa'>"
                    + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 20))
                    + "]><cib><configuration><resources><primitive id='&e19;'/></resources></configuration></cib>")
        start = time.monotonic()
        self.assertRefused(aliases)
        self.assertRefused(entities, name="doc.xml")
        self.assertRefused("[" * 200_000, place=False)
        self.assertRefused("[" * 200_000, name="doc.json", place=False)
        self.assertRefused("<a>" * 200_000, name="doc.xml", place=False)
        self.assertLess(time.monotonic() - start, 60)

    def test_external_entities_are_not_opened(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)  # whoever opens it to read waits for ever
        secret = self.file("marker", MARK)
        for target in (fifo, secret):
            for text in (f"<!DOCTYPE cib [<!ENTITY e SYSTEM 'file://{target}'>]><cib><configuration><resources>"
                         "<primitive id='x' class='lsb' type='y' description='z'>&e;</primitive></resources>"
                         "</configuration></cib>",
                         f"<!DOCTYPE cib SYSTEM 'file://{target}'><cib><configuration><resources/></configuration></cib>",
                         f"<!DOCTYPE cib [<!ENTITY % e SYSTEM 'file://{target}'> %e;]><cib><configuration/></cib>"):
                result = self.on_file("plan", self.document(text, "doc.xml"), timeout=20)
                self.assertIn(result.status, (0, 65), result)
                self.assertNotIn(MARK, result.out + result.err)

    def test_a_hundred_megabytes(self):
        for name, start, piece, end in (
                ("doc.yaml", "properties:\n", "  # nothing but words, over and over, and none of them said twice\n", ""),
                ("doc.json", '{"properties": {"a": "', "x" * 64, '"}}'),
                ("doc.xml", "<cib><configuration><resources>", "<!-- " + "x" * 60 + " -->", "</resources></configuration></cib>")):
            with self.subTest(name):
                document = self.folder / name
                with open(document, "w", encoding="utf-8") as file:
                    file.write(start)
                    for _ in range(100):
                        file.write(piece * (1_000_000 // len(piece)))
                    file.write(end)
                result = self.on_file("plan", document, timeout=120)
                document.unlink()
                self.assertIn(result.status, (0, 65), str(result)[:3000])
                self.assertLess(len(result.err), 10_000)

    def test_standard_input(self):
        self.assertStatus(65, self.on_file("plan", "-", stdin="a: [", timeout=20))
        self.assertStatus(0, self.on_file("plan", "-", stdin=CHANGE))
        self.assertStatus(0, self.on_file("plan", "-", "--input-format", "json", stdin='{"properties": {"a": "b"}}'))


class CibadminTests(FaultCase):
    def test_missing(self):
        result = crmsync("plan", self.document(CHANGE), "--cib-file", self.cib, env=environment(PATH=str(self.bin)))
        self.assertSays(self.assertStatus(69, result), "cibadmin")

    def test_fails(self):
        for status, expected in ((102, 69), (1, 69), (127, 69), (106, 69), (4, 77)):
            with self.subTest(status):
                env = self.with_cibadmin(f"echo {MARK} >&2; exit {status}")
                result = self.assertStatus(expected, crmsync("plan", self.document(CHANGE), env=env))
                self.assertNotIn(MARK, result.out + result.err)

    def test_killed(self):
        result = crmsync("plan", self.document(CHANGE), env=self.with_cibadmin("kill -9 $$"))
        self.assertStatus(69, result)

    def test_garbage(self):
        for output in ("hello", "<html/>", "<cib>", "", "<cib epoch='1'/>"):
            with self.subTest(output):
                env = self.with_cibadmin(f'printf %s "{output}"')
                self.assertSays(self.assertStatus(69, crmsync("plan", self.document(CHANGE), env=env)), "cibadmin")

    def test_endless_garbage(self):
        start = time.monotonic()
        result = crmsync("plan", self.document(CHANGE), env=self.with_cibadmin("exec yes '<cib>'"))
        self.assertStatus(69, result)
        self.assertLess(time.monotonic() - start, 60)

    def test_hangs(self):
        env = self.with_cibadmin("echo $$ >$HERE/pid; exec sleep 600")
        start = time.monotonic()
        result = self.assertStatus(69, crmsync("plan", self.document(CHANGE), env=env))
        self.assertLess(time.monotonic() - start, 60)
        self.assertSays(result, r"cibadmin.*\d+ s")
        pid = (self.folder / "pid").read_text().strip()
        self.assertFalse(Path(f"/proc/{pid}").exists(), "it was left running")

    def test_refusal_tells_no_content(self):
        env = self.live(f"cat >/dev/null; echo '<nvpair value=\"{MARK}\"/>' >&2; exit 78")
        result = self.assertStatus(65, crmsync("apply", self.document(CHANGE), "--yes", env=env))
        self.assertNotIn(MARK, result.out + result.err)
        self.assertSays(result, "schema")

    def test_conflict_once(self):
        env = self.live("cat >$HERE/patch; [ $(wc -l <$HERE/patches) -gt 1 ] || exit 103; exit 0")
        self.assertStatus(0, crmsync("apply", self.document(CHANGE), "--yes", env=env))
        self.assertEqual(self.patches(), 2)

    def test_conflict_for_ever(self):
        env = self.live("cat >/dev/null; exit 103")
        start = time.monotonic()
        result = self.assertStatus(75, crmsync("apply", self.document(CHANGE), "--yes", env=env))
        self.assertLess(time.monotonic() - start, 45)
        self.assertGreater(self.patches(), 2)
        self.assertLess(self.patches(), 1000, "it does not pause")
        self.assertSays(result, "change")

    def test_all_three_versions_where_they_are_needed(self):
        """As Pacemaker 3.0.2: a patch without num_updates is no valid argument."""
        for refusal in ("echo 'Call failed: Invalid argument' >&2; exit 64", "exit 22"):
            with self.subTest(refusal):
                (self.folder / "patches").unlink(missing_ok=True)
                env = self.live(f"cat >$HERE/patch; grep -q 'source.*num_updates=\"7\"' $HERE/patch && exit 0; {refusal}")
                self.assertStatus(0, crmsync("apply", self.document(CHANGE), "--yes", env=env))
                self.assertEqual(self.patches(), 2)
                saved = self.folder / "saved"
                self.assertStatus(0, crmsync("plan", self.document(CHANGE), "--out", saved, env=env))
                self.assertStatus(0, crmsync("apply", saved, "--yes", env=env))
                self.assertEqual(self.patches(), 4)

    def test_all_three_versions_under_status_updates(self):
        """There, a status update in between makes the patch too old: tried again while the epoch stands."""
        env = self.live("""cat >$HERE/patch
    grep -q 'source.*num_updates' $HERE/patch || { echo 'Call failed: Invalid argument' >&2; exit 64; }
    n=$(wc -l <$HERE/patches); [ $n -gt 4 ] && exit 0
    sed -i "s/num_updates=\\"[0-9]*\\"/num_updates=\\"$((n + 7))\\"/" $HERE/live.xml; exit 103""")
        self.assertStatus(0, crmsync("apply", self.document(CHANGE), "--yes", env=env))
        self.assertGreater(self.patches(), 4)

    def test_the_patch_ignores_status_updates(self):
        self.assertStatus(0, crmsync("apply", self.document(CHANGE), "--yes", env=self.live()))
        source = re.search("<source[^>]*>", (self.folder / "patch").read_text())[0]
        self.assertIn('epoch="5"', source)
        self.assertNotIn("num_updates", source)

    def test_in_sync_writes_nothing(self):
        env = self.live()
        self.assertStatus(0, crmsync("apply", self.document("properties: {stonith-enabled: true}\n"), "--yes", env=env))
        self.assertEqual(self.patches(), 0)


class DiskTests(FaultCase):
    def small_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
        if mounted.status != 0:
            self.skipTest("mounting a small tmpfs is not allowed here")
        self.addCleanup(run, "umount", disk)
        return disk

    def fill(self, disk):
        with open(disk / "filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_cib_file_on_a_full_disk(self):
        disk = self.small_disk()
        self.cib = Path(shutil.copy(self.cib, disk))
        self.fill(disk)
        long = "x" * 20_000
        document = self.document(f"primitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {{fake: {long}}}}}}}\n")
        self.assertUntouched(lambda: self.assertStatus(74, self.on_file("apply", document, "--yes")))

    def test_plan_on_a_full_disk(self):
        disk = self.small_disk()
        self.fill(disk)
        result = self.on_file("plan", self.document(CHANGE), "--out", disk / "plan")
        self.assertStatus(74, result)

    def test_standard_output_full(self):
        document = self.document(CHANGE)
        for arguments in (("plan", document), ("plan", document, "--format", "json"), ("export",)):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                self.assertStatus(74, self.on_file(*arguments, stdout=full))


class UsageTests(FaultCase):
    def test_started_without_standard_descriptors(self):
        """Nothing takes the place of one that is closed: what is meant for people would be written into it."""
        document, log = self.document(CHANGE), self.folder / "opened"
        for closed, status in (("<&-", 0), ("2>&-", 0), (">&-", 74), ("<&- >&- 2>&-", 74)):
            with self.subTest(closed=closed):
                result = run("strace", "-o", log, "-e", "trace=execve,openat,memfd_create", "sh", "-c", f'exec "$@" {closed}',
                             "sh", PROGRAM, "apply", "--yes", "--cib-file", self.cib, document, env=environment())
                self.assertStatus(status, result)
                calls = log.read_text().rpartition("execve(")[2].splitlines()
                # What is read and closed again before the program itself begins takes no place.
                first = next((at for at, call in enumerate(calls) if '"/dev/null"' in call), None)
                self.assertIsNotNone(first)
                taken = [call for call in calls[first:] if re.search(r"= [012]$", call)]
                self.assertEqual(len(taken), closed.count("-"), taken)
                self.assertTrue(all('"/dev/null"' in call for call in taken), taken)

    def test_unknown(self):
        for arguments in (("aply",), ("plan", "--colour"), ("export", "--format", "toml"), ("plan", "--input-format", "ini")):
            with self.subTest(arguments):
                self.assertStatus(64, crmsync(*arguments))

    def test_help_and_version(self):
        self.assertIn("plan", self.assertStatus(0, crmsync("--help")).out)
        self.assertStatus(0, crmsync("--version"))


class SecretTests(FaultCase):
    def setUp(self):
        super().setUp()
        self.file("key", f"{MARK}1\n")
        self.secret = self.document(f"""
primitives:
  a:
    agent: ocf:pacemaker:Dummy
    params: {{fake: {{file: {self.folder}/key}}, state: {{env: MY_STATE}}, passwd: {MARK}3, url: "http://me:{MARK}4@h/"}}
    operations: [{{name: monitor, interval: 10s, params: {{db_password: {MARK}5}}}}]
""")
        self.env = environment(MY_STATE=f"{MARK}2")

    def assertHidden(self, result):
        self.assertNotIn(MARK, result.out + result.err)
        return result

    def test_never_shown(self):
        for arguments in (("plan",), ("plan", "--format", "json"), ("plan", "--out", self.folder / "saved"),
                          ("apply", "--dry-run"), ("apply", "--yes"), ("plan",)):
            with self.subTest(arguments):
                self.assertHidden(self.assertStatus(
                    0, self.on_file(arguments[0], self.secret, *arguments[1:], env=self.env)))
        for command in ("validate", "render"):
            self.assertHidden(self.assertStatus(0, crmsync(command, self.secret, env=self.env)))
        self.assertIn(f"{MARK}1", self.cib.read_text())
        self.assertNotIn(f"{MARK}1\n", self.cib.read_text())
        for form in ("yaml", "json", "xml"):
            with self.subTest(form):
                # A value that came from a file is known as secret by its name only, once it is in the CIB.
                result = self.assertStatus(0, self.on_file("export", "--format", form))
                for number in "345":
                    self.assertNotIn(MARK + number, result.out)
                self.assertIn(MARK + "3", self.on_file("export", "--format", form, "--show-secrets").out)

    def test_a_change_of_them_is_not_shown_either(self):
        self.assertStatus(0, self.on_file("apply", self.secret, "--yes", env=self.env))
        self.secret.write_text(self.secret.read_text().replace(f"{MARK}3", f"{MARK}other"))
        result = self.assertHidden(self.assertStatus(
            2, self.on_file("plan", self.secret, "--detailed-exitcode", env=self.env)))
        self.assertIn("(secret)", result.out)

    def test_values_from_files_stay_secret_whatever_their_names(self):
        self.assertStatus(0, self.on_file("apply", self.secret, "--yes", env=self.env))
        for form in ("yaml", "json", "xml"):
            self.assertHidden(self.assertStatus(0, self.on_file("export", "--format", form)))
        for params in ("{fake: 1, state: /x}", "{fake: null}", "{}"):
            with self.subTest(params):
                change = self.document(f"primitives: {{a: {{agent: 'ocf:pacemaker:Dummy', params: {params}}}}}\n", "c.yaml")
                for form in ("text", "json"):
                    result = self.assertHidden(self.assertStatus(0, self.on_file("plan", change, "--format", form)))
                    self.assertIn("(secret)", result.out)
        # Kept as XML: a comment has no other form.
        self.cib.write_text(self.cib.read_text().replace("<instance_attributes", "<!-- --><instance_attributes", 1))
        exported = self.assertHidden(self.assertStatus(0, self.on_file("export")))
        self.assertIn("crmsync:keep-secret", exported.out)
        self.assertStatus(0, self.on_file("plan", self.document(exported.out, "e.yaml"), "--detailed-exitcode"))
        # Moved, it is written anew.
        group = self.document("groups: {g: {members: [a]}}\n", "g.yaml")
        self.assertHidden(self.assertStatus(64, self.on_file("plan", group, "--format", "xml")))

    def test_in_place_of_a_value_that_was_none(self):
        text = ("primitives: {a: {agent: 'ocf:pacemaker:Dummy', params: {fake: VALUE}}}\nproperties: {odd: VALUE}\n"
                "nodes: {n1: {attributes: {site: VALUE}}}\n")
        self.assertStatus(0, self.on_file("apply", self.document(text.replace("VALUE", "x"), "x.yaml"), "--yes"))
        document = self.document(text.replace("VALUE", "{env: MY_STATE}"))
        for form in ("text", "json"):
            result = self.assertHidden(self.assertStatus(0, self.on_file("plan", document, "--format", form, env=self.env)))
            self.assertGreaterEqual(result.out.count("(secret)"), 3)
        self.assertStatus(0, self.on_file("apply", document, "--yes", env=self.env))
        group = self.document("groups: {g: {members: [a]}}\n", "g.yaml")
        self.assertHidden(self.assertStatus(64, self.on_file("plan", group, "--format", "xml")))
        self.cib.write_text(cib())
        for line in text.splitlines():
            document = self.document(line.replace("VALUE", "{env: MY_STATE}"))
            self.assertHidden(self.assertStatus(64, self.on_file("plan", document, "--format", "xml", env=self.env)))

    def test_urls_among_properties(self):
        document = self.document(f"properties: {{odd: 'http://me:{MARK}@h/'}}\n")
        for form in ("text", "json"):
            result = self.assertHidden(self.assertStatus(0, self.on_file("plan", document, "--format", form)))
            self.assertIn("http://(secret)@h/", result.out)

    def test_not_in_warnings_nor_when_they_go(self):
        """Once it is in the CIB, only the record and the documents know that a value is secret."""
        text = """
primitives:
  v1: {agent: "ocf:heartbeat:IPaddr2", params: {ip: {env: MY_STATE}, nic: {env: MY_STATE}}}
  v2: {agent: "ocf:heartbeat:IPaddr2", params: {ip: {env: MY_STATE}, lvs_support: LVS}}
"""
        document = self.document(text)
        for nic, lvs in ((", nic: {env: MY_STATE}", "true"), (", nic: {env: MY_STATE}", "false"), ("", "true")):
            document.write_text(text.replace(", nic: {env: MY_STATE}", nic).replace("LVS", f"'{lvs}'"))
            for command in ("plan", "apply"):
                result = self.assertHidden(self.assertStatus(0, self.on_file(command, document, env=self.env)))
                self.assertIn("have the same address", result.err)
        self.assertNotIn("nic", self.cib.read_text())

    def test_values_from_files_are_known_wherever_they_are(self):
        text = """
templates: {t: {agent: ocf:pacemaker:Dummy, params: {plain: VALUE}}}
primitives: {a: {agent: ocf:pacemaker:Dummy, operations: [{name: monitor, interval: 10s, params: {plain: VALUE}}]}}
alerts: {al: {path: /x, params: {plain: VALUE}, recipients: [{value: x, params: {other: VALUE}}]}}
properties: {plain: VALUE}
resource-defaults: {plain: VALUE}
nodes: {n1: {attributes: {plain: VALUE}, utilization: {plain: VALUE}}}
"""
        self.assertStatus(0, self.on_file("apply", self.document(text.replace("VALUE", "{env: MY_STATE}")), "--yes", env=self.env))
        self.assertEqual(self.cib.read_text().count(f"{MARK}2"), 8)
        for form in ("yaml", "json", "xml"):
            exported = self.assertHidden(self.assertStatus(0, self.on_file("export", "--format", form)))
            document = self.document(exported.out, f"e.{form}")
            self.assertStatus(0, self.on_file("plan", document, "--prune-all", "--exact", "--detailed-exitcode"))
        self.assertHidden(self.assertStatus(0, self.on_file("plan", self.document(text.replace("VALUE", "x")))))
        self.assertHidden(self.assertStatus(0, self.on_file("plan", self.document("{}\n"), "--prune-all", "--exact", "--allow-unfenced")))

    def test_patch_needs_consent(self):
        self.assertHidden(self.assertStatus(64, self.on_file("plan", self.secret, "--format", "xml", env=self.env)))
        result = self.assertStatus(0, self.on_file("plan", self.secret, "--format", "xml", "--show-secrets", env=self.env))
        self.assertIn(f"{MARK}1", result.out)

    def test_not_among_arguments(self):
        env = self.with_cibadmin(f'{{ echo "$@"; ps -eo args; }} >>$HERE/seen; exec {CIBADMIN} "$@"')
        env["MY_STATE"] = f"{MARK}2"
        self.assertStatus(0, self.on_file("apply", self.secret, "--yes", env=env))
        seen = (self.folder / "seen").read_text()
        self.assertIn("--patch", seen)
        self.assertNotIn(MARK, seen)

    def test_saved_plan_is_private(self):
        saved = self.folder / "saved"
        self.assertStatus(0, self.on_file("plan", self.secret, "--out", saved, env=self.env))
        self.assertEqual(saved.stat().st_mode & 0o777, 0o600)

    def test_missing(self):
        (self.folder / "key").unlink()
        self.assertSays(self.assertStatus(66, self.on_file("plan", self.secret, env=self.env)), "key")
        self.file("key", "")
        self.assertHidden(self.assertStatus(65, self.on_file("plan", self.secret, env=self.env)))
        self.file("key", "x")
        self.assertSays(self.assertStatus(65, self.on_file("plan", self.secret)), "MY_STATE")

    def test_errors_do_not_quote_them(self):
        broken = self.document(f"primitives:\n  a: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: [{MARK}, {{x: y}}]}}}}\n")
        self.assertHidden(self.assertStatus(65, self.on_file("plan", broken)))

    def test_keep(self):
        keep = self.document("primitives: {a: {agent: 'ocf:pacemaker:Dummy', params: {passwd: {keep: secret}}}}\n", "k.yaml")
        self.assertStatus(65, self.on_file("plan", keep))
        self.assertIn('name="passwd" value="crmsync:keep-secret"', crmsync("render", keep, "--format", "xml").out)
        self.assertStatus(0, self.on_file("apply", self.secret, "--yes", env=self.env))
        self.assertStatus(0, self.on_file("apply", keep, "--yes"))
        self.assertIn(f"{MARK}3", self.cib.read_text())

    def test_user_parts_of_urls_outside_of_parameters(self):
        url = f"https://u:{MARK}@h/"
        self.cib.write_text(self.cib.read_text().replace(
            "</configuration>", f"""<alerts><alert id="al" path="{url}" description="see {url}"><recipient id="al-1"
            value="{url}1"/><recipient id="al-2" value="/x"/><recipient id="al-3" value="{url}3"/></alert></alerts>
            </configuration>""").replace(
            'type="Dummy">', f'type="Dummy" description="{url}"><operations><op id="m" name="monitor" interval="9s" description="{url}"/></operations>').replace(
            "</resources>", f"""<bundle id="b"><podman image="{url}" options="-e X={url}" run-command="run {url}"/><network ip-range-start="192.0.2.1"/>
            <storage><storage-mapping id="s" source-dir="/" target-dir="/s" options="{url}"/></storage></bundle></resources>"""))
        for form in ("yaml", "json", "xml"):
            with self.subTest(form):
                document = self.document(self.assertHidden(self.assertStatus(0, self.on_file("export", "--format", form))).out, "e." + form)
                self.assertStatus(0, self.on_file("plan", document, "--prune-all", "--exact", "--detailed-exitcode"))
                shown = self.document(self.assertStatus(0, self.on_file("export", "--show-secrets", "--format", form)).out, "s." + form)
                self.assertEqual(shown.read_text().count(MARK), 10)
                self.assertStatus(0, self.on_file("plan", shown, "--detailed-exitcode"))
                for other in ("yaml", "json", "xml"):
                    self.assertHidden(self.assertStatus(0, crmsync("render", shown, "--format", other)))
        change = self.document(f"""
alerts:
  al:
    path: {{keep: secret}}
    recipients: [{{value: "{url}1"}}, {{value: /x}}, {{id: al-3, value: "https://u:{MARK}new@h/3"}}]
""")
        result = self.assertHidden(self.assertStatus(0, self.on_file("plan", change)))
        self.assertIn("https://(secret)@h/3 changed", result.out)
        self.assertHidden(self.assertStatus(0, self.on_file("plan", change, "--format", "json")))
        self.assertHidden(self.assertStatus(64, self.on_file("plan", change, "--format", "xml")))
        self.assertStatus(0, self.on_file("apply", change, "--yes"))
        self.assertIn(f'path="{url}"', self.cib.read_text())
        # There is nothing to keep.
        none = self.document("alerts: {new: {path: {keep: secret}}}\n", "n.yaml")
        self.assertSays(self.assertStatus(65, self.on_file("plan", none)), "n.yaml:1:10: error: .*'path'")


class SafetyTests(FaultCase):
    def assertRefusedWithout(self, option, document, env=None, says=""):
        """plan says so and ends well; apply refuses, naming the option; with it, it goes through."""
        run_ = (lambda *a: crmsync(*a, env=env)) if env else (lambda *a: self.on_file(*a))
        plan = self.assertStatus(0, run_("plan", document))
        self.assertRegex(plan.out + plan.err, re.escape(option))
        refused = self.assertStatus(3, run_("apply", document, "--yes"))
        self.assertSays(refused, re.escape(option), says)
        return self.assertStatus(0, run_("apply", document, "--yes", option))

    def test_last_fencing_device(self):
        self.assertRefusedWithout("--allow-unfenced", self.document("delete: [st]\n"), says="fencing")

    def test_fencing_itself(self):
        self.assertRefusedWithout("--allow-unfenced", self.document("properties: {stonith-enabled: off}\n"), says="fencing")

    def test_disabling_the_last_device(self):
        self.assertRefusedWithout("--allow-unfenced", self.document(
            "stonith: {st: {agent: fence_dummy, meta: {target-role: Stopped}}}\n"), says="fencing")

    def test_refusal_changes_nothing(self):
        document = self.document("delete: [st]\n" + CHANGE)
        self.assertUntouched(lambda: self.assertStatus(3, self.on_file("apply", document, "--yes")))

    def test_force_makes_it_a_warning(self):
        result = self.on_file("apply", self.document("delete: [st]\n"), "--yes", "--force")
        self.assertSays(self.assertStatus(0, result), "warning")

    def test_deleting_what_runs(self):
        """It is told to stop, and stays where it does not; Tests/Live has one that does."""
        document = self.document("delete: [a]\n")
        env = self.live(status=NODE_STATUS)
        self.script("bin/crm_resource", "#!/bin/sh\nexit 0\n")
        plan = self.assertStatus(0, crmsync("plan", document, env=env))
        self.assertIn("Stopped first, in a transaction of its own, as it runs:\n    a on n1\n", plan.out)
        result = self.assertStatus(74, crmsync("apply", document, "--yes", env=env))
        self.assertSays(result, "do not stop, and nothing was deleted", "a on n1", "apply again")
        self.assertEqual(self.patches(), 1)
        patch = (self.folder / "patch").read_text()
        self.assertIn('name="target-role" value="Stopped"', patch)
        self.assertNotIn('operation="delete"', patch)
        # At once, where the user says so.
        self.assertStatus(0, crmsync("apply", document, "--yes", "--no-stop-first", env=env))
        self.assertEqual(self.patches(), 2)
        self.assertIn('operation="delete"', (self.folder / "patch").read_text())

    def test_a_saved_plan_stops_nothing(self):
        document, saved = self.document("delete: [a]\n"), self.folder / "saved"
        env = self.live(status=NODE_STATUS)
        self.assertStatus(0, crmsync("plan", document, "--out", saved, env=env))
        self.assertSays(self.assertStatus(3, crmsync("apply", saved, "--yes", env=env)), "stopped first", "--no-stop-first")
        self.assertEqual(self.patches(), 0)

    def test_deleting_what_is_unmanaged(self):
        rule = '<rule id="r" score="0"><expression id="e" attribute="night" operation="defined"/></rule>'
        for when in ("", rule):
            env = self.live(status=NODE_STATUS, inside=f'<meta_attributes id="m">{when}<nvpair id="mm" name="is-managed" '
                                                       'value="false"/></meta_attributes>')
            result = crmsync("apply", self.document("delete: [a]\n"), "--yes", "--no-stop-first", env=env)
            self.assertSays(self.assertStatus(3, result), "managed")
            self.assertEqual(self.patches(), 0)

    def test_remote_that_does_not_answer(self):
        by_template = """templates: {host: {agent: 'ocf:pacemaker:remote', params: {port: 9}}}
primitives: {r: {template: host, params: {server: 127.0.0.1}}}
"""
        for text in ("remotes: {r: {server: 127.0.0.1, port: 9}}\n", by_template):
            with self.subTest(text):
                document = self.document(text)
                env = self.live()
                plan = self.assertStatus(0, crmsync("plan", document, env=env))
                self.assertIn("WILL BE FENCED", plan.out + plan.err)
                result = self.assertStatus(3, crmsync("apply", document, "--yes", env=env))
                self.assertSays(result, "127.0.0.1 port 9", "--allow-unreachable-remotes")
                self.assertEqual(self.patches(), 0)
                self.assertStatus(0, crmsync("apply", document, "--yes", "--allow-unreachable-remotes", env=env))
                (self.folder / "patches").unlink()

    def test_no_quorum_and_no_dc(self):
        for attributes, says in ((' have-quorum="0" dc-uuid="1"', "quorum"), (' have-quorum="1"', "DC")):
            with self.subTest(says):
                result = crmsync("apply", self.document(CHANGE), "--yes", env=self.live(attributes=attributes))
                self.assertSays(self.assertStatus(69, result), says)
                self.assertEqual(self.patches(), 0)

    def test_undeletable(self):
        self.file("cib.xml", cib().replace(
            "</configuration>", '<fencing-topology><fencing-level id="f" target="n1" index="1" devices="st"/>'
            "</fencing-topology></configuration>"))
        document = self.document("delete: [st]\n")
        self.assertUntouched(lambda: self.assertSays(
            self.assertStatus(65, self.on_file("apply", document, "--yes", "--allow-unfenced")), "level"))


class SavedPlanTests(FaultCase):
    def test_applies_once(self):
        saved = self.folder / "saved"
        self.assertStatus(0, self.on_file("plan", self.document(CHANGE), "--out", saved))
        self.assertStatus(0, self.on_file("apply", saved, "--yes"))
        self.assertIn('name="fake"', self.cib.read_text())

    def test_stale(self):
        saved = self.folder / "saved"
        self.assertStatus(0, self.on_file("plan", self.document(CHANGE), "--out", saved))
        self.assertStatus(0, self.on_file("apply", self.document("properties: {cluster-delay: 61s}\n", "o.yaml"), "--yes"))
        self.assertUntouched(lambda: self.assertStatus(75, self.on_file("apply", saved, "--yes")))

    def test_damaged(self):
        saved = self.folder / "saved"
        self.assertStatus(0, self.on_file("plan", self.document(CHANGE), "--out", saved))
        saved.write_bytes(saved.read_bytes()[:-20])
        self.assertUntouched(lambda: self.assertStatus(65, self.on_file("apply", saved, "--yes")))

    def test_nothing_to_do(self):
        saved, nothing = self.folder / "saved", self.document("properties: {stonith-enabled: true}\n", "n.yaml")
        self.assertStatus(0, self.on_file("plan", nothing, "--out", saved))
        self.assertEqual(self.assertStatus(0, self.on_file("apply", saved)).out, "In sync: the cluster is as the documents say.\n")

    def test_dry_run(self):
        saved = self.folder / "saved"
        self.save(0, saved)
        self.assertUntouched(lambda: self.assertNotIn("Applied", self.assertStatus(0, self.on_file("apply", saved, "--dry-run")).out))

    def save(self, status, path):
        return self.assertStatus(status, self.on_file("plan", self.document(CHANGE), "--out", path), f"for {path}")

    def test_replaces_no_pipe_and_no_folder(self):
        pipe, link = self.folder / "pipe", self.folder / "link"
        os.mkfifo(pipe)
        link.symlink_to(pipe)
        for path in (pipe, link, self.bin):
            self.assertSays(self.save(74, path), str(path))
        self.assertTrue(pipe.is_fifo() and link.is_symlink() and self.bin.is_dir())

    def test_writes_through_a_link(self):
        saved, link = self.folder / "plans" / "saved", self.folder / "link"
        saved.parent.mkdir()
        link.symlink_to(saved)
        self.save(66, link)
        saved.touch()
        self.save(0, link)
        self.assertTrue(link.is_symlink())
        self.assertStatus(0, self.on_file("apply", saved, "--yes"))

    def test_replaces_nothing_that_it_is_made_from(self):
        saved = self.folder / "saved"
        self.save(0, saved)
        self.save(0, saved)
        document, link = self.document(CHANGE), self.folder / "link"
        link.symlink_to(self.cib)
        for path in (document, self.cib, link):
            self.assertUntouched(lambda: self.assertSays(self.save(74, path), "made from"))
        self.assertEqual(document.read_text(), CHANGE)


if __name__ == "__main__":
    unittest.main()
