"""Every command that a page of the manual shows is run, and what it prints is what the page says.

    RECORD=1 python3 -m unittest test_pages     writes what is printed into the pages

A block ```console is a session in bash: lines after "$ " are typed ("> " goes on with one), the others are what comes of it. A
line "…" stands for any number of lines. The blocks of a page are one session, in a folder of its own.
"""

import os
import re
import subprocess
import unittest

from support import PROGRAM, ROOT, Case, environment, say

PAGES = [ROOT / "docs" / name for name in ("tutorial.md", "tasks.md")]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
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

    def __init__(self, folder):
        programs = folder / "bin"
        programs.mkdir()
        (programs / "crmsync").symlink_to(PROGRAM)
        env = environment(PATH=f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", HOME=folder, LANG="C.UTF-8", COLUMNS="80",
                          CRMSYNC_STATE_DIR=folder / "state")
        work = folder / "work"
        work.mkdir()
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env,
                                     stderr=subprocess.STDOUT, cwd=work, text=True)

    def run(self, command):
        self.bash.stdin.write(f"{command}\necho; echo '{self.END}'\n")
        self.bash.stdin.flush()
        lines = []
        for line in self.bash.stdout:
            if line.rstrip("\n") == self.END:
                break
            lines.append(line.rstrip("\n"))
        # Of the echo.
        if lines and not lines[-1]:
            lines.pop()
        return lines

    def end(self):
        self.bash.stdin.close()
        self.bash.wait(timeout=30)
        self.bash.stdout.close()


class Pages(Case):
    def test_every_command(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                self.walk(page)

    def walk(self, page):
        folder = self.folder / page.stem
        folder.mkdir()
        session = Session(folder)
        self.addCleanup(session.end)
        text = page.read_text()
        count, wrong, recorded = 0, [], text
        for block in BLOCK.findall(text):
            written = ""
            for command, expected in steps(block):
                printed = session.run(command)
                count += 1
                typed = "$ " + command.replace("\n", "\n> ") + "\n"
                if fits(expected, printed):
                    written += typed + "".join(line + "\n" for line in expected)
                    continue
                written += typed + "".join(line + "\n" for line in printed)
                wrong.append(f"$ {command}\nsaid:\n" + "\n".join(printed) + "\nand the page has:\n" + "\n".join(expected))
            recorded = recorded.replace(block, written, 1)
        if os.environ.get("RECORD") == "1":
            page.write_text(recorded)
            return
        self.assertGreater(count, 8)
        self.assertEqual([], wrong, "\n\n".join(wrong))
        for line in text.splitlines():
            self.assertLessEqual(len(line), 130, line)
        say(f"    {page.name}: {count} commands")


if __name__ == "__main__":
    unittest.main()
