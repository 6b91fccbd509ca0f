"""The oracle itself: what it takes for the same, and that it sees every kind of difference."""

import unittest

from meaning import differences

DUMMY = '<primitive id="{0}" class="ocf" provider="pacemaker" type="Dummy"{2}>{1}</primitive>'


def primitive(inside="", id="a", attributes=""):
    return DUMMY.format(id, inside, attributes)


def cib(resources="", constraints="", options="", rest="", nodes=""):
    return (f"<cib><configuration><crm_config>{options}</crm_config><nodes>{nodes}</nodes>"
            f"<resources>{resources}</resources><constraints>{constraints}</constraints>{rest}</configuration></cib>")


def nvset(tag, *pairs, id="s", more=""):
    inside = "".join(f'<nvpair id="{id}-{index}" name="{name}" value="{value}"/>'
                     for index, (name, value) in enumerate(pairs))
    return f'<{tag} id="{id}"{more}>{inside}</{tag}>'


def params(*pairs, id="s", more=""):
    return nvset("instance_attributes", *pairs, id=id, more=more)


def meta(*pairs, id="m", more=""):
    return nvset("meta_attributes", *pairs, id=id, more=more)


def op(attributes, inside=""):
    return f'<operations><op id="o" name="monitor" {attributes}>{inside}</op></operations>'


def options(*pairs):
    return nvset("cluster_property_set", *pairs, id="cib-bootstrap-options")


def location(inside="", id="l", attributes='rsc="a" node="n" score="1"'):
    return f'<rsc_location id="{id}" {attributes}>{inside}</rsc_location>'


def rule(inside, attributes='score="1"', id="r"):
    return f'<rule id="{id}" {attributes}>{inside}</rule>'


def expression(id, value, attribute="x"):
    return f'<expression id="{id}" attribute="{attribute}" operation="eq" value="{value}"/>'


def order(attributes, id="o"):
    return cib(constraints=f'<rsc_order id="{id}" first="a" then="b" {attributes}/>')


def sets(*members, attributes=""):
    inside = "".join(
        f'<resource_set id="s{index}"{attributes}>' + "".join(f'<resource_ref id="{one}"/>' for one in names)
        + "</resource_set>" for index, names in enumerate(members))
    return cib(constraints=f'<rsc_order id="o">{inside}</rsc_order>')


def tagged(*members):
    return cib(rest="<tags><tag id='t'>" + "".join(f"<obj_ref id='{one}'/>" for one in members) + "</tag></tags>")


def level(attributes):
    return cib(rest=f"<fencing-topology><fencing-level id='f' {attributes}/></fencing-topology>")


def role_acl(*permissions):
    inside = "".join(f"<acl_permission id='p{index}' {one}/>" for index, one in enumerate(permissions))
    return cib(rest=f"<acls><acl_role id='r'>{inside}</acl_role></acls>")


def alert(inside, path="/a"):
    return cib(rest=f"<alerts><alert id='al' path='{path}'>{inside}</alert></alerts>")


def bundle(inside, image="i"):
    return cib(f"<bundle id='b'><podman image='{image}'/>{inside}</bundle>")


TWO = primitive() + primitive(id="b")

