"""`crmsync charm` against what the hacluster charm's own commands make, with Debian's crmsh, of the same facts."""

import copy
import json
import shutil
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lxml import etree

import charm_sequence
from meaning import differences, parse
from support import HAS_CRM, NO_CRM, ROOT, Case, crmsync, environment, query, run

# All that is secret in fixtures/charm.
SECRETS = ("consumer:token:secret", "invented-sst-password", "invented-ipmi-password")


class Shape:
    """One folder of fixtures/charm."""

    def __init__(self, folder):
        self.name, self.data = folder.name, folder / "relation-data.json"
        self.facts = json.loads(self.data.read_text(encoding="utf-8"))
        self.cib = folder / "cib.xml"

    def new_cluster(self, path):
        return charm_sequence.new_cluster(path, charm_sequence.members(self.facts))

    def before(self, path):
        """Writes the cluster as it is before the hook."""
        if not self.cib.exists():
            return self.new_cluster(path)
        shutil.copyfile(self.cib, path)
        path.chmod(0o644)
        return path


SHAPES = {path.name: Shape(path) for path in sorted((ROOT / "fixtures" / "charm").iterdir())}


# --- what the charm makes ---

# An order may name a clone, and clones are made after orders: the hook's command fails, and the next hook's succeeds.
TWO_HOOKS = ("constraints",)


def charm(shape, fresh=False):
    """The CIB after the charm's hook, and the processes of its first hook; `fresh`: on a new cluster."""
    with tempfile.TemporaryDirectory(prefix="crmsync-test-") as folder:
        cib, store = Path(folder) / "cib.xml", {}
        shape.new_cluster(cib) if fresh else shape.before(cib)
        steps = charm_sequence.play(shape.facts, cib, store)
        if shape.name in TWO_HOOKS:
            charm_sequence.play(shape.facts, cib, store)
        return cib.read_bytes(), steps


class Charm:
    """What the charm makes of every shape; worked out once, two at a time, while the tests run."""

    pool, results = None, {}

    @classmethod
    def start(cls):
        cls.pool = ThreadPoolExecutor(2)
        for shape in sorted(SHAPES.values(), key=lambda shape: -len(shape.data.read_bytes())):
            cls.results[shape.name] = cls.pool.submit(charm, shape)
        cls.results["changed, fresh"] = cls.pool.submit(charm, SHAPES["changed"], True)

    @classmethod
    def result(cls, name):
        cib, _ = cls.results[name].result()
        return cib

    @classmethod
    def steps(cls, name):
        return cls.results[name].result()[1]


def setUpModule():
    if HAS_CRM:
        Charm.start()


def tearDownModule():
    if Charm.pool:
        Charm.pool.shutdown(cancel_futures=True)


# --- where the program is not to do as the charm does ---

def what_changed_is_updated(shape, before, cib):
    """Groups, clones, constraints and a remote's address are as the charm would make them today."""
    return parse(Charm.result("changed, fresh")) if shape.name == "changed" else cib


def ping_rules_go(shape, before, cib):
    """Without monitor_host there is no Ping-NAME rule."""
    if not shape.facts["config"]["monitor_host"]:
        for rule in cib.findall("configuration/constraints/rsc_location"):
            if rule.get("id").startswith("Ping-"):
                rule.getparent().remove(rule)
    return cib


def all_may_run_on_members(shape, before, cib):
    """Where the cluster becomes opt-in, what others have put there gets rules, too, or it would stop."""
    if option(cib, "symmetric-cluster") == "false" != option(before, "symmetric-cluster"):
        constraints = cib.find("configuration/constraints")
        for resource in cib.iterfind("configuration/resources/*"):
            for member in charm_sequence.members(shape.facts):
                name = f"loc-{resource.get('id')}-{member}"
                if not constraints.xpath("rsc_location[@id=$name]", name=name):
                    etree.SubElement(
                        constraints, "rsc_location", id=name, rsc=resource.get("id"), node=member, score="0")
    return cib


