import XML

extension NativeWriting {
  private static let comparisons: Set<String> = ["lt", "gt", "lte", "gte", "eq", "ne"]

  /// `{score, all: […]}`, `{score, any: […]}` or `{ref: X}`.
  func rule(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard element.name == "rule" else { throw NotExpressible() }
    if let reference = try reference(element) { return reference }
    var entries = id(of: element)
    entries += try attributes(of: element, .rule, others: ["id", "boolean-op"])
    let expressions = try elements(of: element).converted { child throws(NotExpressible) in try expression(child) }
    guard !expressions.isEmpty else { throw NotExpressible() }
    switch element["boolean-op"] {
    case nil, "and": entries.append("all", .list(expressions))
    case "or": entries.append("any", .list(expressions))
    default: throw NotExpressible()
    }
    return .map(entries)
  }

  func rules(_ elements: [Element]) throws(NotExpressible) -> NativeValue {
    .list(try elements.converted { rule throws(NotExpressible) in try self.rule(rule) })
  }

  private func expression(_ element: Element) throws(NotExpressible) -> NativeValue {
    switch element.name {
    case "rule": return try rule(element)
    case "expression": return try comparison(element)
    case "date_expression": return try dateExpression(element)
    case "rsc_expression": return try match("resource", element, .resourceExpression)
    case "op_expression": return try match("operation", element, .operationExpression)
    default: throw NotExpressible()
    }
  }

  /// `{attribute: A, eq: B}`, `{attribute: A, defined: true}`.
  private func comparison(_ element: Element) throws(NotExpressible) -> NativeValue {
    try checkEmpty(element)
    guard let attribute = element["attribute"], let operation = element["operation"] else { throw NotExpressible() }
    var entries = id(of: element)
    entries.append("attribute", .text(attribute))
    switch (operation, element["value"]) {
    case (_, let value?) where Self.comparisons.contains(operation):
      entries.append(operation, .text(value))
    case (_, nil) where Self.comparisons.contains(operation):
      entries.append("operation", .text(operation))
    case ("defined", let value), ("not_defined", let value):
      entries.append(operation, .text("true"))
      entries.append("value", value.map(NativeValue.text))
    default:
      throw NotExpressible()
    }
    entries += try attributes(of: element, .comparison, others: ["id", "attribute", "operation", "value"])
    return .map(entries)
  }

  /// `{date: in_range, start: S, end: E}`, `{date: date_spec, spec: {hours: 9-16}}`.
  private func dateExpression(_ element: Element) throws(NotExpressible) -> NativeValue {
    guard let operation = element["operation"], ["in_range", "gt", "lt", "date_spec"].contains(operation) else {
      throw NotExpressible()
    }
    var entries = id(of: element)
    entries.append("date", .text(operation))
    entries += try attributes(of: element, .dateExpression, others: ["id", "operation"])
    for child in try elements(of: element) {
      let key: String
      switch child.name {
      case "duration": key = "duration"
      case "date_spec": key = "spec"
      default: throw NotExpressible()
      }
      guard !entries.contains(where: { $0.key == key }) else { throw NotExpressible() }
      try checkEmpty(child)
      entries.append(key, .map(id(of: child) + (try attributes(of: child, .dateParts))))
    }
    return .map(entries)
  }

  /// `{resource: {class: ocf}}`, `{operation: {name: monitor}}`.
  private func match(_ key: String, _ element: Element, _ table: AttributeTable) throws(NotExpressible) -> NativeValue {
    try checkEmpty(element)
    return .map(id(of: element) + [Entry(key, .map(try attributes(of: element, table)))])
  }
}
