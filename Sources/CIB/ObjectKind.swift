import XML

/// What a configuration consists of. The raw values are the words of plans (`"kind": "primitive"`).
package enum ObjectKind: String, Sendable, Hashable, CaseIterable {
  case primitive, group, clone, bundle, template
  case location, colocation, order, ticket
  case tag
  case fencingLevel = "fencing-level"
  case aclRole = "acl-role"
  case aclTarget = "acl-target"
  case aclGroup = "acl-group"
  case alert
  case node
  case property
  case resourceDefault = "resource-default"
  case operationDefault = "operation-default"
  case nodeAttribute = "node-attribute"
  case utilization

  /// The kind of object an element of a CIB section is; nil for an element that is none (an unknown one, a set).
  package init?(elementName: String) {
    switch elementName {
    case "primitive": self = .primitive
    case "group": self = .group
    // <master> is what promotable clones were before Pacemaker 2.0.
    case "clone", "master": self = .clone
    case "bundle": self = .bundle
    case "template": self = .template
    case "rsc_location": self = .location
    case "rsc_colocation": self = .colocation
    case "rsc_order": self = .order
    case "rsc_ticket": self = .ticket
    case "tag": self = .tag
    case "fencing-level": self = .fencingLevel
    case "acl_role": self = .aclRole
    // <acl_user> is the one-step form of schemas up to pacemaker-1.3.
    case "acl_target", "acl_user": self = .aclTarget
    case "acl_group": self = .aclGroup
    case "alert": self = .alert
    case "node": self = .node
    default: return nil
    }
  }

  /// `a primitive`, `an alert`.
  package var withArticle: String { ("aeiou".contains(rawValue.first!) ? "an " : "a ") + rawValue }

  /// The section of `<configuration>` that such objects are in.
  package var section: Section {
    switch self {
    case .primitive, .group, .clone, .bundle, .template: .resources
    case .location, .colocation, .order, .ticket: .constraints
    case .tag: .tags
    case .fencingLevel: .fencingTopology
    case .aclRole, .aclTarget, .aclGroup: .acls
    case .alert: .alerts
    case .node, .nodeAttribute, .utilization: .nodes
    case .property: .properties
    case .resourceDefault: .resourceDefaults
    case .operationDefault: .operationDefaults
    }
  }

  /// Primitives, groups, clones and bundles: what runs, and what constraints and tags refer to.
  package var isResource: Bool {
    switch self {
    case .primitive, .group, .clone, .bundle: true
    default: false
    }
  }

  /// Values that are known by their names: they come and go with the set they are in.
  package var isSetting: Bool {
    switch self {
    case .property, .resourceDefault, .operationDefault, .nodeAttribute, .utilization: true
    default: false
    }
  }

  package var isConstraint: Bool { section == .constraints }
}

/// The children of `<configuration>`; the raw values are their element names.
package enum Section: String, Sendable, Hashable, CaseIterable {
  case properties = "crm_config"
  case nodes
  case resources
  case constraints
  case resourceDefaults = "rsc_defaults"
  case operationDefaults = "op_defaults"
  case fencingTopology = "fencing-topology"
  case acls
  case tags
  case alerts
  /// What is in none of these, or unknown in one of them; a CIB that names the schema `none` may have it. Documents
  /// carry such an element inside its section, `<constraints><odd/></constraints>`, or as a section of its own.
  case unknown = "configuration"

  package static let allCases: [Section] = [
    .properties, .nodes, .resources, .constraints, .resourceDefaults, .operationDefaults, .fencingTopology, .acls,
    .tags, .alerts,
  ]

  /// Those that consist of attribute sets.
  package static let settings = allCases.filter { $0.setElementName != nil }

  /// The section with this element name; nil for none that is known.
  package init?(elementName: String) {
    self.init(rawValue: elementName)
    if self == .unknown { return nil }
  }

  /// The elements that the section consists of.
  package var elementNames: [String] {
    switch self {
    case .properties: ["cluster_property_set"]
    case .resourceDefaults, .operationDefaults: ["meta_attributes"]
    case .nodes: ["node"]
    case .resources: ["primitive", "group", "clone", "master", "bundle", "template"]
    case .constraints: ["rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"]
    case .fencingTopology: ["fencing-level"]
    case .acls: ["acl_role", "acl_target", "acl_group", "acl_user"]
    case .tags: ["tag"]
    case .alerts: ["alert"]
    case .unknown: []
    }
  }

  /// The element that holds nvpairs in the sections that consist of attribute sets.
  package var setElementName: String? {
    switch self {
    case .properties: "cluster_property_set"
    case .resourceDefaults, .operationDefaults: "meta_attributes"
    default: nil
    }
  }

  /// In these sections, the id of the set that values are put into for which no set is named.
  package var usualSetID: String? {
    switch self {
    case .properties: AttributeSets.bootstrapID
    case .resourceDefaults: "rsc-options"
    case .operationDefaults: "op-options"
    default: nil
    }
  }
}

/// The names of elements that hold a list of nvpairs.
package func isAttributeSet(_ elementName: String) -> Bool {
  switch elementName {
  case "instance_attributes", "meta_attributes", "utilization", "cluster_property_set": true
  default: false
  }
}

/// The names of elements that are resources, and may be inside another resource.
package func isResourceElement(_ elementName: String) -> Bool {
  switch elementName {
  case "primitive", "group", "clone", "master", "bundle": true
  default: false
  }
}

/// Elements whose `id` names something else, not themselves.
package func idIsReference(_ elementName: String) -> Bool {
  switch elementName {
  // <role_ref> is how <acl_user> of schemas up to pacemaker-1.3 names a role.
  case "resource_ref", "obj_ref", "role", "role_ref": true
  default: false
  }
}
