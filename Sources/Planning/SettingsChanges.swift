import CIB
import XML

/// What changed between two states of the attribute sets of a section or a node: values, and the sets themselves.
struct SettingsChanges {
  /// What becomes of one named value.
  struct ValueChange: Equatable {
    var name: String
    /// The id of the set it is in, where that does not go without saying.
    var set: String?
    var before: Element?
    var after: Element?
  }

  /// What becomes of a set, but for its values.
  struct SetChange: Equatable {
    var action: Change.Action
    var id: String
    /// Its rule and its score: `<meta_attributes id="night" score="1"><rule …/></meta_attributes>`.
    var before: Element?
    var after: Element?
    var reason = "set"
  }

  private(set) var values: [ValueChange] = []
  private(set) var sets: [SetChange] = []

  /// - Parameter usualSet: the id of the set in which values are looked for first.
  init(from before: [Element], to after: [Element], usualSet: String = "") {
    guard before != after else { return }
    collectValues(before, after, usualSet)
    func withoutRecord(_ sets: [Element]) -> [Element] { sets.filter { $0.id != Record.setID } }
    collectSets(withoutRecord(before), withoutRecord(after))
  }

  // MARK: - Values

  private struct Key: Hashable {
    var set: String
    var name: String
    /// Counts those of the same name before it: a set may have several, of which the first is in force.
    var occurrence = 0
  }

  private static func keyedValues(_ sets: [Element]) -> [(key: Key, nvpair: Element)] {
    var seen: [Key: Int] = [:]
    return sets.flatMap { set in
      set.elements(named: "nvpair").map { nvpair in
        var key = Key(set: set.id ?? "", name: nvpair["name"] ?? nvpair["id-ref"] ?? "")
        let occurrence = seen[key, default: 0]
        seen[key] = occurrence + 1
        key.occurrence = occurrence
        return (key, nvpair)
      }
    }
  }

  private mutating func collectValues(_ before: [Element], _ after: [Element], _ usualSet: String) {
    let old = Self.keyedValues(before)
    let new = Self.keyedValues(after)
    let oldByKey = Dictionary(old.map { ($0.key, $0.nvpair) }) { first, _ in first }
    let newKeys = Set(new.map(\.key))
    let ids = Set((before + after).compactMap(\.id)).subtracting([Record.setID])
    func note(_ key: Key, before: Element?, after: Element?) {
      let isUsual = ids.count == 1 || key.set == usualSet
      values.append(ValueChange(name: key.name, set: isUsual ? nil : key.set, before: before, after: after))
    }
    for (key, nvpair) in new {
      let previous = oldByKey[key]
      if previous?["value"] != nvpair["value"] || previous?["id-ref"] != nvpair["id-ref"] || previous == nil {
        note(key, before: previous, after: nvpair)
      }
    }
    for (key, nvpair) in old where !newKeys.contains(key) { note(key, before: nvpair, after: nil) }
  }

  // MARK: - Sets

  /// What a set is known by in a plan.
  static func name(of set: Element) -> String { set.id ?? set["id-ref"] ?? "" }

  private mutating func collectSets(_ before: [Element], _ after: [Element]) {
    let old = Dictionary(before.map { (Self.name(of: $0), $0) }) { first, _ in first }
    let new = Set(after.map(Self.name))
    let moved = moved(from: before.map(Self.name), to: after.map(Self.name))
    for set in after {
      let id = Self.name(of: set)
      let header = set.withoutValues
      guard let previous = old[id] else {
        // A plain one goes without saying: its values tell which it is in.
        if set.hasHeader || !set.hasValues { sets.append(SetChange(action: .create, id: id, after: header)) }
        continue
      }
      let previousHeader = previous.withoutValues
      if previousHeader != header {
        sets.append(SetChange(action: .update, id: id, before: previousHeader, after: header))
      }
      if moved.contains(id) {
        sets.append(SetChange(action: .move, id: id, before: header, after: header, reason: "order of the sets"))
      }
    }
    for set in before where !new.contains(Self.name(of: set)) && !set.hasValues {
      sets.append(SetChange(action: .delete, id: Self.name(of: set), before: set.withoutValues))
    }
  }
}

extension Element {
  /// Of an attribute set: whether there is an nvpair in it.
  var hasValues: Bool { elements.contains { $0.name == "nvpair" } }

  /// Of an attribute set: the same with its rule and its score alone.
  var withoutValues: Element {
    var header = self
    header.children.removeAll { $0.element?.name == "nvpair" }
    return header
  }
}
