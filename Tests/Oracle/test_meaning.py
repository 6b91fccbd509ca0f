"""The comparison by meaning sees every kind of difference, and none where there is none."""

import subprocess
import sys
import unittest
from pathlib import Path

import support
from meaning import differences

PARTS = ("crm_config", "rsc_defaults", "op_defaults", "nodes", "resources", "constraints",
         "fencing-topology", "acls", "tags", "alerts")


def cib(**sections):
    """A CIB with the given sections; `-` of a section's name is written `_`."""
    body = "".join(f"<{p}>{sections.get(p.replace('-', '_'), '')}</{p}>" for p in PARTS)
    return f'<cib validate-with="pacemaker-3.9"><configuration>{body}</configuration></cib>'


def primitive(content="", identifier="a"):
    return cib(resources=f'<primitive id="{identifier}" class="ocf" provider="p" type="t">{content}</primitive>')


def params(*sets):
    return primitive("".join(f'<instance_attributes {s}</instance_attributes>' for s in sets))


def meta(name, value):
    return primitive(f'<meta_attributes id="m"><nvpair id="n" name="{name}" value="{value}"/></meta_attributes>')


def prop(name, value):
    return cib(crm_config=f'<cluster_property_set id="cib-bootstrap-options"><nvpair id="n" name="{name}" value="{value}"/>'
               '</cluster_property_set>')


def op(attributes, content=""):
    return primitive(f'<operations><op id="o" name="monitor" {attributes}>{content}</op></operations>')


def resources(*identifiers):
    return cib(resources="".join(f'<primitive id="{i}" class="lsb" type="t"/>' for i in identifiers))


def group(*identifiers):
    return cib(resources='<group id="g">' + "".join(f'<primitive id="{i}" class="lsb" type="t"/>' for i in identifiers)
               + "</group>")


def constraints(*content):
    return cib(constraints="".join(content))


def order(attributes, content=""):
    return constraints(f'<rsc_order id="o" {attributes}>{content}</rsc_order>')


def location(content, attributes=""):
    return constraints(f'<rsc_location id="l" rsc="a" {attributes}>{content}</rsc_location>')


def rule(attributes='score="1"', expression='attribute="x" operation="eq" value="1"', identifier="r"):
    return location(f'<rule id="{identifier}" {attributes}><expression id="{identifier}-e" {expression}/></rule>')


def clone(tag, content="", attributes=""):
    return cib(resources=f'<{tag} id="c" {attributes}>{content}<primitive id="a" class="lsb" type="t"/></{tag}>')


def sets(*content):
    return constraints('<rsc_colocation id="c" score="1">' + "".join(content) + "</rsc_colocation>")


X = '<nvpair id="x" name="x" value="1"/>'
Y = '<nvpair id="y" name="y" value="2"/>'
PROMOTABLE = '<meta_attributes id="m"><nvpair id="p" name="promotable" value="true"/></meta_attributes>'
BUNDLE = '<bundle id="b"><podman image="i" {0}/><network {1}><port-mapping id="p" port="{2}"/></network>' \
         '<storage><storage-mapping id="s" source-dir="{3}" target-dir="/t"/></storage></bundle>'

