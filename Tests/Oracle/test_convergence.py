"""Whatever a cluster is, apply makes it mean what the target means.

Every CIB of the corpus is made into the next one, in shuffled order: one shuffle, or three with CRMSYNC_FULL=1.
"""

import copy
import random
import re
import tempfile
import unittest
from pathlib import Path

from lxml import etree

from meaning import differences
from support import FIXTURES, FULL, accepted, corpus, crmsync, query, say, tool, two_at_a_time

# What --prune-all --exact keeps of the cluster's.
KEPT = ("dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog", "last-lrm-refresh")
MASTERS = {"Promoted": "Master", "Unpromoted": "Slave"}


def schema(cib):
    """(3, 7) for pacemaker-3.7."""
    found = re.fullmatch(r"pacemaker-(\d+)\.(\d+)", cib.get("validate-with", ""))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def kept_properties(configuration):
    return [pair for pair in configuration.findall("crm_config/cluster_property_set/nvpair") if pair.get("name") in KEPT]


def bootstrap_set(configuration):
    options = configuration.find("crm_config")
    for one in options.findall("cluster_property_set"):
        if one.get("id") == "cib-bootstrap-options":
            return one
    return etree.SubElement(options, "cluster_property_set", id="cib-bootstrap-options")


def replace_section(configuration, theirs, tag):
    mine = configuration.find(tag)
    if mine is not None:
        configuration.replace(mine, copy.deepcopy(theirs))
    else:
        configuration.append(copy.deepcopy(theirs))


def fresh_ids(root):
    """Gives new ids to what would have the id of a node attribute or property twice, now that these are the target's."""
    seen = set()
    for element in root.iter(etree.Element):
        identifier = element.get("id")
        if identifier is None or element.tag in ("node", "obj_ref", "resource_ref", "role", "acl_target"):
            continue
        if identifier in seen and element.tag in ("nvpair", "instance_attributes", "meta_attributes", "utilization"):
            element.set("id", f"{identifier}-again")
        seen.add(element.get("id"))


def as_the_schema_wants(cib):
    """Spells roles the way this schema can read."""
    if schema(cib) < (3, 7):
        for element in cib.iter(etree.Element):
            for name in ("role", "rsc-role", "with-rsc-role"):
                if element.get(name) in MASTERS:
                    element.set(name, MASTERS[element.get(name)])
    if schema(cib) >= (4, 0):
        for master in list(cib.iter("master")):
            master.tag = "clone"
            meta = etree.SubElement(master, "meta_attributes", id=f"{master.get('id')}-promotable-set")
            etree.SubElement(meta, "nvpair", id=f"{master.get('id')}-promotable", name="promotable", value="true")


def prepared(source, target):
    """The source with the target's nodes, schema and the properties that a cluster keeps."""
    result = copy.deepcopy(source)
    result.set("validate-with", target.get("validate-with"))
    mine, theirs = result.find("configuration"), target.find("configuration")
    replace_section(mine, theirs.find("nodes"), "nodes")
    for pair in kept_properties(mine):
        pair.getparent().remove(pair)
    pairs = kept_properties(theirs)
    if pairs:
        options = bootstrap_set(mine)
        for pair in reversed(pairs):
            first = copy.deepcopy(pair)
            first.set("id", f"kept-{pair.get('name')}")
            options.insert(0, first)
    as_the_schema_wants(result)
    fresh_ids(result)
    return result


def simulated(cib, target):
    """Scores and actions that this configuration gives in the target's place: with its status, its DC and its quorum."""
    whole = copy.deepcopy(target)
    whole.replace(whole.find("configuration"), copy.deepcopy(cib.find("configuration")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cib.xml"
        path.write_bytes(etree.tostring(whole))
        result = tool("crm_simulate", path, "-x", path, "-s", "-S", "-t", "2024-06-01 12:00:00Z", timeout=300)
    # Scores are printed in the order of hash tables, actions in that of the transition.
    lines = [line.rstrip() for line in result.out.splitlines() if str(path) not in line]
    return result.status, sorted(lines)


def convert(pair):
    """Problems of one step from source to target, or None if the source does not fit the target's schema."""
    source_path, target_path = pair
    name = f"{source_path.name} -> {target_path.name}"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        target_file = folder / "target.xml"
        target_file.write_bytes(target_path.read_bytes())
        source_file = folder / "source.xml"
        source_file.write_bytes(source_path.read_bytes())
        # As cibadmin reads them: Pacemaker 2.1.5 does not give back every character as it was.
        source, target = query(source_file), query(target_file)
        start = folder / "start.xml"
        start.write_bytes(etree.tostring(prepared(source, target)))
        if not accepted(start):
            return None
        document = folder / "document.xml"
        document.write_bytes(etree.tostring(target))
        exported = crmsync("export", "--cib-file", target_file, "--format", "yaml", "--show-secrets")
        if exported.status != 0:
            return [f"{name}: {exported}"]
        yaml = folder / "document.yaml"
        yaml.write_text(exported.out, encoding="utf-8")
        expected = None
        for given in (document, yaml):
            cib = folder / f"cib-of-{given.suffix[1:]}.xml"
            cib.write_bytes(start.read_bytes())
            arguments = ("apply", "--cib-file", cib, "--prune-all", "--exact", "--force", "--yes", given)
            label = f"{name} ({given.suffix[1:]})"
            first = crmsync(*arguments)
            if first.status != 0:
                found.append(f"{label}: {first}")
                continue
            after = cib.read_bytes()
            result = query(cib)
            lines = differences(result, target)
            found += [f"{label}: {line}" for line in lines]
            second = crmsync(*arguments)
            if second.status != 0:
                found.append(f"{label}, second apply: {second}")
            if cib.read_bytes() != after:
                found.append(f"{label}: a second apply writes\n{second}")
            if expected is None:
                expected = simulated(target, target)
            got = simulated(result, target)
            if got != expected:
                only = [f"  only now: {x}" for x in got[1] if x not in expected[1]]
                only += [f"  only in the target: {x}" for x in expected[1] if x not in got[1]]
                found.append(f"{label}: crm_simulate differs {expected[0]} {got[0]}\n" + "\n".join(only[:20]))
    return found


class ConvergenceTests(unittest.TestCase):
    def test_every_cib_becomes_the_next(self):
        paths = corpus()
        for seed in (1, 2, 3) if FULL else (1,):
            shuffled = list(paths)
            random.Random(seed).shuffle(shuffled)
            pairs = list(zip(shuffled, shuffled[1:] + shuffled[:1]))
            results = two_at_a_time(convert, pairs)
            skipped = sum(result is None for result in results)
            say(f"\nseed {seed}: {len(pairs)} pairs, {skipped} skipped: the source does not fit the target's schema")
            self.assertLess(skipped, len(pairs) / 2)
            for pair, result in zip(pairs, results):
                with self.subTest(f"seed {seed}: {pair[0].name} -> {pair[1].name}"):
                    self.assertEqual(result or [], [], "\n".join(result or []))

    def test_a_different_outcome_is_noticed(self):
        """The check itself: scores and actions of two configurations that differ are not the same."""
        first = etree.parse(str(FIXTURES / "utilization.xml")).getroot()
        second = copy.deepcopy(first)
        second.find(".//resources/primitive[2]/utilization/nvpair").set("value", "9")
        self.assertEqual(simulated(first, first), simulated(first, first))
        self.assertNotEqual(simulated(first, first), simulated(second, first))


if __name__ == "__main__":
    unittest.main()
