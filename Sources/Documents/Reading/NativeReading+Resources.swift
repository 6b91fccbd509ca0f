import CIB
import Desired
import XML

// MARK: - Primitives and templates

extension NativeReading {
  mutating func primitive(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .primitive, subject) else { return nil }
    var element = Element("primitive", [Attribute("id", entry.key)], position: entry.keyPosition)
    switch (entries["agent"], entries.entry("template")) {
    case (let agent?, let template?):
      report("\(subject): 'agent' and 'template' exclude each other", at: template.keyPosition)
      readAgent(agent, into: &element, subject)
    case (let agent?, nil):
      readAgent(agent, into: &element, subject)
    case (nil, let template?):
      if let id = plainText(template.value, subject, "'template'") { element["template"] = id }
    case (nil, nil):
      reportMissing(
        "agent", subject, at: entry.keyPosition, hint: "for instance 'agent: ocf:heartbeat:IPaddr2'; or 'template:'")
    }
    readAttributes(entries, .primitive, into: &element, subject)
    readContent(entries, into: &element, subject)
    return element
  }

  mutating func template(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .template, subject) else { return nil }
    var element = Element("template", [Attribute("id", entry.key)], position: entry.keyPosition)
    if let agent = entries["agent"] {
      readAgent(agent, into: &element, subject)
    } else {
      reportMissing("agent", subject, at: entry.keyPosition, hint: "for instance 'agent: ocf:heartbeat:IPaddr2'")
    }
    readAttributes(entries, .template, into: &element, subject)
    readContent(entries, into: &element, subject)
    return element
  }

  /// `CLASS:TYPE` or `ocf:PROVIDER:TYPE`. A type may have colons itself: `systemd:unit@a:b`.
  private mutating func readAgent(_ value: NativeValue, into element: inout Element, _ subject: Subject) {
    guard let agent = plainText(value, subject, "'agent'") else { return }
    let classes = ["ocf", "lsb", "systemd", "service", "stonith", "heartbeat", "upstart", "nagios"]
    guard let (agentClass, rest) = agent.cut(at: ":") else {
      return report(
        "\(subject): the agent '\(agent)' has no class", at: value.position,
        hint: "write CLASS:TYPE, or ocf:PROVIDER:TYPE, for instance 'ocf:heartbeat:\(agent)'")
    }
    guard classes.contains(agentClass) else {
      return report(
        "\(subject): unknown agent class '\(agentClass)'", at: value.position,
        hint: Suggestion.hint(for: agentClass, among: classes) ?? "the classes are: " + classes.joined(separator: ", "))
    }
    element["class"] = agentClass
    var type = rest
    if agentClass == "ocf" {
      guard let (provider, name) = rest.cut(at: ":") else {
        return report(
          "\(subject): the agent '\(agent)' has no provider", at: value.position,
          hint: "write ocf:PROVIDER:TYPE, for instance 'ocf:heartbeat:\(rest)'")
      }
      element["provider"] = provider
      type = name
    }
    element["type"] = type
    if type.isEmpty || element["provider"]?.isEmpty == true {
      report("\(subject): the agent '\(agent)' is incomplete", at: value.position)
    }
  }

  /// What primitives and templates consist of, in the order Pacemaker's own tools write it.
  private mutating func readContent(_ entries: [Entry], into element: inout Element, _ subject: Subject) {
    readSets(entries, into: &element, subject)
    for set in sets(entries["utilization"], "utilization", subject.part("utilization")) { element.append(set) }
    if let operations = operations(entries["operations"], subject) { element.append(operations) }
  }

  /// `params` and `meta`.
  mutating func readSets(_ entries: [Entry], into element: inout Element, _ subject: Subject) {
    for set in sets(entries["params"], "instance_attributes", subject.part("params")) { element.append(set) }
    for set in sets(entries["meta"], "meta_attributes", subject.part("meta")) { element.append(set) }
  }
}

// MARK: - Operations

extension NativeReading {
  /// A list of operations, `{id: X, list: [...]}` or `{ref: X}`; nil where there are none.
  mutating func operations(_ value: NativeValue?, _ subject: Subject) -> Element? {
    guard let value else { return nil }
    let subject = subject.part("operations")
    var element = Element("operations", position: value.position)
    var list = value
    if case .map = value.content {
      guard
        let entries = entries(
          of: value, .operationList, subject, hint: "operations are a list: [{name: monitor, interval: 10s}]")
      else { return nil }
      if let reference = reference(entries, "operations", subject, at: value.position) { return reference }
      readID(entries, into: &element, subject)
      list = entries["list"] ?? .list([])
    }
    for item in items(of: list, subject) {
      if let operation = operation(item, subject) { element.append(operation) }
    }
    checkOperationsDiffer(element, subject)
    return element.children.isEmpty && element.attributes.isEmpty ? nil : element
  }

