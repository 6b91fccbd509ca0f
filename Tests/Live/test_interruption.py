"""Changing a cluster that serves: the virtual addresses are pinged every 50 ms, and no ping is lost."""

import os
import re
import subprocess
import time
import unittest

from lab import DOCUMENT, MEMBERS, REMOTES, VIPS, LabCase

INTERVAL = 0.05
LATER = "model-crow"
GROUP, CLONE, DEVICE = "grp_masakari_vips", "cl_res_masakari_haproxy", "st-maas-5937691"
WITNESSES = ("witness-1", "witness-2", "witness-3")


def opt_out():
    """The cluster before: any node may run anything, and there are two remotes. Its own constraints keep the services
    on the members."""
    text = DOCUMENT.read_text()
    head, _ = text.split("\nplacement:\n")
    head = head.replace("symmetric-cluster: false", "symmetric-cluster: true")
    return without(head, LATER) + "\nlocations:\n" + "\n".join(
        f"  keep-{rsc}-{node}: {{rsc: {rsc}, node: {node}, score: -INFINITY}}"
        for rsc in (GROUP, CLONE, DEVICE, *WITNESSES) for node in REMOTES if node != LATER) + "\n"


def without(text, remote):
    lines = [line for line in text.splitlines() if not line.startswith(f"  {remote}:")]
    return "\n".join(lines).replace(f", {remote}]", "]")


class Pings:
    """Pings of all the addresses, each in a process of its own, from the bridge."""

    def __init__(self):
        self.processes = {address: subprocess.Popen(
            ["ping", "-n", "-D", "-i", str(INTERVAL), "-W", "1", address], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, "LC_ALL": "C"}) for address in VIPS.values()}

    def end(self):
        """How many were sent, and how many were not answered."""
        sent = lost = 0
        for process in self.processes.values():
            if process.poll() is None:
                # One that is under way is not lost.
                process.send_signal(2)
            said = process.communicate(timeout=30)[0]
            count = re.search(r"(\d+) packets transmitted, (\d+) received", said)
            sent += int(count[1])
            answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", said)}
            # The last one may have been sent as it ended.
            lost += len(set(range(1, int(count[1]))) - answered)
        return sent, lost


class Interruption(LabCase):
    def setUp(self):
        super().setUp()
        self.crmsync("apply", "--yes", self.file(opt_out(), "opt-out.yaml"), "--prune-all")
        present = [name for name in REMOTES if name != LATER]
        self.until("all runs", lambda state: self.are_placed(state, present) and self.is_idle(state), 90)
        self.assertServed()

    def pinged(self, *steps):
        """Takes the steps, each with what is to be reached, while the addresses are pinged."""
        pings = Pings()
        self.addCleanup(lambda: [process.kill() for process in pings.processes.values() if process.poll() is None])
        time.sleep(1)
        for step, reached in steps:
            step()
            if reached:
                self.until("it is reached", reached, 90)
        time.sleep(1)
        return pings.end()

    def test_crmsync(self):
        present = [name for name in REMOTES if name != LATER]
        whole = DOCUMENT.read_text()
        first = self.file(without(whole, LATER), "opt-in.yaml")

        def is_done(remotes):
            return lambda state: (self.are_placed(state, remotes) and self.is_idle(state)
                                  and all(len(state.places.get(name, [])) == 1 for name in WITNESSES))

        def opt_in():
            self.crmsync("apply", "--yes", "--prune", first)
            self.tell("opt-in")

        def add():
            self.crmsync("apply", "--yes", DOCUMENT)
            self.tell(f"with {LATER}")

        sent, lost = self.pinged((opt_in, is_done(present)), (add, is_done(REMOTES)))
        self.tell(f"{lost} of {sent} pings were lost")
        self.assertGreater(sent, 3 * 20)
        self.assertEqual(0, lost)
        self.assertServed()

    def test_the_charms_order(self):
        """For comparison, and to see that a loss is seen: the property first, as the charm does it, then the rules, waiting
        after each. The charm has 12 others in front of these. With the bare tools, as crmsh 5.0 looks for a systemd."""
        def opt_in():
            for command in (("crm_attribute", "--type", "crm_config", "--name", "symmetric-cluster", "--update", "false"),
                            *(("cibadmin", "--create", "--scope", "constraints", "--xml-text",
                               f'<rsc_location id="loc-{GROUP}-{node}" rsc="{GROUP}" node="{node}" score="0"/>')
                              for node in MEMBERS)):
                for words in (command, ("crm_resource", "--wait", "--timeout=60")):
                    done = self.on_member(*words)
                    self.assertEqual(0, done.status, done)
                self.tell(command[-1])

        sent, lost = self.pinged((opt_in, lambda state: self.is_idle(state) and all(
            len(state.places.get(name, [])) == 1 for name in VIPS)))
        self.tell(f"the charm's order: {lost} of {sent} pings were lost, "
                  f"{lost / len(VIPS) * INTERVAL:.1f} s an address")
        self.assertGreater(lost, 0)


if __name__ == "__main__":
    unittest.main()
