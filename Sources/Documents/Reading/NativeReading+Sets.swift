import CIB
import Desired
import XML

// MARK: - Attribute sets

extension NativeReading {
  /// Attribute sets: a map is the one plain set, a list is several, in order.
  mutating func sets(_ value: NativeValue?, _ elementName: String, _ subject: Subject) -> [Element] {
    guard let value else { return [] }
    switch value.content {
    case .map(let entries):
      guard !entries.isEmpty else { return [] }
      var element = Element(elementName, position: value.position)
      readPairs(entries, into: &element, subject)
      return [element]
    case .list(let items):
      return items.compactMap { set($0, elementName, subject) }
    default:
      report("\(subject) must be a map, or a list of sets, not \(describe(value))", at: value.position)
      return []
    }
  }

  private mutating func set(_ value: NativeValue, _ elementName: String, _ subject: Subject) -> Element? {
    guard
      let entries = entries(
        of: value, .attributeSet, subject, hint: "in a list of sets, the values of a set go under 'set:'")
    else { return nil }
    if let reference = reference(entries, elementName, subject, at: value.position) { return reference }
    var element = Element(elementName, position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .attributeSet, into: &element, subject)
    if let rule = entries["rule"], let rule = self.rule(rule, subject) { element.append(rule) }
    if let values = entries["set"] {
      if case .map(let pairs) = values.content {
        readPairs(pairs, into: &element, subject)
      } else {
        report("\(subject): 'set' must be a map, not \(describe(values))", at: values.position)
      }
    }
    return element
  }

  private mutating func readPairs(_ entries: [Entry], into element: inout Element, _ subject: Subject) {
    element.children.reserveCapacity(element.children.count + entries.count)
    for entry in entries { element.append(pair(entry, subject)) }
  }

  func pair(_ name: String, _ value: Attribute, at position: SourcePosition) -> Element {
    Element("nvpair", [Attribute("name", name), value], position: position)
  }

  func pair(_ name: String, text: String, at position: SourcePosition) -> Element {
    pair(name, text == Secret.keep ? ValueSource.keep.attribute : Attribute("value", text), at: position)
  }

  mutating func pair(_ entry: Entry, _ subject: Subject) -> Element {
    let name = entry.key
    let position = entry.keyPosition
    switch entry.value.content {
    case .null:
      return pair(name, ValueSource.unset.attribute, at: position)
    case .map(let entries):
      return specialPair(name, entries, entry, subject)
    default:
      return pair(name, text: text(entry.value, subject.part("'\(name)'")) ?? "", at: position)
    }
  }

  /// An nvpair whose value is a map: one of the keys that say where the value is, and its id.
  private mutating func specialPair(
    _ name: String, _ raw: [Entry], _ entry: Entry, _ subject: Subject
  ) -> Element {
    let subject = subject.part("'\(name)'")
    let hint =
      "a map here is one of {value: TEXT}, {file: PATH}, {env: NAME}, {keep: secret}, {no-value: true}, {ref: ID}"
    var element = Element("nvpair", [Attribute("name", name)], position: entry.keyPosition)
    guard let entries = entries(of: entry.value, .value, subject, hint: hint) else { return element }
    let sources = entries.filter { $0.key != "id" }
    guard sources.count == 1 else {
      // Unknown keys have been reported; to ask for known ones beside would be noise.
      if entries.count == raw.count {
        report("\(subject): one key says where the value is", at: entry.value.position, hint: hint)
      }
      return element
    }
    if let id = entries["id"], let id = plainText(id, subject, "'id'") {
      checkName(id, subject, at: entries["id"]!.position)
      element.attributes.insert(Attribute("id", id), at: 0)
    }
    if let attribute = source(sources[0], subject) { element.attributes.append(attribute) }
    if sources[0].key == "ref" && element.id != nil {
      report("\(subject): 'id' cannot stand beside 'ref'", at: entry.value.position)
    }
    return element
  }

  /// The attribute that says what the value is; nil for an nvpair without a value.
  private mutating func source(_ entry: Entry, _ subject: Subject) -> Attribute? {
    if entry.key == "value" {
      if case .map = entry.value.content {
        report("\(subject) must be text, not a map", at: entry.value.position)
        return nil
      }
      return text(entry.value, subject).map { pair("", text: $0, at: .unknown).attributes[1] }
    }
    guard let text = plainText(entry.value, subject, "'\(entry.key)'") else { return nil }
    switch entry.key {
    case "file", "env":
      if text.isEmpty { report("\(subject): '\(entry.key)' is empty", at: entry.value.position) }
      return (entry.key == "file" ? ValueSource.file(text) : .environment(text)).attribute
    case "keep":
      if text != "secret" { report("\(subject): 'keep' must be 'secret'", at: entry.value.position) }
      return ValueSource.keep.attribute
    case "ref":
      return Attribute("id-ref", text)
    default:
      if text != "true" { report("\(subject): 'no-value' must be 'true'", at: entry.value.position) }
      return nil
    }
  }
}

// MARK: - Properties, defaults, nodes

extension NativeReading {
  mutating func readSettings(_ value: NativeValue, _ section: Section, key: String) {
    var elements = sets(value, section.setElementName ?? "", Subject("'\(key)'"))
    elements.removeAll { set in
      guard set.id == Record.setID else { return false }
      report("'\(key)': the set '\(Record.setID)' is crmsync's own record", at: set.position)
      return true
    }
    configuration.settings += elements.map {
      DesiredSettings(section: section, element: $0, location: place($0.position))
    }
  }

  mutating func readNodes(_ value: NativeValue) {
    guard case .map(let nodes) = value.content else {
      report("'nodes' must be a map from node names to what they have, not \(describe(value))", at: value.position)
      return
    }
    for node in nodes {
      let subject = Subject("node", node.key)
      var element = Element("node", position: node.keyPosition)
      var entries: [Entry] = []
      if case .null = node.value.content {
      } else {
        entries = self.entries(of: node.value, .node, subject) ?? []
      }
      // Node ids are free text in the schemas.
      if let id = entries["id"], let id = plainText(id, subject, "'id'") { element["id"] = id }
      element["uname"] = node.key
      readAttributes(entries, .node, into: &element, subject)
      for set in sets(entries["attributes"], "instance_attributes", subject.part("attributes")) { element.append(set) }
      for set in sets(entries["utilization"], "utilization", subject.part("utilization")) { element.append(set) }
      configuration.nodes.append(DesiredNode(name: node.key, element: element, location: place(node.keyPosition)))
    }
  }
}
