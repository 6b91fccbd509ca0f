"""What apply means, a sentence at a time."""

import json
import re
import unittest

from lxml import etree

from support import HAS_CRM, NO_CRM, Case, crmsync, environment, query, run

AGENT = "agent: 'ocf:pacemaker:Dummy'"


def primitive(identifier, content=""):
    return f'<primitive id="{identifier}" class="ocf" provider="pacemaker" type="Dummy">{content}</primitive>'


def meta(owner, **values):
    pairs = "".join(f'<nvpair id="{owner}-{n}" name="{n.replace("_", "-")}" value="{v}"/>' for n, v in values.items())
    return f'<meta_attributes id="{owner}-meta">{pairs}</meta_attributes>'


def location(resource, node, score=0):
    return f'<rsc_location id="loc-{resource}-{node}" rsc="{resource}" node="{node}" score="{score}"/>'


class BehaviourCase(Case):
    def cib(self, resources="", constraints="", properties="", rest=""):
        nodes = "".join(f'<node id="{i}" uname="n{i}"/>' for i in (1, 2, 3))
        pairs = '<nvpair id="o-s" name="stonith-enabled" value="false"/>' + properties
        self.path = self.file("cib.xml", f'''<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" admin_epoch="0" epoch="7" num_updates="0">
<configuration><crm_config><cluster_property_set id="cib-bootstrap-options">{pairs}</cluster_property_set></crm_config>
<nodes>{nodes}</nodes><resources>{resources}</resources><constraints>{constraints}</constraints>{rest}</configuration><status/></cib>''')
        self.assertIsNotNone(query(self.path), "the test's own CIB is not valid")

    def document(self, text, name="d.yaml"):
        return self.file(name, text)

    def call(self, command, text, *options, status=0):
        return self.assertStatus(status, crmsync(command, "--cib-file", self.path, *options, self.document(text)))

    def apply(self, text, *options, status=0):
        before = self.path.read_bytes()
        result = self.call("apply", text, "--yes", *options, status=status)
        if status:
            self.assertEqual(self.path.read_bytes(), before, "refused, and yet the CIB file has changed")
        return result

    def insync(self, text, *options):
        """These documents change nothing and write nothing."""
        self.call("plan", text, "--detailed-exitcode", *options)
        before = self.path.read_bytes()
        self.call("apply", text, "--yes", *options)
        self.assertEqual(self.path.read_bytes(), before, "nothing to do, and yet the CIB file has changed")

    def changes(self, text, *options):
        result = self.call("plan", text, "--format", "json", *options)
        return json.loads(result.out)["changes"]

    def tool(self, *command):
        result = run(*command, env=environment(CIB_file=self.path))
        self.assertEqual(result.status, 0, result)

    def xpath(self, expression):
        return query(self.path).xpath("configuration" + expression)

    def ids(self, section="resources"):
        return self.xpath(f"/{section}/*/@id")

    def value(self, resource, name, kind="meta_attributes"):
        found = self.xpath(f"/resources//*[@id='{resource}']/{kind}/nvpair[@name='{name}']/@value")
        return found[0] if found else None

    def scores(self, resource):
        return {e.get("node"): e.get("score") for e in self.xpath(f"/constraints/rsc_location[@rsc='{resource}']")}


