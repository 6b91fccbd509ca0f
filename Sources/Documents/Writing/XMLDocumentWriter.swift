import CIB
import Desired
import XML

/// Turns a configuration into a whole `<cib>`, as `cibadmin --query` prints one, without a status.
///
/// Short forms are expanded as for an empty cluster, members are put back into their groups, clones and bundles, and
/// what has no id gets one. Secrets stand there as `crmsync:keep-secret`.
package struct XMLDocumentWriter {
  /// Whether secret values are written.
  package var showSecrets: Bool
  /// Whether sets of properties and defaults that documents give no id get the usual one.
  var namesSets = true

  package init(showSecrets: Bool = false) {
    self.showSecrets = showSecrets
  }

  /// - Returns: the `<cib>`, and everything that XML cannot say; the element is of use only if there is nothing.
  package func element(for configuration: DesiredConfiguration) -> (element: Element, problems: [Diagnostic]) {
    var assembly = CIBAssembly(configuration, showSecrets: showSecrets, namesSets: namesSets)
    let element = assembly.assemble()
    return (element, Diagnostic.inOrder(assembly.problems))
  }
}

/// A CIB while it is put together.
private struct CIBAssembly {
  let configuration: DesiredConfiguration
  let showSecrets: Bool
  let namesSets: Bool
  let schema: Schema
  var problems: [Diagnostic] = []
  var sections: [CIB.Section: [Element]] = [:]
  /// Sections that no schema knows.
  var unknownSections: [Element] = []

  /// In the order in which Pacemaker's schemas have them, the first four always there.
  private static let order: [CIB.Section] = [
    .properties, .nodes, .resources, .constraints, .operationDefaults, .resourceDefaults, .tags, .fencingTopology,
    .acls, .alerts,
  ]

  init(_ configuration: DesiredConfiguration, showSecrets: Bool, namesSets: Bool) {
    self.configuration = configuration
    self.showSecrets = showSecrets
    self.namesSets = namesSets
    schema = configuration.validateWith.map(Schema.init) ?? .newest
  }

  mutating func assemble() -> Element {
    addSettings()
    addNodes()
    addResources()
    for object in configuration.objects where !object.kind.isResource && object.kind != .template {
      sections[object.kind.section, default: []].append(elementWithID(object))
    }
    addPlacements()
    for deletion in configuration.deletions {
      report(
        "a CIB cannot say what must not be there: 'delete' of \(deletion.target.description)", deletion.location,
        hint: Self.hintForNative)
    }
    addIDs()
    var result = Element("configuration")
    for section in Self.order {
      let elements = sections[section] ?? []
      let isNeeded = [.properties, .nodes, .resources, .constraints].contains(section)
      guard isNeeded || !elements.isEmpty else { continue }
      result.append(Element(section.rawValue, children: elements.map { .element(schema.spelling($0)) }))
    }
    for section in unknownSections { result.append(section) }
    let attributes = [
      Attribute("validate-with", schema.name), Attribute("admin_epoch", "0"), Attribute("epoch", "0"),
      Attribute("num_updates", "0"),
    ]
    return Element("cib", attributes, children: [.element(result)])
  }

  private static let hintForNative = "leave it out, or render as YAML or JSON"

  private mutating func report(_ problem: String, _ location: Location, hint: String? = nil) {
    problems.append(Diagnostic(.error, problem, at: location, hint: hint))
  }

  /// The element without value sources.
  private mutating func readable(_ element: Element, _ location: Location, _ subject: String) -> Element {
    let showSecrets = showSecrets
    var found: [Diagnostic] = []
    let result = element.forXML(showSecrets: showSecrets) { nvpair, source in
      let value = "\(subject): the value of '\(nvpair["name"] ?? "")'"
      let place = location.of(nvpair.position)
      let notRead = "without --show-secrets, \(Secret.keep) stands in its place"
      switch source {
      case .unset:
        let message = "\(value) is to be unset (null), which a CIB cannot say"
        found.append(Diagnostic(.error, message, at: place, hint: Self.hintForNative))
      case .file(let path) where showSecrets:
        found.append(Diagnostic(.error, "\(value) is in the file \(path), which is not read", at: place, hint: notRead))
      case .environment(let name) where showSecrets:
        let message = "\(value) is in the environment variable \(name), which is not read"
        found.append(Diagnostic(.error, message, at: place, hint: notRead))
      default: break
      }
    }
    problems += found
    return result
  }

  // MARK: - Properties, defaults, nodes

  private mutating func addSettings() {
    for settings in configuration.settings where settings.section == .unknown {
      let element = readable(settings.element, settings.location, settings.section.rawValue)
      if let section = CIB.Section(elementName: element.name) {
        sections[section, default: []] += element.elements
      } else {
        unknownSections.append(element)
      }
    }
    for section in CIB.Section.settings { addSets(of: section) }
  }

  private mutating func addSets(of section: CIB.Section) {
    let settings = configuration.settings.filter { $0.section == section }
    // Values for the usual set, whether a document names it or not; several documents share it.
    func isUsual(_ set: Element) -> Bool { isUsualSet(set, id: section.usualSetID) }
    var present: [Element] = []
    for (element, settings) in zip(withoutOverruled(settings.map(\.element), where: isUsual), settings) {
      let element = readable(element, settings.location, section.rawValue)
      if isUsual(element), let index = present.firstIndex(where: { isUsual($0) && (namesSets || $0.id == element.id) })
      {
        present[index].children += element.children
        if let id = element.id, present[index].id == nil {
          present[index].attributes.insert(Attribute("id", id), at: 0)
        }
      } else {
        present.append(element)
      }
    }
    if !present.isEmpty { sections[section, default: []] += present }
  }

