#!/usr/bin/python3
"""Do two CIBs' configurations mean the same?

    meaning.py A.xml B.xml      exit 0 if they do, else 1 and a line for each difference

Written from the contract and Pacemaker's schemas alone, so that it can catch the program's own comparison in an
error. Each configuration becomes a tree of maps, lists and texts in which only meaning is left; then the trees
are compared.
"""

import json
import re
import sys

from lxml import etree

# The set of the program's own notes.
RECORD = "crmsync-record"

# --- Values that Pacemaker parses ---

UNITS = {"us": 0.001, "usec": 0.001, "ms": 1, "msec": 1, "": 1000, "s": 1000, "sec": 1000,
         "m": 60000, "min": 60000, "h": 3600000, "hr": 3600000}
ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")


def duration(text):
    plain = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", text)
    if plain and plain[2].lower() in UNITS:
        return f"{int(int(plain[1]) * UNITS[plain[2].lower()])}ms"
    iso = ISO.match(text)
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(x or 0) for x in iso.groups())
        return f"{((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000}ms"
    return text


def boolean(text):
    if text.lower() in ("true", "on", "yes", "y", "1"):
        return "true"
    if text.lower() in ("false", "off", "no", "n", "0"):
        return "false"
    return text


def score(text):
    if text.upper() in ("INFINITY", "+INFINITY", "-INFINITY"):
        return "-INFINITY" if text.startswith("-") else "INFINITY"
    if re.fullmatch(r"[+-]?\d+", text):
        number = int(text)
        if number >= 1000000:
            return "INFINITY"
        if number <= -1000000:
            return "-INFINITY"
        return str(number)
    return text


def role(text):
    return {"Master": "Promoted", "Slave": "Unpromoted"}.get(text, text)


def _known(durations="", booleans="", scores="", roles=""):
    table = {}
    for names, parse in ((durations, duration), (booleans, boolean), (scores, score), (roles, role)):
        table.update((name, parse) for name in names.split())
    return table


META = _known(
    durations="failure-timeout remote-connect-timeout",
    booleans="is-managed maintenance allow-migrate remote-allow-migrate critical allow-unhealthy-nodes "
             "globally-unique ordered interleave notify promotable",
    scores="priority resource-stickiness migration-threshold",
    roles="target-role")
OPERATION_META = _known(durations="interval timeout start-delay", booleans="enabled record-pending", roles="role")
ALERT_META = _known(durations="timeout", booleans="enabled")
PROPERTIES = _known(
    durations="cluster-recheck-interval dc-deadtime election-timeout shutdown-escalation "
              "join-integration-timeout join-finalization-timeout transition-delay shutdown-lock-limit "
              "stonith-timeout stonith-watchdog-timeout priority-fencing-delay node-pending-timeout "
              "crmd-integration-timeout crmd-finalization-timeout crmd-transition-delay default-action-timeout",
    booleans="symmetric-cluster stonith-enabled startup-fencing concurrent-fencing stop-all-resources "
             "stop-orphan-resources stop-orphan-actions maintenance-mode enable-acl enable-startup-probes "
             "start-failure-is-fatal remove-after-stop shutdown-lock is-managed-default have-watchdog",
    scores="default-resource-stickiness node-health-base node-health-green node-health-yellow node-health-red")
NOTHING = {}

# Attributes of elements, wherever they stand.
ATTRIBUTES = _known(
    booleans="sequential require-all symmetrical add-host",
    scores="score",
    roles="role rsc-role with-rsc-role")
OPERATION_ATTRIBUTES = _known(
    durations="interval timeout start-delay", booleans="enabled record-pending", roles="role")


