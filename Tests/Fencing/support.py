"""What the tests of fencing share: the agents, the sandbox, a syslog of our own, and what must hold after every call."""

import ctypes
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fixtures" / "maas-sandbox"))

from maas_sandbox import Sandbox  # noqa: E402


def _program(variable, name):
    named = os.environ.get(variable)
    if named:
        return str(Path(named).resolve())
    for build in ("release", "debug"):
        path = ROOT / ".build" / build / name
        if path.exists():
            return str(path)
    return None


PLUGIN = _program("MAAS_PLUGIN", "maas")
AGENT = _program("FENCE_MAAS", "fence_maas")
needs_agents = unittest.skipUnless(PLUGIN and AGENT, "no agents: run `swift build`, or set MAAS_PLUGIN and FENCE_MAAS")


# Some answers of the sandbox never end: what reads them to the end must not take the machine along.
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))


# MARK: a mount namespace of our own, with a syslog of our own

def _mount(source, target, kind=None, flags=0, data=None):
    libc = ctypes.CDLL(None, use_errno=True)
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    if libc.mount(*encoded[:3], ctypes.c_ulong(flags), encoded[3]) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(target))


_BIND, _REC, _PRIVATE, _MOVE = 0x1000, 0x4000, 1 << 18, 0x2000


def _enter_namespace():
    """Gives this process mounts of its own: /dev with a socket `log`. Nothing of the machine changes.

    Must come before any thread is started. Returns why it did not work, or None.
    """
    new_mounts, new_user = 0x20000, 0x10000000
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(new_mounts if user == 0 else new_mounts | new_user) != 0:
        return f"no mount namespace: {os.strerror(ctypes.get_errno())}"
    try:
        if user != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        _mount(None, "/", None, _REC | _PRIVATE)
        folder = tempfile.mkdtemp(prefix="crmsync-dev-")
        _mount("tmpfs", folder, "tmpfs")
        for name in ("null", "zero", "full", "random", "urandom", "tty", "pts", "shm"):
            device = Path("/dev", name)
            if device.exists():
                place = Path(folder, name)
                place.mkdir() if device.is_dir() else place.touch()
                _mount(device, place, None, _BIND | _REC)
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
            Path(folder, name).symlink_to(target)
        _mount(folder, "/dev", None, _MOVE)
        os.rmdir(folder)
    except OSError as error:
        return f"no mounts of our own: {error}"
    return None


def install_agents():
    """Puts the agents where Pacemaker looks for them, for this process and its children only."""
    for program, name, folder in (
            (PLUGIN, "maas", "/usr/lib/stonith/plugins/external"), (AGENT, "fence_maas", "/usr/sbin")):
        layer = Path(tempfile.mkdtemp(prefix="crmsync-layer-"))
        layer.chmod(0o755)
        _mount("tmpfs", layer, "tmpfs")
        shutil.copyfile(program, layer / name)
        (layer / name).chmod(0o755)
        _mount("overlay", folder, "overlay", 0, f"lowerdir={layer}:{folder}")
        # The overlay keeps what it is made of.
        detach = 2
        ctypes.CDLL(None).umount2(os.fsencode(layer), detach)
        layer.rmdir()
    # crm writes down what it is told.
    if Path("/var/log/crmsh").is_dir():
        _mount("tmpfs", "/var/log/crmsh", "tmpfs")


