import CIB
import Comparison
import Desired
import XML

/// The way back from a change of the configuration: three-way, object by object. What is as the change left it goes back
/// to what it was before; what somebody has changed since is a conflict; everything else stays.
package struct WayBack: Sendable {
  /// What is to be, conflicts going back as well: `--force` would do that.
  package private(set) var desired = DesiredConfiguration()
  package private(set) var restoration: Restoration
  package private(set) var conflicts: [Conflict] = []
  package private(set) var kept: [Kept] = []

  /// Something that is neither as the change left it nor as it was before.
  package struct Conflict: Equatable, Sendable {
    package var kind: ObjectKind
    package var id: String
    /// `was changed since`, `was deleted since`.
    package var what: String
    /// `before` is what the change left, `after` what is there now.
    package var details: [Detail] = []
  }

  private let current: Configuration
  private let applied: AppliedChanges
  private let record: Record
  /// What messages call the change.
  private let name: String
  private var touched: Set<String> = []

  /// - Parameters:
  ///   - name: `history entry 7`.
  ///   - isLive: whether a cluster runs, whose nodes are its own.
  package init(undoing applied: AppliedChanges, in current: Configuration, name: String, isLive: Bool) {
    self.current = current
    self.applied = applied
    self.name = name
    record = current.record
    restoration = Restoration(reason: "made by \(name)")
    // In an order that says nothing: what is created again finds its place by `order`.
    for change in applied.changes where change.action != .move && !change.kind.isSetting {
      switch change.kind {
      case .node: goBack(node: change, isLive: isLive)
      default:
        touched.insert(Draft.key(change.kind, change.id))
        goBack(change)
      }
    }
    for sets in applied.sets { goBack(sets) }
    restoreOrder()
    restoration.record = record.subtracting(applied.record.added).union(applied.record.removed)
  }

  // MARK: - Objects

  private mutating func goBack(_ change: Change) {
    let now = current.object(change.kind, change.id).flatMap { $0.kind == change.kind ? $0.element : nil }
    let before = change.action == .create ? nil : change.before
    let after = change.action == .delete ? nil : change.after
    switch (before, after, now) {
    case (nil, nil, _), (nil, _?, nil): break
    case (nil, let after?, let now?):
      let comparison = comparison(change, before: nil, after: after, now: now)
      if !comparison.isAsLeft { conflicts.append(comparison.conflict) }
      delete(change)
    case (let before?, nil, let now?):
      // Somebody has made it again.
      let comparison = comparison(change, before: nil, after: before, now: now)
      guard !comparison.isAsLeft else { return }
      conflicts.append(comparison.conflict)
      want(change, before)
    case (let before?, nil, nil):
      if let other = current.object(change.kind, change.id), !isMade(other) {
        conflicts.append(
          Conflict(
            kind: change.kind, id: change.id, what: "was deleted, and the id is \(other.kind.withArticle)'s since"))
      }
      want(change, before)
    case (let before?, _?, nil):
      conflicts.append(Conflict(kind: change.kind, id: change.id, what: "was deleted since"))
      want(change, before)
    case (let before?, let after?, let now?):
      let comparison = comparison(change, before: before, after: after, now: now)
      if !comparison.isAsLeft {
        if self.comparison(change, before: nil, after: before, now: now).isAsLeft { return }
        conflicts.append(comparison.conflict)
      }
      // A level of another target or number is another one.
      if change.kind == .fencingLevel, Planner.levelKey(before) != Planner.levelKey(now) { delete(change) }
      want(change, comparison.before ?? before)
    }
  }

  /// Whether the change has made the object, so that it goes.
  private func isMade(_ object: CIBObject) -> Bool {
    applied.changes.contains { $0.action == .create && $0.kind == object.kind && $0.id == object.id }
  }

  private mutating func want(_ change: Change, _ element: Element) {
    desired.objects.append(
      DesiredObject(
        CIBObject(kind: change.kind, id: change.id, element: element), location: Location(name)))
  }

  private mutating func delete(_ change: Change) {
    let target: Deletion.Target
    switch change.kind {
    case .aclTarget: target = .aclTarget(id: change.id)
    case .aclGroup: target = .aclGroup(id: change.id)
    default: target = .object(id: change.id)
    }
    desired.deletions.append(Deletion(target, location: Location(name)))
  }

  // MARK: - As it was left, or not

  private struct Comparison {
    var isAsLeft: Bool
    var conflict: Conflict
    /// What it is to be: what people have set at run time since stays.
    var before: Element?
  }

  /// Compares what is there with what the change left.
  private func comparison(_ change: Change, before: Element?, after: Element, now: Element) -> Comparison {
    var (before, left) = (before, after)
    // What people set at run time, and the change has left alone, is nobody's conflict.
    var leftAlone: Set<String> = []
    if change.kind.isResource {
      for name in runTimeMetaAttributes {
        let value = after.metaAttribute(name)?["value"]
        guard let old = before else { continue }
        guard old.metaAttribute(name)?["value"] == value else {
          // Left out, it would stay as set at run time.
          if old.metaAttribute(name) == nil { before?.unsetMetaAttribute(name) }
          continue
        }
        leftAlone.insert(name)
        guard value != nil, now.metaAttribute(name)?["value"] != value else { continue }
        left.setMetaAttribute(name, to: nil)
        before?.setMetaAttribute(name, to: now.metaAttribute(name))
      }
    }
    let changed = runTimeMetaAttributes.filter { name in
      guard let before = change.before, let after = change.after else { return false }
      return before.metaAttribute(name)?["value"] != after.metaAttribute(name)?["value"]
    }
    var alignment = Alignment()
    if change.kind.isResource {
      alignment.keepsMetaAttribute = { [record] nvpair in
        let name = nvpair["name"] ?? ""
        guard runTimeMetaAttributes.contains(name), !changed.contains(name) else { return false }
        return leftAlone.contains(name) || !record.contains(.runTimeAttribute(resource: change.id, name: name))
      }
    }
    let aligned = alignment.align(now, to: left)
    var conflict = Conflict(kind: change.kind, id: change.id, what: "was changed since")
    if aligned != now {
      conflict.details = Detail.between(
        aligned.markingSecrets(record, owner: change.owner), now.markingSecrets(record, owner: change.owner))
    }
    return Comparison(isAsLeft: aligned == now, conflict: conflict, before: before)
  }

  // MARK: - Properties, defaults and nodes

  private mutating func goBack(_ change: AppliedChanges.SetsChange) {
    switch change.owner {
    case .section(let section):
      let now = current.section(section)?.elements(named: section.setElementName!).filter { $0.id != Record.setID }
      let way = SetsWayBack(
        ownerName: section.rawValue, before: change.before, after: change.after, now: now ?? [])
      if way.sets != now ?? [] { restoration.settings[section] = way.sets }
      conflicts += way.conflicts.map { conflict($0, section.kindOfValues, owner: section.rawValue, node: nil) }
    case .node(let name, let setName):
      let kind: ObjectKind = setName == "utilization" ? .utilization : .nodeAttribute
      guard let node = current.node(named: name) else {
        conflicts.append(Conflict(kind: .node, id: name, what: "was deleted since"))
        return
      }
      let now = node.elements(named: setName)
      let way = SetsWayBack(ownerName: "node", before: change.before, after: change.after, now: now)
      if way.sets != now { restoration.nodes[name, default: [:]][setName] = way.sets }
      conflicts += way.conflicts.map { conflict($0, kind, owner: name, node: name) }
    }
  }

  private func conflict(
    _ conflict: SetsWayBack.Conflict, _ kind: ObjectKind, owner: String, node: String?
  ) -> Conflict {
    guard let name = conflict.name else {
      return Conflict(
        kind: kind, id: conflict.set, what: "has another rule or score since",
        details: Detail.between(conflict.left?.header, conflict.now?.header))
    }
    func marked(_ nvpair: Element?) -> Element? { nvpair?.markingSecrets(record, owner: owner) }
    return Conflict(
      kind: kind, id: node.map { "\($0) \(name)" } ?? name, what: "was changed since",
      details: [Detail.betweenValues(marked(conflict.left), marked(conflict.now))])
  }

  private mutating func goBack(node change: Change, isLive: Bool) {
    let now = current.node(named: change.id)
    if change.action == .create, let after = change.after, let now {
      if isLive {
        kept.append(Kept("node \(change.id)", why: "'crm_node --remove' takes a node out of a cluster"))
        return
      }
      restoration.removedNodes.insert(change.id)
      var alignment = Alignment()
      let aligned = alignment.align(now, to: after)
      guard aligned != now else { return }
      conflicts.append(
        Conflict(
          kind: .node, id: change.id, what: "was changed since",
          details: Detail.between(
            aligned.markingSecrets(record, owner: change.id), now.markingSecrets(record, owner: change.id))))
    } else if change.action == .delete, let before = change.before, now == nil {
      restoration.addedNodes.append(before)
    }
  }

  // MARK: - Order

  /// Puts resources that come back where they stood, and those that the change moved where they were.
  private mutating func restoreOrder() {
    guard let order = applied.order else { return }
    let present = Set(current.topLevelResources)
    let common = Set(order.before).intersection(order.after).intersection(present)
    func relative(_ ids: [String]) -> [String] { ids.filter(common.contains) }
    var result = current.topLevelResources
    if relative(order.before) != relative(order.after), relative(result) != relative(order.before) {
      if relative(result) != relative(order.after) {
        conflicts.append(
          Conflict(
            kind: .primitive, id: relative(result).first ?? "", what: "and others: their order was changed since"))
      }
      var next = relative(order.before).makeIterator()
      result = result.map { common.contains($0) ? next.next()! : $0 }
    }
    for (place, id) in order.before.enumerated() where !present.contains(id) {
      let index =
        order.before[..<place].reversed().lazy.compactMap { result.firstIndex(of: $0).map { $0 + 1 } }.first
        ?? order.before[(place + 1)...].lazy.compactMap { result.firstIndex(of: $0) }.first
      result.insert(id, at: index ?? result.count)
    }
    guard result != current.topLevelResources else { return }
    desired.resourceOrders = [
      ResourceOrder(result.map { Reference($0, location: Location(name)) }, isExplicit: false)
    ]
  }

  // MARK: - What would go with it

  /// What the plan for the way back changes although the change that is undone has nothing to do with it: references to
  /// what goes, which somebody has made since.
  package func conflicts(in plan: Plan) -> [Conflict] {
    plan.changes.compactMap { change in
      guard !change.kind.isSetting, change.kind != .node, change.action != .move,
        !touched.contains(Draft.key(change.kind, change.id))
      else { return nil }
      let refers = change.action == .delete ? "would be deleted" : "would be changed"
      return Conflict(
        kind: change.kind, id: change.id, what: "\(refers): it refers to what goes, which it did not before",
        details: change.action == .delete ? [] : change.details(record))
    }
  }
}

