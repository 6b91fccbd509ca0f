"""external/maas and fence_maas where nothing, or little, is wrong: what they ask for, print, log, and refuse."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

from support import (
    AGENT, NO_NAMESPACE, PLUGIN, Case, Sandbox, agent, leaks, needs_agents, needs_namespace, plugin, run, violations)

DEADLINE = 5
NOTICE, WARNING = 5, 4


class AgentCase(Case):
    """A region, and calls of the agents whose every invariant is checked."""

    def region(self, *machines, **parameters):
        self.maas = self.sandbox(machines or ("node1", "node2"), **parameters)
        return self.maas

    def both(self, verb, host="node1", **parameters):
        """The same call of either agent, each in a region as it is now: (status, result) of one after the other."""
        for program in (plugin, agent):
            yield self.call(program, verb, host, **parameters)

    def call(self, program, verb, host="node1", expected=0, name="node1", **parameters):
        """name: the machine's in MAAS."""
        self.maas.journal.clear()
        machine = self.maas.machines.get(name)
        initial = machine.state if machine else "on"
        given = {**self.maas.environment, "deadline": DEADLINE, **parameters}
        spelled = {"reset": "reboot", "status": "monitor"}.get(verb, verb) if program is agent else verb
        result = program(spelled, host, **given)
        wrong = violations(self.maas, result, spelled, DEADLINE, name, initial)
        self.assertFalse(wrong, f"{wrong}\n{result}")
        if expected is not None:
            self.assertStatus(expected, result)
        return result

    def calls(self):
        return self.maas.calls()


@needs_agents
class Requests(AgentCase):
    """What a call costs MAAS."""

    def sequence(self, expected, verb, **machine):
        for program in (plugin, agent):
            with self.subTest(program=program.__name__):
                self.region({"hostname": "node1", **machine})
                self.call(program, verb)
                self.assertEqual(expected, self.calls())

    def test_status(self):
        self.sequence(["whoami"], "status")

    def test_off(self):
        self.sequence(["lookup", "power_off", "query_power_state"], "off")

    def test_off_of_a_machine_that_is_off(self):
        self.sequence(["lookup", "query_power_state"], "off", state="off")

    def test_off_of_a_machine_that_is_stored_as_off(self):
        self.sequence(
            ["lookup", "query_power_state", "power_off", "query_power_state"], "off", state="on", power_state="off")

    def test_off_of_a_machine_that_is_stored_as_off_and_whose_bmc_does_not_answer_at_first(self):
        for program in (plugin, agent):
            self.region({"hostname": "node1", "state": "on", "power_state": "off"})
            self.maas.add_fault("query_power_state", "504")
            self.call(program, "off")
            self.assertEqual(["lookup", "query_power_state", "power_off", "query_power_state"], self.calls())

    def test_off_of_a_locked_machine_that_is_off(self):
        self.sequence(["lookup", "query_power_state"], "off", locked=True, state="off", power_state="on")

    def test_reset(self):
        self.sequence(["lookup", "power_off", "query_power_state", "machine", "power_on"], "reset")

    def test_on(self):
        self.sequence(
            ["lookup", "query_power_state", "machine", "power_on", "query_power_state"], "on", state="off")

    def test_on_of_a_machine_that_is_on(self):
        self.sequence(["lookup", "query_power_state"], "on")

    def test_status_of_a_machine(self):
        self.region("node1", {"hostname": "node2", "state": "off"})
        for host, status in (("node1", 0), ("node2", 2)):
            self.maas.journal.clear()
            self.assertStatus(status, agent("status", host, **self.maas.environment))
            self.assertEqual(["lookup", "query_power_state"], self.calls())

    def test_bytes_and_paths(self):
        """One machine is asked for, and nothing else: no describe/, no nodes/, at most 20 kB."""
        self.region(*(f"node{number}" for number in range(1, 31)))
        for _ in self.both("reset"):
            for entry in self.maas.requests:
                self.assertLess(entry["sent"], 20_000)
                self.assertIn(entry["call"], ("lookup", "power_off", "query_power_state", "machine", "power_on"))
            lookup = self.maas.requests[0]
            self.assertEqual("hostname=node1", lookup["query"])

    def test_power_off_is_hard(self):
        self.region()
        for _ in self.both("off"):
            order = next(entry for entry in self.maas.requests if entry["call"] == "power_off")
            self.assertNotIn("soft", order["form"] + order["query"])
            self.maas.machines["node1"].power("on")
            self.maas.machines["node1"].remember("on")

    def test_a_slow_bmc_is_not_asked_all_the_time(self):
        self.region({"hostname": "node1", "bmc": {"off_delay": 2}}, version="3.4")
        self.call(plugin, "off")
        queries = self.calls().count("query_power_state")
        self.assertTrue(2 <= queries <= 30, queries)
        # The agent may have its answer before the sandbox has written down that it gave it.
        deadline = time.monotonic() + 10
        while "done" not in self.maas.requests[-1] and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertLess(self.maas.requests[-1]["done"] - self.maas.journal.entries("power")[0]["at"], 0.4)


