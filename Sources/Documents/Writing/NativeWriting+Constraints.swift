import XML

extension NativeWriting {
  func location(_ element: Element) throws(NotExpressible) -> NativeValue {
    let parts = try Parts(try elements(of: element), ["resource_set", "rule", "lifetime"])
    guard element.name == "rsc_location" else { throw NotExpressible() }
    try checkOneOf(element["rsc"] != nil, element["rsc-pattern"] != nil, !parts["resource_set"].isEmpty)
    try checkOneOf(element["node"] != nil, !parts["rule"].isEmpty)
    guard (element["node"] != nil) == (element["score"] != nil) else { throw NotExpressible() }
    var entries = try attributes(of: element, .location)
    entries.append("sets", try resourceSets(parts))
    if !parts["rule"].isEmpty { entries.append("rules", try rules(parts["rule"])) }
    entries.append("lifetime", try lifetime(parts))
    return .map(entries)
  }

  func colocation(_ element: Element) throws(NotExpressible) -> NativeValue {
    try pairOrSets(element, "rsc_colocation", "rsc", "with-rsc", .colocation)
  }

  func order(_ element: Element) throws(NotExpressible) -> NativeValue {
    try pairOrSets(element, "rsc_order", "first", "then", .order)
  }

  func ticket(_ element: Element) throws(NotExpressible) -> NativeValue {
    let parts = try Parts(try elements(of: element), ["resource_set"])
    guard element.name == "rsc_ticket", element["ticket"] != nil else { throw NotExpressible() }
    try checkOneOf(element["rsc"] != nil, !parts["resource_set"].isEmpty)
    var entries = try attributes(of: element, .ticket)
    entries.append("sets", try resourceSets(parts))
    return .map(entries)
  }

  private func pairOrSets(
    _ element: Element, _ name: String, _ one: String, _ other: String, _ table: AttributeTable
  ) throws(NotExpressible) -> NativeValue {
    let parts = try Parts(try elements(of: element), ["resource_set", "lifetime"])
    guard element.name == name, (element[one] != nil) == (element[other] != nil) else { throw NotExpressible() }
    try checkOneOf(element[one] != nil, !parts["resource_set"].isEmpty)
    var entries = try attributes(of: element, table)
    entries.append("sets", try resourceSets(parts))
    entries.append("lifetime", try lifetime(parts))
    return .map(entries)
  }

  private func checkOneOf(_ conditions: Bool...) throws(NotExpressible) {
    guard conditions.count(where: { $0 }) == 1 else { throw NotExpressible() }
  }

  private func resourceSets(_ parts: Parts) throws(NotExpressible) -> NativeValue? {
    guard !parts["resource_set"].isEmpty else { return nil }
    return .list(try parts["resource_set"].converted { set throws(NotExpressible) in try resourceSet(set) })
  }

  private func resourceSet(_ element: Element) throws(NotExpressible) -> NativeValue {
    if let reference = try reference(element) { return reference }
    let resources = try elements(of: element).converted { reference throws(NotExpressible) in
      guard reference.name == "resource_ref" else { throw NotExpressible() }
      return try onlyID(of: reference)
    }
    return .map(
      id(of: element) + [Entry("resources", try distinct(resources))] + (try attributes(of: element, .resourceSet)))
  }

  private func lifetime(_ parts: Parts) throws(NotExpressible) -> NativeValue? {
    guard let lifetime = try parts.one("lifetime") else { return nil }
    guard lifetime.attributes.isEmpty else { throw NotExpressible() }
    return try rules(try elements(of: lifetime))
  }
}
