import CIB
import XML

/// What a change of the configuration did, with what was before: enough to show it again, and to find the way back.
///
///     <changes>
///       <change action="update" kind="primitive" id="vip">
///         <before><primitive id="vip" …/></before>
///         <after><primitive id="vip" …/></after>
///       </change>
///       <sets section="crm_config"><before>…</before><after>…</after></sets>
///       <sets node="n1" name="utilization"><before>…</before><after>…</after></sets>
///       <order before="a b c" after="c a b"/>
///       <record added="1:…" removed="1:…"/>
///     </changes>
///
/// Resources are taken apart, see `CIBObject`.
package struct AppliedChanges: Sendable {
  package var changes: [Change]
  /// The attribute sets of sections and nodes that are not as they were.
  var sets: [SetsChange] = []
  /// The top-level resources before and after, where one was deleted or changed its place.
  var order: (before: [String], after: [String])?
  /// What was written into crmsync's record, and taken out of it.
  var record: (added: Record, removed: Record) = (Record(), Record())

  /// All sets of one owner.
  struct SetsChange: Equatable, Sendable {
    enum Owner: Hashable, Sendable {
      case section(Section)
      case node(String, setName: String)
    }

    var owner: Owner
    var before: [Element]
    var after: [Element]
  }

  // MARK: - From a plan

  /// - Parameter stopped: how those resources were that were told to stop before they are deleted.
  package init(_ plan: Plan, stopped: [String: StoppedResource] = [:]) {
    let known = plan.record
    changes = plan.changes.map { change in
      var change = change
      if change.action == .delete, let before = change.before, let stopped = stopped[change.id],
        stopped.element == before
      {
        change.before = stopped.original
      }
      change.before = change.before?.markingSecrets(known, owner: change.owner)
      return change
    }
    sets = Self.changedSets(from: plan.current, to: plan.target, known)
    let movesResources = changes.contains { change in
      change.kind.isResource && (change.action == .delete || change.action == .move)
    }
    if movesResources {
      order = (Configuration(plan.current).topLevelResources, Configuration(plan.target).topLevelResources)
    }
    let after = Record(crmConfig: plan.target.first(Section.properties.rawValue))
    if after != known { record = (after.subtracting(known), known.subtracting(after)) }
  }

  private static func changedSets(from current: Element, to target: Element, _ known: Record) -> [SetsChange] {
    var changed: [SetsChange] = []
    func add(_ owner: SetsChange.Owner, _ before: [Element], _ after: [Element], ownerName: String) {
      guard before != after else { return }
      changed.append(
        SetsChange(
          owner: owner, before: before.map { $0.markingSecrets(known, owner: ownerName) }, after: after))
    }
    for section in Section.settings {
      func sets(_ configuration: Element) -> [Element] {
        configuration.first(section.rawValue)?.elements(named: section.setElementName!)
          .filter { $0.id != Record.setID } ?? []
      }
      add(.section(section), sets(current), sets(target), ownerName: section.rawValue)
    }
    let (before, after) = (current.first(Section.nodes.rawValue), target.first(Section.nodes.rawValue))
    guard before != after else { return changed }
    let nodes = Dictionary((before?.elements ?? []).map { ($0["uname"] ?? "", $0) }) { first, _ in first }
    for node in after?.elements(named: "node") ?? [] {
      let name = node["uname"] ?? ""
      guard let previous = nodes[name], previous != node else { continue }
      for setName in ["instance_attributes", "utilization"] {
        add(
          .node(name, setName: setName), previous.elements(named: setName), node.elements(named: setName),
          ownerName: name)
      }
    }
    return changed
  }

  /// The changes that tell resources to stop.
  package init(stopping planned: Plan) {
    self.init(Plan(schema: planned.schema, current: planned.current, target: planned.target, changes: []))
    let (current, target) = (Configuration(planned.current), Configuration(planned.target))
    let known = planned.record
    for (before, after) in zip(current.objects, target.objects) where before.element != after.element {
      let marked = before.element.markingSecrets(known)
      changes.append(Change(.update, before.kind, before.id, before: marked, after: after.element))
    }
  }

  /// How a resource was before it was told to stop, and how it is since.
  package struct StoppedResource: Sendable {
    var original: Element
    var element: Element
  }

  /// The resources that these changes told to stop.
  package var stoppedResources: [String: StoppedResource] {
    var result: [String: StoppedResource] = [:]
    for change in changes {
      if let before = change.before, let after = change.after {
        result[change.id] = StoppedResource(original: before, element: after)
      }
    }
    return result
  }

  // MARK: - For people

  /// The plan as it was, as far as it was kept.
  package var plan: Plan {
    let nothing = Element("configuration")
    return Plan(schema: .newest, current: nothing, target: nothing, changes: changes)
  }

  package func count(_ action: Change.Action) -> Int { changes.count { $0.action == action } }
}