@needs_agents
class Output(AgentCase):
    def test_no_line_end_after_what_cluster_glue_reads(self):
        """It sleeps a second where the output is empty or ends with a line end."""
        self.region()
        for verb in ("status", "off", "on", "reset"):
            out = self.call(plugin, verb).out
            self.assertTrue(out and not out.endswith("\n"), repr(out))
        self.assertFalse(self.call(plugin, "reset", "nobody", expected=1).out.endswith("\n"))

    @needs_namespace
    def test_the_log_of_a_reset(self):
        self.region("model-crow")
        for program in (plugin, agent):
            result = program(
                "reset" if program is plugin else "reboot", "model-crow", **self.maas.environment, deadline=DEADLINE)
            self.assertStatus(0, result)
            self.assertEqual("", result.err)
            expected = ["Performing power reset on model-crow", "Powering off model-crow",
                        "model-crow is in power state off"]
            self.assertEqual([(NOTICE, text) for text in expected], result.syslog[:3], result)

    @needs_namespace
    def test_the_tag_of_the_log(self):
        self.region("model-crow")
        for tag, expected in ((None, "external/maas"), ("stonith", "stonith"), ("", "external/maas")):
            import support
            support.SYSLOG.everything()
            process = subprocess.run(
                [PLUGIN, "off", "nobody"], env={"PATH": os.environ["PATH"], **self.maas.environment,
                                                **({} if tag is None else {"HA_LOGTAG": tag})},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertEqual(1, process.returncode)
            lines = support.SYSLOG.everything()
            self.assertTrue(lines and all(f" {expected}[" in line for line in lines), lines)

    def test_works_without_a_syslog(self):
        self.region("node1")
        if NO_NAMESPACE is None:
            os.rename("/dev/log", "/dev/log.away")
            self.addCleanup(lambda: os.path.exists("/dev/log.away") and os.rename("/dev/log.away", "/dev/log"))
        process = subprocess.run([PLUGIN, "reset", "node1"], env=self.maas.environment, stdout=subprocess.PIPE)
        if NO_NAMESPACE is None:
            os.rename("/dev/log.away", "/dev/log")
        self.assertEqual(0, process.returncode)
        self.assertEqual("on", self.maas.machines["node1"].state)

    def test_works_with_closed_descriptors(self):
        self.region("node1")
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                self.maas.journal.clear()
                result = run("sh", "-c", f"'{PLUGIN}' off node1 {closed}", env=self.maas.environment)
                # Nothing said is no success: without standard output it may fail, but not as if it had not been done.
                self.assertIn(result.status, (0, 1))
                self.assertEqual("off", self.maas.machines["node1"].state)
                self.maas.machines["node1"].power("on")
                self.maas.machines["node1"].remember("on")
                bodies = [entry["form"] + entry["query"] for entry in self.maas.requests]
                self.assertFalse(any("external/maas:" in body for body in bodies))


@needs_agents
class Names(AgentCase):
    def test_the_host_name_comes_in_lower_case(self):
        self.region("Node1", "NODE2")
        for name in ("Node1", "NODE2"):
            for _ in self.both("off", name.lower(), name=name):
                self.assertEqual("off", self.maas.machines[name].state)
                self.maas.machines[name].power("on")

    def test_two_names_that_differ_in_case_only(self):
        self.region("node1", "NODE1")
        for result in self.both("off", "node1", expected=1):
            self.assertEqual([], self.calls())
            self.assertIn("case", result.err)

    def test_names_with_a_domain(self):
        self.region({"hostname": "node1", "domain": "example.com"})
        for result in self.both("off", "node1.example.com", hostnames="node1.example.com"):
            self.assertEqual("hostname=node1", self.maas.requests[0]["query"])
            self.maas.machines["node1"].power("on")
            self.maas.machines["node1"].remember("on")
        for result in self.both("off", "node1.example.org", hostnames="node1.example.org", expected=1):
            self.assertEqual(["lookup"], self.calls())
            self.assertIn("node1.example.com", result.err)
        for result in self.both("off", "node1", hostnames="node1.example.com", expected=1):
            self.assertEqual([], self.calls())

    def test_hostnames_in_every_form(self):
        self.region()
        for hostnames in ("node1", " node1 ", "node2 node1", "node2,node1", "node2\tnode1\n", "node1 node1",
                          "node2, node1;node3"):
            result = self.call(plugin, "on", hostnames=hostnames)
            self.assertEqual(["lookup", "query_power_state"], self.calls(), result)

    def test_hostnames_that_are_none(self):
        self.region()
        for hostnames in ("node1 a/b", " ", None):
            for result in self.both("status", hostnames=hostnames, expected=1):
                self.assertEqual([], self.calls(), result)

    def test_names_that_are_not_among_hostnames(self):
        self.region()
        for name in ("node", "node11", "node1.maas", "xnode1", "node3", ""):
            for result in self.both("off", name, expected=1):
                self.assertEqual([], self.calls(), name)

    HOSTILE = (
        "node1;reboot", "$(reboot)", "`reboot`", "node1 node2", "../../users/", "node1/../../users", "node1%2F..",
        "node1%00", "node1?op=power_off", "node1&hostname=node2", "node1#", "node1'", 'node1"', "node1\\", "*", "-h",
        "--help", "node1\n", "\nnode1", "node1\r", "node1\x1b[2J", "node1\t", "\x7f", "n\u00f6de1", "node1\u202e",
        "node1\udcff", "%s%n%s%n", "n" * 300, "n" * 100_000, ".", "..", "node1.", ".node1")

    def test_hostile_names(self):
        """Whether they are asked for or stand in hostnames: in no URL, and not raw in any output."""
        self.region()
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(self.hostile, [
                (program, name, where) for name in self.HOSTILE for program in (plugin, agent)
                for where in ("host", "hostnames", "both")]))
        self.assertEqual([], [problem for problems in results for problem in problems])
        for entry in self.maas.requests:
            self.assertIn(entry["query"], ("hostname=node1", "op=power_off", "op=query_power_state"))

    def hostile(self, what):
        program, name, where = what
        parameters = {**self.maas.environment, "deadline": DEADLINE}
        if where != "host":
            parameters["hostnames"] = name
        host = name if where != "hostnames" else "node1"
        # On standard input, a line end ends the value.
        clean = name.split("\n")[0].rstrip("\r") if program is agent else name
        result = program("off", host, **parameters)
        # What stands between names is no part of them: these are node1, rightly.
        if where == "hostnames" and "node1" in re.split(r"[\s,;]+", clean) or clean == "node1":
            return []
        problems = [] if result.status == 1 else [f"{program.__name__} {name[:50]!r} {where}: {result}"]
        for text in [result.out, *result.log, *result.err.split("\n")]:
            if not text.isprintable() or len(text) > 1000 or re.search(r"n{200}|\$\(|`|%00|\.\./", text):
                problems.append(f"{program.__name__} {name[:50]!r} {where} is shown: {text[:300]!r}")
        return problems


