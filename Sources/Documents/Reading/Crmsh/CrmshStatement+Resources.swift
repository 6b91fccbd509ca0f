import CIB
import XML

// MARK: - Resources

extension CrmshStatement {
  /// `primitive ID [CLASS:[PROVIDER:]]TYPE|@TEMPLATE …`.
  mutating func primitive(_ name: String) throws(CrmshProblem) -> Element {
    let id = try id()
    var element = Element(name, [Attribute("id", id.text)], position: id.position)
    let agent = try expect("an agent such as ocf:heartbeat:IPaddr2")
    if agent.text.hasPrefix("@"), name == "primitive" {
      element["template"] = String(agent.text.dropFirst())
    } else {
      try readAgent(agent, into: &element)
    }
    element.set("description", takeValue(of: "description"))
    try readParts(of: &element)
    return element
  }

  /// Those of Pacemaker's own agents that the resource-agents package does not have: of both, crmsh takes heartbeat's.
  private static let agentsOfPacemaker: Set<String> = [
    "attribute", "controld", "HealthCPU", "HealthIOWait", "HealthSMART", "ifspeed", "o2cb", "ping", "remote",
    "SystemHealth",
  ]

  private func readAgent(_ word: CrmshWord, into element: inout Element) throws(CrmshProblem) {
    let parts = word.text.pieces(between: ":")
    guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty }), word.text.cut(at: "=") == nil else {
      throw problem("'\(word.text)' is no agent", at: word, hint: "such as ocf:heartbeat:IPaddr2 or systemd:haproxy")
    }
    func provider(of type: String) -> String { Self.agentsOfPacemaker.contains(type) ? "pacemaker" : "heartbeat" }
    switch parts.count {
    case 3: (element["class"], element["provider"], element["type"]) = (parts[0], parts[1], parts[2])
    case 2 where parts[0] == "ocf":
      (element["class"], element["provider"], element["type"]) = ("ocf", provider(of: parts[1]), parts[1])
    case 2: (element["class"], element["type"]) = (parts[0], parts[1])
    default: (element["class"], element["provider"], element["type"]) = ("ocf", provider(of: parts[0]), parts[0])
    }
  }

  private static let primitiveSets = [
    (keyword: "params", element: "instance_attributes"), (keyword: "meta", element: "meta_attributes"),
    (keyword: "utilization", element: "utilization"),
  ]

  private mutating func readParts(of element: inout Element) throws(CrmshProblem) {
    var operations: Element?
    while let word = peek {
      switch word.text.lowercased() {
      case "operations":
        _ = next()
        operations = operations ?? Element("operations", position: word.position)
        if let reference = takeValue(of: "$id-ref") {
          operations!["id-ref"] = reference
        } else if let id = takeValue(of: "$id") {
          operations!["id"] = id
        } else {
          throw problem("'operations' needs $id=ID or $id-ref=ID", at: word)
        }
      case "op":
        _ = next()
        if operations == nil { operations = Element("operations", position: word.position) }
        operations!.append(try operation())
      default:
        let sets = try sets(Self.primitiveSets)
        guard !sets.isEmpty else { throw problem("'\(word.text)' is not understood here", at: word) }
        for set in sets { element.append(set) }
      }
    }
    if let operations { element.append(operations) }
  }

  /// What the schemas know as attributes of an operation; every other word is one of its parameters.
  private static let operationAttributes: Set<String> = [
    "id", "interval", "description", "start-delay", "interval-origin", "timeout", "enabled", "record-pending", "role",
    "requires", "on-fail",
  ]

  /// `op NAME [NAME=VALUE …] [op_params …] [op_meta …]`.
  private mutating func operation() throws(CrmshProblem) -> Element {
    let name = try id("the name of an operation")
    var operation = Element("op", [Attribute("name", name.text)], position: name.position)
    operation.set("id", takeValue(of: "$id"))
    if let reference = takeValue(of: "$id-ref") {
      operation["name"] = nil
      operation["id-ref"] = reference
      return operation
    }
    var parameters = Element("instance_attributes", position: name.position)
    for pair in try pairs() {
      if let name = pair["name"], Self.operationAttributes.contains(name), let value = pair["value"] {
        operation[name] = value
      } else {
        parameters.append(pair)
      }
    }
    if operation["interval"] == nil { operation["interval"] = "0" }
    if !parameters.children.isEmpty { operation.append(parameters) }
    while let word = peek, ["op_params", "op_meta"].contains(word.text.lowercased()) {
      for set in try sets([("op_params", "instance_attributes"), ("op_meta", "meta_attributes")]) {
        operation.append(set)
      }
    }
    return operation
  }

  /// `monitor RSC[:ROLE] INTERVAL[:TIMEOUT]`.
  mutating func monitor() throws(CrmshProblem) -> CrmshMeaning {
    let word = try id("a resource")
    let (resource, role) = word.split
    let (interval, timeout) = try expect("an interval").split
    var operation = Element(
      "op", [Attribute("name", "monitor"), Attribute("interval", interval)], position: word.position)
    operation.set("timeout", timeout)
    if let role {
      guard let spelled = Self.spelled(role, in: Self.roles) else { throw problem("'\(role)' is no role", at: word) }
      operation["role"] = spelled
    }
    return .operation(operation, resource: CrmshWord(text: resource, position: word.position))
  }

  private static let outerSets = [
    (keyword: "params", element: "instance_attributes"), (keyword: "meta", element: "meta_attributes"),
  ]

  /// `group ID MEMBER… …`.
  mutating func group() throws(CrmshProblem) -> Element {
    let id = try id()
    var members: [Element] = []
    while let word = peek, !word.text.contains("="), !["params", "meta"].contains(word.text.lowercased()) {
      _ = next()
      members.append(.memberReference(word.text, position: word.position))
    }
    var group = Element("group", [Attribute("id", id.text)], position: id.position)
    group.set("description", takeValue(of: "description"))
    for set in try outerParts() { group.append(set) }
    guard !members.isEmpty else { throw problem("group '\(id.text)' has no members", at: id) }
    for member in members { group.append(member) }
    return group
  }

  /// `clone ID MEMBER …`, `ms ID MEMBER …`.
  mutating func clone(_ name: String) throws(CrmshProblem) -> Element {
    let id = try id()
    let member = try self.id("a resource")
    var clone = Element(name, [Attribute("id", id.text)], position: id.position)
    clone.set("description", takeValue(of: "description"))
    for set in try outerParts() { clone.append(set) }
    clone.append(.memberReference(member.text, position: member.position))
    return clone
  }

  private mutating func outerParts() throws(CrmshProblem) -> [Element] {
    var parts: [Element] = []
    while let word = peek {
      let sets = try sets(Self.outerSets)
      guard !sets.isEmpty else { throw problem("'\(word.text)' is not understood here", at: word) }
      parts += sets
    }
    return parts
  }

  private static let containers: Set<String> = ["docker", "rkt", "podman"]
  private static let bundleParts = containers.union(["network", "storage", "meta", "primitive"])

  /// `bundle ID docker … network … port-mapping … storage storage-mapping … meta … primitive ID`.
  mutating func bundle() throws(CrmshProblem) -> Element {
    let id = try id()
    var bundle = Element("bundle", [Attribute("id", id.text)], position: id.position)
    bundle.set("description", takeValue(of: "description"))
    var parts: [String: Element] = [:]
    var order: [String] = []
    var meta: [Element] = []
    var member: Element?
    while let word = next() {
      let keyword = word.text.lowercased()
      guard Self.bundleParts.contains(keyword) else { throw problem("'\(word.text)' is not understood here", at: word) }
      switch keyword {
      case "meta": meta.append(try set("meta_attributes", ending: Self.bundleParts))
      case "primitive":
        let word = try self.id("a primitive")
        member = .memberReference(word.text, position: word.position)
      default:
        if parts[keyword] == nil { order.append(keyword) }
        var part = parts[keyword] ?? Element(keyword, position: word.position)
        try readMappings(into: &part)
        parts[keyword] = part
      }
    }
    for set in meta { bundle.append(set) }
    for keyword in order.sorted(by: { Self.containers.contains($0) && !Self.containers.contains($1) }) {
      bundle.append(parts[keyword]!)
    }
    if let member { bundle.append(member) }
    return bundle
  }

  /// `NAME=VALUE … [port-mapping NAME=VALUE …] …`.
  private mutating func readMappings(into part: inout Element) throws(CrmshProblem) {
    var mapping: Element?
    while let word = peek, !Self.bundleParts.contains(word.text.lowercased()) {
      _ = next()
      if ["port-mapping", "storage-mapping"].contains(word.text) {
        if let mapping { part.append(mapping) }
        mapping = Element(word.text, position: word.position)
      } else if let (name, value) = word.pair {
        let name = name.hasPrefix("$") ? String(name.dropFirst()) : name
        guard isXMLName(name) else { throw problem("'\(name)' is no name of an attribute", at: word) }
        if mapping == nil { part[name] = value } else { mapping![name] = value }
      } else {
        throw problem("'\(word.text)' is not understood here", at: word)
      }
    }
    if let mapping { part.append(mapping) }
  }
}
