import CIB
import XML

// MARK: - Attribute sets

extension CrmshWriting {
  /// Words that end a list of pairs, and can be no name without a value.
  private static let keywords: Set<String> = [
    "params", "meta", "utilization", "operations", "op", "op_params", "op_meta", "rule", "attributes", "and", "or",
    "to",
    "select", "docker", "rkt", "podman", "network", "storage", "primitive", "{", "}",
  ]

  /// `params [$id=ID] [SCORE:] [rule …] NAME=VALUE …`; nothing for a set that says nothing.
  func set(_ element: Element, _ keyword: String) throws(NotExpressible) -> [String] {
    if let reference = try reference(element) { return ["\(keyword) \(reference)"] }
    guard !element.elements.isEmpty || isReferenced(element) else { return [] }
    try allow(element, "id", "score")
    var words = [keyword] + partID(of: element)
    if let score = element["score"] { words.append(try prefix(score)) }
    for rule in element.elements(named: "rule") { words += try self.rule(rule) }
    let pairs = try self.pairs(of: element)
    // crmsh looks for a score first.
    let first = element.elements.first
    if element["score"] == nil, first?.name == "nvpair", let name = first?["name"], let value = first?["value"] {
      try check(!(value.hasSuffix(":") && !name.contains(":") && !value.dropLast().contains(":")))
    }
    return [(words + pairs).joined(separator: " ")]
  }

  /// `property [ID:] [rule …] NAME=VALUE …`.
  func settings(_ set: Element, _ keyword: String) throws(NotExpressible) -> [String] {
    guard !set.elements.isEmpty || isReferenced(set) || set["id-ref"] != nil else { return [] }
    try allow(set, "id")
    var parts = [keyword]
    if let id = set.id { parts[0] += " \(try leadingID(id))" }
    for rule in set.elements(named: "rule") { parts.append(try self.rule(rule).joined(separator: " ")) }
    return parts + (try pairs(of: set, namesOnce: true))
  }

  /// - Parameter namesOnce: whether of several values of one name only the first is written, which is in force: crmsh
  ///   would take the last.
  private func pairs(of set: Element, namesOnce: Bool = false) throws(NotExpressible) -> [String] {
    // A pair behind the parts of a date may be taken for one of them.
    if let operation = set.elements(named: "rule").last?.elements.last?["operation"],
      ["in_range", "date_spec"].contains(operation)
    {
      try check(set.first("nvpair") == nil)
    }
    var known: Set<String> = []
    var pairs: [String] = []
    for child in set.elements where child.name != "rule" {
      try check(child.name == "nvpair")
      if namesOnce, !known.insert(child["name"] ?? "").inserted { continue }
      pairs.append(try pair(child, in: set))
    }
    return pairs
  }

  /// `NAME=VALUE`, `NAME` (no value), `@ID[:NAME]` (a reference), `$ID:NAME=VALUE` (with an id).
  private func pair(_ nvpair: Element, in set: Element) throws(NotExpressible) -> String {
    try allow(nvpair, "id", "name", "value", "id-ref")
    try check(nvpair.elements.isEmpty)
    if let reference = nvpair["id-ref"] {
      try check(nvpair.id == nil && nvpair["value"] == nil && !reference.isEmpty && !reference.contains(":"))
      return CrmshText.word(nvpair["name"].map { "@\(reference):\($0)" } ?? "@\(reference)")
    }
    guard let name = nvpair["name"], let first = name.first, first != "@", first != "$", !name.contains("=") else {
      throw NotExpressible()
    }
    guard let value = nvpair["value"] else {
      try check(!name.contains(":") && !Self.keywords.contains(name.lowercased()) && !isReferenced(nvpair))
      return CrmshText.word(name)
    }
    // Depending on the schema crmsh would write the role's other name; where Pacemaker reads it, both are one.
    if ["role", "target-role"].contains(name), set.name != "meta_attributes" {
      try check(!["Master", "Slave", "Promoted", "Unpromoted"].contains(value))
    }
    // The id that crmsh would make of the name has to be one.
    guard isReferenced(nvpair) || !CrmshText.isPlain(name), let id = nvpair.id else {
      return CrmshText.pair(name, value)
    }
    try check(!value.contains("="))
    return CrmshText.pair("$\(id):\(name)", value)
  }
}

// MARK: - Rules

extension CrmshWriting {
  private static let comparisons: Set<String> = ["lt", "gt", "lte", "gte", "eq", "ne"]
  private static let parts: Set<String> = [
    "hours", "monthdays", "weekdays", "yearsdays", "months", "weeks", "years", "weekyears", "moon",
  ]