SAME = {
    "order of parameters": (params(f'id="s">{X}{Y}'), params(f'id="s">{Y}{X}')),
    "ids of pairs and sets": (params(f'id="s">{X}'), params('id="t"><nvpair name="x" id="z" value="1"/>')),
    "an empty set": (primitive(), params('id="s">')),
    "an empty set with a rule": (primitive(), params('id="s"><rule id="r"><expression id="e" attribute="a" operation="defined"/></rule>')),
    "a comment": (params(f'id="s">{X}'), params(f'id="s"><!-- c -->{X}')),
    "white space": (params(f'id="s">{X}'), params(f'id="s">\n  {X}\n')),
    "a missing section": (cib(), '<cib><configuration><resources/></configuration></cib>'),
    "the record": (cib(), cib(crm_config=f'<cluster_property_set id="crmsync-record">{X}</cluster_property_set>')),
    "the record beside the options": (
        prop("a", "b"), cib(crm_config='<cluster_property_set id="cib-bootstrap-options"><nvpair id="n" name="a" value="b"/>'
                            f'</cluster_property_set><cluster_property_set id="crmsync-record">{X}</cluster_property_set>')),
    "the id of the only property set": (prop("a", "b"), prop("a", "b").replace("cib-bootstrap-options", "other")),
    "a set by id-ref": (
        cib(resources=f'<primitive id="a" class="lsb" type="t"><instance_attributes id="s">{X}</instance_attributes></primitive>'
            '<primitive id="b" class="lsb" type="t"><instance_attributes id-ref="s"/></primitive>'),
        cib(resources=f'<primitive id="a" class="lsb" type="t"><instance_attributes id="u">{X}</instance_attributes></primitive>'
            f'<primitive id="b" class="lsb" type="t"><instance_attributes id="v">{X}</instance_attributes></primitive>')),
    "a pair by id-ref": (params(f'id="s">{X}', 'id="t"><nvpair id-ref="x"/>'), params(f'id="s">{X}', f'id="t">{X}')),
    "duration of an operation": (op('interval="10s" timeout="1min"'), op('interval="10000ms" timeout="60"')),
    "ISO duration": (op('interval="PT1M"'), op('interval="60s"')),
    "default interval": (op(''), op('interval="0s"')),
    "boolean of an operation": (op('enabled="TRUE"'), op('enabled="1"')),
    "roles of an operation": (op('role="Master"'), op('role="Promoted"')),
    "ids of operations": (op('interval="0"'), op('interval="0"').replace('id="o"', 'id="p"')),
    "order of operations": (
        primitive('<operations><op id="o" name="start" interval="0"/><op id="p" name="stop" interval="0"/></operations>'),
        primitive('<operations id="x"><op id="p" name="stop" interval="0"/><op id="o" name="start" interval="0"/></operations>')),
    "known meta boolean": (meta("is-managed", "off"), meta("is-managed", "False")),
    "known meta duration": (meta("failure-timeout", "3min"), meta("failure-timeout", "180")),
    "known meta score": (meta("resource-stickiness", "+INFINITY"), meta("resource-stickiness", "1000000")),
    "target-role": (meta("target-role", "Master"), meta("target-role", "Promoted")),
    "known option boolean": (prop("stonith-enabled", "yes"), prop("stonith-enabled", "true")),
    "known option duration": (prop("stonith-timeout", "60"), prop("stonith-timeout", "1m")),
    "score": (rule('score="INFINITY"'), rule('score="+1000000"')),
    "boolean-op": (rule('score="1"'), rule('score="1" boolean-op="and"')),
    "rule ids": (rule(), rule(identifier="other")),
    "role of a rule": (rule('score="1" role="Slave"'), rule('score="1" role="Unpromoted"')),
    "default kind": (order('first="a" then="b"'), order('first="a" then="b" kind="Mandatory"')),
    "default actions": (order('first="a" then="b" first-action="stop"'),
                        order('first="a" then="b" first-action="stop" then-action="stop"')),
    "default first-action": (order('first="a" then="b"'), order('first="a" then="b" first-action="start" then-action="start"')),
    "default symmetrical": (order('first="a" then="b"'), order('first="a" then="b" symmetrical="yes"')),
    "symmetrical of Serialize": (order('first="a" then="b" kind="Serialize"'),
                                 order('first="a" then="b" kind="Serialize" symmetrical="false"')),
    "constraint ids": (order('first="a" then="b"'), order('first="a" then="b"').replace('id="o"', 'id="p"')),
    "order of constraints": (
        constraints('<rsc_location id="l" rsc="a" node="n" score="1"/>', '<rsc_location id="m" rsc="b" node="n" score="1"/>'),
        constraints('<rsc_location id="m" rsc="b" node="n" score="1"/>', '<rsc_location id="l" rsc="a" node="n" score="1"/>')),
    "ids of resource sets": (sets('<resource_set id="s"><resource_ref id="a"/></resource_set>'),
                             sets('<resource_set id="t"><resource_ref id="a"/></resource_set>')),
    "master": (clone("master"), clone("clone", PROMOTABLE)),
    "master that says it is promotable": (clone("master", PROMOTABLE), clone("clone", PROMOTABLE)),
    "order of templates": (
        cib(resources='<template id="t" class="lsb" type="t"/><template id="u" class="lsb" type="t"/>'),
        cib(resources='<template id="u" class="lsb" type="t"/><template id="t" class="lsb" type="t"/>')),
    "ids of fencing levels": (cib(fencing_topology='<fencing-level id="f" target="n" index="1" devices="a"/>'),
                              cib(fencing_topology='<fencing-level id="g" target="n" index="1" devices="a"/>')),
    "a tag of a constraint with another id": (
        cib(constraints='<rsc_location id="l" rsc="a" node="n" score="1"/>', tags='<tag id="t"><obj_ref id="l"/></tag>'),
        cib(constraints='<rsc_location id="m" rsc="a" node="n" score="1"/>', tags='<tag id="t"><obj_ref id="m"/></tag>')),
    "order of nodes": (cib(nodes='<node id="1" uname="a"/><node id="2" uname="b"/>'),
                       cib(nodes='<node id="2" uname="b"/><node id="1" uname="a"/>')),
    "order of sections": ('<cib><configuration><tags/><resources><primitive id="a" class="lsb" type="t"/></resources>'
                          "</configuration></cib>", resources("a")),
}

