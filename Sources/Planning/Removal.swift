import CIB
import XML

/// Takes everything that is gone out of an object that stays.
struct Removal {
  /// Ids of objects that are gone.
  var ids: Set<String>
  /// Ids of ACL roles that are gone are among `ids`; members that moved elsewhere are in `moved`, by the container
  /// they left.
  var moved: [String: Set<String>] = [:]

  enum Outcome: Equatable {
    case untouched
    case changed(Element)
    /// Nothing is left of it; `what` was the last.
    case empty(what: String)
  }

  func apply(to object: CIBObject) -> Outcome {
    let element = object.element
    switch object.kind {
    case .group, .clone:
      let outcome = removing(from: element) { member in
        isResourceElement(member.name) && isGone(member.id, from: object.id)
      }
      guard case .changed(let rest) = outcome, !rest.elements.contains(where: { isResourceElement($0.name) }) else {
        return outcome
      }
      return .empty(what: "its last member")
    case .bundle:
      return removing(from: element) { isResourceElement($0.name) && isGone($0.id, from: object.id) }
    case .location, .colocation, .order, .ticket:
      for name in ["rsc", "with-rsc", "first", "then"] {
        if let id = element[name], ids.contains(id) { return .empty(what: "'\(id)'") }
      }
      return removingFromSets(element)
    case .tag: return removingAll(from: element, named: "obj_ref", what: "the last object it names")
    case .aclTarget, .aclGroup:
      return removingAll(from: element, named: element.name == "acl_user" ? "role_ref" : "role", what: "its last role")
    case .aclRole:
      let outcome = removing(from: element) { $0.name == "acl_permission" && isGone($0["reference"]) }
      guard case .changed(let rest) = outcome, rest.elements.isEmpty else { return outcome }
      return .empty(what: "its last permission")
    default: return .untouched
    }
  }

  private func isGone(_ id: String?, from container: String? = nil) -> Bool {
    guard let id else { return false }
    return ids.contains(id) || container.flatMap { moved[$0]?.contains(id) } ?? false
  }

  private func removing(from element: Element, _ isGone: (Element) -> Bool) -> Outcome {
    guard element.children.contains(where: { $0.element.map(isGone) ?? false }) else { return .untouched }
    var rest = element
    rest.children.removeAll { $0.element.map(isGone) ?? false }
    return .changed(rest)
  }

  private func removingAll(from element: Element, named name: String, what: String) -> Outcome {
    let outcome = removing(from: element) { $0.name == name && isGone($0.id) }
    guard case .changed(let rest) = outcome, rest.first(name) == nil else { return outcome }
    return .empty(what: what)
  }

  private func removingFromSets(_ element: Element) -> Outcome {
    var rest = element
    var changes = false
    rest.children = element.children.compactMap { child in
      guard let set = child.element, set.name == "resource_set",
        case .changed(let smaller) = removing(from: set, { $0.name == "resource_ref" && isGone($0.id) })
      else { return child }
      changes = true
      return smaller.elements.isEmpty ? nil : .element(smaller)
    }
    guard changes else { return .untouched }
    return rest.first("resource_set") == nil ? .empty(what: "the last resource of its sets") : .changed(rest)
  }
}
