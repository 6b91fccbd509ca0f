import CIB
import XML

/// One object that a plan creates, updates, moves or deletes.
package struct Change: Sendable {
  package enum Action: String, Sendable {
    case create, update, delete, move
  }

  package var action: Action
  package var kind: ObjectKind
  package var id: String
  /// For a named value: the id of its set, where there are several and it is not in the usual one.
  package var set: String?
  /// Why, where that is not simply "the documents say so": `in delete`, `its last member goes`, …
  package var reason: String?
  /// The object's element before and after, without what is inside it; for a named value its nvpair, for a set of values
  /// the set without them.
  package var before: Element?
  package var after: Element?
  /// For a resource that moves from one group, clone or bundle to another: from where, to where.
  package var outer: (from: String?, into: String?)?

  init(
    _ action: Action, _ kind: ObjectKind, _ id: String, before: Element? = nil, after: Element? = nil,
    reason: String? = nil
  ) {
    self.action = action
    self.kind = kind
    self.id = id
    self.before = before
    self.after = after
    self.reason = reason
  }

  init(_ action: Action, _ kind: ObjectKind, _ id: String, from: String?, into: String?) {
    self.init(action, kind, id)
    outer = (from, into)
  }

  /// What differs, before and after; for what is created all of it, for what is deleted nothing. Made when asked for:
  /// a plan may have 20,000 changes, and nobody may want to read them.
  ///
  /// - Parameter record: the cluster's, which knows the secrets that nothing else shows to be some.
  package func details(_ record: Record) -> [Detail] {
    if let outer { return [Detail("inside", before: outer.from, after: outer.into)] }
    if action == .delete, before?.name != "nvpair" { return [] }
    let before = before?.markingSecrets(record, owner: owner)
    if (before ?? after)?.name == "nvpair" { return [Detail.betweenValues(before, after)] }
    return before == nil && after == nil ? [] : Detail.between(before, after)
  }

  /// Whether it is about a set of values, of which `before` and `after` have the rule and the score; `id` is the set's.
  var isOfSet: Bool { kind.isSetting && (before ?? after)?.name != "nvpair" }

  /// What a changed value, or set of values, is a part of: a section, or a node.
  var owner: String {
    switch kind {
    case .nodeAttribute, .utilization:
      // Their ids are the node's name and the attribute's, or the set's.
      let element = before ?? after
      let inner = (isOfSet ? element?.id : element?["name"]) ?? element?["id-ref"] ?? ""
      return String(id.dropLast(inner.count + 1))
    default: return kind.section.rawValue
    }
  }
}

extension [Change] {
  /// Whether the two lists change the same things in the same way. How something is when it is deleted does not matter:
  /// it may have been stopped in between.
  package func areSame(as other: [Change]) -> Bool {
    count == other.count
      && zip(self, other).allSatisfy { left, right in
        left.action == right.action && left.kind == right.kind && left.id == right.id && left.set == right.set
          && (left.action == .delete || left.before == right.before && left.after == right.after)
      }
  }
}

/// One thing about an object that changes: `params.ip: 10.0.0.1 -> 10.0.0.2`. Secrets are masked already.
package struct Detail: Equatable, Sendable {
  package var path: String
  package var before: String?
  package var after: String?

  package init(_ path: String, before: String?, after: String?) {
    self.path = path
    self.before = before
    self.after = after
  }
}

extension Detail {
  /// What happens to the value of an nvpair; either may be missing.
  static func betweenValues(_ before: Element?, _ after: Element?) -> Detail {
    let isSecret = before?.holdsSecret == true || after?.holdsSecret == true
    func shown(_ nvpair: Element?) -> String? {
      nvpair.map { isSecret ? Secret.mask : Secret.maskingUserInfo(in: $0.shownValue) }
    }
    return Detail("value", before: shown(before), after: shown(after))
  }

  /// Of values that look the same, what they consist of.
  private mutating func escape() {
    before = before?.escapingNonASCII
    after = after?.escapingNonASCII
  }

  /// What differs between two elements of one object; either may be missing.
  package static func between(_ before: Element?, _ after: Element?) -> [Detail] {
    let new = after.map { Facts(of: $0).list } ?? []
    guard let before else { return new.map { Detail($0.path, before: nil, after: $0.shown($0.isSecret)) } }
    let old = Facts(of: before).list
    let oldByPath = Dictionary(old.map { ($0.path, $0) }) { first, _ in first }
    let newPaths = Set(new.map(\.path))
    var details: [Detail] = []
    for fact in new {
      let previous = oldByPath[fact.path]
      guard previous?.value.isIdentical(to: fact.value) != true else { continue }
      let masked = fact.isSecret || previous?.isSecret == true
      var detail = Detail(fact.path, before: previous?.shown(masked), after: fact.shown(masked))
      if !masked, previous?.value == fact.value { detail.escape() }
      details.append(detail)
    }
    for fact in old where !newPaths.contains(fact.path) {
      details.append(Detail(fact.path, before: fact.shown(fact.isSecret), after: nil))
    }
    if details.isEmpty, let after, before != after {
      let changesOrder = Set(old.map(\.path)) == newPaths && old.map(\.path) != new.map(\.path)
      details.append(Detail(changesOrder ? "order" : "ids", before: nil, after: nil))
    }
    return details
  }
}
