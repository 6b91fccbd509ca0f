import XML

/// The schema that a CIB says it follows (`validate-with`), as far as it decides how a thing is spelled.
package struct Schema: Equatable, Sendable {
  package var name: String
  private var major: Int
  private var minor: Int

  /// - Parameter name: the value of `validate-with`: `pacemaker-3.9`, or `none`, which allows everything.
  package init(_ name: String) {
    self.name = name
    let parts = name.hasPrefix("pacemaker-") ? name.dropFirst("pacemaker-".count).split(separator: ".") : []
    major = parts.first.flatMap { Int($0) } ?? Int.max
    minor = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
  }

  package static let newest = Schema("pacemaker-3.9")

  private func isAtLeast(_ major: Int, _ minor: Int) -> Bool { (self.major, self.minor) >= (major, minor) }

  /// `role="Promoted"` came with pacemaker-3.7 (Pacemaker 2.1.0).
  package var knowsPromoted: Bool { isAtLeast(3, 7) }

  /// `role="Master"` went with pacemaker-4.0 (Pacemaker 3.0.0), as did `<master>`.
  package var knowsMaster: Bool { !isAtLeast(4, 0) || major == Int.max }

  /// The role as this schema spells it.
  package func spelling(ofRole role: String) -> String {
    switch role {
    case "Master", "Promoted": knowsPromoted && (role == "Promoted" || !knowsMaster) ? "Promoted" : "Master"
    case "Slave", "Unpromoted": knowsPromoted && (role == "Unpromoted" || !knowsMaster) ? "Unpromoted" : "Slave"
    default: role
    }
  }

  /// The element, in this schema's spelling: roles, `masters` of bundles, and promotable clones for `<master>` where
  /// that is gone.
  package func spelling(_ element: Element) -> Element {
    guard !(knowsPromoted && knowsMaster) else { return element }
    var result = element
    for index in result.attributes.indices {
      switch result.attributes[index].name {
      case "role", "rsc-role", "with-rsc-role":
        result.attributes[index].value = spelling(ofRole: result.attributes[index].value)
      // Of a bundle's container; `promoted-max` came with pacemaker-3.0.
      case "masters" where !knowsMaster: result.attributes[index].name = "promoted-max"
      case "promoted-max" where !isAtLeast(3, 0): result.attributes[index].name = "masters"
      default: break
      }
    }
    if result.name == "master", !knowsMaster { result = result.asPromotableClone() }
    for index in result.children.indices {
      if case .element(let child) = result.children[index] { result.children[index] = .element(spelling(child)) }
    }
    return result
  }
}

extension Element {
  /// A `<master>` as the `<clone>` with `promotable=true` that it means.
  package func asPromotableClone() -> Element {
    guard name == "master" else { return self }
    var clone = withoutPromotable()
    clone.name = "clone"
    let promotable = Element("nvpair", [Attribute("name", "promotable"), Attribute("value", "true")])
    let plainSet = clone.children.firstIndex { child in
      guard let set = child.element else { return false }
      return set.name == "meta_attributes" && set["id-ref"] == nil && set.first("rule") == nil
    }
    if let plainSet, var set = clone.children[plainSet].element {
      set.append(promotable)
      clone.children[plainSet] = .element(set)
    } else {
      clone.children.insert(.element(Element("meta_attributes", children: [.element(promotable)])), at: 0)
    }
    return clone
  }

  /// Without the meta attribute `promotable`, whatever its value: a `<master>` is promotable all the same (Pacemaker's
  /// `detect_promotable`).
  package func withoutPromotable() -> Element {
    var result = self
    for index in children.indices {
      guard case .element(var set) = children[index], set.name == "meta_attributes" else { continue }
      set.children.removeAll { $0.element?["name"] == "promotable" }
      result.children[index] = .element(set)
    }
    return result
  }
}
