"""Every fault × every verb × every request at which it can strike: no false success, and an outcome that is written down.

What is checked of each call comes from what the sandbox knows to be true, see `violations`. The outcomes make
docs/fault-table.md; RECORD=1 writes it anew, and its difference is to be read like code.
"""

import difflib
import os
import re
import time
import unittest
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from support import ROOT, Sandbox, agent, avoidable, needs_agents, plugin, say, violations

from maas_sandbox import CATALOGUE
from maas_sandbox.journal import DANGERS

TABLE = ROOT / "docs" / "fault-table.md"
DEADLINE = 3
WORKERS = 16

# The requests of a call in which nothing goes wrong: name of the column, call, how many of the kind came before.
OFF = (("look-up", "lookup", 0), ("power_off", "power_off", 0), ("query", "query_power_state", 0))
ON = (("look-up", "lookup", 0), ("first query", "query_power_state", 0), ("machine", "machine", 0),
      ("power_on", "power_on", 0), ("last query", "query_power_state", 1))
RESET = (*OFF, ("machine", "machine", 0), ("power_on", "power_on", 0))
WHOAMI = (("whoami", "whoami", 0),)
STATUS = (("look-up", "lookup", 0), ("query", "query_power_state", 0))

# Title: requests, and how each program is told to do it.
VERBS = {
    "off": (OFF, {"external/maas": "off", "fence_maas": "off"}),
    "reset, reboot": (RESET, {"external/maas": "reset", "fence_maas": "reboot"}),
    "on": (ON, {"external/maas": "on", "fence_maas": "on"}),
    "status of external/maas, monitor of fence_maas": (WHOAMI, {"external/maas": "status", "fence_maas": "monitor"}),
    "status of fence_maas": (STATUS, {"fence_maas": "status"}),
}

MACHINES = {"lookup", "machine", "power_off", "power_on"}
ORDERS = {"power_off", "power_on"}
QUERY = {"query_power_state"}
EVERYWHERE = MACHINES | QUERY | {"whoami"}

# Section of the table: which requests its faults can strike, and the faults.
SECTIONS = {
    "MAAS refuses": (EVERYWHERE, [
        "400", "401", "401-expired", "401-nonce", "403", "404", "409", "409-retry", "409-retry-now",
        "409-retry-long", "409-retry-date", "409-retry-nonsense", "410", "418", "500-driver", "500-driver-1MB",
        "500-echo", "502-proxy", "503", "503-retry", "503-retry-soon", "504"]),
    "MAAS acts, and says that it failed": (ORDERS, ["500-acted", "504-acted"]),
    "Another status than 200": (EVERYWHERE, [
        "201", "202", "204", "206", "301-outside", "302-outside", "307-outside", "308-outside", "301-listener",
        "302-listener", "307-listener", "308-listener"]),
    "200, and something else": (EVERYWHERE, [
        "garbage", "html-login", "null", "empty", "empty-object", "empty-list", "text-off", "error-object",
        "list-for-object", "json-in-text", "deep", "not-http"]),
    "200, and an odd power state": (QUERY, [
        "list-off", "nested-off", "two-values", "off-then-garbage", "off-in-comment", "off-unclosed",
        "off-single-quotes", "off-escaped-key", "off-escaped-key-last", "off-after-nul", "duplicate-off-first",
        "duplicate-off-last", "state-number", "state-list", "state-null", "state-false", "state-missing",
        "state-OFF", "state-off-blank", "state-off-line", "state-offline", "state-empty", "state-off-nul",
        "state-unknown", "state-error", "state-on"]),
    "200, and another machine": (MACHINES, [
        "other-hostname", "other-system-id", "hostile-system-id", "number-system-id", "no-system-id",
        "hostile-fields", "other-types", "no-status", "two-machines", "same-machine-twice", "object-for-list",
        "state-number", "state-missing", "stale-off"]),
    "The answer does not come, or not whole": (EVERYWHERE, [
        "closed", "reset", "hang", "truncated", "unframed-early", "endless", "huge", "drip", "drip-head", "long-head"]),
    "The order is carried out, and its answer lost": (ORDERS, ["lost", "lost-reset", "hang-acted"]),
    "Right, if unusual": (EVERYWHERE, ["chunked", "unframed", "slow", "late", "drip-fast"]),
}