class ObjectTests(BehaviourCase):
    def test_an_object_ends_up_as_written(self):
        self.cib(primitive("a", '<instance_attributes id="p"><nvpair id="p1" name="fake" value="1"/><nvpair id="p2" name="state" value="/x"/>'
                           '</instance_attributes>' + meta("a", priority=5) +
                           '<operations><op id="m" name="monitor" interval="10s"/><op id="s" name="start" interval="0"/></operations>'))
        self.apply(f"primitives: {{a: {{{AGENT}, params: {{fake: 2}}, operations: [{{name: monitor, interval: 10s, timeout: 5s}}]}}}}\n")
        self.assertEqual(self.value("a", "fake", "instance_attributes"), "2")
        self.assertIsNone(self.value("a", "state", "instance_attributes"))
        self.assertIsNone(self.value("a", "priority"))
        self.assertEqual(self.xpath("/resources//op/@name"), ["monitor"])
        # Ids in the cluster are kept.
        self.assertEqual(self.xpath("/resources//op/@id"), ["m"])
        self.assertEqual(self.xpath("/resources//nvpair/@id"), ["p1"])

    def test_objects_in_no_document_stay(self):
        self.cib(primitive("a") + primitive("b"), location("b", "n1"))
        self.apply(f"primitives: {{a: {{{AGENT}, params: {{fake: 1}}}}}}\n")
        self.assertEqual((self.ids(), self.ids("constraints")), (["a", "b"], ["loc-b-n1"]))
        self.assertEqual(self.value("a", "fake", "instance_attributes"), "1")

    def test_prune_all(self):
        self.cib(primitive("a") + primitive("b"),
                 location("b", "n1") + '<rsc_location id="cli-prefer-a" rsc="a" node="n1" score="INFINITY"/>',
                 '<nvpair id="o-q" name="no-quorum-policy" value="ignore"/><nvpair id="o-m" name="maintenance-mode" value="true"/>'
                 '<nvpair id="o-v" name="dc-version" value="1"/>')
        text = f"primitives: {{a: {{{AGENT}}}}}\nproperties: {{stonith-enabled: false}}\n"
        plan = self.call("plan", text, "--prune-all")
        for kept in ("cli-prefer-a", "maintenance-mode"):
            self.assertIn(kept, plan.out + plan.err)
        self.apply(text, "--prune-all")
        self.assertEqual((self.ids(), self.ids("constraints")), (["a"], ["cli-prefer-a"]))
        names = "/crm_config/cluster_property_set[@id='cib-bootstrap-options']/nvpair/@name"
        self.assertEqual(set(self.xpath(names)), {"stonith-enabled", "maintenance-mode", "dc-version"})
        self.apply(text, "--prune-all", "--exact")
        self.assertEqual(self.ids("constraints"), [])
        self.assertEqual(set(self.xpath(names)), {"stonith-enabled", "dc-version"})

    def test_a_set_has_the_id_that_is_made_for_another(self):
        """It is the document's; what is made for the primitive gets out of its way, and the next plan finds nothing."""
        self.cib("")
        text = (f"primitives: {{a: {{{AGENT}, params: {{fake: 1}}}}}}\n"
                "properties: [{id: a-instance_attributes, set: {cluster-delay: 61s}}]\n")
        self.apply(text)
        self.assertEqual(self.xpath("/crm_config/cluster_property_set[nvpair/@name='cluster-delay']/@id"), ["a-instance_attributes"])
        self.insync(text)

    def test_run_time_state_stays_and_is_told(self):
        resources = (primitive("a", meta("a", target_role="Stopped", is_managed="false", priority=3))
                     + f'<group id="g">{meta("g", target_role="Stopped")}{primitive("b")}</group>'
                     + f'<clone id="c">{meta("c", maintenance="true")}{primitive("d")}</clone>')
        text = (f"primitives: {{a: {{{AGENT}}}, b: {{{AGENT}}}, d: {{{AGENT}}}}}\n"
                "groups: {g: {members: [b]}}\nclones: {c: {resource: d}}\n")
        self.cib(resources)
        plan = self.call("plan", text)
        told = plan.out + plan.err
        for owner, name in (("a", "target-role"), ("a", "is-managed"), ("g", "target-role"), ("c", "maintenance")):
            self.assertTrue(any(re.search(rf"\b{owner}\b", line) and name in line for line in told.splitlines()), f"{owner} {name}\n{told}")
        self.apply(text)
        self.assertEqual([self.value("a", "target-role"), self.value("a", "is-managed"), self.value("g", "target-role"),
                          self.value("c", "maintenance"), self.value("a", "priority")], ["Stopped", "false", "Stopped", "true", None])
        self.insync(text)
        self.apply(text, "--exact")
        self.assertEqual([self.value("a", "target-role"), self.value("g", "target-role"), self.value("c", "maintenance")], [None] * 3)

    def test_run_time_state_that_an_earlier_apply_set_goes(self):
        self.cib()
        self.apply(f"primitives: {{a: {{{AGENT}, meta: {{target-role: Stopped}}}}}}\n")
        self.assertEqual(self.value("a", "target-role"), "Stopped")
        self.apply(f"primitives: {{a: {{{AGENT}}}}}\n")
        self.assertIsNone(self.value("a", "target-role"))

    def test_null_unsets_run_time_state(self):
        self.cib(primitive("a", meta("a", target_role="Stopped")))
        self.apply(f"primitives: {{a: {{{AGENT}, meta: {{target-role: null}}}}}}\n")
        self.assertIsNone(self.value("a", "target-role"))

    def test_properties_defaults_and_node_attributes_are_merged(self):
        self.cib(rest='<rsc_defaults><meta_attributes id="r"><nvpair id="r1" name="priority" value="1"/></meta_attributes></rsc_defaults>')
        self.tool("cibadmin", "--modify", "-o", "nodes", "-X",
                  '<node id="1"><instance_attributes id="n"><nvpair id="n1a" name="x" value="1"/></instance_attributes></node>')
        self.apply("properties: {no-quorum-policy: stop}\nresource-defaults: {resource-stickiness: 1}\n"
                   "nodes: {n1: {attributes: {y: 2}}}\n")
        self.assertEqual(set(self.xpath("/crm_config/cluster_property_set[@id='cib-bootstrap-options']/nvpair/@name")),
                         {"stonith-enabled", "no-quorum-policy"})
        self.assertEqual(set(self.xpath("/rsc_defaults//nvpair/@name")), {"priority", "resource-stickiness"})
        self.assertEqual(set(self.xpath("/nodes/node[@id='1']//nvpair/@name")), {"x", "y"})
        self.apply("properties: {no-quorum-policy: null}\nresource-defaults: {priority: null}\n"
                   "delete: [{node-attribute: [n1, x]}, {property: absent}]\n")
        self.assertEqual(self.xpath("/crm_config//nvpair[@name='no-quorum-policy']"), [])
        self.assertEqual(self.xpath("/rsc_defaults//nvpair/@name"), ["resource-stickiness"])
        self.assertEqual(self.xpath("/nodes/node[@id='1']//nvpair/@name"), ["y"])

    def test_an_unknown_node_needs_an_id(self):
        self.cib()
        self.apply("nodes: {n9: {attributes: {x: 1}}}\n", status=65)
        self.apply("nodes: {n9: {id: 9, attributes: {x: 1}}}\n")
        self.assertEqual(self.xpath("/nodes/node[@uname='n9']/@id"), ["9"])

    def test_resources_keep_the_clusters_order(self):
        self.cib("".join(map(primitive, "cab")))
        self.apply(f"primitives: {{z: {{{AGENT}}}, a: {{{AGENT}}}, b: {{{AGENT}}}, c: {{{AGENT}}}, y: {{{AGENT}}}}}\n")
        self.assertEqual(self.ids(), ["c", "a", "b", "z", "y"])
        self.apply(f"primitives: {{a: {{{AGENT}}}, b: {{{AGENT}}}}}\norder: [b, a]\n")
        found = self.ids()
        self.assertLess(found.index("b"), found.index("a"))
        self.assertEqual([x for x in found if x in "czy"], ["c", "z", "y"])

    def test_group_members_in_the_order_of_the_document(self):
        self.cib(f'<group id="g">{"".join(map(primitive, "abc"))}</group>')
        text = "".join(f"  {x}: {{{AGENT}}}\n" for x in "abcd")
        self.apply(f"primitives:\n{text}groups: {{g: {{members: [d, c, a, b]}}}}\n")
        self.assertEqual(self.xpath("/resources/group/primitive/@id"), ["d", "c", "a", "b"])


