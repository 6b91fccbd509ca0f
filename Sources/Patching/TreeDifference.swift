import CIB
import XML

/// Writes the changes that make one tree of another.
///
/// Pacemaker applies a patch in two rounds: deletions and modifications as they come, then creations and moves by
/// ascending position. A path is no XPath: `name[@id='x']`, the first child of that name and id, or `name`, the first
/// child of that name; blanks, slashes, quotes and brackets cannot stand in it. What a path cannot reach is replaced
/// together with the element around it.
struct TreeDifference {
  private(set) var writer = XMLWriter(omittingAttributesPrefixed: ValueSource.attributePrefix)
  /// What is created, and what changed elements are to be.
  private(set) var sent: [Element] = []

  mutating func compare(_ current: Element, _ target: Element) {
    guard current != target else { return }
    let path = "/cib/configuration"
    // Two sections of one name, say, which `validate-with="none"` allows.
    let whole = [Change.delete(path: path), .create(path: "/cib", position: 0, target)]
    for change in changes(current, target, path: path) ?? whole { write(change) }
  }

  // MARK: - Changes

  private enum Change {
    case delete(path: String)
    case modify(path: String, Element)
    case create(path: String, position: Int, Element)
    case move(path: String, position: Int)
  }

  /// The changes inside an element that both trees have; nil where the element has to be replaced as a whole.
  private func changes(_ current: Element, _ target: Element, path: String) -> [Change]? {
    var result: [Change] = []
    if current.attributes != target.attributes {
      result.append(.modify(path: path, Element(target.name, target.attributes)))
    }
    guard current.children != target.children else { return result }

    let currentKeys = ChildKey.keys(of: current)
    let targetKeys = ChildKey.keys(of: target)
    let namesakes = ChildKey.namesOfSeveral(currentKeys, targetKeys)
    func isReachable(_ key: ChildKey) -> Bool { key.isReachable && (key.id != nil || !namesakes.contains(key.name)) }
    var currentIndex: [ChildKey: Int] = [:]
    currentIndex.reserveCapacity(currentKeys.count)
    for (index, key) in currentKeys.enumerated() { currentIndex[key] = index }

    // What is in both, in the target's order, and which of it keeps its place.
    var replaced: Set<Int> = []
    var inner: [(child: Int, changes: [Change])] = []
    var deletions: [Change] = []
    var sources: [Int?] = []
    sources.reserveCapacity(targetKeys.count)
    for (index, key) in targetKeys.enumerated() {
      guard let source = currentIndex[key] else {
        sources.append(nil)
        continue
      }
      sources.append(source)
      guard case .element(let before) = current.children[source], case .element(let after) = target.children[index],
        before != after
      else { continue }
      guard isReachable(key) else { return nil }
      if let changes = changes(before, after, path: path + "/" + key.step) {
        inner.append((index, changes))
      } else {
        replaced.insert(index)
        sources[index] = nil
        deletions.append(.delete(path: path + "/" + key.step))
      }
    }
    let kept = Set(sources.compactMap(\.self))
    for (index, key) in currentKeys.enumerated() where !kept.contains(index) {
      if replaced.contains(where: { targetKeys[$0] == key }) { continue }
      guard isReachable(key) else { return nil }
      deletions.append(.delete(path: path + "/" + key.step))
    }

    let arrangement = Arrangement(sources: sources, isOrderFree: hasNoOrder(target.name))
    let isSection = path.utf8.count { $0 == UInt8(ascii: "/") } == 3
    if isSection, isBetterWhole(target, arrangement) { return nil }
    for index in arrangement.moved where !isReachable(targetKeys[index]) { return nil }
    if let moves = arrangement.moves {
      deletions += moves.map { .move(path: path + "/" + targetKeys[$0.index].step, position: $0.position) }
    } else {
      deletions += arrangement.moved.map { .delete(path: path + "/" + targetKeys[$0].step) }
      // What is created again has its changes in it: what they create would be in it twice.
      let moved = Set(arrangement.moved)
      inner.removeAll { moved.contains($0.child) }
    }
    result += inner.flatMap(\.changes) + deletions
    for creation in arrangement.creations {
      guard case .element(let element) = target.children[creation.index] else { return nil }
      result.append(.create(path: path, position: creation.position, element))
    }
    return result
  }