def opt_in_waits_for_the_rules(shape, before, cib):
    """While there are too few members for the remotes, symmetric-cluster stays as it is."""
    peers = [data for units in shape.facts["relations"]["hanode"].values() for data in units.values()]
    if 1 + sum("member_ready" in data for data in peers) < shape.facts["config"]["cluster_count"]:
        for pair in cib.findall("configuration/crm_config/*/nvpair[@name='symmetric-cluster']"):
            pair.getparent().remove(pair)
    return cib


def fencing_of_others_stays_enabled(shape, before, cib):
    """Where somebody has set up fencing, stonith-enabled is not for the charm to switch off."""
    devices = {device.get("id") for device in before.iterfind(".//primitive[@class='stonith']")}
    if devices - {"st-maas", "st-null"} and option(before, "stonith-enabled") == "true":
        cib.find("configuration/crm_config/*/nvpair[@name='stonith-enabled']").set("value", "true")
    return cib


# In the order in which they apply: what waits to be opt-in needs no rules yet.
DIFFERENCES = (
    what_changed_is_updated, ping_rules_go, opt_in_waits_for_the_rules, all_may_run_on_members,
    fencing_of_others_stays_enabled,
)

# What charm apply changes in a cluster that the charm has just been through.
ON_THE_CHARMS = {
    "changed": [
        "move primitive res_aodh_0f77c35_vip", "update clone cl_aodh_haproxy", "update colocation col_aodh_evaluator",
        "update group grp_aodh_vips", "update location loc_aodh_evaluator", "update order ord_aodh_evaluator",
        "update primitive tidy-goose",
    ],
    "monitor-host-gone": [
        "delete location Ping-res_glance_4f01e9c_vip", "delete location Ping-res_glance_cache",
        "delete location Ping-res_glance_haproxy",
    ],
    # The charm has left a cluster in which nothing may run.
    "remotes-early": [
        *(f"create location loc-{resource}-juju-5e1b7c-{number}-lxd-1"
          for resource in ("cl_swift_haproxy", "grp_swift_vips") for number in range(3)),
        "update clone cl_swift_haproxy",
    ],
}


def option(cib, name):
    found = cib.xpath("configuration/crm_config/cluster_property_set/nvpair[@name=$name]/@value", name=name)
    return found[0] if found else None


# --- the tests ---

class CharmCase(Case):
    def setUp(self):
        super().setUp()
        self.cib = self.folder / "cib.xml"

    def call(self, command, facts, *options, status=0):
        """Runs a verb with these facts; nothing secret is ever said."""
        data = facts if isinstance(facts, Path) else self.file("relation-data.json", json.dumps(facts))
        result = crmsync("charm", command, "--relation-data", data, "--cib-file", self.cib, *options)
        self.assertStatus(status, result)
        for secret in SECRETS:
            self.assertNotIn(secret, result.out + result.err)
        return result

    def apply(self, facts, status=0):
        return json.loads(self.call("apply", facts, status=status).out)

    def refused(self, facts, *words):
        """Exit 65, all of it named, nothing written."""
        before = self.cib.read_bytes()
        result = self.call("apply", facts, status=65)
        for word in words:
            self.assertIn(word, result.err, result)
        self.assertEqual(result.out, "", result)
        self.assertEqual(self.cib.read_bytes(), before, "refused, and yet the CIB file has changed")
        return result

    def xpath(self, expression, **variables):
        return query(self.cib).xpath("configuration" + expression, **variables)


