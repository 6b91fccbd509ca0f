import XML

/// The resources that some location constraint allows on some node.
package struct PlacedResources {
  private var ids: Set<String> = []
  private var patterns: [String] = []

  package init(_ configuration: Configuration) {
    var tagged: [String: [String]] = [:]
    for object in configuration.objects where object.kind == .tag {
      tagged[object.id] = object.element.elements(named: "obj_ref").compactMap(\.id)
    }
    for object in configuration.objects where object.kind == .location {
      guard Self.allows(object.element) else { continue }
      if let pattern = object.element["rsc-pattern"] { patterns.append(pattern) }
      var named = object.element["rsc"].map { [$0] } ?? []
      named += object.element.elements(named: "resource_set").flatMap { $0.elements.compactMap(\.id) }
      for id in named {
        ids.insert(id)
        ids.formUnion(tagged[id] ?? [])
      }
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
