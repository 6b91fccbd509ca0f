"""What the tests share: the program, the tools of Pacemaker, the corpus."""

import atexit
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "cibs"
PLANS = ROOT / "fixtures" / "plans"
# crmsh of Debian 13, a release candidate of 5.0, does not load what 4.4 loads (references by id to what is new, several
# statements at once): nothing to compare with.
HAS_CRM = shutil.which("crm") is not None and not subprocess.run(
    ["crm", "--version"], stdout=subprocess.PIPE, text=True).stdout.startswith("crm 5.0.0")
NO_CRM = "there is no crmsh to compare with"
# What tools and libraries print is recorded with those of Debian 12; later ones word some of it otherwise.
HAS_RECORDED_TOOLS = "Pacemaker 2.1.5" in subprocess.run(["cibadmin", "--version"], stdout=subprocess.PIPE, text=True).stdout
NO_RECORDED_TOOLS = "recorded with the tools of Debian 12"
FULL = os.environ.get("CRMSYNC_FULL") == "1"


def _program():
    named = os.environ.get("CRMSYNC")
    if named:
        return str(Path(named).resolve())
    for build in ("release", "debug"):
        path = ROOT / ".build" / build / "crmsync"
        if path.exists():
            return str(path)
    raise SystemExit("no crmsync: run `swift build`, or set CRMSYNC")


PROGRAM = _program()

# No test is to write into the history of this machine.
STATE = tempfile.mkdtemp(prefix="crmsync-state-")
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["CRMSYNC_STATE_DIR"] = STATE


def environment(**changes):
    """This process's environment without what would choose a cluster; None unsets a variable."""
    result = {k: v for k, v in os.environ.items() if k not in ("CIB_file", "CIB_shadow")}
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = str(value)
    return result


class Result:
    """What a finished process said."""

    def __init__(self, status, out, err, command):
        self.status, self.out, self.err, self.command = status, out, err, command

    def __str__(self):
        return (f"{' '.join(map(str, self.command))}\nexit {self.status}\n"
                f"--- stdout\n{self.out[:4000]}\n--- stderr\n{self.err[:4000]}")


def run(*command, stdin="", env=None, timeout=120, stdout=subprocess.PIPE):
    """Runs a command to its end; text that is no UTF-8 is kept readable."""
    done = subprocess.run(
        [str(c) for c in command],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        stdout=stdout, stderr=subprocess.PIPE,
        env=environment() if env is None else env, timeout=timeout)
    return Result(
        done.returncode, (done.stdout or b"").decode(errors="replace"),
        done.stderr.decode(errors="replace"), command)


def crmsync(*arguments, **options):
    return run(PROGRAM, *arguments, **options)


def tool(name, cib, *arguments, **options):
    """Runs a tool of Pacemaker on a CIB file."""
    return run(name, *arguments, env=environment(CIB_file=cib), **options)


def query(cib):
    """The CIB in a file as cibadmin reads it, or None if it does not."""
    result = tool("cibadmin", cib, "--query")
    if result.status != 0:
        return None
    try:
        return etree.fromstring(result.out.encode())
    except etree.XMLSyntaxError:
        # Pacemaker 2.1.5 escapes in attributes named "value" only.
        return None


def accepted(path):
    """True if cibadmin reads a copy of the file and finds a configuration in it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "cib.xml"
        shutil.copyfile(path, copy)
        copy.chmod(0o644)
        cib = query(copy)
    return cib is not None and cib.find("configuration") is not None


def corpus():
    """All CIBs to test with: our own, and those of the folder CRMSYNC_CORPUS, as far as cibadmin reads them."""
    paths = sorted(FIXTURES.glob("*.xml"))
    folder = os.environ.get("CRMSYNC_CORPUS")
    if folder:
        if not Path(folder).is_dir():
            raise SystemExit(f"CRMSYNC_CORPUS: no folder {folder}")
        paths += sorted(Path(folder).rglob("*.xml"))
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(accepted, paths))
    return [path for path, good in zip(paths, verdicts) if good]


def two_at_a_time(work, items):
    """The results of `work` over all items, in order, with two processes running."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, items))


def say(text):
    """A line for whoever reads the log of the run."""
    print(text, file=sys.stderr, flush=True)


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="crmsync-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def script(self, name, content):
        path = self.file(name, content)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def copy(self, source, name="cib.xml"):
        path = self.folder / name
        shutil.copyfile(source, path)
        path.chmod(0o644)
        return path

    def until(self, condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not come to that")
            time.sleep(0.01)

    def assertStatus(self, expected, result, note=""):
        if result.status != expected:
            self.fail(f"expected exit {expected} {note}\n{result}")
        return result