@needs_agents
class Parameters(AgentCase):
    def accepted(self, **parameters):
        for program in (plugin, agent):
            if program is agent and any("\n" in str(value) for value in parameters.values()):
                continue
            with self.subTest(program=program.__name__, **parameters):
                self.call(program, "status", None, **parameters)
                self.assertEqual(["whoami"], self.calls())

    def refused(self, *words, verb="status", **parameters):
        for program in (plugin, agent):
            with self.subTest(program=program.__name__, **parameters):
                result = self.call(program, verb, "node1", expected=1, **parameters)
                self.assertEqual([], self.calls())
                for word in words:
                    self.assertIn(word, result.err)

    def test_urls_as_users_write_them(self):
        self.region()
        base = self.maas.url.removesuffix("/MAAS")
        for url in (f"{base}/MAAS", f"{base}/MAAS/", f"{base}/MAAS//", f"{base}/MAAS/api/2.0", f"{base}/MAAS/api/2.0/",
                    base, f"{base}/", f" {base}/MAAS ", f"{base}/MAAS/\n", f"{base}/MAAS/r/machines",
                    f"{base}/MAAS/r/machine/abcdef/summary", f"{base}/MAAS/#/machines", f"{base}/MAAS/l/",
                    base.replace("http", "HTTP") + "/MAAS", base.removeprefix("http://") + "/MAAS"):
            self.accepted(url=url)

    def test_urls_that_are_none(self):
        self.region()
        base = self.maas.url
        for url in ("", "   ", "MAAS", "ftp://127.0.0.1/MAAS", "http://", "http:///MAAS", "http://127.0.0.1:99999/MAAS",
                    f"{base}?x=1", base.replace("127", "user:secretpassword@127"), "file:///etc/passwd",
                    f"{base}/../x", "http://127.0.0.1:5240\x1b[2J/MAAS", "http://127.0.0.1:a/MAAS"):
            if url not in ("MAAS",):
                self.refused("url", url=url)
        for result in self.both("status", None, url=base.replace("127", "user:secretpassword@127"), expected=1):
            self.assertNotIn("secretpassword", f"{result}".replace(f"{result.command}", ""))

    def test_keys_as_users_write_them(self):
        self.region()
        key = self.maas.apikey
        for apikey in (key, f" {key} ", f"{key}\n", f"{key}\r\n", f'"{key}"', f"'{key}'", f"' {key}'", f"\t{key}"):
            self.accepted(apikey=apikey)

    def test_keys_that_are_none(self):
        self.region()
        consumer, token, secret = self.maas.apikey.split(":")
        for apikey in ("x", f"{consumer}:{token}", f"{consumer}:{token}:", f":{token}:{secret}", f"{consumer}::{secret}",
                       f"{consumer}:{token}:{secret}:x", "::", f"{consumer} {token} {secret}",
                       f"{consumer}:{token}:{secret} x", f"{consumer}:{token}:{secret}\x1b[2J"):
            self.refused("API key", apikey=apikey)
        self.refused("apikey", apikey="")
        self.refused("apikey", apikey=None)

    def test_a_wrong_key_is_told_and_not_shown(self):
        self.region()
        consumer, token, secret = self.maas.apikey.split(":")
        for apikey in (f"x{consumer}:{token}:{secret}", f"{consumer}:x{token}:{secret}", f"{consumer}:{token}:wrong{secret[::-1]}"):
            for program in (plugin, agent):
                self.maas.journal.clear()
                given = {**self.maas.environment, "apikey": apikey}
                for verb in ("status" if program is plugin else "monitor", "off"):
                    result = self.assertStatus(1, program(verb, "node1", **given, deadline=DEADLINE))
                    self.assertIn("does not accept the API key", result.err)
                    self.assertNotIn("base string", str(result))
                    self.assertEqual([], leaks(result, self.maas.users["admin"]))
                    for part in apikey.split(":"):
                        self.assertNotIn(part, result.out + result.err + "".join(result.log))

    def test_a_clock_that_is_wrong_is_told(self):
        self.region()
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
        self.maas.add_fault("whoami", "401-expired", headers={"Date": date}, times=None)
        for result in self.both("status", expected=1):
            self.assertRegex(result.err, r"clock and MAAS's are (3599|3600|3601) s apart")

    def test_a_key_with_characters_that_need_encoding(self):
        for key in ("a:b:c%2F+/=&~", "a%b:c d".replace(" ", "+") + ":e,f\"g'h"):
            self.region(apikey=key)
            self.call(plugin, "status", None)
            self.assertEqual([200], [entry["status"] for entry in self.maas.requests], key)

    def test_key_files(self):
        self.region()
        key = self.maas.apikey
        for content in (key, f"{key}\n", f"{key}\r\n", f"\n{key}\n\n", f'"{key}"\n', f"\ufeff{key}\n"):
            file = self.file("key", content, 0o600)
            with self.subTest(content.replace(key, "KEY")):
                if content.startswith("\ufeff"):
                    result = self.call(plugin, "status", None, apikey=None, apikey_file=file, expected=None)
                    self.assertIn(result.status, (0, 1))
                    continue
                for _ in self.both("status", None, apikey=None, apikey_file=file):
                    self.assertEqual(["whoami"], self.calls())
                for _ in self.both("status", None, apikey="", apikey_file=file):
                    self.assertEqual(["whoami"], self.calls())
        # What is given directly comes first.
        result = plugin("status", **{**self.maas.environment, "apikey": "a:b:c"}, apikey_file=file)
        self.assertStatus(1, result)

    def test_key_files_that_cannot_be_read(self):
        self.region()
        os.mkfifo(self.folder / "fifo")
        (self.folder / "binary").write_bytes(os.urandom(5000))
        for name, word in (("missing", "apikey_file"), ("fifo", ""), ("binary", "API key"), ("", "apikey")):
            file = self.folder / name if name else self.folder
            self.refused(word, apikey=None, apikey_file=file)
        self.file("empty", "")
        self.refused("API key", apikey=None, apikey_file=self.folder / "empty")

    def test_deadlines_that_are_none(self):
        self.region()
        for deadline in ("garbage", "-1", "0", "1e999", "nan", "inf", "5 minutes", "0x10000000000"):
            self.refused("deadline", deadline=deadline)
            self.refused("deadline", deadline=deadline, verb="off")
        for deadline in ("", "5s", "5.5", None):
            self.accepted(deadline=deadline)

    def test_several_endpoints(self):
        self.region("node1", listeners=3)
        dead, second, third = self.maas.listeners
        dead.close()
        for urls in (f"{dead.url} {second.url}", f"{dead.url}\n{dead.url}/ {second.url}", f"{second.url} {dead.url}"):
            for program in (plugin, agent):
                if program is agent and "\n" in urls:
                    continue
                self.call(program, "reset", url=urls)
                self.assertEqual("on", self.maas.machines["node1"].state)
                self.assertEqual({1}, {entry["listener"] for entry in self.maas.requests})

    def test_an_endpoint_that_goes_away_in_the_middle(self):
        for strikes in ("lookup", "power_off", "query_power_state", "machine"):
            self.region("node1", listeners=2)
            self.maas.add_fault(strikes, then={"close_listener": 0})
            self.call(plugin, "reset")
            self.assertEqual("on", self.maas.machines["node1"].state, strikes)
            self.assertEqual([0, 1], sorted({entry["listener"] for entry in self.maas.requests}))

    def test_an_endpoint_whose_maas_does_not_run(self):
        """What stands before MAAS's regions answers 502 for one that is down."""
        for fault in ("502-proxy", "503"):
            self.region("node1", listeners=2)
            self.maas.add_fault(kind=fault, listener=0, times=None)
            for verb in ("status", "reset"):
                self.call(plugin, verb)
            self.assertEqual("on", self.maas.machines["node1"].state)

    def test_proxies_are_not_used(self):
        self.region()
        proxy = self.maas.outside_url
        names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        for program in (plugin, agent):
            result = program("status" if program is plugin else "monitor", "node1", **self.maas.environment,
                             env={name: proxy for name in names})
            self.assertStatus(0, result)
        self.assertEqual([], self.maas.journal.entries("outside"))

    def test_redirects_are_not_followed(self):
        self.region(listeners=2)
        for status in (301, 302, 303, 307, 308):
            for to in ("outside", 1):
                for verb in ("status", "off"):
                    self.maas.add_fault(kind="redirect", status=status, to=to, listener=0, times=None)
                    url = self.maas.listeners[0].url
                    for result in self.both(verb, url=url, expected=1):
                        self.assertIn("redirect", result.err)
                    self.maas.faults.clear()
        self.assertEqual([], self.maas.journal.entries("outside", "credentials_leaked"))


