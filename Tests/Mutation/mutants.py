"""Breakings of the program that its tests have to notice, each with what it would do to an operator.

An entry is a text that occurs exactly once in a file, with the part that is replaced between « and » (without them, all
of it), and what stands there instead. `value` replaces an expression, `statement` one statement or several; nothing at all
stands for leaving them out. The tests are those that ought to notice, the cheapest first.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Mutant:
    def __init__(self, file, kind, old, new, effect, tests):
        self.file, self.kind, self.new, self.effect, self.tests = file, kind, new, effect, tests
        before, _, rest = old.rpartition("«") if "«" in old else ("", "", old + "»")
        self.replaced, _, after = rest.partition("»")
        self.text, self.offset = before + self.replaced + after, len(before)

    def span(self, source):
        """Where the part to be replaced is; None where the text does not occur exactly once."""
        if source.count(self.text) != 1:
            return None
        start = source.index(self.text) + self.offset
        return start, start + len(self.replaced)

    def __str__(self):
        return f"{self.file}: {' '.join(self.replaced.split())[:60]!r} -> {' '.join(self.new.split())[:40]!r}"


MUTANTS = []


class File:
    """Adds mutants of one file."""

    def __init__(self, name, *tests):
        self.name, self.tests = name, tests

    def _add(self, kind, old, new, effect, tests):
        MUTANTS.append(Mutant(self.name, kind, old, new, effect, tests or self.tests))

    def value(self, old, new, effect, *tests):
        self._add("value", old, new, effect, tests)

    def statement(self, old, new, effect, *tests):
        self._add("statement", old, new, effect, tests)


def swift(name):
    """The tests of the packages' test targets whose names have this in them."""
    return "swift", name


def oracle(name):
    return "Oracle", name


def fencing(name):
    return "Fencing", "test_agents." + name


def faults(title, column, *rows):
    """Calls of docs/fault-table.md."""
    return "faults", title, column, *rows


CASES = swift("CaseFolderTests")
VALUES = swift("ValuesTests")
PATCH = swift("PatchTests")
PARAMETERS = swift("MAASParametersTests")
SECRET_NAMES = swift("WritingTests.SecretTests")
SAME = oracle("test_behaviour.SameTests")
HIDDEN = oracle("test_faults.SecretTests")
MEANING = oracle("test_meaning")
LOSSLESS = oracle("test_lossless")

# MARK: comparison

m = File("Sources/Comparison/Alignment.swift", CASES, SAME)
m.value("attribute.value == Secret.keep && Secret.mayBeKept(attribute.name, of: element)", "false",
        "writes the words crmsync:keep-secret into the cluster, in place of an alert's path", CASES, HIDDEN)
m.value("return «saysNothing(formed) && !isEmptySet(element) ? nil : .element(formed)»", ".element(formed)",
        "a set of nothing but nulls makes an empty set in the cluster")
m.value("return «saysNothing(formed)» && !isEmptySet(element) ? nil : .element(formed)", "isEmptySet(formed)",
        "a new set without values is not made, though something refers to it: the schema refuses all of it")
m.statement("«missingSecrets.append(MissingSecret(element[\"name\"] ?? \"\"))\n        return nil»\n      default:", "return nil",
            "a secret to be kept that no cluster has is left out without a word")
m.statement("«missingSecrets.append(MissingSecret(attribute.name, isAttribute: true))\n      return true»", "return true",
            "a description to be kept that no cluster has is left out without a word")
m.value("!idIsMeaning(of: desired.name), «!referencedIDs.contains(attribute.value)»", "true",
        "an id that other objects refer to stays another one: the references lead nowhere")
m.value("currentCount == desiredCount", "currentCount >= desiredCount",
        "an attribute that left the documents stays in the cluster")
m.value("!desired.children[index...].contains { $0.element != nil }", "true",
        "what documents add behind the rest is never added: in sync, they say")
m.value("Values.boolean(value) == true", "Values.boolean(value) != nil",
        "a clone with promotable=false is taken for the cluster's <master>")
m.value("places.filter { !onlyUnsets(wanted[$0]) } + places.filter { onlyUnsets(wanted[$0]) }", "places",
        "a set that only takes values away is given the set of one that has some: never in sync")
m.value("let desired = «desired.asPromotableClone()»", "desired",
            "a <master> in a document takes the cluster's promotable clone apart")
m.statement("if current[\"value\"] == Secret.outsideOfCIB, desired[\"value\"] != nil { return true }", "",
            "a value that cibsecret keeps goes into the CIB, for everybody to read")
m.statement("if keepsReferencedIDs, keepsCurrentID, let id = desired.id, referencedIDs.contains(id) "
            "{ keptIDs[id] = current.id }", "", "references go on naming ids that the cluster does not have")
m.value("for name in «[\"then-action\", \"symmetrical\"]»", "[]",
        "an ordering that becomes Serialize, or starts after a promotion, means something else than the document")
m.statement("if differs, let mark = desired[ValueSource.secretMark] { result.append(Attribute(ValueSource.secretMark, mark)) }",
            "", "a new value that came from a file is shown in the plan", HIDDEN)
m.value("parts.count > 1 ? String(parts[parts.count - 2]) : \"\"", "\"\"",
        "the timeout among an operation's meta attributes is text: 1min and 60s differ for ever")
m.value("result += «sequence[next...].map { .element($0) }»", "[]", "a new parameter of a resource is never written")
m.value("wanted.filter { !saysNothing($0) }", "wanted", "an empty set in a document is a change at every apply")
m.statement("isTaken[match] = false\n        isTaken[last] = true\n        matchOfWanted[0] = last", "",
            "a value goes into a set that another one overrides: applied, and without effect")
