import XML

/// The resources that some location constraint allows on some node.
package struct PlacedResources {
  private var ids: Set<String> = []
  private var patterns: [String] = []

  package init(_ configuration: Configuration) {
    for object in configuration.objects where object.kind == .location {
      guard Self.allows(object.element) else { continue }
      if let pattern = object.element["rsc-pattern"] { patterns.append(pattern) }
      if let id = object.element["rsc"] { ids.insert(id) }
      for set in object.element.elements(named: "resource_set") { ids.formUnion(set.elements.compactMap(\.id)) }
    }
    // A constraint for a tag is one for all that it names.
    let named = ids
    for object in configuration.objects where object.kind == .tag && named.contains(object.id) {
      ids.formUnion(object.element.elements(named: "obj_ref").compactMap(\.id))
    }
  }

  /// Whether the constraint's score, or that of one of its rules, is not negative. A rule may hold nowhere; that is
  /// beyond what can be known here.
  private static func allows(_ location: Element) -> Bool {
    if let score = location["score"] { return !isNegative(score) }
    return location.elements(named: "rule").contains { rule in
      rule["score"].map { !isNegative($0) } ?? true
    }
  }

  private static func isNegative(_ score: String) -> Bool { (Values.score(score) ?? 0) < 0 }

  /// Whether the resource, one that it is inside of, one that is inside it, or its template is allowed somewhere.
  package func contains(_ id: String, in configuration: Configuration) -> Bool {
    var outer: String? = id
    while let at = outer {
      if isNamed(at) { return true }
      outer = configuration.parent(of: at)
    }
    return isAnyInside(id, configuration)
  }

  private func isAnyInside(_ id: String, _ configuration: Configuration) -> Bool {
    guard let object = configuration.object(id) else { return false }
    if isNamed(id) { return true }
    if let template = object.element["template"], isNamed(template) { return true }
    return object.memberIDs.contains { configuration.parent(of: $0) == id && isAnyInside($0, configuration) }
  }

  private func isNamed(_ id: String) -> Bool { ids.contains(id) || patterns.contains { Pattern.matches(id, $0) } }
}
