import CIB
import XML

// MARK: - Nodes, settings, fencing, tags, ACLs, alerts

extension CrmshStatement {
  /// `node [$id=ID|ID:] NAME[:TYPE] …`.
  mutating func node() throws(CrmshProblem) -> Element {
    var node = Element("node", position: position)
    if let id = takeValue(of: "$id") ?? takePrefix()?.text { node["id"] = id }
    let word = try id("the name of a node")
    let types = ["normal", "member", "ping", "remote"]
    if let separator = word.text.lastIndex(of: ":"),
      types.contains(String(word.text[word.text.index(after: separator)...]))
    {
      node["uname"] = String(word.text[..<separator])
      node["type"] = String(word.text[word.text.index(after: separator)...])
    } else {
      node["uname"] = word.text
    }
    node.position = word.position
    node.set("description", takeValue(of: "description"))
    while let word = peek {
      let sets = try sets([("attributes", "instance_attributes"), ("utilization", "utilization")])
      guard !sets.isEmpty else { throw problem("'\(word.text)' is not understood here", at: word) }
      for set in sets { node.append(set) }
    }
    return node
  }

  /// `property [$id=ID|ID:] [rule …] NAME=VALUE …`.
  mutating func settings(_ name: String) throws(CrmshProblem) -> Element {
    var set = Element(name, position: position)
    if let reference = takeValue(of: "$id-ref") {
      set["id-ref"] = reference
      return set
    }
    if let id = takeValue(of: "$id") ?? takePrefix()?.text { set["id"] = id }
    for rule in try rules() { set.append(rule) }
    for pair in try pairs() { set.append(pair) }
    return set
  }

  /// `fencing_topology [TARGET:] DEVICES …`; levels count up from 1 for each name of a node, pattern or attribute, of
  /// which a pattern may be the same as a node's name (tried with crmsh 4.4.1).
  mutating func fencingLevels() throws(CrmshProblem) -> [Element] {
    var target: [Attribute] = []
    var counted = ""
    var indexes: [String: Int] = [:]
    var levels: [Element] = []
    while let word = next() {
      if word.text.lowercased().hasPrefix("attr:"), let (name, value) = word.pair {
        counted = String(name.dropFirst(5))
        target = [Attribute("target-attribute", counted), Attribute("target-value", value)]
      } else if word.text.lowercased().hasPrefix("pattern:"), word.text.utf8.count > 8 {
        counted = String(word.text.dropFirst(8))
        target = [Attribute("target-pattern", counted)]
      } else if word.text.hasSuffix(":"), word.text.utf8.count > 1 {
        counted = String(word.text.dropLast())
        target = [Attribute("target", counted)]
      } else {
        guard !target.isEmpty else {
          throw problem(
            "a fencing level needs its target", at: word, hint: "fencing_topology NODE: DEVICE DEVICE,DEVICE")
        }
        indexes[counted, default: 0] += 1
        let place = [Attribute("index", String(indexes[counted]!)), Attribute("devices", word.text)]
        levels.append(Element("fencing-level", target + place, position: word.position))
      }
    }
    return levels
  }

  /// `tag ID[:] OBJECT …`.
  mutating func tag() throws(CrmshProblem) -> Element {
    let id = try id()
    let name = id.text.hasSuffix(":") ? String(id.text.dropLast()) : id.text
    var tag = Element("tag", [Attribute("id", name)], position: id.position)
    for word in rest() { tag.append(Element("obj_ref", [Attribute("id", word.text)], position: word.position)) }
    guard !tag.children.isEmpty else { throw problem("tag '\(name)' names no object", at: id) }
    return tag
  }

  /// `delete ID …`.
  mutating func deletions() throws(CrmshProblem) -> [CrmshWord] {
    var words: [CrmshWord] = []
    while let word = next() {
      if ["--force", "-f"].contains(word.text) { continue }
      guard isXMLName(word.text) else { throw problem("'\(word.text)' is no id", at: word) }
      words.append(word)
    }
    guard !words.isEmpty else { throw problem("'delete' names no object", at: last) }
    return words
  }

