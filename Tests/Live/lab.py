"""What the tests on real clusters share: the lab, its MAAS, its witnesses, and the story of what happened."""

import atexit
import ctypes
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "Oracle"))
sys.path.insert(0, str(TESTS.parent / "fixtures" / "maas-sandbox"))

from maas_sandbox import Sandbox  # noqa: E402
from maas_sandbox.sandbox import APIKEY  # noqa: E402
from support import PROGRAM, ROOT, run, say  # noqa: E402

LAB = ROOT / "lab" / "lab"
DOCUMENT = ROOT / "lab" / "cluster.yaml"
MEMBERS = ("juju-f0373f-1-lxd-2", "juju-f0373f-2-lxd-1", "juju-f0373f-3-lxd-3")
REMOTES = ("tidy-goose", "frank-colt", "model-crow")
ADDRESS, PORT = "10.77.0.1", 5240
URL = f"http://{ADDRESS}:{PORT}/MAAS"
# What the principal charm calls them, and where the API behind them listens.
VIPS = {"res_masakari_321f78b_vip": "10.77.0.100", "res_masakari_29a0f9d_vip": "10.77.0.101",
        "res_masakari_578b519_vip": "10.77.0.102"}
API_PORT = 15868


def _agent(variable, name):
    """An agent, by name or beside the program."""
    path = Path(os.environ.get(variable) or Path(PROGRAM).with_name(name))
    return path if path.exists() else None


PLUGIN, AGENT = _agent("MAAS_PLUGIN", "maas"), _agent("FENCE_MAAS", "fence_maas")


def lacks():
    """Why there can be no cluster here, or None."""
    if not (PLUGIN and AGENT):
        return "no agents: run `make build`, or set MAAS_PLUGIN and FENCE_MAAS"
    missing = [name for name in ("stonith", "haproxy", "ping", "pgrep") if not shutil.which(name)]
    if missing:
        return f"not installed: {' '.join(missing)}"
    checked = subprocess.run([LAB, "check"], capture_output=True, text=True)
    # What it says while it fetches something is no reason.
    return checked.stderr.strip() or "lab check failed" if checked.returncode else None


WHY_NOT = lacks()
needs_lab = unittest.skipIf(WHY_NOT, WHY_NOT)


_OWN_NETWORK = open("/proc/self/ns/net")