@unittest.skipUnless(HAS_CRM, NO_CRM)
class SameResult(CharmCase):
    def test_the_cluster_is_as_the_charm_would_have_made_it(self):
        for name, shape in SHAPES.items():
            with self.subTest(name):
                before = parse(str(shape.before(self.cib)))
                said = self.apply(shape.data)
                self.assertTrue(said["configured"])
                self.assertEqual(said["blocked"], "")
                expected = parse(Charm.result(name))
                for difference in DIFFERENCES:
                    expected = difference(shape, before, expected)
                self.assertEqual(differences(expected, str(self.cib)), [])

    def test_the_next_hook_writes_nothing(self):
        for name, shape in SHAPES.items():
            with self.subTest(name):
                shape.before(self.cib)
                self.assertGreater(self.apply(shape.data)["changes"], 0)
                written = self.cib.read_bytes()
                self.assertEqual(self.apply(shape.data)["changes"], 0)
                self.assertEqual(self.cib.read_bytes(), written, "nothing to do, and yet the CIB file has changed")

    def test_a_cluster_that_the_charm_has_set_up_is_in_order(self):
        for name, shape in SHAPES.items():
            with self.subTest(name):
                self.cib.write_bytes(Charm.result(name))
                plan = json.loads(self.call("plan", shape.data).out)["plan"]
                found = sorted(f"{one['action']} {one['kind']} {one['id']}" for one in plan["changes"])
                self.assertEqual(found, ON_THE_CHARMS.get(name, []))
                self.assertEqual(self.cib.read_bytes(), Charm.result(name), "a plan has changed the CIB file")

    def test_the_charm_starts_as_many_processes_as_is_said(self):
        counts = {name: charm_sequence.processes(Charm.steps(name)) for name in SHAPES}
        print("\ncharm: processes of crm in one hook: "
              + ", ".join(f"{name} {count}" for name, count in counts.items()), flush=True)
        self.assertEqual(counts["masakari"], 105 + 6 * 3)

    def test_no_command_of_the_charm_has_failed(self):
        """Or the oracle would be none."""
        for name, shape in SHAPES.items():
            with self.subTest(name):
                failed = [f"{step}\n{step.output}" for step in Charm.steps(name)
                          if step.status and step.words[1:3] != ["resource", "status"]]
                if name == "constraints":
                    self.assertEqual([line.split()[5] for line in failed], ["ord_trove_inf", "ord_trove_start"])
                elif name == "deletions":  # what is no resource cannot be stopped
                    self.assertEqual({line.split()[4] for line in failed}, {"stop"})
                else:
                    self.assertEqual(failed, [])