class Configuration:
    """One configuration, with its ids."""

    def __init__(self, element):
        self.element = element
        self.by_id = {}
        for child in element.iter(etree.Element):
            if child.get("id") and child.getparent().tag not in ("acl_target", "acl_group", "tag", "resource_set", "nodes"):
                self.by_id.setdefault(child.get("id"), child)

    # --- Generalities ---

    def children(self, element, *tags):
        # Comments and processing instructions have a function for a tag.
        return [c for c in element if isinstance(c.tag, str) and (not tags or c.tag in tags)]

    def section(self, tag):
        return [c for s in self.children(self.element, tag) for c in self.children(s)]

    def resolved(self, element):
        """What an id-ref stands for."""
        seen = set()
        while element.get("id-ref") is not None:
            reference = element.get("id-ref")
            target = self.by_id.get(reference)
            if target is None or target.tag != element.tag or reference in seen:
                return element
            seen.add(reference)
            element = target
        return element

    def attributes(self, element, known=ATTRIBUTES, without=("id",)):
        return {k: known.get(k, str)(v) for k, v in element.attrib.items() if k not in without}

    def plain(self, element, keep_id=False):
        """Anything that has no rule of its own; nothing of it but its id is without meaning."""
        result = {"element": element.tag, **self.attributes(element, NOTHING, () if keep_id else ("id",))}
        if self.children(element):
            result["content"] = [self.plain(c, True) for c in self.children(element)]
        if (element.text or "").strip():
            result["text"] = element.text
        return result

    def reference(self, identifier):
        """Something named by an id that may have no meaning itself, by what it is."""
        element = self.by_id.get(identifier)
        if element is None:
            return identifier
        if element.tag.startswith("rsc_"):
            return {"constraint": self.constraint(element)}
        if element.tag in ("nvpair", "op", "rule", "instance_attributes", "meta_attributes", "utilization"):
            owner = element.getparent()
            while owner.tag not in ("primitive", "group", "clone", "master", "bundle", "template", "node", "configuration"):
                owner = owner.getparent()
            return {"element": element.tag, "name": element.get("name"), "of": owner.get("id")}
        return identifier

    # --- Rules and attribute sets ---

    def rule(self, element):
        element = self.resolved(element)
        result = {"boolean-op": "and", **self.attributes(element)}
        result["expressions"] = [self.rule(c) if c.tag == "rule" else self.expression(c) for c in self.children(element)]
        return result

    def expression(self, element):
        result = {"element": element.tag, **self.attributes(element, NOTHING)}
        if self.children(element):
            result["content"] = [self.expression(c) for c in self.children(element)]
        return result

    def pair(self, element):
        target = self.resolved(element)
        return element.get("name", target.get("name")), target.get("value")

    def set(self, element, known):
        """An attribute set; None if it has nothing in it."""
        element = self.resolved(element)
        if element.get("id-ref") is not None:
            return {"dangling": element.get("id-ref")}
        values = {}
        for pair in self.children(element, "nvpair"):
            name, value = self.pair(pair)
            if value is not None:
                value = known.get(name, str)(value)
            values.setdefault(name or "", []).append(value)
        if not values:
            return None
        # The first of several wins; the rest is kept as well: a document must not lose it.
        result = {**self.attributes(element),
                  "values": {n: v[0] if len(v) == 1 else v for n, v in values.items()}}
        rules = [self.rule(r) for r in self.children(element, "rule")]
        if rules:
            result["rules"] = rules
        return result

    def sets(self, parent, tag, known):
        found = (self.set(c, known) for c in self.children(parent, tag))
        return [s for s in found if s is not None]

    # --- Resources ---

    def operation(self, element):
        element = self.resolved(element)
        result = {"interval": duration("0"), **self.attributes(element, OPERATION_ATTRIBUTES)}
        result["params"] = self.sets(element, "instance_attributes", NOTHING)
        result["meta"] = self.sets(element, "meta_attributes", OPERATION_META)
        return result

    def operations(self, parent):
        result = []
        for element in self.children(parent, "operations"):
            result += [self.operation(op) for op in self.children(self.resolved(element), "op")]
        return Bag(result)

    def resource(self, element):
        kind = "clone" if element.tag == "master" else element.tag
        result = {"kind": kind, "id": element.get("id"), **self.attributes(element, NOTHING)}
        result["params"] = self.sets(element, "instance_attributes", NOTHING)
        result["meta"] = self.sets(element, "meta_attributes", META)
        if kind in ("primitive", "template"):
            result["utilization"] = self.sets(element, "utilization", NOTHING)
            result["operations"] = self.operations(element)
        if kind == "clone":
            result["promotable"] = self.take_promotable(result)
            if element.tag == "master":
                result["promotable"] = "true"
        if kind == "bundle":
            result["container"] = [self.plain(c) for c in self.children(element, "docker", "podman", "rkt")]
            for tag in ("network", "storage"):
                for part in self.children(element, tag):
                    # An empty one says nothing.
                    if part.attrib or self.children(part):
                        result[tag] = self.attributes(part)
                        result[tag]["mappings"] = [self.plain(c, True) for c in self.children(part)]
        members = self.children(element, "primitive", "group", "clone", "master", "bundle")
        if members:
            result["members"] = [self.resource(c) for c in members]
        known = ("instance_attributes", "meta_attributes", "utilization", "operations", "docker", "podman", "rkt",
                 "network", "storage", "primitive", "group", "clone", "master", "bundle")
        rest = [self.plain(c) for c in self.children(element) if c.tag not in known]
        if rest:
            result["rest"] = rest
        return result

    @staticmethod
    def take_promotable(resource):
        """A master is a clone that is promotable whichever set would say so; so this is held apart from the sets."""
        value = None
        for values in [s for s in resource["meta"] if "values" in s and "rules" not in s]:
            if isinstance(values["values"].get("promotable"), str):
                value = values["values"].pop("promotable")
        resource["meta"] = [s for s in resource["meta"] if s.get("values", True)]
        return value

    # --- Constraints ---

    def constraint(self, element):
        result = {"element": element.tag, **self.attributes(element)}
        if element.tag == "rsc_order":
            if "score" not in result:
                result.setdefault("kind", "Mandatory")
            if result.get("first") is not None:
                result.setdefault("first-action", "start")
                result.setdefault("then-action", result["first-action"])
            result.setdefault("symmetrical", "false" if result.get("kind") == "Serialize" else "true")
        sets = [self.resource_set(c) for c in self.children(element, "resource_set")]
        rules = [self.rule(c) for c in self.children(element, "rule")]
        lifetime = [[self.rule(r) for r in self.children(c)] for c in self.children(element, "lifetime")]
        rest = [self.plain(c) for c in self.children(element) if c.tag not in ("resource_set", "rule", "lifetime")]
        for name, content in (("sets", sets), ("rules", rules), ("lifetime", lifetime), ("rest", rest)):
            if content:
                result[name] = content
        return result

    def resource_set(self, element):
        element = self.resolved(element)
        return {**self.attributes(element), "members": [c.get("id") for c in self.children(element)]}

    # --- The other sections ---

    def properties(self):
        found = []
        for element in self.section("crm_config"):
            if element.get("id") == RECORD:
                continue
            content = self.set(element, PROPERTIES)
            if content is not None:
                found.append((element.get("id"), content))
        # cib-bootstrap-options goes before all others, so with several sets it matters which one that is.
        if len(found) > 1:
            for identifier, content in found:
                content["first"] = identifier == "cib-bootstrap-options"
        return [content for _, content in found]

    def defaults(self, section, known):
        return [s for s in (self.set(c, known) for c in self.section(section)) if s is not None]

    def node(self, element):
        result = {"id": element.get("id"), **self.attributes(element, ATTRIBUTES, ("id", "uname"))}
        result["attributes"] = self.sets(element, "instance_attributes", NOTHING)
        result["utilization"] = self.sets(element, "utilization", NOTHING)
        return result

    def alert(self, element):
        result = {**self.attributes(element, NOTHING)}
        result["params"] = self.sets(element, "instance_attributes", NOTHING)
        result["meta"] = self.sets(element, "meta_attributes", ALERT_META)
        for select in self.children(element, "select"):
            result["select"] = {c.tag: sorted(a.get("name") for a in self.children(c)) for c in self.children(select)}
        recipients = [self.alert(c) for c in self.children(element, "recipient")]
        if recipients:
            result["recipients"] = recipients
        return result

    def acl(self, element):
        result = {**self.attributes(element, NOTHING)}
        entries = []
        for child in self.children(element):
            entry = {"element": child.tag, **self.attributes(child, NOTHING)}
            if child.tag in ("role", "role_ref"):
                entry["role"] = child.get("id")
            for name in ("reference", "ref"):
                if name in entry:
                    entry[name] = self.reference(entry[name])
            entries.append(entry)
        result["entries"] = entries
        return result

    def meaning(self):
        resources = [c for c in self.section("resources") if c.tag != "template"]
        result = {
            "properties": self.properties(),
            "resource-defaults": self.defaults("rsc_defaults", META),
            "operation-defaults": self.defaults("op_defaults", OPERATION_META),
            "nodes": {c.get("uname"): self.node(c) for c in self.section("nodes")},
            "templates": {c.get("id"): self.resource(c) for c in self.section("resources") if c.tag == "template"},
            "resources": {c.get("id"): self.resource(c) for c in resources},
            "order of resources": [c.get("id") for c in resources],
            "constraints": Bag(self.constraint(c) for c in self.section("constraints")),
            "fencing levels": Bag(self.attributes(c) for c in self.section("fencing-topology")),
            "tags": {c.get("id"): [self.reference(r.get("id")) for r in self.children(c)] for c in self.section("tags")},
            "acls": {f"{c.tag} {c.get('id')}": self.acl(c) for c in self.section("acls")},
            "alerts": {c.get("id"): self.alert(c) for c in self.section("alerts")},
        }
        known = ("crm_config", "rsc_defaults", "op_defaults", "nodes", "resources", "constraints",
                 "fencing-topology", "tags", "acls", "alerts")
        rest = [self.plain(c, True) for c in self.children(self.element) if c.tag not in known]
        if rest:
            result["rest"] = rest
        return result