def enter_network(namespace):
    """Moves this thread, and what it starts from now on, into another network."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


STATE = "/run/crmsync"


class Lab:
    """A lab with the programs installed; this process sits on its network while it is up."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="crmsync-live-"))
        self.folder.chmod(0o755)
        self.keep = False
        # The history goes into a folder that each host has for itself, not into the machine's.
        self._environment = {**os.environ, "LAB_DIR": str(self.folder / "lab"), "CRMSYNC_STATE_DIR": STATE}
        # Also where the tests are interrupted; and where they are killed, the lab sees their end.
        atexit.register(self.down)

    def up(self, *arguments):
        tree = self.folder / "tree"
        for program, place in ((PROGRAM, "usr/bin/crmsync"), (PLUGIN, "usr/lib/stonith/plugins/external/maas"),
                               (AGENT, "usr/sbin/fence_maas")):
            (tree / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(program, tree / place)
            (tree / place).chmod(0o755)
        key = tree / "etc/crmsync/maas.key"
        key.parent.mkdir(parents=True)
        key.touch(0o600)
        key.write_text(APIKEY + "\n")
        began = time.monotonic()
        done = self("up", "--files", ROOT / "lab" / "files", "--files", tree, "--until-exit", os.getpid(), *arguments,
                    timeout=300)
        if done.status != 0:
            self.keep = True
            raise RuntimeError(f"{done}\nsee {self.folder}")
        with open(f"/proc/{(self.folder / 'lab' / 'pid').read_text().strip()}/ns/net") as namespace:
            enter_network(namespace)
        return time.monotonic() - began

    def down(self):
        atexit.unregister(self.down)
        enter_network(_OWN_NETWORK)
        self("down", timeout=60)
        if self.keep:
            say(f"kept {self.folder}: see lab/hosts/*/console.log and lab/hosts/*/var/log/pacemaker")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __call__(self, *arguments, **options):
        return run(LAB, *arguments, env=self._environment, **options)

    def on(self, host, *command, **options):
        """Runs a command inside a host, as `lab exec` does."""
        return run(*self.inside(host), *command, env=self._environment, **options)

    def inside(self, host):
        """What a command is preceded by to run inside a host. `lab exec` itself takes longer than most commands."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.folder / "lab" / "sock"))
            connection.sendall(json.dumps(["host", host]).encode() + b"\n")
            pid = json.loads(connection.makefile().readline())["ok"]["pid"]
        if pid is None:
            return [LAB, "exec", host, "--"]
        return ["nsenter", "--target", str(pid), "--root", "--mount", "--uts", "--ipc", "--net", "--pid", "--wdns=/", "--"]

    @property
    def power_command(self):
        return f"/usr/bin/env LAB_DIR={self._environment['LAB_DIR']} {LAB} power {{name}} {{verb}}"

    @property
    def shared(self):
        return self.folder / "lab" / "shared"


class Writer:
    """One start of a witness: who, where, and the times of its lines."""

    def __init__(self, witness, host, times):
        self.witness, self.host, self.first, self.last = witness, host, min(times), max(times)

    def __repr__(self):
        return f"{self.witness} on {self.host} {self.first:.1f}-{self.last:.1f}"


def writers(folder, since=0.0):
    """All starts of witnesses that wrote after a moment, by their first lines."""
    result = []
    for path in sorted(folder.glob("witness*")):
        times = {}
        for line in path.read_text().splitlines():
            host, start, at = line.split()
            times.setdefault((host, start), []).append(float(at))
        result += [Writer(path.name, host, lines) for (host, _), lines in times.items()]
    return sorted((writer for writer in result if writer.last >= since), key=lambda writer: writer.first)


def overlaps(all_writers):
    """The pairs of starts of the same witness of which one began before the other had ended."""
    result = []
    for witness in sorted({writer.witness for writer in all_writers}):
        mine = [writer for writer in all_writers if writer.witness == witness]
        result += [(one, other) for one, other in zip(mine, mine[1:]) if other.first <= one.last]
    return result


class State:
    """The cluster, as crm_mon sees it."""

    def __init__(self, text):
        root = ElementTree.fromstring(text)
        self.dc = getattr(root.find("summary/current_dc"), "attrib", {}).get("name")
        self.nodes = {node.get("name"): self._node(node) for node in root.iterfind("nodes/node")}
        self.places, self.failed = {}, []
        for resource in root.iterfind("resources//resource"):
            name = resource.get("id").partition(":")[0]
            settled = resource.get("role") == "Started" and not resource.get("pending")
            self.places.setdefault(name, []).extend(
                node.get("name") for node in resource.iterfind("node") if settled)
            if "true" in (resource.get("failed"), resource.get("blocked")):
                self.failed.append(name)
        self.fencing = [
            (event.get("target"), event.get("status")) for event in root.iterfind("fence_history/fence_event")]

    @staticmethod
    def _node(node):
        if node.get("unclean") == "true":
            return "UNCLEAN"
        if node.get("pending") == "true":
            return "pending"
        return "online" if node.get("online") == "true" else "offline"

    def changes(self, before):
        """What is different, in words."""
        for name, state in self.nodes.items():
            if state != before.nodes.get(name):
                yield f"Pacemaker: {name} is {state}"
        for target, status in sorted(set(self.fencing)):
            more = self.fencing.count((target, status)) - before.fencing.count((target, status))
            if status == "failed" and more > 0:
                yield f"Pacemaker: fencing of {target} has failed"
            elif status == "success" and more > 0:
                yield f"Pacemaker: {target} was fenced"


@needs_lab
class LabCase(unittest.TestCase):
    """Tests on one cluster, which is booted for the class."""

    # What `lab up` is told besides.
    LAB = ()

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.down)
        # Ends as by Ctrl-C: unittest takes any other exception for a test that fails, and goes on.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        cls.boot_seconds = cls.lab.up(*cls.LAB)
        cls.maas = Sandbox(REMOTES, address=ADDRESS, port=PORT, power_command=cls.lab.power_command)
        cls.addClassCleanup(cls.maas.end)
        atexit.register(cls.maas.end)

    def run(self, result=None):
        wrong = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > wrong:
            self.lab.keep = True

    def setUp(self):
        self.began = time.monotonic()
        self.events, self.state = [], None
        self.addCleanup(self.show)

    # MARK: what happened

    def tell(self, text, at=None):
        self.events.append((time.monotonic() if at is None else at, text))

    def starts(self):
        """The story's zero."""
        self.began = time.monotonic()
        self.events = []
        self.maas.journal.clear()

    def show(self):
        """Tells the story, from all who saw a part of it."""
        events = list(self.events)
        for entry in self.maas.journal.entries():
            if entry["at"] < self.began:
                continue
            if entry["event"] == "power":
                events.append((entry["at"], f"the power of {entry['machine']} is {entry['new']}"))
            elif entry["event"] == "ignored":
                events.append((entry["at"], f"the BMC of {entry['machine']} does not switch it {entry['verb']}"))
            elif entry["event"] == "request" and entry["call"] in ("power_off", "power_on", "query_power_state"):
                answer = entry.get("said") or entry["status"] or "no answer"
                events.append((entry["at"], f"MAAS: {entry['call']} {entry['machine']}: {answer}"))
        events += [(writer.first, f"{writer.witness} writes on {writer.host}")
                   for writer in writers(self.lab.shared, self.began) if writer.first > self.began]
        events.sort(key=lambda event: event[0])
        say("")
        for text, same in itertools.groupby(events, key=lambda event: event[1]):
            times = [at for at, _ in same]
            say(f"    {times[0] - self.began:6.2f}  {text}" + (f" ({len(times)} times)" if len(times) > 1 else ""))

    # MARK: the cluster

    def look(self):
        """The cluster's state now; what has changed goes into the story."""
        before = self.state
        self.state = State(self.on_member("crm_mon", "-1", "--output-as=xml").out)
        for text in self.state.changes(before) if before else ():
            self.tell(text)
        return self.state

    def until(self, what, condition, seconds=60):
        """Waits for a condition on the cluster's state."""
        deadline = time.monotonic() + seconds
        while not condition(self.look()):
            if time.monotonic() > deadline:
                self.fail(f"{what}: not after {seconds} s\n{self.on_member('crm_mon', '-1').out}")
            time.sleep(0.2)

    def on_member(self, *command, **options):
        return self.lab.on(MEMBERS[0], *command, **options)

    def crmsync(self, *arguments, status=0, **options):
        result = self.on_member("crmsync", *arguments, **options)
        self.assertEqual(status, result.status, result)
        self.assertNotIn(APIKEY.split(":")[2], result.out + result.err)
        return result

    def file(self, text, name="document.yaml"):
        """A document where the hosts see it."""
        path = self.lab.folder / "documents" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def apply(self, text, *options, **keywords):
        return self.crmsync("apply", self.file(text), "--yes", *options, **keywords)

    def is_idle(self, state):
        # Where the DC has just been cut off, crmadmin waits for its answer for good.
        return state.dc is not None and "S_IDLE" in self.on_member("timeout", "5", "crmadmin", "-S", state.dc).out

    def cib(self):
        return ElementTree.fromstring(self.on_member("cibadmin", "--query").out)

    def are_placed(self, state, remotes=REMOTES):
        """Whether all of the Masakari cluster runs, and where it should."""
        if any(state.nodes.get(name) != "online" for name in (*MEMBERS, *remotes)) or state.failed:
            return False
        vips = {node for vip in VIPS for node in state.places[vip]}
        return (all(len(state.places[name]) == 1 for name in (*remotes, *VIPS)) and len(vips) == 1
                and sorted(state.places["res_masakari_haproxy"]) == sorted(MEMBERS))

    def assertServed(self):
        """The virtual addresses answer, and the real haproxy runs on the members and nowhere else."""
        holder = self.state.places["res_masakari_321f78b_vip"][0]
        for address in VIPS.values():
            ping = subprocess.run(["ping", "-c", "1", "-W", "2", address], capture_output=True)
            self.assertEqual(0, ping.returncode, ping)
            with urllib.request.urlopen(f"http://{address}:{API_PORT}/", timeout=5) as answer:
                self.assertEqual(holder, answer.read().decode().strip())
        for host in (name for name in MEMBERS + REMOTES if self.lab("power", name, "status").out == "on\n"):
            # By what is executed, whatever it is called.
            found = self.lab.on(host, "sh", "-c", "readlink /proc/[0-9]*/exe; true").out.split()
            self.assertEqual(host in MEMBERS, "/usr/sbin/haproxy" in found, f"{host}: {found}")