  /// Whether Pacemaker's CIB daemon has less to do with a section as a whole than with its new children one by one, and
  /// with finding their places: see `cost`.
  private func isBetterWhole(_ section: Element, _ arrangement: Arrangement) -> Bool {
    if arrangement.cost > 0, arrangement.cost > Self.costOfWhole(section) { return true }
    // The nodes are not to go for a moment, whatever the controller makes of it. Few changes are left for people to read.
    guard ["resources", "constraints"].contains(section.name), arrangement.creations.count > 50 else { return false }
    var isNew = [Bool](repeating: false, count: section.children.count)
    for creation in arrangement.creations { isNew[creation.index] = true }
    let kept = section.children.indices.reduce(0) { sum, index in
      isNew[index] ? sum : sum + (section.children[index].element.map(Self.costOfWhole) ?? 0)
    }
    return arrangement.creations.count * Self.costOfCreation + arrangement.cost > kept
  }

  /// The sections in which the order of children means nothing: new ones go to the front, which costs Pacemaker nothing.
  private func hasNoOrder(_ name: String) -> Bool {
    switch name {
    case "constraints", "tags", "acls", "alerts", "fencing-topology", "nodes": true
    default: false
    }
  }

  /// A creation costs about 40 µs, besides the elements that are created (measured on Pacemaker 2.1.5, as are the others).
  private static let costOfCreation = 5000

  /// Replacing costs about 5 µs an element, finding a place about 8 ns a step (both measured on Pacemaker 2.1.5).
  private static func costOfWhole(_ element: Element) -> Int {
    func count(_ element: Element) -> Int {
      element.children.reduce(1) { sum, child in sum + (child.element.map(count) ?? 1) }
    }
    return 600 * count(element)
  }

  // MARK: - Writing

  private mutating func write(_ change: Change) {
    switch change {
    case .delete(let path): writeTag("delete", path: path, position: nil, end: "/>\n")
    case .move(let path, let position): writeTag("move", path: path, position: position, end: "/>\n")
    case .modify(let path, let element):
      writeTag("modify", path: path, position: nil, end: ">\n")
      writer.write("    <change-result>\n")
      sent.append(element)
      writer.write(element, level: 3)
      writer.write("    </change-result>\n  </change>\n")
    case .create(let path, let position, let element):
      writeTag("create", path: path, position: position, end: ">\n")
      sent.append(element)
      writer.write(element, level: 2)
      writer.write("  </change>\n")
    }
  }

  private mutating func writeTag(_ operation: String, path: String, position: Int?, end: String) {
    writer.write("  <change operation=\"\(operation)\" path=\"")
    writer.escape(path)
    writer.write("\"")
    if let position { writer.write(" position=\"\(position)\"") }
    writer.write(end)
  }
}

/// How a child is recognised in both trees and named in a path.
private struct ChildKey: Hashable {
  var name: String
  var id: String?
  /// Counts the children before it that have the same name and id.
  var occurrence: Int

  static func keys(of element: Element) -> [ChildKey] {
    var seen: [ChildKey: Int] = [:]
    return element.children.map { child in
      var key: ChildKey
      switch child {
      case .element(let element): key = ChildKey(name: element.name, id: element.id, occurrence: 0)
      case .comment(let text): key = ChildKey(name: "#comment", id: text, occurrence: 0)
      case .text(let text): key = ChildKey(name: "#text", id: text, occurrence: 0)
      }
      key.occurrence = seen[key, default: 0]
      seen[ChildKey(name: key.name, id: key.id, occurrence: 0)] = key.occurrence + 1
      return key
    }
  }

