import CIB
import XML

// MARK: - Primitives and templates

extension CrmshWriting {
  func primitive(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "class", "provider", "type", "template", "description")
    let keyword = element.name == "template" ? "rsc_template" : "primitive"
    var parts = ["\(keyword) \(try name(element.id)) \(try agent(of: element))"]
    parts += try description(of: element)
    var hasOperations = false
    for child in element.elements {
      switch child.name {
      case "instance_attributes": parts += try set(child, "params")
      case "meta_attributes": parts += try set(child, "meta")
      case "utilization": parts += try set(child, "utilization")
      case "operations":
        try check(!hasOperations)
        hasOperations = true
        parts += try operations(child)
      default: throw NotExpressible()
      }
    }
    return parts
  }

  /// `CLASS:PROVIDER:TYPE`, `CLASS:TYPE` or `@TEMPLATE`.
  private func agent(of element: Element) throws(NotExpressible) -> String {
    if let template = element["template"] {
      try check(element.name == "primitive" && element["class"] == nil && element["type"] == nil)
      return "@\(try name(template))"
    }
    guard let agentClass = element["class"], let type = element["type"] else { throw NotExpressible() }
    try check(agentClass != "ocf" || element["provider"] != nil)
    let words = [agentClass] + (element["provider"].map { [$0] } ?? []) + [type]
    for word in words {
      try check(!word.isEmpty && !word.contains(":") && !word.contains("=") && CrmshText.word(word) == word)
    }
    return words.joined(separator: ":")
  }

  // MARK: Operations

  /// `[operations $id=ID|$id-ref=ID] op … op …`.
  private func operations(_ element: Element) throws(NotExpressible) -> [String] {
    var parts: [String] = []
    if let id = element["id-ref"] {
      try allow(element, "id-ref")
      parts.append("operations \(CrmshText.pair("$id-ref", id))")
    } else {
      try allow(element, "id")
      // Told of operations without their id, crm drops those that have one, and all that is in them.
      if let id = element.id { parts.append("operations \(CrmshText.pair("$id", id))") }
    }
    for child in element.elements { parts += try operation(child) }
    return parts
  }

  /// `op NAME ATTRIBUTE=VALUE …`, and its sets.
  private func operation(_ element: Element) throws(NotExpressible) -> [String] {
    try check(element.name == "op")
    try allow(
      element, "id", "name", "interval", "timeout", "description", "start-delay", "interval-origin", "enabled",
      "record-pending", "role", "requires", "on-fail", "prereq", "disabled")
    var words = ["op", try identifier(element["name"])]
    // crmsh makes an id of them.
    try check(CrmshText.isPlain((element["name"] ?? "") + (element["interval"] ?? "")))
    for attribute in element.attributes where attribute.name != "id" && attribute.name != "name" {
      words.append(CrmshText.pair(attribute.name, attribute.value))
    }
    var parts = [words.joined(separator: " ")]
    for child in element.elements {
      switch child.name {
      case "instance_attributes": parts += try set(child, "op_params")
      case "meta_attributes": parts += try set(child, "op_meta")
      default: throw NotExpressible()
      }
    }
    return parts
  }
}

// MARK: - Groups, clones, bundles

extension CrmshWriting {
  func group(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "description")
    let (members, others) = try membersAndOthers(of: element)
    try check(!members.isEmpty && Set(members).count == members.count)
    try check(!members.contains { ["params", "meta"].contains($0.lowercased()) })
    return ["group \(try name(element.id)) \(members.joined(separator: " "))"] + (try description(of: element))
      + (try outerSets(others))
  }

  func clone(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "description")
    let (members, others) = try membersAndOthers(of: element)
    try check(members.count == 1)
    let keyword = element.name == "master" ? "ms" : "clone"
    return ["\(keyword) \(try name(element.id)) \(members[0])"] + (try description(of: element))
      + (try outerSets(others))
  }

  private func outerSets(_ elements: [Element]) throws(NotExpressible) -> [String] {
    var parts: [String] = []
    for element in elements {
      switch element.name {
      case "instance_attributes": parts += try set(element, "params")
      case "meta_attributes": parts += try set(element, "meta")
      default: throw NotExpressible()
      }
    }
    return parts
  }

  private func membersAndOthers(of element: Element) throws(NotExpressible) -> ([String], [Element]) {
    var members: [String] = []
    for member in element.elements where isResourceElement(member.name) {
      try check(member.isMemberReference)
      members.append(try name(member.id))
    }
    return (members, element.elements.filter { !isResourceElement($0.name) })
  }

  /// `bundle ID docker … network … storage … meta … primitive ID`. crmsh 4.4 knows no other containers.
  func bundle(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "description")
    let (members, others) = try membersAndOthers(of: element)
    try check(members.count <= 1)
    var byName: [String: Element] = [:]
    for other in others {
      try check(["docker", "network", "storage", "meta_attributes"].contains(other.name))
      try check(byName.updateValue(other, forKey: other.name) == nil)
    }
    guard let docker = byName["docker"], docker["image"] != nil, docker.elements.isEmpty else { throw NotExpressible() }
    var parts = ["bundle \(try name(element.id))"] + (try description(of: element))
    parts.append(line("docker", pairs(docker)))
    if let network = byName["network"] {
      parts.append(line("network", pairs(network) + (try mappings(of: network, "port-mapping"))))
    }
    if let storage = byName["storage"] {
      try check(storage.attributes.isEmpty)
      parts.append(line("storage", try mappings(of: storage, "storage-mapping")))
    }
    if let meta = byName["meta_attributes"] { parts += try set(meta, "meta") }
    if let member = members.first { parts.append("primitive \(member)") }
    return parts
  }

  private func line(_ keyword: String, _ words: [String]) -> String { ([keyword] + words).joined(separator: " ") }

  private func pairs(_ element: Element) -> [String] {
    element.attributes.map { CrmshText.pair($0.name, $0.value) }
  }

  private func mappings(of element: Element, _ name: String) throws(NotExpressible) -> [String] {
    var words: [String] = []
    for mapping in element.elements {
      try check(mapping.name == name && mapping.elements.isEmpty)
      words += [name] + pairs(mapping)
    }
    return words
  }
}
