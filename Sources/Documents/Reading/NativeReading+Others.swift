import CIB
import Desired
import XML

// MARK: - Tags, ACLs, alerts

extension NativeReading {
  mutating func tag(_ entry: Entry, _ subject: Subject) -> Element? {
    var element = Element("tag", [Attribute("id", entry.key)], position: entry.keyPosition)
    for reference in distinctReferences(entry.value, subject) {
      element.append(Element("obj_ref", [Attribute("id", reference.id)], position: reference.location.position))
    }
    return element
  }

  mutating func aclRole(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .aclRole, subject) else { return nil }
    var element = Element("acl_role", [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, .aclRole, into: &element, subject)
    guard let permissions = entries["permissions"] else { return element }
    let subject = subject.part("permissions")
    for item in items(of: permissions, subject) {
      if let permission = aclPermission(item, subject) { element.append(permission) }
    }
    return element
  }

  private mutating func aclPermission(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .aclPermission, subject) else { return nil }
    var element = Element("acl_permission", position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .aclPermission, into: &element, subject)
    if entries["kind"] == nil { reportMissing("kind", subject, at: value.position) }
    let selections = entries.filter { ["xpath", "reference", "object-type"].contains($0.key) }
    if selections.isEmpty {
      report("\(subject): 'xpath', 'reference' or 'object-type' is missing", at: value.position)
    } else if selections.count > 1 {
      report(
        "\(subject): '\(selections[0].key)' and '\(selections[1].key)' exclude each other",
        at: selections[1].keyPosition)
    }
    return element
  }

  mutating func aclTarget(_ entry: Entry, _ subject: Subject) -> Element? {
    aclTarget("acl_target", entry, subject)
  }

  mutating func aclGroup(_ entry: Entry, _ subject: Subject) -> Element? {
    aclTarget("acl_group", entry, subject)
  }

  /// A list of role ids, or `{roles: [...], name}`.
  private mutating func aclTarget(_ elementName: String, _ entry: Entry, _ subject: Subject) -> Element? {
    var element = Element(elementName, [Attribute("id", entry.key)], position: entry.keyPosition)
    var roles: NativeValue? = entry.value
    if case .map = entry.value.content {
      guard let entries = entries(of: entry.value, .aclTarget, subject) else { return nil }
      readAttributes(entries, .aclTarget, into: &element, subject)
      roles = entries["roles"]
    }
    guard let roles else { return element }
    for role in references(roles, subject.part("roles")) {
      element.append(Element("role", [Attribute("id", role.id)], position: role.location.position))
    }
    return element
  }

  mutating func alert(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .alert, subject) else { return nil }
    var element = Element("alert", [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, .alert, into: &element, subject)
    if entries["path"] == nil { reportMissing("path", subject, at: entry.keyPosition) }
    readSets(entries, into: &element, subject)
    if let select = entries["select"], let selection = alertSelection(select, subject.part("select")) {
      element.append(selection)
    }
    if let recipients = entries["recipients"] {
      let subject = subject.part("recipients")
      for item in items(of: recipients, subject) {
        if let recipient = recipient(item, subject) { element.append(recipient) }
      }
    }
    return element
  }

  private mutating func recipient(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .recipient, subject) else { return nil }
    var element = Element("recipient", position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .recipient, into: &element, subject)
    if entries["value"] == nil { reportMissing("value", subject, at: value.position) }
    readSets(entries, into: &element, subject)
    return element
  }

  private mutating func alertSelection(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .alertSelection, subject) else { return nil }
    var element = Element("select", position: value.position)
    for entry in entries {
      if case .null = entry.value.content { continue }
      if entry.key == "attributes", case .list(let items) = entry.value.content {
        var child = Element("select_attributes", position: entry.keyPosition)
        for item in items {
          if let attribute = alertAttribute(item, subject.part("attributes")) { child.append(attribute) }
        }
        element.append(child)
      } else if let text = attribute(entry, .oneOf(["true", "false"]), subject), text == "true" {
        element.append(Element("select_" + entry.key, position: entry.keyPosition))
      }
    }
    return element
  }

  /// The name of a node attribute, or `{id, name}`.
  private mutating func alertAttribute(_ value: NativeValue, _ subject: Subject) -> Element? {
    var element = Element("attribute", position: value.position)
    guard case .map = value.content else {
      guard let name = plainText(value, subject, "items of the list") else { return nil }
      element["name"] = name
      return element
    }
    guard let entries = entries(of: value, .alertAttribute, subject) else { return nil }
    readID(entries, into: &element, subject)
    readAttributes(entries, .alertAttribute, into: &element, subject)
    if element["name"] == nil { reportMissing("name", subject, at: value.position) }
    return element
  }
}