  private mutating func operation(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard
      let entries = entries(
        of: value, .operation, subject, hint: "parameters of an operation go under 'params:'")
    else { return nil }
    if let reference = reference(entries, "op", subject, at: value.position) { return reference }
    var element = Element("op", position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .operation, into: &element, subject)
    if element["name"] == nil { reportMissing("name", subject, at: value.position) }
    // The schemas demand one.
    if element["interval"] == nil { element["interval"] = "0" }
    readSets(entries, into: &element, subject)
    return element
  }

  /// An operation is known by name and interval; two that share them can only be told apart by their ids.
  private mutating func checkOperationsDiffer(_ operations: Element, _ subject: Subject) {
    guard operations.children.count > 1 else { return }
    var known: [[String]: Element] = [:]
    for operation in operations.elements {
      guard let name = operation["name"], let interval = operation["interval"] else { continue }
      guard let same = known.updateValue(operation, forKey: [name, interval]) else { continue }
      guard same.id == nil || operation.id == nil else { continue }
      report(
        "\(subject): '\(name)' with interval '\(interval)' is there already, at line \(same.position.line)",
        at: operation.position)
    }
  }
}

// MARK: - Remotes and fencing devices

extension NativeReading {
  mutating func remote(_ entry: Entry, _ subject: Subject) -> Element? {
    var entries: [Entry] = []
    if case .null = entry.value.content {
    } else {
      guard let read = self.entries(of: entry.value, .remote, subject) else { return nil }
      entries = read
    }
    var element = Element(
      "primitive",
      [
        Attribute("id", entry.key), Attribute("class", "ocf"), Attribute("provider", "pacemaker"),
        Attribute("type", "remote"),
      ], position: entry.keyPosition)
    readAttributes(entries, .remote, into: &element, subject)
    let parameters = remoteParameters(entries, subject, at: entry.keyPosition)
    if !parameters.children.isEmpty { element.append(parameters) }
    for set in sets(entries["meta"], "meta_attributes", subject.part("meta")) { element.append(set) }
    for set in sets(entries["utilization"], "utilization", subject.part("utilization")) { element.append(set) }
    if entries["operations"] != nil {
      if let operations = operations(entries["operations"], subject) { element.append(operations) }
    } else {
      let monitor = Element(
        "op", [Attribute("name", "monitor"), Attribute("interval", "30s")], position: entry.keyPosition)
      element.append(Element("operations", children: [.element(monitor)], position: entry.keyPosition))
    }
    return element
  }

  /// `server`, `port`, the default for `reconnect_interval`, and `params`, which replace it key by key. A null there
  /// stays as "unset", so that the short form can be written again.
  private mutating func remoteParameters(
    _ entries: [Entry], _ subject: Subject, at position: SourcePosition
  ) -> Element {
    var result = Element("instance_attributes", position: entries["params"]?.position ?? position)
    for entry in entries where entry.key == "server" || entry.key == "port" {
      if case .null = entry.value.content { continue }
      result.append(pair(entry, subject))
    }
    var overriding: [Entry] = []
    switch entries["params"]?.content {
    case nil: break
    case .map(let given): overriding = given
    default:
      report(
        "\(subject): 'params' must be a map", at: entries["params"]!.position,
        hint: "a remote with several sets of parameters is written as a primitive, 'agent: ocf:pacemaker:remote'")
    }
    if !overriding.contains(where: { $0.key == "reconnect_interval" }) {
      result.append(pair("reconnect_interval", text: "60", at: position))
    }
    for entry in overriding {
      if (entry.key == "server" || entry.key == "port") && entries[entry.key] != nil {
        report("\(subject): '\(entry.key)' is given twice, also outside of 'params'", at: entry.keyPosition)
      }
      result.append(pair(entry, subject.part("params")))
    }
    return result
  }

