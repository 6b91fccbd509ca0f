import CIB
import XML

/// An object as a list of named facts, in the words of native documents: `params.ip` is `10.0.0.1`.
struct Facts {
  struct Fact {
    var path: String
    var value: String
    var isSecret: Bool

    /// The value for people's eyes.
    func shown(_ masked: Bool) -> String { masked ? Secret.mask : Secret.maskingUserInfo(in: value) }
  }

  private(set) var list: [Fact] = []
  private var seen: [String: Int] = [:]

  init(of element: Element) {
    let agent = Self.agent(of: element)
    if let agent { add("agent", agent) }
    for attribute in element.attributes {
      switch attribute.name {
      case "id", "uname": continue
      case "class", "provider", "type": if agent == nil { add(attribute.name, attribute.value) }
      default: add(attribute.name, attribute.value)
      }
    }
    addChildren(of: element, prefix: "")
  }

  /// `ocf:heartbeat:IPaddr2`.
  static func agent(of element: Element) -> String? {
    guard let agentClass = element["class"], let type = element["type"] else { return nil }
    return [agentClass, element["provider"], type].compactMap(\.self).joined(separator: ":")
  }

  // MARK: -

  private mutating func add(_ path: String, _ value: String, isSecret: Bool = false) {
    let count = seen[path, default: 0] + 1
    seen[path] = count
    list.append(Fact(path: count == 1 ? path : "\(path) (\(count))", value: value, isSecret: isSecret))
  }

  private mutating func addChildren(of element: Element, prefix: String) {
    let children = element.elements
    guard !children.isEmpty else { return }
    let members = children.filter { isResourceElement($0.name) }.compactMap(\.id)
    if !members.isEmpty { add(prefix + "members", members.joined(separator: " ")) }
    let references = children.filter { Self.isReference($0) }.compactMap(\.id)
    if !references.isEmpty {
      add(prefix + (element.name == "tag" ? "objects" : "roles"), references.joined(separator: " "))
    }
    var setCounts: [String: Int] = [:]
    for child in children {
      switch child.name {
      case _ where isResourceElement(child.name) || Self.isReference(child): continue
      case _ where isAttributeSet(child.name):
        let count = setCounts[child.name, default: 0] + 1
        setCounts[child.name] = count
        addSet(child, prefix: prefix + Self.word(forSet: child.name, of: element) + (count == 1 ? "" : "[\(count)]"))
      case "operations":
        if let reference = child["id-ref"] { add(prefix + "operations", "as in \(reference)") }
        addChildren(of: child, prefix: prefix)
      case "op": addOperation(child)
      case "rule": add(prefix + "rule", RuleText.describe(child))
      case "resource_set": add(prefix + "set", Self.describe(set: child))
      default:
        let name = prefix + child.name
        let identity = child["port"] ?? child["range"] ?? child["target-dir"] ?? child["value"] ?? child["name"]
        let path = identity.map { "\(name) \(Secret.maskingUserInfo(in: $0))" } ?? name
        let attributes = child.attributes.filter { $0.name != "id" }
        if attributes.isEmpty && child.elements.isEmpty { add(path, "yes") }
        for attribute in attributes { add("\(path).\(attribute.name)", attribute.value) }
        addChildren(of: child, prefix: path + ".")
      }
    }
  }

  private static func isReference(_ element: Element) -> Bool {
    switch element.name {
    case "obj_ref", "role", "role_ref": true
    default: false
    }
  }

  private static func word(forSet name: String, of owner: Element) -> String {
    switch name {
    case "instance_attributes": owner.name == "node" ? "attributes" : "params"
    case "meta_attributes": "meta"
    default: name
    }
  }

  private mutating func addSet(_ set: Element, prefix: String) {
    if let reference = set["id-ref"] { add(prefix, "as in \(reference)") }
    if let score = set["score"] { add(prefix + " score", score) }
    for child in set.elements {
      switch child.name {
      case "rule": add(prefix + " rule", RuleText.describe(child))
      case "nvpair":
        let name = child["name"] ?? child["id-ref"] ?? ""
        add("\(prefix).\(name)", child.shownValue, isSecret: child.holdsSecret && child["value"] != Secret.outsideOfCIB)
      default: add("\(prefix).\(child.name)", canonicalOddity(child))
      }
    }
  }

  private mutating func addOperation(_ operation: Element) {
    if let reference = operation["id-ref"] { return add("operation", "as in \(reference)") }
    let path = "operation \(operation["name"] ?? "") \(operation["interval"] ?? "0")"
    var others = operation.attributes.filter { !["id", "name", "interval"].contains($0.name) }
    if others.isEmpty && operation.elements.isEmpty { others = [Attribute("", "yes")] }
    for attribute in others { add(attribute.name.isEmpty ? path : "\(path).\(attribute.name)", attribute.value) }
    addChildren(of: operation, prefix: path + ".")
  }

  private static func describe(set: Element) -> String {
    if let reference = set["id-ref"] { return "as in \(reference)" }
    let members = set.elements.compactMap(\.id).joined(separator: " ")
    let attributes = set.attributes.filter { $0.name != "id" }.map { "\($0.name)=\($0.value)" }
    return attributes.isEmpty ? members : "\(members) (\(attributes.joined(separator: " ")))"
  }

  private func canonicalOddity(_ element: Element) -> String {
    element.attributes.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
  }
}

/// Rules as people write them.
enum RuleText {
  /// `score=INFINITY: #uname eq n1 and pingd gt 0`.
  static func describe(_ rule: Element) -> String {
    if let reference = rule["id-ref"] { return "as in \(reference)" }
    var head = rule.attributes.filter { !["id", "boolean-op"].contains($0.name) }
      .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    if !head.isEmpty { head += ": " }
    let parts = rule.elements.map { $0.name == "rule" ? "(\(describe($0)))" : expression($0) }
    return head + parts.joined(separator: rule["boolean-op"] == "or" ? " or " : " and ")
  }

  private static func expression(_ element: Element) -> String {
    switch element.name {
    case "expression":
      let attribute = element["attribute"] ?? ""
      let type = element["type"].map { "\($0):" } ?? ""
      switch element["operation"] {
      case "defined": return "defined \(attribute)"
      case "not_defined": return "not_defined \(attribute)"
      case let operation?: return "\(attribute) \(type)\(operation) \(element["value"] ?? "")"
      case nil: return attribute
      }
    case "date_expression":
      let parts =
        element.attributes.filter { $0.name != "id" }.map { "\($0.name)=\($0.value)" }
        + element.elements.flatMap { $0.attributes.filter { $0.name != "id" }.map { "\($0.name)=\($0.value)" } }
      return "date \(parts.joined(separator: " "))"
    default:
      let parts = element.attributes.filter { $0.name != "id" }.map { "\($0.name)=\($0.value)" }
      return "\(element.name) \(parts.joined(separator: " "))"
    }
  }
}

extension Element {
  /// The value of an nvpair as a plan tells it.
  var shownValue: String { self["id-ref"].map { "as in \($0)" } ?? self["value"] ?? "(no value)" }
}
