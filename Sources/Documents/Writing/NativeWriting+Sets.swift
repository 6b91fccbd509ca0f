import CIB
import Desired
import XML

// MARK: - Attribute sets

extension NativeWriting {
  /// The sets of one kind: nil for none, a map for the one plain set, else a list.
  func sets(_ elements: [Element], withIDs: Bool = false) throws(NotExpressible) -> NativeValue? {
    let elements = elements.filter { !saysNothing($0) }
    guard !elements.isEmpty else { return nil }
    if elements.count == 1, isPlain(elements[0]), !elements[0].children.isEmpty {
      return .map(try pairs(of: self.elements(of: elements[0])))
    }
    return .list(try elements.converted { set throws(NotExpressible) in try self.set(set, withID: withIDs) })
  }

  /// Whether the set is empty and nothing refers to it.
  private func saysNothing(_ set: Element) -> Bool {
    set.children.isEmpty && set["id-ref"] == nil && !(set.id.map(referencedIDs.contains) ?? false)
  }

  /// Whether the set says nothing beside its nvpairs.
  private func isPlain(_ set: Element) -> Bool {
    set.attributes.allSatisfy { $0.name == "id" && !referencedIDs.contains($0.value) } && set.first("rule") == nil
  }

  private func set(_ element: Element, withID: Bool) throws(NotExpressible) -> NativeValue {
    if let reference = try reference(element) { return reference }
    var entries = withID ? anyID(of: element) : id(of: element)
    entries += try attributes(of: element, .attributeSet)
    let children = try elements(of: element)
    let rules = children.filter { $0.name == "rule" }
    guard rules.count <= 1 else { throw NotExpressible() }
    if let rule = rules.first { entries.append("rule", try self.rule(rule)) }
    entries.append("set", .map(try pairs(of: children.filter { $0.name != "rule" })))
    return .map(entries)
  }

  /// What stands in a map of nvpairs: each name once.
  func pairs(of elements: [Element]) throws(NotExpressible) -> [Entry] {
    var names: Set<String> = []
    return try elements.converted { nvpair throws(NotExpressible) in
      guard nvpair.name == "nvpair", let name = nvpair["name"], names.insert(name).inserted else {
        throw NotExpressible()
      }
      return Entry(name, try value(of: nvpair))
    }
  }

  /// The value of an nvpair: its text, or a map that says where the value is.
  func value(of nvpair: Element) throws(NotExpressible) -> NativeValue {
    try checkEmpty(nvpair)
    for attribute in nvpair.attributes {
      switch attribute.name {
      case "id", "name", "value", "id-ref": break
      case _ where attribute.name.hasPrefix(ValueSource.attributePrefix): break
      default: throw NotExpressible()
      }
    }
    if let id = nvpair["id-ref"] {
      guard nvpair.id == nil, nvpair["value"] == nil else { throw NotExpressible() }
      return .map([Entry("ref", .text(id))])
    }
    let id = id(of: nvpair)
    switch ValueSource(of: nvpair) {
    // Only its name says which nvpair is to go.
    case .unset: return .null
    case .file(let path): return .map(id + [Entry("file", .text(path))])
    case .environment(let name): return .map(id + [Entry("env", .text(name))])
    case .keep: return .map(id + Self.keep)
    case nil: break
    }
    guard let value = nvpair["value"] else { return .map(id + [Entry("no-value", .text("true"))]) }
    if !showSecrets && nvpair.mustNotShow(value) { return .map(id + Self.keep) }
    return id.isEmpty ? .text(value) : .map(id + [Entry("value", .text(value))])
  }
}

extension Element {
  /// For an nvpair with a value: whether that must not be seen. `lrm://` says that the value is kept elsewhere.
  func mustNotShow(_ value: String) -> Bool {
    if value == Secret.outsideOfCIB { return false }
    return holdsSecret || Secret.isURLWithUser(value)
  }
}

// MARK: - Properties, defaults, nodes

extension NativeWriting {
  /// A section that consists of attribute sets: a map of values where it does not matter which set they are in, else
  /// a list of the sets. nil for nothing to say.
  func settings(_ elements: [Element], _ section: Section) throws(NotExpressible) -> NativeValue? {
    let elements = elements.filter { !saysNothing($0) }
    guard let first = elements.first else { return nil }
    // Those without ids speak of values: those of several documents are one map.
    if elements.allSatisfy({ $0.id == nil && isPlain($0) }) {
      let children = try elements.converted { set throws(NotExpressible) in try self.elements(of: set) }
      if let pairs = try? pairs(of: children.flatMap { $0 }) { return .map(pairs) }
    }
    if elements.count == 1, section != .properties || first.id == AttributeSets.bootstrapID {
      return try sets(elements, withIDs: true)
    }
    return .list(try elements.converted { set throws(NotExpressible) in try self.set(set, withID: true) })
  }

  /// - Parameter isKnownByName: whether the id and the usual type go without saying.
  func node(_ element: Element, isKnownByName: Bool) throws(NotExpressible) -> NativeValue {
    var entries = isKnownByName ? [] : anyID(of: element)
    for entry in try attributes(of: element, .node, others: ["id", "uname"]) {
      if isKnownByName, entry.key == "type", ["member", "normal"].contains(element["type"]) { continue }
      entries.append(entry)
    }
    let children = try elements(of: element)
    guard children.allSatisfy({ $0.name == "instance_attributes" || $0.name == "utilization" }) else {
      throw NotExpressible()
    }
    entries.append("attributes", try sets(children.filter { $0.name == "instance_attributes" }))
    entries.append("utilization", try sets(children.filter { $0.name == "utilization" }))
    return .map(entries)
  }
}
