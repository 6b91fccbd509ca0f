import CIB
import Desired
import XML

/// Decides which changes of a plan wait, and makes the two parts.
///
/// Changes that speak of one another's objects stay together: a group without its member, or an order without its
/// resource, would be something that nobody wrote.
package struct Deferring {
  /// The plan in two.
  package struct Parts: Sendable {
    /// What is done now.
    package var now: Plan
    /// The changes that wait.
    package var waiting: [Change]
    /// Undoing this leads from what `now` makes to what the whole plan makes.
    package var undone: AppliedChanges
  }

  private let plan: Plan
  private let validateWith: String
  private let current: Configuration
  private let target: Configuration
  /// Indices of changes that stay together.
  private let bundles: [[Int]]
  private var waiting: Set<Int> = []

  /// - Parameter validateWith: of the CIB.
  package init(_ plan: Plan, validateWith: String) {
    self.plan = plan
    self.validateWith = validateWith
    current = Configuration(plan.current)
    target = Configuration(plan.target)
    bundles = Self.bundles(of: plan.changes)
  }

  package var allWait: Bool { waiting.count == bundles.count }

  // MARK: What waits

  /// Has those changes wait that speak of a resource, of what it is in, of what is in it, or of its template.
  ///
  /// - Returns: whether there are any that did not wait already.
  package mutating func putOff(touching resources: Set<String>) -> Bool {
    let ids = current.kin(of: resources).union(target.kin(of: resources))
    return putOff { $0.speaks(of: ids) }
  }

  /// Has properties, defaults and the attributes of nodes wait.
  package mutating func putOffSettings() -> Bool { putOff { $0.kind.isSetting } }

  package mutating func putOffAll() { waiting = Set(bundles.indices) }

  private mutating func putOff(_ condition: (Change) -> Bool) -> Bool {
    let found = bundles.indices.filter { index in
      !waiting.contains(index) && bundles[index].contains { condition(plan.changes[$0]) }
    }
    waiting.formUnion(found)
    return !found.isEmpty
  }

  // MARK: The parts

  /// - Returns: nil where the configuration without the changes that wait could not be made; then all are to wait.
  package func parts() -> Parts? {
    let indices = Set(waiting.flatMap { bundles[$0] })
    let changes = plan.changes.indices.filter(indices.contains).map { plan.changes[$0] }
    var now = plan
    now.changes = plan.changes.indices.filter { !indices.contains($0) }.map { plan.changes[$0] }
    // Whatever is stopped before it goes runs now.
    now.stoppedFirst = []
    if allWait {
      now.target = plan.current
      var undone = Plan(schema: plan.schema, current: plan.target, target: plan.current, changes: [])
      undone.changes = changes.map(\.reversed)
      return Parts(now: now, waiting: changes, undone: AppliedChanges(undone))
    }
    let way = WayBack(
      undoing: AppliedChanges(plan).only(changes), in: target, name: "what waits", isLive: false)
    var options = PlanOptions()
    // A state on the way to what was checked as a whole.
    options.isForced = true
    options.allowsUnfenced = true
    options.restoration = way.restoration
    let back = Planner.plan(from: target, to: way.desired, validateWith: validateWith, options: options)
    guard back.errors.isEmpty else { return nil }
    now.target = back.target
    return Parts(now: now, waiting: changes, undone: AppliedChanges(back))
  }

  private static func bundles(of changes: [Change]) -> [[Int]] {
    var leader = Array(changes.indices)
    func find(_ index: Int) -> Int {
      var index = index
      while leader[index] != index { index = leader[index] }
      return index
    }
    var byID: [String: Int] = [:]
    var bySetting: [String: Int] = [:]
    func join(_ one: Int, _ other: Int) {
      let (one, other) = (find(one), find(other))
      leader[max(one, other)] = min(one, other)
    }
    for (index, change) in changes.enumerated() {
      if change.kind.isSetting {
        // The sets of one section, or of one node, are restored as one.
        let owner = change.owner
        if let first = bySetting[owner] { join(first, index) } else { bySetting[owner] = index }
      } else if let first = byID[change.id] {
        join(first, index)
      } else {
        byID[change.id] = index
      }
    }
    for (index, change) in changes.enumerated() where !change.kind.isSetting {
      for id in change.mentioned {
        if let other = byID[id] { join(index, other) }
      }
    }
    return Dictionary(grouping: changes.indices, by: find).values.sorted { $0[0] < $1[0] }
  }
}