class DeletionTests(BehaviourCase):
    def test_cascade(self):
        self.cib(f'<group id="g">{primitive("a")}{primitive("b")}</group>' + primitive("c"),
                 location("a", "n1") + '<rsc_colocation id="col" rsc="a" with-rsc="c" score="1"/>'
                 '<rsc_order id="ord"><resource_set id="s1"><resource_ref id="a"/><resource_ref id="c"/></resource_set>'
                 '<resource_set id="s2"><resource_ref id="a"/></resource_set></rsc_order>',
                 rest='<tags><tag id="t"><obj_ref id="a"/></tag><tag id="u"><obj_ref id="a"/><obj_ref id="c"/></tag></tags>')
        self.apply("delete: [a]\n")
        self.assertEqual(self.xpath("/resources/group/primitive/@id"), ["b"])
        self.assertEqual(self.ids("constraints"), ["ord"])
        self.assertEqual(self.xpath("/constraints/rsc_order/resource_set/resource_ref/@id"), ["c"])
        self.assertEqual(self.xpath("/constraints/rsc_order/resource_set/@id"), ["s1"])
        self.assertEqual(self.ids("tags"), ["u"])
        self.apply("delete: [b]\n")
        self.assertEqual(self.ids(), ["c"])

    def test_absent_is_fine(self):
        self.cib(primitive("a"))
        self.insync("delete: [gone, {property: gone}, {acl-target: gone}, {fencing-level: [n1, 9]}]\n")

    def test_a_fencing_level_is_never_shortened(self):
        self.cib("".join(f'<primitive id="st-{x}" class="stonith" type="fence_sbd"/>' for x in "ab"),
                 rest='<fencing-topology><fencing-level id="f" target="n1" index="1" devices="st-a,st-b"/></fencing-topology>')
        result = self.apply("delete: [st-b]\n", status=65)
        self.assertIn("st-b", result.err)
        self.apply("delete: [st-b]\nfencing-levels: [{target: n1, level: 1, devices: [st-a]}]\n")
        self.assertEqual(self.xpath("/fencing-topology/fencing-level/@devices"), ["st-a"])

    def test_what_is_still_used_is_not_deleted(self):
        self.cib('<template id="t" class="ocf" provider="pacemaker" type="Dummy"/><primitive id="a" template="t"/>'
                 + primitive("b", '<instance_attributes id="shared"><nvpair id="sh" name="fake" value="1"/></instance_attributes>')
                 + primitive("c", '<instance_attributes id-ref="shared"/>'))
        self.apply("delete: [t]\n", status=65)
        self.apply("delete: [b]\n", status=65)
        self.apply("delete: [t, a, b, c]\n")
        self.assertEqual(self.ids(), [])

    def test_deleting_a_group_leaves_its_members(self):
        self.cib(f'<group id="g">{primitive("a")}{primitive("b")}</group><clone id="cl">{primitive("c")}</clone>', location("g", "n1"))
        self.apply("delete: [g, cl]\n")
        self.assertEqual(sorted(self.ids()), ["a", "b", "c"])
        self.assertEqual(self.ids("constraints"), [])
        self.assertEqual(self.xpath("/resources/*/@id"), self.xpath("/resources//primitive/@id"))

    def test_deleting_a_group_with_a_member(self):
        self.cib(f'<group id="g">{primitive("a")}{primitive("b")}</group>')
        self.apply("delete: [g, a]\n")
        self.assertEqual(self.ids(), ["b"])

    def test_shortening_a_group_leaves_the_member(self):
        self.cib(f'<group id="g">{primitive("a")}{primitive("b")}</group>')
        self.apply(f"primitives: {{a: {{{AGENT}}}}}\ngroups: {{g: {{members: [a]}}}}\n")
        self.assertEqual(self.xpath("/resources/group/primitive/@id"), ["a"])
        self.assertIn("b", self.ids())

    def test_defined_and_deleted(self):
        self.cib()
        self.apply(f"primitives: {{a: {{{AGENT}}}}}\ndelete: [a]\n", status=65)

    def test_duplicate_in_two_documents(self):
        self.cib()
        first = self.document(f"primitives: {{a: {{{AGENT}}}}}\n", "one.yaml")
        second = self.document(f"primitives: {{a: {{{AGENT}, params: {{fake: 1}}}}}}\n", "two.yaml")
        result = self.assertStatus(65, crmsync("plan", "--cib-file", self.path, first, second))
        self.assertIn("one.yaml", result.err)
        self.assertIn("two.yaml:1:", result.err)
        same = self.document(f"primitives: {{a: {{{AGENT}}}}}\n", "three.yaml")
        self.assertStatus(0, crmsync("plan", "--cib-file", self.path, first, same))