class Otherwise(CharmCase):
    """Where it deliberately differs from the charm, and no shape shows it."""

    def facts(self, name):
        self.shape = SHAPES[name]
        self.shape.before(self.cib)
        return copy.deepcopy(self.shape.facts)

    def principal(self, facts):
        """The data of the principal's unit."""
        return next(iter(next(iter(facts["relations"]["ha"].values())).values()))

    def change(self, facts, key, change):
        """Changes the map or list in a json_ key."""
        data = self.principal(facts)
        value = json.loads(data.get("json_" + key, "{}"))
        data["json_" + key] = json.dumps(change(value) or value)

    def same_as(self, name):
        self.assertEqual(differences(parse(Charm.result(name)), str(self.cib)), [])

    @unittest.skipUnless(HAS_CRM, NO_CRM)
    def test_operations_are_read_in_any_order(self):
        facts = self.facts("vip-haproxy")
        self.change(facts, "resource_params", lambda old: {
            name: text.replace('timeout="20s" interval="10s" depth="0"', 'depth="0" timeout="20s" interval="10s"')
            for name, text in old.items()})
        self.apply(facts)
        self.same_as("vip-haproxy")

    @unittest.skipUnless(HAS_CRM, NO_CRM)
    def test_what_is_to_be_made_and_deleted_stays(self):
        facts = self.facts("vip-haproxy")
        self.change(facts, "delete_resources", lambda old: [*old, "res_ks_haproxy", "grp_ks_vips"])
        for _ in range(2):
            said = self.apply(facts)
            self.assertIn("res_ks_haproxy", " ".join(said["warnings"]))
            self.same_as("vip-haproxy")
        self.assertEqual(said["changes"], 0)

    @unittest.skipUnless(HAS_CRM, NO_CRM)
    def test_the_option_says_what_no_quorum_means(self):
        facts = self.facts("vip-haproxy")
        facts["config"]["no_quorum_policy"] = "freeze"
        self.apply(facts)
        self.assertEqual(differences(parse(Charm.result("vip-haproxy")), str(self.cib)),
                         ["crm_config / values / no-quorum-policy: 'stop' → 'freeze'"])

    def test_blanks_in_quotes_are_kept(self):
        facts = self.facts("vip-haproxy")
        self.change(facts, "resource_params", lambda old: old.update(
            res_ks_haproxy='description="two  words"   params  note="a   b"'))
        self.apply(facts)
        haproxy, = self.xpath("/resources//primitive[@id='res_ks_haproxy']")
        self.assertEqual(haproxy.get("description"), "two  words")
        self.assertEqual(haproxy.xpath("instance_attributes/nvpair/@value"), ["a   b"])

    def test_a_name_within_a_name_is_another(self):
        facts = self.facts("vip-haproxy")
        self.apply(facts)
        self.change(facts, "resources", lambda old: old.update({"ks": "ocf:pacemaker:Dummy", "vip": "IPaddr2"}))
        self.change(facts, "resource_params", lambda old: old.update(vip="params ip=10.6.0.237"))
        self.change(facts, "groups", lambda old: old.update(grp_ks="vip"))
        self.change(facts, "locations", lambda old: old.update(cl="ks 10: " + facts["hostname"]))
        self.assertEqual(self.apply(facts)["changes"], 4)
        self.assertEqual(self.xpath("/resources/group[@id='grp_ks']/primitive/@id"), ["vip"])
        self.assertEqual(self.xpath("/constraints/rsc_location[@id='cl']/@rsc"), ["ks"])
        self.change(facts, "delete_resources", lambda old: ["res_ks", "haproxy", "ks_vips"])
        self.assertEqual(self.apply(facts)["changes"], 0)

    def test_a_remote_stays_where_it_was_dealt_to(self):
        facts = self.facts("remotes-opt-in")
        self.apply(facts)
        dealt = "/constraints/rsc_location[@score='200']"
        before = {(rule.get("rsc"), rule.get("node")) for rule in self.xpath(dealt)}
        self.assertEqual(len({node for _, node in before}), 3)
        remotes = facts["relations"]["pacemaker-remote"]["pacemaker-remote:44"]
        first = dict(remotes["pacemaker-remote/0"], **{"remote-hostname": '"aaa"', "remote-ip": '"10.6.0.160"'})
        remotes["pacemaker-remote/9"] = first
        self.apply(facts)
        after = {(rule.get("rsc"), rule.get("node")) for rule in self.xpath(dealt)}
        self.assertLess(before, after)
        self.assertEqual({resource for resource, _ in after - before}, {"aaa"})

    def test_a_remote_that_has_left_is_still_fenced(self):
        facts = self.facts("remotes-opt-in")
        self.apply(facts)
        del facts["relations"]["pacemaker-remote"]["pacemaker-remote:44"]["pacemaker-remote/2"]
        self.assertEqual(self.apply(facts)["changes"], 0)
        names, = self.xpath("/resources/primitive[@id='st-maas']//nvpair[@name='hostnames']/@value")
        self.assertIn("tidy-goose", names.split())

    def test_ping_may_run_in_an_opt_in_cluster(self):
        facts = self.facts("group-of-one")
        facts["config"]["monitor_host"] = "10.6.0.1"
        self.apply(facts)
        self.assertEqual(sorted(self.xpath("/constraints/rsc_location[@rsc='cl_ping']/@node")),
                         charm_sequence.members(facts))
        self.assertEqual(self.xpath("/resources/clone[@id='cl_ping']//nvpair[@name='interleave']/@value"), ["true"])

    def test_a_ping_of_another_agent_is_somebody_elses(self):
        facts = self.facts("vip-haproxy")
        self.change(facts, "resources", lambda old: old.update(ping="ocf:pacemaker:Dummy"))
        self.apply(facts)
        self.change(facts, "resources", lambda old: {name: agent for name, agent in old.items() if name != "ping"})
        self.assertEqual(self.apply(facts)["changes"], 0)
        self.assertEqual(len(self.xpath("/resources/primitive[@id='ping']")), 1)

    def test_without_an_answer_about_resources_symmetry_stays(self):
        facts = self.facts("remotes-opt-in")
        for data in facts["relations"]["pacemaker-remote"]["pacemaker-remote:44"].values():
            del data["enable-resources"]
        self.apply(facts)
        self.assertEqual(self.xpath("/crm_config//nvpair[@name='symmetric-cluster']"), [])

    def test_fencing_without_options_leaves_the_rest_running(self):
        facts = self.facts("remotes-opt-in")
        facts["config"]["maas_credentials"] = None
        self.assertIn("maas_credentials", self.apply(facts)["blocked"])
        self.assertEqual(self.xpath("/resources/primitive[@type='remote']"), [])
        self.assertEqual(len(self.xpath("/resources/group")), 1)
        # Enabled without a device, nothing would start.
        self.assertEqual(self.xpath("/crm_config//nvpair[@name='stonith-enabled']/@value"), ["false"])