SAME = {
    "tags before what they refer to": tuple(
        f"<cib><configuration>{part}</configuration></cib>" for part in (
            "<tags><tag id='t'><obj_ref id='l'/></tag></tags><constraints><rsc_location id='l' rsc='a' node='n' score='1'/></constraints>",
            "<constraints><rsc_location id='l' rsc='a' node='n' score='1'/></constraints><tags><tag id='t'><obj_ref id='l'/></tag></tags>")),
    "comments and layout": (cib(primitive()), cib(f"<!-- c -->\n {primitive('<!-- d -->')}")),
    "attribute order": (cib(primitive()), cib('<primitive type="Dummy" provider="pacemaker" class="ocf" id="a"/>')),
    "ids of sets and nvpairs": (cib(primitive(params(("x", "1"), id="p"))), cib(primitive(params(("x", "1"), id="q")))),
    "order of nvpairs": (cib(primitive(params(("x", "1"), ("y", "2")))), cib(primitive(params(("y", "2"), ("x", "1"))))),
    "an empty set": (cib(primitive(params())), cib(primitive())),
    "an empty set among others": (cib(primitive(params() + params(("x", "1"), id="t"))),
                                  cib(primitive(params(("x", "1"))))),
    "empty operations": (cib(primitive("<operations/>")), cib(primitive())),
    "the second of two nvpairs of one name": (cib(primitive(params(("x", "1"), ("x", "2")))),
                                              cib(primitive(params(("x", "1"))))),
    "interval": (cib(primitive(op('interval="10"'))), cib(primitive(op('interval="10000ms"')))),
    "interval as ISO 8601": (cib(primitive(op('interval="PT1M"'))), cib(primitive(op('interval="1min"')))),
    "interval 0": (cib(primitive(op('interval="0"'))), cib(primitive(op('interval="0s"')))),
    "timeout": (cib(primitive(op('interval="0" timeout="1m"'))), cib(primitive(op('interval="0" timeout="60"')))),
    "operation enabled": (cib(primitive(op('interval="0" enabled="1"'))), cib(primitive(op('interval="0" enabled="true"')))),
    "operation role": (cib(primitive(op('interval="0" role="Master"'))), cib(primitive(op('interval="0" role="Promoted"')))),
    "boolean meta": (cib(primitive(meta(("is-managed", "YES")))), cib(primitive(meta(("is-managed", "true"))))),
    "duration meta": (cib(primitive(meta(("failure-timeout", "180")))), cib(primitive(meta(("failure-timeout", "3min"))))),
    "score meta": (cib(primitive(meta(("priority", "+INFINITY")))), cib(primitive(meta(("priority", "1000000"))))),
    "target-role": (cib(primitive(meta(("target-role", "Slave")))), cib(primitive(meta(("target-role", "Unpromoted"))))),
    "boolean option": (cib(options=options(("stonith-enabled", "off"))), cib(options=options(("stonith-enabled", "false")))),
    "duration option": (cib(options=options(("stonith-timeout", "60"))), cib(options=options(("stonith-timeout", "60s")))),
    "the program's own record": (cib(options=nvset("cluster_property_set", ("x", "1"), id="crmsync-record")), cib()),
    "order of constraints": (cib(constraints=location() + location(id="k", attributes='rsc="b" node="n" score="2"')),
                             cib(constraints=location(id="k", attributes='rsc="b" node="n" score="2"') + location())),
    "id of a constraint": (cib(constraints=location(id="l")), cib(constraints=location(id="k"))),
    "tag of a constraint with another id": (
        cib(TWO, location(id="l"), rest="<tags><tag id='t'><obj_ref id='l'/></tag></tags>"),
        cib(TWO, location(id="k"), rest="<tags><tag id='t'><obj_ref id='k'/></tag></tags>")),
    "score of a constraint": (cib(constraints=location(attributes='rsc="a" node="n" score="INFINITY"')),
                              cib(constraints=location(attributes='rsc="a" node="n" score="+1000000"'))),
    "kind": (order(""), order('kind="Mandatory"')),
    "kind by score": (order('score="0"'), order('kind="Optional"')),
    "first-action": (order(""), order('first-action="start"')),
    "then-action": (order('first-action="promote"'), order('first-action="promote" then-action="promote"')),
    "symmetrical": (order(""), order('symmetrical="yes"')),
    "symmetrical of Serialize": (order('kind="Serialize"'), order('kind="Serialize" symmetrical="false"')),
    "boolean-op": (cib(constraints=location(rule(expression("e", "1")))),
                   cib(constraints=location(rule(expression("e", "1"), 'score="1" boolean-op="and"')))),
    "ids of rules": (cib(constraints=location(rule(expression("e", "1"), id="r"))),
                     cib(constraints=location(rule(expression("f", "1"), id="q")))),
    "master": (cib(f"<master id='c'>{primitive()}</master>"),
               cib(f"<clone id='c'>{meta(('promotable', 'on'))}{primitive()}</clone>")),
    "master with more": (cib(f"<master id='c'>{meta(('notify', '1'))}{primitive()}</master>"),
                         cib(f"<clone id='c'>{meta(('promotable', 'true'), ('notify', 'true'))}{primitive()}</clone>")),
    "an id-ref and what it stands for": (
        cib(primitive(params(("x", "1"))) + primitive('<instance_attributes id-ref="s"/>', id="b")),
        cib(primitive(params(("x", "1"))) + primitive(params(("x", "1"), id="z"), id="b"))),
    "an nvpair's id-ref": (
        cib(primitive(params(("x", "1"))) + primitive('<instance_attributes id="z"><nvpair id-ref="s-0"/></instance_attributes>', id="b")),
        cib(primitive(params(("x", "1"))) + primitive(params(("x", "1"), id="z"), id="b"))),
    "id of the only option set": (
        cib(options=options(("a", "1"))), cib(options=nvset("cluster_property_set", ("a", "1"), id="other"))),
    "place of the bootstrap set": (
        cib(options=options(("a", "1")) + nvset("cluster_property_set", ("a", "2"), id="o")),
        cib(options=nvset("cluster_property_set", ("a", "2"), id="o") + options(("a", "1")))),
    "order of tag members": (tagged("a", "b"), tagged("b", "a")),
}