DIFFERENT = {
    "value of a parameter": (params('id="s"><nvpair id="x" name="x" value="1"/>'), params('id="s"><nvpair id="x" name="x" value="01"/>')),
    "boolean in a parameter": (params('id="s"><nvpair id="x" name="is-managed" value="true"/>'),
                               params('id="s"><nvpair id="x" name="is-managed" value="yes"/>')),
    "no value and an empty one": (params('id="s"><nvpair id="x" name="x"/>'), params('id="s"><nvpair id="x" name="x" value=""/>')),
    "a blank": (params('id="s"><nvpair id="x" name="x" value="1"/>'), params('id="s"><nvpair id="x" name="x" value="1 "/>')),
    "a missing parameter": (params(f'id="s">{X}{Y}'), params(f'id="s">{X}')),
    "order of sets": (params(f'id="s">{X}', f'id="t">{Y}'), params(f'id="t">{Y}', f'id="s">{X}')),
    "one set for two": (params(f'id="s">{X}', f'id="t">{Y}'), params(f'id="s">{X}{Y}')),
    "score of a set": (params(f'id="s" score="1">{X}'), params(f'id="s" score="2">{X}')),
    "rule of a set": (params(f'id="s">{X}'), params(f'id="s"><rule id="r"><expression id="e" attribute="a" operation="defined"/></rule>{X}')),
    "two pairs of a name": (params('id="s"><nvpair id="x" name="x" value="1"/><nvpair id="y" name="x" value="2"/>'),
                            params('id="s"><nvpair id="y" name="x" value="2"/><nvpair id="x" name="x" value="1"/>')),
    "what an id-ref refers to": (params(f'id="s">{X}', 'id="t"><nvpair id-ref="x"/>'), params(f'id="s">{X}', f'id="t">{Y}')),
    "a dangling id-ref": (params(f'id="s">{X}'), params('id-ref="gone">')),
    "kind of a set": (params(f'id="s">{X}'), primitive(f'<meta_attributes id="s">{X}</meta_attributes>')),
    "utilization": (primitive(f'<utilization id="u">{X}</utilization>'), primitive()),
    "agent": (primitive(), primitive().replace('type="t"', 'type="u"')),
    "template": (cib(resources='<primitive id="a" template="t"/>'), cib(resources='<primitive id="a" template="u"/>')),
    "description": (primitive(), primitive().replace('type="t"', 'type="t" description="d"')),
    "id of a resource": (primitive(), primitive(identifier="b")),
    "interval": (op('interval="10s"'), op('interval="11s"')),
    "timeout of an operation": (op('interval="10s" timeout="1"'), op('interval="10s" timeout="2"')),
    "on-fail": (op('on-fail="block"'), op('')),
    "role of an operation": (op('role="Master"'), op('role="Slave"')),
    "parameters of an operation": (
        op('', '<instance_attributes id="s"><nvpair id="x" name="depth" value="0"/></instance_attributes>'),
        op('', '<instance_attributes id="s"><nvpair id="x" name="depth" value="00"/></instance_attributes>')),
    "meta attributes of an operation": (op('', f'<meta_attributes id="s">{X}</meta_attributes>'), op('')),
    "an operation": (op(''), primitive()),
    "unknown meta": (meta("mine", "true"), meta("mine", "yes")),
    "known meta": (meta("is-managed", "true"), meta("is-managed", "false")),
    "unknown option": (prop("mine", "60"), prop("mine", "60s")),
    "known option": (prop("stonith-timeout", "60"), prop("stonith-timeout", "61")),
    "which set is the options'": (
        cib(crm_config='<cluster_property_set id="cib-bootstrap-options"><nvpair id="x" name="x" value="1"/></cluster_property_set>'
            '<cluster_property_set id="o"><nvpair id="y" name="x" value="2"/></cluster_property_set>'),
        cib(crm_config='<cluster_property_set id="p"><nvpair id="x" name="x" value="1"/></cluster_property_set>'
            '<cluster_property_set id="cib-bootstrap-options"><nvpair id="y" name="x" value="2"/></cluster_property_set>')),
    "order of resources": (resources("a", "b"), resources("b", "a")),
    "order of members": (group("a", "b"), group("b", "a")),
    "member or not": (group("a", "b"), cib(resources='<group id="g"><primitive id="a" class="lsb" type="t"/></group>'
                                           '<primitive id="b" class="lsb" type="t"/>')),
    "clone and promotable clone": (clone("clone"), clone("master")),
    "clone and group": (clone("clone"), clone("group")),
    "image": (cib(resources=BUNDLE.format("", "", 80, "/s")), cib(resources=BUNDLE.format("", "", 80, "/s").replace('"i"', '"j"'))),
    "replicas": (cib(resources=BUNDLE.format('replicas="1"', "", 80, "/s")), cib(resources=BUNDLE.format("", "", 80, "/s"))),
    "network": (cib(resources=BUNDLE.format("", 'control-port="1"', 80, "/s")), cib(resources=BUNDLE.format("", "", 80, "/s"))),
    "port": (cib(resources=BUNDLE.format("", "", 80, "/s")), cib(resources=BUNDLE.format("", "", 81, "/s"))),
    "storage": (cib(resources=BUNDLE.format("", "", 80, "/s")), cib(resources=BUNDLE.format("", "", 80, "/u"))),
    "node of a location": (location("", 'node="n" score="1"'), location("", 'node="m" score="1"')),
    "score of a location": (location("", 'node="n" score="1"'), location("", 'node="n" score="2"')),
    "sign of a score": (location("", 'node="n" score="INFINITY"'), location("", 'node="n" score="-INFINITY"')),
    "discovery": (location("", 'node="n" score="1"'), location("", 'node="n" score="1" resource-discovery="never"')),
    "lifetime": (location('<lifetime><rule id="r" score="0"><date_expression id="e" operation="lt" end="2030-01-01"/></rule></lifetime>',
                          'node="n" score="1"'), location("", 'node="n" score="1"')),
    "value of an expression": (rule(), rule(expression='attribute="x" operation="eq" value="01"')),
    "operation of an expression": (rule(), rule(expression='attribute="x" operation="ne" value="1"')),
    "type of an expression": (rule(), rule(expression='attribute="x" operation="eq" value="1" type="version"')),
    "boolean-op or": (rule('score="1"'), rule('score="1" boolean-op="or"')),
    "hours of a date": (
        location('<rule id="r" score="1"><date_expression id="e" operation="date_spec"><date_spec id="d" hours="1"/></date_expression></rule>'),
        location('<rule id="r" score="1"><date_expression id="e" operation="date_spec"><date_spec id="d" hours="2"/></date_expression></rule>')),
    "number of equal constraints": (
        constraints('<rsc_location id="l" rsc="a" node="n" score="1"/>', '<rsc_location id="m" rsc="a" node="n" score="1"/>'),
        constraints('<rsc_location id="l" rsc="a" node="n" score="1"/>')),
    "kind": (order('first="a" then="b"'), order('first="a" then="b" kind="Optional"')),
    "symmetrical": (order('first="a" then="b"'), order('first="a" then="b" symmetrical="false"')),
    "then-action": (order('first="a" then="b" first-action="promote"'),
                    order('first="a" then="b" first-action="promote" then-action="start"')),
    "direction": (order('first="a" then="b"'), order('first="b" then="a"')),
    "roles of a colocation": (constraints('<rsc_colocation id="c" rsc="a" with-rsc="b" score="1" with-rsc-role="Master"/>'),
                              constraints('<rsc_colocation id="c" rsc="a" with-rsc="b" score="1"/>')),
    "order of resource sets": (
        sets('<resource_set id="s"><resource_ref id="a"/></resource_set>', '<resource_set id="t"><resource_ref id="b"/></resource_set>'),
        sets('<resource_set id="t"><resource_ref id="b"/></resource_set>', '<resource_set id="s"><resource_ref id="a"/></resource_set>')),
    "order in a resource set": (sets('<resource_set id="s"><resource_ref id="a"/><resource_ref id="b"/></resource_set>'),
                                sets('<resource_set id="s"><resource_ref id="b"/><resource_ref id="a"/></resource_set>')),
    "sequential": (sets('<resource_set id="s" sequential="false"><resource_ref id="a"/></resource_set>'),
                   sets('<resource_set id="s"><resource_ref id="a"/></resource_set>')),
    "ticket": (constraints('<rsc_ticket id="t" rsc="a" ticket="x"/>'), constraints('<rsc_ticket id="t" rsc="a" ticket="y"/>')),
    "loss-policy": (constraints('<rsc_ticket id="t" rsc="a" ticket="x" loss-policy="stop"/>'), constraints('<rsc_ticket id="t" rsc="a" ticket="x"/>')),
    "devices": (cib(fencing_topology='<fencing-level id="f" target="n" index="1" devices="a,b"/>'),
                cib(fencing_topology='<fencing-level id="f" target="n" index="1" devices="b,a"/>')),
    "index of a level": (cib(fencing_topology='<fencing-level id="f" target="n" index="1" devices="a"/>'),
                         cib(fencing_topology='<fencing-level id="f" target="n" index="2" devices="a"/>')),
    "tag": (cib(tags='<tag id="t"><obj_ref id="a"/></tag>'), cib(tags='<tag id="t"><obj_ref id="b"/></tag>')),
    "permission": (cib(acls='<acl_role id="r"><acl_permission id="p" kind="read" xpath="//a"/></acl_role>'),
                   cib(acls='<acl_role id="r"><acl_permission id="p" kind="write" xpath="//a"/></acl_role>')),
    "role of a user": (cib(acls='<acl_target id="u"><role id="r"/></acl_target>'), cib(acls='<acl_target id="u"/>')),
    "user and group": (cib(acls='<acl_target id="u"/>'), cib(acls='<acl_group id="u"/>')),
    "path of an alert": (cib(alerts='<alert id="a" path="/a"/>'), cib(alerts='<alert id="a" path="/b"/>')),
    "recipient": (cib(alerts='<alert id="a" path="/a"><recipient id="r" value="x"/></alert>'), cib(alerts='<alert id="a" path="/a"/>')),
    "select": (cib(alerts='<alert id="a" path="/a"><select><select_nodes/></select></alert>'), cib(alerts='<alert id="a" path="/a"/>')),
    "defaults": (cib(rsc_defaults=f'<meta_attributes id="d">{X}</meta_attributes>'), cib()),
    "defaults of operations": (cib(op_defaults=f'<meta_attributes id="d">{X}</meta_attributes>'),
                               cib(rsc_defaults=f'<meta_attributes id="d">{X}</meta_attributes>')),
    "node attribute": (cib(nodes=f'<node id="1" uname="n"><instance_attributes id="i">{X}</instance_attributes></node>'),
                       cib(nodes='<node id="1" uname="n"/>')),
    "node id": (cib(nodes='<node id="1" uname="n"/>'), cib(nodes='<node id="2" uname="n"/>')),
    "an unknown section": (cib(), cib().replace("</configuration>", '<novel a="b"/></configuration>')),
    "an unknown element": (primitive(), primitive('<novel a="b"/>')),
}


