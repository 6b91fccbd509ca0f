import CIB
import Desired
import XML

extension DesiredConfiguration {
  /// What a cluster is now, as a document would say it: the configuration that plans to "in sync" on that cluster.
  ///
  /// Remote nodes and fencing devices are in their short forms. Left out are the status, what crmsync keeps of its own,
  /// and comments between objects. Values that a document once gave as a file or an environment variable are marked as
  /// secret, whatever their names.
  ///
  /// - Parameter root: a `<cib>` or a `<configuration>`.
  package init(exporting root: Element) {
    self.init()
    let configuration = root.name == "configuration" ? root : root.first("configuration") ?? Element("configuration")
    validateWith = root["validate-with"]
    let record = Record(crmConfig: configuration.first(Section.properties.rawValue))
    var topLevel: [Reference] = []
    for section in configuration.elements {
      guard let kind = Section(rawValue: section.name) else { continue }
      for element in section.elements {
        add(element, in: kind, record)
        if let kind = ObjectKind(elementName: element.name), kind.isResource, let id = element.id {
          topLevel.append(Reference(id, location: .none))
        }
      }
    }
    if !topLevel.isEmpty { resourceOrders = [ResourceOrder(topLevel, isExplicit: true)] }
  }

  private mutating func add(_ element: Element, in section: Section, _ record: Record) {
    if section.setElementName != nil {
      if element.id != Record.setID {
        settings.append(DesiredSettings(section: section, element: element, location: .none))
      }
      return
    }
    guard let kind = ObjectKind(elementName: element.name), kind.section == section else { return }
    if kind == .node {
      nodes.append(DesiredNode(name: element["uname"] ?? "", element: element, location: .none))
      return
    }
    for var object in CIBObject.takingApart(element, kind: kind) {
      if !record.isEmpty { object.element = object.element.markingSecrets(of: object.id, record) }
      objects.append(DesiredObject(object, form: Self.form(of: object), location: .none))
    }
  }

  /// The short form that the object has, if it has one.
  private static func form(of object: CIBObject) -> DesiredObject.Form {
    guard object.kind == .primitive else { return .plain }
    let element = object.element
    switch (element["class"], element["provider"], element["type"]) {
    case ("stonith", nil, _): return .stonith
    case ("ocf", "pacemaker", "remote"): return .remote
    default: return .plain
    }
  }
}

extension Element {
  /// The element with a mark on those nvpairs whose values the record knows to be secret.
  func markingSecrets(of owner: String, _ record: Record) -> Element {
    var result = self
    if name == "nvpair", record.contains(.secret(owner: owner, name: self["name"] ?? "")) {
      result[ValueSource.secretMark] = "true"
    }
    for index in result.children.indices {
      guard case .element(let child) = result.children[index] else { continue }
      result.children[index] = .element(child.markingSecrets(of: owner, record))
    }
    return result
  }
}
