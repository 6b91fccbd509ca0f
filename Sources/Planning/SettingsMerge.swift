import CIB
import Comparison
import Desired
import XML

/// Merges what documents say into a section that consists of attribute sets: cluster properties, defaults, and the
/// attributes of a node. What no document names stays.
///
/// A document's set is about the cluster's of the same id, or else of the same rule and score: the long form. A plain one
/// for which there is none is the short form: its values go wherever they are in force. A set that has to be made may be
/// without an id.
struct SettingsMerge {
  /// The element of a set: `cluster_property_set`, `meta_attributes`, `instance_attributes`, `utilization`.
  let setName: String
  /// `crm_config`, `rsc_defaults`, `op_defaults`, `node`.
  let ownerName: String
  /// The id of the set that wins over all others.
  let firstID: String?
  /// The id that a set without one gets: what a document says without an id is about this set as well.
  let usualID: String?
  private(set) var sets: [Element]
  /// Values to be kept that are not there, and which of the merged sets asks for them.
  private(set) var missingSecrets: [(secret: MissingSecret, wanted: Int)] = []
  private var namedByDocuments: Set<String> = []
  /// What documents give to sets, and the number of the one that does; and what they want a set to be without.
  private var given: [Place: Int] = [:]
  private var unset: Set<Place> = []
  /// Sets that documents bring, which are given nothing but what they have themselves.
  private var added: Set<String> = []
  /// Sets without values, as they were: without any still, they are as good as not there, and stay so.
  private var idle: [Int: Element] = [:]

  private struct Place: Hashable {
    var set: String
    var name: String
  }

  /// A value that a document's set gives, and which set that is.
  private typealias Value = (nvpair: Element, wanted: Int)

  init(sets: [Element], setName: String, ownerName: String, firstID: String?, usualID: String?) {
    self.sets = sets
    self.setName = setName
    self.ownerName = ownerName
    self.firstID = firstID
    self.usualID = usualID
  }

  private func type(of name: String) -> ValueType { NVPairContext(set: setName, in: ownerName).type(of: name) }

  // MARK: - Merging

  /// Merges the sets that documents have, all of them at once: what one of them gives is put nowhere where another wants
  /// it gone.
  mutating func merge(_ wanted: [Element]) {
    let wanted = withoutOverruled(wanted.map(Self.withoutRepeats), where: isUsual)
    let partners = partners(of: wanted)
    noteUnset(in: wanted, partners)
    var values: [Value] = []
    for (number, desired) in wanted.enumerated() {
      for nvpair in desired.elements { namedByDocuments.insert(nvpair["name"] ?? "") }
      if let partner = partners[number] {
        mergeSet(desired, number, into: partner)
      } else if let reference = desired["id-ref"] {
        if !sets.contains(where: { $0["id-ref"] == reference }) { sets.append(desired) }
      } else if isShort(desired), desired.id == nil || hasRoom(for: desired) {
        values += desired.elements(named: "nvpair").map { ($0, number) }
      } else {
        addSet(desired, number)
      }
    }
    mergeValues(values)
    for (index, set) in idle where !Self.gives(sets[index]) { sets[index] = set }
  }

  private mutating func noteUnset(in wanted: [Element], _ partners: [Int?]) {
    for (desired, partner) in zip(wanted, partners) {
      // What only values are told of is about no set.
      if partner == nil, desired.id == nil, !desired.hasHeader { continue }
      let key = Self.setKey(partner.map { sets[$0] } ?? desired)
      for nvpair in desired.elements where ValueSource(of: nvpair) == .unset {
        unset.insert(Place(set: key, name: nvpairKey(nvpair)))
      }
    }
  }

  /// Of two values of one name in a set, the first is the one that Pacemaker takes.
  private static func withoutRepeats(_ set: Element) -> Element {
    var known: Set<String> = []
    var result = set
    result.children.removeAll { child in
      guard let nvpair = child.element, nvpair.name == "nvpair" else { return false }
      return !known.insert(nvpairKey(nvpair)).inserted
    }
    return result
  }

  /// The places of the sets, those first that have values.
  private static func giversFirst(_ sets: [Element]) -> [Int] {
    sets.indices.filter { gives(sets[$0]) } + sets.indices.filter { !gives(sets[$0]) }
  }

  /// Whether it has values, but for those that are to go.
  static func gives(_ set: Element) -> Bool {
    set.elements.contains { $0.name == "nvpair" && ValueSource(of: $0) != .unset }
  }

  private static func setKey(_ set: Element) -> String { set.id ?? attributeSetHeader(set) }

  /// Whether the short form speaks of the set.
  private static func isPlain(_ set: Element) -> Bool { set.first("rule") == nil && set["id-ref"] == nil }

  /// Whether only the values are told: a plain set of another name than the cluster's says the same.
  private func isShort(_ desired: Element) -> Bool {
    !desired.hasHeader && desired["id-ref"] == nil && (desired.id == nil || firstID == nil || desired.id == firstID)
  }

  private func isUsual(_ set: Element) -> Bool { isUsualSet(set, id: usualID) }

  /// For each of a document's sets the place of the one that it is about, if it is about one that there is.
  private func partners(of wanted: [Element]) -> [Int?] {
    var partners = wanted.map { desired in
      desired.id.flatMap { id in sets.firstIndex { $0.id == id } }
    }
    var isTaken = sets.map { $0["id-ref"] != nil }
    for case let partner? in partners { isTaken[partner] = true }
    // Those that give nothing take what is left by those that do.
    let (candidates, numbers) = (Self.giversFirst(sets), Self.giversFirst(wanted))
    for number in numbers where partners[number] == nil {
      let desired = wanted[number]
      guard desired.hasHeader, desired.first("rule") != nil || desired.id == nil else { continue }
      let header = attributeSetHeader(desired)
      let partner = candidates.first { !isTaken[$0] && attributeSetHeader(sets[$0]) == header }
      guard let partner else { continue }
      isTaken[partner] = true
      partners[number] = partner
    }
    return partners
  }

