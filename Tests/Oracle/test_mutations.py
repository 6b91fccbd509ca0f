"""The program's comparison and the independent one judge alike, of CIBs that differ in something made at random.

Every mutation is a document for the CIB it was made from: where the program sees nothing to do, the two mean the same, and
where it sees something, they do not; applied, it makes the CIB mean the document. CRMSYNC_MUTATIONS=N tries N of them,
CRMSYNC_SEED=N others.
"""

import copy
import os
import random
import tempfile
import unittest
from pathlib import Path

from lxml import etree

from meaning import differences
from support import FULL, corpus, crmsync, query, say, two_at_a_time

COUNT = int(os.environ.get("CRMSYNC_MUTATIONS", "4000" if FULL else "200"))
SEED = int(os.environ.get("CRMSYNC_SEED", "1"))
SCHEMAS = Path("/usr/share/pacemaker")
# `--prune-all --exact` keeps the nodes and what Pacemaker itself writes.
KEPT = ("dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog", "last-lrm-refresh")
# Several ways of saying one thing, and others beside them.
VALUES = (("10", "10s", "10000ms", "PT10S", "11s"), ("60", "1min", "60s", "PT1M", "1m", "61"), ("0", "0s", "0ms", "PT0S"),
          ("true", "yes", "on", "1", "TRUE", "Y", "y", "True"), ("false", "no", "off", "0", "N", "False"),
          ("INFINITY", "+INFINITY", "1000000", "+1000000", "2000000", "999999"), ("-INFINITY", "-1000000", "-2000000"),
          ("Started", "started"), ("Master", "Promoted"), ("Slave", "Unpromoted"), ("Mandatory", "Optional", "Serialize"),
          ("start", "stop", "promote", "demote"), ("", " ", "a b", "a  b"), ("5", "+5", "05", " 5"))
DEFAULTS = (("symmetrical", "true"), ("symmetrical", "false"), ("kind", "Mandatory"), ("first-action", "start"),
            ("then-action", "start"), ("boolean-op", "and"), ("score", "0"), ("sequential", "true"), ("require-all", "true"),
            ("interval", "0"), ("description", ""), ("influence", "true"), ("enabled", "true"))


def schema(name, known={}):
    if name not in known:
        path = SCHEMAS / f"{name}.rng"
        known[name] = etree.RelaxNG(file=str(path)) if path.exists() else None
    return known[name]


def parts(cib):
    """What may be changed: neither the nodes nor what stays whatever documents say."""
    return [element for section in cib.find("configuration") if section.tag != "nodes" for element in section.iter(etree.Element)
            if element is not section and element.get("name") not in KEPT]


def mutate(cib, chance):
    """Changes one thing; tells what."""
    element = chance.choice(parts(cib))
    kind = chance.choice(("value", "value", "value", "spelling", "spelling", "spelling", "default", "default", "attribute", "swap",
                          "swap", "double", "remove", "comment", "id", "section", "move"))
    names = [name for name in element.attrib if name not in ("id", "id-ref")]
    outer = element.getparent()
    if kind == "value" and names:
        name = chance.choice(names)
        element.set(name, chance.choice(chance.choice(VALUES)))
    elif kind == "spelling":
        said = [(one, name, ways) for one in parts(cib) for name, text in one.attrib.items() for ways in VALUES
                if text in ways and name != "id"]
        if said:
            one, name, ways = chance.choice(said)
            one.set(name, chance.choice(ways))
    elif kind == "default":
        name, text = chance.choice(DEFAULTS)
        if element.get(name) is None:
            element.set(name, text)
        else:
            del element.attrib[name]
    elif kind == "attribute" and names:
        del element.attrib[chance.choice(names)]
    elif kind == "swap" and len(outer) > 1:
        outer.insert(chance.randrange(len(outer)), element)
    elif kind == "double" and element.tag != "nvpair":
        # A second value of one name says nothing; the program writes it nevertheless, as the document has it.
        twin = copy.deepcopy(element)
        for one in twin.iter(etree.Element):
            if one.tag not in ("resource_ref", "obj_ref", "role") and one.get("id"):
                one.set("id", f"{one.get('id')}-twin")
        outer.insert(outer.index(element) + chance.randrange(2), twin)
    elif kind == "remove" and not any(one.get("name") in KEPT for one in element):
        outer.remove(element)
    elif kind == "comment":
        element.insert(0, etree.Comment(" c "))
    elif kind == "id" and element.tag in ("nvpair", "rule", "expression", "op", "instance_attributes", "meta_attributes"):
        if element.get("id"):
            element.set("id", f"{element.get('id')}-other")
    elif kind == "section":
        sections = cib.find("configuration")
        sections.insert(chance.randrange(len(sections)), sections[chance.randrange(len(sections))])
    elif kind == "move":
        others = [one for one in parts(cib) if one.tag == outer.tag and one is not outer and one not in element.iter()]
        if others:
            chance.choice(others).append(element)
    return kind


