import CIB
import Desired
import XML

/// Ids for what the documents bring.
extension Planner {
  /// Gives everything new an id that nothing else has.
  mutating func assignIDs() {
    var fresh: [(object: CIBObject, previous: Element?)] = []
    var taken: Set<String> = []
    // A remote node has five, a constraint one. Growing would hash all of them anew, over and over.
    taken.reserveCapacity(3 * draft.count)
    for (now, before) in draft.pairs {
      guard let object = now else { continue }
      if object == before {
        // What stays has its ids; what changes brings the ids that it keeps.
        Self.collectIDs(object.element, into: &taken)
      } else {
        fresh.append((object, (before ?? current.object(object.kind, object.id))?.element))
      }
    }
    let changedSections = Section.settings.filter { section in
      settings[section] ?? [] != current.section(section)?.elements(named: section.setElementName!) ?? []
    }
    let changedNodes = nodes.indices.filter { !current.nodes.indices.contains($0) || nodes[$0] != current.nodes[$0] }
    guard !fresh.isEmpty || !changedSections.isEmpty || !changedNodes.isEmpty else { return }

    // Of what changes among sets and nodes: the ids are given out again below, but not to an object.
    var changing: Set<String> = []
    for section in Section.settings {
      guard let element = current.section(section) else { continue }
      if changedSections.contains(section) {
        Self.collectIDs(element, into: &changing)
      } else {
        Self.collectIDs(element, into: &taken)
      }
    }
    for (index, node) in current.nodes.enumerated() {
      let stays = index < nodes.count && nodes[index] == node
      for child in node.elements {
        if stays { Self.collectIDs(child, into: &taken) } else { Self.collectIDs(child, into: &changing) }
      }
    }
    for (object, _) in fresh where object.kind != .aclTarget {
      if !taken.insert(object.id).inserted || changing.contains(object.id) {
        reportTaken(object.id, at: wantedObject(object)?.location ?? .none)
      }
    }
    checkNewSets(changedSections, changedNodes, taken: taken)

    var generator = IDGenerator(taken: taken)
    for (object, previous) in fresh {
      let element = settleIDs(of: object.element, previous: previous, &generator)
      draft.set(CIBObject(kind: object.kind, id: object.id, element: element))
    }
    for section in changedSections {
      let before = Element(section.rawValue, children: (current.section(section)?.elements ?? []).map { .element($0) })
      let now = Element(section.rawValue, children: (settings[section] ?? []).map { .element($0) })
      settings[section] = settleIDs(of: now, previous: before, &generator).elements
    }
    for index in changedNodes {
      let previous = index < current.nodes.count ? current.nodes[index] : nil
      nodes[index] = settleIDs(of: nodes[index], previous: previous, &generator)
    }
  }

  private mutating func reportTaken(_ id: String, at location: Location, category: Diagnostic.Category = .reference) {
    let message = "the id '\(id)' is taken by another element of the cluster's configuration"
    report(message, at: location, category: category)
  }

  /// A set without a rule is known by its id: under another it would be made anew with every apply, by force as well.
  private mutating func checkNewSets(_ changedSections: [Section], _ changedNodes: [Int], taken: Set<String>) {
    var taken = taken
    var seen: Set<String> = []
    func note(_ element: Element) {
      if !Self.refersByID(element.name), let id = element.id, !seen.insert(id).inserted { taken.insert(id) }
      element.elements.forEach(note)
    }
    changedSections.flatMap { settings[$0] ?? [] }.forEach(note)
    changedNodes.flatMap { nodes[$0].elements }.forEach(note)
    // Looked for among the documents only where there is something to tell: each of thousands of nodes may have a new set.
    func check(_ sets: [Element], besides present: [Element], broughtBy wanted: () -> [(Element, Location)]) {
      for set in sets where set.first("rule") == nil && !present.contains(where: { $0.id == set.id }) {
        guard let id = set.id, taken.contains(id) else { continue }
        let bringer = wanted().first { $0.0.id == id }
        if let bringer { reportTaken(id, at: bringer.1, category: .syntax) }
      }
    }
    for section in changedSections {
      check(settings[section] ?? [], besides: current.section(section)?.elements ?? []) {
        desired.settings.filter { $0.section == section }.map { ($0.element, $0.location) }
      }
    }
    for index in changedNodes {
      let node = nodes[index]
      check(node.elements, besides: index < current.nodes.count ? current.nodes[index].elements : []) {
        desired.nodes.filter { $0.name == node["uname"] }.flatMap { wanted in
          wanted.element.elements.map { ($0, wanted.location) }
        }
      }
    }
  }

  /// Keeps ids that the element had, keeps those that a document asks for if they are free, makes the rest.
  private func settleIDs(of element: Element, previous: Element?, _ generator: inout IDGenerator) -> Element {
    var own: Set<String> = []
    if let previous { Self.collectIDs(previous, into: &own) }
    // Ids that stay are reserved before any is made.
    func reserve(_ element: inout Element, isRoot: Bool) {
      if !isRoot, !Self.refersByID(element.name), !isResourceElement(element.name), let id = element.id {
        if generator.taken.contains(id) || !(own.contains(id) || isXMLID(id)) {
          element["id"] = nil
        } else {
          generator.taken.insert(id)
        }
      }
      for index in element.children.indices {
        guard case .element(var child) = element.children[index] else { continue }
        reserve(&child, isRoot: false)
        element.children[index] = .element(child)
      }
    }
    var element = element
    if Self.hasInnerIDs(element) { reserve(&element, isRoot: true) }
    return generator.addingIDs(to: element)
  }

  /// Whether a part of the element has an id; in short documents next to none has.
  private static func hasInnerIDs(_ element: Element) -> Bool {
    element.children.contains { child in child.element.map { $0.id != nil || hasInnerIDs($0) } ?? false }
  }

  /// Whether `id` on such an element refers to something else, or is free text.
  private static func refersByID(_ name: String) -> Bool {
    idIsReference(name) || ["node", "acl_target", "acl_user"].contains(name)
  }

  private static func collectIDs(_ element: Element, into ids: inout Set<String>) {
    if !refersByID(element.name), let id = element.id { ids.insert(id) }
    for case .element(let child) in element.children where !isResourceElement(child.name) {
      collectIDs(child, into: &ids)
    }
  }
}