class Waiting(CharmCase):
    """What is no error: nothing is applied, and the hook is told why."""

    def waits(self, shape, change):
        facts = copy.deepcopy(SHAPES[shape].facts)
        before = SHAPES[shape].before(self.cib).read_bytes()
        change(facts)
        said = self.apply(facts)
        self.assertNotEqual(said["waiting"], "")
        self.assertEqual((said["configured"], said["changes"], said["blocked"]), (False, 0, ""))
        self.assertEqual(self.cib.read_bytes(), before)
        return said["waiting"]

    def test_not_the_leader(self):
        self.assertIn("leader", self.waits("vip-haproxy", lambda facts: facts.update(leader=False)))

    def test_too_few_members(self):
        def one_is_not_ready(facts):
            del facts["relations"]["hanode"]["hanode:40"]["hacluster/2"]["ready"]

        self.assertIn("2 of 3", self.waits("vip-haproxy", one_is_not_ready))

    def test_no_peers(self):
        self.waits("vip-haproxy", lambda facts: facts["relations"].pop("hanode"))

    def test_no_principal(self):
        self.waits("vip-haproxy", lambda facts: facts["relations"].pop("ha"))
        self.waits("vip-haproxy", lambda facts: facts["relations"].update(ha={"ha:41": {}}))

    def test_more_than_one_principal(self):
        self.waits("vip-haproxy", lambda facts: facts["relations"]["ha"].update({"ha:42": {"heat/0": {}}}))

    def test_remotes_that_disagree_are_a_warning(self):
        shape = SHAPES["remotes-mixed"]
        shape.before(self.cib)
        result = self.call("apply", shape.data)
        said = json.loads(result.out)
        self.assertIn("enable-resources", result.err)
        self.assertIn("enable-resources", " ".join(said["warnings"]))
        self.assertTrue(said["configured"])
        self.assertEqual(len(self.xpath("/resources/primitive[@type='remote']")), 2)

    def test_too_few_members_for_the_remotes(self):
        shape = SHAPES["remotes-early"]
        shape.before(self.cib)
        said = self.apply(shape.data)
        self.assertNotEqual(said["waiting"], "")
        self.assertTrue(said["configured"])
        self.assertEqual(self.xpath("/resources/primitive[@type='remote']"), [])

    def test_dns_without_its_options_is_blocked(self):
        facts = copy.deepcopy(SHAPES["dns-ha"].facts)
        before = SHAPES["dns-ha"].before(self.cib).read_bytes()
        facts["config"]["maas_url"] = None
        said = self.apply(facts)
        self.assertIn("maas_url", said["blocked"])
        self.assertFalse(said["configured"])
        self.assertEqual(self.cib.read_bytes(), before)


# --- transitions ---

def running(cib):
    """Gives a CIB a status in which all members are online, and everything runs that is to run."""
    root = parse(str(cib))
    root.find("status").clear()
    for node in root.iterfind("configuration/nodes/node"):
        etree.SubElement(root.find("status"), "node_state", id=node.get("id"), uname=node.get("uname"), in_ccm="true",
                         crmd="online", join="member", expected="member")
    cib.write_bytes(etree.tostring(root))
    for _ in range(10):
        if not simulated(cib, "--simulate", "--save-output", cib).findall("transition/rsc_action"):
            cib.chmod(0o644)
            return cib
    raise AssertionError(f"the cluster does not come to rest\n{cib.read_text()}")


def simulated(cib, *options):
    result = run("crm_simulate", "--xml-file", cib, "--output-as=xml", *options, env=environment(CIB_file=cib))
    if result.status != 0:
        raise AssertionError(str(result))
    return etree.fromstring(result.out.encode())