  private mutating func addNodes() {
    for node in configuration.nodes {
      var element = readable(node.element, node.location, "node '\(node.name)'")
      // Nobody but the cluster knows a node's id; crmsh takes the name too.
      if element.id == nil { element.attributes.insert(Attribute("id", node.name), at: 0) }
      if element["uname"] == nil { element["uname"] = node.name }
      sections[.nodes, default: []].append(element)
    }
  }

  // MARK: - Resources

  private mutating func addResources() {
    var byID: [String: DesiredObject] = [:]
    for object in configuration.objects where object.kind.isResource && byID[object.id] == nil {
      byID[object.id] = object
    }
    let topLevel = ResourceSequence.topLevel(configuration.objects)
    let named = ResourceSequence.merging(configuration.resourceOrders.map { $0.resources.map(\.id) })
    var sequence = ResourceSequence.ordering(topLevel, by: named).makeIterator()
    let isTopLevel = Set(topLevel)
    var placed: Set<String> = []
    // Templates stay where they are among the resources, which take each other's places.
    for object in configuration.objects where object.kind == .template || isTopLevel.contains(object.id) {
      if object.kind == .template {
        sections[.resources, default: []].append(elementWithID(object))
      } else if object.kind.isResource, let next = sequence.next().flatMap({ byID[$0] }) {
        sections[.resources, default: []].append(puttingTogether(next, byID, &placed))
      }
    }
  }

  /// The element with its members in the places of the references to them. What is nowhere, or elsewhere already,
  /// stays a reference.
  private mutating func puttingTogether(
    _ object: DesiredObject, _ byID: [String: DesiredObject], _ placed: inout Set<String>
  ) -> Element {
    placed.insert(object.id)
    var element = elementWithID(object)
    guard object.kind != .primitive else { return element }
    for index in element.children.indices {
      guard case .element(let child) = element.children[index], isResourceElement(child.name), let id = child.id,
        let member = byID[id], !placed.contains(id)
      else { continue }
      element.children[index] = .element(puttingTogether(member, byID, &placed))
    }
    return element
  }

  private mutating func elementWithID(_ object: DesiredObject) -> Element {
    var element = readable(object.element, object.location, "\(object.kind.rawValue) '\(object.id)'")
    if element.id == nil, object.kind != .fencingLevel { element.attributes.insert(Attribute("id", object.id), at: 0) }
    return element
  }

  // MARK: - Placement

  private mutating func addPlacements() {
    let locations = PlacementExpansion.locations(
      for: configuration.placements, existing: { _, _ in [] }, rebalance: false)
    let placed = configuration.placements.flatMap(\.resources)
    let places = Dictionary(placed.map { ($0.id, $0.location) }) { first, _ in first }
    var known = Set((sections[.constraints] ?? []).compactMap(\.id))
    for location in locations {
      let place = places[location.element["rsc"] ?? ""] ?? .none
      if !known.insert(location.id).inserted {
        report("the placement generates the id '\(location.id)', which is there already", place)
      } else if !isXMLName(location.id) {
        report("the placement generates the id '\(location.id)', which is no XML name", place)
      }
      sections[.constraints, default: []].append(location.element)
    }
  }

  // MARK: - Ids

  private mutating func addIDs() {
    var generator = IDGenerator()
    for elements in sections.values {
      for element in elements { Self.collectIDs(element, into: &generator.taken) }
    }
    for section in Self.order {
      guard let elements = sections[section] else { continue }
      sections[section] = elements.map { element in
        if !namesSets, isAttributeSet(element.name), element.id == nil { return element }
        return Self.addingIDs(to: element, in: section, &generator)
      }
    }
  }

  private static func addingIDs(
    to element: Element, in section: CIB.Section, _ generator: inout IDGenerator
  ) -> Element {
    var element = element
    switch element.name {
    case "node":
      // Node ids are numbers as a rule, which no XML id begins with.
      for index in element.children.indices {
        guard case .element(var set) = element.children[index], set.id == nil, set["id-ref"] == nil else { continue }
        let suffix = set.name == "utilization" ? "-utilization" : ""
        let id = IDGenerator.xmlName("nodes-\(element.id ?? "")\(suffix)")
        set.attributes.insert(Attribute("id", generator.unique(id)), at: 0)
        element.children[index] = .element(set)
      }
    case "fencing-level" where element.id == nil:
      element.attributes.insert(Attribute("id", generator.unique(IDGenerator.levelID(element))), at: 0)
    case _ where isAttributeSet(element.name) && element.id == nil && element["id-ref"] == nil:
      let id = "\(section.usualSetID ?? section.rawValue)"
      element.attributes.insert(Attribute("id", generator.unique(id)), at: 0)
    default: break
    }
    return generator.addingIDs(to: element)
  }

  /// The ids that elements have as their own; ids of nodes and ACL targets are free text of their own kind.
  private static func collectIDs(_ element: Element, into ids: inout Set<String>) {
    let isOwn = !["resource_ref", "obj_ref", "role", "node", "acl_target"].contains(element.name)
    if isOwn, let id = element.id { ids.insert(id) }
    for case .element(let child) in element.children { collectIDs(child, into: &ids) }
  }
}
