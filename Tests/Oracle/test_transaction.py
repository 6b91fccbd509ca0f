"""One transaction, and what is around it: other writers, saved plans, secrets on their way, files with odd names."""

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


class ApplyCase(Case):
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


class TransactionTests(ApplyCase):
    def patching(self, script):
        return self.fake('if [[ " $* " == *" --patch "* || " $* " == *" -P "* ]]; then\n'
                         f'echo "$*" >>$HERE/patches\n{script}\nfi\nexec $REAL "$@"')

    def test_conflict_with_a_change_of_someone_else(self):
        script = '''if [ ! -e $HERE/once ]; then touch $HERE/once
$REAL --create -o resources -X '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"/>'; fi'''
        self.assertStatus(0, self.apply(env=self.patching(script)))
        found = [r.get("id") for r in query(self.cib).find("configuration/resources")]
        self.assertEqual(found, ["a", "b", "theirs", "new"])
        self.assertGreaterEqual(len((self.folder / "patches").read_text().splitlines()), 2)

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

    def test_killed_while_it_sends(self):
        """cibadmin 2.1.5 mends a patch that is cut off, and would apply what there is of it."""
        count = 1500
        self.cib = self.file("cib.xml", run("cibadmin", "--empty").out)
        self.assertStatus(0, self.apply(self.file("many.yaml", "primitives:\n" + "".join(
            f"  a-resource-with-a-rather-long-name-{number}: {{agent: 'ocf:pacemaker:Dummy'}}\n" for number in range(count)))))
        before = len(query(self.cib).findall("configuration/resources/primitive"))
        env = self.patching('touch $HERE/begun; until [ -e $HERE/go ]; do sleep 0.01; done; $REAL "$@"; touch $HERE/done; exit 0')
        command = [PROGRAM, "apply", "--yes", "--prune-all", "--cib-file", self.cib, self.document]
        with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            self.until((self.folder / "begun").exists)
            time.sleep(0.3)  # It writes as much as it can.
            process.kill()
        (self.folder / "go").touch()
        self.until((self.folder / "done").exists)
        after = len(query(self.cib).findall("configuration/resources/primitive"))
        self.assertEqual(before, count)
        self.assertEqual(after, 1, "neither nothing nor all of the patch was applied" if after != before else "nothing was")

    def test_apply_leaves_nothing_behind(self):
        self.assertStatus(0, self.apply())
        self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])
        left = [n for n in os.listdir(self.folder) if n not in ("cib.xml", "new.yaml") and not n.startswith("cib.xml.")]
        self.assertEqual(left, [])

    def test_a_file_like_an_option(self):
        self.file("--force.yaml", DOCUMENT)
        result = subprocess.run([PROGRAM, "apply", "--yes", "--cib-file", "cib.xml", "--", "--force.yaml"], cwd=self.folder,
                                env=environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = subprocess.run([PROGRAM, "apply", "--yes", "--cib-file", "cib.xml", "--force.yaml"], cwd=self.folder,
                                env=environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 64, result.stderr)

    def test_unknown_extension(self):
        path = self.file("cluster.txt", DOCUMENT)
        self.assertStatus(64, crmsync("plan", "--cib-file", self.cib, path))
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "--input-format", "yaml", path))
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "-", stdin=DOCUMENT))


class SavedPlanTests(ApplyCase):
    def save(self):
        plan = self.folder / "saved.plan"
        self.assertStatus(0, crmsync("plan", "--cib-file", self.cib, "--out", plan, self.document))
        return plan

    def test_mode_of_a_file_that_was_there(self):
        plan = self.file("saved.plan", "old")
        plan.chmod(0o644)
        self.save()
        self.assertEqual(stat.S_IMODE(plan.stat().st_mode), 0o600)

    def test_status_alone_is_not_stale(self):
        plan = self.save()
        run("cibadmin", "--modify", "-o", "status", "-X", '<node_state id="1" uname="n1" crm-debug-origin="test"/>',
            env=environment(CIB_file=self.cib))
        self.assertStatus(0, self.apply(plan))
        self.assertIn("new", [r.get("id") for r in query(self.cib).find("configuration/resources")])


class SecretTests(ApplyCase):
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
                self.assertIn("(secret)", result.out)
        self.assertNotIn(SECRET, (self.folder / "argv").read_text())
        values = [n.get("value") for n in query(self.cib).iter("nvpair")]
        for end in ("file", "env", "key"):
            self.assertIn(f"{SECRET}-{end}", values)

    def test_one_newline_is_cut(self):
        self.secret.write_text(SECRET + "-file\n\n")
        self.assertStatus(0, crmsync("apply", "--yes", "--cib-file", self.cib, self.document, env=self.env()))
        # Pacemaker 2.1.5 writes a line's end as backslash and n.
        self.assertTrue({SECRET + "-file\n", SECRET + "-file\\n"} & {n.get("value") for n in query(self.cib).iter("nvpair")})

    def test_cibsecret_is_no_change(self):
        document = self.file("l.yaml", f"primitives: {{lrm: {{agent: 'ocf:pacemaker:Dummy', params: {{passwd: {SECRET}}}}}}}\n")
        result = self.assertStatus(0, crmsync("plan", "--detailed-exitcode", "--cib-file", self.cib, document))
        self.hidden(result)


if __name__ == "__main__":
    unittest.main()
