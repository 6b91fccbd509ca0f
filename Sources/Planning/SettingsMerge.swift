import CIB
import Comparison
import Desired
import XML

/// Merges what documents say into a section that consists of attribute sets: cluster properties, defaults, and the
/// attributes of a node. What no document names stays.
struct SettingsMerge {
  /// What becomes of one named value.
  struct ValueChange: Equatable {
    var name: String
    /// The id of the set it is in, where that does not go without saying.
    var set: String?
    var before: Element?
    var after: Element?
  }

  /// The element of a set: `cluster_property_set`, `meta_attributes`, `instance_attributes`, `utilization`.
  let setName: String
  /// `crm_config`, `rsc_defaults`, `op_defaults`, `node`.
  let ownerName: String
  /// The id of the set that wins over all others, and of a set that has to be made.
  let firstID: String?
  let newSetID: String
  private(set) var sets: [Element]
  private(set) var missingSecrets: [MissingSecret] = []
  /// Sets that a document has brought or changed the rule or score of.
  private(set) var changedSets: [String] = []
  private var namedByDocuments: Set<String> = []

  init(sets: [Element], setName: String, ownerName: String, firstID: String?, newSetID: String) {
    self.sets = sets
    self.setName = setName
    self.ownerName = ownerName
    self.firstID = firstID
    self.newSetID = newSetID
  }

  private func type(of name: String) -> ValueType { NVPairContext(set: setName, in: ownerName).type(of: name) }

  // MARK: - Merging

  mutating func merge(_ desired: Element) {
    var desired = desired
    // Of two of one name, the first is the one that Pacemaker takes.
    var known: [Element] = []
    desired.children.removeAll { child in
      guard let nvpair = child.element, nvpair.name == "nvpair" else { return false }
      if known.contains(where: { sameName($0, nvpair) }) { return true }
      known.append(nvpair)
      return false
    }
    if desired["id-ref"] != nil {
      if !sets.contains(where: { $0["id-ref"] == desired["id-ref"] }) { sets.append(desired) }
      return
    }
    if let id = desired.id, let index = sets.firstIndex(where: { $0.id == id }) {
      mergeSet(desired, into: index)
    } else if !desired.hasHeader && (desired.id == nil || firstID == nil || desired.id == firstID) {
      // A plain set of another name says the same as one that the cluster has.
      return mergeValues(of: desired, newSetID: desired.id)
    } else if let index = sets.firstIndex(where: {
      attributeSetHeader($0) == attributeSetHeader(desired) && (desired.first("rule") != nil || desired.id == nil)
    }) {
      mergeSet(desired, into: index)
    } else {
      var alignment = Alignment()
      let formed = alignment.forming(desired)
      missingSecrets += alignment.missingSecrets
      if !formed.elements.filter({ $0.name == "nvpair" }).isEmpty { sets.append(formed) }
    }
    note(desired)
  }

  private mutating func note(_ desired: Element) {
    for nvpair in desired.elements { namedByDocuments.insert(nvpair["name"] ?? "") }
  }

  /// The short form: values, wherever they are in force.
  private mutating func mergeValues(of desired: Element, newSetID: String? = nil) {
    note(desired)
    for nvpair in desired.elements where nvpair.name == "nvpair" {
      let name = nvpair["name"] ?? ""
      let source = ValueSource(of: nvpair)
      if source == .unset {
        remove(name, in: Self.isPlain)
        continue
      }
      let plain = AttributeSets.byPrecedence(sets, first: firstID).filter(Self.isPlain)
      let winner = plain.first { $0.elements.contains { $0["name"] == name } }
      if source == .keep {
        if winner == nil { missingSecrets.append(MissingSecret(name)) }
        continue
      }
      if let winner, let index = sets.firstIndex(of: winner) {
        setValue(nvpair, in: index)
      } else if let top = plain.first, let index = sets.firstIndex(of: top) {
        sets[index].append(nvpair)
      } else {
        var attributes = [Attribute("id", newSetID ?? self.newSetID)]
        if setName == "utilization" || setName == "instance_attributes", newSetID == nil, self.newSetID.isEmpty {
          attributes = []
        }
        sets.append(Element(setName, attributes, children: [.element(nvpair)]))
      }
    }
  }

  /// Whether the short form speaks of the set.
  private static func isPlain(_ set: Element) -> Bool { set.first("rule") == nil && set["id-ref"] == nil }

  /// The long form: this set, its rule and its score; its other values stay.
  private mutating func mergeSet(_ desired: Element, into index: Int) {
    let desiredHeader = attributeSetHeader(desired)
    if attributeSetHeader(sets[index]) != desiredHeader {
      sets[index]["score"] = desired["score"]
      sets[index].children.removeAll { $0.element?.name == "rule" }
      if let rule = desired.first("rule") { sets[index].children.insert(.element(rule), at: 0) }
      changedSets.append(sets[index].id ?? "")
    }
    for nvpair in desired.elements where nvpair.name == "nvpair" {
      let name = nvpair["name"]
      let exists = sets[index].elements.contains { sameName($0, nvpair) }
      switch ValueSource(of: nvpair) {
      case .unset:
        sets[index].children.removeAll { $0.element.map { $0.name == "nvpair" && $0["name"] == name } ?? false }
      case .keep: if !exists { missingSecrets.append(MissingSecret(name ?? "")) }
      default:
        if exists {
          setValue(nvpair, in: index)
        } else {
          sets[index].append(nvpair)
        }
      }
    }
  }

