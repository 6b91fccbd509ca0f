import CIB
import Comparison
import Desired
import XML

/// Merges what documents say into a section that consists of attribute sets: cluster properties, defaults, and the
/// attributes of a node. What no document names stays. A set that has to be made may be without an id.
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
  /// The id of the set that wins over all others.
  let firstID: String?
  private(set) var sets: [Element]
  private(set) var missingSecrets: [MissingSecret] = []
  private var namedByDocuments: Set<String> = []
  /// What documents give, and what they are to be without.
  private var given: Set<Place> = []
  private var unset: Set<Place> = []

  /// Where a value is: in a set, or in whichever of the plain ones has it.
  private struct Place: Hashable {
    var set: String?
    var name: String
  }

  init(sets: [Element], setName: String, ownerName: String, firstID: String?) {
    self.sets = sets
    self.setName = setName
    self.ownerName = ownerName
    self.firstID = firstID
  }

  private func type(of name: String) -> ValueType { NVPairContext(set: setName, in: ownerName).type(of: name) }

  // MARK: - Merging

  /// Notes what the sets that are to be merged shall be without: where one of them wants a value gone, none of another is
  /// put.
  mutating func noteUnset(in wanted: [Element]) {
    for desired in wanted {
      guard let key = ownSet(of: desired).map({ Self.setKey(sets[$0]) }) ?? desired.id else { continue }
      for nvpair in desired.elements where ValueSource(of: nvpair) == .unset {
        unset.insert(Place(set: key, name: nvpairKey(nvpair)))
      }
    }
  }

  mutating func merge(_ desired: Element) {
    var desired = desired
    // Of two of one name, the first is the one that Pacemaker takes.
    var known: Set<String> = []
    desired.children.removeAll { child in
      guard let nvpair = child.element, nvpair.name == "nvpair" else { return false }
      return !known.insert(nvpairKey(nvpair)).inserted
    }
    if desired["id-ref"] != nil {
      if !sets.contains(where: { $0["id-ref"] == desired["id-ref"] }) { sets.append(desired) }
      return
    }
    note(desired)
    if let index = ownSet(of: desired) {
      mergeSet(desired, into: index)
    } else if isShort(desired), desired.id == nil || haveRoom(for: desired) {
      mergeValues(of: desired)
    } else {
      var alignment = Alignment()
      let formed = alignment.forming(desired)
      missingSecrets += alignment.missingSecrets
      let values = formed.elements.filter { $0.name == "nvpair" }
      if !values.isEmpty { sets.append(formed) }
      for nvpair in values { given.insert(Place(set: Self.setKey(formed), name: nvpairKey(nvpair))) }
    }
  }

  private mutating func note(_ desired: Element) {
    for nvpair in desired.elements { namedByDocuments.insert(nvpair["name"] ?? "") }
  }

  private static func setKey(_ set: Element) -> String { set.id ?? attributeSetHeader(set) }

  /// Whether the short form speaks of the set.
  private static func isPlain(_ set: Element) -> Bool { set.first("rule") == nil && set["id-ref"] == nil }

  /// Whether only the values are told: a plain set of another name than the cluster's says the same.
  private func isShort(_ desired: Element) -> Bool {
    !desired.hasHeader && (desired.id == nil || firstID == nil || desired.id == firstID)
  }

  /// The place of the set that a document's set is about, if it is about one.
  private func ownSet(of desired: Element) -> Int? {
    if let id = desired.id, let index = sets.firstIndex(where: { $0.id == id }) { return index }
    guard !isShort(desired), desired.first("rule") != nil || desired.id == nil else { return nil }
    return sets.firstIndex { attributeSetHeader($0) == attributeSetHeader(desired) }
  }

  /// The places of the plain sets that may have the value, those first that win.
  private func places(for name: String) -> [Int] {
    AttributeSets.byPrecedence(sets, first: firstID).filter { set in
      Self.isPlain(set) && !unset.contains(Place(set: Self.setKey(set), name: name))
    }.compactMap { sets.firstIndex(of: $0) }
  }

  /// Whether the plain sets may have all that a document's set gives, which need not be a set of its own then.
  private func haveRoom(for desired: Element) -> Bool {
    desired.elements.allSatisfy { ValueSource(of: $0) == .unset || !places(for: nvpairKey($0)).isEmpty }
  }

  /// The short form: values, wherever they are in force.
  private mutating func mergeValues(of desired: Element) {
    for nvpair in desired.elements where nvpair.name == "nvpair" {
      let name = nvpairKey(nvpair)
      let source = ValueSource(of: nvpair)
      if source == .unset {
        unset.insert(Place(set: nil, name: name))
        continue
      }
      let places = places(for: name)
      let winner = places.first { sets[$0].elements.contains { nvpairKey($0) == name } }
      if source == .keep, winner == nil {
        missingSecrets.append(MissingSecret(name))
        continue
      }
      let index = winner ?? places.first ?? sets.endIndex
      if index == sets.endIndex { sets.append(Element(setName)) }
      given.insert(Place(set: Self.setKey(sets[index]), name: name))
      if winner == nil {
        sets[index].append(nvpair)
      } else if source != .keep {
        setValue(nvpair, in: index)
      }
    }
  }

  /// The long form: this set, its rule and its score; its other values stay.
  private mutating func mergeSet(_ desired: Element, into index: Int) {
    if attributeSetHeader(sets[index]) != attributeSetHeader(desired) {
      sets[index]["score"] = desired["score"]
      sets[index].children.removeAll { $0.element?.name == "rule" }
      if let rule = desired.first("rule") { sets[index].children.insert(.element(rule), at: 0) }
    }
    for nvpair in desired.elements where nvpair.name == "nvpair" {
      let name = nvpairKey(nvpair)
      let place = Place(set: Self.setKey(sets[index]), name: name)
      let exists = sets[index].elements.contains { $0.name == "nvpair" && nvpairKey($0) == name }
      switch (ValueSource(of: nvpair), exists) {
      case (.unset, _): unset.insert(place)
      case (.keep, false): missingSecrets.append(MissingSecret(name))
      case (.keep, true): given.insert(place)
      case (_, true):
        given.insert(place)
        setValue(nvpair, in: index)
      case (_, false):
        given.insert(place)
        sets[index].append(nvpair)
      }
    }
  }

  private mutating func setValue(_ nvpair: Element, in index: Int) {
    let name = nvpairKey(nvpair)
    guard
      let child = sets[index].children.firstIndex(where: {
        $0.element.map { $0.name == "nvpair" && nvpairKey($0) == name } ?? false
      }),
      let present = sets[index].children[child].element
    else { return }
    // A reference in place of a value, or the other way round, is another nvpair.
    guard present["id-ref"] == nvpair["id-ref"] else {
      sets[index].children[child] = .element(nvpair)
      return
    }
    switch (present["value"], nvpair["value"]) {
    case (Secret.outsideOfCIB?, _?): return
    case (let old?, let new?) where type(of: name).areSame(old, new): return
    case (nil, nil): return
    default: break
    }
    var changed = present
    changed["value"] = nvpair["value"]
    changed[ValueSource.secretMark] = nvpair[ValueSource.secretMark]
    sets[index].children[child] = .element(changed)
  }

  // MARK: - Removing

  mutating func remove(_ name: String) {
    for index in sets.indices {
      sets[index].children.removeAll { $0.element.map { $0.name == "nvpair" && $0["name"] == name } ?? false }
    }
  }

  /// Removes what the merged sets are to be without, but not what another of them gives.
  mutating func dropUnset() {
    guard !unset.isEmpty else { return }
    for index in sets.indices {
      let (key, isPlain) = (Self.setKey(sets[index]), Self.isPlain(sets[index]))
      sets[index].children.removeAll { child in
        guard let nvpair = child.element, nvpair.name == "nvpair" else { return false }
        let place = Place(set: key, name: nvpairKey(nvpair))
        let anywhere = Place(set: nil, name: place.name)
        return !given.contains(place) && (unset.contains(place) || isPlain && unset.contains(anywhere))
      }
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
      if previous?["value"] != nvpair["value"] || previous?["id-ref"] != nvpair["id-ref"] || previous == nil {
        changes.append(change(key, before: previous, after: nvpair))
      }
    }
    for (key, nvpair) in old where !newKeys.contains(key) {
      changes.append(change(key, before: nvpair, after: nil))
    }
    return changes
  }
}