class _Syslog:
    """Receives what is sent to /dev/log, and keeps it by process."""

    def __init__(self):
        self._lines = []
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            data = self._socket.recv(65536)
            with self._lock:
                self._lines.append(data)

    def of(self, pid):
        """The lines of a process that has ended, without time: (priority, text)."""
        # What a process has sent is in the socket's queue by the time it has ended.
        mark = f"drained {time.monotonic_ns()}".encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, "/dev/log")
        while True:
            with self._lock:
                if mark in self._lines:
                    self._lines.remove(mark)
                    mine = [line for line in self._lines if b"[%d]: " % pid in line]
                    self._lines = [line for line in self._lines if line not in mine]
                    break
            time.sleep(0.001)
        result = []
        for line in mine:
            match = re.match(r"<(\d+)>.*?\[\d+\]: (.*)", line.decode(errors="replace"), re.DOTALL)
            result.append((int(match[1]) & 7, match[2].rstrip("\0")))
        return result

    def everything(self):
        """All lines, with their tags, and forgets them."""
        time.sleep(0.05)
        with self._lock:
            lines, self._lines = self._lines, []
        return [line.decode(errors="replace") for line in lines]


IS_ROOT = os.getuid() == 0
NO_NAMESPACE = _enter_namespace()
SYSLOG = None if NO_NAMESPACE else _Syslog()
needs_namespace = unittest.skipIf(NO_NAMESPACE, NO_NAMESPACE)


# MARK: running the agents

class Result:
    """A call of a program that has ended, or was killed because it did not."""

    def __init__(self, command, status, out, err, began, ended, syslog):
        self.command, self.status, self.out, self.err, self.syslog = command, status, out, err, syslog
        self.began, self.ended = began, ended

    @property
    def seconds(self):
        return self.ended - self.began

    @property
    def log(self):
        return [text for _, text in self.syslog]

    def __str__(self):
        log = "\n".join(f"{priority} {text}" for priority, text in self.syslog)
        return (f"{' '.join(map(str, self.command))[:400]}\nexit {self.status} after {self.seconds:.2f} s\n"
                f"--- stdout\n{self.out[:2000]}\n--- stderr\n{self.err[:2000]}\n--- syslog\n{log[:2000]}")