DIFFERENT = {
    "a resource more": (cib(primitive()), cib(TWO)),
    "agent": (cib(primitive()), cib(primitive().replace("Dummy", "Stateful"))),
    "description": (cib(primitive()), cib(primitive(attributes=' description="d"'))),
    "a parameter's value": (cib(primitive(params(("x", "1")))), cib(primitive(params(("x", "2"))))),
    "a parameter's spelling": (cib(primitive(params(("x", "true")))), cib(primitive(params(("x", "yes"))))),
    "a parameter that looks like a duration": (cib(primitive(params(("timeout", "60")))), cib(primitive(params(("timeout", "60s"))))),
    "a parameter more": (cib(primitive(params(("x", "1")))), cib(primitive(params(("x", "1"), ("y", ""))))),
    "no value and an empty one": (cib(primitive('<instance_attributes id="s"><nvpair id="n" name="x"/></instance_attributes>')),
                                  cib(primitive(params(("x", ""))))),
    "the first of two nvpairs of one name": (cib(primitive(params(("x", "1"), ("x", "2")))),
                                             cib(primitive(params(("x", "2"), ("x", "1"))))),
    "order of sets": (cib(primitive(params(("x", "1")) + params(("x", "2"), id="t"))),
                      cib(primitive(params(("x", "2")) + params(("x", "1"), id="t")))),
    "score of a set": (cib(primitive(params(("x", "1"), more=' score="1"'))), cib(primitive(params(("x", "1"))))),
    "rule of a set": (cib(primitive(params(("x", "1")))),
                      cib(primitive(params(("x", "1")).replace("<nvpair", rule(expression("e", "1")) + "<nvpair", 1)))),
    "kind of set": (cib(primitive(params(("x", "1")))), cib(primitive(meta(("x", "1"))))),
    "unknown meta attribute": (cib(primitive(meta(("odd", "yes")))), cib(primitive(meta(("odd", "true"))))),
    "boolean meta": (cib(primitive(meta(("is-managed", "yes")))), cib(primitive(meta(("is-managed", "no"))))),
    "utilization": (cib(primitive(nvset("utilization", ("cpu", "1")))), cib(primitive(nvset("utilization", ("cpu", "2"))))),
    "interval": (cib(primitive(op('interval="10"'))), cib(primitive(op('interval="11"')))),
    "timeout not given": (cib(primitive(op('interval="10" timeout="20"'))), cib(primitive(op('interval="10"')))),
    "operation role": (cib(primitive(op('interval="0" role="Master"'))), cib(primitive(op('interval="0" role="Slave"')))),
    "operation's parameter": (cib(primitive(op('interval="0"', params(("depth", "0"))))), cib(primitive(op('interval="0"', params(("depth", "00")))))),
    "an operation more": (cib(primitive()), cib(primitive(op('interval="0"')))),
    "an operation twice": (cib(primitive(op('interval="0"'))),
                           cib(primitive(op('interval="0"').replace("</operations>", '<op id="p" name="monitor" interval="0"/></operations>')))),
    "option": (cib(options=options(("stonith-enabled", "off"))), cib(options=options(("stonith-enabled", "on")))),
    "unknown option": (cib(options=options(("odd", "off"))), cib(options=options(("odd", "false")))),
    "option in another set": (
        cib(options=options(("a", "1")) + nvset("cluster_property_set", ("b", "1"), id="other")),
        cib(options=options(("b", "1")) + nvset("cluster_property_set", ("a", "1"), id="other"))),
    "order of option sets": (
        cib(options=nvset("cluster_property_set", ("a", "1"), id="o") + nvset("cluster_property_set", ("a", "2"), id="p")),
        cib(options=nvset("cluster_property_set", ("a", "2"), id="o") + nvset("cluster_property_set", ("a", "1"), id="p"))),
    "order of resources": (cib(TWO), cib(primitive(id="b") + primitive())),
    "order of members": (cib(f"<group id='g'>{TWO}</group>"), cib(f"<group id='g'>{primitive(id='b')}{primitive()}</group>")),
    "member or not": (cib(f"<group id='g'>{TWO}</group>"), cib(f"<group id='g'>{primitive()}</group>{primitive(id='b')}")),
    "clone and master": (cib(f"<master id='c'>{primitive()}</master>"), cib(f"<clone id='c'>{primitive()}</clone>")),
    "template": (cib("<template id='t' class='ocf' provider='p' type='x'/><primitive id='a' template='t'/>"),
                 cib("<template id='t' class='ocf' provider='p' type='y'/><primitive id='a' template='t'/>")),
    "constraint's node": (cib(constraints=location()), cib(constraints=location(attributes='rsc="a" node="m" score="1"'))),
    "constraint's score": (cib(constraints=location()), cib(constraints=location(attributes='rsc="a" node="n" score="2"'))),
    "constraint twice": (cib(constraints=location()), cib(constraints=location() + location(id="k"))),
    "kind": (order(""), order('kind="Optional"')),
    "first-action": (order(""), order('first-action="promote"')),
    "symmetrical": (order(""), order('symmetrical="0"')),
    "boolean-op": (cib(constraints=location(rule(expression("e", "1")))),
                   cib(constraints=location(rule(expression("e", "1"), 'score="1" boolean-op="or"')))),
    "rule's value": (cib(constraints=location(rule(expression("e", "true")))), cib(constraints=location(rule(expression("e", "yes"))))),
    "rule's score": (cib(constraints=location(rule(expression("e", "1")))), cib(constraints=location(rule(expression("e", "1"), 'score="2"')))),
    "rule's date": (cib(constraints=location(rule('<date_expression id="d" operation="date_spec"><date_spec id="x" hours="1"/></date_expression>'))),
                    cib(constraints=location(rule('<date_expression id="d" operation="date_spec"><date_spec id="x" hours="2"/></date_expression>')))),
    "order of sets in a constraint": (sets("a", "b"), sets("b", "a")),
    "order in a set": (sets("ab"), sets("ba")),
    "attribute of a set": (sets("ab"), sets("ab", attributes=' sequential="false"')),
    "lifetime": (cib(constraints=location(f'<lifetime>{rule(expression("e", "1"))}</lifetime>')), cib(constraints=location())),
    "tag": (tagged("a"), tagged("b")),
    "fencing level": (level("target='n' index='1' devices='a,b'"), level("target='n' index='1' devices='b,a'")),
    "fencing target": (level("target='n' index='1' devices='a'"), level("target-pattern='n' index='1' devices='a'")),
    "acl": (role_acl("kind='read' xpath='/'"), role_acl("kind='write' xpath='/'")),
    "acl target": (cib(rest="<acls><acl_target id='u'><role id='r'/></acl_target></acls>"), cib(rest="<acls><acl_target id='u'/></acls>")),
    "alert's path": (alert(""), alert("", path="/b")),
    "recipient": (alert("<recipient id='x' value='1'/>"), alert("<recipient id='x' value='2'/>")),
    "select": (alert("<select><select_nodes/></select>"), alert("<select><select_fencing/></select>")),
    "bundle's image": (bundle(""), bundle("", image="j")),
    "port mapping": (bundle("<network><port-mapping id='p' port='1'/></network>"), bundle("<network><port-mapping id='p' port='2'/></network>")),
    "storage mapping": (bundle("<storage><storage-mapping id='p' source-dir='a' target-dir='b'/></storage>"), bundle("")),
    "node attribute": (cib(nodes=f"<node id='1' uname='n'>{params(('x', 'yes'))}</node>"),
                       cib(nodes=f"<node id='1' uname='n'>{params(('x', 'true'))}</node>")),
    "node's id": (cib(nodes="<node id='1' uname='n'/>"), cib(nodes="<node id='2' uname='n'/>")),
    "node's type": (cib(nodes="<node id='1' uname='n'/>"), cib(nodes="<node id='1' uname='n' type='remote'/>")),
    "resource default": (cib(rest=f"<rsc_defaults>{meta(('priority', '1'))}</rsc_defaults>"), cib(rest="<rsc_defaults/>")),
    "operation default": (cib(rest=f"<op_defaults>{meta(('timeout', '1'))}</op_defaults>"),
                          cib(rest=f"<op_defaults>{meta(('timeout', '1ms'))}</op_defaults>")),
    "unknown element": (cib(primitive("<odd x='1'/>")), cib(primitive("<odd x='2'/>"))),
    "unknown section": (cib(rest="<odd><x/></odd>"), cib()),
    "white space in a value": (cib(primitive(params(("x", "a&#10;b")))), cib(primitive(params(("x", "a b"))))),
}


class MeaningTests(unittest.TestCase):
    def test_same(self):
        for name, (left, right) in SAME.items():
            with self.subTest(name):
                self.assertEqual(differences(left, right), [])
                self.assertEqual(differences(right, left), [])

    def test_different(self):
        for name, (left, right) in DIFFERENT.items():
            with self.subTest(name):
                self.assertNotEqual(differences(left, right), [])
                self.assertNotEqual(differences(right, left), [])

    def test_every_configuration_is_itself(self):
        for left, right in list(SAME.values()) + list(DIFFERENT.values()):
            self.assertEqual(differences(left, left), [])
            self.assertEqual(differences(right, right), [])

    def test_readable(self):
        found = differences(*DIFFERENT["a parameter's value"])
        self.assertEqual(found, ["resources a / instance_attributes / values / x: '1' → '2'"])


if __name__ == "__main__":
    unittest.main()
