import CIB
import Comparison
import Desired
import XML

/// Makes a plan: reads top to bottom as what happens to the configuration.
package struct Planner {
  let current: Configuration
  var desired: DesiredConfiguration
  let options: PlanOptions
  let schema: Schema
  let record: Record
  /// Values of properties, defaults and node attributes that `--prune` takes away.
  var prunedValues: Set<Record.Entry> = []

  var draft: Draft
  /// For every object of the cluster, who among the documents speaks of it.
  var claims: [Claim]
  /// What the documents want other than it is, or new.
  var wants: [Want] = []
  /// Where in `wants` the new objects are, by key.
  var newWants: [String: Int] = [:]
  var reasons: [String: String] = [:]
  var removed: Set<String> = []
  var referencedIDs: Set<String> = []

  var settings: [Section: [Element]] = [:]
  var nodes: [Element] = []

  var kept: [Kept] = []
  var diagnostics: [Diagnostic] = []
  var refusals: [Refusal] = []

  enum Claim: Equatable {
    case none
    /// Generated for a placement.
    case placement
    /// An object of the documents, by its index.
    case document(Int)
  }

  /// An object of the documents, and the one of the cluster that it is to become of.
  struct Want {
    var object: DesiredObject
    var currentIndex: Int?
    /// How the documents came to have it: what the cluster's object is claimed by once it is found.
    var claim: Claim
  }

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

  /// What documents alone would make: of use for what is wrong with them.
  package static func plan(withoutCluster desired: DesiredConfiguration) -> Plan {
    var options = PlanOptions()
    options.hasCluster = false
    return plan(
      from: Configuration(), to: desired, validateWith: desired.validateWith ?? Schema.newest.name, options: options)
  }

  private init(_ current: Configuration, _ desired: DesiredConfiguration, _ schema: Schema, _ options: PlanOptions) {
    self.current = current
    self.desired = desired
    self.options = options
    self.schema = schema
    record = current.record
    draft = Draft(current)
    claims = Array(repeating: .none, count: current.objects.count)
  }

  private mutating func plan() -> Plan {
    collectReferencedIDs()
    collectWants()
    // A rollback gives back names as they were, whatever they were.
    if options.restoration == nil { checkSpelling() }
    removeDeleted()
    findSameUnderOtherIDs()
    mergeSettings()
    mergeNodes()
    prune()
    nameNewLevels()
    mergeObjects()
    removeReferencesToRemoved()
    noteKeptConstraints()
    var target = current.element
    var changes: [Change] = []
    let isOrdered = !desired.resourceOrders.isEmpty || options.prunesAll && options.isExact
    if draft.isChanged || areSectionsChanged || isOrdered {
      let parents = draft.parents()
      checkResourceOrders(parents: parents)
      let order = orderTopLevel(parents: parents)
      if draft.isChanged || areSectionsChanged || order != current.topLevelResources {
        assignIDs()
        target = assemble(topLevel: order)
        changes = listChanges(topLevel: order)
        if !changes.isEmpty { check(Configuration(target)) }
      }
    }
    var plan = Plan(
      schema: schema, current: current.element, target: changes.isEmpty ? current.element : target, changes: changes,
      kept: kept, diagnostics: diagnostics, refusals: refusals)
    if !changes.isEmpty { writeRecord(of: changes, in: &plan.target) }
    plan.settleSeverities(options)
    return plan
  }

  // MARK: - What the documents want

  /// Sorts out what is in the cluster already as the documents have it: mostly everything.
  private mutating func collectWants() {
    for index in desired.objects.indices {
      var object = desired.objects[index]
      object.object.element = schema.spelling(object.element)
      // Levels are known by target and number, which are looked at later.
      let present = object.kind == .fencingLevel ? nil : current.index(of: object.kind, object.id)
      want(object, at: present, claim: .document(index))
    }
    collectPlacements()
  }

  /// - Parameter index: the place of the cluster's object of this id, which may be of another kind.
  mutating func want(_ object: DesiredObject, at index: Int?, claim: Claim) {
    if let index, current.objects[index].kind == object.kind {
      guard claims[index] == .none else { return }
      claims[index] = claim
      let present = current.objects[index]
      if Alignment.isPlainlySame(present.element, object.element, referencedIDs: referencedIDs) { return }
      wants.append(Want(object: object, currentIndex: index, claim: claim))
      return
    }
    let key = Self.key(of: object)
    guard newWants[key] == nil else { return }
    newWants[key] = wants.count
    wants.append(Want(object: object, currentIndex: nil, claim: claim))
  }

  /// What a new object is known by: levels without an id have a name that may be the id of something else.
  private static func key(of object: DesiredObject) -> String {
    object.kind == .fencingLevel ? "\(levelKey(object.element)) \(object.id)" : Draft.key(object.object)
  }

  // MARK: - Known by something else than the id

  /// A constraint that differs from one of the cluster's in its id alone is that one, unless that is deleted: then it is
  /// to have the other id. A fencing level is known by its target and its number. Several may have those (`target="n1"`
  /// and `target-pattern="n1"`): then the one of the same id it is, else the one that is the same.
  private mutating func findSameUnderOtherIDs() {
    func level(_ element: Element) -> String? { element.name == "fencing-level" ? Self.levelKey(element) : nil }
    take { element in level(element).map { "\($0) \(element.id ?? "")" } }
    // A way back brings back what was beside another that was the same, or had its target and number.
    guard options.restoration == nil else { return }
    take { canonicalText(of: $0) }
    take(by: level)
  }

  /// Takes what the documents have for what the cluster has of the same key; without one, for nothing.
  private mutating func take(by key: (Element) -> String?) {
    func isLoose(_ kind: ObjectKind) -> Bool { kind.isConstraint || kind == .fencingLevel }
    func isStranger(_ want: Want) -> Bool { want.currentIndex == nil && isLoose(want.object.kind) }
    guard wants.contains(where: isStranger) else { return }
    var unclaimed: [String: [Int]] = [:]
    for (index, object) in current.objects.enumerated().reversed() where claims[index] == .none {
      guard isLoose(object.kind), !removed.contains(object.id), let key = key(object.element) else { continue }
      unclaimed[key, default: []].append(index)
    }
    guard !unclaimed.isEmpty else { return }
    for (position, want) in wants.enumerated() where isStranger(want) {
      guard let key = key(want.object.element), let index = unclaimed[key]?.popLast() else { continue }
      newWants[Self.key(of: want.object)] = nil
      wants[position].currentIndex = index
      claims[index] = want.claim
    }
  }

  /// Gives new fencing levels their ids: two levels that are not the same may be called the same. Those come first that
  /// have an id: one that gets it must not have the id that a document gives to another.
  private mutating func nameNewLevels() {
    let new = wants.indices.filter { wants[$0].object.kind == .fencingLevel && wants[$0].currentIndex == nil }
    let named = new.filter { wants[$0].object.element.id != nil }
    let nameless = new.filter { wants[$0].object.element.id == nil }
    for position in named + nameless {
      let want = wants[position]
      newWants[Self.key(of: want.object)] = nil
      var object = want.object.object
      let isGenerated = object.element.id == nil
      func isTaken(_ id: String) -> Bool {
        newWants[id] != nil || draft[id].map { isGenerated || $0.kind == .fencingLevel } ?? false
      }
      let wish = object.element.id ?? IDGenerator.levelID(object.element)
      var id = wish
      var number = 0
      while isTaken(id) {
        number += 1
        id = "\(wish)-\(number)"
      }
      object.id = id
      object.element["id"] = nil
      object.element.attributes.insert(Attribute("id", id), at: 0)
      wants[position].object.object = object
      newWants[id] = position
    }
  }

  static func levelKey(_ level: Element) -> String { "level \(level.levelTarget) \(level["index"] ?? "")" }

  /// The document's object behind one of the configuration's, if a document has it.
  func wantedObject(_ object: CIBObject) -> DesiredObject? {
    if let index = current.index(of: object.kind, object.id), case .document(let wanted) = claims[index] {
      return desired.objects[wanted]
    }
    return newWants[Draft.key(object)].map { wants[$0].object }
  }

  // MARK: - What goes

  mutating func remove(_ object: CIBObject, because reason: String) {
    let key = Draft.key(object)
    guard removed.insert(key).inserted else { return }
    reasons[key] = reason
    draft.remove(object.kind, object.id)
  }

  private var deletionReason: String { options.restoration?.reason ?? "in delete" }

  private mutating func removeDeleted() {
    for deletion in desired.deletions {
      switch deletion.target {
      case .object(let id):
        guard let object = current.object(id) else { continue }
        switch object.kind {
        // A way back knows which it is, where several have one target and number.
        case .fencingLevel where options.restoration == nil, .aclGroup:
          let form = "{\(object.kind.rawValue): …}"
          report("'\(id)' is \(object.kind.withArticle), which is deleted by \(form)", at: deletion.location)
        default: remove(object, because: deletionReason)
        }
      case .aclTarget(let id):
        if let target = current.aclTarget(id) { remove(target, because: deletionReason) }
      case .aclGroup(let id):
        if let group = current.object(id), group.kind == .aclGroup { remove(group, because: deletionReason) }
      case .fencingLevel(let target, let index):
        for object in current.objects where object.kind == .fencingLevel {
          if object.element.levelTarget == target, object.element["index"] == index {
            remove(object, because: deletionReason)
          }
        }
      case .property, .resourceDefault, .operationDefault, .nodeAttribute, .utilization: break
      }
    }
  }

  /// What no document has, as far as that was asked for.
  private mutating func prune() {
    if options.prunes { pruneObjects() }
    guard options.prunesAll else { return }
    for (index, object) in current.objects.enumerated() where claims[index] == .none {
      guard !removed.contains(Draft.key(object)) else { continue }
      if options.isExact || Self.runTimeConstraint(object) == nil { remove(object, because: "in no document") }
    }
  }

  static let pruneReason = "an earlier apply brought it in, and no document has it any more"

  private mutating func pruneObjects() {
    for (index, object) in current.objects.enumerated() where claims[index] == .none {
      guard !removed.contains(Draft.key(object)), record.contains(.object(object.kind, id: object.id)) else { continue }
      remove(object, because: Self.pruneReason)
    }
  }

  /// The constraints that `--prune-all` leaves, but for those that go with their resource.
  private mutating func noteKeptConstraints() {
    guard options.prunesAll, !options.isExact else { return }
    for (index, object) in current.objects.enumerated() where claims[index] == .none {
      guard !removed.contains(Draft.key(object)), let why = Self.runTimeConstraint(object) else { continue }
      kept.append(Kept("\(object.kind.rawValue) \(object.id)", why: why))
    }
  }

  /// Constraints that tools and handlers set while the cluster runs.
  private static func runTimeConstraint(_ object: CIBObject) -> String? {
    guard object.kind.isConstraint else { return nil }
    let id = object.id
    if ["cli-ban-", "cli-prefer-", "cli-standby-"].contains(where: id.hasPrefix) { return "set by hand at run time" }
    return id.hasPrefix("drbd-fence-by-handler-") ? "set by DRBD's fencing handler" : nil
  }

  // MARK: - What is new or changes

  private mutating func mergeObjects() {
    draft.reserve(newWants.count)
    for want in wants { merge(want) }
    checkNesting()
    var containers: [String: String] = [:]
    for object in desired.objects where object.kind.isResource && object.kind != .primitive {
      for member in object.object.memberIDs {
        if let other = containers.updateValue(object.id, forKey: member), other != object.id {
          report("'\(member)' is a member of '\(other)' and of '\(object.id)'", at: object.location)
        }
      }
    }
    guard !containers.isEmpty else { return }
    // A member that the documents put into another group leaves the one it is in.
    var moved: [String: Set<String>] = [:]
    for (index, object) in current.objects.enumerated() where claims[index] == .none {
      for member in object.memberIDs where draft[object.id] != nil {
        if let container = containers[member], container != object.id { moved[object.id, default: []].insert(member) }
      }
    }
    if !moved.isEmpty { removeReferences(Removal(ids: [], moved: moved)) }
  }

  /// A resource inside itself would be gone from the result, and all that is in it: no option overrides that.
  private mutating func checkNesting() {
    var isOnPath: [String: Bool] = [:]
    for want in wants where want.object.kind.isResource && isOnPath[want.object.id] == nil {
      var path = [(id: want.object.id, members: want.object.object.memberIDs[...])]
      isOnPath[want.object.id] = true
      while let last = path.indices.last {
        guard let member = path[last].members.popFirst() else {
          isOnPath[path.removeLast().id] = false
          continue
        }
        if isOnPath[member] == true {
          let circle = path[path.firstIndex { $0.id == member }!...].map(\.id) + [member]
          let object = draft[path[last].id]!
          report(
            "\(object.kind.rawValue) '\(object.id)' is inside itself"
              + (circle.count > 2 ? ": \(circle.joined(separator: ", "))" : ""),
            at: wantedObject(object)?.location ?? want.object.location, category: .syntax)
        } else if isOnPath[member] == nil, let object = draft[member], object.kind.isResource {
          isOnPath[member] = true
          path.append((member, object.memberIDs[...]))
        }
      }
    }
  }

  private mutating func merge(_ want: Want) {
    let object = want.object
    let present = want.currentIndex.map { current.objects[$0] }
    if present == nil, let other = draft[object.id, object.kind] {
      report(
        "'\(object.id)' cannot become \(object.kind.withArticle): it is \(other.kind.withArticle) in the cluster",
        at: object.location, category: .syntax, hint: "delete it, or choose another id")
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
    if let present {
      var wantedElement = object.element
      // A constraint or a level that the cluster has under another id keeps that.
      if present.id != object.id { wantedElement["id"] = present.element.id }
      element = alignment.align(present.element, to: wantedElement)
    } else {
      element = alignment.forming(object.element)
    }
    reportMissing(alignment.missingSecrets, of: object.id, at: object.location)
    for nvpair in alignment.kept {
      let what = "meta.\(nvpair["name"] ?? "")=\(nvpair["value"] ?? "") of \(object.id)"
      kept.append(Kept(what, why: "set at run time; --exact drops it"))
    }
    if element == present?.element { return }
    draft.set(CIBObject(kind: object.kind, id: present?.id ?? object.id, element: element))
  }

  // MARK: - References to what is gone

  private mutating func removeReferencesToRemoved() {
    guard !removed.isEmpty else { return }
    removeReferences(Removal(ids: removed))
  }

  /// Takes what is gone out of what no document restates; what is empty then goes as well, and so on.
  private mutating func removeReferences(_ removal: Removal) {
    var removal = removal
    var isStable = false
    while !isStable {
      isStable = true
      for (index, object) in current.objects.enumerated() where claims[index] == .none {
        guard let object = draft[object.id, object.kind] else { continue }
        switch removal.apply(to: object) {
        case .untouched: break
        case .changed(let element):
          draft.set(CIBObject(kind: object.kind, id: object.id, element: element))
        case .empty(let what):
          remove(object, because: "\(what) goes")
          // Of two of one id, in a CIB that fits no schema, one stays in the draft, and is looked at over and over.
          if removal.ids.insert(Draft.key(object)).inserted { isStable = false }
        }
      }
    }
  }

  // MARK: - Order

  /// The ids of the top-level resources in the order they are to have.
  private mutating func orderTopLevel(parents: [String: String]) -> [String] {
    var base: [String] = []
    var placed: Set<String> = []
    placed.reserveCapacity(draft.count)
    func place(_ id: String) {
      guard let object = draft[id], object.kind.isResource, parents[id] == nil, placed.insert(id).inserted else {
        return
      }
      base.append(id)
    }
    // What leaves a group stands where the group stood; what is new comes behind, as the documents have it.
    for object in current.objects where object.kind.isResource { place(object.id) }
    for object in desired.objects where object.kind.isResource { place(object.id) }
    var lists = desired.resourceOrders.map { $0.resources.map(\.id) }
    // Where the documents are all there is to be, so is their order.
    if lists.isEmpty, options.prunesAll, options.isExact, desired.isInOrder {
      lists = [desired.objects.filter { $0.kind.isResource && parents[$0.id] == nil }.map(\.id)]
    }
    switch ResourceOrdering.order(base, lists: lists) {
    case .success(let order): return order
    case .failure(let contradiction):
      let place = desired.resourceOrders.flatMap(\.resources).last { $0.id == contradiction.id }?.location ?? .none
      report("the documents contradict each other about the order of '\(contradiction.id)'", at: place)
      return base
    }
  }

  private var areSectionsChanged: Bool {
    nodes != current.nodes || !removedNodes.isEmpty
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
  fileprivate mutating func settleSeverities(_ options: PlanOptions) {
    for index in diagnostics.indices {
      let category = diagnostics[index].category
      if options.isForced && category != .syntax || !options.hasCluster && category == .missing {
        diagnostics[index].severity = .warning
      }
    }
    guard options.isForced else { return }
    diagnostics += refusals.map { Diagnostic(.warning, "\($0.message) (--force)", at: .none) }
    refusals = []
  }
}