class Bag:
    """Things whose order is no meaning, but whose number is."""

    def __init__(self, items):
        self.items = sorted(text(item) for item in items)


def text(value):
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=lambda bag: bag.items)


def compare(a, b, path=""):
    """The differences between two trees, a line each."""
    if isinstance(a, Bag) and isinstance(b, Bag):
        only_a, only_b = list(a.items), list(b.items)
        for item in a.items:
            if item in only_b:
                only_a.remove(item)
                only_b.remove(item)
        return [f"{path}: only first: {i}" for i in only_a] + [f"{path}: only second: {i}" for i in only_b]
    if isinstance(a, dict) and isinstance(b, dict):
        result = []
        for key in sorted({*a, *b}, key=str):
            here = f"{path}/{key}" if path else str(key)
            if key not in b:
                result.append(f"{here}: only first: {text(a[key])}")
            elif key not in a:
                result.append(f"{here}: only second: {text(b[key])}")
            else:
                result += compare(a[key], b[key], here)
        return result
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b)) for line in compare(x, y, f"{path}[{i}]")]
    if type(a) is not type(b) or a != b:
        return [f"{path}: {text(a)} | {text(b)}"]
    return []


def configuration(source):
    """The meaning of a CIB given as a path, as text or as an element."""
    if isinstance(source, (str, bytes)) and (source.lstrip()[:1] in ("<", b"<")):
        source = etree.fromstring(source.encode() if isinstance(source, str) else source)
    elif not isinstance(source, etree._Element):
        source = etree.parse(str(source)).getroot()
    if source.tag != "configuration":
        source = source.find("configuration")
        if source is None:
            raise ValueError("no <configuration>")
    return Configuration(source).meaning()


def differences(a, b):
    return compare(configuration(a), configuration(b))


def main(arguments):
    if len(arguments) != 2:
        print("usage: meaning.py A.xml B.xml", file=sys.stderr)
        return 2
    found = differences(*arguments)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
