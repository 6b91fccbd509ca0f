import XML

/// What the schemas say about attributes other than nvpairs' values: how they are read, and what stands where one is
/// left out. From pacemaker-1.3 to pacemaker-4.0, "Pacemaker Explained", and Pacemaker's scheduler (`unpack_order` …).
package enum SchemaAttribute {
  package static func type(of attribute: String, in element: String) -> ValueType {
    switch attribute {
    case "score": .score
    case "role", "rsc-role", "with-rsc-role": .role
    case "interval", "timeout", "start-delay": element == "op" || element == "op_expression" ? .duration : .text
    case "enabled", "record-pending": element == "op" ? .boolean : .text
    case "symmetrical", "require-all", "sequential", "influence", "add-host": .boolean
    case "on-fail": .text
    default: .text
    }
  }

  /// What the element means where it does not have the attribute; nil where that has no name.
  package static func `default`(of attribute: String, in element: Element) -> String? {
    switch (element.name, attribute) {
    // Older schemas know an ordering by its score alone: 0 is optional.
    case ("rsc_order", "kind"): element["score"] == nil ? "Mandatory" : nil
    case ("rsc_order", "first-action"): "start"
    case ("rsc_order", "then-action"): element["first-action"] ?? "start"
    case ("rsc_order", "symmetrical"): element["kind"] == "Serialize" ? "false" : "true"
    case ("rsc_order", "require-all"), ("resource_set", "require-all"), ("resource_set", "sequential"): "true"
    case ("rule", "boolean-op"): "and"
    case ("op", "interval"): "0"
    case ("instance_attributes", "score"), ("meta_attributes", "score"), ("utilization", "score"),
      ("cluster_property_set", "score"):
      "0"
    default: nil
    }
  }

  /// The value in a form in which equal ones are equal, the default in place of an attribute that is not there.
  package static func meaning(of attribute: String, in element: Element) -> String? {
    guard let value = element[attribute] ?? `default`(of: attribute, in: element) else { return nil }
    return type(of: attribute, in: element.name).normalized(value)
  }
}
