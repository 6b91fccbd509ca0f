import CIB
import XML

extension DesiredConfiguration {
  /// What a CIB says, as what documents say: of an XML document, and for an export.
  ///
  /// - Parameters:
  ///   - root: a `<cib>` or a `<configuration>`.
  ///   - document: the name of the document, for messages.
  package init(describing root: Element, document: String = "") {
    self.init()
    validateWith = root["validate-with"]
    let configuration = root.name == "cib" ? root.first("configuration") : root
    var order: [Reference] = []
    for section in configuration?.elements ?? [] {
      for child in section.elements {
        let location = Location(document, child.position)
        if let setName = Section(rawValue: section.name)?.setElementName, child.name == setName {
          guard child.id != Record.setID else { continue }
          settings.append(
            DesiredSettings(section: Section(rawValue: section.name)!, element: child, location: location))
          continue
        }
        guard let kind = ObjectKind(elementName: child.name) else { continue }
        if kind == .node {
          nodes.append(DesiredNode(name: child["uname"] ?? "", element: child, location: location))
          continue
        }
        for object in CIBObject.takingApart(child, kind: kind) {
          objects.append(DesiredObject(object, location: Location(document, object.element.position)))
        }
        if kind.isResource { order.append(Reference(child.id ?? "", location: location)) }
      }
    }
    if !order.isEmpty { resourceOrders = [ResourceOrder(order, isExplicit: false)] }
  }
}