@needs_agents
class TLS(AgentCase):
    @classmethod
    def setUpClass(cls):
        import tempfile
        from pathlib import Path
        cls.authority = Path(tempfile.mkdtemp(prefix="crmsync-ca-"))
        cls.addClassCleanup(shutil.rmtree, cls.authority)
        for name in ("ca", "other"):
            cls.openssl("req", "-x509", *cls.KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                        "-out", f"{name}.pem")
        cls.certificate("good", "ca", "IP:127.0.0.1")
        cls.certificate("elsewhere", "ca", "DNS:maas.example.com")
        cls.certificate("old", "ca", "IP:127.0.0.1", "-not_before", "20200101000000Z", "-not_after", "20200102000000Z")

    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], cwd=cls.authority, check=True, stderr=subprocess.DEVNULL)

    @classmethod
    def certificate(cls, name, issuer, place, *dates):
        cls.openssl("req", *cls.KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (cls.authority / "extensions").write_text(f"subjectAltName={place}\n")
        if dates:
            # Only `openssl ca` can make one that has expired.
            (cls.authority / "index").write_text("")
            (cls.authority / "ca.conf").write_text(
                "[ca]\ndefault_ca=x\n[x]\ndatabase=index\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
                "new_certs_dir=.\nunique_subject=no\n[p]\ncommonName=supplied\n")
            cls.openssl("ca", "-batch", "-config", "ca.conf", "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key",
                        "-startdate", dates[1], "-enddate", dates[3], "-extfile", "extensions", "-in", f"{name}.csr",
                        "-out", f"{name}.pem", "-notext")
        else:
            cls.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                        "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem")

    def serve(self, name):
        self.region("node1", tls=(self.authority / f"{name}.pem", self.authority / f"{name}.key"))

    def test_the_right_authority(self):
        self.serve("good")
        for verb in ("status", "reset"):
            for _ in self.both(verb, ca_file=self.authority / "ca.pem"):
                self.assertTrue(self.calls())

    def test_others_are_not_trusted(self):
        for name, ca_file, word in (
                ("good", None, "certificate"), ("good", "other.pem", "certificate"), ("elsewhere", "ca.pem", "certificate"),
                ("old", "ca.pem", "certificate"), ("good", "missing.pem", "ca_file"), ("good", "good.key", "")):
            self.serve(name)
            for verb in ("status", "off"):
                given = ca_file and self.authority / ca_file
                for result in self.both(verb, ca_file=given, expected=1):
                    self.assertEqual([], self.maas.requests)
                    self.assertIn(word, result.err)
                    self.assertEqual("on", self.maas.machines["node1"].state)
                    if word == "certificate":
                        # It will not be a better one the next time.
                        self.assertLess(result.seconds, DEADLINE / 2)

    def test_a_plain_url_where_tls_is_spoken_and_the_other_way_round(self):
        self.serve("good")
        for _ in self.both("status", url=self.maas.url.replace("https", "http"), expected=1):
            self.assertEqual([], self.maas.requests)
        self.region()
        for _ in self.both("off", url=self.maas.url.replace("http", "https"), expected=1):
            self.assertEqual([], self.maas.requests)
            self.assertEqual("on", self.maas.machines["node1"].state)

    def test_an_untrusted_endpoint_does_not_keep_from_the_other(self):
        self.serve("elsewhere")
        good = self.sandbox(("node1",), tls=(self.authority / "good.pem", self.authority / "good.key"))
        result = plugin("off", "node1", **{**good.environment, "url": f"{self.maas.url} {good.url}"},
                        ca_file=self.authority / "ca.pem", deadline=DEADLINE)
        self.assertStatus(0, result)
        self.assertEqual([], self.maas.requests)
        self.assertEqual("off", good.machines["node1"].state)