m.statement("case .keep: «aligned[match] = present[match]»", "aligned[match] = element",
            "a secret that is to stay is gone from the cluster")
m.value("!unset.contains(element[\"name\"] ?? \"\"), «keepsMetaAttribute(element)»", "true",
        "a meta attribute that left the documents stays")
m.value("!unset.contains(element[\"name\"] ?? \"\")", "true", "null does not take a target-role away",
        CASES, oracle("test_behaviour.ObjectTests"))
m.value("family.name == \"nvpair\", path.hasSuffix(\"/meta_attributes\"), «!path.hasPrefix(\"op/\")»", "true",
        "a meta attribute of an operation, of the name of one set at run time, stays for ever")
m.statement("guard set.first(\"rule\") == nil else { return nil }", "",
            "a set with a rule that left the documents stays, where it stops a resource")
m.value("if «family.orderIsMeaning» {", "false", "the members of a group are never put into the order of the document")
m.value("$0 == Secret.keep || Secret.isURLWithUser($0) ? \"\" : nil", "nil",
        "an alert's recipient of a document that leaves its value to the cluster is none of the cluster's")
m.value("|| «set.id == AttributeSets.bootstrapID» || saysNothing(set)", "false",
        "the first property set is taken for another one, and crm and pcs write into the wrong one")
m.value("score.normalized) ?? \"0\"\n  return «\"\\(score) \\(set.first(\"rule\").map { canonicalText(of: $0) } ?? \"\")\"»",
        "score", "sets with different rules are taken for one another")
m.value("\"\\(operation[\"name\"] ?? \"\") \\(«ValueType.duration.normalized(interval)»)\"", "interval",
        "a monitor of 10s and one of 10000ms are two: it is deleted and made anew")
m.value("case \"port-mapping\": return [{ «$0[\"port\"] ?? $0[\"range\"]» }, { $0.id }]", "\"\"",
        "a port mapping of a bundle is taken for another one, which goes")

m = File("Sources/Comparison/Canonical.swift", CASES, MEANING)
m.value("if «ChildFamily(of: child.name).orderIsMeaning» {", "false",
        "resource sets in another order pass for the same constraint", CASES, oracle("test_convergence"))
m.statement("sorted.sort()", "", "a rule whose expressions stand in another order is a change for ever")
m.value("if «name == \"id\" && !idIsMeaning(of: element.name)» { continue }", "name == \"id\"",
        "a set of resources a and b passes for one of c and d")
m.value("case \"member\", \"resource_set\", \"resource_ref\", \"instance_attributes\", \"meta_attributes\", \"utilization\",\n"
        "      \"cluster_property_set\":\n      «true»", "false", "the order of a group means nothing")

m = File("Sources/CIB/Values.swift", VALUES, CASES)
m.value("case \"m\", \"min\": factor = «60_000»", "60", "one minute and 60 ms are the same: a timeout stays wrong")
m.value("case \"us\", \"usec\": return «number / 1000»", "number", "1000us passes for 1000ms")
m.value("min(max(number, -infinity), infinity)", "number", "2000000 and INFINITY differ at every apply")
m.value("number == nil && text.utf8.count > 2 ? seconds * 1000 : nil", "seconds * 1000", "PT1 passes for PT0S")
m.value("case \"false\", \"off\", \"no\", \"n\", \"0\": «false»", "nil", "is-managed=off and is-managed=false differ at every apply")
m.value("«self != .text» && normalized(left)", "false", "everything that is spelled otherwise is a change at every apply")
m.value("case \"Slave\": «\"Unpromoted\"»", "text", "target-role Slave and Unpromoted differ at every apply")

m = File("Sources/CIB/NVPairContext.swift", CASES, SAME)
m.value("case .instance: «[:]»", "Self.operationMetaTypes", "a parameter 10 stays where the agent is to get 10s")
m.statement("case (\"meta_attributes\", \"op\"), (\"meta_attributes\", \"op_defaults\"): «self = .operationMeta»",
            "self = .resourceMeta", "an operation's timeout among its meta attributes is text")
m.statement("case (\"meta_attributes\", \"alert\"), (\"meta_attributes\", \"recipient\"): «self = .alertMeta»",
            "self = .resourceMeta", "an alert's timeout is text: 15s and 15 differ at every apply")

m = File("Sources/CIB/SchemaAttributes.swift", CASES, MEANING)
m.value("element[\"kind\"] == \"Serialize\" ? \"false\" : \"true\"", "\"true\"",
        "a serializing order and one that says symmetrical=false differ at every apply")
m.value("element[\"score\"] == nil ? \"Mandatory\" : nil", "\"Mandatory\"",
        "an optional order of an old schema, score=0, passes for a mandatory one")
m.value("case (\"rsc_order\", \"then-action\"): «element[\"first-action\"] ?? \"start\"»", "\"start\"",
        "an order of promotions passes for one that starts what follows")

# MARK: patch

m = File("Sources/Patching/TreeDifference.swift", PATCH, CASES)
m.statement("inner.removeAll { moved.contains($0.child) }", "",
            "what moves and changes is changed and created again: Pacemaker refuses the patch, or has values twice")
m.value("if «current.attributes != target.attributes» {", "false", "a changed score is never sent")
m.value("      «before != after»\n      else { continue }", "false", "a changed resource is never sent")
m.value("guard «isReachable(key)» else { return nil }\n      if let changes", "true",
        "a change hits the first of two elements of one id, or none")
m.value("&& «(key.id != nil || !namesakes.contains(key.name))»", "true",
        "the deletion of a reference to a set takes another set, which has an id, along in its place")
