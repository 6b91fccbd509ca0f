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
    configuration.leaveOutDaemonProperties()
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

  /// Of a `<configuration>`: without `dc-version` and the like. After Pacemaker's next upgrade a document with them would
  /// be out of sync, and put the old ones back.
  mutating func leaveOutDaemonProperties() {
    var referenced: Set<String> = []
    collectIDReferences(into: &referenced)
    for place in children.indices {
      guard case .element(var section) = children[place], section.name == Section.properties.rawValue else { continue }
      for index in section.children.indices {
        guard case .element(var set) = section.children[index] else { continue }
        set.children.removeAll { child in
          guard let nvpair = child.element, daemonProperties.contains(nvpair["name"] ?? "") else { return false }
          return nvpair.id.map { !referenced.contains($0) } ?? false
        }
        section.children[index] = .element(set)
      }
      children[place] = .element(section)
    }
  }
}
