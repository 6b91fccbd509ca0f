import CIB
import Desired
import XML

/// The control characters that XML can hold, U+007F to U+009F. Terminals act on them, and no agent wants them; but a
/// cluster may have one, and its export must be of use.
extension Plan {
  /// Reports values of the documents with such characters, but those that the cluster has already.
  ///
  /// - Parameter asError: rather than as a warning; without a cluster, what is in a document may be from the export of one.
  package mutating func checkControlCharacters(in desired: DesiredConfiguration, asError: Bool) {
    var found: [(value: String, diagnostic: Diagnostic)] = []
    func look(at element: Element, _ subject: String, _ location: Location) {
      for attribute in element.attributes {
        guard let control = attribute.value.otherControl else { continue }
        let name = attribute.name == "value" ? element["name"] ?? "value" : attribute.name
        let place = location.of(element.position)
        let message = "\(subject): the value of '\(name)' has the control character \(control)"
        found.append((attribute.value, Diagnostic(asError ? .error : .warning, message, at: place)))
      }
      for case .element(let child) in element.children { look(at: child, subject, location) }
    }
    for object in desired.objects {
      look(at: object.element, "\(object.kind.rawValue) '\(object.id)'", object.location)
    }
    for set in desired.settings { look(at: set.element, set.section.rawValue, set.location) }
    for node in desired.nodes { look(at: node.element, "node '\(node.name)'", node.location) }
    guard !found.isEmpty else { return }
    let known = current.valuesWithControls
    diagnostics += found.filter { !known.contains($0.value) }.map(\.diagnostic)
  }
}

extension Element {
  fileprivate var valuesWithControls: Set<String> {
    var values = Set(attributes.lazy.map(\.value).filter { $0.otherControl != nil })
    for case .element(let child) in children { values.formUnion(child.valuesWithControls) }
    return values
  }
}

extension String {
  /// The first of these characters, as `U+009B`.
  fileprivate var otherControl: String? {
    // In UTF-8 they are 7F, and C2 with another byte.
    guard utf8.contains(where: { $0 == 0x7F || $0 == 0xC2 }),
      let control = unicodeScalars.first(where: { 0x7F...0x9F ~= $0.value })
    else { return nil }
    return "U+00" + String(control.value, radix: 16, uppercase: true)
  }
}