m.value("[current, target].contains { keys in keys.count { $0.name == name } > «1» }", "2",
        "a reference to a set and one other set are taken for each other")
m.statement("replaced.insert(index)\n        «sources[index] = nil»", "",
            "what has to be replaced as a whole is deleted, and not made again")
m.statement("if replaced.contains(where: { targetKeys[$0] == key }) { continue }", "",
            "a deletion is sent twice; Pacemaker refuses what it cannot find")
m.value("guard «isReachable(key)» else { return nil }\n      deletions.append", "true",
        "a deletion hits the first of two elements of one id")
m.value("for index in arrangement.moved where «!isReachable(targetKeys[index])» { return nil }", "false",
        "a move hits the first of two elements of one id")
m.value("deletions += «arrangement.moved.map { .delete(path: path + \"/\" + targetKeys[$0].step) }»", "[]",
        "a resource that moves is there twice")
m.value("arrangement.cost > Self.costOfWhole(section)", "true", "one new resource sends the whole section")
m.value("arrangement.cost > 0, «arrangement.cost > Self.costOfWhole(section)»", "false",
        "600 new resources behind 600 take Pacemaker minutes")
m.value("arrangement.creations.count > «50»", "0", "a few new constraints send the whole section")
m.value("Self.costOfCreation + arrangement.cost > «kept»", "0",
        "51 new constraints send the whole section, however large it is")
m.value("case \"constraints\", \"tags\", \"acls\", \"alerts\", \"fencing-topology\", \"nodes\": «true»", "false",
        "new constraints go behind 20,000 others, which takes Pacemaker minutes")
m.value("\"nodes\": true\n    default: «false»", "true", "the order of resources and members is lost")
m.value("XMLWriter(omittingAttributesPrefixed: ValueSource.attributePrefix)", "XMLWriter()",
        "marks of crmsync's own go into the patch, and cibadmin refuses it", PATCH, HIDDEN)
m.statement("key.occurrence = seen[key, default: 0]", "", "two elements of one id are taken for one")
m.value("[0x2F, 0x27, 0x22, 0x5B, 0x5D].contains($0)", "false", "an id with a slash makes a path that leads elsewhere")
m.value("$0 <= 0x20", "false", "an id with a blank makes a path that Pacemaker cannot read")
m.value("id.map { \"\\(name)[@id='\\($0)']\" } ?? name", "name", "a change hits the first resource, whichever was meant")
m.value("run.reversed().map { Placing(index: $0, position: first) }", "run.map { Placing(index: $0, position: first) }",
        "new group members come in the wrong order, and start in it")
m.value("list == Array(sources.indices) ? moves : nil", "moves", "members that change places end in another order")
m.value("move.position > at ? move.position + 1 : move.position", "move.position",
        "members that change places are deleted and made anew, and so restarted")
m.statement("guard sources.allSatisfy({ $0 != nil }) else { return nil }", "",
            "a plan that moves one resource and makes another one crashes")

m = File("Sources/Patching/Patch.swift", PATCH)
m.value("let value = element[\"value\"], «value != Secret.outsideOfCIB»", "true",
        "a patch is not shown for a secret that is not in it", CASES, PATCH)
m.value("value != Secret.outsideOfCIB, «element.holdsSecret»", "false", "plan --format xml prints passwords", PATCH, HIDDEN)
m.value("element.attributes.contains { Secret.isURLWithUser($0.value) }", "false",
        "plan --format xml prints the passwords of URLs", PATCH, HIDDEN)
m.value("element.children.contains { $0.element.map(holdsSecret) ?? false }", "false",
        "plan --format xml prints the passwords of new resources", PATCH, HIDDEN)
m.value("«source.epoch + 1»", "source.epoch", "two different configurations have one version, and nodes keep the wrong one")
m.value("countsStatusUpdates ? \" num_updates=\\\"\\(source.numUpdates)\\\"\" : \"\"", "\"\"",
        "Pacemaker 3.0 refuses every patch")
m.value("isEmpty = «changes.isEmpty»", "false", "an apply that changes nothing raises the epoch at every run")

# MARK: fencing

m = File("Sources/Fencing/Fencer.swift", fencing("Requests"))
m.value("        if «state == wanted» {\n", "true", "a node counts as fenced while its machine runs: data is written twice",
        faults("situations", "off", "takes orders and does nothing"))
m.value("if «state == .off» { return }\n      guard !machine.isLocked", "true",
        "a stored power state of minutes ago counts as proof")
m.value("if «machine.isLocked» || machine.storedPowerState", "false",
        "a locked machine that is off cannot be fenced")
m.value("guard «!machine.isLocked» else", "true", "a locked machine is sent orders that MAAS refuses, without saying why",
        faults("situations", "off", "locked"))
m.statement("try confirm(.off, of: machine)", "", "MAAS's word is taken for the BMC's: a node counts as fenced while it runs")
m.statement("try confirm(.on, of: machine)", "", "a machine that stays off counts as switched on")
m.statement("log.notice(\"Powering off \\(name) once more\")\n      «try? client.powerOff(machine, comment: comment)»", "",
            "an order that got lost is never given again: fencing fails", fencing("Patience.test_an_order_that_did_not_arrive_is_sent_again"))
m.statement("guard (try? awaitState(.off, of: machine, seconds: seconds)) == true else { throw error }",
            "_ = try? awaitState(.off, of: machine, seconds: seconds)",
            "an order that MAAS refused counts as carried out", faults("off", "power_off", "403", "500-driver"))
m.value("// Done or not: only the BMC knows.\n      let seconds = «error.kind.leavesDoubt ? Fencer.lateEffect : 0»", "0",
        "fencing fails though the machine goes off a second later", fencing("Patience"))
