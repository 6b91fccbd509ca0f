"""`apply --wait` on a real cluster: when it returns, and what it says if not all is well."""

import time
import unittest

from lab import MEMBERS, LabCase

PROPERTIES = "properties: {stonith-enabled: false}\n"
# The start takes as long as a parameter says.
SLOW = """primitives:
  %s:
    agent: ocf:heartbeat:Delay
    params: {startdelay: %d, stopdelay: 0, mondelay: 0}
    operations: [{name: start, interval: 0, timeout: 60s}%s]
"""
MONITOR = ", {name: monitor, interval: 10s}"


class Waiting(LabCase):
    LAB = ("--remotes", "0")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget)

    def forget(self):
        """Nothing of a test is there for the next one."""
        self.on_member("cibadmin", "--delete-all", "--force", "--xpath", "//primitive")
        self.on_member("crm_resource", "--cleanup")
        self.on_member("crm_resource", "--wait", "--timeout=60")

    def apply(self, text, *options, **keywords):
        began = time.monotonic()
        result = super().apply(PROPERTIES + text, "--wait", *options, **keywords)
        self.tell(f"crmsync apply --wait ended with {result.status} after {time.monotonic() - began:.1f} s")
        return result

    def active(self, resource):
        """The nodes where a resource runs, in words of Pacemaker: nothing pending."""
        state = self.look()
        return state.places.get(resource, [])

    def test_all_runs(self):
        document = "primitives:\n"
        for number in range(4):
            document += f"  d{number}: {{agent: 'ocf:pacemaker:Dummy', params: {{op_sleep: 2}}}}\n"
        result = self.apply(document)
        # At once: what is not there yet was not waited for.
        places = {f"d{number}": self.active(f"d{number}") for number in range(4)}
        self.assertEqual([1] * 4, [len(nodes) for nodes in places.values()], places)
        self.assertIn("settled, 4 resources run", result.err)
        for resource, nodes in places.items():
            located = self.on_member("crm_resource", "--locate", "--resource", resource)
            self.assertIn(f"is running on: {nodes[0]}", located.out + located.err)

    def test_a_resource_that_cannot_start(self):
        result = self.apply("""primitives:
  good: {agent: 'ocf:pacemaker:Dummy'}
  bad-vip: {agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.77.0.150, nic: eth7, cidr_netmask: 24}}
""", status=74)
        said = [line for line in result.err.splitlines() if "bad-vip: start failed" in line]
        self.assertTrue(said, result)
        # The reason is the agent's own, as Pacemaker has it.
        root = self.cib()
        reasons = {operation.get("exit-reason") for operation in root.iterfind(".//lrm_rsc_op")
                   if operation.get("id") == "bad-vip_last_failure_0"} - {None, ""}
        self.assertTrue(reasons, "the agent has given no reason")
        for line in said:
            self.assertTrue(any(f" on {node}: " in line for node in MEMBERS), line)
            self.assertTrue(any(reason in line for reason in reasons), (line, reasons))
        self.assertNotIn("good: ", result.err)
        self.assertEqual(1, len(self.active("good")))

    def test_an_agent_that_is_not_there(self):
        result = self.apply("primitives:\n  none: {agent: 'ocf:heartbeat:Nowhere'}\n", "--timeout", "60", status=74)
        self.assertIn("none: ", result.err)

    def miss_the_deadline(self, name, operations):
        began = time.monotonic()
        result = self.apply(SLOW % (name, 10, operations), "--timeout", "5", status=74)
        self.assertIn("has not settled after 5 s", result.err)
        self.assertIn(name, result.err.split("has not settled")[1])
        self.assertGreaterEqual(time.monotonic() - began, 5)
        # The change is made all the same, and the cluster goes on with it.
        self.until("it runs", lambda state: len(state.places.get(name, [])) == 1)

    def test_a_deadline(self):
        self.miss_the_deadline("late", MONITOR)

    def test_a_deadline_without_a_monitor(self):
        """For Pacemaker's own `crm_resource --wait`, nothing is left to do once such a start is under way."""
        self.miss_the_deadline("unwatched", "")

    def wait_in_sync(self, name, operations):
        document = SLOW % (name, 5, operations)
        super().apply(PROPERTIES + document)
        self.assertEqual([], self.active(name))
        result = self.apply(document)
        self.assertIn("In sync", result.out)
        self.assertEqual(1, len(self.active(name)))

    def test_in_sync_while_a_start_is_under_way(self):
        self.wait_in_sync("slow", MONITOR)

    def test_in_sync_while_an_unwatched_start_is_under_way(self):
        self.wait_in_sync("slow-unwatched", "")

    def test_nothing_is_awaited_of_what_is_left_alone(self):
        """The cluster does nothing then, which is no failure."""
        def unset():
            self.on_member("cibadmin", "--delete-all", "--force", "--xpath",
                           "//nvpair[@name='maintenance-mode' or @name='is-managed']")

        self.addCleanup(unset)
        for name, where in (("kept", "properties: {stonith-enabled: false, maintenance-mode: true}"),
                            ("left", PROPERTIES + "resource-defaults: {is-managed: false}")):
            with self.subTest(where):
                result = super().apply(f"{where}\nprimitives: {{{name}: {{agent: 'ocf:pacemaker:Dummy'}}}}\n", "--wait")
                self.assertIn("settled, 0 resources run", result.err)
                self.assertEqual([], self.active(name))
                unset()

    def test_a_failure_of_before_is_not_this_ones(self):
        """What has long failed, and is not touched, is no failure of a change."""
        self.apply("""primitives:
  old: {agent: 'ocf:heartbeat:IPaddr2', params: {ip: 10.77.0.151, nic: eth7, cidr_netmask: 24}}
""", status=74)
        result = self.apply("primitives: {new: {agent: 'ocf:pacemaker:Dummy'}}\n")
        self.assertNotIn("old: ", result.err)
        self.assertEqual(1, len(self.active("new")))


if __name__ == "__main__":
    unittest.main()
