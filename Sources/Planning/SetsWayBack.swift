import CIB
import Comparison
import XML

/// The way back for the attribute sets of a section or of a node, value by value.
struct SetsWayBack {
  /// A value, or the rule and score of a set, that is neither as the change left it nor as it was before.
  struct Conflict: Equatable {
    var set: String
    /// Nil for the set's rule and score.
    var name: String?
    var left: Element?
    var now: Element?
  }

  /// `crm_config`, `rsc_defaults`, `op_defaults`, `node`.
  let ownerName: String
  let before: [Element]
  let after: [Element]
  let now: [Element]
  /// The sets as they are to be; where there is a conflict, as they were before.
  private(set) var sets: [Element]
  private(set) var conflicts: [Conflict] = []

  init(ownerName: String, before: [Element], after: [Element], now: [Element]) {
    self.ownerName = ownerName
    self.before = before
    self.after = after
    self.now = now
    sets = now
    restoreOrder()
    var seen: Set<String> = []
    for set in before + after where seen.insert(Self.key(set)).inserted {
      let key = Self.key(set)
      goBack(key, before.first { Self.key($0) == key }, after.first { Self.key($0) == key })
    }
  }

  /// What a set is known by.
  private static func key(_ set: Element) -> String { set["id-ref"].map { "#" + $0 } ?? set.id ?? "" }

  /// What a value is known by within its set; nil for a rule.
  private static func valueKey(_ child: Node) -> String? {
    guard let element = child.element, element.name == "nvpair" else { return nil }
    return nvpairKey(element)
  }

  private static func values(_ set: Element?) -> [String: Element] {
    var values: [String: Element] = [:]
    for child in set?.children ?? [] {
      if let key = valueKey(child), values[key] == nil { values[key] = child.element }
    }
    return values
  }

  /// Where the change has put the sets into another order, and that is how they still stand.
  private mutating func restoreOrder() {
    let common = Set(before.map(Self.key)).intersection(after.map(Self.key)).intersection(now.map(Self.key))
    func order(_ sets: [Element]) -> [String] { sets.map(Self.key).filter(common.contains) }
    guard order(before) != order(after), order(now) == order(after) else { return }
    var next = order(before).makeIterator()
    sets = now.map { set in
      guard common.contains(Self.key(set)), let key = next.next() else { return set }
      return now.first { Self.key($0) == key } ?? set
    }
  }

  private mutating func goBack(_ key: String, _ before: Element?, _ after: Element?) {
    guard before != after else { return }
    let index = sets.firstIndex { Self.key($0) == key }
    let now = index.map { sets[$0] }
    if key.hasPrefix("#") {
      // A reference to a set elsewhere has nothing in it.
      if let index, before == nil { sets.remove(at: index) }
      if index == nil, let before { insert(before) }
      return
    }
    var result = now ?? (before ?? after!).withoutValues
    if let before, let after, attributeSetHeader(before) != attributeSetHeader(after), let now,
      attributeSetHeader(now) != attributeSetHeader(before)
    {
      if attributeSetHeader(now) != attributeSetHeader(after) {
        conflicts.append(Conflict(set: key, name: nil, left: after, now: now))
      }
      result["score"] = before["score"]
      result.children.removeAll { $0.element?.name == "rule" }
      if let rule = before.first("rule") { result.children.insert(.element(rule), at: 0) }
    }
    let (old, new) = (Self.values(before), Self.values(after))
    var seen: Set<String> = []
    let names = ((before?.children ?? []) + (after?.children ?? [])).compactMap(Self.valueKey)
    for name in names where seen.insert(name).inserted {
      let place = result.children.firstIndex { Self.valueKey($0) == name }
      let present = place.flatMap { result.children[$0].element }
      let (wanted, left) = (old[name], new[name])
      let setName = result.name
      func areSame(_ one: Element?, _ other: Element?) -> Bool { self.areSame(one, other, in: setName) }
      if areSame(wanted, left) || areSame(present, wanted) { continue }
      if !areSame(present, left) {
        conflicts.append(Conflict(set: key, name: name, left: left, now: present))
      }
      switch (place, wanted) {
      case (let place?, let wanted?): result.children[place] = .element(wanted)
      // All of them, where it was given twice.
      case (_?, nil): result.children.removeAll { Self.valueKey($0) == name }
      case (nil, let wanted?): result.append(wanted)
      case (nil, nil): break
      }
    }
    if let index {
      if !result.hasValues, before == nil || !Self.values(before).isEmpty {
        sets.remove(at: index)
      } else {
        sets[index] = result
      }
    } else if result.hasValues || before.map({ Self.values($0).isEmpty }) ?? false {
      insert(result)
    }
  }

  /// Puts a set where it was: their order decides which of them wins.
  private mutating func insert(_ set: Element) {
    let keys = before.map(Self.key)
    guard let place = keys.firstIndex(of: Self.key(set)) else { return sets.append(set) }
    for previous in keys[..<place].reversed() {
      if let index = sets.firstIndex(where: { Self.key($0) == previous }) {
        return sets.insert(set, at: index + 1)
      }
    }
    for next in keys[(place + 1)...] {
      if let index = sets.firstIndex(where: { Self.key($0) == next }) { return sets.insert(set, at: index) }
    }
    sets.append(set)
  }

  private func areSame(_ one: Element?, _ other: Element?, in setName: String) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    guard let value = one["value"], let otherValue = other["value"] else {
      return one["value"] == other["value"] && one["id-ref"] == other["id-ref"]
    }
    if [value, otherValue].contains(Secret.outsideOfCIB) { return true }
    return NVPairContext(set: setName, in: ownerName).type(of: one["name"] ?? "").areSame(value, otherValue)
  }
}
