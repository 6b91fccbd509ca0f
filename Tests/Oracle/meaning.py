"""Whether two CIBs mean the same.

Written from the documented meaning alone ("Same meaning is no change"), sharing nothing with the program, so that
each can find the other wrong. A configuration becomes plain values of which nothing is left but meaning; two of them
are then compared, and each difference is a line that a person can read.

    meaning.py A.xml B.xml        exit 0: the same; 1: not, with the differences
"""

import re
import sys
from lxml import etree

SETS = ("instance_attributes", "meta_attributes", "utilization")
RESOURCES = ("primitive", "group", "clone", "master", "bundle")

# What Pacemaker itself parses, by name. Anything else reaches an agent or is unknown: byte for byte.
RESOURCE_META = dict.fromkeys(("failure-timeout", "remote-connect-timeout"), "duration") | dict.fromkeys(
    ("is-managed", "maintenance", "critical", "allow-migrate", "allow-unhealthy-nodes", "remote-allow-migrate",
     "globally-unique", "ordered", "interleave", "notify", "promotable"), "boolean") | dict.fromkeys(
    ("priority", "resource-stickiness", "migration-threshold"), "score") | {"target-role": "role"}
OPERATION_META = dict.fromkeys(("interval", "timeout", "start-delay"), "duration") | dict.fromkeys(
    ("enabled", "record-pending"), "boolean") | {"role": "role"}
ALERT_META = {"timeout": "duration", "enabled": "boolean"}
OPTIONS = dict.fromkeys(
    ("dc-deadtime", "cluster-recheck-interval", "election-timeout", "shutdown-escalation", "shutdown-lock-limit",
     "join-integration-timeout", "join-finalization-timeout", "transition-delay", "stonith-timeout",
     "stonith-watchdog-timeout", "cluster-delay", "priority-fencing-delay", "node-pending-timeout",
     "crmd-integration-timeout", "crmd-finalization-timeout", "crmd-transition-delay"), "duration") | dict.fromkeys(
    ("symmetric-cluster", "maintenance-mode", "start-failure-is-fatal", "enable-startup-probes", "shutdown-lock",
     "stonith-enabled", "concurrent-fencing", "startup-fencing", "stop-all-resources", "stop-orphan-resources",
     "stop-orphan-actions", "remove-after-stop", "enable-acl", "have-watchdog", "is-managed-default"),
    "boolean") | dict.fromkeys(
    ("node-health-base", "node-health-green", "node-health-yellow", "node-health-red",
     "default-resource-stickiness"), "score")
OPERATION = {"interval": "duration", "timeout": "duration", "start-delay": "duration", "enabled": "boolean",
             "record-pending": "boolean", "role": "role"}
CONSTRAINT = {"score": "score", "symmetrical": "boolean", "sequential": "boolean", "require-all": "boolean",
              "influence": "boolean", "role": "role", "rsc-role": "role", "with-rsc-role": "role",
              "first-action": None, "then-action": None}
CONTAINER = {"add-host": "boolean"}


class Unordered(tuple):
    """Values whose order is no meaning; how often each occurs is."""

    def __new__(cls, values):
        return super().__new__(cls, sorted(values, key=lambda value: repr(in_order(value))))


def in_order(value):
    """The value with the keys of its maps in order: the order in which attributes stand is no meaning."""
    if isinstance(value, dict):
        return [(key, in_order(value[key])) for key in sorted(value)]
    return [in_order(one) for one in value] if isinstance(value, (list, tuple)) else value


# --- single values ---

