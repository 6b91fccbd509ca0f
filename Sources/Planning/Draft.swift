import CIB
import XML

/// The configuration to be, while it is being made: objects taken apart, by key.
struct Draft {
  private(set) var objects: [String: CIBObject] = [:]
  /// All keys that ever were, the cluster's in its order, then the new ones in the order of the documents.
  private(set) var order: [String] = []

  /// ACL targets are named by users, which may be the id of something else.
  static func key(_ kind: ObjectKind, _ id: String) -> String { kind == .aclTarget ? "user " + id : id }

  static func key(_ object: CIBObject) -> String { key(object.kind, object.id) }

  init(_ configuration: Configuration) {
    objects.reserveCapacity(configuration.objects.count)
    order.reserveCapacity(configuration.objects.count)
    for object in configuration.objects {
      let key = Self.key(object)
      if objects.updateValue(object, forKey: key) == nil { order.append(key) }
    }
  }

  subscript(key: String) -> CIBObject? { objects[key] }

  mutating func set(_ object: CIBObject) {
    let key = Self.key(object)
    if objects.updateValue(object, forKey: key) == nil { order.append(key) }
  }

  mutating func remove(_ key: String) { objects[key] = nil }

  /// The objects in order.
  var all: [CIBObject] {
    var seen: Set<String> = []
    return order.compactMap { key in seen.insert(key).inserted ? objects[key] : nil }
  }

  /// Every resource that is inside another, with the outer one's id.
  func parents() -> [String: String] {
    var parents: [String: String] = [:]
    for object in objects.values {
      for member in object.memberIDs { parents[member] = object.id }
    }
    return parents
  }
}