extension Configuration {
  /// The resources themselves, what they are in, what is in them, and their templates.
  fileprivate func kin(of resources: Set<String>) -> Set<String> {
    var ids = resources
    for id in resources {
      var outer: String? = id
      while let next = outer {
        ids.insert(next)
        outer = parent(of: next)
      }
      var inner = [id]
      while let next = inner.popLast() {
        ids.insert(next)
        guard let object = resource(next) else { continue }
        inner += object.memberIDs
        if let template = object.element["template"] { ids.insert(template) }
      }
    }
    return ids
  }
}

extension Plan {
  /// For each resource, the changes that speak of it: what an interruption of it most likely comes from. Where none does,
  /// those that speak of another of them; or else properties, defaults and the attributes of nodes, which speak of all.
  package func causes(ofInterrupting resources: [String]) -> [String: [Change]] {
    let (current, target) = (Configuration(current), Configuration(target))
    let settings = changes.filter(\.kind.isSetting)
    // A thousand resources may be interrupted by a thousand changes.
    var places: [String: [Int]] = [:]
    for (place, change) in changes.enumerated() where !change.kind.isSetting {
      for id in change.mentioned.union([change.id]) { places[id, default: []].append(place) }
    }
    func speaking(of resources: Set<String>) -> [Change] {
      let ids = current.kin(of: resources).union(target.kin(of: resources))
      return Set(ids.flatMap { places[$0] ?? [] }).sorted().map { changes[$0] }
    }
    var result: [String: [Change]] = [:]
    // What nothing speaks of follows one that something does, as the later members of a group; or else is a setting's.
    lazy var ofAny = speaking(of: Set(resources))
    for resource in Set(resources) {
      let own = speaking(of: [resource])
      result[resource] = !own.isEmpty ? own : !ofAny.isEmpty ? ofAny : settings
    }
    return result
  }
}

extension Change {
  fileprivate func speaks(of ids: Set<String>) -> Bool {
    !kind.isSetting && (ids.contains(id) || !mentioned.isDisjoint(with: ids))
  }

  /// The ids that the object speaks of, before or after.
  fileprivate var mentioned: Set<String> {
    guard !kind.isSetting else { return [] }
    var ids: Set<String> = []
    func collect(_ element: Element) {
      for attribute in element.attributes {
        switch attribute.name {
        case "id", "rsc", "with-rsc", "first", "then", "template", "id-ref", "node": ids.insert(attribute.value)
        case "devices": ids.formUnion(attribute.value.split(separator: ",").map(String.init))
        default: break
        }
      }
      element.elements.forEach(collect)
    }
    if let before { collect(before) }
    if let after { collect(after) }
    for id in [outer?.from, outer?.into] { if let id { ids.insert(id) } }
    return ids
  }

  /// The change from after to before.
  fileprivate var reversed: Change {
    var result = self
    (result.before, result.after) = (after, before)
    switch action {
    case .create: result.action = .delete
    case .delete: result.action = .create
    case .move: result.outer = outer.map { ($0.into, $0.from) }
    case .update: break
    }
    return result
  }
}

extension AppliedChanges {
  /// A part of them. The record stays as they left it: it is about what documents say, not about when that is done.
  fileprivate func only(_ part: [Change]) -> AppliedChanges {
    var result = self
    let keys = Set(part.map { Draft.key($0.kind, $0.id) })
    result.changes = changes.filter { keys.contains(Draft.key($0.kind, $0.id)) }
    let owners = Set(part.filter(\.kind.isSetting).map { "\($0.kind.rawValue) \($0.owner)" })
    result.sets = sets.filter { change in
      switch change.owner {
      case .section(let section): owners.contains("\(section.kindOfValues.rawValue) \(section.rawValue)")
      case .node(let name, let setName):
        owners.contains("\((setName == "utilization" ? ObjectKind.utilization : .nodeAttribute).rawValue) \(name)")
      }
    }
    if !result.changes.contains(where: { $0.action == .delete || $0.action == .move }) { result.order = nil }
    result.record = (Record(), Record())
    return result
  }
}