// MARK: - Fencing levels

extension NativeReading {
  mutating func readFencingLevels(_ value: NativeValue) {
    let subject = Subject("'fencing-levels'")
    for item in items(of: value, subject) {
      guard let entries = entries(of: item, .fencingLevel, subject) else { continue }
      var element = Element("fencing-level", position: item.position)
      readID(entries, into: &element, subject)
      readAttributes(entries, .fencingLevel, into: &element, subject)
      checkTarget(entries, subject, at: item.position)
      readLevel(entries, into: &element, subject, at: item.position)
      readDevices(entries, into: &element, subject, at: item.position)
      let object = CIBObject(kind: .fencingLevel, id: element.id ?? element.fencingLevelName, element: element)
      configuration.objects.append(DesiredObject(object, location: place(item.position)))
    }
  }

  private mutating func checkTarget(_ entries: [Entry], _ subject: Subject, at position: SourcePosition) {
    let targets = entries.filter { ["target", "target-pattern", "target-attribute"].contains($0.key) }
    if targets.isEmpty {
      report(
        "\(subject): 'target', 'target-pattern', or 'target-attribute' and 'target-value' are missing", at: position)
    } else if targets.count > 1 {
      report(
        "\(subject): '\(targets[0].key)' and '\(targets[1].key)' exclude each other", at: targets[1].keyPosition)
    } else if (targets[0].key == "target-attribute") != (entries["target-value"] != nil) {
      report("\(subject): 'target-attribute' and 'target-value' go together", at: position)
    }
  }

  private mutating func readLevel(
    _ entries: [Entry], into element: inout Element, _ subject: Subject, at position: SourcePosition
  ) {
    let levels = entries.filter { $0.key == "level" || $0.key == "index" }
    guard let level = levels.first else { return reportMissing("level", subject, at: position) }
    if levels.count > 1 { report("\(subject): 'level' and 'index' are the same", at: levels[1].keyPosition) }
    guard let text = attribute(level, .integer, subject) else { return }
    if isInteger(text) && (text.hasPrefix("-") || text.allSatisfy { $0 == "0" }) {
      report("\(subject): '\(level.key)' must be at least 1, not '\(text)'", at: level.value.position)
    }
    element["index"] = text
  }

  private mutating func readDevices(
    _ entries: [Entry], into element: inout Element, _ subject: Subject, at position: SourcePosition
  ) {
    guard let devices = entries["devices"] else { return reportMissing("devices", subject, at: position) }
    if case .scalar(let text) = devices.content {
      element["devices"] = text
    } else {
      let ids = distinctReferences(devices, subject.part("devices")).map(\.id)
      element["devices"] = ids.joined(separator: ",")
    }
  }
}

// MARK: - Placement, order, delete, XML

extension NativeReading {
  mutating func readPlacements(_ value: NativeValue) {
    let subject = Subject("'placement'")
    for item in items(of: value, subject) {
      guard let entries = entries(of: item, .placement, subject) else { continue }
      var lists: [[Reference]] = []
      for key in ["resources", "nodes"] {
        if let list = entries[key] {
          lists.append(distinctReferences(list, subject.part(key)))
        } else {
          reportMissing(key, subject, at: item.position)
        }
      }
      let spread = entries.entry("spread").flatMap { attribute($0, .score, subject) }
      guard lists.count == 2 else { continue }
      configuration.placements.append(
        Placement(resources: lists[0], nodes: lists[1], spread: spread, location: place(item.position)))
    }
  }

  mutating func readResourceOrder(_ value: NativeValue) {
    if case .list(let items) = value.content, items.isEmpty { return }
    let references = distinctReferences(value, Subject("'order'"))
    if !references.isEmpty { configuration.resourceOrders.append(ResourceOrder(references, isExplicit: true)) }
  }