  /// `xml <element …/>`: what crmsh has no words for.
  mutating func xml() throws(CrmshProblem) -> CrmshMeaning {
    let start = try expect("an XML element")
    stepBack()
    let bytes = Array(rest().map(\.text).joined(separator: " ").utf8)
    let parsed: Result<Element, XMLError> = bytes.withUnsafeBytes { buffer in
      do throws(XMLError) {
        return .success(try Element(parsing: buffer))
      } catch {
        return .failure(error)
      }
    }
    let element: Element
    switch parsed {
    case .success(let parsed): element = parsed.moved(to: start.position)
    case .failure(let error): throw problem("not valid XML: \(error.message)", at: start)
    }
    switch element.name {
    case "cluster_property_set": return .elements([element], .properties)
    case "rsc_defaults", "op_defaults", "fencing-topology":
      return .elements(element.elements, Section(rawValue: element.name)!)
    case "node": return .elements([element], .nodes)
    default:
      guard let section = ObjectKind(elementName: element.name)?.section else {
        throw problem("<\(element.name)> is no object of a configuration", at: start)
      }
      return .elements([element], section)
    }
  }

  // MARK: - ACLs

  /// `role ID PERMISSION …`, PERMISSION: `read|write|deny [$id=ID] [description=…] SPEC…`.
  mutating func aclRole() throws(CrmshProblem) -> Element {
    let id = try id()
    var role = Element("acl_role", [Attribute("id", id.text)], position: id.position)
    role.set("description", takeValue(of: "description"))
    while let word = next() {
      let kind = word.text.lowercased()
      guard Self.permissions.contains(kind) else { throw problem("read, write or deny is expected", at: word) }
      var permission = Element("acl_permission", position: word.position)
      permission.set("id", takeValue(of: "$id") ?? takePrefix()?.text)
      permission["kind"] = kind
      permission.set("description", takeValue(of: "description"))
      let specifications = try specifications(after: word)
      if specifications["attribute"] != nil && specifications["object-type"] == nil {
        throw problem("'attribute' goes with a type", at: word)
      }
      // What cannot stand together is as many permissions.
      for names in [["xpath"], ["reference"], ["object-type", "attribute"]] where specifications[names[0]] != nil {
        var one = permission
        if role.children.contains(where: { $0.element?.id != nil && $0.element?.id == one.id }) { one["id"] = nil }
        for name in names { one.set(name, specifications[name]) }
        role.append(one)
      }
    }
    return role
  }

  private static let permissions: Set<String> = ["read", "write", "deny"]

  private static let specificationNames = [
    "xpath": "xpath", "ref": "reference", "reference": "reference", "tag": "object-type", "type": "object-type",
    "attr": "attribute", "attribute": "attribute",
  ]

  /// XPath by the name of a shortcut, in pieces; `@@` is what stands behind a colon.
  private static let shortcuts: [String: [String]] = [
    "meta": ["//primitive[@id='@@']/meta_attributes", "/nvpair[@name='@@']"],
    "params": ["//primitive[@id='@@']/instance_attributes", "/nvpair[@name='@@']"],
    "utilization": ["//primitive[@id='@@']/utilization"],
    "location": ["//rsc_location[@id='cli-prefer-@@' and @rsc='@@']"],
    "property": ["//crm_config/cluster_property_set", "/nvpair[@name='@@']"],
    "nodeattr": ["//nodes/node/instance_attributes", "/nvpair[@name='@@']"],
    "nodeutil": ["//nodes/node/utilization", "[@uname='@@']"],
    "node": ["//nodes/node", "[@uname='@@']"], "status": ["/cib/status"], "cib": ["/cib"],
  ]

  private mutating func specifications(after permission: CrmshWord) throws(CrmshProblem) -> [String: String] {
    var result: [String: String] = [:]
    while let word = peek, !Self.permissions.contains(word.text.lowercased()) {
      let (head, tail) = word.split
      if let name = Self.specificationNames[head], let tail {
        result[name] = tail
      } else if let pieces = Self.shortcuts[head] {
        result["xpath"] = try expanded(pieces, tail, word)
      } else {
        throw problem("'\(word.text)' is no xpath:, ref:, type:, attribute: or a shortcut", at: word)
      }
      _ = next()
    }
    guard !result.isEmpty else { throw problem("'\(permission.text)' says of nothing", at: permission) }
    return result
  }