m.value("    } catch {\n      let seconds = «error.kind.leavesDoubt ? Fencer.lateEffect : 0»", "0",
        "switching on fails though the machine comes on a second later", fencing("Patience"))
m.statement("guard (try? awaitState(.on, of: machine, seconds: seconds)) == true else { throw error }",
            "_ = try? awaitState(.on, of: machine, seconds: seconds)", "a machine that MAAS did not switch on counts as on",
            faults("on", "power_on", "403", "500-driver"))
m.value("min(Fencer.lostOrder, deadline.left / 3)", "Double.infinity", "an order that got lost is waited for to the end",
        fencing("Patience.test_an_order_that_did_not_arrive_is_sent_again"))
m.value("try «client.refreshed(machine)»", "machine",
        "a machine that was released while it was switched off is deployed anew, and its disks erased",
        faults("reset, reboot", "power_off", "it becomes Allocated"))
m.statement("if now.storedPowerState == PowerState.on.rawValue, try isOnAgain(machine) { return }", "",
            "a machine that somebody has just switched on is reset", fencing("Again.test_another_was_faster"))
m.value("now.reasonNotToPowerOn", "nil", "a machine that is not Deployed is deployed anew, and its disks erased",
        faults("situations", "reset, reboot", "Allocated", "deployed in memory"))
m.value("[.unavailable, .unreachable].contains(error.kind) && «attempt < 3»", "attempt < 1", "a reset leaves the node off where MAAS was busy once",
        faults("reset, reboot", "power_on", "503"))
m.value("deadline.pause(1)\n        if try «isOnAgain(machine)» { return }", "false",
        "power_on is sent again to a machine that runs, and resets it", fencing("BusyOrders"))
m.statement("throw MAASError(\n        .badAnswer, \"\\(machine.hostname) was off, and now MAAS says that its power state is \\(state.rawValue)\")",
            "return false", "power_on is sent to a machine of which nobody knows whether it runs", fencing("BusyOrders"))
m.statement("throw MAASError(\n        .badAnswer, \"MAAS says that the power state of \\(name) is \\(state.rawValue), so it is not powered on\",\n"
            "        hint: \"powering on a machine that runs would reset it\")", "break",
            "a machine whose state is unknown is powered on, which resets it if it runs",
            faults("situations", "on", "says unknown"))
m.statement("case .on: «return»\n    case .off: break", "break", "switching on a node that runs resets it")
m.statement("log.critical(\"\\(name) was switched off and STAYS OFF: \\(error); power it on by hand\")", "",
            "a node stays off after a reset, and nobody is told", faults("situations", "reset, reboot", "Allocated"))
m.statement("log.critical(\"\\(name) was switched off and MAY STAY OFF: \\(error), and power_on is not sent twice\")", "",
            "a node stays off after a reset, and nobody is told", faults("reset, reboot", "power_on", "closed"))
m.statement("let machine = try client.machine(named: name)\n    «try switchOff(machine)»", "",
            "a reset does not switch off: the node goes on running while its resources start elsewhere")
m.statement("        // These may pass.\n        case .badAnswer, .bmcTimedOut, .driverFailed, .conflict, .lostAnswer, .unavailable:\n"
            "          «last = error.message\n          pause = 1»", "throw error",
            "one answer of a BMC that is late makes fencing fail", faults("off", "query", "504"))
m.value("guard «pause < deadline.left» else", "true", "the agent does not end by its deadline: Pacemaker kills it, and nobody learns why",
        fencing("Patience.test_what_it_waited_for_is_told"))
m.value("result.append((name, «machine.flatMap { try? client.queryPowerState(of: $0) } ?? .unknown»))", ".unknown",
        "list-status knows of no machine whether it is on", fencing("FenceAgent"))
m.value("stride(from: 0, to: names.count, by: «20»)", "1000", "list-status of 300 nodes fails", fencing("FenceAgent"))

m = File("Sources/MAASClient/Machine.swift", PARAMETERS, faults("situations", "reset, reboot", "Allocated", "deployed in memory", "locked, off"))
m.value("case \"manual\": «\"its power type in MAAS is manual: MAAS cannot switch it\"»", "nil",
        "a machine that MAAS cannot switch takes until the deadline to say so", faults("situations", "off", "power type manual"))
m.value("if «isLocked» { return \"it is locked in MAAS\" }", "false", "a locked machine is sent orders that MAAS refuses")
m.value("status != Machine.deployed", "false", "a machine that is allocated is deployed anew, and its disks erased")
m.value("isEphemeral != false", "isEphemeral == true", "a machine of which MAAS does not say is deployed anew, and its disks erased",
        fencing("Deployment"))
m.value("json[\"node_type\"].map({ $0.integer == 0 }) ?? true", "true", "a rack controller of that name is switched off",
        fencing("Deployment"))
m.value("machine.hostname == short && «(!text.contains(\".\") || HostName(machine.fqdn) == self)»", "true",
        "the machine of that name in another domain is switched off", fencing("Names"))
m.value("json[\"hostname\"]?.text.flatMap({ HostName($0) })?.text", "json[\"hostname\"]?.text", "a machine whose name only looks like the host's is switched off")
m.value("!text.contains(\"..\")", "true", "a host name reaches into other paths of MAAS's API", PARAMETERS)
m.value("guard let machine = Machine(element), «shorts.contains(machine.hostname)»", "true",
        "another machine than was asked for is switched off", faults("off", "look-up", "other-hostname"))
m.value("!machines.contains(where: { $0.hostname == machine.hostname })", "true",
        "of two machines of one name, the first is switched off", faults("off", "look-up", "same-machine-twice"))
