import CIB
import Desired
import XML

/// Elements that no schema knows, which a CIB that names the schema `none` may have: crmsync leaves them as they are,
/// and writes none.
extension Plan {
  /// Reports those of the documents that the cluster does not have.
  ///
  /// - Parameter hasCluster: without one, what is in a document may be from the export of one.
  package mutating func checkUnknownElements(in desired: DesiredConfiguration, hasCluster: Bool = true) {
    for set in desired.settings where set.section == .unknown {
      let section = Section(elementName: set.element.name)
      let elements = section == nil ? [set.element] : set.element.elements
      let present = section == nil ? current.elements : current.first(set.element.name)?.elements ?? []
      for element in elements where !present.contains(where: { element.isKept(in: $0) }) {
        let known = section?.elementNames ?? Section.allCases.map(\.rawValue)
        let meant = Suggestion.nearest(to: element.name, among: known)
        let message = "unknown element <\(element.name)> in <\(section?.rawValue ?? "configuration")>"
        let hint = meant.map { "did you mean '\($0)'?" } ?? "only what the cluster has already may be there"
        let mayBeThere = !hasCluster && meant == nil
        diagnostics.append(
          Diagnostic(
            mayBeThere ? .warning : .error, message, at: set.location, category: mayBeThere ? .missing : .syntax,
            hint: hint))
      }
    }
  }
}

extension Element {
  /// Whether the other one says the same, what is left to the cluster aside.
  fileprivate func isKept(in other: Element) -> Bool {
    let isHidden = ValueSource(of: self) == .keep
    let ownAttributes = attributes.filter { $0 != ValueSource.keep.attribute }
    let otherAttributes = other.attributes.filter { !(isHidden && $0.name == "value") }
    guard name == other.name, ownAttributes.count == otherAttributes.count,
      ownAttributes.allSatisfy({ attribute in
        attribute.value == Secret.keep && Secret.mayBeKept(attribute.name, of: name)
          ? other[attribute.name] != nil : otherAttributes.contains(attribute)
      })
    else { return false }
    let (own, others) = (elements, other.elements)
    return own.count == others.count && zip(own, others).allSatisfy { $0.isKept(in: $1) }
  }
}
