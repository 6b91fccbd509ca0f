import CIB
import Comparison
import Desired
import XML

/// Makes a plan: reads top to bottom as what happens to the configuration.
package struct Planner {
  let current: Configuration
  let desired: DesiredConfiguration
  let options: PlanOptions
  let schema: Schema
  let record: Record

  var draft: Draft
  /// The objects of the documents (placements written out), by key, as they were written.
  var wanted: [String: DesiredObject] = [:]
  var wantedKeys: [String] = []
  /// Ids of documents' constraints and levels that the cluster has under another id.
  var aliases: [String: String] = [:]
  var claimedIDs: Set<String> = []
  var reasons: [String: String] = [:]
  var removed: Set<String> = []
  var referencedIDs: Set<String> = []

  var settings: [Section: [Element]] = [:]
  var nodes: [Element] = []

  var kept: [Kept] = []
  var diagnostics: [Diagnostic] = []
  var refusals: [Refusal] = []
  var newRecord: Record

  /// - Parameters:
  ///   - current: the cluster's configuration.
  ///   - desired: what the documents say, values from files and the environment already read.
  ///   - validateWith: the schema of the CIB.
  package static func plan(
    from current: Configuration, to desired: DesiredConfiguration, validateWith: String, options: PlanOptions
  ) -> Plan {
    var planner = Planner(current, desired, Schema(validateWith), options)
    return planner.plan()
  }

  private init(_ current: Configuration, _ desired: DesiredConfiguration, _ schema: Schema, _ options: PlanOptions) {
    self.current = current
    self.desired = desired
    self.options = options
    self.schema = schema
    record = current.record
    newRecord = record
    draft = Draft(current)
  }

  private mutating func plan() -> Plan {
    collectWanted()
    collectReferencedIDs()
    findAliases()
    mergeSettings()
    mergeNodes()
    removeUnwanted()
    mergeObjects()
    removeReferencesToRemoved()
    let order = orderTopLevel()
    var target = current.element
    var changes: [Change] = []
    if draft.isChanged || isOrderChanged(order) || areSectionsChanged {
      assignIDs()
      target = assemble(topLevel: order)
      changes = listChanges(topLevel: order)
      if !changes.isEmpty { check(Configuration(target)) }
    }
    var plan = Plan(
      schema: schema, current: current.element, target: changes.isEmpty ? current.element : target, changes: changes,
      kept: kept, diagnostics: diagnostics, refusals: refusals)
    if !changes.isEmpty { record(changes, in: &plan.target) }
    plan.settleSeverities(forced: options.isForced)
    return plan
  }

  // MARK: - What the documents want

  private mutating func collectWanted() {
    for object in desired.objects {
      var object = object
      object.object.element = schema.spelling(object.element)
      want(object)
    }
    guard !desired.placements.isEmpty else { return }
    let assigned = assignments(withScores: Set(desired.placements.compactMap(\.spread).map(ValueType.score.normalized)))
    let locations = PlacementExpansion.locations(
      for: desired.placements,
      existing: { resource, score in
        (assigned[resource] ?? []).filter { $0.score == ValueType.score.normalized(score) }.map(\.node)
      }, rebalance: options.rebalances)
    let places = Dictionary(desired.placements.flatMap { placement in placement.resources.map { ($0.id, $0.location) } }) {
      first, _ in first
    }
    for location in locations {
      want(DesiredObject(location, location: places[location.element["rsc"] ?? ""] ?? .none))
    }
    removeUnlistedPlacements(of: Set(places.keys))
  }

  /// The nodes on which resources have one of the scores, by resource.
  private func assignments(withScores scores: Set<String>) -> [String: [(node: String, score: String)]] {
    guard !scores.isEmpty else { return [:] }
    var assigned: [String: [(node: String, score: String)]] = [:]
    for object in current.objects where object.kind == .location {
      guard let score = object.element["score"].map(ValueType.score.normalized), scores.contains(score),
        let resource = object.element["rsc"], let node = object.element["node"]
      else { continue }
      assigned[resource, default: []].append((node, score))
    }
    return assigned
  }

  private mutating func want(_ object: DesiredObject) {
    let key = Draft.key(object.object)
    if let first = wanted[key] {
      guard first.element != object.element else { return }
      report("'\(object.id)' is already defined at \(first.location)", at: object.location)
    } else {
      wanted[key] = object
      wantedKeys.append(key)
    }
  }

  /// A placement owns the plain constraints that it would generate: those for nodes it no longer lists go.
  private mutating func removeUnlistedPlacements(of resources: Set<String>) {
    for object in current.objects where object.kind == .location {
      let element = object.element
      guard wanted[object.id] == nil, let resource = element["rsc"], resources.contains(resource),
        let node = element["node"], object.id == "loc-\(resource)-\(node)", element.elements.isEmpty
      else { continue }
      remove(object, because: "its placement does not list \(node)")
    }
  }

  private mutating func collectReferencedIDs() {
    func collect(_ element: Element) {
      if let reference = element["id-ref"] { referencedIDs.insert(reference) }
      for case .element(let child) in element.children { collect(child) }
    }
    collect(current.element)
    for object in desired.objects { collect(object.element) }
    for set in desired.settings { collect(set.element) }
    for node in desired.nodes { collect(node.element) }
  }

  /// A constraint that differs from one of the cluster's in its id alone is that one; a fencing level is known by its
  /// target and its number.
  private mutating func findAliases() {
    let strangers = wantedKeys.compactMap { wanted[$0] }.filter { object in
      object.kind.isConstraint && current.object(object.id) == nil
        || object.kind == .fencingLevel
    }
    guard !strangers.isEmpty else { return }
    var unclaimed: [String: [String]] = [:]
    for object in current.objects.reversed() {
      if object.kind.isConstraint, wanted[object.id] == nil, !removed.contains(object.id) {
        unclaimed[canonicalText(of: object.element), default: []].append(object.id)
      } else if object.kind == .fencingLevel {
        unclaimed[Self.levelKey(object.element), default: []].append(object.id)
      }
    }
    for object in strangers {
      let key = object.kind == .fencingLevel ? Self.levelKey(object.element) : canonicalText(of: object.element)
      guard let id = unclaimed[key]?.popLast() else { continue }
      aliases[object.id] = id
      claimedIDs.insert(id)
    }
  }

  static func levelKey(_ level: Element) -> String { "level \(levelTarget(level)) \(level["index"] ?? "")" }

  static func levelTarget(_ level: Element) -> String {
    level["target"] ?? level["target-pattern"] ?? "\(level["target-attribute"] ?? "")=\(level["target-value"] ?? "")"
  }

  // MARK: - What goes

  mutating func remove(_ object: CIBObject, because reason: String) {
    let key = Draft.key(object)
    guard removed.insert(key).inserted else { return }
    reasons[key] = reason
    draft.remove(object.kind, object.id)
  }

  private mutating func removeUnwanted() {
    for deletion in desired.deletions {
      switch deletion.target {
      case .object(let id):
        guard let object = current.object(id) else { continue }
        switch object.kind {
        case .fencingLevel, .aclGroup:
          report("'\(id)' is a \(object.kind.rawValue), which is deleted by {\(object.kind.rawValue): …}", at: deletion.location)
        default: remove(object, because: "in delete")
        }
      case .aclTarget(let id):
        if let target = current.aclTarget(id) { remove(target, because: "in delete") }
      case .aclGroup(let id):
        if let group = current.object(id), group.kind == .aclGroup { remove(group, because: "in delete") }
      case .fencingLevel(let target, let index):
        for object in current.objects where object.kind == .fencingLevel {
          if Self.levelTarget(object.element) == target, object.element["index"] == index {
            remove(object, because: "in delete")
          }
        }
      case .property, .resourceDefault, .operationDefault, .nodeAttribute, .utilization: break
      }
    }
    guard options.prunesAll else { return }
    for object in current.objects {
      let key = Draft.key(object)
      guard wanted[key] == nil, !claimedIDs.contains(object.id), !removed.contains(key) else { continue }
      if !options.isExact, object.kind.isConstraint, let why = Self.runTimeConstraint(object.id) {
        kept.append(Kept("\(object.kind.rawValue) \(object.id)", why: why))
      } else {
        remove(object, because: "in no document")
      }
    }
  }

  /// Constraints that tools and handlers set while the cluster runs.
  private static func runTimeConstraint(_ id: String) -> String? {
    if ["cli-ban-", "cli-prefer-", "cli-standby-"].contains(where: id.hasPrefix) { return "set by hand at run time" }
    return id.hasPrefix("drbd-fence-by-handler-") ? "set by DRBD's fencing handler" : nil
  }

  // MARK: - What is new or changes

  private mutating func mergeObjects() {
    var containers: [String: String] = [:]
    for key in wantedKeys {
      guard let object = wanted[key] else { continue }
      for member in object.object.memberIDs {
        if let other = containers.updateValue(object.id, forKey: member), other != object.id {
          report("'\(member)' is a member of '\(other)' and of '\(object.id)'", at: object.location)
        }
      }
      merge(object, key: key)
    }
    guard !containers.isEmpty else { return }
    // A member that the documents put into another group leaves the one it is in.
    var moved: [String: Set<String>] = [:]
    for object in draft.all where object.kind.isResource && object.kind != .primitive && wanted[object.id] == nil {
      for member in object.memberIDs {
        if let container = containers[member], container != object.id { moved[object.id, default: []].insert(member) }
      }
    }
    if !moved.isEmpty { removeReferences(Removal(ids: [], moved: moved)) }
  }

  private mutating func merge(_ object: DesiredObject, key: String) {
    let currentID = aliases[object.id] ?? object.id
    let present = current.object(object.kind, currentID)
    if let present, present.kind == object.kind,
      Alignment.isPlainlySame(present.element, object.element, referencedIDs: referencedIDs)
    {
      return
    }
    var alignment = Alignment()
    alignment.referencedIDs = referencedIDs
    if object.kind.isResource, !options.isExact {
      let record = record
      alignment.keepsMetaAttribute = { nvpair in
        let name = nvpair["name"] ?? ""
        return runTimeMetaAttributes.contains(name)
          && !record.contains(.runTimeAttribute(resource: object.id, name: name))
      }
    }
    var element: Element
    if let present, present.kind == object.kind {
      var wantedElement = object.element
      if object.kind == .fencingLevel || aliases[object.id] != nil { wantedElement["id"] = present.element.id }
      element = alignment.align(present.element, to: wantedElement)
    } else {
      element = alignment.forming(object.element)
      if object.kind == .fencingLevel, element.id == nil { element.attributes.insert(Attribute("id", object.id), at: 0) }
    }
    for name in alignment.missingSecrets {
      report(
        "the value of '\(name)' of '\(object.id)' is to be kept, but the cluster has none", at: object.location,
        hint: "give the value as {file: PATH} or {env: NAME}")
    }
    for nvpair in alignment.kept {
      kept.append(
        Kept("meta.\(nvpair["name"] ?? "")=\(nvpair["value"] ?? "") of \(object.id)", why: "set at run time; --exact drops it"))
    }
    if let present {
      if present.kind == object.kind, element == present.element { return }
      if present.kind != object.kind { draft.remove(present.kind, present.id) }
    }
    draft.set(CIBObject(kind: object.kind, id: currentID, element: element))
  }

  // MARK: - References to what is gone

  private mutating func removeReferencesToRemoved() {
    guard !removed.isEmpty else { return }
    // What a document brings back under the id of something removed is not gone.
    removeReferences(Removal(ids: removed.filter { wanted[$0] == nil }))
  }

  private mutating func removeReferences(_ removal: Removal) {
    var removal = removal
    var isStable = false
    while !isStable {
      isStable = true
      for object in Array(draft.all) {
        let key = Draft.key(object)
        guard wanted[key] == nil, !claimedIDs.contains(object.id) else { continue }
        switch removal.apply(to: object) {
        case .untouched: break
        case .changed(let element):
          draft.set(CIBObject(kind: object.kind, id: object.id, element: element))
        case .empty(let what):
          remove(object, because: "\(what) goes")
          removal.ids.insert(key)
          isStable = false
        }
      }
    }
  }

  // MARK: - Order

  /// The ids of the top-level resources in the order they are to have.
  private mutating func orderTopLevel() -> [String] {
    let parents = draft.parents()
    var base: [String] = []
    var placed: Set<String> = []
    func place(_ id: String, _ base: inout [String]) {
      guard let object = draft[id], object.kind.isResource, parents[id] == nil, placed.insert(id).inserted else { return }
      base.append(id)
    }
    // What leaves a group stands where the group stood.
    for object in current.objects where object.kind.isResource { place(object.id, &base) }
    for key in wantedKeys where wanted[key]!.kind.isResource { place(key, &base) }
    for object in draft.all where object.kind.isResource { place(object.id, &base) }
    switch ResourceOrdering.order(base, lists: desired.resourceOrders.map { $0.resources.map(\.id) }) {
    case .success(let order): return order
    case .failure(let contradiction):
      let place = desired.resourceOrders.flatMap(\.resources).last { $0.id == contradiction.id }?.location ?? .none
      report("the documents contradict each other about the order of '\(contradiction.id)'", at: place)
      return base
    }
  }

  private func isOrderChanged(_ order: [String]) -> Bool {
    guard !desired.resourceOrders.isEmpty else { return false }
    return order != current.objects.filter { $0.kind.isResource && current.parent(of: $0.id) == nil }.map(\.id)
  }

  private var areSectionsChanged: Bool {
    nodes != current.nodes
      || settings.contains { section, sets in
        sets != current.section(section)?.elements(named: section.setElementName!) ?? []
      }
  }

  // MARK: - Messages

  mutating func report(
    _ message: String, at location: Location, category: Diagnostic.Category = .reference, hint: String? = nil
  ) {
    diagnostics.append(Diagnostic(.error, message, at: location, category: category, hint: hint))
  }

  mutating func warn(_ message: String, at location: Location = .none, hint: String? = nil) {
    diagnostics.append(Diagnostic(.warning, message, at: location, category: .reference, hint: hint))
  }
}

extension Plan {
  /// `--force` turns errors of reference and placement, and refusals, into warnings.
  fileprivate mutating func settleSeverities(forced: Bool) {
    guard forced else { return }
    for index in diagnostics.indices where diagnostics[index].category != .syntax {
      diagnostics[index].severity = .warning
    }
    diagnostics += refusals.map { Diagnostic(.warning, "\($0.message) (--force)", at: .none) }
    refusals = []
  }
}