m.value("body.ranges(of: Array(\"\\\"state\\\"\".utf8)).count == 1", "true", "an answer that says on and off counts as off",
        faults("off", "query", "duplicate-off-last"))
m.value("!body.contains(UInt8(ascii: \"\\\\\"))", "true", "an answer that says on and off counts as off",
        faults("off", "query", "off-escaped-key", "off-escaped-key-last"))

m = File("Sources/MAASClient/MAASClient.swift", fencing("Requests"))
m.value("guard «name.names(machine)» else", "true", "the machine of that name in another domain is switched off", fencing("Names"))
m.value("«result.systemID == machine.systemID»,", "true", "another machine's status decides whether this one is powered on",
        faults("reset, reboot", "machine", "other-system-id"))
m.value("result.systemID == machine.systemID,\n      «result.hostname == machine.hostname»", "true", "a machine that has got another name is powered on",
        faults("reset, reboot", "power_off", "it gets another name"))
m.value("try order(\"power_on\", machine, [(\"comment\", comment)], isTimeless: «false»)", "true",
        "power_on is sent again without asking whether the machine runs, and resets it", fencing("BusyOrders"))
m.value("(\"stop_mode\", «\"hard\"»)", "\"soft\"", "a node that hangs is asked to shut down, and never does")
m.value("json[\"system_id\"]?.text == machine.systemID", "true", "an order that another machine got counts as this one's",
        faults("reset, reboot", "power_on", "other-system-id"))
m.value("case .answer(let answer) = result, «answer.status == 502»", "false",
        "a region that goes down during an upgrade makes fencing fail", fencing("Parameters.test_an_endpoint_whose_maas_does_not_run"))
m.value("guard «error.kind == .unavailable», request.isTimeless", "false", "MAAS is busy once, and fencing fails",
        faults("off", "look-up", "503"))
m.value("guard error.kind == .unavailable, «request.isTimeless»", "true",
        "power_on is sent again without asking whether the machine runs, and resets it", fencing("BusyOrders"))
m.value("guard «request.isTimeless» else {\n            nextRegion()", "true",
        "power_on goes out minutes after the machine was looked at, and deploys it anew", fencing("BusyOrders"))
m.value("guard «request.isRepeatable», error.kind == .lostAnswer", "true",
        "power_on whose answer was lost is sent twice, and resets the machine", faults("reset, reboot", "power_on", "lost"))
m.statement("current = (current + 1) % regions.count", "", "fencing fails where the first of several regions is down",
            fencing("Parameters.test_several_endpoints"))
m.statement("wait = max(wait, answer.retryAfter ?? 1)", "", "MAAS says wait, and is asked five times a second",
            faults("off", "look-up", "503-retry"))
m.value("? (regions.count > 1 ? 0.4 : 0.6) : «0.7»", "1.0", "after an order that hangs there is no time to ask whether it was carried out",
        faults("off", "power_off", "hang-acted"))
m.value("(«regions.count > 1 ? 0.4 : 0.6») : 0.7", "1.0", "a region that hangs takes all the time, and the next is never asked",
        faults("situations", "off", "the first of two hangs"))
m.value("case 409 where «answer.retryAfter != nil»", "false", "MAAS is busy with the machine once, and fencing fails",
        faults("off", "power_off", "409-retry"))
m.value("key.masking(text)", "text", "the API key is in the log of every node", faults("off", "power_off", "500-echo"))
m.value("guard «failure.kind != .untrusted && failure.kind != .libraries» else", "true",
        "a certificate that is not trusted takes until the deadline to say so", fencing("TLS"))

m = File("Sources/MAASClient/APIKey.swift", PARAMETERS)
m.value("public var description: String { «\"(secret)\"» }", "tokenSecret", "the API key is in the log of every node")
m.value("Mirror(self, children: [])", "Mirror(self, children: [\"key\": tokenSecret])", "the API key is in a crash's dump")
m.value("(parts + parts.map(percentEncoded)).sorted { $0.utf8.count > $1.utf8.count }", "[consumerKey, tokenKey, tokenSecret]",
        "a part of the API key that contains another is in the log")

m = File("Sources/MAASClient/JSON.swift", faults("off", "query", "off-after-nul"))
m.value("!bytes.contains(0)", "true", "what follows a NUL is not read: an answer cut off counts as off")

m = File("Sources/MAASClient/Transfer.swift", fencing("Parameters"))
m.value("crmsync_curl_set(curl, CURLOPT_FOLLOWLOCATION, «0»)", "1", "the API key goes wherever a redirect leads",
        fencing("Parameters.test_redirects_are_not_followed"))
m.statement("crmsync_curl_set_text(curl, CURLOPT_PROXY, \"\")", "", "the API key goes through a proxy, which fencing then depends on",
            fencing("Parameters.test_proxies_are_not_used"))
m.value("crmsync_curl_set(curl, CURLOPT_SSL_VERIFYPEER, «1»)", "0", "anybody on the network can be MAAS, and gets the key", fencing("TLS"))
m.value("crmsync_curl_set(curl, CURLOPT_SSL_VERIFYHOST, «2»)", "0", "any host with a certificate can be MAAS, and gets the key", fencing("TLS"))
m.value("crmsync_curl_get(curl, CURLINFO_REQUEST_SIZE) == 0", "true",
        "an order that was sent counts as not sent: power_on is sent twice, and resets the machine",
        faults("reset, reboot", "power_on", "lost"))
m.value("body.count + bytes.count <= limit", "true", "an answer without end takes all memory", faults("off", "look-up", "endless"))

