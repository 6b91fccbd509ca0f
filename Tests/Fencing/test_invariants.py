"""The judge itself: an agent with one bug after the other, each of which `violations` has to find."""

import sys

from support import Case, Sandbox, run, violations

# An agent as somebody in a hurry would write it. BUG names what is wrong with it.
AGENT = '''
import http.client, json, os, sys, time, urllib.parse
from oauthlib.oauth1 import SIGNATURE_PLAINTEXT, Client

verb, bug = sys.argv[1], os.environ["BUG"]
consumer, token, secret = os.environ["apikey"].split(":")
end = time.monotonic() + float(os.environ["deadline"]) - 0.5


def send(method, path, base=os.environ["url"] + "/api/2.0/"):
    client = Client(consumer, resource_owner_key=token, resource_owner_secret=secret,
                    signature_method=SIGNATURE_PLAINTEXT)
    url = base + path
    parts = urllib.parse.urlsplit(url)
    left = 60 if bug == "no deadline" else max(end - time.monotonic(), 0.01)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=left)
    connection.request(method, url.partition(parts.netloc)[2], headers={
        "Authorization": client.sign(url, method)[1]["Authorization"], "Content-Length": "0"})
    answer = connection.getresponse()
    body = answer.read(1000000).decode()
    if bug == "follows redirects" and answer.status in (301, 307):
        return send(method, "", answer.headers["Location"])
    if bug == "shows bodies" and answer.status != 200:
        fail(body)
    if bug == "ignores the status" and answer.status != 200:
        return {"system_id": "?", "state": "off", "status": 6, "ephemeral_deploy": False}
    if answer.status != 200:
        fail(f"status {answer.status}")
    return json.loads(body)


def fail(text):
    if bug == "fails in silence":
        sys.exit(1)
    print(f"external/maas: error: {text}", file=sys.stderr)
    import syslog
    syslog.openlog("external/maas", syslog.LOG_PID)
    syslog.syslog(syslog.LOG_ERR, text)
    sys.exit(1)


def until(state):
    while time.monotonic() < end:
        said = send("GET", f"machines/{machine['system_id']}/?op=query_power_state")["state"]
        if said == state or bug == "takes unknown for off" and said == "unknown":
            return
        time.sleep(0.05)
    fail(f"timed out, waiting for {state}")


try:
    machine = send("GET", "machines/?hostname=" + sys.argv[2])[0]
    if verb in ("off", "reset"):
        if bug == "asks before the order":
            send("GET", f"machines/{machine['system_id']}/?op=query_power_state")
        if not (bug == "trusts the stored state" and machine["power_state"] == "off"):
            send("POST", f"machines/{machine['system_id']}/?op=power_off")
            if bug not in ("trusts power_off", "asks before the order"):
                until("off")
    if verb in ("on", "reset"):
        if bug != "does not look at the status":
            now = send("GET", f"machines/{machine['system_id']}/")
            if now["status"] != 6 or now["ephemeral_deploy"]:
                if verb == "on":
                    fail("it would be deployed")
                print("external/maas: error: it stays off", file=sys.stderr)
                sys.exit(0)
        if verb == "on" and bug != "powers on blindly":
            if send("GET", f"machines/{machine['system_id']}/?op=query_power_state")["state"] == "on":
                sys.exit(0)
        send("POST", f"machines/{machine['system_id']}/?op=power_on")
        if verb == "on" and bug != "does not wait for on":
            until("on")
except (OSError, ValueError, KeyError, IndexError, http.client.HTTPException) as error:
    fail(ascii(str(error)))
'''


class Invariants(Case):
    DEADLINE = 2

    def call(self, bug, verb, machine=None, fault=None, version="3.6"):
        script = self.file("agent.py", AGENT)
        machine = {"hostname": "node1", "state": "off" if verb == "on" else "on", **(machine or {})}
        with Sandbox([machine], version=version) as maas:
            if fault:
                maas.add_fault(**fault)
            result = run(sys.executable, script, verb, "node1", env={
                **maas.environment, "BUG": bug, "deadline": str(self.DEADLINE)}, timeout=self.DEADLINE + 4)
            return violations(maas, result, verb, self.DEADLINE, initial=machine["state"])

    SLOW = {"bmc": {"off_delay": 0.3, "on_delay": 0.3}}
    CASES = (
        ("trusts power_off", "off", {"bmc": {"stuck": True}}, None, "FALSE SUCCESS: it was never off"),
        ("trusts power_off", "off", SLOW, None, "FALSE SUCCESS"),
        ("trusts power_off", "off", {}, None, "FALSE SUCCESS: no query after the last order said off"),
        ("asks before the order", "off", {}, None, "FALSE SUCCESS: no query after the last order said off"),
        ("trusts the stored state", "off", {"power_state": "off"}, None, "FALSE SUCCESS: it was never off"),
        ("takes unknown for off", "off", {"bmc": {"stuck": True, "answers": "unknown"}}, None, "FALSE SUCCESS"),
        ("takes unknown for off", "reset", {"bmc": {"answers": "unknown"}}, None, "power_on_while_not_confirmed_off"),
        ("ignores the status", "off", {}, {"call": "query_power_state", "kind": "504", "times": None},
         "FALSE SUCCESS: no query after the last order said off"),
        ("trusts power_off", "reset", {"bmc": {"off_delay": 1}}, None, "rebooted_while_on"),
        ("powers on blindly", "on", {"state": "on"}, None, "rebooted_while_on"),
        ("powers on blindly", "on", {}, None, "power_on_while_not_confirmed_off"),
        ("does not look at the status", "reset", {"status": 10}, None, "deployed"),
        ("does not look at the status", "reset", {"ephemeral_deploy": True}, None, "deployed"),
        ("does not wait for on", "on", SLOW, None, "FALSE SUCCESS: not confirmed to be on"),
        ("follows redirects", "off", {}, {"call": "lookup", "kind": "307-outside"}, "credentials_leaked"),
        ("follows redirects", "off", {}, {"call": "lookup", "kind": "301-listener"}, "credentials_leaked"),
        ("shows bodies", "off", {}, {"call": "lookup", "kind": "401"}, "secret in stderr"),
        ("shows bodies", "off", {}, {"call": "power_off", "kind": "500-driver"}, "not the agent's"),
        ("fails in silence", "off", {}, {"call": "lookup", "kind": "503"}, "no reason on standard error"),
        ("no deadline", "off", {}, {"call": "lookup", "kind": "hang"}, "did not end"),
    )

    def test_every_bug_is_found(self):
        for bug, verb, machine, fault, expected in self.CASES:
            with self.subTest(bug, verb=verb, machine=machine, fault=fault):
                wrong = self.call(bug, verb, machine, fault, "3.4")
                self.assertIn(expected, "\n".join(wrong))

    def test_without_a_bug_nothing_is_found(self):
        for _, verb, machine, fault, _ in self.CASES:
            with self.subTest(verb=verb, machine=machine, fault=fault):
                self.assertEqual([], self.call("none", verb, machine, fault, "3.4"))
