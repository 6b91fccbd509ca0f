import XML

// MARK: - Nodes, tags, fencing levels

extension CrmshWriting {
  /// `node [ID:] NAME[:TYPE] [attributes …] [utilization …]`.
  func node(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "uname", "type", "description")
    guard let uname = element["uname"], !uname.contains(":") else { throw NotExpressible() }
    var words = ["node"]
    if let id = element.id, id != uname { words.append(try leadingID(id)) }
    var name = try identifier(uname)
    if let type = element["type"] {
      try check(["normal", "member", "ping", "remote"].contains(type))
      name = CrmshText.word("\(uname):\(type)")
    }
    words.append(name)
    var parts = [words.joined(separator: " ")] + (try description(of: element))
    for child in element.elements {
      switch child.name {
      case "instance_attributes": parts += try set(child, "attributes")
      case "utilization": parts += try set(child, "utilization")
      default: throw NotExpressible()
      }
    }
    return parts
  }

  func tag(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id")
    var words = ["tag", try name(element.id)]
    for reference in element.elements {
      try check(reference.name == "obj_ref" && reference.attributes.count == 1 && reference.elements.isEmpty)
      words.append(try name(reference.id))
    }
    try check(words.count > 2)
    return [words.joined(separator: " ")]
  }

  /// `fencing_topology TARGET: DEVICES … TARGET: DEVICES …`; crmsh counts the levels.
  func fencingTopology(_ section: Element) throws(NotExpressible) -> [String] {
    var parts = ["fencing_topology"]
    var counts: [String: Int] = [:]
    var last: String?
    for level in section.elements {
      try check(level.name == "fencing-level" && level.elements.isEmpty)
      try allow(
        level, "id", "index", "devices", "target", "target-pattern", "target-attribute", "target-value")
      let (target, key) = try self.target(of: level)
      guard let index = level["index"], let devices = level["devices"], !devices.isEmpty, !devices.contains(":"),
        !devices.contains("="), CrmshText.word(devices) == devices
      else { throw NotExpressible() }
      counts[key, default: 0] += 1
      try check(index == String(counts[key]!))
      if target == last {
        parts[parts.count - 1] += " \(devices)"
      } else {
        parts.append("\(target) \(devices)")
      }
      last = target
    }
    return parts.count > 1 ? parts : []
  }

  /// The target's word, and what crmsh counts its levels by.
  private func target(of level: Element) throws(NotExpressible) -> (word: String, key: String) {
    switch (level["target"], level["target-pattern"], level["target-attribute"], level["target-value"]) {
    case (let node?, nil, nil, nil): return (try prefix(node), node)
    case (nil, let pattern?, nil, nil):
      try check(!pattern.isEmpty)
      return (CrmshText.word("pattern:\(pattern)"), pattern)
    case (nil, nil, let attribute?, let value?):
      let isPlain = (attribute + value).utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
      try check(isPlain && !attribute.isEmpty && !value.isEmpty)
      return ("attr:\(attribute)=\(value)", attribute)
    default: throw NotExpressible()
    }
  }
}

// MARK: - ACLs

extension CrmshWriting {
  /// `role ID [description=…] PERMISSION …`.
  func aclRole(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "description")
    var parts = ["role \(try name(element.id))"] + (try description(of: element))
    for permission in element.elements { parts.append(try aclPermission(permission)) }
    try check(!element.elements.isEmpty)
    return parts
  }

  /// `read|write|deny [ID:] [description=…] xpath:…|ref:…|[attr:…] type:…`.
  private func aclPermission(_ element: Element) throws(NotExpressible) -> String {
    try check(element.name == "acl_permission" && element.elements.isEmpty)
    try allow(element, "id", "kind", "xpath", "reference", "object-type", "attribute", "description")
    guard let kind = element["kind"], ["read", "write", "deny"].contains(kind) else { throw NotExpressible() }
    var words = [kind]
    if isReferenced(element), let id = element.id { words.append(try leadingID(id)) }
    words += try description(of: element)
    let given = ["xpath", "reference", "object-type"].filter { element[$0] != nil }
    try check(given.count == 1 && (element["attribute"] == nil || given == ["object-type"]))
    let names = [("xpath", "xpath"), ("reference", "ref"), ("attribute", "attr"), ("object-type", "type")]
    for (attribute, name) in names {
      guard let value = element[attribute] else { continue }
      try check(!value.isEmpty)
      words.append("\(name):\(CrmshText.value(value))")
    }
    return words.joined(separator: " ")
  }

  /// `acl_target NAME ROLE …`, `acl_group NAME ROLE …`.
  func aclTarget(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id")
    var words = [element.name, try identifier(element.id)]
    for role in element.elements {
      try check(role.name == "role" && role.attributes.count == 1 && role.elements.isEmpty)
      words.append(try name(role.id))
    }
    try check(words.count > 2)
    return [words.joined(separator: " ")]
  }
}

// MARK: - Alerts

extension CrmshWriting {
  /// `alert ID PATH [description=…] [attributes …] [meta …] [select …] [to RECIPIENT …]`.
  func alert(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "path", "description")
    guard let path = element["path"], !path.isEmpty else { throw NotExpressible() }
    var parts = ["alert \(try name(element.id)) \(CrmshText.value(path))"] + (try description(of: element))
    // Behind a recipient they would be the recipient's.
    parts += try alertSets(of: element, others: ["select", "recipient"])
    let selections = element.elements(named: "select")
    try check(selections.count <= 1)
    for select in selections { parts.append(try selection(select)) }
    for recipient in element.elements(named: "recipient") { parts.append(try self.recipient(recipient)) }
    return parts
  }

  private func alertSets(of element: Element, others: [String]) throws(NotExpressible) -> [String] {
    var parts: [String] = []
    for child in element.elements where !others.contains(child.name) {
      switch child.name {
      case "instance_attributes": parts += try set(child, "attributes")
      case "meta_attributes": parts += try set(child, "meta")
      default: throw NotExpressible()
      }
    }
    return parts
  }

  private func recipient(_ element: Element) throws(NotExpressible) -> String {
    try allow(element, "id", "value", "description")
    guard let value = element["value"], !value.isEmpty, value != "{" else { throw NotExpressible() }
    let words = ["to", CrmshText.value(value)] + (try description(of: element))
    return (words + (try alertSets(of: element, others: []))).joined(separator: " ")
  }

  /// `select nodes fencing attributes { a b }`.
  private func selection(_ element: Element) throws(NotExpressible) -> String {
    try check(element.attributes.isEmpty && !element.elements.isEmpty)
    var words = ["select"]
    for child in element.elements {
      try check(child.attributes.isEmpty)
      switch child.name {
      case "select_nodes", "select_fencing", "select_resources":
        try check(child.elements.isEmpty)
        words.append(String(child.name.dropFirst("select_".count)))
      case "select_attributes":
        words += ["attributes", "{"]
        for attribute in child.elements {
          try check(attribute.name == "attribute" && attribute.elements.isEmpty)
          try allow(attribute, "id", "name")
          words.append(try identifier(attribute["name"]))
        }
        words.append("}")
      default: throw NotExpressible()
      }
    }
    return words.joined(separator: " ")
  }
}
