import CIB
import XML

/// Which ids elements have. The ids of a CIB are one name space, over all kinds of elements.
package enum Identifiers {
  /// Whether the id of such an element is in the common name space: not that of what it refers to, nor that of a node or
  /// an ACL target, which is free text of its own kind in the schemas.
  package static func hasCommonID(_ element: Element) -> Bool {
    !idIsReference(element.name) && element.name != "node" && element.name != "acl_target"
  }

  /// Calls the function for every element below and including this one that has an id in the common name space; not for
  /// the references that stand for members.
  static func forEach(in element: Element, kind: ObjectKind?, _ body: (String, Element) -> Void) {
    if let id = element.id, hasCommonID(element) {
      body(id, element)
    }
    let hasMembers = kind == .group || kind == .clone || kind == .bundle
    for case .element(let child) in element.children where !(hasMembers && isResourceElement(child.name)) {
      forEach(in: child, kind: nil, body)
    }
  }
}

extension Placement {
  /// The id of the constraint that a placement makes for a resource and a node.
  package static func constraintID(resource: String, node: String) -> String {
    "loc-\(resource)-\(node)"
  }

  /// Whether that is the id, without making it.
  package static func isConstraintID(_ id: String, resource: String, node: String) -> Bool {
    let dash = 4 + resource.utf8.count
    return id.utf8.count == dash + 1 + node.utf8.count
      && id.has("loc-", at: 0) && id.has(resource, at: 4) && id.has("-", at: dash) && id.has(node, at: dash + 1)
  }
}