@needs_agents
class Time(AgentCase):
    @classmethod
    def setUpClass(cls):
        """The standard deadlines are long: these calls go on while other tests run."""
        cls.hanging = Sandbox(("node1",))
        cls.addClassCleanup(cls.hanging.end)
        cls.hanging.add_fault(kind="hang", times=None)
        pool = ThreadPoolExecutor(4)
        cls.addClassCleanup(pool.shutdown)
        given = cls.hanging.environment
        cls.started = {
            (program, verb): pool.submit(program, verb, "node1", **given, timeout=70)
            for program, verb in ((plugin, "status"), (agent, "monitor"), (plugin, "reset"), (agent, "off"))}

    def test_own_deadlines(self):
        for deadline in (1, 2.5):
            for verb in ("status", "off", "on", "reset"):
                self.region()
                self.maas.add_fault(kind="hang", times=None)
                for result in self.both(verb, expected=1, deadline=deadline):
                    self.assertTrue(deadline * 0.5 <= result.seconds <= deadline + 0.5, result)

    def test_a_delay_counts(self):
        self.region()
        began = time.monotonic()
        self.call(agent, "off", delay=1, deadline=4)
        self.assertTrue(1 <= time.monotonic() - began < 2)
        self.call(agent, "off", delay=10, deadline=4, expected=1)
        self.call(agent, "off", delay="1s", deadline=4)
        self.call(agent, "off", delay="x", deadline=4, expected=1)

    def test_zz_standard_deadlines(self):
        """15 s for status and monitor, 50 s for the rest."""
        for (program, verb), call in self.started.items():
            with self.subTest(program=program.__name__, verb=verb):
                result = self.assertStatus(1, call.result())
                limit = 15 if verb in ("status", "monitor") else 50
                self.assertTrue(limit * 0.5 < result.seconds < limit + 1, result)
                self.assertEqual([], leaks(result, self.hanging.users["admin"]))