class ReferenceTests(BehaviourCase):
    def test_references_to_nothing(self):
        self.cib(primitive("a"), location("a", "n1"))
        for text in ("groups: {g: {members: [gone]}}", "locations: {l: {rsc: gone, node: n1, score: 1}}",
                     "colocations: {c: {rsc: a, with-rsc: gone, score: 1}}", "orders: {o: {first: gone, then: a}}",
                     "orders: {o: {sets: [{resources: [a, gone]}]}}", "tickets: {t: {ticket: x, rsc: gone}}",
                     "tags: {t: [gone]}", "fencing-levels: [{target: n1, level: 1, devices: [gone]}]",
                     "fencing-levels: [{target: n1, level: 1, devices: [a]}]",
                     "primitives: {p: {template: gone}}", f"primitives: {{p: {{{AGENT}, params: [{{ref: gone}}]}}}}",
                     "acl-targets: {u: [gone]}", "placement: [{resources: [gone], nodes: [n1]}]",
                     "clones: {c: {resource: gone}}", "locations: {l: {rsc: loc-a-n1, node: n1, score: 1}}"):
            with self.subTest(text):
                result = self.apply(text + "\n", status=65)
                self.assertRegex(result.err, r"d\.yaml:1:\d+: error: ")

    def test_force_makes_warnings_of_them(self):
        self.cib(primitive("a"))
        result = self.apply("tags: {t: [gone]}\n", "--force")
        self.assertIn("warning: ", result.err)
        self.assertEqual(self.ids("tags"), ["t"])
        # The schema decides still.
        self.apply("locations: {l: {rsc: gone, node: n1, score: 1}}\n", "--force", status=65)

    def test_render_warns_as_validate_does(self):
        document = self.document("groups: {g: {members: [gone]}}\nlocations: {l: {rsc: g, node: n1, score: 1}}\n")
        said = [self.assertStatus(0, crmsync(*command, document)).err
                for command in (("validate",), ("render",), ("render", "--format", "xml"))]
        self.assertIn("d.yaml:1:24: warning: ", said[0])
        self.assertEqual(said, said[:1] * 3)
        wrong = self.document(f"primitives: {{a: {{{AGENT}}}}}\ngroups: {{g: {{members: [a]}}, h: {{members: [a]}}}}\n")
        for command in ("validate", "render"):
            result = self.assertStatus(65, crmsync(command, wrong))
            self.assertEqual(result.out, "")
            self.assertIn(": error: 'a' is a member of ", result.err)

    def test_plan_says_what_the_schema_would_refuse(self):
        self.cib(primitive("a"))
        coloured = primitive("b").replace("type=", 'colour="red" type=')
        text = f"xml: [{{in: resources, content: '{coloured}'}}]\n"
        for command in (("plan",), ("apply", "--dry-run")):
            result = self.call(command[0], text, *command[1:])
            self.assertIn("apply will refuse", result.err)
            self.assertIn("<primitive> 'b'", result.err)
            self.assertIn("--upgrade", result.err)
        # No schema allows ids that are used twice or lead nowhere.
        twice = "groups: {g: {members: [a]}, h: {members: [a]}}\n"
        nowhere = "locations: {l: {rsc: gone, node: n1, score: 1}}\n"
        for text in (twice, nowhere):
            for result in (self.call("plan", text, "--force"), self.apply(text, "--force", status=65)):
                self.assertIn("would not fit pacemaker-3.9", result.err)
                self.assertNotIn("--upgrade", result.err)
        self.assertNotIn("refuse", self.call("plan", f"primitives: {{b: {{{AGENT}}}}}\n").err)

    def test_what_the_cluster_has_already_is_no_error(self):
        self.cib(primitive("a"), rest='<tags><tag id="t"><obj_ref id="gone"/></tag></tags>')
        self.apply(f"primitives: {{a: {{{AGENT}, params: {{fake: 1}}}}}}\n")
        self.assertEqual(self.value("a", "fake", "instance_attributes"), "1")

    def test_unplaced_in_an_opt_in_cluster(self):
        self.cib(properties='<nvpair id="o-y" name="symmetric-cluster" value="false"/>')
        self.apply("remotes: {r: {server: 192.0.2.1}}\n", status=65)
        self.apply("stonith: {st: {agent: fence_sbd}}\n", status=65)
        result = self.apply(f"primitives: {{a: {{{AGENT}}}}}\n")
        self.assertIn("warning: ", result.err)
        self.apply("remotes: {r: {server: 192.0.2.1}}\nplacement: [{resources: [r], nodes: [n1]}]\n")
        self.assertEqual(self.value("r", "reconnect_interval", "instance_attributes"), "60")
        self.assertEqual(self.xpath("/resources/primitive[@id='r']//op/@interval"), ["30s"])

    def test_an_unknown_node_is_a_warning(self):
        self.cib(primitive("a"))
        result = self.apply("locations: {l: {rsc: a, node: nowhere, score: 1}}\n")
        self.assertRegex(result.err, "warning: .*nowhere")