# What somebody else does right after MAAS has carried out the request, before its answer arrives.
EVENTS = {
    "it becomes Allocated": {"set": {"status": 10}},
    "it becomes Ready, without owner": {"set": {"status": 4, "owner": None}},
    "it is deployed in memory": {"set": {"ephemeral_deploy": True}},
    "it is locked": {"set": {"locked": True}},
    "its power type becomes manual": {"set": {"power_type": "manual"}},
    "it gets another name": {"set": {"hostname": "other"}},
    "it is removed from MAAS": {"remove": True},
    "somebody switches it on": {"power": "on"},
    "somebody switches it on through MAAS": {"power": "on", "set": {"power_state": "on"}},
    "somebody switches it off": {"power": "off"},
    "its BMC gets stuck": {"set": {"bmc": {"stuck": True}}},
    "its BMC no longer answers": {"set": {"bmc": {"answers": "error"}}},
    "MAAS goes away": {"close_listener": 0},
}

# A BMC that says on of a machine that is off is nothing that anybody could find out.
LIES = {("on", "state-on", "first query"), ("on", "says on, error, unknown, then the truth"),
        ("on", "goes on saying on")}

MINE = {"user": "me", "users": {"me": {"apikey": "cccccccccccccccccc:tttttttttttttttttt:ssssssssssssssssss"}}}
STATUS_NAMES = {
    number: name for number, name in enumerate((
        "New", "Commissioning", "Failed commissioning", "Missing", "Ready", "Reserved", "Deployed", "Retired",
        "Broken", "Deploying", "Allocated", "Failed deployment", "Releasing", "Failed releasing", "Disk erasing",
        "Failed disk erasing", "Rescue mode", "Entering rescue mode", "Failed to enter rescue mode",
        "Exiting rescue mode", "Failed to exit rescue mode", "Testing", "Failed testing"))}

# How machine and MAAS are before the call: fields of the machine, parameters of the sandbox.
SITUATIONS = {
    "The machine in MAAS": {
        "Deployed": ({}, {}),
        **{f"{name}": ({"status": number}, {}) for number, name in STATUS_NAMES.items() if name != "Deployed"},
        "Allocated, off": ({"status": 10, "state": "off"}, {}),
        "a status that is not known": ({"status": 99}, {}),
        "deployed in memory": ({"ephemeral_deploy": True}, {}),
        "an older MAAS, without ephemeral_deploy": ({"lacks": ["ephemeral_deploy"]}, {"version": "2.9"}),
        "locked": ({"locked": True}, {}),
        "locked, off": ({"locked": True, "state": "off"}, {}),
        "locked, on": ({"locked": True, "state": "on"}, {}),
        "power type manual": ({"power_type": "manual"}, {}),
        "no power type": ({"power_type": ""}, {}),
        "not in MAAS": ({"hostname": "node2"}, {}),
        "spelled NODE1 in MAAS": ({"hostname": "NODE1"}, {}),
        "node1 and NODE1 in MAAS": ({}, {"more": ["NODE1"]}),
        "the key is its owner's, no administrator": ({"owner": "me"}, MINE),
        "the key is another user's": ({"owner": "admin"}, MINE),
        "without owner, the key is no administrator's": ({"owner": None}, MINE),
        "without owner, the key is an administrator's": ({"owner": None}, {}),
    },
    "Its power": {
        "off": ({"state": "off"}, {}),
        "on": ({"state": "on"}, {}),
        "on, stored as off": ({"state": "on", "power_state": "off"}, {}),
        "off, stored as on": ({"state": "off", "power_state": "on"}, {}),
        "stored as unknown": ({"power_state": "unknown"}, {}),
        "stored as error": ({"power_state": "error"}, {}),
    },
    "Its BMC": {
        "takes 0.7 s, MAAS 3.4 does not wait": ({"bmc": {"off_delay": 0.7, "on_delay": 0.7}}, {"version": "3.4.2"}),
        "takes 0.7 s, MAAS 3.6 waits": ({"bmc": {"off_delay": 0.7, "on_delay": 0.7}}, {}),
        "takes 20 s, MAAS 3.4 does not wait": ({"bmc": {"off_delay": 20, "on_delay": 20}}, {"version": "3.4.2"}),
        "takes 20 s, MAAS 3.6 waits": ({"bmc": {"off_delay": 20, "on_delay": 20}}, {}),
        "takes orders and does nothing": ({"bmc": {"stuck": True}}, {}),
        "does not switch on": ({"bmc": {"stuck": "on"}}, {}),
        "does not obey, and MAAS says so": ({"bmc": {"failure": "Could not contact node's BMC"}}, {}),
        "takes 0.4 s to answer": ({"bmc": {"query_delay": 0.4}}, {}),
        "takes 20 s to answer": ({"bmc": {"query_delay": 20}}, {}),
        "says unknown once": ({"bmc": {"answers": ["unknown"]}}, {}),
        "says unknown": ({"bmc": {"answers": "unknown"}}, {}),
        "says error": ({"bmc": {"answers": "error"}}, {}),
        "says on, error, unknown, then the truth": ({"bmc": {"answers": ["on", "error", "unknown"]}}, {}),
        "goes on saying on": ({"bmc": {"answers": "on"}}, {}),
    },
    "The way to MAAS": {
        "nothing listens": ({}, {"close": [0]}),
        "the first of two does not listen": ({}, {"listeners": 2, "close": [0]}),
        "the second of two does not listen": ({}, {"listeners": 2, "close": [1]}),
        "neither of two listens": ({}, {"listeners": 2, "close": [0, 1]}),
        "the first of two hangs": ({}, {"listeners": 2, "fault": "hang"}),
        "the first of two is not MAAS": ({}, {"listeners": 2, "fault": "html-login"}),
        "the first of two answers 502": ({}, {"listeners": 2, "fault": "502-proxy"}),
        "the first of two answers 503": ({}, {"listeners": 2, "fault": "503"}),
        "the first of two does not know the key": ({}, {"listeners": 2, "fault": "401"}),
        "the first of two loses every answer": ({}, {"listeners": 2, "fault": "lost"}),
    },
}