m = File("Sources/Fencing/FencingDevice.swift", PARAMETERS)
m.value("guard «candidates.count == 1» else", "true", "of two nodes whose names differ in case, the wrong one is switched off", fencing("Names"))
m.value("«seconds >= 1», seconds <= 86400", "true", "a deadline of 0 makes every fencing fail")

m = File("Sources/FencingCheck/FencingSetup.swift", ("Fencing", "test_check"))
m.value("agent == \"fence_maas\" && «parameters[name] != nil»", "false",
        "a device that switches off one machine for every node would work")
m.value("![\"off\", \"reboot\", \"reset\"].contains(other)", "false", "a device that only asks for the state would work")

m = File("Sources/FencingCheck/HostCheck.swift", swift("FencingSetupTests"))
m.value("plugs.contains(plug.lowercased()) && «HostName(plug) != nil»", "true",
        "a node whose name the agent refuses passes for one that would be fenced")
m.value("«aliases[node] == nil»", "true", "of two aliases of a node the check takes the one that Pacemaker does not")
m.value("nodes.contains(«node.lowercased()»)", "node", "a node in capitals passes for one that nothing fences")

m = File("stonith-plugins/fence_maas/Main.swift", fencing("FenceAgent"))
m.value("where the action is status.\n      exit(«1»)", "2", "an unreachable MAAS reads as: the node is off",
        faults("status of fence_maas", "query", "504"))
m.value("if «isOnCommandLine» {", "true", "version=1 among a device's parameters, and every node counts as fenced")
m.value("case .off: return «2»", "0", "a node that is off reads as on", fencing("Requests.test_status_of_a_machine"))

# MARK: secrets

m = File("Sources/CIB/Secret.swift", SECRET_NAMES)
m.value("[\"passwd\", \"apikey\", \"api_key\", \"community\"]", "[\"passwd\", \"apikey\", \"api_key\"]",
        "the SNMP community of a fencing device is in every plan")
m.value("[\"passw\", \"secret\", \"token\", \"credential\"]", "[\"passw\", \"secret\", \"token\"]", "credentials are in every plan")
m.value("0x41...0x5A ~= $0 ? $0 | 0x20 : $0", "$0", "the value of PASSWD is in every plan")
m.value("maskingUserInfo(in: value) != value", "false", "the password in a URL is in every export", VALUES, HIDDEN)
m.value("authority.lastIndex(of: UInt8(ascii: \"@\"))", "authority.firstIndex(of: UInt8(ascii: \"@\"))", "of a password with an @ in it the rest is shown", VALUES)
m.value("while let scheme = «rest.firstRange(of: Array(\"://\".utf8))»",
        "(result.isEmpty ? rest.firstRange(of: Array(\"://\".utf8)) : nil)", "the password of a second URL is shown", VALUES)
m.value("case (_, \"description\"), (\"alert\", \"path\"), (\"recipient\", \"value\"): «true»", "false",
        "an alert's webhook with its password is in every export", HIDDEN)
m.value("case (\"docker\", \"options\"), (\"podman\", \"options\"), (\"rkt\", \"options\"): «true»", "false",
        "the options of a bundle with their password are in every export", HIDDEN)

m = File("Sources/CIB/ValueSource.swift", SECRET_NAMES, HIDDEN)
m.statement("if attribute != ValueSource.unset.attribute { return true }", "", "what came from a file is in every plan")
m.value("Secret.isSecret(parameter: self[\"name\"] ?? \"\")", "false", "passwords are in every plan")

m = File("Sources/CIB/Record.swift", SECRET_NAMES, HIDDEN)
m.statement("result[ValueSource.secretMark] = \"yes\"", "", "what an earlier apply read from a file is in every export")
m.statement("owner = self[\"uname\"] ?? id ?? \"\"", "owner = id ?? \"\"", "a node attribute that came from a file is in every export")
m.value("for digit in digits[start..<start + Self.width] {\n        let number = «Self.values[Int(digit)]»", "Self.values[Int(digit)] & 31",
        "what crmsync brought in is not known any more: nothing is pruned, and secrets are shown", VALUES)

m = File("Sources/Planning/Change.swift", CASES, HIDDEN)
m.value("let before = «before?.markingSecrets(record, owner: owner)»", "before", "what an earlier apply read from a file is shown when it goes")
m.value("before?.holdsSecret == true || after?.holdsSecret == true", "after?.holdsSecret == true", "a secret is shown when it goes")
m.value("isSecret ? Secret.mask : «Secret.maskingUserInfo(in: $0.shownValue)»", "$0.shownValue",
        "plan --format json shows the password of a URL among properties")
m.value("fact.isSecret || previous?.isSecret == true", "fact.isSecret", "a secret is shown where a value of no secret takes its place")
m.value("before: fact.shown(«fact.isSecret»), after: nil", "false", "a secret is shown when it goes")

m = File("Sources/Planning/Facts.swift", CASES, HIDDEN)
m.value("masked ? Secret.mask : «Secret.maskingUserInfo(in: value)»", "value", "plan --format json shows the password of a URL")
m.value("child.holdsSecret && child[\"value\"] != Secret.outsideOfCIB", "false", "passwords are in every plan")
m.value("identity.map { \"\\(name) \\(«Secret.maskingUserInfo(in: $0)»)\" }", "$0",
        "plan --format json shows the password of an alert's recipient")

m = File("Sources/Planning/AppliedChanges.swift", oracle("test_history.SecretTests"))
m.value("change.before?.markingSecrets(known, owner: change.owner)", "change.before", "history shows what came from a file")
m.value("before.map { $0.markingSecrets(known, owner: ownerName) }", "before", "a rollback shows what came from a file")

