import CIB
import XML

/// What documents say the cluster must be: one document, or several put together.
///
/// Elements are CIB XML, with these differences: what a document does not name has no id yet (nvpairs, attribute
/// sets, operations, rules, expressions); nvpairs may have a `ValueSource` in place of a value; resources are taken
/// apart (see `CIBObject`).
package struct DesiredConfiguration: Equatable, Sendable {
  /// The schema an XML document names on its `<cib>`.
  package var validateWith: String?
  /// Resources, templates, constraints, tags, fencing levels, ACLs, alerts, in the order of the documents.
  package var objects: [DesiredObject] = []
  /// Cluster properties and defaults.
  package var settings: [DesiredSettings] = []
  package var nodes: [DesiredNode] = []
  package var placements: [Placement] = []
  /// Lists of top-level resources whose relative order is fixed.
  package var resourceOrders: [ResourceOrder] = []
  package var deletions: [Deletion] = []
  /// Whether the order in which the resources stand means anything: crmsh prints primitives before groups, and these
  /// before clones, whatever their order.
  package var isInOrder = true

  package init() {}
}

package struct DesiredObject: Equatable, Sendable {
  /// The short form an object was written in; writers use it again.
  package enum Form: Sendable {
    case plain, remote, stonith
    /// As XML inside a native document: `xml: [{in: …, content: …}]`.
    case xml
  }

  package var object: CIBObject
  package var form: Form
  package var location: Location

  package init(_ object: CIBObject, form: Form = .plain, location: Location) {
    self.object = object
    self.form = form
    self.location = location
  }

  package var id: String { object.id }
  package var kind: ObjectKind { object.kind }
  package var element: Element { object.element }
}

/// One attribute set of the cluster properties or of the defaults.
package struct DesiredSettings: Equatable, Sendable {
  package var section: Section
  /// A `<cluster_property_set>` or `<meta_attributes>`; without an id where the document has the short form (a map),
  /// which speaks of values, not of sets.
  package var element: Element
  package var location: Location

  package init(section: Section, element: Element, location: Location) {
    self.section = section
    self.element = element
    self.location = location
  }
}

/// Attributes and utilization of one node.
package struct DesiredNode: Equatable, Sendable {
  package var name: String
  /// A `<node>` with `uname`, `id` and `type` where the document gives them, and attribute sets, which have no id
  /// where the document has the short form (a map).
  package var element: Element
  package var location: Location

  package init(name: String, element: Element, location: Location) {
    self.name = name
    self.element = element
    self.location = location
  }
}

/// Where resources may run: short for one location constraint per resource and node.
package struct Placement: Equatable, Sendable {
  package var resources: [Reference]
  package var nodes: [Reference]
  /// The score on the one node a resource is dealt to; nil where all nodes have score 0.
  package var spread: String?
  package var location: Location

  package init(resources: [Reference], nodes: [Reference], spread: String?, location: Location) {
    self.resources = resources
    self.nodes = nodes
    self.spread = spread
    self.location = location
  }
}

/// An id or a node name with its place, for messages.
package struct Reference: Equatable, Sendable {
  package var id: String
  package var location: Location

  package init(_ id: String, location: Location) {
    self.id = id
    self.location = location
  }
}

package struct ResourceOrder: Equatable, Sendable {
  package var resources: [Reference]
  /// Whether the user wrote it (`order:`); the order of an XML document is taken from its elements.
  package var isExplicit: Bool

  package init(_ resources: [Reference], isExplicit: Bool) {
    self.resources = resources
    self.isExplicit = isExplicit
  }
}

/// Something that must not exist.
package struct Deletion: Equatable, Sendable {
  package enum Target: Hashable, Sendable {
    /// A resource, constraint, template, tag, alert or ACL role.
    case object(id: String)
    case property(String)
    case resourceDefault(String)
    case operationDefault(String)
    case nodeAttribute(node: String, name: String)
    case utilization(node: String, name: String)
    case aclTarget(id: String)
    case aclGroup(id: String)
    /// The target as the level names it: a node, a pattern, or `attribute=value`.
    case fencingLevel(target: String, index: String)

    /// `property 'x'`, for messages.
    package var description: String {
      switch self {
      case .object(let id): "'\(id)'"
      case .property(let name): "property '\(name)'"
      case .resourceDefault(let name): "resource default '\(name)'"
      case .operationDefault(let name): "operation default '\(name)'"
      case .nodeAttribute(let node, let name): "attribute '\(name)' of node '\(node)'"
      case .utilization(let node, let name): "utilization '\(name)' of node '\(node)'"
      case .aclTarget(let id): "ACL target '\(id)'"
      case .aclGroup(let id): "ACL group '\(id)'"
      case .fencingLevel(let target, let index): "fencing level \(index) of '\(target)'"
      }
    }
  }

  package var target: Target
  package var location: Location

  package init(_ target: Target, location: Location) {
    self.target = target
    self.location = location
  }
}
