import CIB
import XML

extension Element {
  /// A cluster's `<cib>` as a document: what there is, comments and all, without the status, without what crmsync keeps
  /// of its own, and without secrets unless they are asked for.
  package func exported(showSecrets: Bool) -> Element {
    var cib = Element("cib", [])
    for name in ["validate-with", "crm_feature_set", "admin_epoch", "epoch", "num_updates"] {
      if let value = self[name] { cib.attributes.append(Attribute(name, value)) }
    }
    guard let whole = first("configuration") else { return cib }
    var configuration = whole.markingSecrets(Record(crmConfig: whole.first(Section.properties.rawValue)))
    for index in configuration.children.indices {
      guard case .element(var section) = configuration.children[index] else { continue }
      section.children.removeAll { $0.element?.id == Record.setID }
      section.children = section.children.map { child in
        guard case .element(let element) = child else { return child }
        return .element(element.forXML(showSecrets: showSecrets))
      }
      configuration.children[index] = .element(section)
    }
    cib.append(configuration)
    return cib
  }
}
