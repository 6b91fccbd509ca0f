"""The Debian packages that `make deb` has made: what is in them, and what lintian and the manual's readers say of it."""

import gzip
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".build" / "deb"


def run(*command):
    return subprocess.run([str(one) for one in command], capture_output=True, text=True)


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = {re.match(r"[^_]+", path.name)[0]: path for path in FOLDER.glob("*.deb")}
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = Path(cls.folder.name)
        for name in ("crmsync", "crmsync-fencing"):
            assert run("dpkg-deb", "--extract", cls.files[name], cls.root).returncode == 0
        cls.crmsync = cls.root / "usr/bin/crmsync"

    def test_lintian(self):
        checked = run("lintian", "--allow-root", "--fail-on", "error", self.files["crmsync"], self.files["crmsync-fencing"])
        self.assertEqual(0, checked.returncode, checked.stdout + checked.stderr)

    def test_what_is_there(self):
        listed = "".join(run("dpkg-deb", "--contents", self.files[name]).stdout for name in ("crmsync", "crmsync-fencing"))
        modes = {line.split()[5]: line.split()[0] for line in listed.splitlines()}
        for path, mode in {
                "./usr/bin/crmsync": "-rwxr-xr-x", "./usr/sbin/fence_maas": "-rwxr-xr-x",
                "./usr/lib/stonith/plugins/external/maas": "-rwxr-xr-x", "./etc/crmsync/": "drwxr-xr-x",
                "./usr/share/crmsync/document.schema.json": "-rw-r--r--",
                "./usr/share/bash-completion/completions/crmsync": "-rw-r--r--",
                "./usr/share/zsh/vendor-completions/_crmsync": "-rw-r--r--",
                "./usr/share/fish/vendor_completions.d/crmsync.fish": "-rw-r--r--",
                "./lib/systemd/system/crmsync-drift.timer": "-rw-r--r--",
                "./usr/share/man/man5/crmsync-document.5.gz": "-rw-r--r--",
                "./usr/share/man/man7/stonith_external_maas.7.gz": "-rw-r--r--"}.items():
            self.assertEqual(mode, modes.get(path), path)
        self.assertEqual(["root/root"], sorted({line.split()[1] for line in listed.splitlines()}))

    def test_no_key_is_in_them(self):
        """Neither those of the tests, which may have been run where the packages are made, nor that machine's folders."""
        sys.path.insert(0, str(ROOT / "fixtures" / "maas-sandbox"))
        from maas_sandbox.sandbox import APIKEY
        unwanted = [part.encode() for part in (*APIKEY.split(":"), "Zx81NeverToBeSeen", f"{ROOT}/")]
        files = [path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()]
        self.assertGreater(len(files), 20)
        for path in files:
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            self.assertEqual([], [one for one in unwanted if one in content], path)

    def test_versions_agree(self):
        said = run(self.crmsync, "--version").stdout.split()[1]
        for path in (self.files["crmsync"], self.files["crmsync-fencing"]):
            self.assertEqual(said, run("dpkg-deb", "--field", path, "Version").stdout.strip())

    def test_every_command_has_its_page(self):
        help = json.loads(run(self.crmsync, "--experimental-dump-help").stdout)["command"]

        def pages(command, names=()):
            names = (*names, command["commandName"])
            yield "-".join(names), command
            for one in command.get("subcommands", []):
                if one["commandName"] != "help":
                    yield from pages(one, names)

        for name, command in pages(help):
            page = self.root / f"usr/share/man/man8/{name}.8.gz"
            shown = run("man", "--warnings", "--local-file", page)
            self.assertEqual("", shown.stderr, name)
            for argument in command["arguments"]:
                for one in argument.get("names", []):
                    if argument["shouldDisplay"] and one["name"] not in ("version", "help", "h"):
                        self.assertIn(f"--{one['name']}", shown.stdout.replace("\u2010", "-"), name)

    def test_every_page_can_be_read(self):
        pages = sorted(self.root.glob("usr/share/man/man*/*.gz"))
        self.assertGreater(len(pages), 15)
        for page in pages:
            self.assertEqual("", run("man", "--warnings", "--local-file", page).stderr, page)
            # mandb and apropos go by this line.
            self.assertRegex(gzip.decompress(page.read_bytes()).decode(), r"\n\.SH NAME\n\S+ \\- \S", page)

    def test_bash_completes(self):
        script = self.root / "usr/share/bash-completion/completions/crmsync"
        self.assertEqual(0, run("bash", "-n", script).returncode)
        ask = f"source {script}; COMP_WORDS=(crmsync pl); COMP_CWORD=1; _crmsync; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        self.assertIn("plan", run("bash", "-c", ask).stdout.split())

    def test_fish_completes(self):
        script = self.root / "usr/share/fish/vendor_completions.d/crmsync.fish"

        def offered(line):
            asked = run("env", f"PATH={self.crmsync.parent}:{os.environ['PATH']}", "fish", "--no-config", "--command",
                        f"source {script}; complete --do-complete '{line}'")
            self.assertEqual("", asked.stderr)
            return [one.split("\t")[0] for one in asked.stdout.splitlines()]

        self.assertEqual(["plan"], offered("crmsync pl"))
        self.assertEqual(["--detailed-exitcode"], offered("crmsync plan --deta"))
        self.assertEqual(["check"], offered("crmsync fencing c"))

    def test_zsh_completes(self):
        """On a terminal, with Tab, as zsh completes nowhere else."""
        functions = self.root / "usr/share/zsh/vendor-completions"
        terminal, end = pty.openpty()
        zsh = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=end, stdout=end, stderr=end, start_new_session=True,
            env={"PATH": f"{self.crmsync.parent}:/usr/bin:/bin", "HOME": self.folder.name, "TERM": "dumb", "LANG": "C.UTF-8"})
        os.close(end)

        def typed(text, until):
            os.write(terminal, text.encode())
            shown, limit = "", time.monotonic() + 30
            while until not in shown and time.monotonic() < limit:
                if select.select([terminal], [], [], 0.2)[0]:
                    shown += os.read(terminal, 65536).decode(errors="replace")
            self.assertIn(until, shown)

        try:
            # What is typed comes back: the quotes keep the command from looking like its result.
            typed(f"PS1='rea''dy> '; fpath=({functions} $fpath); autoload -Uz compinit; compinit -D -u\n", "ready> ")
            typed("crmsync pl\t", "crmsync plan ")
            typed("--deta\t", "--detailed-exitcode")
        finally:
            os.close(terminal)
            zsh.kill()
            zsh.wait()

    def test_the_schema_is_the_programs(self):
        installed = json.loads((self.root / "usr/share/crmsync/document.schema.json").read_text())
        self.assertEqual(json.loads(run(self.crmsync, "schema").stdout), installed)

    def test_it_runs_without_swift(self):
        for program in ("usr/bin/crmsync", "usr/sbin/fence_maas", "usr/lib/stonith/plugins/external/maas"):
            linked = run("ldd", self.root / program).stdout
            self.assertNotIn("swift", linked)
            self.assertNotIn("not found", linked)

    def test_the_timer_is_off(self):
        scripts = run("dpkg-deb", "--info", self.files["crmsync"], "postinst").stdout
        # What debhelper writes for units that are enabled by whoever wants them: an upgrade restores that, no more.
        self.assertIn("if deb-systemd-helper debian-installed 'crmsync-drift.timer'; then", scripts)
        self.assertNotRegex(scripts, r"deb-systemd-invoke (re)?start")
        unit = (self.root / "lib/systemd/system/crmsync-drift.service").read_text()
        self.assertIn("ExecStart=/usr/bin/crmsync plan --detailed-exitcode", unit)


if __name__ == "__main__":
    unittest.main()