def actions(cib):
    """What the cluster would do next, as pairs of what and with which resource."""
    return [(one.get("action"), one.get("resource")) for one in simulated(cib, "--simulate").iterfind("actions/*")]


def at_work(cib):
    """How many instances run."""
    resources = simulated(cib).iterfind("cluster_status/resources//resource")
    return sum(int(one.get("nodes_running_on")) for one in resources)


class Reached(Exception):
    pass


class NoInterruption(CharmCase):
    def start(self, facts):
        """A running cluster that has what the principal wants, and no remotes yet."""
        without = copy.deepcopy(facts)
        without["relations"].pop("pacemaker-remote", None)
        self.apply(without)
        running(self.cib)
        self.assertGreater(at_work(self.cib), 3)

    def undisturbed(self, *started):
        """Nothing that runs stops or moves; these start."""
        found = actions(self.cib)
        self.assertEqual([action for action in found if action[0] != "start"], [])
        self.assertEqual(sorted(resource for _, resource in found), sorted(started))

    def test_becoming_opt_in(self):
        for name, started in (("remotes-opt-in", ("brave-stoat.example.net", "merry-lynx.example.net", "tidy-goose",
                                                  "st-maas", "st-null")),
                              ("masakari", ("frank-colt", "model-crow", "tidy-goose", "st-maas", "st-null")),
                              ("other-origin", ("tidy-goose",))):
            with self.subTest(name):
                SHAPES[name].before(self.cib)
                self.start(SHAPES[name].facts)
                self.apply(SHAPES[name].data)
                self.undisturbed(*started)
                # And so it stays with the remotes online.
                running(self.cib)
                self.assertEqual(self.apply(SHAPES[name].data)["changes"], 0)

    @unittest.skipUnless(HAS_CRM, NO_CRM)
    def test_the_charm_stops_all(self):
        """Or the test above would show nothing."""
        shape = SHAPES["remotes-opt-in"]
        shape.before(self.cib)
        self.start(shape.facts)
        count = at_work(self.cib)

        def watch(step):
            if "symmetric-cluster=false" in step.words:
                raise Reached

        with self.assertRaises(Reached):
            charm_sequence.play(shape.facts, self.cib, watch=watch)
        found = actions(self.cib)
        self.assertEqual({action for action, _ in found}, {"stop"})
        self.assertEqual(len(found), count)

    def test_one_more_remote(self):
        shape = SHAPES["remotes-opt-in"]
        facts = copy.deepcopy(shape.facts)
        shape.before(self.cib)
        self.apply(facts)
        running(self.cib)
        remotes = facts["relations"]["pacemaker-remote"]["pacemaker-remote:44"]
        # It would be dealt first, and all others to other members.
        remotes["pacemaker-remote/9"] = dict(remotes["pacemaker-remote/0"], **{
            "remote-hostname": '"aaa"', "remote-ip": '"10.6.0.160"', "stonith-hostname": "null"})
        self.apply(facts)
        self.undisturbed("aaa")

    def test_monitor_host(self):
        facts = copy.deepcopy(SHAPES["monitor-host"].facts)
        SHAPES["monitor-host"].before(self.cib)
        facts["config"]["monitor_host"] = None
        self.start(facts)
        self.apply(SHAPES["monitor-host"].data)
        self.undisturbed("ping:0", "ping:1", "ping:2")

    def test_what_runs_is_not_deleted(self):
        shape = SHAPES["deletions"]
        running(shape.before(self.cib))
        there = self.xpath("/resources//primitive/@id")
        said = self.apply(shape.data)
        for name in ("grp_heat_old_vips", "res_heat_eth0_vip", "res_heat_agent", "res_heat_lonely"):
            self.assertIn(name, said["blocked"])
        self.assertLess(set(there), set(self.xpath("/resources//primitive/@id")))
        self.assertEqual([action for action in actions(self.cib) if action[0] != "start"], [])


# --- hostile input ---

def deep(depth):
    return '{"a":' * depth + "1" + "}" * depth


