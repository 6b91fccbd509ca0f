"""The Masakari deployment on real clusters: applied by crmsync, fenced through MAAS, with witnesses that cannot lie."""

import shutil
import tempfile
import time
import unittest
from pathlib import Path

from lab import DOCUMENT, MEMBERS, REMOTES, LabCase, overlaps, say, writers

WITNESSES = ("witness-1", "witness-2", "witness-3")
DEVICE = "st-maas-5937691"
# The one that is lost.
VICTIM = "model-crow"


class Masakari(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.applied = cls.lab.on(MEMBERS[0], "crmsync", "apply", DOCUMENT)
        cls.applied_at = time.monotonic()
        cls.figures = []

    @classmethod
    def tearDownClass(cls):
        say("\n    seconds after the loss:               power off   witness elsewhere   node back")
        for name, *times in cls.figures:
            say(f"    {name:36}  {times[0]:9.1f}   {times[1]:17.1f}   {times[2]:9.1f}")

    def setUp(self):
        super().setUp()
        self.assertEqual(0, self.applied.status, self.applied)

    # MARK: how things are when all is well

    def homes(self):
        """The remote that each witness prefers, as the cluster's own configuration has it."""
        return {
            constraint.get("rsc"): constraint.get("node") for constraint in self.cib().iter("rsc_location")
            if constraint.get("rsc") in WITNESSES and constraint.get("score") == "200"}

    def is_well(self, state):
        return (self.are_placed(state) and len(state.places[DEVICE]) == 1
                and all(state.places[witness] == [home] for witness, home in self.homes().items())
                and self.is_idle(state))

    def ready(self):
        """Waits until all is well, and reads back what fencing depends on, so that what is tested is what is meant."""
        self.until("all is well", self.is_well, 90)
        self.on_member("stonith_admin", "--cleanup", "--history", "*")
        enabled = self.cib().findall(".//crm_config//nvpair[@name='stonith-enabled']")
        self.assertEqual(["true"], [pair.get("value") for pair in enabled])
        for host in REMOTES:
            registered = self.on_member("stonith_admin", "--list", host)
            self.assertIn(DEVICE, registered.out, registered)
        self.assertEqual(sorted(REMOTES), sorted(self.homes().values()))
        now = time.monotonic()
        for witness, home in self.homes().items():
            live = [writer for writer in writers(self.lab.shared, now - 1) if writer.witness == witness]
            self.assertEqual([home], [writer.host for writer in live])
        self.assertEqual([], self.maas.machines[VICTIM].bmc.answers)
        self.state = None
        self.look()

    # MARK: what must hold after a loss

    def lose(self, text, *commands, prepare=None):
        """Does something to hosts that are well, in circumstances that may be not."""
        self.ready()
        if prepare:
            prepare()
        self.starts()
        self.lost_at = self.began
        self.tell(text, at=self.began)
        for command in commands:
            done = self.lab(*command)
            self.assertEqual(0, done.status, done)

    def switched_off(self, host):
        return [entry["at"] for entry in self.maas.journal.entries("power")
                if entry["machine"] == host and entry["new"] == "off" and entry["at"] > self.lost_at]

    def writers_of(self, host):
        """For each witness that a lost host had: its writer there, and those after it."""
        now = writers(self.lab.shared, self.lost_at - 0.5)
        for old in now:
            if old.host == host and old.first < self.lost_at:
                yield old, [writer for writer in now if writer.witness == old.witness and writer.first > old.first]

    def judge(self, *victims, name, offs=1, elsewhere=True):
        """Nothing ran twice, and nothing ran elsewhere before its host was off.

        `offs`: how often a host may have been switched off. Twice where fencing failed at first: when the time of
        an operation is over, pacemaker-fenced begins another one with the agent of one member, while that of
        another member still runs, and both find MAAS well again.
        `elsewhere`: whether the witness has to start on another host. Of two hosts that are lost at once, the one that was
        fenced first may be back before the cluster comes to place anything, and its witness with it.
        """
        self.assertEqual([], overlaps(writers(self.lab.shared, self.lost_at - 0.5)))
        self.assertEqual([], self.maas.dangers())
        for host in victims:
            off = self.switched_off(host)
            self.assertIn(len(off), range(1, offs + 1), f"power-offs of {host}")
            pairs = list(self.writers_of(host))
            self.assertEqual(1, len(pairs), "the witnesses that it had")
            for old, later in pairs:
                self.assertLess(old.last, off[0])
                self.assertLess(off[0], later[0].first)
                if elsewhere:
                    self.assertNotEqual(host, later[0].host)
                self.figures.append((f"{name} ({host})", off[0] - self.lost_at, later[0].first - self.lost_at,
                                     self.back[host] - self.lost_at))
        for host in set(REMOTES) - set(victims):
            self.assertEqual([], self.switched_off(host), "nobody else was switched off")

    def returns(self, *victims, seconds=90):
        """Waits until the lost hosts are back, and all is well."""
        self.back = {}

        def are_back(state):
            for host in victims:
                if self.switched_off(host) and state.nodes[host] == "online":
                    self.back.setdefault(host, time.monotonic())
            return len(self.back) == len(victims)

        self.until(f"{victims} were fenced and are back", are_back, seconds)
        self.until("all is well again", self.is_well, seconds)
        self.tell("all is well")

    def has_failed(self, host):
        return lambda state: (host, "failed") in state.fencing

    def holds(self, host, seconds):
        """For some time: the host is not taken for fenced, so that nothing of it is started elsewhere."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.look()
            self.assertEqual("UNCLEAN", state.nodes[host])
            self.assertNotIn((host, "success"), state.fencing)
            for _, later in self.writers_of(host):
                self.assertEqual([], later, "started elsewhere")
            time.sleep(0.5)
        self.assertEqual([], self.switched_off(host))
        told = self.crmsync("status", status=1).out
        self.assertIn(f"remote node {host} is unclean\n", told)
        self.assertRegex(told, f"reboot of {host} (failed|is under way)")

    # MARK: the cluster

    def test_01_applied(self):
        """What the document says is what there is, to whoever uses it."""
        self.tell(f"booted 3 + 3 hosts in {self.boot_seconds:.1f} s, applied", at=self.began)
        self.until("all is well", self.is_well)
        self.tell(f"all is well {time.monotonic() - self.applied_at:.1f} s after the apply")
        self.assertIn("Applied.", self.applied.out)
        self.assertServed()
        self.assertIn("witness-1  on frank-colt", self.crmsync("status").out)

    def test_02_a_second_apply_changes_nothing(self):
        def version():
            cib = self.cib()
            return cib.get("admin_epoch"), cib.get("epoch")

        self.ready()
        before = version()
        self.assertIn("In sync", self.crmsync("apply", DOCUMENT).out)
        self.crmsync("plan", "--detailed-exitcode", DOCUMENT)
        self.assertEqual(before, version())

    # MARK: hosts that are lost

    def test_03_a_host_whose_remoted_dies(self):
        """What it ran goes on running there until it is off."""
        self.lose(f"pacemaker-remoted is killed on {VICTIM}", ("kill-remote", VICTIM))
        self.returns(VICTIM)
        self.judge(VICTIM, name="remoted killed")

    def test_04_a_host_that_hangs(self):
        self.lose(f"{VICTIM} hangs", ("hang", VICTIM))
        self.returns(VICTIM)
        self.judge(VICTIM, name="hung")

    def test_05_a_host_without_its_network(self):
        """Nothing is wrong with it, but for its cable."""
        self.lose(f"{VICTIM} is cut off", ("cut", VICTIM))
        self.addCleanup(self.lab, "heal", VICTIM)
        self.until("it is switched off", lambda _: self.switched_off(VICTIM))
        self.lab("heal", VICTIM)
        self.tell("its cable is plugged in again")
        self.returns(VICTIM)
        self.judge(VICTIM, name="cut off")

    def test_06_maas_is_down_at_first(self):
        self.addCleanup(self.maas.listeners[0].open)
        self.lose(f"MAAS is down; pacemaker-remoted is killed on {VICTIM}", ("kill-remote", VICTIM),
                  prepare=self.maas.listeners[0].close)
        self.until("the first try fails", self.has_failed(VICTIM))
        self.maas.listeners[0].open()
        self.tell("MAAS is up")
        self.returns(VICTIM)
        self.judge(VICTIM, name="MAAS down at first", offs=2)

    def test_07_a_bmc_that_does_nothing_and_a_maas_that_believes_it(self):
        """The order is answered with 200, and the power state that MAAS has stored is off."""
        machine = self.maas.machines[VICTIM]
        self.addCleanup(self.maas.faults.clear)
        self.addCleanup(machine.set, bmc={})

        def break_it():
            machine.set(bmc={"stuck": True})
            for call in ("machine", "lookup", "power_off"):
                self.maas.add_fault(call, "stale-off", times=None)

        self.lose(f"pacemaker-remoted is killed on {VICTIM}, whose BMC does nothing", ("kill-remote", VICTIM),
                  prepare=break_it)
        self.until("fencing fails", self.has_failed(VICTIM))
        self.holds(VICTIM, 3)
        machine.set(bmc={})
        self.maas.faults.clear()
        self.tell("its BMC is repaired")
        self.returns(VICTIM)
        self.judge(VICTIM, name="BMC stuck at first", offs=2)

    def test_08_a_machine_that_is_locked(self):
        machine = self.maas.machines[VICTIM]
        self.addCleanup(machine.set, locked=False)
        self.lose(f"pacemaker-remoted is killed on {VICTIM}, which is locked in MAAS", ("kill-remote", VICTIM),
                  prepare=lambda: machine.set(locked=True))
        self.until("fencing fails", self.has_failed(VICTIM))
        self.holds(VICTIM, 8)
        machine.set(locked=False)
        self.tell("it is unlocked")
        self.returns(VICTIM)
        self.judge(VICTIM, name="locked at first", offs=2)

    def test_09_two_hosts_at_once(self):
        self.lose(f"pacemaker-remoted is killed on {VICTIM} and frank-colt", ("kill-remote", VICTIM),
                  ("kill-remote", "frank-colt"))
        self.returns(VICTIM, "frank-colt")
        self.judge(VICTIM, "frank-colt", name="two at once", elsewhere=False)

    def test_10_fence_maas(self):
        """The other agent, put in place of the first while the cluster runs."""
        folder = Path(tempfile.mkdtemp(prefix="crmsync-live-document-"))
        self.addCleanup(shutil.rmtree, folder)
        document = folder / "cluster.yaml"
        text = DOCUMENT.read_text()
        self.assertEqual(1, text.count("agent: external/maas"))
        document.write_text(text.replace("agent: external/maas", "agent: fence_maas"))
        self.addCleanup(self.crmsync, "apply", DOCUMENT)
        self.ready()
        self.crmsync("apply", document)
        self.ready()
        self.assertEqual("fence_maas", self.cib().find(f".//primitive[@id='{DEVICE}']").get("type"))
        self.lose(f"pacemaker-remoted is killed on {VICTIM}", ("kill-remote", VICTIM))
        self.returns(VICTIM)
        self.judge(VICTIM, name="fence_maas")

    # MARK: the test of the tests

    def test_11_a_lie_is_seen(self):
        """A BMC that says off and leaves the machine on deceives any agent. The witness is not deceived."""
        machine = self.maas.machines[VICTIM]
        self.addCleanup(machine.set, bmc={})
        self.lose(f"pacemaker-remoted is killed on {VICTIM}, whose BMC always says off", ("kill-remote", VICTIM),
                  prepare=lambda: machine.set(bmc={"stuck": True, "answers": "off"}))
        self.until("it is taken for fenced", lambda state: (VICTIM, "success") in state.fencing)
        self.until("its witness is started elsewhere", lambda _: any(
            later for _, later in self.writers_of(VICTIM)))
        time.sleep(0.5)
        found = overlaps(writers(self.lab.shared, self.lost_at))
        self.tell(f"found: {found}")
        self.assertEqual([VICTIM], [old.host for old, _ in found])
        self.assertEqual([], self.switched_off(VICTIM))
        machine.set(bmc={})
        machine.power("off")
        machine.power("on")
        self.returns(VICTIM)


if __name__ == "__main__":
    unittest.main()
