import CIB
import Desired
import XML

/// From the draft to the configuration it stands for, and to the list of what changes.
extension Planner {
  // MARK: - The target

  func assemble(topLevel: [String]) -> Element {
    var target = current.element
    var fresh: [Section: [CIBObject]] = [:]
    for (now, before) in draft.pairs {
      if let now, now.kind != before?.kind { fresh[now.kind.section, default: []].append(now) }
    }
    var present: Set<Section> = []
    for index in target.children.indices {
      guard case .element(var element) = target.children[index], let section = Section(rawValue: element.name),
        present.insert(section).inserted
      else { continue }
      element.children = children(of: section, now: element.children, fresh: fresh[section] ?? [], topLevel: topLevel)
      target.children[index] = .element(element)
    }
    for section in Section.allCases where !present.contains(section) {
      let children = children(of: section, now: [], fresh: fresh[section] ?? [], topLevel: topLevel)
      if !children.isEmpty { target.append(Element(section.rawValue, children: children)) }
    }
    return target
  }

  private func children(of section: Section, now: [Node], fresh: [CIBObject], topLevel: [String]) -> [Node] {
    switch section {
    case .properties, .resourceDefaults, .operationDefaults:
      return filling(now, with: settings[section] ?? []) { $0.name == section.setElementName }
    case .nodes: return filling(now, with: nodes.filter { !isRemoved($0) }) { $0.name == "node" }
    case .resources:
      let resources = topLevel.compactMap { assembled($0, inside: []) }
      let templates = now.compactMap(\.element).compactMap(\.id).compactMap { draft[$0] }.filter {
        $0.kind == .template
      }
      let withTemplates = filling(
        now, with: templates.map(\.element) + fresh.filter { $0.kind == .template }.map(\.element)
      ) { $0.name == "template" }
      let survivors = Set(topLevel)
      return filling(withTemplates, with: resources) {
        isResourceElement($0.name)
      } keepingPlace: {
        survivors.contains($0.id ?? "")
      }
    default:
      var result = now.compactMap { child -> Node? in
        guard let element = child.element, let kind = ObjectKind(elementName: element.name) else { return child }
        let object = draft.successor(of: kind, element.id ?? "")
        return object?.kind == kind ? .element(object!.element) : nil
      }
      result += fresh.map { .element($0.element) }
      return result
    }
  }

  /// Replaces the children that `belongs` picks by `elements`, in place as far as there are places, the rest behind
  /// the last of them; comments and unknown elements stay where they are.
  private func filling(
    _ children: [Node], with elements: [Element], _ belongs: (Element) -> Bool,
    keepingPlace: (Element) -> Bool = { _ in true }
  ) -> [Node] {
    var result: [Node] = []
    result.reserveCapacity(children.count + elements.count)
    var next = elements.makeIterator()
    var end: Int?
    for child in children {
      guard let element = child.element, belongs(element) else {
        result.append(child)
        continue
      }
      if keepingPlace(element), let replacement = next.next() { result.append(.element(replacement)) }
      end = result.count
    }
    var rest: [Node] = []
    while let element = next.next() { rest.append(.element(element)) }
    result.insert(contentsOf: rest, at: end ?? result.count)
    return result
  }

  /// No schema nests resources deeper than three.
  private static let deepestNesting = 16

  /// The resource with its members put back; nil where a resource is inside itself.
  private func assembled(_ id: String, inside outer: [String]) -> Element? {
    guard let object = draft[id], object.kind.isResource, !outer.contains(id) else { return nil }
    guard object.kind != .primitive else { return object.element }
    var element = object.element
    element.children = element.children.compactMap { child in
      guard let member = child.element, isResourceElement(member.name) else { return child }
      // What cannot be a member stays a reference, for the checks and the schema to find.
      guard draft[member.id ?? ""]?.kind.isResource == true, outer.count < Self.deepestNesting else { return child }
      return assembled(member.id ?? "", inside: outer + [id]).map { .element($0) }
    }
    return element
  }

  // MARK: - The changes

  func listChanges(topLevel: [String]) -> [Change] {
    var changes: [Change] = []
    appendSettingsChanges(to: &changes)
    appendNodeChanges(to: &changes)
    let oldParents = Draft(current).parents()
    let newParents = draft.parents()
    let moved = movedTopLevel(topLevel, oldParents: oldParents)
    for (now, before) in draft.pairs {
      guard let object = now else { continue }
      // A new fencing level with the id of one that goes.
      let previous = before ?? current.object(object.kind, object.id)
      guard let previous, previous.kind == object.kind else {
        changes.append(Change(.create, object.kind, object.id, after: object.element))
        continue
      }
      if previous.element != object.element {
        changes.append(
          Change(.update, object.kind, object.id, before: previous.element, after: object.element))
      }
      guard object.kind.isResource else { continue }
      if oldParents[object.id] != newParents[object.id] {
        changes.append(
          Change(.move, object.kind, object.id, from: oldParents[object.id], into: newParents[object.id]))
      } else if moved.contains(object.id) {
        changes.append(Change(.move, object.kind, object.id, reason: "order of the resources"))
      }
    }
    for node in removedNodes { changes.append(Change(.delete, .node, node["uname"] ?? "", before: node)) }
    for (now, before) in draft.pairs where now == nil {
      guard let before, draft[before.id, before.kind]?.kind != before.kind else { continue }
      changes.append(
        Change(.delete, before.kind, before.id, before: before.element, reason: reasons[Draft.key(before)]))
    }
    return changes
  }