class PlacementTests(BehaviourCase):
    REMOTES = "".join(f"  r{i}: {{{AGENT}}}\n" for i in range(1, 6))

    def deal(self, *names, nodes="n1, n2, n3"):
        return "primitives:\n" + "".join(f"  {n}: {{{AGENT}}}\n" for n in names) + \
            f"placement: [{{resources: [{', '.join(names)}], nodes: [{nodes}], spread: 200}}]\n"

    def preferred(self, *names):
        return "".join(next((n[1:] for n, s in self.scores(r).items() if s == "200"), "-") for r in names)

    def test_placement_owns_its_constraints(self):
        self.cib(primitive("a"), location("a", "n1") + location("a", "n3")
                 + '<rsc_location id="mine" rsc="a" node="n3" score="7"/>' + location("a", "n9").replace("n9", "n4"))
        text = f"primitives: {{a: {{{AGENT}}}}}\nplacement: [{{resources: [a], nodes: [n1, n2]}}]\n"
        self.apply(text)
        self.assertEqual(set(self.ids("constraints")), {"loc-a-n1", "loc-a-n2", "mine"})
        self.insync(text)

    def test_dealt_in_turn(self):
        self.cib()
        self.apply(self.deal("r3", "r1", "r2", "r4"))
        self.assertEqual(self.preferred("r1", "r2", "r3", "r4"), "1231")
        self.assertEqual(self.scores("r1"), {"n1": "200", "n2": "0", "n3": "0"})

    def test_assignments_stay_and_new_ones_go_to_the_emptiest(self):
        self.cib()
        self.apply(self.deal("r2", "r3", "r4"))
        self.assertEqual(self.preferred("r2", "r3", "r4"), "123")
        self.apply(self.deal("r1", "r2", "r3", "r4", "r5"))
        self.assertEqual(self.preferred("r1", "r2", "r3", "r4", "r5"), "11232")
        self.insync(self.deal("r1", "r2", "r3", "r4", "r5"))

    def test_a_node_that_goes(self):
        self.cib()
        names = ("r1", "r2", "r3")
        self.apply(self.deal(*names))
        self.apply(self.deal(*names, nodes="n2, n3"))
        self.assertEqual(self.preferred(*names), "223")
        self.assertEqual(self.scores("r1"), {"n2": "200", "n3": "0"})

    def test_rebalance(self):
        self.cib()
        self.apply(self.deal("r2", "r3"))
        self.apply(self.deal("r1", "r2", "r3"))
        self.assertEqual(self.preferred("r1", "r2", "r3"), "312")
        self.apply(self.deal("r1", "r2", "r3"), "--rebalance")
        self.assertEqual(self.preferred("r1", "r2", "r3"), "123")

    def test_entries_of_the_same_nodes_are_one_deal(self):
        self.cib()
        self.apply("primitives:\n" + self.REMOTES
                   + "placement:\n  - {resources: [r1], nodes: [n1, n2], spread: 200}\n  - {resources: [r2], nodes: [n2, n1], spread: 200}\n")
        self.assertEqual(self.preferred("r1", "r2"), "12")