  /// `rule [$id=ID] [$role=ROLE] [SCORE:] EXPRESSION [and|or EXPRESSION …]`, or `rule $id-ref=ID`.
  func rule(_ element: Element) throws(NotExpressible) -> [String] {
    try check(element.name == "rule")
    if let reference = try reference(element) { return ["rule", reference] }
    try allow(element, "id", "score", "score-attribute", "role", "boolean-op")
    var words = ["rule"] + partID(of: element)
    if let role = element["role"] {
      try check(!role.isEmpty)
      words.append(CrmshText.pair("$role", role))
    }
    let score = try scoreOrAttribute(element)
    // Which is what it is without one.
    if element["score"] != "INFINITY" { words.append(score) }
    let expressions = element.elements
    try check(!expressions.isEmpty)
    let operation = element["boolean-op"] ?? "and"
    try check(operation == "and" || operation == "or" && expressions.count > 1)
    for (index, expression) in expressions.enumerated() {
      if index > 0 { words.append(operation) }
      words += try self.expression(expression)
    }
    return words
  }

  private func expression(_ element: Element) throws(NotExpressible) -> [String] {
    switch element.name {
    case "expression": return try comparison(element)
    case "date_expression": return try date(element)
    // Rules in rules, and what a rule says of resources and operations.
    default: throw NotExpressible()
    }
  }

  /// `ATTRIBUTE [TYPE:]eq VALUE`, `defined ATTRIBUTE`.
  private func comparison(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "attribute", "operation", "value", "type", "value-source")
    try check(element.elements.isEmpty)
    guard let name = element["attribute"], let operation = element["operation"] else { throw NotExpressible() }
    let attribute = try identifier(name)
    if ["defined", "not_defined"].contains(operation) {
      try check(element["value"] == nil && element["type"] == nil && element["value-source"] == nil)
      return [operation, attribute]
    }
    try check(Self.comparisons.contains(operation))
    // It would be taken for something else.
    try check(!["date", "defined", "not_defined"].contains(name.lowercased()) && !name.hasSuffix(":"))
    guard let value = element["value"], !value.isEmpty, !value.contains(where: \.isWhitespace),
      !value.contains("{"), !value.contains("}")
    else { throw NotExpressible() }
    var words = [attribute, operation, CrmshText.word(value)]
    if let type = element["type"] {
      try check(["string", "integer", "number", "version"].contains(type))
      words[1] = "\(type):\(operation)"
    }
    if let source = element["value-source"] {
      // `literal` is what it is without one, but then the attribute is gone.
      try check(["param", "meta"].contains(source))
      words[2] = CrmshText.word("\(source){\(value)}")
    }
    return words
  }

  /// `date gt DATE`, `date in start=DATE end=DATE`, `date spec hours=9-16`.
  private func date(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "operation", "start", "end")
    let inner = element.elements
    let (start, end) = (element["start"], element["end"])
    switch element["operation"] {
    case "gt":
      guard let start, !start.isEmpty, end == nil, inner.isEmpty else { throw NotExpressible() }
      return ["date", "gt", CrmshText.value(start)]
    case "lt":
      guard let end, !end.isEmpty, start == nil, inner.isEmpty else { throw NotExpressible() }
      return ["date", "lt", CrmshText.value(end)]
    case "in_range":
      var pairs = [("start", start), ("end", end)].compactMap { name, value in value.map { (name, $0) } }
      if !inner.isEmpty { pairs += try parts(of: inner, "duration") }
      try check(pairs.count > 1)
      return try ["date", "in"] + dateWords(pairs)
    case "date_spec":
      try check(start == nil && end == nil)
      return try ["date", "spec"] + dateWords(parts(of: inner, "date_spec"))
    default: throw NotExpressible()
    }
  }

  private func parts(of elements: [Element], _ name: String) throws(NotExpressible) -> [(String, String)] {
    guard elements.count == 1, elements[0].name == name, elements[0].elements.isEmpty else { throw NotExpressible() }
    let parts = elements[0].attributes.filter { $0.name != "id" }
    try check(!parts.isEmpty && parts.allSatisfy { Self.parts.contains($0.name) })
    return parts.map { ($0.name, $0.value) }
  }

  private func dateWords(_ pairs: [(String, String)]) throws(NotExpressible) -> [String] {
    try check(pairs.allSatisfy { !$0.1.isEmpty })
    return pairs.map { CrmshText.pair($0.0, $0.1) }
  }
}