  private func appendSettingsChanges(to changes: inout [Change]) {
    for section in Section.settings {
      let before = current.section(section)?.elements(named: section.setElementName!) ?? []
      let found = SettingsChanges(from: before, to: settings[section] ?? [], usualSet: section.usualSetID!)
      append(found, kind: section.kindOfValues, to: &changes)
    }
  }

  private func appendNodeChanges(to changes: inout [Change]) {
    for (index, node) in nodes.enumerated() {
      let name = node["uname"] ?? ""
      guard index < current.nodes.count else {
        changes.append(Change(.create, .node, name, after: node))
        continue
      }
      guard current.nodes[index] != node, !isRemoved(node) else { continue }
      for (setName, kind) in [("instance_attributes", ObjectKind.nodeAttribute), ("utilization", .utilization)] {
        let found = SettingsChanges(
          from: current.nodes[index].elements(named: setName), to: node.elements(named: setName))
        append(found, kind: kind, prefix: "\(name) ", to: &changes)
      }
    }
  }

  private func append(_ found: SettingsChanges, kind: ObjectKind, prefix: String = "", to changes: inout [Change]) {
    changes += found.sets.map {
      Change($0.action, kind, prefix + $0.id, before: $0.before, after: $0.after, reason: $0.reason)
    }
    changes += found.values.map { change($0, kind: kind, id: prefix + $0.name) }
  }

  private func change(_ value: SettingsChanges.ValueChange, kind: ObjectKind, id: String) -> Change {
    let action: Change.Action = value.before == nil ? .create : value.after == nil ? .delete : .update
    var change = Change(action, kind, id, before: value.before, after: value.after)
    change.set = value.set
    if action == .delete, prunedValues.contains(.object(kind, id: id)) { change.reason = Self.pruneReason }
    return change
  }

  private func movedTopLevel(_ order: [String], oldParents: [String: String]) -> Set<String> {
    let before = current.objects.filter { $0.kind.isResource && oldParents[$0.id] == nil }
    return moved(from: before.map(\.id), to: order)
  }

  // MARK: - The record

  /// Writes down, with a change, what of it is crmsync's.
  func writeRecord(of changes: [Change], in target: inout Element) {
    write(options.restoration?.record ?? newRecord(after: changes), in: &target)
  }

  private func newRecord(after changes: [Change]) -> Record {
    var record = record
    lazy var created = Set(changes.filter { $0.action == .create }.map(\.id))
    for change in changes where !change.isOfSet {
      switch change.action {
      case .create:
        record.insert(.object(change.kind, id: change.id))
        if change.kind == .node, let node = change.after { Self.recordValues(of: node, in: &record) }
      case .delete:
        // A kind that takes over the id of another is created in the same plan.
        guard !created.contains(change.id) else { break }
        record.remove(.object(change.kind, id: change.id))
        // Who makes it anew, and sets them, has set them.
        guard change.kind.isResource else { break }
        for name in runTimeMetaAttributes { record.remove(.runTimeAttribute(resource: change.id, name: name)) }
      case .update, .move: break
      }
    }
    for object in desired.objects {
      if object.kind.isResource { recordAttributes(of: object, in: &record) }
      Self.recordSecrets(in: object.element, owner: object.id, &record)
    }
    for set in desired.settings { Self.recordSecrets(in: set.element, owner: set.section.rawValue, &record) }
    for node in desired.nodes { Self.recordSecrets(in: node.element, owner: node.name, &record) }
    return record
  }

  private func write(_ record: Record, in target: inout Element) {
    guard record != self.record else { return }
    let index = target.children.firstIndex { $0.element?.name == Section.properties.rawValue }
    var section = index.flatMap { target.children[$0].element } ?? Element(Section.properties.rawValue)
    section.children.removeAll { $0.element?.id == Record.setID }
    // pcs writes properties into the first set it finds, which must never be the record.
    if !record.isEmpty, section.first("cluster_property_set") == nil {
      section.append(Element("cluster_property_set", [Attribute("id", AttributeSets.bootstrapID)]))
    }
    if let element = record.element { section.append(element) }
    if let index {
      target.children[index] = .element(section)
    } else {
      target.children.insert(.element(section), at: 0)
    }
  }

  /// A new node is one change, whatever attributes come with it.
  private static func recordValues(of node: Element, in record: inout Record) {
    for (setName, kind) in [("instance_attributes", ObjectKind.nodeAttribute), ("utilization", .utilization)] {
      for name in node.elements(named: setName).flatMap({ $0.elements(named: "nvpair") }).compactMap({ $0["name"] }) {
        record.insert(.object(kind, id: "\(node["uname"] ?? "") \(name)"))
      }
    }
  }

  private func recordAttributes(of object: DesiredObject, in record: inout Record) {
    let sets = object.element.elements(named: "meta_attributes")
    for name in runTimeMetaAttributes {
      let isSet = sets.contains { set in
        set.elements.contains { $0["name"] == name && ValueSource(of: $0) != .unset }
      }
      let entry = Record.Entry.runTimeAttribute(resource: object.id, name: name)
      if isSet {
        record.insert(entry)
      } else if self.record.contains(entry) {
        record.remove(entry)
      }
    }
  }

  /// Also inside operations, recipients, …; see `markingSecrets`, which reads it back.
  private static func recordSecrets(in element: Element, owner: String, _ record: inout Record) {
    if element.name == "nvpair", element[ValueSource.secretMark] != nil {
      record.insert(.secret(owner: owner, name: element["name"] ?? ""))
    }
    for case .element(let child) in element.children { recordSecrets(in: child, owner: owner, &record) }
  }
}