def run(*command, env=None, stdin="", timeout=60):
    """Runs a program to its end, or kills it with all its children."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], **(env or {})}, start_new_session=True)
    try:
        out, err = process.communicate(stdin.encode(errors="surrogateescape"), timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        status = None
    ended = time.monotonic()
    log = SYSLOG.of(process.pid) if SYSLOG else []
    return Result(command, status, out.decode(errors="replace"), err.decode(errors="replace"), began, ended, log)


def plugin(verb, host=None, *, env=None, timeout=60, **parameters):
    """Runs external/maas; the parameters go to its environment, those that are None do not."""
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    return run(PLUGIN, verb, *([] if host is None else [host]), env={**given, **(env or {})}, timeout=timeout)


def agent(action, plug=None, *, env=None, timeout=60, **parameters):
    """Runs fence_maas with its parameters on standard input."""
    given = {"action": action, "plug": plug, **parameters}
    lines = "".join(f"{name}={value}\n" for name, value in given.items() if value is not None)
    return run(AGENT, env=env, stdin=lines, timeout=timeout)


# MARK: what must hold after every call

OFF_VERBS = ("off", "reset", "reboot")
PATHS = re.compile(r"/MAAS/api/2\.0/(users/|machines/|machines/[a-z0-9]{6}/)")


def avoidable(danger):
    """False for what happened in the moment between the last check and the order, which no client can make shorter."""
    return danger.get("announced", True) and danger.get("doubt") != "somebody, after it was confirmed off"


def violations(maas, result, verb, deadline, name="node1", initial="on"):
    """What is wrong with a call, by what the sandbox knows to be true; [] if all is well.

    initial: the true power state of the machine before the call.
    """
    wrong = []
    if result.status is None:
        wrong.append("did not end")
    elif result.seconds > deadline + 1:
        wrong.append(f"took {result.seconds:.1f} s")
    if result.status == 0 and verb in OFF_VERBS:
        wrong += _not_really_off(maas, result, name, initial)
    if result.status == 0 and verb in ("reset", "reboot") and not result.err.strip():
        is_on = name in maas.machines and maas.machines[name].state == "on"  # somebody else was faster
        if not is_on and not any(entry["call"] == "power_on" and entry["status"] == 200 for entry in maas.requests):
            wrong.append("leaves the machine off, and does not say so")
    if result.status == 0 and verb == "on":
        wrong += _not_really_on(maas, result, name)
    for entry in maas.dangers():
        if avoidable(entry):
            wrong.append(f"{entry}")
    for entry in maas.requests:
        if entry["call"] and entry["call"] != "version" and not (entry["oauth"] and entry["oauth_strict"]):
            wrong.append(f"OAuth header not accepted: {entry['path']}")
        if not PATHS.fullmatch(entry["path"].removeprefix("/redirected")):
            wrong.append(f"asked for {entry['path']}")
    wrong += leaks(result, maas.users[maas.user])
    # 2 is an answer of status: off.
    if result.status not in (0, None) and (verb, result.status) != ("status", 2):
        wrong += _silent(result)
    return wrong


def _not_really_off(maas, result, name, initial):
    journal = maas.journal.entries()
    changes = [entry for entry in journal if entry["event"] == "power" and entry["machine"] == name]
    state = ([entry["new"] for entry in changes if entry["at"] < result.began] or [initial])[-1]
    was_off = state == "off" or any(
        entry["new"] == "off" for entry in changes if result.began <= entry["at"] <= result.ended)
    orders = [entry["at"] for entry in journal if entry["event"] == "request" and entry["call"] == "power_off"]
    proofs = [
        entry for entry in journal if entry["event"] == "request" and entry["call"] == "query_power_state"
        and entry["machine"] == name and entry.get("said") == "off" and entry.get("real") == "off"
        and entry["at"] > max(orders, default=result.began)]
    return ([] if was_off else ["FALSE SUCCESS: it was never off"]) + (
        [] if proofs else ["FALSE SUCCESS: no query after the last order said off"])


def _not_really_on(maas, result, name):
    queries = [
        entry for entry in maas.requests
        if entry["call"] == "query_power_state" and entry["machine"] == name and "said" in entry]
    if queries and (queries[-1]["said"], queries[-1]["real"]) == ("on", "on"):
        return []
    return [f"FALSE SUCCESS: not confirmed to be on: {queries[-1:]}"]


def leaks(result, user):
    """Parts of the API key in what a program wrote."""
    places = {"stdout": result.out, "stderr": result.err, "syslog": "\n".join(result.log)}
    return [
        f"{part} in {place}" for part in ("consumer", "token", "secret") for place, text in places.items()
        if getattr(user, part) in text or quote(getattr(user, part), safe="") in text]


def _silent(result):
    """A failure has a reason, for people and for the log, in lines that nobody else can forge."""
    wrong = []
    if not result.err.strip():
        wrong.append("no reason on standard error")
    for line in result.err.splitlines():
        if not re.match(r"(external/maas|fence_maas): \S", line):
            wrong.append(f"a line on standard error that is not the agent's: {line!r}")
    for text in [line for line in re.split(r"\n", result.err)] + result.log:
        if not text.isprintable():
            wrong.append(f"characters that are not printable: {text!r}")
        if len(text) > 2000:
            wrong.append(f"a line of {len(text)} characters")
    if SYSLOG and not any(priority <= 4 for priority, _ in result.syslog):
        wrong.append("no reason in the syslog")
    return wrong


def say(text):
    """A line for whoever reads the log of the run."""
    print(text, file=sys.stderr, flush=True)


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="crmsync-fencing-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def sandbox(self, *arguments, **parameters):
        maas = Sandbox(*arguments, **parameters)
        self.addCleanup(maas.end)
        return maas

    def file(self, name, content, mode=0o644):
        path = self.folder / name
        path.write_text(content)
        path.chmod(mode)
        return path

    def assertStatus(self, expected, result):
        if result.status != expected:
            self.fail(f"expected exit {expected}\n{result}")
        return result