class SameTests(BehaviourCase):
    def test_a_constraint_with_another_id(self):
        self.cib(primitive("a") + primitive("b"), '<rsc_order id="theirs" first="a" then="b" kind="Mandatory"/>'
                 '<rsc_location id="l0" rsc="a" node="n1" score="INFINITY"/>')
        self.insync("orders: {mine: {first: a, then: b, first-action: start, symmetrical: true}}\n"
                    "locations: {other: {rsc: a, node: n1, score: +1000000}}\n")
        self.assertEqual(self.ids("constraints"), ["theirs", "l0"])

    def test_spellings(self):
        self.cib(primitive("a", meta("a", is_managed="yes", failure_timeout="3min")
                           + '<operations><op id="o" name="monitor" interval="60s" timeout="1m" enabled="true"/></operations>'),
                 properties='<nvpair id="o-t" name="stonith-timeout" value="120"/>')
        self.insync(f"primitives: {{a: {{{AGENT}, meta: {{is-managed: 1, failure-timeout: 180}}, "
                    "operations: [{name: monitor, interval: 60, timeout: 60000ms, enabled: 1}]}}\n"
                    "properties: {stonith-enabled: off, stonith-timeout: 2min}\n")

    def test_parameters_are_compared_byte_for_byte(self):
        self.cib(primitive("a", '<instance_attributes id="p"><nvpair id="p1" name="fake" value="60"/></instance_attributes>'))
        self.assertNotEqual(self.changes(f"primitives: {{a: {{{AGENT}, params: {{fake: 60s}}}}}}\n"), [])
        self.assertNotEqual(self.changes(f"primitives: {{a: {{{AGENT}, params: {{fake: '060'}}}}}}\n"), [])
        self.insync(f"primitives: {{a: {{{AGENT}, params: {{fake: 60}}}}}}\n")

    def test_scalars_are_their_source_text(self):
        self.cib()
        values = ("yes", "0644", "1e3", "12:30", "1.10", "0x1F", "2024-01-01", "~x", "null_", "1_000", ".5", "+3")
        text = f"primitives: {{a: {{{AGENT}, params: {{" + ", ".join(f"k{i}: {v}" for i, v in enumerate(values)) + ", on: off}}}\n"
        self.apply(text)
        for i, value in enumerate(values):
            self.assertEqual(self.value("a", f"k{i}", "instance_attributes"), value)
        self.assertEqual(self.value("a", "on", "instance_attributes"), "off")
        self.insync(text)

    def test_null_empty_and_no_value(self):
        self.cib()
        self.apply(f"primitives: {{a: {{{AGENT}, params: {{x: null, y: '', z: {{no-value: true}}, l: [a, b], v: {{value: q}}}}}}}}\n")
        found = {n.get("name"): n.get("value") for n in self.xpath("/resources//nvpair")}
        self.assertEqual(found, {"y": "", "z": None, "l": "a b", "v": "q"})

    def test_roles_as_the_schema_allows(self):
        text = (f"primitives: {{a: {{{AGENT}, operations: [{{name: monitor, interval: 10s, role: Promoted}}]}}, b: {{{AGENT}}}}}\n"
                "clones: {c: {resource: a, meta: {promotable: true}}}\n"
                "colocations: {k: {rsc: b, with-rsc: c, with-rsc-role: Promoted, score: 1}}\n")
        for schema, expected in (("2.10", "Master"), ("3.0", "Master"), ("3.6", "Master"), ("3.7", "Promoted")):
            with self.subTest(schema):
                self.cib()
                self.path.write_text(self.path.read_text().replace("pacemaker-3.9", f"pacemaker-{schema}"))
                self.apply(text)
                self.assertEqual(self.xpath("/resources//op/@role"), [expected])
                self.assertEqual(self.xpath("/constraints/*/@with-rsc-role"), [expected])
                self.assertEqual(query(self.path).get("validate-with"), f"pacemaker-{schema}")
                self.insync(text)

    def test_ids_of_new_objects(self):
        self.cib()
        self.apply(f"primitives: {{a: {{{AGENT}, params: {{fake: 1}}, operations: [{{name: monitor, interval: 10s}}, {{name: start}}]}}}}\n")
        self.assertEqual(self.xpath("/resources/primitive/instance_attributes/@id"), ["a-instance_attributes"])
        self.assertEqual(self.xpath("/resources//nvpair/@id"), ["a-instance_attributes-fake"])
        self.assertEqual(set(self.xpath("/resources//op/@id")), {"a-monitor-10s", "a-start-0"})

    def test_cibsecret(self):
        self.cib(primitive("a", '<instance_attributes id="p"><nvpair id="p1" name="passwd" value="lrm://"/></instance_attributes>'))
        self.insync(f"primitives: {{a: {{{AGENT}, params: {{passwd: something}}}}}}\n")