# The outcome in few words, by what the agent says.
REASONS = (
    ("timed out after|no time was left|gave up|deadline", "time is over"),
    ("does not accept the API key", "key"),
    (r"\(403\)", "403"), ("redirects", "redirect"), (r"\(404\)", "404"), (r"\(409\)", "409"), (r"\(410\)", "410"),
    (r"\(500\)", "500"), (r"\(503\)", "503"), (r"\(504\)", "504"), (r"with status (\d+)", r"\1"),
    ("answers without end", "too long"),
    ("no whole answer|no answer from", "no answer"),
    ("no connection to", "no connection"),
    ("something else than MAAS does", "no answer of MAAS"), ("MAAS did nothing", "nothing done"),
    ("shows no machine", "not found"), ("the machine named", "another machine"),
    ("power state of \\S+ is (unknown|error)", r"\1"),
    ("is locked", "locked"), ("power type in MAAS is manual", "manual"), ("no power type", "no power type"),
    ("its status in MAAS is", "status"), ("deployed in memory", "in memory"),
)


def reason(text):
    for pattern, short in REASONS:
        match = re.search(pattern, text)
        if match:
            return match.expand(short)
    return f"? {text[-80:]}"


def outcome(result):
    """What came of a call, for the table."""
    errors = [line for line in result.err.splitlines() if "error: " in line]
    if result.status is None:
        return "DOES NOT END"
    if result.status == 0:
        stays = [line for line in errors if "STAYS OFF" in line]
        if "MAY STAY OFF" in result.err:
            return "done, perhaps off"
        return f"done, stays off: {reason(stays[-1])}" if stays else "done"
    said = {0: "", 1: "fails", 2: "off"}.get(result.status, f"exit {result.status}")
    return f"{said}: {reason(errors[-1] if errors else result.err)}" if result.status != 2 else "off"


SERIOUS = re.compile(f"FALSE SUCCESS|OAuth|asked for|in (stdout|stderr|syslog)|{'|'.join(DANGERS)}")