m = File("Sources/Planning/Planner+Target.swift", HIDDEN)
m.value("for change in changes where «!change.isOfSet» {", "true", "a set's id is recorded as if it were a value's name",
        CASES)
m.statement("record.insert(.secret(owner: owner, name: element[\"name\"] ?? \"\"))", "", "what came from a file is in every export afterwards")
m.statement("for case .element(let child) in element.children { recordSecrets(in: child, owner: owner, &record) }", "",
            "what came from a file is in every export afterwards")

m = File("Sources/Planning/Planner+Checks.swift", HIDDEN)
m.value("let isHidden = «[owner, object.id].contains { isSecret(nvpair[\"name\"] ?? \"\", of: $0, target) }»", "false",
        "a warning shows what came from a file")

m = File("Sources/Planning/Planner+References.swift", swift("WayBackTests"))
m.value("for element in «options.restoration?.elements ?? []»", "[Element]()",
        "a rollback leaves defaults that refer to a set which it does not bring back")

m = File("Sources/Planning/SettingsMerge.swift", CASES, HIDDEN)
m.value("if «given[Place(set: Self.setKey(sets[index]), name: name)] == nil»", "true",
        "a value that one set is to be without is taken from the set that gives it")
m.statement("«if isOverruled(name, value.wanted) { continue }»", "",
        "of two values of one name the first counts in one form and the last in the other: never in sync")
m.value("&& «!unset.contains(place)»", "true",
        "a value goes into the set that a document wants without it: never in sync")
m.statement("guard present[\"id-ref\"] == nvpair[\"id-ref\"] else {\n      sets[index].children[child] = .element(nvpair)\n"
            "      return\n    }", "", "a value in place of a reference stays the reference")
m.statement("case (Secret.outsideOfCIB?, _?): «return»", "break", "a property that cibsecret keeps goes into the CIB")
m.statement("changed[ValueSource.secretMark] = nvpair[ValueSource.secretMark]", "",
            "a changed property that came from a file is shown in the plan", HIDDEN, oracle("test_history.SecretTests"))
m.value("if «!Self.gives(sets[index])», idle[index] == nil", "false",
        "the set that is there for crmsync's record alone makes a document out of sync", CASES)
m.value("for (index, set) in idle where «!Self.gives(sets[index])»", "true",
        "the score of a set that gets its values from another set of the document is written by the second apply only", CASES)

m = File("Sources/Planning/SettingsChanges.swift", CASES)
m.value("if «previousHeader != header» {", "false", "another rule of a node's set is never written")
m.value("if «moved.contains(id)» {", "false", "of two sets of a node the other is to count, and nothing is done")
m.value("if «set.hasHeader || !set.hasValues» {", "false", "a plan does not tell that new values count at night only")
m.value("«!new.contains(Self.name(of: set)) && !set.hasValues»", "false", "an empty set that goes is not in the plan")

m = File("Sources/Planning/Planner+Sections.swift", CASES)
m.value("sets.insert(set, at: «sets.firstIndex { later.contains(SettingsChanges.name(of: $0)) } ?? sets.count»)", "sets.count",
        "a record that some tool has put first is moved by every apply")
m.value("Set(sets.compactMap(\\.id)).union(«wanted.compactMap(\\.element.id)»)", "[]",
        "a set gets the id that a document has for another, which the next apply takes for that one")

m = File("Sources/Planning/Planner+IDs.swift", CASES)
m.value("let staying = «before.intersection(after)»", "before", "an object cannot have the id of a set that goes")
m.statement("changedSections.flatMap { settings[$0] ?? [] }.forEach(note)", "",
            "a set called as a value of its section is made anew by every apply")
m.statement("changedNodes.flatMap { nodes[$0].elements }.forEach(note)", "",
            "a node's set called as a value of it is made anew by every apply")

m = File("Sources/Planning/Planner.swift", CASES)
m.statement("take { element in level(element).map { \"\\($0) \\(element.id ?? \"\")\" } }", "",
            "of two fencing levels of one target and number each becomes the other, and the next apply turns them back")
m.value("guard isLoose(object.kind), «!removed.contains(object.id)»", "true",
        "a constraint that gets another id is deleted, and comes back with the next apply")
m.value("case .fencingLevel where «options.restoration == nil»", "true", "a rollback cannot take away a fencing level",
        swift("WayBackTests"))

m = File("Sources/CIB/ValueSource.swift", CASES)
m.value("return «[nil, id].contains(set.id)»", "set.id == nil",
        "defaults with the usual set's id and without one become two sets, of which another value is in force")
m.value("return «giver != index»", "false",
        "of two values for the usual set --prune-all --exact takes the first, and an apply without the last")

m = File("Sources/Planning/Planner+Checks.swift", CASES)
m.value("«ids[reference] != element.name»", "ids[reference] == nil",
        "a reference to an element of another kind, which Pacemaker does not find, goes into the cluster")

m = File("Sources/Commands/Rendering/Printable.swift", swift("PrintableTests"))
m.value("for scalar in «Secret.maskingUserInfo(in: self)».unicodeScalars", "self", "the URL in an error message shows its password")
m.value("&& «$0 != UInt8(ascii: \"@\")»", "true", "the URL in a plan shows its password")

m = File("Sources/Commands/Rendering/StatusReport.swift", swift("StatusReportTests"))
m.value("failure.reason.map { \": \\(«Secret.maskingUserInfo(in: $0)»)\" }", "$0",
        "status --format json shows the password of a URL that an agent quotes")
m.value("text += \": \\(«Secret.maskingUserInfo(in: reason)»)\"", "reason",
        "status --format json shows the password of a URL that a fencing agent quotes")