class RecordTests(BehaviourCase):
    def records(self):
        return [etree.tostring(e) for e in query(self.path).xpath("//*[starts-with(@id, 'crmsync')]")]

    def test_not_written_alone(self):
        self.cib(primitive("a"))
        self.insync(f"primitives: {{a: {{{AGENT}}}}}\n")
        self.assertEqual(self.records(), [])

    def test_written_with_a_change_and_left_out_of_exports(self):
        self.cib(primitive("a"))
        text = f"primitives: {{a: {{{AGENT}}}, b: {{{AGENT}}}}}\nproperties: {{stonith-enabled: false}}\n"
        self.apply(text)
        self.assertNotEqual(self.records(), [])
        for form in ("yaml", "json", "xml"):
            exported = self.assertStatus(0, crmsync("export", "--cib-file", self.path, "--format", form))
            self.assertNotIn("crmsync-record", exported.out)
        self.call("plan", text, "--prune-all", "--exact", "--detailed-exitcode")
        self.insync(text, "--prune-all", "--exact")

    def test_survives_other_tools(self):
        if not HAS_CRM:
            self.skipTest(NO_CRM)
        self.cib()
        self.apply(f"primitives: {{a: {{{AGENT}, meta: {{target-role: Started}}}}, b: {{{AGENT}}}}}\n")
        before = self.records()
        self.assertNotEqual(before, [])
        self.tool("crm", "--force", "configure", "primitive", "c", "ocf:pacemaker:Dummy")
        self.tool("crm", "--force", "configure", "delete", "b")
        self.tool("crm", "--force", "configure", "property", "no-quorum-policy=ignore")
        self.assertEqual(self.records(), before)
        self.assertEqual(self.ids(), ["a", "c"])
        # And it is still understood: what apply brought in goes with the document.
        self.apply(f"primitives: {{a: {{{AGENT}}}}}\n")
        self.assertIsNone(self.value("a", "target-role"))

    def test_epoch_rises_once(self):
        self.cib()
        before = int(query(self.path).get("epoch"))
        self.apply(f"primitives: {{a: {{{AGENT}}}, b: {{{AGENT}}}}}\n")
        self.assertEqual(int(query(self.path).get("epoch")), before + 1)


class PlanTests(BehaviourCase):
    def test_a_new_node_has_attributes(self):
        self.cib()
        plan = self.call("plan", "nodes: {zz: {id: 9, attributes: {a: 1}}}\n").out
        self.assertIn("attributes.a: 1", plan)
        self.assertNotIn("params", plan)

    def test_a_change_of_what_is_masked(self):
        self.cib(primitive("a", '<instance_attributes id="p"><nvpair id="p1" name="url" value="http://u:one@h/"/></instance_attributes>'))
        plan = self.call("plan", f"primitives: {{a: {{{AGENT}, params: {{url: 'http://u:two@h/'}}}}}}\n").out
        self.assertIn("params.url: http://(secret)@h/ changed\n", plan)

    def test_maintenance_mode_is_told_with_a_file_too(self):
        warning = r"warning: maintenance-mode is on"
        self.cib(properties='<nvpair id="o-m" name="maintenance-mode" value="yes"/>')
        text = f"primitives: {{a: {{{AGENT}}}}}\n"
        self.assertRegex(self.call("plan", text).err, warning)
        self.assertNotRegex(self.call("plan", text + "properties: {maintenance-mode: false}\n").err, warning)
        self.assertRegex(self.apply(text).err, warning)
        self.assertNotRegex(self.call("plan", text).err, warning)


