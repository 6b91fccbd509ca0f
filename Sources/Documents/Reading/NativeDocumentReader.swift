import CIB
import Desired
import XML

/// Turns the value of a native document, YAML or JSON, into what it says of the cluster.
package enum NativeDocumentReader {
  /// - Returns: what the document says, as far as it could be understood, and everything that is wrong with it,
  ///   in the order of the document. Whether what it refers to exists is not looked at.
  package static func read(_ value: NativeValue, document: String) -> (DesiredConfiguration, [Diagnostic]) {
    var reading = NativeReading(document: document)
    reading.readDocument(value)
    let diagnostics = reading.diagnostics + reading.configuration.contradictions()
    return (reading.configuration, Diagnostic.inOrder(diagnostics))
  }
}

/// What a message is about: `primitive 'db', operations`. Made into text only when there is a message.
struct Subject: CustomStringConvertible {
  var noun: String
  var id: String?
  var part: String?

  init(_ noun: String, _ id: String? = nil) {
    self.noun = noun
    self.id = id
  }

  func part(_ part: String) -> Subject {
    var subject = self
    subject.part = part
    return subject
  }

  var description: String {
    noun + (id.map { " '\($0)'" } ?? "") + (part.map { ", \($0)" } ?? "")
  }
}

/// The reading of one native document: what it says so far, and what is wrong with it so far. Its methods are in
/// extensions, a file for each group of kinds.
struct NativeReading {
  typealias Entry = NativeValue.Entry

  let document: String
  var configuration = DesiredConfiguration()
  var diagnostics: [Diagnostic] = []

  init(document: String) {
    self.document = document
  }

  mutating func readDocument(_ value: NativeValue) {
    if case .null = value.content {
      report("the document is empty", at: value.position, hint: "a document that says nothing is '{}'")
      return
    }
    if case .scalar(let text) = value.content, text.hasPrefix("<") {
      report("the document looks like XML", at: value.position, hint: "with --input-format xml it is read as that")
      return
    }
    guard let sections = entries(of: value, .document, Subject("the document")) else { return }
    for section in sections {
      // A key whose content is all commented out says as little as no key.
      if case .null = section.value.content { continue }
      readSection(section)
    }
  }

  private mutating func readSection(_ section: Entry) {
    let value = section.value
    switch section.key {
    case "properties": readSettings(value, .properties, key: section.key)
    case "resource-defaults": readSettings(value, .resourceDefaults, key: section.key)
    case "operation-defaults": readSettings(value, .operationDefaults, key: section.key)
    case "primitives": readObjects(value, section.key, .primitive, "primitive") { $0.primitive($1, $2) }
    case "templates": readObjects(value, section.key, .template, "template") { $0.template($1, $2) }
    case "groups": readObjects(value, section.key, .group, "group") { $0.group($1, $2) }
    case "clones": readObjects(value, section.key, .clone, "clone") { $0.clone($1, $2) }
    case "bundles": readObjects(value, section.key, .bundle, "bundle") { $0.bundle($1, $2) }
    case "remotes": readObjects(value, section.key, .primitive, "remote", form: .remote) { $0.remote($1, $2) }
    case "stonith": readObjects(value, section.key, .primitive, "stonith", form: .stonith) { $0.stonith($1, $2) }
    case "locations": readObjects(value, section.key, .location, "location") { $0.location($1, $2) }
    case "colocations": readObjects(value, section.key, .colocation, "colocation") { $0.colocation($1, $2) }
    case "orders": readObjects(value, section.key, .order, "order") { $0.order($1, $2) }
    case "tickets": readObjects(value, section.key, .ticket, "ticket") { $0.ticket($1, $2) }
    case "tags": readObjects(value, section.key, .tag, "tag") { $0.tag($1, $2) }
    case "acl-roles": readObjects(value, section.key, .aclRole, "acl-role") { $0.aclRole($1, $2) }
    case "acl-targets": readObjects(value, section.key, .aclTarget, "acl-target") { $0.aclTarget($1, $2) }
    case "acl-groups": readObjects(value, section.key, .aclGroup, "acl-group") { $0.aclGroup($1, $2) }
    case "alerts": readObjects(value, section.key, .alert, "alert") { $0.alert($1, $2) }
    case "fencing-levels": readFencingLevels(value)
    case "nodes": readNodes(value)
    case "placement": readPlacements(value)
    case "order": readResourceOrder(value)
    case "delete": readDeletions(value)
    case "xml": readXML(value)
    default: break
    }
  }

