import Desired
import XML

extension NativeReading {
  mutating func location(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .location, subject) else { return nil }
    var element = constraint("rsc_location", entry, entries, .location, subject)
    checkExactlyOne(["rsc", "rsc-pattern", "sets"], entries, subject, at: entry.keyPosition)
    if let rules = entries["rules"] {
      for rule in self.rules(rules, subject) { element.append(rule) }
      if case .list(let items) = rules.content, items.isEmpty {
        report("\(subject): 'rules' is empty", at: rules.position)
      }
    }
    if let rule = entries["rule"], let rule = self.rule(rule, subject) { element.append(rule) }
    checkExactlyOne(["node", "rules", "rule"], entries, subject, at: entry.keyPosition)
    if entries["node"] != nil && entries["score"] == nil { reportMissing("score", subject, at: entry.keyPosition) }
    if let score = entries.entry("score"), entries["node"] == nil, entries["rules"] != nil || entries["rule"] != nil {
      report(
        "\(subject): 'score' goes with 'node'", at: score.keyPosition, hint: "with rules, each rule has a score")
    }
    readLifetime(entries, into: &element, subject)
    return element
  }

  mutating func colocation(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .colocation, subject) else { return nil }
    var element = constraint("rsc_colocation", entry, entries, .colocation, subject)
    checkPairOrSets("rsc", "with-rsc", entries, subject, at: entry.keyPosition)
    readLifetime(entries, into: &element, subject)
    return element
  }

  mutating func order(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .order, subject) else { return nil }
    var element = constraint("rsc_order", entry, entries, .order, subject)
    checkPairOrSets("first", "then", entries, subject, at: entry.keyPosition)
    readLifetime(entries, into: &element, subject)
    return element
  }

  mutating func ticket(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .ticket, subject) else { return nil }
    let element = constraint("rsc_ticket", entry, entries, .ticket, subject)
    if element["ticket"] == nil { reportMissing("ticket", subject, at: entry.keyPosition) }
    checkExactlyOne(["rsc", "sets"], entries, subject, at: entry.keyPosition)
    return element
  }

  // MARK: What constraints have in common

  private mutating func constraint(
    _ elementName: String, _ entry: Entry, _ entries: [Entry], _ keys: ClosedKeys, _ subject: Subject
  ) -> Element {
    var element = Element(elementName, [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, keys, into: &element, subject)
    guard let sets = entries["sets"] else { return element }
    if case .list(let items) = sets.content, items.isEmpty { report("\(subject): 'sets' is empty", at: sets.position) }
    for item in items(of: sets, subject.part("sets")) {
      if let set = resourceSet(item, subject.part("sets")) { element.append(set) }
    }
    return element
  }

  private mutating func resourceSet(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .resourceSet, subject) else { return nil }
    if let reference = reference(entries, "resource_set", subject, at: value.position) { return reference }
    var element = Element("resource_set", position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .resourceSet, into: &element, subject)
    guard let resources = entries["resources"] else {
      reportMissing("resources", subject, at: value.position)
      return element
    }
    for resource in distinctReferences(resources, subject) {
      element.append(
        Element("resource_ref", [Attribute("id", resource.id)], position: resource.location.position))
    }
    return element
  }

  private mutating func readLifetime(_ entries: [Entry], into element: inout Element, _ subject: Subject) {
    guard let value = entries["lifetime"] else { return }
    let rules: [Element]
    if case .map = value.content {
      rules = rule(value, subject).map { [$0] } ?? []
    } else {
      rules = self.rules(value, subject)
    }
    element.append(Element("lifetime", children: rules.map(Node.element), position: value.position))
  }

  private mutating func checkExactlyOne(
    _ keys: [String], _ entries: [Entry], _ subject: Subject, at position: SourcePosition
  ) {
    let given = entries.filter { entry in keys.contains(entry.key) && entries[entry.key] != nil }
    if given.isEmpty {
      let choice = keys.dropLast().map { "'\($0)'" }.joined(separator: ", ") + " or '\(keys.last ?? "")'"
      report("\(subject): \(choice) is missing", at: position)
    } else if given.count > 1 {
      report("\(subject): '\(given[0].key)' and '\(given[1].key)' exclude each other", at: given[1].keyPosition)
    }
  }

  private mutating func checkPairOrSets(
    _ one: String, _ other: String, _ entries: [Entry], _ subject: Subject, at position: SourcePosition
  ) {
    if entries["sets"] != nil {
      for entry in entries where entry.key == one || entry.key == other {
        report("\(subject): '\(entry.key)' and 'sets' exclude each other", at: entry.keyPosition)
      }
      return
    }
    if entries[one] == nil && entries[other] == nil {
      report("\(subject): '\(one)' and '\(other)', or 'sets', are missing", at: position)
    } else if entries[one] == nil || entries[other] == nil {
      reportMissing(entries[one] == nil ? one : other, subject, at: position)
    }
  }
}
