import CIB
import Desired
import XML

/// Writes a change of a configuration as commands of `crm configure`, to be read from standard input:
///
///     delete old \
///         grp
///     load update -
///     primitive web ocf:heartbeat:apache …
///
/// What is new or changed stands there in full: `load update` replaces objects as wholes, but for properties and
/// defaults, which it adds to. All of it is one transaction.
///
/// crm does more than it is told: deleting the last member of a group deletes the group, deleting a template what is made
/// from it; constraints of what goes, or goes into a new group, are changed or deleted. So what might suffer is
/// written too; and what crm would not change is deleted first, and written anew.
package struct CrmshPlanWriter {
  package private(set) var text = ""
  package private(set) var problems: [Diagnostic] = []
  /// Whether a secret value stands in it.
  package private(set) var holdsSecret = false

  /// - Parameters:
  ///   - current: the `<configuration>` that the cluster has.
  ///   - target: the one it is to have.
  package init(from current: Element, to target: Element) {
    let steps = CrmshSteps(from: State(current), to: State(target))
    let deletions = steps.before.objects.reversed().filter { steps.isGone($0.key) }.map(\.name)
    let objects = steps.after.objects.filter { steps.written.contains($0.key) }
    guard !deletions.isEmpty || !objects.isEmpty else { return }
    var writer = CrmshWriter(referringTo: target)
    for var object in objects {
      let shown = object.whole.forXML(showSecrets: true)
      if shown != object.whole.forXML(showSecrets: false) { holdsSecret = true }
      object.element = object.element.forXML(showSecrets: true)
      object.whole = shown
      writer.write(object)
    }
    problems = writer.problems
    // It would not become what was planned.
    if !writer.isLoadable {
      problems.append(Diagnostic(.error, "crmsh cannot make all of this change", at: .none, hint: "apply makes it"))
    }
    text = "# crm configure < FILE\n"
    if !deletions.isEmpty { text += CrmshWriter.deletion(of: deletions) }
    if !objects.isEmpty { text += "load update -\n" + writer.text }
    if !steps.keepsOrder {
      let message = "crmsh cannot say the order of resources: it puts new ones behind the others, by kind"
      problems.append(Diagnostic(.warning, message, at: .none, hint: "apply keeps the order"))
    }
  }
}

/// A configuration by its objects.
private struct State {
  /// In crmsh's order; without what crmsync keeps of its own.
  let objects: [CrmshObject]
  let byKey: [String: CrmshObject]
  /// The group, clone or bundle that a resource is directly in.
  private(set) var parents: [String: String] = [:]
  /// The ids of the resources that are in no other, in order.
  let topLevel: [String]

  init(_ configuration: Element) {
    let list = CrmshObject.all(of: configuration)
    objects = list.sorted().filter { $0.element.id != Record.setID }
    byKey = Dictionary(objects.map { ($0.key, $0) }) { first, _ in first }
    for object in objects {
      for member in object.memberIDs { parents[member] = object.key }
    }
    let parents = parents
    topLevel = list.objects.filter { isResourceElement($0.element.name) }.map(\.key).filter { parents[$0] == nil }
  }

  /// The keys of sets of properties or defaults, in order.
  func sets(_ keyword: String?) -> [String] {
    objects.filter { $0.isSet && $0.keyword == keyword }.map(\.key)
  }
}

/// What has to be deleted and what has to be written, to come from one configuration to another.
private struct CrmshSteps {
  let before: State
  let after: State
  /// What there is no more.
  private var deleted: Set<String> = []
  /// What is deleted, to be written anew.
  private var anew: Set<String> = []
  /// What has to be written, as far as there is any of it.
  private(set) var written: Set<String> = []

  init(from before: State, to after: State) {
    self.before = before
    self.after = after
    compare()
    findContainersToTakeApart()
    findConstraintsOfNewContainers()
    findWhatSuffers()
    written.formUnion(anew)
  }

  func isGone(_ key: String) -> Bool { deleted.contains(key) || anew.contains(key) }

  private func isNew(_ key: String) -> Bool { before.byKey[key] == nil || anew.contains(key) }

