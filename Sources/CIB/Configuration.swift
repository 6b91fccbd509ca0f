import XML

/// The `<configuration>` of a CIB, with its objects at hand.
package struct Configuration: Sendable {
  /// The whole `<configuration>`.
  package let element: Element
  /// All objects but nodes, in the order of the document; resources taken apart, the outer before the inner.
  package let objects: [CIBObject]
  /// The `<node>` elements.
  package let nodes: [Element]
  private let indexByID: [String: Int]
  /// ACL targets are user names, which may be the id of something else.
  private let indexByACLTarget: [String: Int]
  private let parentByMember: [String: String]

  package init(_ element: Element) {
    self.element = element
    var objects: [CIBObject] = []
    var nodes: [Element] = []
    for case .element(let section) in element.children {
      for case .element(let child) in section.children {
        guard let kind = ObjectKind(elementName: child.name) else { continue }
        switch kind {
        case .node: nodes.append(child)
        case .group, .clone, .bundle: objects += CIBObject.takingApart(child, kind: kind)
        default: objects.append(CIBObject(kind: kind, id: child.id ?? "", element: child))
        }
      }
    }
    var indexByID: [String: Int] = [:]
    indexByID.reserveCapacity(objects.count)
    var indexByACLTarget: [String: Int] = [:]
    var parentByMember: [String: String] = [:]
    for (index, object) in objects.enumerated() {
      if object.kind == .aclTarget {
        indexByACLTarget[object.id] = index
      } else {
        indexByID[object.id] = index
      }
      guard object.kind.isResource, object.kind != .primitive else { continue }
      // The outer comes before the inner; anything else is no nesting, but ids used twice (`validate-with="none"`).
      guard let outer = indexByID[object.id] else { continue }
      for member in object.memberIDs where indexByID[member].map({ outer < $0 }) ?? true {
        parentByMember[member] = object.id
      }
    }
    self.objects = objects
    self.nodes = nodes
    self.indexByID = indexByID
    self.indexByACLTarget = indexByACLTarget
    self.parentByMember = parentByMember
  }

  package init() { self.init(Element("configuration")) }

  /// The place of the object in `objects`.
  package func index(of kind: ObjectKind, _ id: String) -> Int? {
    kind == .aclTarget ? indexByACLTarget[id] : indexByID[id]
  }

  package func object(_ kind: ObjectKind, _ id: String) -> CIBObject? { index(of: kind, id).map { objects[$0] } }

  /// The object with this id: a resource, constraint, template, tag, level, role, group or alert.
  package func object(_ id: String) -> CIBObject? { indexByID[id].map { objects[$0] } }

  package func aclTarget(_ id: String) -> CIBObject? { indexByACLTarget[id].map { objects[$0] } }

  package func resource(_ id: String) -> CIBObject? {
    guard let object = object(id), object.kind.isResource else { return nil }
    return object
  }

  /// The group, clone or bundle that the resource is directly in.
  package func parent(of resource: String) -> String? { parentByMember[resource] }

  /// The clone or bundle that the resource is in, directly or with its group.
  package func cloneOrBundle(around resource: String) -> CIBObject? {
    guard let parent = parentByMember[resource].flatMap({ object($0) }) else { return nil }
    return [.clone, .bundle].contains(parent.kind)
      ? parent : parent.id == resource ? nil : cloneOrBundle(around: parent.id)
  }

  /// The ids of the resources that are in no other, in order.
  package var topLevelResources: [String] {
    objects.filter { $0.kind.isResource && parentByMember[$0.id] == nil }.map(\.id)
  }

  package func node(named name: String) -> Element? { nodes.first { $0["uname"] == name } }

  package func section(_ section: Section) -> Element? { element.first(section.rawValue) }

  package var record: Record { Record(crmConfig: section(.properties)) }

  /// The value in force of a cluster property, sets with rules left aside.
  package func property(_ name: String) -> String? { element.clusterProperty(name) }

  package func booleanProperty(_ name: String, default value: Bool) -> Bool {
    property(name).flatMap(Values.boolean) ?? value
  }

  /// Whether resources run only where a constraint allows them.
  package var isOptIn: Bool { !booleanProperty("symmetric-cluster", default: true) }

  /// What a property of fencing is to each Pacemaker: up to 3.0.1 `stonith-…` is all they know, later ones look for
  /// `fencing-…` first. No CIB tells for certain which of them reads it.
  ///
  /// - Parameter name: without its beginning: `enabled`, `action`, `timeout`, `watchdog-timeout`.
  package func fencingProperty(_ name: String) -> (upTo301: String?, since302: String?) {
    let old = property("stonith-" + name)
    return (old, property("fencing-" + name) ?? old)
  }

  /// Whether each Pacemaker would fence.
  package var fencing: (upTo301: Bool, since302: Bool) {
    let (upTo301, since302) = fencingProperty("enabled")
    return (upTo301.flatMap(Values.boolean) ?? true, since302.flatMap(Values.boolean) ?? true)
  }

  /// Whether every Pacemaker would fence.
  package var isFencingEnabled: Bool { fencing == (true, true) }
}

/// Of a `<configuration>`.
extension Element {
  /// The value in force of a cluster property, sets with rules left aside.
  package func clusterProperty(_ name: String) -> String? {
    let sets = first(Section.properties.rawValue)?.elements(named: "cluster_property_set") ?? []
    for set in AttributeSets.byPrecedence(sets, first: AttributeSets.bootstrapID) where set.first("rule") == nil {
      if let nvpair = set.elements.first(where: { $0.name == "nvpair" && $0["name"] == name }) {
        return nvpair["value"]
      }
    }
    return nil
  }
}

/// Which of several attribute sets has the word.
package enum AttributeSets {
  /// The property set that comes before all others, whatever their scores.
  package static let bootstrapID = "cib-bootstrap-options"

  /// The sets, the one that wins first: by score, and of equal scores the last in the document (Pacemaker's
  /// `pe__unpack_dataset_nvpairs` collects them back to front; tried on 2.1.5).
  package static func byPrecedence(_ sets: [Element], first id: String? = nil) -> [Element] {
    sets.enumerated().sorted { left, right in
      let (leftFirst, rightFirst) = (id != nil && left.element.id == id, id != nil && right.element.id == id)
      if leftFirst != rightFirst { return leftFirst }
      let (leftScore, rightScore) = (score(left.element), score(right.element))
      return leftScore == rightScore ? left.offset > right.offset : leftScore > rightScore
    }.map(\.element)
  }

  private static func score(_ set: Element) -> Int { set["score"].flatMap(Values.score) ?? 0 }
}
