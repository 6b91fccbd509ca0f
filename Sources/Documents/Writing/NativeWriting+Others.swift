import Desired
import XML

// MARK: - Tags, fencing levels, ACLs

extension NativeWriting {
  func tag(_ element: Element) throws(NotExpressible) -> NativeValue {
    _ = try attributes(of: element, .none)
    let references = try elements(of: element).converted { reference throws(NotExpressible) in
      guard reference.name == "obj_ref" else { throw NotExpressible() }
      return try onlyID(of: reference)
    }
    return try distinct(references)
  }

  func fencingLevel(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "fencing-level", let index = element["index"], let devices = element["devices"],
      !index.isEmpty, index.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      !index.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }),
      (element["target-attribute"] != nil) == (element["target-value"] != nil)
    else { throw NotExpressible() }
    let targets = ["target", "target-pattern", "target-attribute"]
    guard targets.count(where: { element[$0] != nil }) == 1 else { throw NotExpressible() }
    try checkEmpty(element)
    var entries = anyID(of: element)
    entries += try attributes(of: element, .fencingLevel, others: ["id", "index", "devices"])
    entries.append("level", .text(index))
    let ids = devices.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !ids.contains("") else { throw NotExpressible() }
    entries.append("devices", try distinct(ids))
    return .map(entries)
  }

  func aclRole(_ element: Element) throws(NotExpressible) -> NativeValue {
    var entries = try attributes(of: element, .described)
    let permissions = try elements(of: element).converted { permission throws(NotExpressible) in
      try aclPermission(permission)
    }
    entries.append("permissions", .list(permissions))
    return .map(entries)
  }

  private func aclPermission(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "acl_permission", element["kind"] != nil,
      ["xpath", "reference", "object-type"].count(where: { element[$0] != nil }) == 1
    else { throw NotExpressible() }
    try checkEmpty(element)
    return .map(id(of: element) + (try attributes(of: element, .aclPermission)))
  }

  /// A target or a group: a list of roles, or `{roles: […], name: N}`.
  func aclTarget(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "acl_target" || element.name == "acl_group" else { throw NotExpressible() }
    let roles = try elements(of: element).converted { role throws(NotExpressible) in
      guard role.name == "role" else { throw NotExpressible() }
      return NativeValue.text(try onlyID(of: role))
    }
    let others = try attributes(of: element, .aclTarget)
    return others.isEmpty ? .list(roles) : .map([Entry("roles", .list(roles))] + others)
  }
}

// MARK: - Alerts

extension NativeWriting {
  func alert(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element["path"] != nil else { throw NotExpressible() }
    let names = ["instance_attributes", "meta_attributes", "select", "recipient"]
    let parts = try Parts(try elements(of: element), names)
    var entries = try attributes(of: element, .alert)
    entries += try parameters(parts)
    if let select = try parts.one("select") { entries.append("select", try selection(select)) }
    if !parts["recipient"].isEmpty {
      let recipients = try parts["recipient"].converted { one throws(NotExpressible) in try recipient(one) }
      entries.append("recipients", .list(recipients))
    }
    return .map(entries)
  }

  private func recipient(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element["value"] != nil else { throw NotExpressible() }
    // A recipient is known by its value; by its id where that is left out.
    var entries = hides("value", of: element) ? anyID(of: element) : id(of: element)
    entries += try attributes(of: element, .recipient)
    entries += try parameters(Parts(try elements(of: element), ["instance_attributes", "meta_attributes"]))
    return .map(entries)
  }

  /// `{nodes: true, attributes: [a, b]}`.
  private func selection(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.attributes.isEmpty else { throw NotExpressible() }
    var entries: [Entry] = []
    for child in try elements(of: element) {
      guard child.attributes.isEmpty, !entries.contains(where: { "select_" + $0.key == child.name }) else {
        throw NotExpressible()
      }
      switch child.name {
      case "select_nodes", "select_fencing", "select_resources":
        try checkEmpty(child)
        entries.append(String(child.name.dropFirst("select_".count)), .text("true"))
      case "select_attributes":
        let attributes = try elements(of: child).converted { attribute throws(NotExpressible) in
          try selectedAttribute(attribute)
        }
        entries.append("attributes", attributes.isEmpty ? .text("true") : .list(attributes))
      default:
        throw NotExpressible()
      }
    }
    return .map(entries)
  }

  private func selectedAttribute(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "attribute", let name = element["name"] else { throw NotExpressible() }
    try checkEmpty(element)
    let others = try attributes(of: element, .alertAttribute)
    let id = id(of: element)
    return id.isEmpty ? .text(name) : .map(id + others)
  }
}