def has_ids_only(plan):
    """Whether a plan changes nothing but ids, which `--exact` brings too, and which mean nothing."""
    lines = [line for line in plan.split("\n\n")[0].splitlines() if line.strip()]
    return bool(lines) and all(line.startswith("~ update") or line.strip() == "ids: changed" for line in lines)


def judged(case):
    """What the two say: None where a mutation makes nothing that a cluster could have."""
    path, seed = case
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        cib = Path(folder) / "cib.xml"
        cib.write_bytes(path.read_bytes())
        # As cibadmin reads it: Pacemaker 2.1.5 does not give back every character as it was.
        before = query(cib)
    after = copy.deepcopy(before)
    if not parts(after):
        return None
    kinds = []
    for _ in range(chance.choice((1, 1, 2))):
        if not parts(after):
            return None
        kinds.append(mutate(after, chance))
    rules = schema(after.get("validate-with"))
    if rules is None or not rules.validate(after) or not rules.validate(before):
        return None
    with tempfile.TemporaryDirectory() as folder:
        cib, document = Path(folder) / "cib.xml", Path(folder) / "document.xml"
        cib.write_bytes(etree.tostring(before))
        document.write_bytes(etree.tostring(after))
        arguments = ("--cib-file", cib, "--prune-all", "--exact", "--force", document)
        plan = crmsync("plan", "--detailed-exitcode", *arguments)
        if plan.status not in (0, 2):
            return None
        found = differences(before, after)
        problem = f"{path.name}, seed {seed} ({', '.join(kinds)}): "
        if (plan.status == 0) == bool(found) and not has_ids_only(plan.out):
            return (f"{problem}the program sees {'no change' if plan.status == 0 else 'changes'}:\n"
                    f"{plan.out}\nthe other {found or 'none'}")
        if plan.status == 0:
            return ""
        applied = crmsync("apply", "--yes", "--allow-unfenced", *arguments)
        if applied.status:
            # 3: a refusal for safety.
            return None if applied.status == 3 else f"{problem}not applied\n{applied}"
        left = differences(query(cib), after)
        return f"{problem}the outcome is not the document: {left}\n{plan.out}" if left else ""


class MutationTests(unittest.TestCase):
    def test_both_comparisons_judge_alike(self):
        paths = corpus()
        chance = random.Random(SEED)
        cases = [(chance.choice(paths), chance.getrandbits(48)) for _ in range(COUNT)]
        answers = two_at_a_time(judged, cases)
        said = [answer for answer in answers if answer is not None]
        wrong = [answer for answer in said if answer]
        say(f"\n{COUNT} mutations, seed {SEED}: {len(said)} judged by both, {len(wrong)} differently")
        self.assertGreater(len(said), COUNT / 4)
        self.assertEqual(wrong, [], "\n\n".join(wrong[:20]))


if __name__ == "__main__":
    unittest.main()
