import CIB
import Desired

/// The order of the top-level resources that a configuration asks for.
enum ResourceSequence {
  /// The resources that are in no other, in the order of the documents.
  static func topLevel(_ objects: [DesiredObject]) -> [String] {
    var members: Set<String> = []
    for object in objects { members.formUnion(object.object.memberIDs) }
    return objects.filter { $0.kind.isResource && !members.contains($0.id) }.map(\.id)
  }

  /// The sequence, with the places of those that are named filled in the order asked for.
  static func ordering(_ sequence: [String], by named: [String]) -> [String] {
    let present = Set(sequence)
    let named = named.filter(present.contains)
    let isNamed = Set(named)
    // An id may be there twice in a CIB that fits no schema.
    guard isNamed.count == named.count, present.count == sequence.count else { return sequence }
    var next = named.makeIterator()
    return sequence.map { isNamed.contains($0) ? next.next()! : $0 }
  }

  /// One list in place of several. Where they contradict each other the last has its way.
  static func merging(_ lists: [[String]]) -> [String] {
    guard var merged = lists.first else { return [] }
    for list in lists.dropFirst() {
      merged = ordering(merged, by: list)
      let known = Set(merged)
      // What is new comes right before what follows it in its list.
      var before: [String: [String]] = [:]
      var waiting: [String] = []
      for id in list {
        if known.contains(id) {
          before[id] = waiting
          waiting = []
        } else {
          waiting.append(id)
        }
      }
      merged = merged.flatMap { (before[$0] ?? []) + [$0] } + waiting
    }
    return merged
  }
}
