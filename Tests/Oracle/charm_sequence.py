"""What the hacluster charm makes of the same facts, with Debian's crmsh: the oracle for `crmsync charm`.

Plays the commands of one hook of the charm on the Juju leader, in its order and with its oddities, against a CIB file.
Written from what the charm is known to do, sharing nothing with the program.

    charm_sequence.py RELATION-DATA.json CIB.xml [STORE.json]

changes the CIB file and prints the commands; STORE.json is the unit's local store, read and written. Without a daemon
some commands cannot be what they are in a cluster; where that is so, it says so below (search for "On a file").
"""

import ast
import hashlib
import itertools
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from support import environment, query, run

DEFAULTS = {"cluster_count": 3, "failure_timeout": 180, "cluster_recheck_interval": 60, "monitor_interval": "5s"}
AGENTS = Path("/usr/lib/ocf/resource.d")
# Python's own distutils instead of the one of setuptools: crmsh starts in half the time, and is otherwise the same.
QUICK = {"SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def members(facts):
    """The host names of all units of the charm, which are the cluster's members."""
    peers = [data for units in facts["relations"].get("hanode", {}).values() for data in units.values()]
    return sorted([facts["hostname"], *(data["hostname"] for data in peers if data.get("hostname"))])


def new_cluster(path, members):
    """A cluster that has just formed: its members, and what the daemons themselves put there."""
    path = Path(path)
    root = etree.fromstring(run("cibadmin", "--empty").out.encode())
    root.set("have-quorum", "1")
    root.set("dc-uuid", "1000")
    config, nodes = root.find("configuration/crm_config"), root.find("configuration/nodes")
    options = etree.SubElement(config, "cluster_property_set", id="cib-bootstrap-options")
    for name, value in (("have-watchdog", "false"), ("dc-version", "2.1.5-a3f44794f94"),
                        ("cluster-infrastructure", "corosync"), ("cluster-name", "debian")):
        etree.SubElement(options, "nvpair", id=f"cib-bootstrap-options-{name}", name=name, value=value)
    for number, member in enumerate(members, start=1000):
        etree.SubElement(nodes, "node", id=str(number), uname=member)
    path.write_bytes(etree.tostring(root, pretty_print=True))
    path.chmod(0o644)
    return path


class HookFailed(Exception):
    """The hook ends in an error; what its commands have done until then stays."""


@dataclass
class Step:
    """One process of the hook."""

    words: list
    ran: bool  # False: only counted
    status: int = 0
    output: str = ""
    document: str = ""  # what `load update` was given

    def __str__(self):
        mark = "" if not self.ran else " ⇒ " + str(self.status) if self.status else ""
        return " ".join(self.words) + mark + ("" if self.ran else "   (counted)") + (
            "\n" + self.document if self.document else "")


class Hook:
    def __init__(self, facts, cib, store=None, watch=None):
        self.facts, self.cib = facts, Path(cib)
        # The unit's local store: the md5 sums of what `load update` was last given.
        self.store = {} if store is None else store
        self.watch = watch or (lambda step: None)
        self.steps = []
        self.answers = (None, {})

    # --- facts ---

    def option(self, name):
        value = self.facts.get("config", {}).get(name)
        return DEFAULTS.get(name) if value is None else value

    def units(self, relation):
        """The data of every remote unit of an endpoint."""
        return [data for units in self.facts["relations"].get(relation, {}).values() for data in units.values()]

    def nodes_with(self, flag):
        """How many members have said `flag`; the own unit always counts, and any text is a yes."""
        return 1 + sum(1 for data in self.units("hanode") if data.get(flag))

    @staticmethod
    def value(data, key):
        """`json_KEY` if there is any, else KEY; JSON, else a Python literal."""
        text = data.get("json_" + key) or data.get(key)
        if not text:
            return {}
        try:
            return json.loads(text)
        except (TypeError, ValueError):
            return ast.literal_eval(text)

    # --- processes ---

    def count(self, text):
        """A process that could only fail or say nothing of use on a file."""
        self.took(Step(text.split(), ran=False))

    def ask(self, text):
        """A question. While the CIB is what it was, the answer is what it was; it counts each time."""
        content = self.cib.read_bytes()
        if self.answers[0] != content:
            self.answers = (content, {})
        known = self.answers[1]
        if text not in known:
            result = self.start(text.split())
            known[text] = Step(text.split(), True, result.status, result.out + result.err)
        self.took(known[text])
        return known[text]

    def do(self, text, fatal=False, document=""):
        """A command, split on blanks as the charm does, with no shell: quotes reach crmsh as characters."""
        words = text.split()
        # On a file nobody carries out transitions: waiting for one (-w) finds no DC, and that would be the exit status.
        given = [word for word in words if word != "-w"]
        # Here are not all agents and plugins that the charm or its principal has installed. -F goes on without their
        # metadata, where crmsh would refuse the parameters it does not find.
        if ("stonith:external/maas" in words or "load" in words) and "-F" not in words:
            given.insert(1, "-F")
        with tempfile.NamedTemporaryFile("w", suffix=".crm") as file:
            file.write(document)
            file.flush()
            result = self.start([file.name if word == "FILE" else word for word in given])
        step = Step(words, True, result.status, result.out + result.err, document)
        self.took(step)
        if fatal and step.status != 0:
            raise HookFailed(f"{step}\n{step.output}")
        return step

    def start(self, words):
        return run(*words, env=environment(CIB_file=self.cib, **QUICK))

    def took(self, step):
        self.steps.append(step)
        self.watch(step)

    # --- questions ---

    def exists(self, name):
        """The word occurs somewhere in the configuration."""
        return name in self.ask("crm configure show").output

    def present(self, resource):
        return self.ask(f"crm resource status {resource}").status == 0

    def running(self, resource):
        return self.ask(f"crm resource status {resource}").output.startswith(f"resource {resource} is running")

    def members(self):
        # `crm node status` of older crmsh prints the section of nodes; 4.4 has no such command.
        self.count("crm node status")
        return sorted(node.get("uname") for node in query(self.cib).findall("configuration/nodes/node")
                      if node.get("type") != "remote")

    # --- the hook ---

    def play(self):
        try:
            self.configure()
        finally:
            self.check_status()
        return self.steps

    def configure(self):
        if not self.facts["relations"].get("hanode"):
            return
        if self.nodes_with("ready") < int(self.option("cluster_count")):
            return
        related = self.facts["relations"].get("ha") or self.facts["relations"].get("juju-info") or {}
        principals = list(list(related.values())[0].values()) if len(related) == 1 else []
        if not principals:
            return
        keys = ("resources", "delete_resources", "resource_params", "groups", "ms", "orders", "colocations", "clones",
                "locations", "init_services")
        wanted = {key: self.value(principals[0], key) for key in keys}
        if any(agent.startswith("ocf:maas") for agent in wanted["resources"].values()):
            if not (self.option("maas_url") and self.option("maas_credentials")):
                return
            for name in wanted["resource_params"]:
                if name.endswith("_hostname"):
                    wanted["resource_params"][name] += (
                        f' maas_url="{self.option("maas_url")}" maas_credentials="{self.option("maas_credentials")}"')
        if self.facts["hostname"] not in self.ask("crm node list").output:
            raise HookFailed("Pacemaker does not know this host")
        if self.facts["leader"]:
            self.set_options()
            self.set_symmetry()
            self.delete(wanted)
            self.make_resources(wanted)
            self.make_the_rest(wanted)
            self.clean_up(wanted)
            if self.nodes_with("member_ready") >= int(self.option("cluster_count")):
                self.make_remotes(wanted)

    def set_options(self):
        self.do("crm configure property no-quorum-policy=stop")
        self.do('crm configure rsc_defaults $id="rsc-options" resource-stickiness="100" '
                f'failure-timeout={self.option("failure_timeout")}')
        self.do(f'crm configure property cluster-recheck-interval={self.option("cluster_recheck_interval")}')
        host = self.option("monitor_host")
        there = self.exists("ping")
        if host and not there:
            self.do(f'crm -w -F configure primitive ping ocf:pacemaker:ping params host_list="{host}" '
                    f'multiplier="100" op monitor interval="{self.option("monitor_interval")}"')
            self.do('crm -w -F configure clone cl_ping ping meta interleave="true"')
        elif there and not host:
            self.do("crm -w -F resource stop ping")
            self.do("crm -w -F configure delete ping")
        # If it is there and the host is another, the command for it is put together but never run.
        configured = self.facts.get("leader-data", {}).get("stonith-configured", "")
        if str(configured).lower() not in ("true", "yes", "y", "on"):
            self.do("crm configure property stonith-enabled=false", fatal=True)

    def resources_on_remotes(self):
        """What all remotes say; None if they say nothing or do not agree."""
        said = {answer for data in self.units("pacemaker-remote")
                if isinstance(answer := self.value(data, "enable-resources"), bool)}
        return said.pop() if len(said) == 1 else None

    def set_symmetry(self):
        symmetric = self.resources_on_remotes()
        if symmetric is not None:
            self.do(f"crm configure property symmetric-cluster={str(symmetric).lower()}", fatal=True)

    def delete(self, wanted):
        for name in wanted["delete_resources"]:
            if not self.exists(name):
                continue
            agent = wanted["resources"].get(name, "").split(":")
            if len(agent) > 2 and (AGENTS / agent[1] / name.replace("res_", "").replace("_", "-")).is_file():
                if self.running(name):
                    self.do(f"crm -w -F resource stop {name}")
            else:
                self.cleanup(name)
            self.do(f"crm -w -F resource stop {name}")
            self.do(f"crm -w -F configure delete {name}")

    def make_resources(self, wanted):
        for name, agent in wanted["resources"].items():
            parameters = wanted["resource_params"].get(name)
            if self.exists(name):
                if self.update_resource(name, agent, parameters) != 0:
                    raise HookFailed(f"cannot update {name}\n{self.steps[-1].output}")
                continue
            self.do(f"crm -w -F configure primitive {name} {agent} {parameters or ''}")
            if self.option("monitor_host"):
                self.do(f"crm -F configure location Ping-{name} {name} rule -inf: pingd lte 0")

    def make_the_rest(self, wanted):
        for kind, key in (("group", "groups"), ("ms", "ms"), ("order", "orders"), ("clone", "clones"),
                          ("colocation", "colocations"), ("location", "locations")):
            for name, text in wanted[key].items():
                if not self.exists(name):
                    self.do(f"crm -w -F configure {kind} {name} {text}")

    def clean_up(self, wanted):
        inside = [*wanted["clones"].values(), *wanted["groups"].values()]
        for name in wanted["resources"]:
            if name in wanted["init_services"] and name not in inside and not self.running(name):
                self.cleanup(name)
        for name in (*wanted["clones"], *wanted["groups"]):
            self.cleanup(name)

    def cleanup(self, name):
        # On a file there are no failures to forget, and Pacemaker 2.1.5's crm_resource crashes.
        self.count(f"crm resource cleanup {name}")

    def make_remotes(self, wanted):
        remotes = []
        for data in self.units("pacemaker-remote"):
            name = self.value(data, "remote-hostname")
            if name:
                if not self.present(name):
                    self.do(f'crm configure primitive {name} ocf:pacemaker:remote '
                            f'params server={self.value(data, "remote-ip")} reconnect_interval=60 '
                            'op monitor interval=30s', fatal=True)
                remotes.append(name)
        for name in remotes:
            self.cleanup(name)
        resources = dict(wanted["resources"]) | dict.fromkeys(remotes, "ocf:pacemaker:remote")
        self.opt_in(resources, wanted)
        self.opt_in(self.make_fencing(), wanted)
        # Yes, once more: this one is the charm's function for fencing as such, from before there were remotes.
        fencing = self.make_fencing()
        self.do(f'crm configure property stonith-enabled={"true" if fencing else "false"}', fatal=bool(fencing))

    def make_fencing(self):
        hosts = [name for data in self.units("pacemaker-remote") if (name := self.value(data, "stonith-hostname"))]
        if not hosts:
            return {}
        url, key = self.option("maas_url"), self.option("maas_credentials")
        if not (url and key):
            raise HookFailed("fencing is wanted, but there is no maas_url or maas_credentials")
        self.device("st-maas", "stonith:external/maas", f"url='{url}' apikey='{key}' hostnames=", hosts)
        members = [self.facts["hostname"], *(data["hostname"] for data in self.units("hanode") if data.get("hostname"))]
        self.device("st-null", "stonith:null", "hostlist=", members)
        return {"st-maas": "stonith:external/maas", "st-null": "stonith:null"}

    def device(self, name, agent, parameters, hosts):
        names = sorted({*hosts, *(host.split(".")[0] for host in hosts)})
        text = f"params {parameters}'{' '.join(names)}' op monitor interval=25 start-delay=25 timeout=25"
        if self.present(name):
            self.update_resource(name, agent, text)
        else:
            self.do(f"crm configure primitive {name} {agent} {text}", fatal=True)

    def opt_in(self, resources, wanted):
        if self.resources_on_remotes() is not False:
            return
        whole = [*wanted["clones"].values(), *wanted["groups"].values()]
        remotes = []
        for name, agent in resources.items():
            if name not in whole:
                if agent == "ocf:pacemaker:remote":
                    remotes.append(name)
                else:
                    self.allow_on_members(name)
        members = self.members()
        for name, turn in zip(sorted(remotes), itertools.cycle(members)):
            for member in members:
                self.update_location(name, member, 200 if member == turn else 0)
        for name in wanted["clones"]:
            self.allow_on_members(name)
            self.do(f"crm_resource --resource {name} --set-parameter clone-max --meta "
                    f"--parameter-value {len(self.members())}", fatal=True)
        for name in wanted["groups"]:
            self.allow_on_members(name)

    def allow_on_members(self, resource):
        for member in self.members():
            name = f"loc-{resource}-{member}"
            if not self.exists(name):
                self.do(f"crm -w -F configure location {name} {resource} 0: {member}", fatal=True)

    # --- updates ---

    def update_resource(self, name, agent, parameters):
        return self.update(f"primitive {name} {agent}", parameters, f"{name}-{agent}", agent + (parameters or ""))

    def update_location(self, resource, member, score):
        name = f"loc-{resource}-{member}"
        self.update(f"location {name} {resource} {score}: {member}", None, f"{name}-{resource}",
                    f"{resource}{score}{member}")

    def update(self, statement, rest, key, content):
        """Nothing if the unit has sent the same before, whatever became of it since."""
        digest = hashlib.md5(content.encode()).hexdigest()
        if self.store.get(key) == digest:
            return 0
        document = statement + (f" \\\n\t{rest}" if rest else "\n")
        status = self.do("crm configure load update FILE", document=document).status
        if status == 0:
            self.store[key] = digest
        return status

    # --- the end of every hook ---

    def check_status(self):
        # Where all runs, each is asked for; with something stopped, as on a file, the charm stops at the first.
        self.count("crm node list")
        self.count("crm --version")
        self.count("crm configure get-property maintenance-mode")
        for principal in self.units("ha"):
            for name in self.value(principal, "resources"):
                self.count(f"crm resource status {name}")
                self.count(f"crm resource status {name}")


def play(facts, cib, store=None, watch=None):
    """Runs one hook on a CIB file; the processes it starts, in order. `watch` sees each when it has ended."""
    return Hook(facts, cib, store, watch).play()


def processes(steps):
    """How many times the hook starts `crm`, which is nearly all it starts."""
    return sum(1 for step in steps if step.words[0] == "crm")


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit("usage: charm_sequence.py RELATION-DATA.json CIB.xml [STORE.json]")
    facts = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    file = Path(arguments[2]) if len(arguments) == 3 else None
    store = json.loads(file.read_text()) if file and file.exists() else {}
    try:
        steps = play(facts, arguments[1], store, watch=lambda step: print(step, flush=True))
    finally:
        if file:
            file.write_text(json.dumps(store))
    print(f"{processes(steps)} processes of crm, {len(steps) - processes(steps)} others")


if __name__ == "__main__":
    os.environ.pop("CIB_shadow", None)
    main(sys.argv[1:])