# Key and value: those of the principal's unit.
HOSTILE = {
    "a quote that is not closed": ("json_resource_params", {
        "res_masakari_haproxy": 'params a="b op monitor interval=5s'}),
    "a secret in a quote that is not closed": ("json_resource_params", {
        "res_masakari_haproxy": 'params password="invented-sst-password op monitor interval=5s'}),
    "a secret before what is missing": ("json_resource_params", {
        "res_masakari_haproxy": "params password=invented-sst-password op"}),
    "a secret in what is no rule": ("json_resource_params", {
        "res_masakari_haproxy": "params rule password=invented-sst-password"}),
    "a second statement": ("json_resource_params", {
        "res_masakari_haproxy": 'op monitor interval="5s"\nproperty stonith-enabled=false'}),
    "a second statement in a group": ("json_groups", {
        "grp_masakari_vips": "res_masakari_321f78b_vip\nproperty stonith-enabled=false"}),
    "a second statement in a clone": ("json_clones", {
        "cl_res_masakari_haproxy": "res_masakari_haproxy\nprimitive evil ocf:pacemaker:Dummy"}),
    "a second statement in a location": ("json_locations", {
        "loc": "res_masakari_haproxy 0: juju-f0373f-1-lxd-2\nproperty stonith-enabled=false"}),
    "a second statement in an agent": ("json_resources", {"a": "ocf:pacemaker:Dummy\nprimitive b Dummy"}),
    "parameters in an agent": ("json_resources", {"a": "ocf:pacemaker:Dummy params fake=1"}),
    "no agent": ("json_resources", {"a": ""}),
    "an id with a blank": ("json_resources", {"a b": "ocf:pacemaker:Dummy"}),
    "an id with a semicolon": ("json_resources", {"a;reboot": "ocf:pacemaker:Dummy"}),
    "an id for a shell": ("json_resources", {"$(reboot)": "ocf:pacemaker:Dummy"}),
    "an id with a line break": ("json_resources", {"a\nb": "ocf:pacemaker:Dummy"}),
    "an id that is an option": ("json_resources", {"--force": "ocf:pacemaker:Dummy"}),
    "an id with a leading minus": ("json_clones", {"-a": "res_masakari_haproxy"}),
    "an id with a quote": ("json_groups", {"a'b": "res_masakari_321f78b_vip"}),
    "an empty id": ("json_orders", {"": "inf: grp_masakari_vips cl_res_masakari_haproxy"}),
    "a member with a semicolon": ("json_groups", {"grp_masakari_vips": "res_masakari_321f78b_vip; property x=y"}),
    "a name to delete that is an option": ("json_delete_resources", ["-rf"]),
    "a name to delete with a line break": ("json_delete_resources", ["a\nb"]),
    "a name to delete that is none": ("json_delete_resources", [3]),
    "names to delete that are no list": ("json_delete_resources", {"a": "b"}),
    "an array where a map is to be": ("json_resources", ["ocf:pacemaker:Dummy"]),
    "a text where a map is to be": ("json_resources", "ocf:pacemaker:Dummy"),
    "a number where a map is to be": ("json_clones", 3),
    "a map where a text is to be": ("json_clones", {"cl_res_masakari_haproxy": {}}),
    "no JSON": ("json_resources", "{\"a\": "),
    "JSON and more": ("json_resources", '{"a": "ocf:pacemaker:Dummy"} {}'),
    "the same name twice": ("json_resources", '{"a": "ocf:pacemaker:Dummy", "a": "ocf:heartbeat:Dummy"}'),
    "half a character": ("json_resources", '{"a\\ud800": "ocf:pacemaker:Dummy"}'),
    "a null byte": ("json_resource_params", '{"res_masakari_haproxy": "params a=\\u0000"}'),
    "what XML cannot hold": ("json_resource_params", {"res_masakari_haproxy": "params a=\ufffe"}),
    "a long text": ("json_resource_params", {"res_masakari_haproxy": "params a=" + "x" * (4 << 20)}),
    "deep nesting": ("json_resources", deep(10_000)),
    "very deep nesting": ("json_resources", deep(1_000_000)),
    "deep nesting in Python": ("clones", "(" * 100_000),
    "a function call": ("clones", "__import__('os').system('true')"),
    "a function call in a map": ("clones", "{'cl_res_masakari_haproxy': open('/etc/shadow').read()}"),
    "an expression": ("clones", "{'a': 'b' * 1000000000}"),
    "a member that is nowhere": ("json_groups", {"grp_masakari_vips": "nowhere"}),
    "a constraint without its second resource": ("json_orders", {"ord": "inf: res_masakari_haproxy"}),
    "a score that is none": ("json_colocations", {"col": "ALWAYS: grp_masakari_vips cl_res_masakari_haproxy"}),
    "a rule without an expression": ("json_locations", {"loc": "grp_masakari_vips rule inf:"}),
}
# The same for a remote's unit.
HOSTILE_REMOTES = {
    "a name with a blank": ("remote-hostname", "a b"),
    "a name with parameters": ("remote-hostname", "evil ocf:pacemaker:Dummy params a=b #"),
    "a name with a line break": ("remote-hostname", "a\nb"),
    "a name that is an option": ("remote-hostname", "--force"),
    "a name for a shell": ("remote-hostname", "$(reboot)"),
    "a name that is a map": ("remote-hostname", {"a": "b"}),
    "an address with a line break": ("remote-ip", "10.0.0.161\nproperty stonith-enabled=false"),
    "a name in MAAS with a blank": ("stonith-hostname", "tidy-goose other-machine"),
    "a name in MAAS that is a list": ("stonith-hostname", ["tidy-goose"]),
}