  /// The places of the plain sets that may have the value, those first that win; what documents give to one as to this
  /// set stays.
  private func places(for name: String) -> [Int] {
    AttributeSets.byPrecedence(sets, first: firstID).filter { set in
      let place = Place(set: Self.setKey(set), name: name)
      return Self.isPlain(set) && !added.contains(place.set) && !unset.contains(place) && given[place] == nil
    }.compactMap { sets.firstIndex(of: $0) }
  }

  /// Whether a later one of the documents' sets gives the value, and wins.
  private func isOverruled(_ name: String, _ wanted: Int) -> Bool {
    sets.contains { set in
      guard let other = given[Place(set: Self.setKey(set), name: name)], other > wanted else { return false }
      return !set.hasHeader && set["id-ref"] == nil
    }
  }

  /// Whether the plain sets may have all that a document's set gives, which need not be a set of its own then.
  private func hasRoom(for desired: Element) -> Bool {
    desired.elements.allSatisfy { ValueSource(of: $0) == .unset || !places(for: nvpairKey($0)).isEmpty }
  }

  private mutating func addSet(_ desired: Element, _ wanted: Int) {
    var alignment = Alignment()
    let formed = alignment.forming(desired)
    missingSecrets += alignment.missingSecrets.map { ($0, wanted) }
    let values = formed.elements(named: "nvpair")
    guard !values.isEmpty else { return }
    sets.append(formed)
    if !isUsual(formed) { added.insert(Self.setKey(formed)) }
    for nvpair in values { given[Place(set: Self.setKey(formed), name: nvpairKey(nvpair))] = wanted }
  }

  /// The long form: this set, its rule and its score; its other values stay.
  private mutating func mergeSet(_ desired: Element, _ wanted: Int, into index: Int) {
    if attributeSetHeader(sets[index]) != attributeSetHeader(desired) {
      if !Self.gives(sets[index]), idle[index] == nil { idle[index] = sets[index] }
      sets[index]["score"] = desired["score"]
      sets[index].children.removeAll { $0.element?.name == "rule" }
      if let rule = desired.first("rule") { sets[index].children.insert(.element(rule), at: 0) }
    }
    for nvpair in desired.elements(named: "nvpair") {
      let name = nvpairKey(nvpair)
      if ValueSource(of: nvpair) != .unset {
        put((nvpair, wanted), into: index)
      } else if unset.contains(Place(set: Self.setKey(sets[index]), name: name)) {
        remove(name, from: index)
      }
    }
  }

  /// The short form: values, wherever they are in force. Of several of one name the last counts, as it does in sets.
  private mutating func mergeValues(_ values: [Value]) {
    var names: [String] = []
    var byName: [String: Value] = [:]
    for value in values {
      let name = nvpairKey(value.nvpair)
      if byName[name] == nil { names.append(name) }
      if byName[name] == nil || ValueSource(of: value.nvpair) != .unset { byName[name] = value }
    }
    for name in names {
      let value = byName[name]!
      if ValueSource(of: value.nvpair) == .unset {
        for index in sets.indices where Self.isPlain(sets[index]) {
          if given[Place(set: Self.setKey(sets[index]), name: name)] == nil { remove(name, from: index) }
        }
        continue
      }
      if isOverruled(name, value.wanted) { continue }
      let places = places(for: name)
      put(value, into: places.first { place(of: name, in: $0) != nil } ?? places.first)
    }
  }

  /// Where among the set's children the value is.
  private func place(of name: String, in index: Int) -> Int? {
    sets[index].children.firstIndex { child in
      child.element.map { $0.name == "nvpair" && nvpairKey($0) == name } ?? false
    }
  }

  /// Gives a value to a set, or to a new one, or finds that there is none to be kept.
  private mutating func put(_ value: Value, into index: Int?) {
    let name = nvpairKey(value.nvpair)
    let child = index.flatMap { place(of: name, in: $0) }
    let isKept = ValueSource(of: value.nvpair) == .keep
    if isKept, child == nil { return missingSecrets.append((MissingSecret(name), value.wanted)) }
    if index == nil { sets.append(Element(setName)) }
    let index = index ?? sets.endIndex - 1
    given[Place(set: Self.setKey(sets[index]), name: name)] = value.wanted
    guard let child else { return sets[index].append(value.nvpair) }
    if !isKept { setValue(value.nvpair, at: child, in: index) }
  }

  private mutating func setValue(_ nvpair: Element, at child: Int, in index: Int) {
    guard let present = sets[index].children[child].element else { return }
    // A reference in place of a value, or the other way round, is another nvpair.
    guard present["id-ref"] == nvpair["id-ref"] else {
      sets[index].children[child] = .element(nvpair)
      return
    }
    switch (present["value"], nvpair["value"]) {
    case (Secret.outsideOfCIB?, _?): return
    case (let old?, let new?) where type(of: nvpairKey(nvpair)).areSame(old, new): return
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
    for index in sets.indices { remove(name, from: index) }
  }

  private mutating func remove(_ name: String, from index: Int) {
    sets[index].children.removeAll { $0.element.map { $0.name == "nvpair" && nvpairKey($0) == name } ?? false }
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
      guard isAttributeSet(set.name), !set.hasValues, set["id-ref"] == nil,
        let previous = before.first(where: { $0.id == set.id })
      else { return false }
      // The first property set stays: tools that know one set only would otherwise write into crmsync's record.
      return set.id != firstID && previous.hasValues
    }
  }
}