  /// Reads a map from ids to objects of one kind.
  private mutating func readObjects(
    _ value: NativeValue, _ key: String, _ kind: ObjectKind, _ noun: String, form: DesiredObject.Form = .plain,
    _ read: (inout NativeReading, Entry, Subject) -> Element?
  ) {
    guard case .map(let entries) = value.content else {
      report("'\(key)' must be a map from ids to objects, not \(describe(value))", at: value.position)
      return
    }
    for entry in entries {
      // User names are free text in the schemas.
      if kind != .aclTarget { checkName(entry.key, Subject(noun, entry.key), at: entry.keyPosition) }
      guard let element = read(&self, entry, Subject(noun, entry.key)) else { continue }
      let object = CIBObject(kind: kind, id: entry.key, element: element)
      configuration.objects.append(DesiredObject(object, form: form, location: place(entry.keyPosition)))
    }
  }
}

// MARK: - Problems

extension NativeReading {
  func place(_ position: SourcePosition) -> Location { Location(document, position) }

  mutating func report(_ message: String, at position: SourcePosition, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, message, at: place(position), hint: hint))
  }

  /// What a value is, for messages; never what is in it, which may be secret.
  func describe(_ value: NativeValue) -> String {
    switch value.content {
    case .null: "null"
    case .scalar, .bool, .integer: "text"
    case .list: "a list"
    case .map: "a map"
    }
  }

  mutating func reportMissing(_ key: String, _ subject: Subject, at position: SourcePosition, hint: String? = nil) {
    report("\(subject): '\(key)' is missing", at: position, hint: hint)
  }

  mutating func checkName(_ id: String, _ subject: Subject, at position: SourcePosition) {
    guard !isXMLID(id) else { return }
    report(
      "\(subject): the id '\(id)' is no XML name", at: position,
      hint: "an id begins with a letter or '_' and consists of letters, digits, '-', '_' and '.'")
  }
}

// MARK: - Maps, lists, text

extension NativeReading {
  /// The entries of a map with a closed list of keys, those it does not know left out; nil if it is no map.
  mutating func entries(
    of value: NativeValue, _ keys: ClosedKeys, _ subject: Subject, hint: String? = nil
  ) -> [Entry]? {
    guard case .map(let entries) = value.content else {
      report("\(subject) must be a map, not \(describe(value))", at: value.position)
      return nil
    }
    guard !entries.allSatisfy({ keys.contains($0.key) }) else { return entries }
    for entry in entries where !keys.contains(entry.key) {
      let meant = keys.meant(by: entry.key).map { "did you mean '\($0)'?" }
      report(
        "\(subject): unknown key '\(entry.key)'", at: entry.keyPosition,
        hint: meant ?? hint ?? "the keys here are: " + keys.all.joined(separator: ", "))
    }
    return entries.filter { keys.contains($0.key) }
  }

  /// The items of a list; none, with a message, if the value is something else.
  mutating func items(of value: NativeValue, _ subject: Subject) -> [NativeValue] {
    guard case .list(let items) = value.content else {
      report("\(subject) must be a list, not \(describe(value))", at: value.position)
      return []
    }
    return items
  }

  /// The text a value stands for: a scalar, or a list of them, joined by blanks; `{value: …}` is the same.
  mutating func text(_ value: NativeValue, _ subject: Subject) -> String? {
    switch value.content {
    case .scalar(let text): return text
    case .bool(let value): return String(value)
    case .integer(let value): return String(value)
    case .list(let items): return joined(items, subject)
    case .map(let entries) where entries.count == 1 && entries[0].key == "value":
      if case .map = entries[0].value.content { break }
      return text(entries[0].value, subject)
    case .map, .null: break
    }
    report("\(subject) must be text, not \(describe(value))", at: value.position)
    return nil
  }

  private mutating func joined(_ items: [NativeValue], _ subject: Subject) -> String? {
    var words: [String] = []
    for item in items {
      guard let word = plainText(item, subject, "items of the list") else { return nil }
      words.append(word)
    }
    return words.joined(separator: " ")
  }

  /// The text of a scalar, where nothing else makes sense.
  mutating func plainText(_ value: NativeValue, _ subject: Subject, _ what: String) -> String? {
    switch value.content {
    case .scalar(let text): return text
    case .bool(let value): return String(value)
    case .integer(let value): return String(value)
    case .null, .list, .map:
      report("\(subject): \(what) must be text, not \(describe(value))", at: value.position)
      return nil
    }
  }

