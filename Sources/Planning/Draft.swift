import CIB
import XML

/// The configuration to be, while it is being made: the cluster's objects, changed, removed, and new ones.
struct Draft {
  private let current: Configuration
  /// The cluster's objects in their order, nil where one is removed; then the new ones, as they came.
  private var objects: [CIBObject?]
  private var newIndex: [String: Int] = [:]
  /// Whether anything is other than in the cluster.
  private(set) var isChanged = false

  /// ACL targets are named by users, which may be the id of something else.
  static func key(_ kind: ObjectKind, _ id: String) -> String { kind == .aclTarget ? "user " + id : id }

  static func key(_ object: CIBObject) -> String { key(object.kind, object.id) }

  init(_ current: Configuration) {
    self.current = current
    objects = current.objects
  }

  private func index(_ kind: ObjectKind, _ id: String) -> Int? {
    if let index = current.index(of: kind, id), objects[index] != nil { return index }
    return newIndex[Self.key(kind, id)]
  }

  /// The object with this id; ACL targets have to be asked for by their kind.
  subscript(id: String, kind: ObjectKind = .primitive) -> CIBObject? {
    index(kind, id).flatMap { objects[$0] }
  }

  /// What stands in the place of the cluster's object of this id; nil where that is removed, even if something new has
  /// taken its id over.
  func successor(of kind: ObjectKind, _ id: String) -> CIBObject? {
    current.index(of: kind, id).flatMap { objects[$0] }
  }

  /// Makes room for as many new objects, which else are hashed anew whenever there are twice as many.
  mutating func reserve(_ new: Int) {
    objects.reserveCapacity(objects.count + new)
    newIndex.reserveCapacity(new)
  }

  mutating func set(_ object: CIBObject) {
    if let index = index(object.kind, object.id) {
      guard objects[index] != object else { return }
      objects[index] = object
    } else {
      newIndex[Self.key(object)] = objects.count
      objects.append(object)
    }
    isChanged = true
  }

  /// Whether there was such an object.
  @discardableResult
  mutating func remove(_ kind: ObjectKind, _ id: String) -> Bool {
    guard let index = index(kind, id) else { return false }
    objects[index] = nil
    isChanged = true
    return true
  }

  /// How many there are at the most.
  var count: Int { objects.count }

  /// The objects, the cluster's first, in its order.
  var all: some Sequence<CIBObject> { objects.lazy.compactMap(\.self) }

  /// The objects with what the cluster has in their place: nil for what is new, or of another kind.
  var pairs: some Sequence<(now: CIBObject?, before: CIBObject?)> {
    let count = current.objects.count
    return objects.indices.lazy.map { index in
      (objects[index], index < count ? current.objects[index] : nil)
    }
  }

  /// Every resource that is inside another, with the outer one's id.
  func parents() -> [String: String] {
    var parents: [String: String] = [:]
    for object in all where object.kind != .primitive && object.kind.isResource {
      for member in object.memberIDs { parents[member] = object.id }
    }
    return parents
  }
}
