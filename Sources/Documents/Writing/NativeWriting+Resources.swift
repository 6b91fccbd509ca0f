import CIB
import Desired
import XML

// MARK: - Primitives and templates

extension NativeWriting {
  func primitive(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "primitive" || element.name == "template" else { throw NotExpressible() }
    var entries: [Entry] = []
    switch (element["class"], element["template"]) {
    case (nil, let template?) where element.name == "primitive" && element["type"] == nil && element["provider"] == nil:
      entries.append("template", .text(template))
    case (_?, nil):
      entries.append("agent", .text(try agent(of: element)))
    default:
      throw NotExpressible()
    }
    return .map(entries + (try primitiveContent(element)))
  }

  /// Short for a primitive of class stonith: the agent's class goes without saying.
  func stonith(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "primitive", element["class"] == "stonith", element["provider"] == nil,
      element["template"] == nil, let type = element["type"], !type.isEmpty
    else { throw NotExpressible() }
    let agent = type.contains(":") ? "stonith:" + type : type
    return .map([Entry("agent", .text(agent))] + (try primitiveContent(element)))
  }

  /// `CLASS:TYPE` or `ocf:PROVIDER:TYPE`.
  private func agent(of element: Element) throws(NotExpressible) -> String {
    guard let agentClass = element["class"], let type = element["type"], !type.isEmpty else { throw NotExpressible() }
    switch (agentClass, element["provider"]) {
    case ("ocf", let provider?) where !provider.isEmpty && !provider.contains(":"):
      return "ocf:\(provider):\(type)"
    case ("lsb", nil), ("systemd", nil), ("service", nil), ("stonith", nil), ("heartbeat", nil), ("upstart", nil),
      ("nagios", nil):
      return "\(agentClass):\(type)"
    default:
      throw NotExpressible()
    }
  }

  private static let primitiveParts = ["instance_attributes", "meta_attributes", "utilization", "operations"]

  private func primitiveContent(_ element: Element) throws(NotExpressible) -> [Entry] {
    var entries = try attributes(of: element, .described, others: ["id", "class", "provider", "type", "template"])
    let parts = try Parts(try elements(of: element), Self.primitiveParts)
    entries += try parameters(parts)
    entries.append("utilization", try sets(parts["utilization"]))
    entries.append("operations", try operations(parts["operations"]))
    return entries
  }

  /// `params` and `meta`.
  func parameters(_ parts: Parts) throws(NotExpressible) -> [Entry] {
    var entries: [Entry] = []
    entries.append("params", try sets(parts["instance_attributes"]))
    entries.append("meta", try sets(parts["meta_attributes"]))
    return entries
  }

  /// The child elements of an object, by name.
  struct Parts {
    private var byName: [String: [Element]] = [:]

    /// - Throws: `NotExpressible` if there are elements of other names.
    init(_ elements: [Element], _ names: [String]) throws(NotExpressible) {
      for element in elements {
        guard names.contains(element.name) else { throw NotExpressible() }
        byName[element.name, default: []].append(element)
      }
    }

    subscript(name: String) -> [Element] { byName[name] ?? [] }

    /// The one element of the name, if there is any.
    func one(_ name: String) throws(NotExpressible) -> Element? {
      guard self[name].count <= 1 else { throw NotExpressible() }
      return self[name].first
    }
  }
}

// MARK: - Operations

extension NativeWriting {
  /// A list, `{id: X, list: […]}` where something refers to it, or `{ref: X}`; nil for no operations.
  func operations(_ elements: [Element]) throws(NotExpressible) -> NativeValue? {
    guard elements.count <= 1 else { throw NotExpressible() }
    guard let element = elements.first else { return nil }
    if let reference = try reference(element) { return reference }
    let id = id(of: element)
    guard element.attributes.allSatisfy({ $0.name == "id" }) else { throw NotExpressible() }
    let children = try self.elements(of: element)
    let doubles = try Self.doubles(among: children)
    let operations = try children.converted { operation throws(NotExpressible) in
      try self.operation(operation, withID: doubles.contains(Self.key(operation)))
    }
    if !id.isEmpty { return .map(id + [Entry("list", .list(operations))]) }
    return operations.isEmpty ? nil : .list(operations)
  }

  /// What an operation is known by.
  private static func key(_ operation: Element) -> [String] {
    [operation["name"] ?? "", operation["interval"] ?? "0"]
  }

  /// Operations with the same name and interval can only be told apart by their ids.
  private static func doubles(among operations: [Element]) throws(NotExpressible) -> Set<[String]> {
    var known: Set<[String]> = []
    var doubles: Set<[String]> = []
    for operation in operations where operation["id-ref"] == nil && !known.insert(key(operation)).inserted {
      doubles.insert(key(operation))
    }
    for operation in operations where operation.id == nil && doubles.contains(key(operation)) {
      throw NotExpressible()
    }
    return doubles
  }

  private func operation(_ element: Element, withID: Bool) throws(NotExpressible) -> NativeValue {
    guard element.name == "op" else { throw NotExpressible() }
    if let reference = try reference(element) { return reference }
    guard element["name"] != nil else { throw NotExpressible() }
    var entries = withID ? anyID(of: element) : id(of: element)
    for entry in try attributes(of: element, .operation) {
      // Readers fill it in.
      if entry.key == "interval", element["interval"] == "0" { continue }
      entries.append(entry)
    }
    entries += try parameters(Parts(try elements(of: element), ["instance_attributes", "meta_attributes"]))
    return .map(entries)
  }
}