m = File("Sources/Commands/PlanCommand.swift", HIDDEN)
m.value("!patch.holdsSecret || showSecrets", "true", "plan --format xml prints passwords unasked")
m.value("!writer.holdsSecret || showSecrets", "true", "plan --format crmsh prints passwords unasked",
        oracle("test_crmsh_writer.CrmshWriter.test_secrets_stay_where_they_are"))

m = File("Sources/Commands/Workflow.swift", HIDDEN)
m.value("return (plan.current.markingSecrets(record), «plan.target.markingSecrets(record)»)", "plan.target",
        "plan --format xml prints what an earlier apply read from a file")

m = File("Sources/Documents/Writing/NVPair+Hiding.swift", SECRET_NAMES, HIDDEN)
m.value("!showSecrets && mustNotShow(self[\"value\"] ?? Secret.outsideOfCIB)", "false", "export --format xml prints passwords")
m.value("if «!showSecrets» {\n      for index", "false", "export --format xml prints the password of an alert's webhook")
m.value("if «source != nil || isHidden» { self[\"value\"] = Secret.keep }", "isHidden",
        "a document rendered as XML loses what is to be kept: the parameter has no value")

m = File("Sources/Documents/Writing/NativeWriting+Sets.swift", swift("NativeDocumentWriterTests"), HIDDEN)
m.value("!showSecrets && nvpair.mustNotShow(value)", "false", "export prints passwords")
m.value("«value == Secret.outsideOfCIB» { return false }", "false", "export hides where cibsecret keeps a value")
m.value("holdsSecret || «Secret.isURLWithUser(value)»", "false", "export prints the password of a URL")

m = File("Sources/Documents/Writing/NativeWriting.swift", HIDDEN)
m.value("!showSecrets && Secret.isURLWithUser(value)", "false", "export prints the password of an alert's webhook")

m = File("Sources/Documents/Writing/NativeDocumentWriter.swift", SECRET_NAMES)
m.value("element.forXML(showSecrets: «writing.showSecrets»)", "true", "export prints the passwords of what it keeps as XML")

m = File("Sources/Documents/Writing/ConfigurationXML.swift", HIDDEN)
m.value("element.forXML(showSecrets: «showSecrets»)", "true", "export --format xml prints passwords")
m.value("whole.markingSecrets(Record(crmConfig: whole.first(Section.properties.rawValue)))", "whole",
        "export --format xml prints what an apply read from a file")

m = File("Sources/Documents/Writing/DesiredConfiguration+Export.swift", SECRET_NAMES, HIDDEN)
m.value("whole.markingSecrets(Record(crmConfig: whole.first(Section.properties.rawValue)))", "whole",
        "export prints what an apply read from a file")

m = File("Sources/Documents/Writing/CrmshPlanWriter.swift",
         oracle("test_crmsh_writer.CrmshWriter.test_secrets_stay_where_they_are"))
m.statement("if shown != object.whole.forXML(showSecrets: false) { holdsSecret = true }", "",
            "plan --format crmsh prints passwords unasked")

m = File("Sources/Documents/Reading/Crmsh/CrmshReader.swift", swift("CrmshReaderTests"))
m.statement("result.message = Secret.masking(values, in: message)", "", "an error in a .crm file quotes the password")
m.statement("result[\"value\"] = Secret.keep", "", "the asterisks of crm configure show become the password")

# MARK: what is stopped, refused and kept

m = File("Sources/CIB/Configuration+InForce.swift", swift("InForceTests"), CASES)
m.value("«template(of: primitive) ?? primitive»", "primitive",
        "a remote node made from a template is added although it does not answer: its host is fenced")
m.value("«booleanProperty(\"maintenance-mode\", default: false)»\n", "false",
        "what runs is deleted in maintenance, and runs on unseen")
m.value("metaAttribute(name, of: id) ?? «values(in: defaults, \"meta_attributes\")[name]»", "nil",
        "what runs is deleted although a default says that it is unmanaged")

m = File("Sources/Planning/Stopping.swift", swift("StoppingTests"))
m.value("«$0[\"id-ref\"] == nil» && $0.first(\"rule\")", "true", "a shared set keeps running what is to be deleted")
m.value("«$0.first(\"rule\") == nil»", "true", "a set with a rule keeps running what is to be deleted")

m = File("Sources/Commands/History/History.swift", oracle("test_history.InterruptionTests"))
m.value("where «error.leavesDoubt»", "false", "a change that was made though the answer was lost has no way back")

m = File("Sources/Commands/LiveChecks.swift", oracle("test_faults.SafetyTests"))
m.value("if «current.isUnmanaged(change.id, everByRule: true)»", "false", "what is unmanaged and runs is deleted, and runs on unseen")
m.value("«answering.contains($0.endpoint)»", "true", "a remote node that does not answer is added: its host is fenced")

m = File("Sources/CIB/Configuration.swift", swift("FencingSetupTests"), CASES)
m.value("«property(\"fencing-\" + name) ?? old»", "old", "fencing that Pacemaker 3.0.2 finds disabled passes for enabled")
m.value("let old = «property(\"stonith-\" + name)»", "property(\"fencing-\" + name) ?? property(\"stonith-\" + name)",
        "fencing that Pacemaker 2.1 finds disabled passes for enabled")

m = File("Sources/Planning/Planner+Checks.swift", CASES)
m.value("«before.upTo301 && !after.upTo301»", "false", "fencing is disabled without a word where Pacemaker is older than 3.0.2")
m.value("«before.since302 && !after.since302»", "false", "fencing is disabled without a word where Pacemaker is 3.0.2")
