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
        object.element.collectIDs(into: &taken)
      } else {
        fresh.append((object, (before ?? current.object(object.kind, object.id))?.element))
      }
    }
    let changedSections = Section.settings.filter { section in
      settings[section] ?? [] != current.section(section)?.elements(named: section.setElementName!) ?? []
    }
    let changedNodes = nodes.indices.filter { !current.nodes.indices.contains($0) || nodes[$0] != current.nodes[$0] }
    guard !fresh.isEmpty || !changedSections.isEmpty || !changedNodes.isEmpty else { return }

    // Of what changes among sets and nodes, those that stay: given out again below, but not to an object.
    var before: Set<String> = []
    var after: Set<String> = []
    for section in Section.settings {
      guard let element = current.section(section) else { continue }
      if changedSections.contains(section) {
        element.collectIDs(into: &before)
      } else {
        element.collectIDs(into: &taken)
      }
    }
    for set in changedSections.flatMap({ settings[$0] ?? [] }) { set.collectIDs(into: &after) }
    for (index, node) in current.nodes.enumerated() where !isRemoved(node) {
      let stays = index < nodes.count && nodes[index] == node
      for child in node.elements {
        if stays { child.collectIDs(into: &taken) } else { child.collectIDs(into: &before) }
      }
    }
    for set in changedNodes.flatMap({ nodes[$0].elements }) { set.collectIDs(into: &after) }
    let staying = before.intersection(after)
    for (object, _) in fresh where object.kind != .aclTarget {
      if !taken.insert(object.id).inserted || staying.contains(object.id) {
        reportTaken(object.id, at: wantedObject(object)?.location ?? .none)
      }
    }
    if !changedSections.isEmpty || !changedNodes.isEmpty {
      // What an object that changes keeps, it has in every later plan as well.
      var kept: Set<String> = []
      for case (let object, let previous?) in fresh {
        var (now, before): (Set<String>, Set<String>) = ([], [])
        object.element.collectIDs(into: &now)
        previous.collectIDs(into: &before)
        kept.formUnion(now.intersection(before))
      }
      checkNewSets(changedSections, changedNodes, taken: taken.union(kept))
    }

    var ids = IDSettling(taken: taken)
    for (object, previous) in fresh { ids.add(object.element, previous: previous) }
    for section in changedSections {
      let sets = { (sets: [Element]?) in Element(section.rawValue, children: (sets ?? []).map { .element($0) }) }
      ids.add(sets(settings[section]), previous: sets(current.section(section)?.elements))
    }
    for index in changedNodes {
      ids.add(nodes[index], previous: index < current.nodes.count ? current.nodes[index] : nil)
    }
    var settled = ids.settled()[...]
    for (object, _) in fresh {
      draft.set(CIBObject(kind: object.kind, id: object.id, element: settled.removeFirst()))
    }
    for section in changedSections { settings[section] = settled.removeFirst().elements }
    for index in changedNodes { nodes[index] = settled.removeFirst() }
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
      if !element.refersByID, let id = element.id, !seen.insert(id).inserted { taken.insert(id) }
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
}

/// What is new or changes, until every part of it has an id that nothing else has: one that it had stays, then one that a
/// document asks for where that is free, then what is made.
private struct IDSettling {
  private var generator: IDGenerator
  private var elements: [(element: Element, own: Set<String>)] = []

  /// - Parameter taken: the ids of what stays as it is.
  init(taken: Set<String>) { generator = IDGenerator(taken: taken) }

  mutating func add(_ element: Element, previous: Element?) {
    var own: Set<String> = []
    previous?.collectIDs(into: &own)
    elements.append((element, own))
  }

  /// The elements in the order in which they came.
  mutating func settled() -> [Element] {
    // Among all of them, before any id is made: what is made for one is else what a document gives to the next.
    for isOwn in [true, false] {
      elements = elements.map { element, own in
        guard element.hasInnerIDs else { return (element, own) }
        return (reservingInnerIDs(of: element, own, isOwn: isOwn), own)
      }
    }
    return elements.map { generator.addingIDs(to: $0.element) }
  }

  private mutating func reservingInnerIDs(of element: Element, _ own: Set<String>, isOwn: Bool) -> Element {
    var result = element
    for index in result.children.indices {
      guard case .element(var child) = result.children[index] else { continue }
      if !child.refersByID, !isResourceElement(child.name), let id = child.id, own.contains(id) == isOwn {
        child["id"] = (isOwn || isXMLID(id)) && generator.taken.insert(id).inserted ? id : nil
      }
      result.children[index] = .element(reservingInnerIDs(of: child, own, isOwn: isOwn))
    }
    return result
  }
}

extension Element {
  /// Whether a part of it has an id; in short documents next to none has.
  fileprivate var hasInnerIDs: Bool {
    children.contains { child in child.element.map { $0.id != nil || $0.hasInnerIDs } ?? false }
  }

  /// Whether its `id` refers to something else, or is free text.
  fileprivate var refersByID: Bool { idIsReference(name) || ["node", "acl_target", "acl_user"].contains(name) }

  /// Its own id and those of its parts, without the resources in it.
  fileprivate func collectIDs(into ids: inout Set<String>) {
    if !refersByID, let id { ids.insert(id) }
    for case .element(let child) in children where !isResourceElement(child.name) { child.collectIDs(into: &ids) }
  }
}