  private func expanded(_ pieces: [String], _ arguments: String?, _ word: CrmshWord) throws(CrmshProblem) -> String {
    var arguments = (arguments?.pieces(between: ":") ?? [])[...]
    var xpath = ""
    for piece in pieces {
      if piece.contains("@@") {
        guard let argument = arguments.popFirst() else {
          // A piece in front is complete in itself.
          if xpath.isEmpty { throw problem("'\(word.text)' needs what it is about, behind a colon", at: word) }
          break
        }
        guard !argument.contains("'") else { throw problem("a quote cannot stand in '\(word.text)'", at: word) }
        xpath += piece.replacing("@@", with: argument)
      } else {
        xpath += piece
      }
    }
    guard arguments.isEmpty else { throw problem("'\(word.text)' has too many parts", at: word) }
    return xpath
  }

  /// `acl_target NAME ROLE …`.
  mutating func aclSubject(_ name: String) throws(CrmshProblem) -> Element {
    let id = try id()
    var subject = Element(name, [Attribute("id", id.text)], position: id.position)
    for word in rest() { subject.append(Element("role", [Attribute("id", word.text)], position: word.position)) }
    return subject
  }

  /// `user NAME role:ROLE …`, or permissions: ACLs as they were before Pacemaker 1.1.12.
  mutating func aclUser() throws(CrmshProblem) -> Element {
    let id = try id()
    var user = Element("acl_user", [Attribute("id", id.text)], position: id.position)
    while let word = next() {
      if word.text.lowercased().hasPrefix("role:") {
        user.append(Element("role_ref", [Attribute("id", String(word.text.dropFirst(5)))], position: word.position))
        continue
      }
      let kind = word.text.lowercased()
      guard Self.permissions.contains(kind) else { throw problem("role:, read, write or deny is expected", at: word) }
      var rule = Element(kind, position: word.position)
      for (name, value) in try specifications(after: word).sorted(by: { $0.key < $1.key }) {
        rule[["reference": "ref", "object-type": "tag"][name] ?? name] = value
      }
      user.append(rule)
    }
    return user
  }

  // MARK: - Alerts

  private static let alertWords: Set<String> = ["attributes", "meta", "to", "select", "{", "}"]

  /// `alert ID PATH [attributes …] [meta …] [select …] [to { RECIPIENT … }] …`.
  mutating func alert() throws(CrmshProblem) -> Element {
    let id = try id()
    let path = try expect("a path")
    var alert = Element("alert", [Attribute("id", id.text), Attribute("path", path.text)], position: id.position)
    alert.set("description", takeValue(of: "description"))
    while let word = peek {
      switch word.text.lowercased() {
      case "attributes", "meta": for set in try alertSets() { alert.append(set) }
      case "select":
        _ = next()
        alert.append(try selection(word))
      case "to":
        _ = next()
        alert.append(try recipient())
      default: throw problem("'\(word.text)' is not understood here", at: word)
      }
    }
    return alert
  }

  private mutating func alertSets() throws(CrmshProblem) -> [Element] {
    try sets([("attributes", "instance_attributes"), ("meta", "meta_attributes")], ending: Self.alertWords)
  }

  private mutating func recipient() throws(CrmshProblem) -> Element {
    let isBraced = take("{")
    let value = try expect("a recipient")
    var recipient = Element("recipient", [Attribute("value", value.text)], position: value.position)
    recipient.set("id", takeValue(of: "$id"))
    recipient.set("description", takeValue(of: "description"))
    while let word = peek, ["attributes", "meta"].contains(word.text.lowercased()) {
      for set in try alertSets() { recipient.append(set) }
    }
    if isBraced && !take("}") { throw problem("'}' is expected", at: peek ?? value) }
    return recipient
  }

  private mutating func selection(_ keyword: CrmshWord) throws(CrmshProblem) -> Element {
    var select = Element("select", position: keyword.position)
    while let word = peek, ["nodes", "fencing", "resources", "attributes"].contains(word.text) {
      _ = next()
      var selected = Element("select_\(word.text)", position: word.position)
      if word.text == "attributes" {
        guard take("{") else {
          // Not part of the selection, but the alert's own.
          stepBack()
          break
        }
        while let name = next(), name.text != "}" {
          selected.append(Element("attribute", [Attribute("name", name.text)], position: name.position))
        }
      }
      select.append(selected)
    }
    guard !select.children.isEmpty else { throw problem("'select' selects nothing", at: keyword) }
    return select
  }
}

extension Element {
  /// Everything in it at one place of the document.
  fileprivate func moved(to position: SourcePosition) -> Element {
    var result = self
    result.position = position
    result.children = children.map { child in
      if case .element(let element) = child { .element(element.moved(to: position)) } else { child }
    }
    return result
  }
}
