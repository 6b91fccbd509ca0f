import CIB
import XML

/// The configuration in which some resources are told to stop, and all else is as it was.
///
/// What runs is stopped before it is deleted: a resource that is gone from the configuration is stopped as an orphan,
/// without regard to order (tried on Pacemaker 2.1.5).
package enum Stopping {
  /// - Parameter ids: primitives and bundles.
  package static func configuration(_ current: Element, stopping ids: Set<String>) -> Element {
    var result = current
    for index in result.children.indices {
      guard case .element(let section) = result.children[index], section.name == Section.resources.rawValue else {
        continue
      }
      result.children[index] = .element(stopping(ids, in: section))
    }
    return result
  }

  private static func stopping(_ ids: Set<String>, in element: Element) -> Element {
    var result = element
    for index in result.children.indices {
      guard case .element(let child) = result.children[index], isResourceElement(child.name) else { continue }
      var stopped = stopping(ids, in: child)
      if let id = child.id, ids.contains(id) { stop(&stopped) }
      result.children[index] = .element(stopped)
    }
    return result
  }

  /// Sets `target-role` where it wins over everything else that the resource says.
  private static func stop(_ resource: inout Element) {
    let sets = resource.elements(named: "meta_attributes")
    // Of a set that is elsewhere the score is there as well, and one with a rule may win some time.
    let isPlain = sets.allSatisfy { $0["id-ref"] == nil && $0.first("rule") == nil }
    guard isPlain, let first = AttributeSets.byPrecedence(sets).first,
      let index = resource.children.firstIndex(where: { $0.element == first })
    else {
      var set = Element("meta_attributes", [Attribute("id", "\(resource.id ?? "")-crmsync-stop")])
      if !sets.isEmpty { set["score"] = "INFINITY" }
      set.append(pair(in: set))
      // The last of those with one score wins; the schema has them in front of operations and members.
      let last = resource.children.lastIndex { $0.element?.name == "meta_attributes" }
      let place = last.map { $0 + 1 } ?? resource.children.firstIndex { $0.element != nil }
      resource.children.insert(.element(set), at: place ?? resource.children.count)
      return
    }
    var set = first
    if let pair = set.children.firstIndex(where: { $0.element?["name"] == "target-role" }),
      var present = set.children[pair].element
    {
      present["value"] = "Stopped"
      set.children[pair] = .element(present)
    } else {
      set.append(pair(in: set))
    }
    resource.children[index] = .element(set)
  }

  private static func pair(in set: Element) -> Element {
    Element(
      "nvpair",
      [
        Attribute("id", "\(set.id ?? "")-target-role"), Attribute("name", "target-role"), Attribute("value", "Stopped"),
      ])
  }
}