@needs_agents
class Again(AgentCase):
    """More than one call."""

    def process(self, verb, **parameters):
        given = {**self.maas.environment, "deadline": str(DEADLINE), **parameters}
        return subprocess.Popen(
            [PLUGIN, verb, "node1"], env={"PATH": os.environ["PATH"], **given}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def test_killed_at_any_request_and_repeated(self):
        requests = ("lookup", "power_off", "query_power_state", "machine", "power_on")
        for verb in ("off", "reset"):
            for act in (False, True):
                for request in requests[:3] if verb == "off" else requests:
                    with self.subTest(verb=verb, request=request, act=act):
                        self.region("node1")
                        self.maas.add_fault(request, "hang-acted" if act else "hang")
                        first = self.process(verb)
                        while request not in self.calls():
                            time.sleep(0.01)
                        time.sleep(0.02)
                        first.send_signal(signal.SIGKILL)
                        first.wait()
                        self.call(plugin, verb)
                        self.assertEqual(
                            "off" if verb == "off" else "on", self.maas.machines["node1"].state)
                        self.assertEqual([], self.maas.dangers())

    def test_two_at_once(self):
        """One of them may find the machine on again, and so fail; neither succeeds falsely."""
        for verbs in (("off", "off"), ("reset", "off"), ("reset", "reset")):
            for version in ("3.4", "3.6"):
                for pause in (0, 0, 0.02, 0.05):
                    with self.subTest(verbs=verbs, version=version, pause=pause):
                        self.region({"hostname": "node1", "bmc": {"off_delay": 0.1}}, version=version)
                        calls = [self.process(verbs[0], deadline="2")]
                        time.sleep(pause)
                        calls.append(self.process(verbs[1], deadline="2"))
                        statuses = [call.wait() for call in calls]
                        self.assertIn(0, statuses)
                        self.assertTrue(self.maas.journal.entries("power"))
                        self.assertEqual([], self.maas.journal.entries("deployed"))
                        if verbs == ("off", "off"):
                            self.assertEqual([0, 0], statuses)
                            self.assertEqual("off", self.maas.machines["node1"].state)

    def test_another_was_faster(self):
        """After the query that says off, MAAS stores that; where it shows "on" a moment later, somebody has switched the
        machine on, and powering it on would reset it."""
        for verb, state in (("reset", "on"), ("on", "off")):
            with self.subTest(verb=verb):
                self.region({"hostname": "node1", "state": state})
                self.maas.add_fault("query_power_state", then={"power": "on", "set": {"power_state": "on"}})
                self.call(plugin, verb)
                self.assertNotIn("rebooted_while_on", [danger["event"] for danger in self.maas.dangers()])

    def test_off_and_reset_as_often_as_one_likes(self):
        self.region("node1")
        for verb in ("off", "off", "reset", "reset", "on", "on", "off"):
            for _ in self.both(verb):
                pass
            self.assertEqual("off" if verb == "off" else "on", self.maas.machines["node1"].state)
        self.assertEqual([], self.maas.dangers())


@needs_agents
class Patience(AgentCase):
    def test_what_it_waited_for_is_told(self):
        self.region({"hostname": "node1", "bmc": {"stuck": True}})
        for result in self.both("off", expected=1, deadline=1.5):
            self.assertIn("timed out", result.err)
            self.assertIn("waiting for node1 to be off", result.err)
            self.assertRegex(result.err, r"last: .*\bon\b")

    def test_an_order_that_did_not_arrive_is_sent_again(self):
        self.region("node1")
        self.maas.add_fault("power_off", "closed")
        result = self.assertStatus(0, plugin("off", "node1", **self.maas.environment, deadline=25))
        self.assertEqual(2, self.calls().count("power_off"), result)
        self.assertFalse(violations(self.maas, result, "off", 25))

    def test_an_order_that_failed_and_is_carried_out_a_second_later(self):
        for verb, before in (("off", "on"), ("on", "off")):
            with self.subTest(verb):
                self.region({"hostname": "node1", "state": before})
                self.maas.add_fault(f"power_{verb}", "500-driver")
                timer = threading.Timer(1, self.maas.machines["node1"].power, (verb,))
                timer.start()
                self.call(plugin, verb)
                timer.join()


@needs_agents
class BusyOrders(AgentCase):
    """MAAS is too busy for a power_on. Before it is given again, the machine is known to be off."""

    def test_somebody_switches_it_on_meanwhile(self):
        self.region("node1")
        self.maas.add_fault("power_on", "503", then={"power": "on"})
        self.call(plugin, "reset")
        self.assertEqual(1, self.calls().count("power_on"))

    def test_no_connection_comes_about(self):
        """However soon there is one again, the machine is looked at anew before."""
        self.region("node1", listeners=2)
        self.maas.add_fault("machine", then={"close_listener": 0})
        self.call(plugin, "reset")
        looked = ["query_power_state", "machine"]
        self.assertEqual(["lookup", "power_off", *looked, *looked, "power_on"], self.calls())

    def test_its_state_is_unknown_meanwhile(self):
        self.region({"hostname": "node1", "bmc": {"answers": ["real", "unknown"]}})
        self.maas.add_fault("power_on", "503")
        self.assertIn("STAYS OFF", self.call(plugin, "reset").err)
        self.assertEqual(1, self.calls().count("power_on"))


@needs_agents
class Deployment(AgentCase):
    def test_a_virtual_machine_may_only_be_paused(self):
        for program in (plugin, agent):
            self.region({"hostname": "node1", "power_type": "virsh"})
            self.assertIn("virsh MAAS calls a machine off as well that is paused", self.call(program, "off").err)

    def test_in_memory_or_not_is_not_known(self):
        self.region({"hostname": "node1", "ephemeral_deploy": None})
        self.assertIn("STAYS OFF", self.call(plugin, "reset").err)
        self.assertNotIn("power_on", self.calls())

    def test_what_is_no_machine_of_users(self):
        rack_controller = 2
        self.region({"hostname": "node1", "node_type": rack_controller})
        self.call(plugin, "off", expected=1)
        self.assertEqual(["lookup"], self.calls())


@needs_agents
class Information(AgentCase):
    """What has to work before anything is configured, and without a network."""

    NAMES = ["hostnames", "url", "apikey"]

    def informed(self, verb, **environment):
        command = [PLUGIN, verb]
        if not NO_NAMESPACE:
            # No network, not even loopback.
            command = ["unshare", "--net", *command]
        result = self.assertStatus(0, run(*command, env=environment))
        self.assertEqual("", result.err)
        return result.out

    def test_the_information_verbs(self):
        for environment in ({}, {"hostnames": "a b", "url": "nonsense", "apikey": "nonsense", "deadline": "x"}):
            names = self.informed("getconfignames", **environment).split()
            self.assertEqual(set(self.NAMES), set(names) & set(self.NAMES))
            self.assertTrue({"apikey_file", "ca_file", "deadline"} <= set(names))
            for verb in ("getinfo-devid", "getinfo-devname", "getinfo-devdescr", "getinfo-devurl"):
                self.assertEqual(1, len(self.informed(verb, **environment).splitlines()))
            parameters = ElementTree.fromstring(self.informed("getinfo-xml", **environment))
            self.assertEqual("parameters", parameters.tag)
            self.assertEqual(names, [parameter.get("name") for parameter in parameters])
            for parameter in parameters:
                self.assertIn(parameter.get("required"), ("0", "1"))
                self.assertIn(parameter.find("content").get("type"), ("string", "integer", "boolean"))
                self.assertTrue(parameter.find("shortdesc").text and parameter.find("longdesc").text)

    def test_gethosts(self):
        self.assertEqual(["a", "B.c"], self.informed("gethosts", hostnames=" a  B.c ").split("\n")[:2])
        for hostnames in ("", " ", None):
            given = {} if hostnames is None else {"hostnames": hostnames}
            self.assertStatus(1, run(PLUGIN, "gethosts", env=given))

    def test_unknown_verbs(self):
        for arguments in ([], ["nonsense"], ["off"], ["reset", ""], ["getinfo-nonsense"], [""], ["--help"]):
            result = run(PLUGIN, *arguments, env={"hostnames": "node1", "url": "http://127.0.0.1:1", "apikey": "a:b:c"})
            self.assertStatus(1, result)
            self.assertTrue(result.err)

    def test_nothing_configured(self):
        for verb in ("status", "on", "off", "reset"):
            result = self.assertStatus(1, run(PLUGIN, verb, "node1", env={}))
            self.assertTrue(result.err)

    def test_an_unwritable_output(self):
        for verb in ("getconfignames", "getinfo-xml", "gethosts"):
            with open(os.open("/dev/full", os.O_WRONLY), "w") as full:
                done = subprocess.run([PLUGIN, verb], stdout=full, env={"hostnames": "a"})
            self.assertNotEqual(0, done.returncode, verb)


@needs_agents
class FenceAgent(AgentCase):
    """The rules of fence-agents."""

    def test_metadata(self):
        for result in (agent("metadata"), run(AGENT, "--action=metadata"), run(AGENT, "-o", "metadata")):
            self.assertStatus(0, result)
            root = ElementTree.fromstring(result.out)
            self.assertEqual(("resource-agent", "fence_maas"), (root.tag, root.get("name")))
            parameters = {parameter.get("name"): parameter for parameter in root.find("parameters")}
            wanted = {"action", "plug", "port", "url", "apikey", "apikey_file", "hostnames", "ca_file", "deadline"}
            self.assertEqual(set(), wanted - set(parameters))
            self.assertEqual(set(), {"help", "version"} & set(parameters))
            for name, parameter in parameters.items():
                self.assertIsNotNone(parameter.find("getopt").get("mixed"), name)
                self.assertTrue(parameter.find("shortdesc").text, name)
                self.assertTrue(parameter.find("content").get("type"), name)
            actions = {action.get("name") for action in root.find("actions")}
            self.assertTrue({"on", "off", "reboot", "status", "monitor", "list", "metadata", "validate-all"} <= actions)
            self.assertTrue(root.find("longdesc").text)

    def test_list(self):
        self.region()
        result = self.assertStatus(0, agent("list", hostnames="node1 NODE2.example.com"))
        self.assertEqual(["node1,", "NODE2.example.com,"], result.out.split())
        self.assertEqual([], self.calls())
        self.assertStatus(1, agent("list"))

    def test_list_status(self):
        self.region("node1", {"hostname": "node2", "state": "off"}, {"hostname": "node3", "power_type": "manual"})
        result = agent("list-status", **{**self.maas.environment, "hostnames": "node1 node2 node3 node4"})
        self.assertStatus(0, result)
        self.assertEqual(["node1,,ON", "node2,,OFF", "node3,,UNKNOWN", "node4,,UNKNOWN"], result.out.split())

    def test_list_status_of_many(self):
        names = [f"node{number}" for number in range(120)]
        self.region(*names)
        result = self.assertStatus(0, agent("list-status", **self.maas.environment))
        self.assertEqual([f"{name},,ON" for name in names], result.out.split())
        self.assertTrue(all(len(entry["query"]) < 4000 for entry in self.maas.requests))

    def test_validate_all(self):
        self.region()
        self.assertStatus(0, agent("validate-all", **self.maas.environment))
        self.assertEqual([], self.calls())
        for wrong in ({"url": "x://"}, {"apikey": "x"}, {"hostnames": "a$b"}, {"deadline": "x"}):
            self.assertStatus(1, agent("validate-all", **{**self.maas.environment, **wrong}))

    def test_the_machine_to_fence(self):
        """plug, else port, else nodename."""
        self.region()
        for given, name in (
                ({"plug": "node2", "port": "node1", "nodename": "node1"}, "node2"),
                ({"port": "node2", "nodename": "node1"}, "node2"), ({"nodename": "node2"}, "node2"),
                ({"plug": "", "port": "", "nodename": "node2"}, "node2")):
            self.maas.journal.clear()
            lines = {"action": "on", **given, **self.maas.environment}
            self.assertStatus(0, run(AGENT, stdin="".join(f"{key}={value}\n" for key, value in lines.items())))
            self.assertEqual(f"hostname={name}", self.maas.requests[0]["query"])
        self.assertStatus(1, agent("off", **self.maas.environment))

    def test_standard_input(self):
        self.region()
        lines = "".join(f"{key}={value}\n" for key, value in self.maas.environment.items())
        for text, status in (
                (f"# action=off\n\naction=off\naction=monitor\nno equals\nunknown=1\nnode=x\n{lines}", 0),
                (f"action=monitor\r\n{lines}", 0), (f"action = monitor\n{lines}", None), (f"{lines}action=monitor", 0),
                (f"action=nonsense\n{lines}", 1), (f"action=off\nplug=node3\n{lines}", 1)):
            self.maas.journal.clear()
            result = run(AGENT, stdin=text)
            if status is not None:
                self.assertStatus(status, result)
            self.assertNotIn("power_off", self.calls())

    def test_nothing_at_all(self):
        self.assertStatus(1, run(AGENT, stdin=""))

    def test_reboot_is_the_standard_action(self):
        self.region("node1")
        self.assertStatus(0, run(AGENT, stdin="".join(
            f"{key}={value}\n" for key, value in {"plug": "node1", **self.maas.environment}.items())))
        self.assertEqual(["lookup", "power_off", "query_power_state", "machine", "power_on"], self.calls())

    def test_the_command_line(self):
        self.region()
        options = [f"--{key}={value}" for key, value in self.maas.environment.items()]
        for how in (["--action=on", "--plug=node1"], ["-o", "on", "-n", "node1"], ["--action", "on", "--plug", "node1"],
                    ["-oon", "-nnode1"], ["--action=on", "--nodename=node1"]):
            self.maas.journal.clear()
            self.assertStatus(0, run(AGENT, *how, *options))
            self.assertEqual(["lookup", "query_power_state"], self.calls())
        secret = self.maas.apikey.split(":")[2]
        for wrong in (["--nonsense=1"], ["extra"], [self.maas.apikey], ["--plug"], [f"--apikei={self.maas.apikey}"]):
            result = run(AGENT, "--action=off", *options, *wrong)
            self.assertStatus(1, result)
            self.assertNotIn(secret, result.out + result.err + "".join(result.log))
        self.assertEqual("on", self.maas.machines["node1"].state)

    def test_help_and_version(self):
        for option in ("--help", "-h", "--version", "-V"):
            result = self.assertStatus(0, run(AGENT, option))
            self.assertIn("fence_maas", result.out)

    def test_help_and_version_as_parameters_of_a_device(self):
        """They would come with every order, and an agent that answers them has switched nothing off."""
        for name in ("help", "version"):
            self.region("node1")
            self.call(agent, "off", **{name: 1})
            self.assertEqual("off", self.maas.machines["node1"].state)

    def test_verbose_shows_requests_and_no_key(self):
        self.region()
        result = self.call(agent, "reboot", verbose=1)
        self.assertIn("power_off", result.err)
        self.assertIn("query_power_state", result.err)
        self.assertEqual("", result.out)

    def test_exit_codes(self):
        self.region("node1", {"hostname": "node2", "state": "off"}, {"hostname": "node3", "power_type": "manual"})
        given = self.maas.environment
        for action, plug, status in (
                ("status", "node1", 0), ("status", "node2", 2), ("status", "node3", 1), ("status", "node4", 1),
                ("monitor", None, 0), ("off", "node3", 1), ("on", "node3", 1), ("reboot", "node3", 1)):
            with self.subTest(action=action, plug=plug):
                self.assertStatus(status, agent(action, plug, **given, deadline=2))
        self.maas.listeners[0].close()
        for action in ("status", "monitor", "off", "reboot", "on", "list-status"):
            self.assertStatus(1, agent(action, "node1", **given, deadline=1))


@needs_agents
class RealPower(AgentCase):
    def test_the_process_is_dead_when_off_returns(self):
        for version in ("3.4", "3.6"):
            self.region({"hostname": "node1", "power": {"process": ["sleep", "1000"]}, "bmc": {"off_delay": 0.3}},
                        version=version)
            pid = self.maas.machines["node1"].supply.pid
            self.call(plugin, "off")
            self.assertRaises(ProcessLookupError, os.kill, pid, 0)
            self.call(plugin, "on")
            self.call(plugin, "reset")
            self.assertEqual("on", self.maas.machines["node1"].state)


if __name__ == "__main__":
    unittest.main()