def duration(text):
    """Milliseconds, read as Pacemaker does: a unit is known by its beginning, and without one it is seconds."""
    match = re.fullmatch(r"\s*(\d+)\s*([a-zA-Z]*)\s*", text)
    if match:
        number, unit = int(match[1]), match[2].lower()
        if not unit:
            return number * 1000
        for prefix, milliseconds in (("ms", 1), ("us", 0.001), ("s", 1000), ("m", 60_000), ("h", 3_600_000)):
            if unit.startswith(prefix):
                return int(number * milliseconds)
        return text
    match = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    if match and any(match.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    return text


def boolean(text):
    word = text.lower()
    return True if word in ("true", "on", "yes", "y", "1") else False if word in ("false", "off", "no", "n", "0") else text


def score(text):
    if re.fullmatch(r"[+-]?infinity", text, re.IGNORECASE):
        return -1_000_000 if text.startswith("-") else 1_000_000
    if re.fullmatch(r"\s*[+-]?\d+\s*", text):
        return max(-1_000_000, min(1_000_000, int(text)))
    return text


def role(text):
    return {"Master": "Promoted", "Slave": "Unpromoted"}.get(text, text)


PARSERS = {"duration": duration, "boolean": boolean, "score": score, "role": role}


def parsed(name, text, known):
    parser = PARSERS.get(known.get(name))
    return parser(text) if parser and text is not None else text


def attributes(element, known=None, without=("id",)):
    return {name: parsed(name, text, known or {}) for name, text in element.attrib.items() if name not in without}


def children(element, *tags):
    """Its elements, comments and processing instructions left out."""
    return [] if element is None else [
        child for child in element if isinstance(child.tag, str) and (not tags or child.tag in tags)]


def plain(element):
    """What this comparison knows nothing special of: as it is, but for comments and layout."""
    value = {"element": element.tag} | attributes(element, without=())
    if element.text and element.text.strip():
        value["text"] = element.text.strip()
    if children(element):
        value["content"] = [plain(child) for child in children(element)]
    return value


class Configuration:
    """The meaning of one `<configuration>`."""

    def __init__(self, root):
        configuration = root if root.tag == "configuration" else root.find("configuration")
        if configuration is None:
            raise ValueError("no <configuration>")
        self.by_id = {}
        for element in configuration.iter("{*}*"):
            # These have the id of what they refer to.
            if element.tag in ("obj_ref", "resource_ref", "role", "role_ref"):
                continue
            self.by_id.setdefault(element.get("id"), element)
        self.meaning = self.everything(configuration)

    def everything(self, configuration):
        value = {}
        for section in children(configuration):
            reader = {
                "crm_config": self.options, "rsc_defaults": self.resource_defaults,
                "op_defaults": self.operation_defaults, "nodes": self.nodes, "resources": self.resources,
                "constraints": self.constraints, "tags": self.tags, "fencing-topology": self.levels,
                "acls": self.acls, "alerts": self.alerts,
            }.get(section.tag)
            found = reader(section) if reader else {"": plain(section)} if children(section) else {}
            value |= {f"{section.tag} {key}".strip(): item for key, item in found.items()}
        return value

    # --- references ---

    def resolved(self, element):
        """The element that an `id-ref` stands for."""
        seen = set()
        while (target := element.get("id-ref")) is not None:
            found = self.by_id.get(target)
            if found is None or target in seen:
                return None
            seen.add(target)
            element = found
        return element

    def reference(self, target):
        """An id, or, where the id itself is no meaning, what it is the id of."""
        element = self.by_id.get(target)
        if element is None:
            return target
        if element.getparent() is not None and element.getparent().tag == "constraints":
            return ("constraint", repr(sorted(self.constraint(element).items())))
        if element.tag in ("nvpair", "op", "operations", "cluster_property_set", *SETS):
            owner = element.getparent()
            while owner is not None and (
                    owner.get("id") is None or owner.tag in ("op", "operations", "cluster_property_set", *SETS)):
                owner = owner.getparent()
            what = element.get("name") or sum(1 for _ in element.itersiblings(element.tag, preceding=True))
            return (element.tag, "" if owner is None else owner.get("id"), what, duration(element.get("interval", "0")))
        return target

    # --- attribute sets and rules ---

    def nvset(self, element, known):
        element = self.resolved(element)
        if element is None:
            return {"dangling": True}
        pairs = {}
        for child in children(element, "nvpair", "attributes"):
            if child.tag == "attributes":  # the nesting of schema 1.0
                for nested in children(child, "nvpair"):
                    pairs.setdefault(nested.get("name"), parsed(nested.get("name"), nested.get("value"), known))
                continue
            target = self.resolved(child)
            name = child.get("name") or (target.get("name") if target is not None else None)
            # Of two of one name, the first is the one that Pacemaker takes.
            pairs.setdefault(name, "(dangling)" if target is None else parsed(name, target.get("value"), known))
        if not pairs:
            return None
        value = {"values": pairs}
        if element.get("score") is not None and score(element.get("score")) != 0:
            value["score"] = score(element.get("score"))
        rules = [self.rule(child) for child in children(element, "rule")]
        if rules:
            value["rules"] = Unordered(rules)
        rest = [plain(child) for child in children(element) if child.tag not in ("nvpair", "rule", "attributes")]
        if rest:
            value["rest"] = rest
        return value

    def nvsets(self, element, tag, known=None):
        """In their order, which is meaning; empty ones are none."""
        found = [self.nvset(child, known or {}) for child in children(element, tag)]
        return [one for one in found if one]

    def rule(self, element):
        element = self.resolved(element)
        if element is None:
            return {"dangling": True}
        if element.tag != "rule":
            return plain(element)
        value = {"boolean-op": "and"} | attributes(element, {"score": "score", "role": "role"})
        value["all of it"] = Unordered(
            self.rule(child) if child.tag == "rule" else self.expression(child) for child in children(element))
        return value

    def expression(self, element):
        known = {"interval": "duration"} if element.tag == "op_expression" else {}
        value = {"expression": element.tag} | attributes(element, known)
        for child in children(element):
            value[child.tag] = attributes(child)
        return value

    # --- sections ---

    def options(self, section):
        # This one Pacemaker reads before all others, wherever it stands. Where there is only one set, its id says nothing.
        first = [self.nvset(child, OPTIONS) for child in children(section, "cluster_property_set")
                 if child.get("id") == "cib-bootstrap-options"]
        others = [self.nvset(child, OPTIONS) for child in children(section, "cluster_property_set")
                  if child.get("id") != "cib-bootstrap-options" and not (child.get("id") or "").startswith("crmsync")]
        value = {}
        if sum(map(bool, first + others)) == 1:
            return {"": [one for one in first + others if one]}
        if any(first):
            value["cib-bootstrap-options"] = [one for one in first if one]
        if any(others):
            value["other sets"] = [one for one in others if one]
        return value

    def resource_defaults(self, section):
        found = self.nvsets(section, "meta_attributes", RESOURCE_META)
        return {"": found} if found else {}

    def operation_defaults(self, section):
        found = self.nvsets(section, "meta_attributes", OPERATION_META)
        return {"": found} if found else {}

    def nodes(self, section):
        return {node.get("uname"): attributes(node, {"score": "score"}, without=()) | self.extras(node)
                for node in children(section, "node")}

    def extras(self, element, meta=None):
        value = {}
        for tag in SETS:
            found = self.nvsets(element, tag, meta if tag == "meta_attributes" else None)
            if found:
                value[tag] = found
        return value

    def resources(self, section):
        value = {"order": [child.get("id") for child in children(section, *RESOURCES)]}
        for child in children(section):
            self.resource(child, value)
        return value if len(value) > 1 else {}

    def resource(self, element, into):
        tag = "clone" if element.tag == "master" else element.tag
        value = {"kind": tag} | attributes(element) | self.extras(element, RESOURCE_META)
        if tag == "clone":
            self.promotable(element, value)
        operations = [self.operation(op) for child in children(element, "operations") for op in self.operations(child)]
        if operations:
            # Of two of one name and interval Pacemaker takes one: there the order counts.
            alike = {}
            for operation in operations:
                alike.setdefault((operation.get("name"), operation["interval"]), []).append(operation)
            value["operations"] = Unordered(
                same[0] if len(same) == 1 else {"one of": same} for same in alike.values())
        members = children(element, *RESOURCES)
        if members:
            value["members"] = [member.get("id") for member in members]
            for member in members:
                self.resource(member, into)
        for child in children(element):
            if child.tag in ("docker", "podman", "rkt"):
                value["container"] = {"technology": child.tag} | attributes(child)
            elif child.tag in ("network", "storage"):
                inside = Unordered({"mapping": one.tag} | attributes(one) for one in children(child))
                value[child.tag] = attributes(child, CONTAINER) | ({"mappings": inside} if inside else {})
            elif child.tag not in SETS + RESOURCES + ("operations",):
                value.setdefault("rest", []).append(plain(child))
        into[element.get("id")] = value

    def promotable(self, element, value):
        """`master` and `promotable=true` are one thing, said in one place."""
        yes = element.tag == "master"
        for one in value.get("meta_attributes", []):
            pairs = one.get("values", {})
            if yes or (pairs.get("promotable") is True and "rules" not in one):
                yes = True
                pairs.pop("promotable", None)
        if "meta_attributes" in value:
            value["meta_attributes"] = [one for one in value["meta_attributes"] if one.get("values") != {}]
            if not value["meta_attributes"]:
                del value["meta_attributes"]
        if yes:
            value["promotable"] = True

    def operations(self, element):
        target = self.resolved(element)
        return [] if target is None else children(target, "op") + (
            children(element, "op") if target is not element else [])

    def operation(self, element):
        value = {"interval": 0} | attributes(element, OPERATION) | self.extras(element, OPERATION_META)
        rest = [plain(child) for child in children(element) if child.tag not in SETS]
        return value | ({"rest": rest} if rest else {})

    def constraints(self, section):
        found = Unordered(self.constraint(child) for child in children(section))
        return {"": found} if found else {}

    def constraint(self, element):
        value = {"constraint": element.tag} | attributes(element, CONSTRAINT)
        if element.tag == "rsc_order":
            given = value.pop("score", None)
            value.setdefault("kind", "Optional" if given == 0 else "Mandatory")
            value.setdefault("symmetrical", value["kind"] != "Serialize")
            value.setdefault("require-all", True)
            if element.get("first") is not None:
                value.setdefault("first-action", "start")
                value.setdefault("then-action", value["first-action"])
        sets = [self.resource_set(child) for child in children(element, "resource_set")]
        if sets:
            value["sets"] = sets
        rules = Unordered(self.rule(child) for child in children(element, "rule"))
        if rules:
            value["rules"] = rules
        for child in children(element, "lifetime"):
            value["lifetime"] = Unordered(self.rule(one) for one in children(child))
        rest = [plain(child) for child in children(element) if child.tag not in ("resource_set", "rule", "lifetime")]
        return value | ({"rest": rest} if rest else {})

    def resource_set(self, element):
        target = self.resolved(element)
        if target is None:
            return {"dangling": True}
        # Both are true unless said otherwise.
        said = {name: value for name, value in attributes(target, CONSTRAINT).items()
                if name not in ("sequential", "require-all") or value is not True}
        return said | {
            "members": [child.get("id") for child in children(target, "resource_ref")]}

    def tags(self, section):
        return {tag.get("id"): attributes(tag) | {
            "members": Unordered(self.reference(child.get("id")) for child in children(tag))}
            for tag in children(section)}

    def levels(self, section):
        found = Unordered(attributes(level) for level in children(section))
        return {"": found} if found else {}

    def acls(self, section):
        value = {}
        for child in children(section):
            inside = []
            for one in children(child):
                what = {"element": one.tag} | attributes(one, without=("id",) if one.tag == "acl_permission" else ())
                if "reference" in what:
                    what["reference"] = self.reference(what["reference"])
                inside.append(what)
            value[f"{child.tag} {child.get('id')}"] = attributes(child) | {"content": Unordered(inside)}
        return value

    def alerts(self, section):
        value = {}
        for alert in children(section):
            one = attributes(alert) | self.extras(alert, ALERT_META)
            one["recipients"] = Unordered(
                attributes(recipient) | self.extras(recipient, ALERT_META)
                for recipient in children(alert, "recipient"))
            for select in children(alert, "select"):
                one["select"] = {kind.tag: Unordered(attributes(child).get("name") for child in children(kind))
                                 for kind in children(select)}
            value[alert.get("id")] = one
        return value


# --- the comparison ---

def compare(left, right, path=""):
    """The differences of two values, a line each."""
    if isinstance(left, dict) and isinstance(right, dict):
        lines = []
        for key in list(left) + [key for key in right if key not in left]:
            where = f"{path} / {key}" if path else str(key)
            if key not in right:
                lines.append(f"{where}: {shown(left[key])} → nothing")
            elif key not in left:
                lines.append(f"{where}: nothing → {shown(right[key])}")
            else:
                lines += compare(left[key], right[key], where)
        return lines
    if isinstance(left, Unordered) and isinstance(right, Unordered):
        rest = list(right)
        gone = [one for one in left if one not in rest or rest.remove(one)]
        return [f"{path}: {shown(one)} → nothing" for one in gone] + [
            f"{path}: nothing → {shown(one)}" for one in rest]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [line for index, (a, b) in enumerate(zip(left, right))
                for line in compare(a, b, f"{path}[{index + 1}]" if len(left) > 1 else path)]
    # True is 1 to Python, but not to us.
    return [] if left == right and type(left) is type(right) else [f"{path}: {shown(left)} → {shown(right)}"]


def shown(value):
    return repr(value)


def parse(source):
    """A CIB from a path, bytes or text; entities are never resolved."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    if isinstance(source, str) and not source.lstrip().startswith("<"):
        return etree.parse(source, parser).getroot()
    return etree.fromstring(source.encode() if isinstance(source, str) else source, parser)


def differences(left, right):
    """What differs in meaning between two CIBs, given as paths, text or elements."""
    left, right = (one if isinstance(one, etree._Element) else parse(one) for one in (left, right))
    return compare(Configuration(left).meaning, Configuration(right).meaning)


def main(arguments):
    if len(arguments) != 2:
        sys.exit("usage: meaning.py A.xml B.xml")
    found = differences(*arguments)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
