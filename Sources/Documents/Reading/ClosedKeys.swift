import Desired

/// The keys that a map of a native document may have.
struct ClosedKeys: Sendable {
  /// What the value of a schema attribute must look like.
  enum ValueType: Sendable {
    case text, score, boolean, integer
    case oneOf([String])
  }

  /// Keys that are attributes of the CIB element, by the schema's name.
  var attributes: [(name: String, type: ValueType)]
  /// All other keys.
  var others: [String]

  init(_ others: [String] = [], attributes: [(name: String, type: ValueType)] = []) {
    self.others = others
    self.attributes = attributes
  }

  func type(ofAttribute name: String) -> ValueType? {
    for attribute in attributes where attribute.name == name { return attribute.type }
    return nil
  }

  func contains(_ name: String) -> Bool {
    others.contains(name) || type(ofAttribute: name) != nil
  }

  /// As a person would look for them: the important ones come first in the tables.
  var all: [String] { others + attributes.map(\.name) }

  /// The key that was probably meant.
  func meant(by name: String) -> String? {
    if let other = Self.otherNames[name], contains(other) { return other }
    return Suggestion.nearest(to: name, among: all)
  }

  /// What the CIB, crmsh and pcs call these things.
  private static let otherNames = [
    "crm_config": "properties", "cluster_property_set": "properties", "property": "properties",
    "rsc_defaults": "resource-defaults", "rsc-defaults": "resource-defaults", "op_defaults": "operation-defaults",
    "op-defaults": "operation-defaults", "resources": "primitives", "masters": "clones", "fencing": "stonith",
    "fencing_topology": "fencing-levels", "fencing-topology": "fencing-levels", "users": "acl-targets",
    "instance_attributes": "params", "parameters": "params", "meta_attributes": "meta", "ops": "operations",
    "op": "operations", "type": "agent", "class": "agent", "primitive": "resource", "primitives": "members",
    "index": "level", "on_fail": "on-fail", "rsc": "resources",
  ]
}