  mutating func stonith(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .template, subject) else { return nil }
    var element = Element(
      "primitive", [Attribute("id", entry.key), Attribute("class", "stonith")], position: entry.keyPosition)
    if let value = entries["agent"] {
      if let agent = plainText(value, subject, "'agent'") {
        let prefix = "stonith:"
        let type = agent.hasPrefix(prefix) ? String(agent.dropFirst(prefix.count)) : agent
        if type.isEmpty { report("\(subject): 'agent' is empty", at: value.position) }
        if type == agent, type.contains(":") {
          report(
            "\(subject): '\(agent)' is no fencing agent", at: value.position,
            hint: "other agents go under 'primitives:'; here 'agent' is a name without a class, as 'external/ipmi'")
        }
        element["type"] = type
      }
    } else {
      reportMissing("agent", subject, at: entry.keyPosition, hint: "for instance 'agent: external/ipmi'")
    }
    readAttributes(entries, .template, into: &element, subject)
    readContent(entries, into: &element, subject)
    return element
  }
}

// MARK: - Groups, clones, bundles

extension NativeReading {
  mutating func group(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .group, subject) else { return nil }
    var element = Element("group", [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, .group, into: &element, subject)
    readSets(entries, into: &element, subject)
    if let members = entries["members"] {
      for member in distinctReferences(members, subject.part("members")) {
        element.append(.memberReference(member.id, position: member.location.position))
      }
    } else {
      reportMissing("members", subject, at: entry.keyPosition)
    }
    return element
  }

  mutating func clone(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .clone, subject) else { return nil }
    var element = Element("clone", [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, .clone, into: &element, subject)
    readSets(entries, into: &element, subject)
    if let resource = entries["resource"] {
      if let id = plainText(resource, subject, "'resource'") {
        element.append(.memberReference(id, position: resource.position))
      }
    } else {
      reportMissing("resource", subject, at: entry.keyPosition)
    }
    return element
  }

  mutating func bundle(_ entry: Entry, _ subject: Subject) -> Element? {
    guard let entries = entries(of: entry.value, .bundle, subject) else { return nil }
    var element = Element("bundle", [Attribute("id", entry.key)], position: entry.keyPosition)
    readAttributes(entries, .bundle, into: &element, subject)
    readSets(entries, into: &element, subject)
    readContainer(entries, into: &element, subject, at: entry.keyPosition)
    if let network = entries["network"], let network = self.network(network, subject.part("network")) {
      element.append(network)
    }
    if let storage = entries["storage"] {
      let mappings = mappings(storage, "storage-mapping", .storageMapping, subject.part("storage"))
      element.append(Element("storage", children: mappings.map(Node.element), position: storage.position))
    }
    if let primitive = entries["primitive"], let id = plainText(primitive, subject, "'primitive'") {
      element.append(.memberReference(id, position: primitive.position))
    }
    return element
  }

  private mutating func readContainer(
    _ entries: [Entry], into element: inout Element, _ subject: Subject, at position: SourcePosition
  ) {
    let containers = entries.filter { ["docker", "podman", "rkt"].contains($0.key) }
    guard let container = containers.first else {
      return report("\(subject): 'podman', 'docker' or 'rkt' is missing", at: position)
    }
    if containers.count > 1 {
      report(
        "\(subject): '\(containers[0].key)' and '\(containers[1].key)' exclude each other",
        at: containers[1].keyPosition)
    }
    let subject = subject.part(container.key)
    guard let attributes = self.entries(of: container.value, .container, subject) else { return }
    var child = Element(container.key, position: container.keyPosition)
    readAttributes(attributes, .container, into: &child, subject)
    if child["image"] == nil { reportMissing("image", subject, at: container.keyPosition) }
    element.append(child)
  }

  private mutating func network(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .network, subject) else { return nil }
    var element = Element("network", position: value.position)
    readAttributes(entries, .network, into: &element, subject)
    if let ports = entries["port-mapping"] {
      for port in mappings(ports, "port-mapping", .portMapping, subject.part("port-mapping")) { element.append(port) }
    }
    return element
  }

  private mutating func mappings(
    _ value: NativeValue, _ elementName: String, _ keys: ClosedKeys, _ subject: Subject
  ) -> [Element] {
    var elements: [Element] = []
    for item in items(of: value, subject) {
      guard let entries = entries(of: item, keys, subject) else { continue }
      var element = Element(elementName, position: item.position)
      readID(entries, into: &element, subject)
      readAttributes(entries, keys, into: &element, subject)
      elements.append(element)
    }
    return elements
  }
}
