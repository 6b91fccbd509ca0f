import XML

extension NativeReading {
  /// A `<rule>`: `{all: [...]}`, `{any: [...]}` or `{ref: id}`.
  mutating func rule(_ value: NativeValue, _ subject: Subject) -> Element? {
    let subject = subject.part("rule")
    guard let entries = entries(of: value, .rule, subject) else { return nil }
    if let reference = reference(entries, "rule", subject, at: value.position) { return reference }
    var element = Element("rule", position: value.position)
    readID(entries, into: &element, subject)
    if entries["any"] != nil && element["boolean-op"] == nil && entries["boolean-op"] == nil {
      element.attributes.append(Attribute("boolean-op", "or"))
    }
    readAttributes(entries, .rule, into: &element, subject)
    let lists = entries.filter { $0.key == "all" || $0.key == "any" }
    guard lists.count == 1 else {
      let message = lists.isEmpty ? "'all' or 'any' is missing" : "'all' and 'any' exclude each other"
      report("\(subject): \(message)", at: value.position)
      return element
    }
    if let operation = element["boolean-op"], (operation == "or") != (lists[0].key == "any") {
      report("\(subject): '\(lists[0].key)' contradicts 'boolean-op: \(operation)'", at: lists[0].keyPosition)
    }
    let items = items(of: lists[0].value, subject.part("'\(lists[0].key)'"))
    if case .list = lists[0].value.content, items.isEmpty {
      report("\(subject): '\(lists[0].key)' needs at least one expression", at: lists[0].value.position)
    }
    for item in items {
      if let expression = expression(item, subject) { element.append(expression) }
    }
    return element
  }

  mutating func rules(_ value: NativeValue, _ subject: Subject) -> [Element] {
    items(of: value, subject.part("rules")).compactMap { rule($0, subject) }
  }

  /// An item of a rule; the key that it has tells which kind of expression it is.
  private mutating func expression(_ value: NativeValue, _ subject: Subject) -> Element? {
    let keys: [String]
    if case .map(let entries) = value.content { keys = entries.map(\.key) } else { keys = [] }
    func has(_ candidates: String...) -> Bool { keys.contains { candidates.contains($0) } }
    if has("all", "any", "ref") { return rule(value, subject) }
    if has("attribute") { return attributeExpression(value, subject) }
    if has("date", "start", "end", "duration", "spec") { return dateExpression(value, subject) }
    if has("resource") {
      return inner(value, "resource", "rsc_expression", .resourceExpressionItem, .resourceExpression, subject)
    }
    if has("operation") {
      return inner(value, "operation", "op_expression", .operationExpressionItem, .operationExpression, subject)
    }
    report(
      "\(subject): this is no expression", at: value.position,
      hint:
        "one is {attribute: NAME, eq: VALUE}, {date: …}, {resource: {…}}, {operation: {…}}, {all: […]} or {any: […]}")
    return nil
  }

  private mutating func attributeExpression(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .expression, subject) else { return nil }
    var element = Element("expression", position: value.position)
    readID(entries, into: &element, subject)
    for entry in entries where entry.key != "id" {
      readExpressionKey(entry, into: &element, subject)
    }
    if element["operation"] == nil {
      report(
        "\(subject): the expression does not say how to compare", at: value.position,
        hint: "it needs one of: " + (ClosedKeys.comparisons + ["defined", "not_defined"]).joined(separator: ", "))
    }
    return element
  }

  private mutating func readExpressionKey(_ entry: Entry, into element: inout Element, _ subject: Subject) {
    if ClosedKeys.expression.type(ofAttribute: entry.key) != nil {
      if entry.key == "operation" && element["operation"] != nil { return reportSecondComparison(entry, subject) }
      if entry.key == "value" && element["value"] != nil { return reportSecondComparison(entry, subject) }
      return readAttributes([entry], .expression, into: &element, subject)
    }
    if element["operation"] != nil { return reportSecondComparison(entry, subject) }
    element.attributes.append(Attribute("operation", entry.key))
    guard let text = text(entry.value, subject.part("'\(entry.key)'")) else { return }
    if ClosedKeys.comparisons.contains(entry.key) {
      if element["value"] != nil { return reportSecondComparison(entry, subject) }
      element.attributes.append(Attribute("value", text))
    } else if text != "true" {
      report("\(subject): '\(entry.key)' must be true", at: entry.value.position)
    }
  }

  private mutating func reportSecondComparison(_ entry: Entry, _ subject: Subject) {
    report("\(subject): an expression compares once, '\(entry.key)' is too much", at: entry.keyPosition)
  }

  private mutating func dateExpression(_ value: NativeValue, _ subject: Subject) -> Element? {
    guard let entries = entries(of: value, .dateExpression, subject) else { return nil }
    var element = Element("date_expression", position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .dateExpression, into: &element, subject)
    for index in element.attributes.indices where element.attributes[index].name == "date" {
      element.attributes[index].name = "operation"
    }
    if let duration = dateParts(entries["duration"], "duration", subject) { element.append(duration) }
    if let spec = dateParts(entries["spec"], "date_spec", subject) { element.append(spec) }
    return element
  }

  private mutating func dateParts(_ value: NativeValue?, _ elementName: String, _ subject: Subject) -> Element? {
    guard let value, let entries = entries(of: value, .dateParts, subject) else { return nil }
    var element = Element(elementName, position: value.position)
    readID(entries, into: &element, subject)
    readAttributes(entries, .dateParts, into: &element, subject)
    return element
  }

  /// `{id?, KEY: {…}}`, the id inside being as good.
  private mutating func inner(
    _ value: NativeValue, _ key: String, _ elementName: String, _ outerKeys: ClosedKeys, _ innerKeys: ClosedKeys,
    _ subject: Subject
  ) -> Element? {
    guard let outer = entries(of: value, outerKeys, subject), let content = outer[key],
      let entries = entries(of: content, innerKeys, subject.part("'\(key)'"))
    else { return nil }
    var element = Element(elementName, position: value.position)
    readID(outer["id"] == nil ? entries : outer, into: &element, subject)
    readAttributes(entries, innerKeys, into: &element, subject)
    return element
  }
}