  private func sameName(_ left: Element, _ right: Element) -> Bool {
    left.name == "nvpair" && left["name"] == right["name"] && left["id-ref"] == right["id-ref"]
  }

  private mutating func setValue(_ nvpair: Element, in index: Int) {
    guard
      let child = sets[index].children.firstIndex(where: { $0.element.map { sameName($0, nvpair) } ?? false }),
      let present = sets[index].children[child].element
    else { return }
    switch (present["value"], nvpair["value"]) {
    case (Secret.outsideOfCIB?, _?): return
    case (let old?, let new?) where type(of: nvpair["name"] ?? "").areSame(old, new): return
    case (nil, nil): return
    default: break
    }
    var changed = present
    changed["value"] = nvpair["value"]
    changed[ValueSource.secretMark] = nvpair[ValueSource.secretMark]
    sets[index].children[child] = .element(changed)
  }

  // MARK: - Removing

  mutating func remove(_ name: String, in isMeant: (Element) -> Bool = { _ in true }) {
    for index in sets.indices where isMeant(sets[index]) {
      sets[index].children.removeAll { $0.element.map { $0.name == "nvpair" && $0["name"] == name } ?? false }
    }
  }

  /// Removes every value that no document names, in the sets for which `isPruned` holds, but those in `keeping`.
  ///
  /// - Returns: the names of what went, and of what is in `keeping`.
  mutating func prune(
    keeping: (String) -> Bool, in isPruned: (Element) -> Bool = { _ in true }
  ) -> (pruned: [String], kept: [String]) {
    var pruned: [String] = []
    var kept: [String] = []
    for index in sets.indices where isPruned(sets[index]) {
      sets[index].children.removeAll { child in
        guard let nvpair = child.element, nvpair.name == "nvpair", let name = nvpair["name"],
          !namedByDocuments.contains(name)
        else { return false }
        if keeping(name) {
          kept.append(name)
          return false
        }
        pruned.append(name)
        return true
      }
    }
    return (pruned, kept)
  }

  /// Sets that say nothing any more, though they did before, go.
  mutating func dropEmptied(since before: [Element]) {
    sets.removeAll { set in
      guard isAttributeSet(set.name), !set.elements.contains(where: { $0.name == "nvpair" }), set["id-ref"] == nil,
        let previous = before.first(where: { $0.id == set.id })
      else { return false }
      // The first property set stays: tools that know one set only would otherwise write into crmsync's record.
      return set.id != firstID && previous.elements.contains { $0.name == "nvpair" }
    }
  }
}

extension SettingsMerge {
  /// What changed between two states of the sets, value by value.
  ///
  /// - Parameter usualSet: the id of the set in which values are looked for first.
  static func changes(from before: [Element], to after: [Element], usualSet: String = "") -> [ValueChange] {
    struct Key: Hashable {
      var set: String
      var name: String
      /// Counts those of the same name before it: a set may have several, of which the first is in force.
      var occurrence = 0
    }
    func values(_ sets: [Element]) -> [(key: Key, nvpair: Element)] {
      var seen: [Key: Int] = [:]
      return sets.flatMap { set in
        set.elements.filter { $0.name == "nvpair" }.map { nvpair in
          var key = Key(set: set.id ?? "", name: nvpair["name"] ?? nvpair["id-ref"] ?? "")
          let occurrence = seen[key, default: 0]
          seen[key] = occurrence + 1
          key.occurrence = occurrence
          return (key, nvpair)
        }
      }
    }
    let old = values(before)
    let new = values(after)
    let oldByKey = Dictionary(old.map { ($0.key, $0.nvpair) }) { first, _ in first }
    let newKeys = Set(new.map(\.key))
    let sets = Set((before + after).compactMap(\.id)).subtracting([Record.setID])
    func change(_ key: Key, before: Element?, after: Element?) -> ValueChange {
      let isUsual = sets.count == 1 || key.set == usualSet
      return ValueChange(name: key.name, set: isUsual ? nil : key.set, before: before, after: after)
    }
    var changes: [ValueChange] = []
    for (key, nvpair) in new {
      let previous = oldByKey[key]
      if previous?["value"] != nvpair["value"] || previous == nil {
        changes.append(change(key, before: previous, after: nvpair))
      }
    }
    for (key, nvpair) in old where !newKeys.contains(key) {
      changes.append(change(key, before: nvpair, after: nil))
    }
    return changes
  }
}