class Cell:
    """One call: where it stands in the table, and what it meets."""

    def __init__(self, title, row, column, program, verb, *, machine=None, sandbox=None, fault=None, always=False):
        self.title, self.row, self.column, self.program, self.verb = title, row, column, program, verb
        self.machine = {"hostname": "node1", "state": "off" if verb == "on" else "on", **(machine or {})}
        self.sandbox, self.fault, self.always = dict(sandbox or {}), fault, always
        self.wrong, self.said, self.struck = [], "", True

    def run(self):
        close, wrong_first = self.sandbox.pop("close", ()), self.sandbox.pop("fault", None)
        machines = [self.machine, *self.sandbox.pop("more", ())]
        with Sandbox(machines, **self.sandbox) as maas:
            for number in close:
                maas.listeners[number].close()
            if wrong_first:
                maas.add_fault("any", wrong_first, listener=0, times=None)
            fault = maas.add_fault(times=None if self.always else 1, **self.fault) if self.fault else None
            run = plugin if self.program == "external/maas" else agent
            result = run(
                self.verb, "node1", **{**maas.environment, "hostnames": "node1"}, deadline=DEADLINE,
                timeout=DEADLINE + 6)
            self.said = outcome(result)
            if any(not avoidable(danger) for danger in maas.dangers()):
                self.said += " †"
            self.struck = fault is None or fault.struck > 0
            self.wrong = violations(maas, result, self.verb, DEADLINE, initial=self.machine["state"])
            if result.status not in ((0, 1, 2) if self.said == "off" else (0, 1)):
                self.wrong.append(f"exit {result.status}")
            # What cannot be blamed on a machine that has too much to do.
            self.is_late = result.status in (None, -14) or result.seconds > DEADLINE + 1
            self.is_grave = any(SERIOUS.search(problem) for problem in self.wrong)
            if self.wrong:
                self.wrong.append(str(result))
        return self

    @property
    def key(self):
        return self.title, self.row, self.column, self.program, self.verb, self.always

    def __str__(self):
        return f"{self.program} {self.verb}, {self.row}{', always' if self.always else ''}, {self.column}: {self.said}"


def fault_cells():
    for title, (requests, programs) in VERBS.items():
        rows = [(name, {"kind": name}, strikes, True) for strikes, faults in SECTIONS.values() for name in faults]
        rows += [(name, {"kind": "none", "then": then}, EVERYWHERE, False) for name, then in EVENTS.items()]
        for name, fault, strikes, lasts in rows:
            for column, request, before in requests:
                if request not in strikes:
                    continue
                if (title, name, column) in LIES:
                    continue
                for program, verb in programs.items():
                    # The two share what they do: what one of them has shown of a lasting fault does for both.
                    twice = lasts and (program == "external/maas" or len(programs) == 1)
                    for always in (False, True) if twice else (False,):
                        yield Cell(title, name, column, program, verb, always=always,
                                   fault={"call": request, "after": before, **fault})


def situation_cells():
    for rows in SITUATIONS.values():
        for name, (machine, sandbox) in rows.items():
            for title, (_, programs) in VERBS.items():
                if (title, name) in LIES:
                    continue
                for program, verb in programs.items():
                    yield Cell("situations", name, title, program, verb, machine=machine, sandbox=sandbox)


def in_parallel(cells, workers=WORKERS):
    # Most of a cell is waiting.
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(Cell.run, cells))


def summary(cells):
    """What the table says of one row and column."""
    said = defaultdict(set)
    for cell in cells:
        said[cell.always].add(cell.said)
    once, always = (" or ".join(sorted(said[key])) for key in (False, True))
    return once if once == always or not always else f"once: {once}; always: {always}"


def block(heading, columns, rows, found):
    """A Markdown table; rows that say the same are one."""
    merged = defaultdict(list)
    for row in rows:
        texts = tuple(summary(found[row, column]) if (row, column) in found else "" for column in columns)
        if any(texts):
            merged[texts].append(row)
    if not merged:
        return []
    return [
        f"| {heading} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|",
        *(f"| {'; '.join(names)} | " + " | ".join(texts) + " |" for texts, names in merged.items()), ""]


