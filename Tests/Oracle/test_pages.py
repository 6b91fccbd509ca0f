"""Every command that a page of the manual shows is run, and what it prints is what the page says.

    RECORD=1 python3 -m unittest test_pages     writes what is printed into the pages

A block ```console is a session in bash: lines after "$ " are typed ("> " goes on with one), the others are what comes of it. A
line "…" stands for any number of lines. The blocks of a page are one session, in a folder of its own; what has to come first
and is not to be seen stands in a comment, <!-- … -->.

Where a page speaks of MAAS, it is the sandbox, at the address that pages give it; `maas` is its own command line, which prints
the key, and both agents are where Pacemaker looks for them. /etc/crmsync is a folder of the test.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path

from support import HAS_RECORDED_TOOLS, NO_RECORDED_TOOLS, PROGRAM, ROOT, Case, environment, say

sys.path.insert(0, str(ROOT / "fixtures" / "maas-sandbox"))
from maas_sandbox import Sandbox  # noqa: E402

PAGES = [ROOT / "docs" / name for name in ("tutorial.md", "tasks.md", "fencing.md", "crmsh.md", "charm.md")]
# In a list they are indented.
BLOCK = re.compile(r"^( *)```console\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
MAAS = "http://10.0.0.205:5240/MAAS"
PLUGINS = Path("/usr/lib/stonith/plugins/external")
ANY = "…"


def steps(block):
    """The commands of a session, each with the lines that come of it."""
    result = []
    for line in block.splitlines():
        if line.startswith("$ "):
            result.append([line[2:], []])
        elif line.startswith("> ") and not result[-1][1]:
            result[-1][0] += "\n" + line[2:]
        else:
            result[-1][1].append(line)
    return result


def fits(expected, printed):
    if not expected:
        return not printed
    if expected[0] == ANY:
        return any(fits(expected[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and expected[0].rstrip() == printed[0].rstrip() and fits(expected[1:], printed[1:])


class Session:
    """One bash, asked for one thing after another."""

    END = "=== that was it"

    def __init__(self, folder, maas=None):
        programs = folder / "bin"
        programs.mkdir()
        (programs / "crmsync").symlink_to(PROGRAM)
        self.names = {"/etc/crmsync": str(folder / "etc")}
        (folder / "etc").mkdir()
        start = ["bash", "--norc"]
        if maas:
            self.names[MAAS] = maas.url
            self.script(programs / "maas", f"echo {maas.apikey}")
            self.script(programs / "sudo", 'exec "$@"')
            built = Path(PROGRAM).parent
            (programs / "fence_maas").symlink_to(built / "fence_maas")
            shutil.copytree(PLUGINS, folder / "plugins")
            shutil.copy(built / "maas", folder / "plugins" / "maas")
            # stonith(8) looks in one place.
            start = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "bash", "--norc", "-c",
                     f"mount --bind {folder / 'plugins'} {PLUGINS} && exec bash --norc"]
        env = environment(PATH=f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", HOME=folder, LANG="C.UTF-8", COLUMNS="80",
                          CRMSYNC_STATE_DIR=folder / "state", FIXTURES=ROOT / "fixtures")
        work = folder / "work"
        work.mkdir()
        self.bash = subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env,
                                     stderr=subprocess.STDOUT, cwd=work, text=True)

    @staticmethod
    def script(path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def translated(self, text, back=False):
        for shown, real in self.names.items():
            text = text.replace(real, shown) if back else text.replace(shown, real)
        return text

    def run(self, command):
        command = self.translated(command)
        self.bash.stdin.write(f"{command}\necho; echo '{self.END}'\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.rstrip("\n") == self.END:
                break
            lines.append(self.translated(line.rstrip("\n"), back=True))
        # Of the echo.
        if lines and not lines[-1]:
            lines.pop()
        return lines

    def end(self):
        self.bash.stdin.close()
        self.bash.wait(timeout=30)
        self.bash.stdout.close()


@unittest.skipUnless(HAS_RECORDED_TOOLS, NO_RECORDED_TOOLS)
class Pages(Case):
    def test_every_command(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                self.walk(page)

    def walk(self, page):
        folder = self.folder / page.stem
        folder.mkdir()
        text = page.read_text()
        maas = Sandbox(machines=["tidy-goose", "frank-colt"]) if MAAS in text else None
        if maas:
            self.addCleanup(maas.end)
        session = Session(folder, maas)
        self.addCleanup(session.end)
        count, wrong, recorded = 0, [], text
        for indent, block in BLOCK.findall(text):
            written = ""
            for command, expected in steps(textwrap.dedent(block)):
                printed = session.run(command)
                count += 1
                typed = "$ " + command.replace("\n", "\n> ") + "\n"
                if fits(expected, printed):
                    written += typed + "".join(line + "\n" for line in expected)
                    continue
                written += typed + "".join(line + "\n" for line in printed)
                wrong.append(f"$ {command}\nsaid:\n" + "\n".join(printed) + "\nand the page has:\n" + "\n".join(expected))
            recorded = recorded.replace(block, textwrap.indent(written, indent), 1)
        if os.environ.get("RECORD") == "1":
            page.write_text(recorded)
            return
        self.assertGreater(count, 3)
        self.assertEqual([], wrong, "\n\n".join(wrong))
        for line in text.splitlines():
            if not line.startswith("| "):
                self.assertLessEqual(len(line), 130, line)
        say(f"    {page.name}: {count} commands")


if __name__ == "__main__":
    unittest.main()