// MARK: - XML

extension AppliedChanges {
  package static let elementName = "changes"

  package var element: Element {
    var root = Element(Self.elementName)
    root.children.reserveCapacity(changes.count + sets.count + 2)
    for change in changes { root.append(change.element) }
    for set in sets {
      var element: Element
      switch set.owner {
      case .section(let section): element = Element("sets", [Attribute("section", section.rawValue)])
      case .node(let name, let setName):
        element = Element("sets", [Attribute("node", name), Attribute("name", setName)])
      }
      element.append(Element("before", children: set.before.map { .element($0) }))
      element.append(Element("after", children: set.after.map { .element($0) }))
      root.append(element)
    }
    if let order {
      root.append(
        Element(
          "order",
          [
            Attribute("before", order.before.joined(separator: " ")),
            Attribute("after", order.after.joined(separator: " ")),
          ]))
    }
    if !record.added.isEmpty || !record.removed.isEmpty {
      root.append(
        Element("record", [Attribute("added", record.added.text), Attribute("removed", record.removed.text)]))
    }
    return root
  }

  /// - Returns: nil for an element that `element` does not give.
  package init?(_ root: Element) {
    guard root.name == Self.elementName else { return nil }
    changes = []
    for child in root.elements {
      switch child.name {
      case "change":
        guard let change = Change(child) else { return nil }
        changes.append(change)
      case "sets":
        let owner: SetsChange.Owner
        if let node = child["node"], let name = child["name"] {
          owner = .node(node, setName: name)
        } else if let section = child["section"].flatMap(Section.init(elementName:)), section.setElementName != nil {
          owner = .section(section)
        } else {
          return nil
        }
        sets.append(
          SetsChange(
            owner: owner, before: child.first("before")?.elements ?? [], after: child.first("after")?.elements ?? []))
      case "order":
        func ids(_ name: String) -> [String] { (child[name] ?? "").split(separator: " ").map(String.init) }
        order = (ids("before"), ids("after"))
      case "record": record = (Record(text: child["added"] ?? ""), Record(text: child["removed"] ?? ""))
      default: return nil
      }
    }
  }
}

extension Change {
  fileprivate var element: Element {
    var element = Element(
      "change",
      [Attribute("action", action.rawValue), Attribute("kind", kind.rawValue), Attribute("id", id)])
    if let set { element["set"] = set }
    if let reason { element["reason"] = reason }
    if let outer {
      element["from"] = outer.from ?? ""
      element["into"] = outer.into ?? ""
    }
    if let before { element.append(Element("before", children: [.element(before)])) }
    if let after { element.append(Element("after", children: [.element(after)])) }
    return element
  }

  fileprivate init?(_ element: Element) {
    guard let action = element["action"].flatMap(Action.init(rawValue:)),
      let kind = element["kind"].flatMap(ObjectKind.init(rawValue:)), let id = element["id"]
    else { return nil }
    self.init(
      action, kind, id, before: element.first("before")?.elements.first, after: element.first("after")?.elements.first,
      reason: element["reason"])
    set = element["set"]
    if let from = element["from"], let into = element["into"] {
      outer = (from.isEmpty ? nil : from, into.isEmpty ? nil : into)
    }
  }
}