  private mutating func compare() {
    for old in before.objects where after.byKey[old.key] == nil { deleted.insert(old.key) }
    for new in after.objects {
      guard let old = before.byKey[new.key] else {
        written.insert(new.key)
        continue
      }
      if old.element == new.element { continue }
      written.insert(new.key)
      let isOther = new.rank != old.rank && !(new.isClone && old.isClone)
      if isOther || new.isSet && !new.element.isReached(byAddingTo: old.element) { anew.insert(new.key) }
    }
    // Sets that are written anew come last; their order is meaning.
    for keyword in ["rsc_defaults", "op_defaults"] {
      let (old, new) = (before.sets(keyword), after.sets(keyword))
      let result = old.filter { after.byKey[$0] != nil && !anew.contains($0) } + new.filter(isNew)
      if result != new { anew.formUnion(new.filter { before.byKey[$0] != nil }) }
    }
  }

  /// crm takes no member out of one container and into another; and deleting what is in one may delete that.
  private mutating func findContainersToTakeApart() {
    for (member, container) in before.parents {
      guard let other = after.parents[member], other != container, after.byKey[container] != nil else { continue }
      anew.insert(container)
    }
    var count = -1
    while count != anew.count {
      count = anew.count
      for object in before.objects where after.byKey[object.key] != nil {
        let members = object.memberIDs
        if !members.isEmpty, members.allSatisfy(isGone) { anew.insert(object.key) }
        if let template = object.element["template"], isGone(template) { anew.insert(object.key) }
      }
    }
  }

  /// Constraints of resources that go into a new container become the container's.
  private mutating func findConstraintsOfNewContainers() {
    var members: Set<String> = []
    for object in after.objects where isNew(object.key) { members.formUnion(object.memberIDs) }
    guard !members.isEmpty else { return }
    for object in before.objects where after.byKey[object.key] != nil && object.isConstraint {
      if !object.element.resourcesReferredTo.isDisjoint(with: members) { anew.insert(object.key) }
    }
  }

  /// What goes leaves the containers, constraints and tags that it is in, and may take them with it.
  private mutating func findWhatSuffers() {
    for object in before.objects where after.byKey[object.key] != nil {
      let references = object.memberIDs + object.element.resourcesReferredTo
      if references.contains(where: isGone) { written.insert(object.key) }
    }
  }

  /// Whether the resources come to stand in the order that they are to have.
  var keepsOrder: Bool {
    let isAfter = Set(after.topLevel)
    let stays = before.topLevel.filter { isAfter.contains($0) && !isGone($0) }
    let rest = after.topLevel.dropFirst(stays.count)
    guard after.topLevel.prefix(stays.count).elementsEqual(stays) else { return false }
    let ranks = rest.compactMap { after.byKey[$0]?.rank }
    return zip(ranks, ranks.dropFirst()).allSatisfy { $0 <= $1 }
  }
}

extension CrmshObject {
  /// What crmsh knows the object by; nodes have names of their own.
  fileprivate var key: String {
    switch element.name {
    case "node": "node \(element.id ?? element["uname"] ?? "")"
    case "fencing-topology": "fencing_topology"
    default: element.id ?? ""
    }
  }

  /// The word for it in commands.
  fileprivate var name: String { element.name == "node" ? element.id ?? "" : key }

  /// Whether it is a set of properties or defaults.
  fileprivate var isSet: Bool { keyword != nil || element.name == "cluster_property_set" }

  /// Whether it is a clone, by whichever of its names.
  fileprivate var isClone: Bool { element.name == "clone" || element.name == "master" }

  fileprivate var isConstraint: Bool { ObjectKind(elementName: element.name)?.isConstraint ?? false }

  fileprivate var memberIDs: [String] {
    guard element.name != "primitive" else { return [] }
    return element.elements.filter { isResourceElement($0.name) }.compactMap(\.id)
  }
}

extension Element {
  /// The ids that a constraint or a tag refers to.
  fileprivate var resourcesReferredTo: Set<String> {
    switch name {
    case "rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket":
      let sets = elements(named: "resource_set").flatMap(\.elements).compactMap(\.id)
      return Set(sets + ["rsc", "with-rsc", "first", "then"].compactMap { self[$0] })
    case "tag": return Set(elements.compactMap(\.id))
    default: return []
    }
  }

  /// Whether a set becomes this one by values that are set in it.
  fileprivate func isReached(byAddingTo set: Element) -> Bool {
    let names = Set(elements(named: "nvpair").compactMap { $0["name"] })
    let hasValues = elements(named: "nvpair").allSatisfy { $0["value"] != nil }
    return hasValues && attributes == set.attributes && elements(named: "rule") == set.elements(named: "rule")
      && set.elements(named: "nvpair").allSatisfy { $0["name"].map(names.contains) ?? false }
  }
}
