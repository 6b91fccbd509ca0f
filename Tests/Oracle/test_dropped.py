"""What pacemaker-4.0 (Pacemaker 3.0) has dropped, judged by the schemas that are installed here: what they refuse is told
with what there is instead, and what they spell otherwise is written so."""

import json
import unittest
from pathlib import Path

from lxml import etree

from support import Case, crmsync, query, run, say

SCHEMAS = Path("/usr/share/pacemaker")
DUMMY = {"agent": "ocf:pacemaker:Dummy"}
RULES = [{"score": number, "all": [{"attribute": "a", "defined": "true"}]} for number in (1, 2)]


def location(inside, **attributes):
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return [{"in": "constraints", "content": f'<rsc_location id="l" rsc="a"{given}>{inside}</rsc_location>'}]


def date_rule(spec):
    return (f'<rule id="r" score="1"><date_expression id="d" operation="date_spec"><date_spec id="s" {spec}/>'
            "</date_expression></rule>")


# Each beside what is to be there; with a word of what the user is told.
DROPPED = {
    "rkt": {"bundles": {"b": {"rkt": {"image": "i"}}}},
    "upstart": {"primitives": {"u": {"agent": "upstart:x"}}},
    "nagios": {"templates": {"t": {"agent": "nagios:check_x"}}},
    "several rules": {"primitives": {"a": DUMMY}, "locations": {"l": {"rsc": "a", "rules": RULES}}},
    "lifetime": {"primitives": {"a": DUMMY}, "xml": location("<lifetime>" + date_rule("hours='1'") + "</lifetime>",
                                                             node="n1", score="1")},
    "moon": {"primitives": {"a": DUMMY}, "xml": location(date_rule('moon="1"'))},
    "ping": {"nodes": {"p": {"id": "9", "type": "ping"}}},
    "levels above 9": {"stonith": {"st": {"agent": "fence_dummy"}}, "fencing-levels": [{"target": "n1", "level": "10", "devices": ["st"]}]},
    "without a value": {"primitives": {"v": {**DUMMY, "params": {"none": {"no-value": True}}}}},
    "join-finalization-timeout": {"properties": {"crmd-finalization-timeout": "5min"}},
    "join-integration-timeout": {"properties": {"crmd-integration-timeout": "5min"}},
    "transition-delay": {"properties": {"crmd-transition-delay": "5s"}},
    "remove-after-stop": {"properties": {"remove-after-stop": "true"}},
    "poweroff": {"properties": {"stonith-action": "poweroff"}},
    "can_fail": {"operation-defaults": {"can_fail": "true"}},
    "role_after_failure": {"primitives": {"o": {**DUMMY, "operations": [{"name": "monitor", "interval": "9s", "meta": {"role_after_failure": "Stopped"}}]}}},
    "restart-type": {"primitives": {"m": {**DUMMY, "meta": {"restart-type": "restart"}}}},
}
# What is there in other words; and what is not dropped, though it is like it.
TRANSLATED = """<configuration><resources>
  <master id="ms"><primitive id="s" class="ocf" provider="pacemaker" type="Stateful"><operations>
    <op id="o1" name="monitor" interval="10s" role="Master"/><op id="o2" name="monitor" interval="11s" role="Slave"/>
  </operations></primitive></master>
  <bundle id="b"><docker image="i" masters="1"/></bundle></resources><constraints>
  <rsc_colocation id="c" score="1" rsc="b" with-rsc="ms" with-rsc-role="Master"/>
  <rsc_location id="l" rsc="ms"><rule id="r" role="Master" score="1"><expression id="e" attribute="a" operation="defined"/></rule></rsc_location>
  <rsc_order id="o"><resource_set id="o-1" action="promote" role="Master"><resource_ref id="ms"/></resource_set>
    <resource_set id="o-2"><resource_ref id="b"/></resource_set></rsc_order></constraints></configuration>"""
KEPT = {"properties": {"stonith-action": "off", "can_fail": "x"}, "resource-defaults": {"can_fail": "x"},
        "operation-defaults": {"restart-type": "x", "timeout": {"value": "9s"}},
        "primitives": {"a": {**DUMMY, "params": {"remove-after-stop": "1", "moon": "1"}, "meta": {"crmd-transition-delay": "1"}}},
        "locations": {"l": {"rsc": "a", "rules": RULES[:1]}}}


class Dropped(Case):
    def cluster(self, schema):
        cib = etree.fromstring(run("cibadmin", "--empty").out.encode())
        cib.set("validate-with", schema)
        etree.SubElement(cib.find("configuration/nodes"), "node", id="1", uname="n1")
        return self.file("cib.xml", etree.tostring(cib).decode())

    def fits(self, schema, cib):
        cib.set("validate-with", schema)
        return etree.RelaxNG(etree.parse(str(SCHEMAS / f"{schema}.rng"))).validate(etree.fromstring(etree.tostring(cib)))

    def test_what_is_dropped_is_told(self):
        new = (SCHEMAS / "pacemaker-4.0.rng").exists()
        for word, document in DROPPED.items():
            with self.subTest(word):
                path = self.file("d.json", json.dumps(document))
                # As it would be with a schema that has it, and that schema's word for it.
                old = self.cluster("pacemaker-3.9")
                told = self.assertStatus(0, crmsync("plan", path, "--cib-file", old))
                self.assertNotIn("any more", told.err)
                self.assertStatus(0, crmsync("apply", path, "--yes", "--allow-unfenced", "--cib-file", old))
                cib = query(old)
                self.assertTrue(self.fits("pacemaker-3.9", cib))
                if new:
                    self.assertFalse(self.fits("pacemaker-4.0", cib), "it is not dropped")
                    told = crmsync("plan", path, "--cib-file", self.cluster("pacemaker-4.0"))
                    self.assertStatus(65, told)
                    self.assertRegex(told.err, r"d\.json:1:\d+: error: .* pacemaker-4\.0 has no .* any more")
                    self.assertIn(word, told.err)
        say(f"    {len(DROPPED)} things that pacemaker-4.0 has dropped" + ("" if new else "; its schema is not on this machine"))

    def test_what_is_written_follows_the_schema_of_the_cib(self):
        """Whatever version Pacemaker itself is of."""
        for schema in ("pacemaker-3.0", "pacemaker-3.6", "pacemaker-3.7", "pacemaker-3.9", "pacemaker-4.0"):
            if not (SCHEMAS / f"{schema}.rng").exists():
                continue
            for name, content in (("t.xml", TRANSLATED), ("k.json", json.dumps(KEPT))):
                with self.subTest(schema, name=name):
                    path, cib = self.file(name, content), self.cluster(schema)
                    self.assertStatus(0, crmsync("apply", path, "--yes", "--cib-file", cib))
                    written = query(cib)
                    self.assertEqual(schema, written.get("validate-with"))
                    self.assertTrue(self.fits(schema, written))
                    self.assertStatus(0, crmsync("plan", path, "--cib-file", cib, "--detailed-exitcode"))


if __name__ == "__main__":
    unittest.main()