def table(results):
    """The Markdown of docs/fault-table.md."""
    found = defaultdict(lambda: defaultdict(list))
    for cell in results:
        found[cell.title][cell.row, cell.column].append(cell)
    lines = [HEADER, "## How things are before the call", ""]
    for section, rows in SITUATIONS.items():
        lines += block(section, list(VERBS), rows, found["situations"])
    for title, (requests, _) in VERBS.items():
        columns = [column for column, _, _ in requests]
        lines += [f"## {title}: one request goes wrong", ""]
        for section, (_, faults) in SECTIONS.items():
            lines += block(section, columns, faults, found[title])
        lines += block("Right after the request", columns, EVENTS, found[title])
    return "\n".join(lines)


HEADER = f"""# What comes of every fault

Written by a test (`RECORD=1 make test`), from real calls of `external/maas` and `fence_maas` against
`fixtures/maas-sandbox` with a `deadline` of {DEADLINE} s and one machine, `node1`. The names of the faults are those of the
sandbox's catalogue (`fixtures/maas-sandbox/maas_sandbox/faults.py`). In the tables of faults, a column is the request
that goes wrong: only that one ("once"), or that one and all later ones of its kind ("always"); where one outcome
stands, it is the same.

"done" is exit 0 and "fails" exit 1, with the reason that the log has in more words; "time is over": the agent gave up
at its own deadline. "done, stays off" is a reset whose `power_off` was confirmed and whose `power_on` failed or must not
be sent: exit 0, because the node is safely gone, and a loud line in the log. "done, perhaps off": the answer to that
`power_on` was lost, which the log says too.

In every one of these calls the sandbox found that exit 0 of off, reset and reboot was true (the machine was off, and a
query sent after the last order said so), that no `power_on` went to a machine not known to be off or that it would have
deployed anew, that the key reached nobody else, and that no part of it was written anywhere. †: somebody else switched
or changed the machine between the agent's last check and its `power_on`; MAAS has no order that depends on a state.
"""


def differing(recorded, text):
    """The rows that are not the same in both tables."""
    rows = set()
    for line in difflib.ndiff(recorded.splitlines(), text.splitlines()):
        if line[:4] in ("- | ", "+ | "):
            rows.update(line[4:].split(" | ")[0].split("; "))
    return rows


def again(results, which, workers):
    """The results, with some of the calls made once more, fewer at a time."""
    chosen = [number for number, cell in enumerate(results) if which(cell)]
    if chosen:
        say(f"{len(chosen)} calls again")
        fresh = {cell.key: cell for cell in [*situation_cells(), *fault_cells()]}
        results = list(results)
        for number, cell in zip(chosen, in_parallel([fresh[results[number].key] for number in chosen], workers)):
            results[number] = cell
    return results


@needs_agents
class FaultTable(unittest.TestCase):
    maxDiff = None

    def test_every_fault_at_every_request_of_every_verb(self):
        named = {fault for _, faults in SECTIONS.values() for fault in faults}
        self.assertEqual(set(CATALOGUE), named, "a fault of the catalogue is in no section, or the other way round")
        began = time.monotonic()
        cells = [*situation_cells(), *fault_cells()]
        results = in_parallel(cells)
        for workers in (4, 1):
            results = again(results, lambda cell: cell.is_late and not cell.is_grave, workers)
        say(f"{len(results)} calls in {time.monotonic() - began:.0f} s")
        self.judge(results)
        text = table(results)
        if os.environ.get("RECORD") == "1":
            TABLE.write_text(text)
        self.assertTrue(TABLE.exists(), "docs/fault-table.md is missing: RECORD=1 writes it")
        recorded = TABLE.read_text()
        if text != recorded:
            # A loaded machine makes some calls late: those that differ have a second, quieter try.
            rows = differing(recorded, text)
            results = again(results, lambda cell: cell.row in rows, 4)
            self.judge(results)
            text = table(results)
        self.assertEqual(recorded, text, "RECORD=1 writes docs/fault-table.md anew")

    def judge(self, results):
        wrong = [f"{cell}\n  " + "\n  ".join(cell.wrong) for cell in results if cell.wrong]
        missed = [str(cell) for cell in results if not cell.struck]
        self.assertFalse(wrong, f"{len(wrong)} calls are wrong\n" + "\n".join(wrong[:20]))
        self.assertFalse(missed, "faults that never struck:\n" + "\n".join(missed))


if __name__ == "__main__":
    unittest.main()
