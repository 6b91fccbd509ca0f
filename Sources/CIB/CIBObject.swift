import XML

/// One object of a configuration: a resource, a constraint, a tag, …
///
/// Resources are taken apart: the members of a group, clone or bundle are objects of their own, and inside the
/// outer one's element stands a reference in their place, an element with nothing but an id:
///
///     <group id="g"><meta_attributes …/><primitive id="a"/><primitive id="b"/></group>
///
/// The name of a reference's element counts for nothing: a document may not know whether a member is a primitive.
package struct CIBObject: Equatable, Sendable {
  package var kind: ObjectKind
  /// The XML id; for nodes the name (`uname`).
  package var id: String
  package var element: Element

  package init(kind: ObjectKind, id: String, element: Element) {
    self.kind = kind
    self.id = id
    self.element = element
  }

  /// The ids of the resources inside this one, in order.
  package var memberIDs: [String] {
    guard kind.isResource, kind != .primitive else { return [] }
    return element.children.compactMap { child in
      guard let element = child.element, isResourceElement(element.name) else { return nil }
      return element.id ?? ""
    }
  }

  /// Takes a resource (or any other object's element) apart, the outer before the inner.
  package static func takingApart(_ element: Element, kind: ObjectKind) -> [CIBObject] {
    guard kind.isResource, kind != .primitive else {
      return [CIBObject(kind: kind, id: element.id ?? "", element: element)]
    }
    var outer = element
    var inner: [CIBObject] = []
    for (index, child) in element.children.enumerated() {
      guard let member = child.element, let memberKind = ObjectKind(elementName: member.name), memberKind.isResource
      else { continue }
      // Already a reference, as in the XML parts of native documents: no schema allows such a resource.
      if member.isMemberReference { continue }
      outer.children[index] = .element(.memberReference(member.id ?? "", name: member.name, position: member.position))
      inner += takingApart(member, kind: memberKind)
    }
    return [CIBObject(kind: kind, id: element.id ?? "", element: outer)] + inner
  }
}

extension Element {
  /// What stands for a member inside the element of a group, clone or bundle that was taken apart.
  package static func memberReference(
    _ id: String, name: String = "primitive", position: SourcePosition = .unknown
  ) -> Element {
    Element(name, [Attribute("id", id)], position: position)
  }

  /// Of a fencing level: the node, the pattern, or `attribute=value`.
  package var levelTarget: String {
    self["target"] ?? self["target-pattern"] ?? "\(self["target-attribute"] ?? "")=\(self["target-value"] ?? "")"
  }

  /// Whether it stands for a member that is elsewhere, or nowhere.
  package var isMemberReference: Bool {
    attributes.count == 1 && children.isEmpty && id != nil && isResourceElement(name)
  }
}