class MeaningTest(unittest.TestCase):
    def test_same(self):
        for name, (a, b) in SAME.items():
            with self.subTest(name):
                self.assertEqual(differences(a, b), [])

    def test_different(self):
        for name, (a, b) in DIFFERENT.items():
            with self.subTest(name):
                self.assertNotEqual(differences(a, b), [])
                self.assertNotEqual(differences(b, a), [])

    def test_readable(self):
        self.assertEqual(differences(prop("a", "1"), prop("a", "2")), ["properties[0]/values/a: 1 | 2"])

    def test_any_corpus_cib_equals_itself_and_no_other_fixture(self):
        paths = support.corpus()
        for path in paths:
            with self.subTest(path.name):
                self.assertEqual(differences(path, path), [])
        own = [p for p in paths if p.parent == support.FIXTURES and p.name not in ("master-2.10.xml", "master-3.0.xml")]
        for first, second in zip(own, own[1:]):
            self.assertNotEqual(differences(first, second), [], f"{first.name} {second.name}")

    def test_command_line(self):
        program = Path(__file__).with_name("meaning.py")
        first, second = support.FIXTURES / "tags.xml", support.FIXTURES / "acls.xml"
        same = subprocess.run([sys.executable, program, first, first], capture_output=True, text=True)
        self.assertEqual((same.returncode, same.stdout), (0, ""))
        other = subprocess.run([sys.executable, program, first, second], capture_output=True, text=True)
        self.assertEqual(other.returncode, 1)
        self.assertIn("tags/both", other.stdout)


if __name__ == "__main__":
    unittest.main()
