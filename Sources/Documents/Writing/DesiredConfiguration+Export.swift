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
    let whole = root.name == "configuration" ? root : root.first("configuration") ?? Element("configuration")
    let configuration = whole.markingSecrets(Record(crmConfig: whole.first(Section.properties.rawValue)))
    validateWith = root["validate-with"]
    var topLevel: [Reference] = []
    for section in configuration.elements {
      guard let kind = Section(elementName: section.name) else {
        settings.append(DesiredSettings(section: .unknown, element: section, location: .none))
        continue
      }
      for element in section.elements {
        guard kind.elementNames.contains(element.name) else {
          let inSection = Element(section.name, children: [.element(element)])
          settings.append(DesiredSettings(section: .unknown, element: inSection, location: .none))
          continue
        }
        add(element, in: kind)
        if let kind = ObjectKind(elementName: element.name), kind.isResource, let id = element.id {
          topLevel.append(Reference(id, location: .none))
        }
      }
    }
    if !topLevel.isEmpty { resourceOrders = [ResourceOrder(topLevel, isExplicit: true)] }
  }

  private mutating func add(_ element: Element, in section: Section) {
    if section.setElementName != nil {
      if element.id != Record.setID {
        settings.append(DesiredSettings(section: section, element: element, location: .none))
      }
      return
    }
    guard let kind = ObjectKind(elementName: element.name) else { return }
    if kind == .node {
      nodes.append(DesiredNode(name: element["uname"] ?? "", element: element, location: .none))
      return
    }
    for object in CIBObject.takingApart(element, kind: kind) {
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
