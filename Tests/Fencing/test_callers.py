"""The programs that call the agents in earnest, from Debian's packages: stonith(8), fence_legacy, stonith_admin,
pacemaker-fenced, crm and pcs. The agents are installed in a mount namespace of this process only.
"""

import os
import shutil
import subprocess
import time
import unittest
import xml.etree.ElementTree as ElementTree

import support
from support import Case, install_agents, needs_agents, needs_namespace, run

FENCED = "/usr/lib/pacemaker/pacemaker-fenced"


def setUpModule():
    if support.NO_NAMESPACE is None and support.PLUGIN and support.AGENT:
        install_agents()


def needs(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


class CallerCase(Case):
    def region(self, *machines, **parameters):
        self.maas = self.sandbox(machines or ("Model-Crow", "node2"), **parameters)
        support.SYSLOG.everything()
        return self.maas

    @property
    def parameters(self):
        return {**self.maas.environment, "deadline": "4"}

    def assignments(self):
        return [f"{name}={value}" for name, value in self.parameters.items()]

    def log(self):
        return "".join(f"{line}\n" for line in support.SYSLOG.everything())

    def check(self, result, log=""):
        """The key is in nothing that was written, and nothing happened that must not."""
        self.assertEqual([], self.maas.dangers())
        for part in self.maas.apikey.split(":"):
            for text in (result.out, result.err, log):
                self.assertNotIn(part, text)

    RESET = ["lookup", "power_off", "query_power_state", "machine", "power_on"]


@needs_agents
@needs_namespace
@needs("stonith")
class ClusterGlue(CallerCase):
    """stonith(8)."""

    def stonith(self, *arguments, status=0):
        self.maas.journal.clear()
        result = run("stonith", "-t", "external/maas", *self.assignments(), *arguments)
        self.check(result)
        if status is not None:
            self.assertStatus(status, result)
        return result

    def test_types(self):
        self.assertIn("external/maas", run("stonith", "-L").out.split())

    def test_names_of_parameters(self):
        result = self.assertStatus(0, run("stonith", "-t", "external/maas", "-n"))
        self.assertEqual({"hostnames", "url", "apikey"}, set(result.out.split()) & {"hostnames", "url", "apikey"})

    def test_metadata(self):
        result = self.assertStatus(0, run("stonith", "-t", "external/maas", "-m"))
        root = ElementTree.fromstring(result.out)
        self.assertIn("apikey", [parameter.get("name") for parameter in root.iter("parameter")])
        self.assertIn("MAAS", root.findtext("longdesc"))

    def test_list(self):
        self.region()
        self.assertEqual(["Model-Crow", "node2"], self.stonith("-l").out.split())
        self.assertEqual([], self.maas.calls())

    def test_status(self):
        self.region()
        result = self.stonith("-S")
        self.assertEqual(["whoami"], self.maas.calls())
        self.assertLess(result.seconds, 0.7, "cluster-glue has slept for a second")
        self.maas.listeners[0].close()
        self.assertNotEqual(0, self.stonith("-S", status=None).status)

    def test_reset(self):
        """The name arrives in lower case."""
        self.region()
        result = self.stonith("-T", "reset", "Model-Crow")
        self.assertEqual(self.RESET, self.maas.calls())
        self.assertEqual("on", self.maas.machines["Model-Crow"].state)
        self.assertLess(result.seconds, 0.7, "cluster-glue has slept for a second")
        log = self.log()
        for text in ("Performing power reset on Model-Crow", "Powering off Model-Crow",
                     "Model-Crow is in power state off", "Powering on Model-Crow"):
            self.assertIn(text, log)
        self.check(result, log)

    def test_off_and_on(self):
        self.region()
        self.stonith("-T", "off", "model-crow")
        self.assertEqual("off", self.maas.machines["Model-Crow"].state)
        self.stonith("-T", "on", "model-crow")
        self.assertEqual("on", self.maas.machines["Model-Crow"].state)

    def test_failures(self):
        self.region({"hostname": "Model-Crow", "bmc": {"stuck": True}}, "node2")
        for arguments in (("off", "Model-Crow"), ("reset", "Model-Crow"), ("reset", "nobody"), ("off", "$(reboot)")):
            result = self.stonith("-T", *arguments, status=None)
            self.assertNotEqual(0, result.status, arguments)
            self.assertIn("external/maas: error: ", result.err)
            self.assertLess(result.seconds, 6)

    def test_parameters_by_environment(self):
        self.region()
        self.assertStatus(0, run("stonith", "-t", "external/maas", "-E", "-S", env=self.parameters))
        self.assertEqual(["whoami"], self.maas.calls())


@needs_agents
@needs_namespace
@needs("fence_legacy", "stonith")
class FenceLegacy(CallerCase):
    def call(self, action, status=0, **more):
        self.maas.journal.clear()
        given = {"plugin": "external/maas", "action": action, "nodename": "Model-Crow", **self.parameters, **more}
        result = run("/usr/sbin/fence_legacy", stdin="".join(f"{name}={value}\n" for name, value in given.items()))
        self.check(result)
        return self.assertStatus(status, result)

    def test_actions(self):
        self.region()
        self.assertEqual(["Model-Crow", "node2"], self.call("list").out.split())
        for action, calls in (
                ("monitor", ["whoami"]), ("status", ["whoami"]), ("reboot", self.RESET),
                ("off", ["lookup", "power_off", "query_power_state"])):
            self.call(action)
            self.assertEqual(calls, self.maas.calls(), action)
        self.assertEqual("off", self.maas.machines["Model-Crow"].state)
        self.call("on")
        self.assertEqual("on", self.maas.machines["Model-Crow"].state)

    def test_failures(self):
        self.region({"hostname": "Model-Crow", "locked": True})
        self.call("reboot", status=1)
        self.call("monitor", status=1, apikey="a:b:c")


@needs_agents
@needs_namespace
@needs("stonith_admin")
class StonithAdmin(CallerCase):
    def test_both_are_found(self):
        installed = run("stonith_admin", "--list-installed").out.split()
        self.assertIn("external/maas", installed)
        self.assertIn("fence_maas", installed)

    def test_metadata(self):
        for name, wanted in (("external/maas", {"hostnames", "url", "apikey"}),
                             ("fence_maas", {"hostnames", "url", "apikey", "plug", "action"})):
            result = self.assertStatus(0, run("stonith_admin", "--metadata", "-a", name))
            root = ElementTree.fromstring(result.out)
            self.assertEqual("resource-agent", root.tag)
            parameters = {parameter.get("name"): parameter for parameter in root.iter("parameter")}
            self.assertEqual(set(), wanted - set(parameters))
            self.assertEqual("1", parameters["hostnames"].get("required"))
            self.assertEqual("1", parameters["url"].get("required"))
            self.assertEqual("0", parameters["apikey"].get("required"))


@needs_agents
@needs_namespace
@needs("stonith_admin", FENCED)
class Fenced(CallerCase):
    """Pacemaker's own fencer, with no cluster around it."""

    def setUp(self):
        super().setUp()
        if run("stonith_admin", "--list-registered").status == 0:
            self.skipTest("a cluster runs here")
        fenced = subprocess.Popen(
            [FENCED, "--stand-alone", "--logfile", str(self.folder / "fenced.log")],
            env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(fenced.wait)
        self.addCleanup(fenced.terminate)
        while run("stonith_admin", "--list-registered").status != 0:
            self.assertIsNone(fenced.poll(), "pacemaker-fenced does not start")
            time.sleep(0.05)

    def register(self, agent, **parameters):
        given = {**self.parameters, **parameters}
        options = [part for name, value in given.items() for part in ("-o", f"{name}={value}")]
        self.assertStatus(0, run("stonith_admin", "--register", "device", "--agent", agent, *options))

    def fence(self, how, node, timeout=20):
        self.maas.journal.clear()
        result = run("stonith_admin", how, node, "--timeout", str(timeout))
        log = self.log() + (self.folder / "fenced.log").read_text(errors="replace")
        self.check(result, log)
        return result, log

    def test_reboot_off_and_on(self):
        for agent in ("external/maas", "fence_maas"):
            with self.subTest(agent):
                self.region()
                self.register(agent)
                self.assertIn("1 fence device", run("stonith_admin", "--list", "Model-Crow").out)
                self.assertIn("0 fence devices", run("stonith_admin", "--list", "nobody").out)
                result, log = self.fence("--reboot", "Model-Crow")
                self.assertStatus(0, result)
                self.assertEqual(self.RESET, self.maas.calls())
                self.assertIn("Performing power reset on Model-Crow", log)
                self.assertStatus(0, self.fence("--fence", "Model-Crow")[0])
                self.assertEqual("off", self.maas.machines["Model-Crow"].state)
                self.assertStatus(0, self.fence("--unfence", "Model-Crow")[0])
                self.assertEqual("on", self.maas.machines["Model-Crow"].state)
                self.assertEqual("on", self.maas.machines["node2"].state)

    def test_a_host_map(self):
        """fence_* agents get the alias; Linux-HA plugins get the node's name, whatever the map says."""
        self.region()
        self.register("fence_maas", pcmk_host_map="db1:Model-Crow;db2:node2")
        result, _ = self.fence("--reboot", "db2")
        self.assertStatus(0, result)
        self.assertEqual("hostname=node2", self.maas.requests[0]["query"])
        self.assertEqual(self.RESET, self.maas.calls())

    def test_monitor_by_registering(self):
        for agent in ("external/maas", "fence_maas"):
            self.region()
            self.register(agent)
            result = run("stonith_admin", "--query", "device")
            self.assertStatus(0, result)

    def test_failures_are_failures(self):
        """And the agent gives up by itself, with its reason in the log, before Pacemaker kills it."""
        for agent in ("external/maas", "fence_maas"):
            with self.subTest(agent):
                self.region({"hostname": "Model-Crow", "bmc": {"stuck": True}}, "node2")
                self.register(agent, deadline=2, pcmk_reboot_timeout=6)
                result, log = self.fence("--reboot", "Model-Crow", timeout=7)
                self.assertNotEqual(0, result.status)
                self.assertIn("waiting for Model-Crow to be off", log)
                self.assertEqual("on", self.maas.machines["Model-Crow"].state)

    def test_a_reset_that_leaves_the_machine_off_is_a_success(self):
        for agent in ("external/maas", "fence_maas"):
            with self.subTest(agent):
                self.region({"hostname": "Model-Crow", "status": 10}, "node2")
                self.register(agent)
                result, log = self.fence("--reboot", "Model-Crow")
                self.assertStatus(0, result)
                self.assertIn("STAYS OFF", log)
                self.assertEqual("off", self.maas.machines["Model-Crow"].state)


@needs_agents
@needs_namespace
class Shells(CallerCase):
    """crm and pcs, which check the metadata, on a CIB file."""

    def setUp(self):
        super().setUp()
        self.cib = self.folder / "cib.xml"
        with open(self.cib, "w") as file:
            subprocess.run(["cibadmin", "--empty"], stdout=file, check=True)
        # Both keep state in the home directory.
        self.environment = {"CIB_file": str(self.cib), "HOME": str(self.folder), "LANG": "C.UTF-8"}

    PARAMETERS = ("hostnames=node1 node2", "url=http://127.0.0.1:5240/MAAS", "apikey=a:b:c")

    def primitive(self, name):
        root = ElementTree.parse(self.cib).getroot()
        primitive = root.find(f".//primitive[@id='{name}']")
        return primitive.attrib, {pair.get("name"): pair.get("value") for pair in primitive.iter("nvpair")}

    @unittest.skipUnless(support.IS_ROOT, "crm gives its log to another group, and needs root for it")
    @needs("crm")
    def test_crm(self):
        for agent in ("external/maas", "fence_maas"):
            name = f"st-{agent[:8].strip('_/')}"
            result = run("crm", "configure", "primitive", name, f"stonith:{agent}", "params", *self.PARAMETERS,
                         "pcmk_host_map=n1:node1", "deadline=55", "op", "monitor", "interval=60", "timeout=25",
                         env=self.environment)
            self.assertStatus(0, result)
            self.assertNotIn("ERROR", result.out + result.err)
            attributes, parameters = self.primitive(name)
            self.assertEqual(("stonith", agent), (attributes["class"], attributes["type"]))
            self.assertEqual("node1 node2", parameters["hostnames"])

    @unittest.skipUnless(support.IS_ROOT, "crm gives its log to another group, and needs root for it")
    @needs("crm")
    def test_crm_knows_the_parameters(self):
        for agent in ("external/maas", "fence_maas"):
            for parameters, word in ((("hostnames=a", "url=b", "hostname=c"), "hostname"), (("url=b",), "hostnames")):
                result = run("crm", "configure", "primitive", "st", f"stonith:{agent}", "params", *parameters,
                             env=self.environment, stdin="n\n")
                self.assertIn("ERROR", result.out + result.err)
                self.assertIn(word, result.out + result.err)
            result = run("crm", "ra", "info", f"stonith:{agent}", env=self.environment)
            self.assertStatus(0, result)
            self.assertIn("apikey_file", result.out)

    @needs("pcs")
    def test_pcs(self):
        result = run("pcs", "-f", self.cib, "stonith", "create", "st", "fence_maas", *self.PARAMETERS,
                     "pcmk_host_map=n1:node1;n2:node2", "op", "monitor", "interval=60s", "timeout=25s",
                     env=self.environment)
        self.assertStatus(0, result)
        self.assertNotIn("Warning", result.err)
        attributes, parameters = self.primitive("st")
        self.assertEqual(("stonith", "fence_maas"), (attributes["class"], attributes["type"]))
        self.assertEqual("n1:node1;n2:node2", parameters["pcmk_host_map"])
        self.assertStatus(0, run("crm_verify", "-x", self.cib, env=self.environment))

    @needs("pcs")
    def test_pcs_knows_the_parameters(self):
        result = run("pcs", "-f", self.cib, "stonith", "create", "st", "fence_maas", "hostname=node1",
                     env=self.environment)
        self.assertStatus(1, result)
        self.assertIn("invalid stonith option 'hostname'", result.err)
        self.assertIn("'hostnames', 'url'", result.err)
        result = self.assertStatus(0, run("pcs", "stonith", "describe", "fence_maas", env=self.environment))
        for text in ("hostnames (required)", "url (required)", "apikey_file"):
            self.assertIn(text, result.out)


if __name__ == "__main__":
    unittest.main()