class RenderTests(BehaviourCase):
    def test_a_misspelt_element(self):
        document = self.document("xml: [{in: resources, content: '<primtive id=\"x\"/>'}]\n")
        for command in ("render", "validate"):
            self.assertIn("did you mean 'primitive'?", self.assertStatus(65, crmsync(command, document)).err)

    def test_what_xml_cannot_say(self):
        """All of it at once, each in its place."""
        text = """primitives:
  p:
    agent: ocf:pacemaker:Dummy
    params: {a: {env: CRMSYNC_NOT_SET}, b: null}
properties:
  c: {file: /no/such/file}
delete: [x]
"""
        document = self.document(text)
        def told(command, *options, status=65):
            result = self.assertStatus(status, crmsync(command, document, *options))
            return [line[len(str(document)) + 1:] for line in result.err.splitlines() if line.startswith(str(document))], result.err
        lines, err = told("render", "--format", "xml", "--show-secrets")
        for line, start in zip(lines, ("4:14: error: primitive 'p': the value of 'a' is in the environment", "4:41: error: primitive 'p': the value of 'b'",
                                       "6:3: error: crm_config: the value of 'c' is in the file /no/such/file", "7:10: error: ")):
            self.assertTrue(line.startswith(start), line)
        self.assertEqual((len(lines), err.count("  hint: ")), (4, 4), err)
        self.assertEqual(len(told("render", "--format", "xml")[0]), 2)
        # Values that are to be read and are not there: likewise.
        self.cib()
        self.assertEqual([line[:5] for line in told("plan", "--cib-file", self.path, status=65)[0]], ["4:14:", "6:3: "])


class TerminalTests(BehaviourCase):
    """Names and values go to terminals as text, whatever is in them."""

    BAD = ["\x9b31m", "\x85", "\x7f", "\u202e", "\u2066", "\u200f", "\u061c", "\n- delete primitive  everything", "\r", "\t", "\u2028"]

    def assertHarmless(self, *texts):
        for text in texts:
            self.assertNotRegex(text.replace("\n", ""), "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
            self.assertNotRegex(text, r"(?m)^ *- delete")

    def escaped(self, text):
        return "".join(c if " " <= c <= "~" else f"&#{ord(c)};" for c in text)

    def test_plans_errors_and_status(self):
        value = self.escaped("".join(self.BAD))
        self.cib(primitive("a", f'<instance_attributes id="p"><nvpair id="p1" name="fake" value="{value}"/></instance_attributes>' + meta("a", target_role=value))
                 + f'<primitive id="z" class="ocf" provider="heartbeat" type="Dummy" description="{value}"/>')
        text = json.dumps({"primitives": {"a": {"agent": "ocf:pacemaker:Dummy", "params": {"fake": "x", "state": "y\n- delete primitive  everything"}}, "z": {"agent": "ocf:heartbeat:Dummy"}}})
        for options in ((), ("--format", "json")):
            result = self.call("plan", text, *options)
            self.assertHarmless(result.out, result.err)
        self.assertIn("\\n- delete", self.call("plan", text).out)
        self.assertIn("\\u{9b}31m", self.call("plan", text).out)
        for form in ("yaml", "json"):
            self.assertHarmless(crmsync("export", "--cib-file", self.path, "--format", form).out)
        key = json.dumps({"primitives": {"b" + "".join(self.BAD): {"agent": "ocf:pacemaker:Dummy"}}, "nodes": {"".join(self.BAD): {"attributes": {"x": "1"}}}})
        result = self.call("plan", key, status=65)
        self.assertHarmless(result.err)
        self.cib(properties=f'<nvpair id="o-x" name="maintenance-mode" value="{value}"/>')
        self.path.write_text(self.path.read_text().replace('uname="n1"', f'uname="{value}"'))
        result = crmsync("status", "--cib-file", self.path)
        self.assertHarmless(result.out, result.err)

    def test_control_characters_in_documents(self):
        self.cib(primitive("a", '<instance_attributes id="p"><nvpair id="p1" name="fake" value="&#155;31m"/></instance_attributes>'))
        for form in ("yaml", "json", "xml"):
            exported = self.document(crmsync("export", "--cib-file", self.path, "--format", form).out, f"e.{form}")
            self.assertStatus(0, crmsync("plan", "--cib-file", self.path, exported, "--detailed-exitcode", "--prune-all", "--exact"))
            for command in ("validate", "render"):
                self.assertStatus(0, crmsync(command, exported))
        self.apply('primitives: {a: {agent: "ocf:pacemaker:Dummy", params: {fake: "\x9b31m"}}}\n', status=65)
        for value in ("\\x9b32m", "\\x7f"):
            result = self.apply(f'primitives: {{a: {{agent: "ocf:pacemaker:Dummy", params: {{fake: "{value}"}}}}}}\n', status=65)
            self.assertRegex(result.err, r"d\.yaml:1:57: error: .*'fake' has the control character U\+00(9B|7F)")
        # What the cluster has may be said along with something new.
        self.apply('primitives: {a: {agent: "ocf:pacemaker:Dummy", params: {fake: "\\x9b31m", state: /x}}}\n')
        self.assertEqual(self.value("a", "fake", "instance_attributes"), "\x9b31m")


if __name__ == "__main__":
    unittest.main()
