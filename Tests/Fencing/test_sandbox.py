"""The sandbox itself: it has to be as nasty as MAAS before it can prove anything. Requests are signed by oauthlib."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.request
from urllib.parse import urlencode, urlsplit

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, Client

from support import ROOT, Case

from maas_sandbox import CATALOGUE

PROGRAM = ROOT / "fixtures" / "maas-sandbox" / "maas-sandbox"


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    @property
    def json(self):
        return json.loads(self.body)


class MAAS:
    """A client that does what it is told."""

    def __init__(self, url, apikey, method=SIGNATURE_PLAINTEXT):
        self.url, self.apikey, self.method = url.split()[0], apikey, method

    def header(self, url, verb="GET", form=None, **changes):
        consumer, token, secret = self.apikey.split(":")
        client = Client(consumer, resource_owner_key=token, resource_owner_secret=secret,
                        signature_method=self.method, **changes)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if verb == "POST" else {}
        return client.sign(url, verb, urlencode(form or {}) if verb == "POST" else None, headers)[1]["Authorization"]

    def send(self, verb, path, form=None, authorization="", timeout=5):
        url = path if path.startswith("http") else f"{self.url}/api/2.0/{path}"
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        headers = {}
        if authorization == "":
            authorization = self.header(url, verb, form)
        if authorization is not None:
            headers["Authorization"] = authorization
        if verb == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(verb, url.partition(parts.netloc)[2], urlencode(form or {}), headers)
            answer = connection.getresponse()
            # Some answers never end.
            return Answer(answer.status, answer.read(2_000_000).decode(), answer.headers)
        finally:
            connection.close()

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def post(self, path, form=None, **options):
        return self.send("POST", path, form, **options)


class SandboxCase(Case):
    def region(self, *machines, **parameters):
        self.maas = self.sandbox(machines or ("node1",), **parameters)
        self.client = MAAS(self.maas.url, self.maas.apikey)
        return self.maas

    def machine_id(self, name="node1"):
        return self.maas.machines[name].system_id

    def query(self, name="node1"):
        return self.client.get(f"machines/{self.machine_id(name)}/?op=query_power_state")

    def order(self, verb, name="node1", form=None):
        return self.client.post(f"machines/{self.machine_id(name)}/?op={verb}", form)

    def events(self, *names):
        return [entry["event"] for entry in self.maas.journal.entries(*names)]


class KeyTests(SandboxCase):
    def setUp(self):
        super().setUp()
        self.region()
        self.target = f"{self.client.url}/api/2.0/users/?op=whoami"

    def refused(self, status, body, authorization):
        answer = self.client.get(self.target, authorization=authorization)
        self.assertEqual(status, answer.status, answer.body)
        self.assertIn(body, answer.body)
        self.assertFalse(self.maas.requests[-1]["oauth"])

    def test_plaintext_and_hmac_are_let_in(self):
        for method in (SIGNATURE_PLAINTEXT, SIGNATURE_HMAC_SHA1):
            self.client.method = method
            answer = self.client.get(self.target)
            self.assertEqual((200, 155), (answer.status, len(answer.body)), answer.body)
            self.assertTrue(self.maas.requests[-1]["oauth"] and self.maas.requests[-1]["oauth_strict"])

    def test_hmac_covers_query_and_form(self):
        self.client.method = SIGNATURE_HMAC_SHA1
        identifier = self.machine_id()
        self.assertEqual(200, self.client.get("machines/?hostname=node1&hostname=a%20b").status)
        form = {"stop_mode": "hard", "comment": "a b&c"}
        self.assertEqual(200, self.client.post(f"machines/{identifier}/?op=power_off", form).status)
        url = f"{self.client.url}/api/2.0/machines/{identifier}/?op=power_off"
        signed = self.client.header(url, "POST", form)
        self.assertEqual(401, self.client.post(url, {"comment": "other"}, authorization=signed).status)

    def test_without_header(self):
        self.refused(401, "Forbidden", None)
        self.refused(401, "Forbidden", "Basic YTpi")
        self.refused(401, "Forbidden", self.client.header(self.target).replace("oauth_nonce", "nonce"))

    def test_wrong_keys(self):
        consumer, token, secret = self.maas.apikey.split(":")
        for apikey, body in (
                (f"x{consumer}:{token}:{secret}", "Authorization Error: Invalid API key."),
                (f"{consumer}:x{token}:{secret}", "Authorization Error: 'Invalid access token: "),
                (f"{consumer}:{token}:x{secret}",
                 f"Authorization Error: 'Invalid signature. Expected signature base string: &{secret}'")):
            self.refused(401, body, MAAS(self.client.url, apikey).header(self.target))

    def test_old_times_and_future_ones(self):
        old = str(int(time.time()) - 310)
        self.refused(401, "Authorization Error: 'Expired timestamp: given ", self.client.header(
            self.target, timestamp=old))
        later = self.client.header(self.target, timestamp=str(int(time.time()) + 5000))
        self.assertEqual(200, self.client.get(self.target, authorization=later).status)

    def test_a_nonce_twice(self):
        header = self.client.header(self.target)
        self.assertEqual(200, self.client.get(self.target, authorization=header).status)
        self.refused(401, "Authorization Error: 'Nonce already used: ", header)

    def test_a_nonce_is_used_up_by_a_wrong_signature(self):
        wrong = MAAS(self.client.url, self.maas.apikey + "x").header(self.target, nonce="abc")
        self.assertEqual(401, self.client.get(self.target, authorization=wrong).status)
        self.refused(401, "Nonce already used", self.client.header(self.target, nonce="abc"))

    def test_unknown_signature_method(self):
        self.client.method = SIGNATURE_HMAC_SHA256
        header = self.client.header(self.target)
        self.refused(401, "PLAINTEXT", header)
        self.refused(401, "HMAC-SHA1", self.client.header(self.target))

    def test_spelling_of_the_header(self):
        header = self.client.header
        self.refused(400, "'Bad Request: Parameter not found: ", header(self.target).replace("OAuth ", "oauth "))
        self.refused(401, "Authorization Error", header(self.target) + ",")
        # Encoded twice.
        self.refused(401, "Invalid signature", header(self.target).replace("%26", "%2526"))
        self.refused(400, "Parameter not found: oauth_nonce", header(self.target, nonce="surrealm1"))
        realm = header(self.target).replace("OAuth ", 'OAuth realm="x", ')
        self.assertEqual(200, self.client.get(self.target, authorization=realm).status)
        spaceless = header(self.target).replace(", ", ",")
        self.assertEqual(200, self.client.get(self.target, authorization=spaceless).status)

    def test_a_disabled_user(self):
        self.maas.users["admin"].disabled = True
        self.refused(403, "not allowed", self.client.header(self.target))

    def test_anonymous_calls(self):
        for path in ("version/", "describe/"):
            for authorization in (None, "OAuth nonsense"):
                self.assertEqual(200, self.client.get(path, authorization=authorization).status)


class CallTests(SandboxCase):
    def test_paths(self):
        self.region()
        for path, status, body in (
                ("machines", 404, "Unknown API endpoint"), ("users?op=whoami", 404, "Unknown API endpoint"),
                ("machines/?op=nonsense", 400, "Unrecognised signature: method=GET op=nonsense"),
                (f"machines/{self.machine_id()}/?op=power_off", 400, "Unrecognised signature: method=GET"),
                ("machines/?colour=red", 400, "No such constraint"), ("machines/zzzzzz/", 404, "")):
            answer = self.client.get(path)
            self.assertEqual(status, answer.status, path)
            self.assertIn(body, answer.body)
        self.assertEqual(400, self.order("query_power_state").status)
        old = self.client.get(f"{self.client.url}/api/1.0/machines/")
        self.assertEqual(410, old.status)
        self.assertEqual(404, self.client.get(f"{self.client.url}/a/v3/machines").status)
        self.assertEqual(400, self.client.send("PUT", "machines/").status)

    def test_lookups(self):
        self.region("node1", "NODE1", {"hostname": "node2", "domain": "example.com"})
        names = lambda query: [machine["fqdn"] for machine in self.client.get(f"machines/?{query}").json]  # noqa: E731
        self.assertEqual(["node1.maas"], names("hostname=node1"))
        self.assertEqual(["NODE1.maas"], names("hostname=NODE1"))
        self.assertEqual([], names("hostname=node1.maas"))
        self.assertEqual([], names("hostname=Node2"))
        self.assertEqual(["node1.maas", "node2.example.com"], names("hostname=node1&hostname=node2"))
        self.assertEqual(3, len(names("")))
        size = len(self.client.get("machines/?hostname=node1").body)
        self.assertTrue(14_000 <= size <= 17_000, size)

    def test_an_older_maas_has_fewer_fields(self):
        self.region({"hostname": "node1", "lacks": ["ephemeral_deploy"]})
        self.assertNotIn("ephemeral_deploy", self.client.get(f"machines/{self.machine_id()}/").json)

    def test_rights(self):
        self.region(
            {"hostname": "mine", "owner": "me"}, {"hostname": "other", "owner": "admin"},
            {"hostname": "free", "owner": None},
            users={"me": {"apikey": "a:b:c", "superuser": False}, "admin": {"apikey": "d:e:f", "superuser": True}},
            user="me")
        self.assertEqual({"mine", "free"}, {machine["hostname"] for machine in self.client.get("machines/").json})
        self.assertEqual(200, self.order("power_off", "mine").status)
        for verb in ("power_off", "power_on"):
            answer = self.order(verb, "other")
            self.assertEqual((403, ""), (answer.status, answer.body))
        self.assertEqual(409, self.order("power_on", "free").status)
        self.assertEqual(403, self.order("power_off", "free").status)

    def test_locked_machines(self):
        self.region({"hostname": "node1", "locked": True})
        for verb in ("power_off", "power_on"):
            answer = self.order(verb)
            self.assertEqual((403, ""), (answer.status, answer.body))
        self.assertEqual({"state": "on"}, self.query().json)
        self.assertEqual("on", self.maas.machines["node1"].state)

    def test_manual_power(self):
        self.region({"hostname": "node1", "power_type": "manual"})
        answer = self.order("power_off")
        self.assertEqual((200, "null"), (answer.status, answer.body))
        self.assertEqual({"state": "unknown"}, self.query().json)
        self.assertEqual("on", self.maas.machines["node1"].state)


class PowerTests(SandboxCase):
    def test_the_stored_state_is_old(self):
        self.region(refresh=0.2)
        look = lambda: self.client.get("machines/?hostname=node1").json[0]["power_state"]  # noqa: E731
        self.maas.machines["node1"].power("off")
        self.assertEqual("on", look())
        self.assertEqual("off", self.query().json["state"])
        self.assertEqual("off", look())
        self.maas.machines["node1"].power("on")
        self.assertEqual("off", look())
        time.sleep(0.25)
        self.assertEqual("on", look())

    def test_an_answer_carries_the_state_from_before(self):
        self.region()
        self.assertEqual("on", self.order("power_off").json["power_state"])
        self.assertEqual("off", self.maas.machines["node1"].state)
        self.assertEqual("off", self.query().json["state"])
        self.assertEqual("off", self.order("power_on").json["power_state"])

    def test_before_3_5_maas_does_not_wait(self):
        self.region({"hostname": "node1", "bmc": {"off_delay": 0.3}}, version="3.4.2")
        began = time.monotonic()
        self.order("power_off")
        self.assertLess(time.monotonic() - began, 0.2)
        self.assertEqual("on", self.query().json["state"])
        time.sleep(0.35)
        self.assertEqual("off", self.query().json["state"])

    def test_from_3_5_maas_waits(self):
        self.region({"hostname": "node1", "bmc": {"off_delay": 0.3}}, version="3.5")
        began = time.monotonic()
        self.order("power_off")
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        self.assertEqual("off", self.maas.machines["node1"].state)

    def test_power_on_deploys(self):
        for fields in ({"status": 10}, {"ephemeral_deploy": True}):
            self.region({"hostname": "node1", "state": "off", **fields})
            self.query()
            self.assertEqual(200, self.order("power_on").status)
            self.assertEqual(["deployed"], self.events("deployed", "power_on_while_not_confirmed_off"), fields)
            self.assertEqual(9, self.maas.machines["node1"].fields["status"])

    def test_power_on_of_a_running_machine_reboots_it(self):
        self.region()
        self.order("power_on")
        self.assertEqual(
            ["power_on_while_not_confirmed_off", "rebooted_while_on", "power", "power"],
            self.events("power", "rebooted_while_on", "power_on_while_not_confirmed_off"))

    def test_what_confirms_that_a_machine_is_off(self):
        self.region({"hostname": "node1", "bmc": {"answers": ["unknown"]}})
        self.order("power_off")
        self.query()
        self.order("power_on")
        self.assertEqual(["power_on_while_not_confirmed_off"], self.events("power_on_while_not_confirmed_off"))
        self.order("power_off")
        self.query()
        self.order("power_on")
        self.assertEqual(1, len(self.maas.dangers()), self.maas.dangers())
        # Answered, but the answer did not say so.
        self.order("power_off")
        self.maas.add_fault("query_power_state", "duplicate-off-first")
        self.query()
        self.order("power_on")
        self.assertEqual(2, len(self.maas.dangers()), self.maas.dangers())
        # Confirmed, and then somebody switches it on.
        self.order("power_off")
        self.query()
        self.maas.machines["node1"].power("on")
        self.order("power_on")
        doubt = "somebody, after it was confirmed off"
        self.assertEqual(
            [("power_on_while_not_confirmed_off", doubt), ("rebooted_while_on", doubt)],
            [(entry["event"], entry["doubt"]) for entry in self.maas.dangers()[2:]])

    def test_stuck_and_odd_bmcs(self):
        self.region({"hostname": "node1", "bmc": {"stuck": "off", "answers": ["off", "error", "real"]}})
        self.assertEqual(200, self.order("power_off").status)
        self.assertEqual(["off", "error", "on", "on"], [self.query().json["state"] for _ in range(4)])
        self.assertEqual("on", self.maas.machines["node1"].state)
        self.region({"hostname": "node1", "bmc": {"answers": "unknown"}})
        self.assertEqual(["unknown"] * 3, [self.query().json["state"] for _ in range(3)])
        self.region({"hostname": "node1", "bmc": {"failure": "no BMC"}})
        self.assertEqual(500, self.order("power_off").status)

    def test_power_is_a_process(self):
        self.region({"hostname": "node1", "power": {"process": ["sleep", "1000"]}})
        machine = self.maas.machines["node1"]
        pid = machine.supply.pid
        os.kill(pid, 0)
        self.order("power_off")
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        self.order("power_on")
        pid = machine.supply.pid
        self.maas.end()
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_power_is_a_hook(self):
        script = self.file("hook", f"""#!/bin/sh
            case $1 in status) cat {self.folder}/$2 2>/dev/null ;; *) echo "$1" >{self.folder}/$2 ;; esac
            """, 0o755)
        (self.folder / "node1").write_text("on\n")
        self.region({"hostname": "node1", "power": {"hook": str(script)}})
        self.assertEqual("on", self.query().json["state"])
        self.order("power_off")
        self.assertEqual("off\n", (self.folder / "node1").read_text())
        (self.folder / "node1").unlink()
        self.assertEqual("unknown", self.query().json["state"])

    def test_one_command_switches_all_machines(self):
        """Save for those that have a power of their own; verb and name go where the command wants them."""
        script = self.file("power", f"""#!/bin/sh
            case $3 in status) cat {self.folder}/$2 ;; *) echo "$3" >{self.folder}/$2 ;; esac
            """, 0o755)
        for name in ("node1", "node2"):
            (self.folder / name).write_text("on\n")
        own = {"hostname": "node3", "power": {"process": ["sleep", "1000"]}}
        self.region("node1", "node2", own, power_command=f"{script} power {{name}} {{verb}}")
        self.order("power_off", name="node2")
        self.assertEqual(["on\n", "off\n"], [(self.folder / name).read_text() for name in ("node1", "node2")])
        self.order("power_off", name="node3")
        self.assertEqual("off", self.query("node3").json["state"])

    def test_another_address(self):
        self.region(address="127.0.0.2")
        self.assertTrue(self.maas.url.startswith("http://127.0.0.2:"))
        self.assertEqual("on", self.query().json["state"])


class FaultTests(SandboxCase):
    def test_every_fault_of_the_catalogue_spoils_something(self):
        """Save for those that are right, if unusual; and none keeps the sandbox from ending."""
        self.region(listeners=2)
        right = {"chunked", "unframed", "slow", "late", "drip-fast"}
        paths = {"lookup": "machines/?hostname=node1"}
        for call in ("query_power_state", "power_off"):
            paths[call] = f"machines/{self.machine_id()}/?op={call}"
        spoilt = set()
        for name in CATALOGUE:
            for call, path in paths.items():
                verb = "POST" if call == "power_off" else "GET"
                self.order("power_on")
                expected = self.client.send(verb, path).body
                self.order("power_on")
                self.maas.add_fault(call, name)
                try:
                    answer = self.client.send(verb, path, timeout=0.7)
                    if (answer.status, answer.body) != (200, expected):
                        spoilt.add(name)
                except (OSError, ValueError, http.client.HTTPException):
                    spoilt.add(name)
                self.assertEqual(name, next(e for e in reversed(self.maas.requests) if e["fault"])["fault"])
        self.assertEqual(right, set(CATALOGUE) - spoilt)
        began = time.monotonic()
        self.maas.end()
        self.assertLess(time.monotonic() - began, 1)

    def test_faults_that_do_not_exist(self):
        self.region()
        for arguments in (("query_power", "503"), ("whoami", "no such"), ("whoami", "status")):
            self.assertRaises((ValueError, TypeError), self.maas.add_fault, *arguments)
        self.assertRaises(TypeError, self.maas.add_fault, "whoami", "503", colour="red")

    def test_when_a_fault_strikes(self):
        self.region("node1", "node2")
        self.maas.add_fault("query_power_state", "503", machine="node1", after=1, times=2)
        states = [self.query(name).status for name in ("node1", "node2", "node1", "node2", "node1", "node1")]
        self.assertEqual([200, 200, 503, 200, 503, 200], states)

    def test_acting_or_not(self):
        for name, state in (("lost", "off"), ("closed", "on"), ("504", "on"), ("504-acted", "off")):
            self.region()
            self.maas.add_fault("power_off", name)
            try:
                self.order("power_off")
            except (OSError, http.client.HTTPException):
                pass
            self.assertEqual(state, self.maas.machines["node1"].state, name)

    def test_a_driver_text_has_the_secret_in_it(self):
        self.region()
        self.maas.add_fault("power_off", "500-driver")
        self.assertIn(self.maas.apikey.split(":")[2], self.order("power_off").body)

    def test_redirects(self):
        self.region(listeners=2)
        for number, (name, listener) in enumerate((("307-outside", "outside"), ("301-listener", 0))):
            self.maas.add_fault("whoami", name)
            answer = self.client.get("users/?op=whoami")
            where = answer.headers["Location"]
            self.client.get(where, authorization=None)
            self.assertEqual(number, len(self.maas.dangers()))
            self.assertEqual(200, self.client.get(where).status)
            self.assertEqual("credentials_leaked", self.maas.dangers()[-1]["event"])
            self.assertEqual(listener, self.maas.dangers()[-1]["listener"])

    def test_somebody_changes_the_machine_in_between(self):
        self.region("node1")
        self.maas.add_fault("machine", "none", then={"set": {"status": 10}, "power": "off"})
        self.maas.add_fault("machine", "none", after=2, then={"remove": True})
        path = f"machines/{self.machine_id()}/"
        self.assertEqual([6, 10, 10], [self.client.get(path).json["status"] for _ in range(3)])
        self.assertEqual(404, self.client.get(path).status)
        self.assertEqual([], self.client.get("machines/?hostname=node1").json)

    def test_refused_connections(self):
        self.region(listeners=2)
        first, second = (listener.url for listener in self.maas.listeners)
        self.maas.add_fault("whoami", "none", then={"close_listener": 0})
        self.assertEqual(200, self.client.get("users/?op=whoami").status)
        self.assertRaises(ConnectionRefusedError, self.client.get, "users/?op=whoami")
        self.assertEqual(200, MAAS(second, self.maas.apikey).get("users/?op=whoami").status)
        self.maas.listeners[0].open()
        self.assertEqual(first, self.maas.listeners[0].url)
        self.assertEqual(200, self.client.get("users/?op=whoami").status)

    def test_a_closed_listener_keeps_its_port(self):
        """Nobody else gets it: the sandboxes of other tests take the same key."""
        self.region()
        listener = self.maas.listeners[0]
        address = ("127.0.0.1", listener.port)
        listener.close()
        with socket.socket() as other:
            self.assertRaises(OSError, other.bind, address)
        self.assertRaises(ConnectionRefusedError, socket.create_connection, address)
        listener.open()
        socket.create_connection(address).close()

    def test_many_connections_are_not_taken(self):
        self.region()
        address = ("127.0.0.1", self.maas.listeners[0].port)
        connections = [socket.create_connection(address) for _ in range(220)]
        try:
            connections[-1].settimeout(2)
            self.assertEqual(b"", connections[-1].recv(1))
        finally:
            for connection in connections:
                connection.close()


class ProgramTests(Case):
    """The sandbox started from a shell."""

    def start(self, *arguments):
        log = open(self.folder / "log", "w")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--env-file", str(self.folder / "env"), *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        line = process.stdout.readline()
        self.assertEqual(line, (self.folder / "env").read_text())
        done = subprocess.run(
            ["sh", "-c", f"{line}\n" + 'printf "%s\\n" "$url" "$apikey" "$hostnames"'],
            stdout=subprocess.PIPE, text=True, check=True, env={})
        return process, *done.stdout.splitlines()

    def test_parameters_and_control(self):
        config = self.file("machines.json", json.dumps(
            [{"hostname": "a", "power": {"process": ["sleep", "1000"]}}, {"hostname": "b", "state": "off"}]))
        process, url, apikey, hostnames = self.start("--config", config, "--listeners", 2)
        self.assertEqual(2, len(url.split()))
        self.assertEqual("a b", hostnames)
        client = MAAS(url, apikey)
        base = client.url.removesuffix("/MAAS") + "/sandbox/"

        def control(path, content=None, method=None):
            data = None if content is None else json.dumps(content).encode()
            with urllib.request.urlopen(urllib.request.Request(base + path, data, method=method)) as answer:
                return json.load(answer)

        control("faults", [{"call": "whoami", "kind": "503-retry"}])
        self.assertEqual([503, 200], [client.get("users/?op=whoami").status for _ in range(2)])
        self.assertEqual("10", control("journal")[0].get("headers", {}).get("Retry-After", "10"))
        self.assertEqual(["on", "off"], [machine["state"] for machine in control("machines").values()])
        control("machines/b", {"power": "on", "locked": True})
        self.assertEqual(("on", True), (control("machines/b")["state"], control("machines/b")["locked"]))
        self.assertIn("power", [entry["event"] for entry in control("journal")])
        control("journal", method="DELETE")
        self.assertEqual([], control("journal"))
        for path, content in (("faults", {"call": "x", "kind": "no such"}), ("faults", {"colour": 1})):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                control(path, content)
            self.assertEqual(400, caught.exception.code)
            caught.exception.close()
        control("listeners/1", {"open": False})
        self.assertRaises(ConnectionRefusedError, MAAS(url.split()[1], apikey).get, "users/?op=whoami")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(5))
        log = (self.folder / "log").read_text()
        self.assertIn("GET /MAAS/api/2.0/users/?op=whoami -> 503, ", log)
        self.assertIn("fault 503-retry", log)
        self.assertIn("power machine=b old=off new=on by=somebody", log)
        self.assertNotIn(apikey.split(":")[2], log)

    def test_tls(self):
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=sandbox", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, stderr=subprocess.DEVNULL)
        _, url, _, _ = self.start("--tls", certificate, key)
        self.assertTrue(url.startswith("https://"))
        context = ssl.create_default_context(cafile=certificate)
        with urllib.request.urlopen(f"{url}/api/2.0/version/", context=context) as answer:
            self.assertIn("capabilities", json.load(answer))


if __name__ == "__main__":
    unittest.main()