class Hostile(CharmCase):
    def setUp(self):
        super().setUp()
        self.facts = SHAPES["masakari"].facts

    def refused(self, facts, *words):
        SHAPES["masakari"].before(self.cib)
        return super().refused(facts, *words)

    def test_a_plan_tells_it_in_every_format(self):
        SHAPES["masakari"].before(self.cib)
        facts = copy.deepcopy(self.facts)
        unit = facts["relations"]["ha"]["ha:41"]["masakari/0"]
        unit["json_resources"] = json.dumps(json.loads(unit["json_resources"]) | {"res_new": "ocf heartbeat"})
        for format in ("json", "text", "xml", "crmsh"):
            with self.subTest(format):
                result = self.call("plan", facts, "--format", format, status=65)
                self.assertIn("ha:41 masakari/0 json_resources res_new: error: 'ocf heartbeat' is no agent", result.err)

    def test_the_data_of_the_principal(self):
        for what, (key, value) in HOSTILE.items():
            with self.subTest(what):
                facts = copy.deepcopy(self.facts)
                unit = facts["relations"]["ha"]["ha:41"]["masakari/0"]
                if not key.startswith("json_"):
                    unit.pop("json_" + key)
                elif isinstance(value, dict) and isinstance(rest := json.loads(unit[key]), dict):
                    # Beside what is right, so that nothing else refers to what is not there.
                    value = rest | value
                unit[key] = value if isinstance(value, str) and value[:1] in '{[(_"' else json.dumps(value)
                self.refused(facts, "ha:41", "masakari/0", key)

    def test_the_data_of_a_remote(self):
        for what, (key, value) in HOSTILE_REMOTES.items():
            with self.subTest(what):
                facts = copy.deepcopy(self.facts)
                unit = facts["relations"]["pacemaker-remote"]["pacemaker-remote:44"]["pacemaker-remote/0"]
                unit[key] = json.dumps(value)
                self.refused(facts, "pacemaker-remote:44", "pacemaker-remote/0", key)

    def test_the_file_itself(self):
        text = SHAPES["masakari"].data.read_bytes()
        for what, content in {
            "no UTF-8": text.replace(b"haproxy", b"hapr\xffxy", 1),
            "no JSON": b"{",
            "nothing": b"",
            "an array": b"[]",
            "relations that are none": b'{"relations": 3}',
            "a null byte": text + b"\0",
            "deep nesting": deep(1_000_000).encode(),
        }.items():
            with self.subTest(what):
                self.refused(self.file("facts.json", content))


if __name__ == "__main__":
    unittest.main()