  /// The names of children without id that are not alone of their name, in one of the trees: a path leads to the first
  /// of them, which may be one with an id (`<meta_attributes id-ref="x"/>` beside `<meta_attributes id="y">`).
  static func namesOfSeveral(_ current: [ChildKey], _ target: [ChildKey]) -> Set<String> {
    var names = Set<String>()
    for key in current where key.id == nil { names.insert(key.name) }
    for key in target where key.id == nil { names.insert(key.name) }
    return names.filter { name in
      [current, target].contains { keys in keys.count { $0.name == name } > 1 }
    }
  }

  /// Whether a path leads to it and to nothing else, if it is alone of its name or has an id.
  var isReachable: Bool {
    guard occurrence == 0, !name.hasPrefix("#") else { return false }
    guard let id else { return true }
    return !id.isEmpty && !id.utf8.contains { $0 <= 0x20 || [0x2F, 0x27, 0x22, 0x5B, 0x5D].contains($0) }
  }

  var step: String { id.map { "\(name)[@id='\($0)']" } ?? name }
}

/// Where new and moved children go, so that Pacemaker's way of putting them there gives the order wanted.
struct Arrangement {
  struct Placing: Equatable {
    /// The child's index among the target's children.
    var index: Int
    var position: Int
  }

  /// New children, and moved ones unless `moves` says how to move them.
  private(set) var creations: [Placing] = []
  /// Indices of children that both trees have, but in another order.
  private(set) var moved: [Int] = []
  /// How to move them; nil where Pacemaker's moves would not give the order (or there are none), so that they are
  /// deleted and created again.
  private(set) var moves: [Placing]?
  /// What finding the places costs Pacemaker, in steps: it walks to a position from the first child, and from each
  /// child it passes back to the first, so that a late position costs the square.
  private(set) var cost = 0

  /// - Parameters:
  ///   - sources: for every child of the target its index among the current children, nil for a new one.
  ///   - isOrderFree: whether the order of the children means nothing.
  init(sources: [Int?], isOrderFree: Bool) {
    if isOrderFree {
      creations = sources.indices.filter { sources[$0] == nil }.reversed().map { Placing(index: $0, position: 0) }
      return
    }
    let present = sources.compactMap(\.self)
    let steady =
      present.indices.dropFirst().allSatisfy { present[$0 - 1] < present[$0] } ? nil : Set(longestIncreasing(present))
    if let steady { moved = sources.indices.filter { sources[$0].map { !steady.contains($0) } ?? false } }
    if !moved.isEmpty, let moves = Self.workingMoves(sources, moved) {
      self.moves = moves
      cost += moves.reduce(0) { $0 + $1.position * $1.position / 2 }
    }
    let movedSet = moves == nil ? Set(moved) : []
    // A run of new children is written back to front, all at the place of its first: equal positions are taken in
    // the order of the file.
    var run: [Int] = []
    func flush(_ creations: inout [Placing], _ cost: inout Int) {
      guard let first = run.first else { return }
      creations += run.reversed().map { Placing(index: $0, position: first) }
      cost += run.count * first * first / 2
      run = []
    }
    for index in sources.indices {
      if sources[index] == nil || movedSet.contains(index) {
        run.append(index)
      } else {
        flush(&creations, &cost)
      }
    }
    flush(&creations, &cost)
  }

  /// Tries moves out the way Pacemaker applies them, only where nothing is created besides.
  private static func workingMoves(_ sources: [Int?], _ moved: [Int]) -> [Placing]? {
    guard sources.allSatisfy({ $0 != nil }) else { return nil }
    let moves = moved.map { Placing(index: $0, position: $0) }
    // Deletions come first, so the children left are numbered anew.
    var list = sources.indices.sorted { sources[$0]! < sources[$1]! }
    for move in moves {
      let at = list.firstIndex(of: move.index)!
      guard at != move.position else { continue }
      // Pacemaker looks for the child to stand in front of with the moved one still in place.
      let before = move.position > at ? move.position + 1 : move.position
      let anchor = before < list.count ? list[before] : nil
      list.remove(at: at)
      list.insert(move.index, at: anchor.flatMap { list.firstIndex(of: $0) } ?? list.count)
    }
    return list == Array(sources.indices) ? moves : nil
  }
}