  mutating func readDeletions(_ value: NativeValue) {
    let subject = Subject("'delete'")
    for item in items(of: value, subject) {
      let target: Deletion.Target?
      if case .map = item.content {
        target = deletionTarget(item, subject)
      } else if let id = plainText(item, subject, "items of the list") {
        checkName(id, subject, at: item.position)
        target = .object(id: id)
      } else {
        target = nil
      }
      if let target { configuration.deletions.append(Deletion(target, location: place(item.position))) }
    }
  }

  private mutating func deletionTarget(_ value: NativeValue, _ subject: Subject) -> Deletion.Target? {
    guard case .map(let raw) = value.content, let entries = entries(of: value, .deletion, subject) else { return nil }
    guard entries.count == 1 else {
      if entries.count == raw.count {
        report("\(subject): each item names one thing", at: value.position, hint: "for instance {property: NAME}")
      }
      return nil
    }
    let entry = entries[0]
    switch entry.key {
    case "node-attribute":
      return pair(entry, subject, "[NODE, NAME]").map { .nodeAttribute(node: $0, name: $1) }
    case "utilization":
      return pair(entry, subject, "[NODE, NAME]").map { .utilization(node: $0, name: $1) }
    case "fencing-level":
      return pair(entry, subject, "[TARGET, LEVEL]").map { .fencingLevel(target: $0, index: $1) }
    default:
      break
    }
    guard let name = plainText(entry.value, subject, "'\(entry.key)'") else { return nil }
    switch entry.key {
    case "property": return .property(name)
    case "resource-default": return .resourceDefault(name)
    case "operation-default": return .operationDefault(name)
    case "acl-target": return .aclTarget(id: name)
    default: return .aclGroup(id: name)
    }
  }

  private mutating func pair(_ entry: Entry, _ subject: Subject, _ shape: String) -> (String, String)? {
    guard case .list(let items) = entry.value.content, items.count == 2 else {
      report("\(subject): '\(entry.key)' must be \(shape)", at: entry.value.position)
      return nil
    }
    guard let first = plainText(items[0], subject, "'\(entry.key)'"),
      let second = plainText(items[1], subject, "'\(entry.key)'")
    else { return nil }
    return (first, second)
  }

  mutating func readXML(_ value: NativeValue) {
    let subject = Subject("'xml'")
    for item in items(of: value, subject) {
      guard let entries = entries(of: item, .xml, subject) else { continue }
      var section: Section?
      if let name = entries["in"] {
        section = xmlSection(name, subject)
      } else {
        reportMissing("in", subject, at: item.position)
      }
      guard let content = entries["content"] else {
        reportMissing("content", subject, at: item.position)
        continue
      }
      guard let text = plainText(content, subject, "'content'"), let section else { continue }
      readXML(text, section, at: content.position, subject)
    }
  }

  private mutating func xmlSection(_ value: NativeValue, _ subject: Subject) -> Section? {
    guard let name = plainText(value, subject, "'in'") else { return nil }
    if let section = Section(rawValue: name) { return section }
    let names = Section.allCases.map(\.rawValue)
    report(
      "\(subject): there is no section '\(name)'", at: value.position,
      hint: Suggestion.hint(for: name, among: names) ?? "the sections are: " + names.joined(separator: ", "))
    return nil
  }

  private mutating func readXML(_ text: String, _ section: Section, at position: SourcePosition, _ subject: Subject) {
    do throws(XMLError) {
      var element = try Element(parsing: text)
      element.position = position
      // Inside a scalar nothing has a place of its own: block scalars are indented, quoted ones escaped.
      var reading = SectionReading(document: document, form: .xml, fallback: position, takesUnknown: true)
      reading.read(element, in: section)
      reading.move(into: &configuration)
      diagnostics += reading.diagnostics
    } catch {
      report(
        "\(subject): the content is not valid XML: \(error.message) (line \(error.position.line), column "
          + "\(error.position.column) of it)", at: position)
    }
  }
}

extension Element {
  /// What a fencing level without an id is called: its target and its index.
  var fencingLevelName: String { "\(levelTarget)-\(self["index"] ?? "")" }
}