// MARK: - Remote nodes

extension NativeWriting {
  /// Short for an ocf:pacemaker:remote primitive, with what the short form brings by itself left out.
  func remote(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "primitive", element["class"] == "ocf", element["provider"] == "pacemaker",
      element["type"] == "remote", element["template"] == nil
    else { throw NotExpressible() }
    let parts = try Parts(try elements(of: element), Self.primitiveParts)
    var entries = try remoteParameters(parts["instance_attributes"])
    let description = try attributes(of: element, .described, others: ["id", "class", "provider", "type"])
    entries.insert(contentsOf: description, at: 0)
    entries.append("meta", try sets(parts["meta_attributes"]))
    entries.append("utilization", try sets(parts["utilization"]))
    if !isUsualMonitor(parts["operations"]) {
      entries.append("operations", try operations(parts["operations"]) ?? .list([]))
    }
    return .map(entries)
  }

  private func remoteParameters(_ elements: [Element]) throws(NotExpressible) -> [Entry] {
    var pairs: [Entry] = []
    if let value = try sets(elements) {
      guard case .map(let entries) = value.content else { throw NotExpressible() }
      pairs = entries
    }
    var entries: [Entry] = []
    for key in ["server", "port"] {
      // A null there would say nothing; among the parameters it removes the value.
      guard let index = pairs.firstIndex(where: { $0.key == key && $0.value != .null }) else { continue }
      entries.append(pairs.remove(at: index))
    }
    if let index = pairs.firstIndex(where: { $0.key == "reconnect_interval" }) {
      if pairs[index].value == .text("60") { pairs.remove(at: index) }
    } else {
      pairs.append("reconnect_interval", .null)
    }
    if !pairs.isEmpty { entries.append("params", .map(pairs)) }
    return entries
  }

  /// Whether the operations are what the short form brings: a monitor every 30 seconds.
  private func isUsualMonitor(_ elements: [Element]) -> Bool {
    guard elements.count == 1, elements[0].children.count == 1, let monitor = elements[0].elements.first,
      elements[0].attributes.allSatisfy({ $0.name == "id" && !referencedIDs.contains($0.value) })
    else { return false }
    return monitor.name == "op" && monitor.children.isEmpty && monitor["name"] == "monitor"
      && monitor["interval"] == "30s"
      && monitor.attributes.allSatisfy { attribute in
        switch attribute.name {
        case "name", "interval": true
        case "id": !referencedIDs.contains(attribute.value)
        default: false
        }
      }
  }
}

// MARK: - Groups, clones, bundles

extension NativeWriting {
  func group(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "group" else { throw NotExpressible() }
    let (members, parts) = try membersAndParts(of: element, [])
    var entries: [Entry] = []
    entries.append("members", try distinct(members))
    entries += try attributes(of: element, .described)
    return .map(entries + (try parameters(parts)))
  }

  func clone(_ element: Element) throws(NotExpressible) -> NativeValue {
    // <master> is what promotable clones were called before Pacemaker 2.0.
    let element = element.asPromotableClone()
    guard element.name == "clone" else { throw NotExpressible() }
    let (members, parts) = try membersAndParts(of: element, [])
    guard members.count == 1 else { throw NotExpressible() }
    var entries = [Entry("resource", .text(members[0]))]
    entries += try attributes(of: element, .described)
    return .map(entries + (try parameters(parts)))
  }

  func bundle(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "bundle" else { throw NotExpressible() }
    let containers = ["docker", "podman", "rkt"]
    let (members, parts) = try membersAndParts(of: element, containers + ["network", "storage"])
    let given = containers.flatMap { parts[$0] }
    guard given.count == 1, given[0]["image"] != nil, members.count <= 1 else { throw NotExpressible() }
    try checkEmpty(given[0])
    var entries = try attributes(of: element, .described)
    entries.append(given[0].name, .map(try attributes(of: given[0], .container, others: [])))
    if let network = try parts.one("network") { entries.append("network", try self.network(network)) }
    if let storage = try parts.one("storage") {
      guard storage.attributes.isEmpty else { throw NotExpressible() }
      entries.append("storage", .list(try mappings(of: storage, "storage-mapping", .storageMapping)))
    }
    entries.append("primitive", members.first.map(NativeValue.text))
    return .map(entries + (try parameters(parts)))
  }

  /// The ids of the references to members, and everything else.
  private func membersAndParts(
    of element: Element, _ names: [String]
  ) throws(NotExpressible) -> (members: [String], parts: Parts) {
    let children = try elements(of: element)
    let members = try children.filter { isResourceElement($0.name) }.converted { member throws(NotExpressible) in
      try onlyID(of: member)
    }
    let others = children.filter { !isResourceElement($0.name) }
    return (members, try Parts(others, ["instance_attributes", "meta_attributes"] + names))
  }

  private func network(_ element: Element) throws(NotExpressible) -> NativeValue {
    var entries = try attributes(of: element, .network, others: [])
    let ports = try mappings(of: element, "port-mapping", .portMapping)
    if !ports.isEmpty { entries.append("port-mapping", .list(ports)) }
    return .map(entries)
  }

  private func mappings(
    of element: Element, _ name: String, _ table: AttributeTable
  ) throws(NotExpressible) -> [NativeValue] {
    try elements(of: element).converted { mapping throws(NotExpressible) in
      guard mapping.name == name else { throw NotExpressible() }
      try checkEmpty(mapping)
      return .map(anyID(of: mapping) + (try attributes(of: mapping, table)))
    }
  }
}