  /// The scalars of a list, each with its place.
  mutating func references(_ value: NativeValue, _ subject: Subject) -> [Reference] {
    items(of: value, subject).compactMap { item in
      plainText(item, subject, "items of the list").map { Reference($0, location: place(item.position)) }
    }
  }

  /// The same, for lists in which nothing may stand twice and which may not be empty.
  mutating func distinctReferences(_ value: NativeValue, _ subject: Subject) -> [Reference] {
    let references = references(value, subject)
    if case .list(let items) = value.content, items.isEmpty {
      report("\(subject): the list is empty", at: value.position)
    }
    var known: Set<String> = []
    for reference in references where !known.insert(reference.id).inserted {
      report("\(subject): '\(reference.id)' is listed twice", at: reference.location.position)
    }
    return references
  }
}

extension NativeValue {
  /// `{keep: secret}`
  fileprivate var isKeep: Bool {
    guard case .map(let entries) = content, entries.count == 1 else { return false }
    return entries[0].key == "keep" && entries[0].value.content == .scalar("secret")
  }
}

extension [NativeValue.Entry] {
  /// The value of a key; nil where it is not there or is null, which says the same.
  subscript(key: String) -> NativeValue? {
    for entry in self where entry.key == key {
      if case .null = entry.value.content { return nil }
      return entry.value
    }
    return nil
  }

  func entry(_ key: String) -> NativeValue.Entry? {
    for entry in self where entry.key == key {
      if case .null = entry.value.content { return nil }
      return entry
    }
    return nil
  }
}

// MARK: - Attributes

extension NativeReading {
  /// The given id, which must be an XML name, as the first attribute.
  mutating func readID(_ entries: [Entry], into element: inout Element, _ subject: Subject) {
    guard let value = entries["id"], let id = plainText(value, subject, "'id'") else { return }
    checkName(id, subject, at: value.position)
    element.attributes.append(Attribute("id", id))
  }

  /// `{ref: id}`: the element refers to another one. nil if there is no `ref`; nothing else may stand beside it.
  mutating func reference(
    _ entries: [Entry], _ elementName: String, _ subject: Subject, at position: SourcePosition
  ) -> Element? {
    guard let value = entries["ref"] else { return nil }
    for entry in entries where entry.key != "ref" {
      report("\(subject): '\(entry.key)' cannot stand beside 'ref'", at: entry.keyPosition)
    }
    let id = plainText(value, subject, "'ref'") ?? ""
    return Element(elementName, [Attribute("id-ref", id)], position: position)
  }

  /// Takes over the keys that are schema attributes, in the order of the document.
  mutating func readAttributes(
    _ entries: [Entry], _ keys: ClosedKeys, into element: inout Element, _ subject: Subject
  ) {
    for entry in entries {
      guard let type = keys.type(ofAttribute: entry.key) else { continue }
      if case .null = entry.value.content { continue }
      if Secret.mayBeKept(entry.key, of: element.name), entry.value.isKeep {
        element.attributes.append(Attribute(entry.key, Secret.keep))
      } else if let text = attribute(entry, type, subject) {
        element.attributes.append(Attribute(entry.key, text))
      }
    }
  }

  mutating func attribute(_ entry: Entry, _ type: ClosedKeys.ValueType, _ subject: Subject) -> String? {
    guard let text = text(entry.value, subject.part("'\(entry.key)'")) else { return nil }
    check(text, type, entry, subject)
    return text
  }

  private mutating func check(_ text: String, _ type: ClosedKeys.ValueType, _ entry: Entry, _ subject: Subject) {
    switch type {
    case .text:
      break
    case .score:
      if isScore(text) { return }
      report(
        "\(subject): '\(entry.key)' must be a whole number or INFINITY, +INFINITY, -INFINITY, not '\(text)'",
        at: entry.value.position)
    case .boolean:
      if ["true", "false", "1", "0"].contains(text) { return }
      report("\(subject): '\(entry.key)' must be true or false, not '\(text)'", at: entry.value.position)
    case .integer:
      if isInteger(text) { return }
      report("\(subject): '\(entry.key)' must be a whole number, not '\(text)'", at: entry.value.position)
    case .oneOf(let words):
      if words.contains(text) { return }
      report(
        "\(subject): '\(entry.key)' cannot be '\(text)'", at: entry.value.position,
        hint: Suggestion.hint(for: text, among: words) ?? "it is one of: " + words.joined(separator: ", "))
    }
  }

  func isScore(_ text: String) -> Bool {
    ["INFINITY", "+INFINITY", "-INFINITY"].contains(text) || isInteger(text)
  }

  func isInteger(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    return !digits.isEmpty && digits.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}
