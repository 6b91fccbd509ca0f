"""`crmsync fencing check`, as an operator and a timer run it."""

import json
import unittest

from support import Case, Sandbox, _program, run

CRMSYNC = _program("CRMSYNC", "crmsync")
CIB = """<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="cib-bootstrap-options">
<nvpair id="p1" name="stonith-enabled" value="true"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/></nodes><resources>{}</resources><constraints/></configuration><status/></cib>
"""


def device(name, agent, **parameters):
    pairs = "".join(f'<nvpair id="{name}-{key}" name="{key}" value="{value}"/>' for key, value in parameters.items())
    return (f'<primitive id="{name}" class="stonith" type="{agent}"><instance_attributes id="{name}-i">{pairs}'
            "</instance_attributes></primitive>")


def remote(name):
    return f'<primitive id="{name}" class="ocf" provider="pacemaker" type="remote"/>'


@unittest.skipUnless(CRMSYNC, "no crmsync: run `swift build`, or set CRMSYNC")
class Check(Case):
    def sandbox(self, *machines, **options):
        maas = Sandbox(machines=machines, **options)
        self.addCleanup(maas.end)
        self.key = self.folder / "key"
        self.key.write_text(maas.apikey + "\n")
        return maas

    def on_cluster(self, *resources):
        cib = self.folder / "cib.xml"
        cib.write_text(CIB.format("".join(resources)))
        return run(CRMSYNC, "fencing", "check", "--cib-file", cib, "--format", "json")

    def on_names(self, maas, *names, form="json"):
        return run(CRMSYNC, "fencing", "check", "--url", maas.url, "--apikey-file", self.key, "--format", form, *names)

    def verdicts(self, result):
        return {node["name"]: node["fenceable"] for node in json.loads(result.out)["nodes"]}

    def test_what_would_not_work(self):
        machines = {
            "good": {}, "off": {"state": "off"}, "allocated": {"status": 10}, "locked": {"locked": True},
            "manual": {"power_type": "manual"}, "silent": {"bmc": {"answers": "unknown"}}}
        maas = self.sandbox(*({"hostname": name, **content} for name, content in machines.items()))
        result = self.on_names(maas, *machines, "nowhere")
        self.assertStatus(1, result)
        self.assertEqual(self.verdicts(result), {
            "good": True, "off": True, "allocated": True, "locked": False, "manual": False, "silent": False,
            "nowhere": False})
        self.assertEqual({"lookup", "whoami", "query_power_state"}, set(maas.calls()))
        self.assertNotIn(maas.apikey.split(":")[2], result.out + result.err)

    def test_all_is_well(self):
        maas = self.sandbox({"hostname": "n1"}, {"hostname": "r1"})
        resources = remote("r1"), device("st", "external/maas", url=maas.url, apikey=maas.apikey, hostnames="n1 r1",
                                         deadline=170, pcmk_reboot_timeout="180s")
        self.assertStatus(0, self.on_cluster(*resources))
        # One more node that no device fences.
        result = self.assertStatus(1, self.on_cluster(*resources, remote("r2")))
        self.assertEqual(self.verdicts(result), {"n1": True, "r1": True, "r2": False})

    def test_a_key_that_maas_does_not_know(self):
        maas = self.sandbox({"hostname": "n1"})
        result = self.on_cluster(device("st", "fence_maas", url=maas.url, apikey="a:b:c", hostnames="n1"))
        self.assertStatus(1, result)
        self.assertIn("does not accept the API key", result.out)

    def test_another_users_machine(self):
        maas = self.sandbox({"hostname": "n1", "owner": None, "status": 4}, users={
            "charm": {"apikey": "x:y:z", "superuser": False}}, user="charm", apikey="x:y:z")
        result = self.on_names(maas, "n1")
        self.assertStatus(1, result)

    def test_pretended_fencing_is_told(self):
        result = self.on_cluster(device("st", "null", hostlist="n1", pcmk_host_list="n1"))
        self.assertStatus(1, result)
        self.assertIn("pretends", result.out)

    def test_a_deadline_beyond_pacemakers_limit_is_told(self):
        maas = self.sandbox({"hostname": "n1"})
        result = self.on_cluster(
            device("st", "external/maas", url=maas.url, apikey=maas.apikey, hostnames="n1", deadline=90))
        self.assertStatus(0, result)
        self.assertIn("Pacemaker kills the agent after 60 s", result.out)

    def test_what_switches_another_machine_off_or_none_is_told(self):
        maas = self.sandbox({"hostname": "n1"}, {"hostname": "n2"})
        given = {"url": maas.url, "apikey": maas.apikey, "hostnames": "n1 n2", "deadline": 40}
        for wrong in ({"plug": "n2"}, {"port": "n2"}, {"pcmk_off_action": "status"}, {"pcmk_reboot_action": "monitor"}):
            with self.subTest(wrong):
                self.assertStatus(0, self.on_cluster(device("st", "fence_maas", **given)))
                self.assertStatus(1, self.on_cluster(device("st", "fence_maas", **given, **wrong)))
        self.assertStatus(0, self.on_cluster(device("st", "fence_maas", **given, pcmk_reboot_action="off")))

    def test_a_virtual_machine_may_only_be_paused(self):
        maas = self.sandbox({"hostname": "n1", "power_type": "lxd"})
        result = self.assertStatus(0, self.on_names(maas, "n1"))
        self.assertIn("with power type lxd MAAS calls a machine off as well that is paused", result.out)

    def test_three_hundred_machines_are_asked_for_in_chunks(self):
        names = [f"host{number}" for number in range(300)]
        maas = self.sandbox(*names)
        self.assertStatus(0, self.on_names(maas, *names))
        calls = maas.calls()
        self.assertEqual(15, calls.count("lookup"))
        self.assertEqual(300, calls.count("query_power_state"))

    def test_the_table(self):
        maas = self.sandbox({"hostname": "good"}, {"hostname": "locked", "locked": True})
        lines = self.on_names(maas, "good", "locked", form="text").out.splitlines()
        self.assertTrue(lines[1].startswith("good") and lines[1].endswith("would work"), lines)
        self.assertTrue(lines[2].startswith("locked") and lines[2].endswith("WOULD FAIL"), lines)
        self.assertEqual("1 of 2 nodes would be fenced.", lines[-1])

    def test_wrong_usage(self):
        for arguments in (("name",), ("--url", "http://h/MAAS"), ("--url", "http://h/MAAS", "--apikey-file", "/k")):
            self.assertStatus(64, run(CRMSYNC, "fencing", "check", *arguments))


if __name__ == "__main__":
    unittest.main()