extension WayBack.Conflict: CustomStringConvertible {
  /// `primitive 'vip' was changed since: params.ip was left 10.0.0.2, is 10.0.0.9`.
  package var description: String {
    let subject = "\(kind.rawValue) '\(id)' \(what)"
    guard !details.isEmpty else { return subject }
    let shown = details.prefix(Self.shownDetails).map { detail in
      if detail.before == nil, detail.after == nil { return detail.path }
      let left = detail.before ?? "(none)"
      let now = detail.after ?? "(none)"
      // What differs is masked.
      return left == now ? "\(detail.path): changed" : "\(detail.path): left \(left), now \(now)"
    }
    let more = details.count > shown.count ? "; and \(details.count - shown.count) more" : ""
    return "\(subject): \(shown.joined(separator: "; "))\(more)"
  }

  private static let shownDetails = 5
}

extension Element {
  /// A set without its values.
  fileprivate var header: Element {
    var result = self
    result.children.removeAll { $0.element?.name == "nvpair" }
    return Element("set", children: [.element(result)])
  }

  /// The nvpair of a meta attribute that the resource itself has.
  fileprivate func metaAttribute(_ name: String) -> Element? {
    for set in elements(named: "meta_attributes") {
      if let nvpair = set.elements.first(where: { $0.name == "nvpair" && $0["name"] == name }) { return nvpair }
    }
    return nil
  }

  /// Says that the resource is not to have a meta attribute.
  fileprivate mutating func unsetMetaAttribute(_ name: String) {
    let nvpair = Element("nvpair", [Attribute("name", name), ValueSource.unset.attribute])
    let index = children.firstIndex { $0.element.map { $0.name == "meta_attributes" && $0["id-ref"] == nil } ?? false }
    if let index, case .element(var set) = children[index] {
      set.append(nvpair)
      children[index] = .element(set)
    } else {
      append(Element("meta_attributes", children: [.element(nvpair)]))
    }
  }

  /// Sets the value of a meta attribute that the resource has, or takes it out.
  fileprivate mutating func setMetaAttribute(_ name: String, to nvpair: Element?) {
    for index in children.indices {
      guard case .element(var set) = children[index], set.name == "meta_attributes" else { continue }
      guard let place = set.children.firstIndex(where: { $0.element?["name"] == name }) else { continue }
      if let nvpair {
        set.children[place] = .element(nvpair)
      } else {
        set.children.remove(at: place)
      }
      children[index] = .element(set)
      return
    }
  }
}
