import Desired

/// The order of the top-level resources: who gets scarce capacity first.
enum ResourceOrdering {
  /// - Parameters:
  ///   - base: the order where nobody asks for another: the cluster's, then what is new in the order of the documents.
  ///   - lists: relative orders to be kept.
  /// - Returns: the order, or the pair of ids that two lists want in opposite orders.
  static func order(_ base: [String], lists: [[String]]) -> Result<[String], Contradiction> {
    let present = Set(base)
    let lists = lists.map { list in list.filter(present.contains) }.filter { $0.count > 1 }
    guard !lists.isEmpty else { return .success(base) }
    let combined: [String]
    if lists.count == 1 {
      combined = lists[0]
    } else {
      switch merge(lists, by: base) {
      case .success(let merged): combined = merged
      case .failure(let contradiction): return .failure(contradiction)
      }
    }
    // The places of the resources that are named are filled in the order asked for; the others keep theirs.
    let named = Set(combined)
    var next = combined.makeIterator()
    return .success(base.map { named.contains($0) ? next.next()! : $0 })
  }

  struct Contradiction: Error {
    var id: String
  }

  /// One list that keeps the order of all; among what may come next, the first in `base` comes first.
  private static func merge(_ lists: [[String]], by base: [String]) -> Result<[String], Contradiction> {
    var successors: [String: [String]] = [:]
    var waiting: [String: Int] = [:]
    for list in lists {
      for id in list { waiting[id, default: 0] += 0 }
      for (id, next) in zip(list, list.dropFirst()) {
        successors[id, default: []].append(next)
        waiting[next, default: 0] += 1
      }
    }
    // In rounds through the base order: as few departures from it as the lists allow.
    var remaining = base.filter { waiting[$0] != nil }
    var merged: [String] = []
    while !remaining.isEmpty {
      guard let index = remaining.firstIndex(where: { waiting[$0] == 0 }) else {
        return .failure(Contradiction(id: remaining[0]))
      }
      let id = remaining.remove(at: index)
      merged.append(id)
      for next in successors[id] ?? [] { waiting[next]! -= 1 }
    }
    return .success(merged)
  }
}
