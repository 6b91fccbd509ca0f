import CIB
import XML

// MARK: - Attribute sets

extension CrmshStatement {
  /// Words that end a list of name=value pairs.
  static let sectionKeywords: Set<String> = [
    "params", "meta", "utilization", "operations", "op", "op_params", "op_meta", "rule", "attributes",
  ]

  /// Sets, each behind its keyword; pairs before any keyword are of the first kind.
  ///
  /// - Parameters:
  ///   - kinds: keyword and element.
  ///   - ends: further words that end a list of pairs.
  mutating func sets(
    _ kinds: [(keyword: String, element: String)], ending ends: Set<String> = []
  ) throws(CrmshProblem) -> [Element] {
    var sets: [Element] = []
    var element = kinds.first { startsPairs($0, ends) }?.element
    while true {
      for (keyword, name) in kinds where take(keyword) { element = name }
      guard let name = element else { return sets }
      sets.append(try set(name, ending: ends))
      element = nil
    }
  }

  /// Whether pairs of the first kind stand here without their keyword.
  private func startsPairs(_ kind: (keyword: String, element: String), _ ends: Set<String>) -> Bool {
    guard let word = peek, ["params", "attributes", "op_params"].contains(kind.keyword) else { return false }
    let text = word.text.lowercased()
    return !Self.sectionKeywords.contains(text) && !ends.contains(text) && text != "}"
  }

  /// `[$id=ID] [SCORE:] [rule …] NAME=VALUE …`, or `$id-ref=ID`.
  mutating func set(_ name: String, ending ends: Set<String> = []) throws(CrmshProblem) -> Element {
    var set = Element(name, position: peek?.position ?? position)
    if let reference = takeValue(of: "$id-ref") {
      set["id-ref"] = reference
      return set
    }
    set.set("id", takeValue(of: "$id"))
    if let score = takePrefix() { set["score"] = Self.infinity(score.text) }
    for rule in try rules() { set.append(rule) }
    for pair in try pairs(ending: ends) { set.append(pair) }
    return set
  }

  /// `NAME=VALUE`, `NAME` (no value), `@ID[:NAME]` (a reference), `$ID:NAME=VALUE` (with an id).
  mutating func pairs(ending ends: Set<String> = []) throws(CrmshProblem) -> [Element] {
    var pairs: [Element] = []
    var isQuoted = false
    while let word = peek {
      let text = word.text.lowercased()
      guard !Self.sectionKeywords.contains(text), !ends.contains(text) else { break }
      _ = next()
      let pair = try pair(word)
      // What was meant to be the value would be the name of another parameter, and names are shown.
      if let last = pairs.last, let name = last["name"], Secret.isSecret(parameter: name), pair["value"] ?? "" == "",
        last["value"] == "" && !isQuoted || word.text == "="
      {
        throw problem("'\(name)' has no value: NAME=VALUE has no blanks in it", at: word)
      }
      pairs.append(pair)
      isQuoted = word.isQuoted
    }
    return pairs
  }

  private func pair(_ word: CrmshWord) throws(CrmshProblem) -> Element {
    var pair = Element("nvpair", position: word.position)
    if word.text.hasPrefix("@") {
      let (reference, name) = CrmshWord(text: String(word.text.dropFirst()), position: word.position).split
      pair.set("name", name)
      pair["id-ref"] = reference
      return pair
    }
    guard let (key, value) = word.pair else {
      guard !word.text.isEmpty, !word.text.contains(":"), !word.text.hasPrefix("$") else {
        throw problem("NAME=VALUE is expected, not '\(word.text)'", at: word)
      }
      pair["name"] = word.text
      return pair
    }
    if key.hasPrefix("$") {
      let (id, name) = CrmshWord(text: String(key.dropFirst()), position: word.position).split
      guard let name else { throw problem("'\(word.text)' is not understood here", at: word) }
      pair["id"] = id
      pair["name"] = name
    } else {
      pair["name"] = key
    }
    pair["value"] = value
    return pair
  }

  // MARK: - Rules

  mutating func rules() throws(CrmshProblem) -> [Element] {
    var rules: [Element] = []
    while take("rule") {
      var rule = Element("rule", position: peek?.position ?? position)
      if let reference = takeValue(of: "$id-ref") {
        rule["id-ref"] = reference
        rules.append(rule)
        continue
      }
      rule.set("id", takeValue(of: "$id"))
      rule.set("role", takeValue(of: "$role") ?? takeValue(of: "role"))
      if let score = takePrefix() {
        let (name, value) = Self.score(score.text)
        rule[name] = value
      } else {
        rule["score"] = "INFINITY"
      }
      try readExpressions(into: &rule)
      rules.append(rule)
    }
    return rules
  }

  private mutating func readExpressions(into rule: inout Element) throws(CrmshProblem) {
    var operation: String?
    while true {
      rule.append(try expression())
      guard let word = peek, ["and", "or"].contains(word.text.lowercased()) else { break }
      _ = next()
      if let operation, operation != word.text.lowercased() {
        throw problem(
          "a rule has either 'and' or 'or'", at: word, hint: "rules inside of rules can be given as XML: xml '<…>'")
      }
      operation = word.text.lowercased()
    }
    if operation == "or" { rule["boolean-op"] = "or" }
  }

  private static let binaryOperations: Set<String> = ["lt", "gt", "lte", "gte", "eq", "ne"]
  private static let types: Set<String> = ["string", "version", "number", "integer"]

  private mutating func expression() throws(CrmshProblem) -> Element {
    let word = try expect("an expression")
    switch word.text.lowercased() {
    case "date": return try dateExpression(word)
    case "defined", "not_defined":
      let attribute = try expect("an attribute")
      return Element(
        "expression", [Attribute("operation", word.text.lowercased()), Attribute("attribute", attribute.text)],
        position: word.position)
    default: break
    }
    let operation = try expect("an operation such as eq")
    let (head, tail) = operation.split
    let type = tail == nil ? nil : head.lowercased()
    let name = (tail ?? head).lowercased()
    guard Self.binaryOperations.contains(name), type.map({ Self.types.contains($0) }) ?? true else {
      throw problem(
        "'\(operation.text)' is no operation of a rule: lt, gt, lte, gte, eq, ne, defined, not_defined", at: operation)
    }
    let value = try expect("a value")
    var expression = Element(
      "expression", [Attribute("operation", name), Attribute("attribute", word.text)], position: word.position)
    expression.set("type", type)
    // `param{name}`: the value is that of a parameter.
    if let brace = value.text.firstIndex(of: "{"), brace > value.text.startIndex, value.text.hasSuffix("}") {
      expression["value"] = String(value.text[value.text.index(after: brace)...].dropLast())
      expression["value-source"] = String(value.text[..<brace])
    } else {
      expression["value"] = value.text
    }
    return expression
  }

  private mutating func dateExpression(_ keyword: CrmshWord) throws(CrmshProblem) -> Element {
    let operation = try expect("lt, gt, in or spec")
    var expression = Element("date_expression", position: keyword.position)
    switch operation.text.lowercased() {
    case "lt":
      expression["operation"] = "lt"
      expression["end"] = try expect("a date").text
    case "gt":
      expression["operation"] = "gt"
      expression["start"] = try expect("a date").text
    case "in", "in_range": try readDates(into: &expression, "in_range", "duration")
    case "spec", "date_spec": try readDates(into: &expression, "date_spec", "date_spec")
    default: throw problem("'\(operation.text)' is no operation on dates: lt, gt, in, spec", at: operation)
    }
    return expression
  }

  private static let dateParts: Set<String> = [
    "hours", "monthdays", "weekdays", "yearsdays", "months", "weeks", "years", "weekyears", "moon",
  ]
  /// Those that crmsh does not know: in a set it takes them for the first of the pairs behind the rule.
  private static let furtherDateParts: Set<String> = ["yeardays", "days", "minutes", "seconds"]

  private mutating func readDates(
    into expression: inout Element, _ operation: String, _ part: String
  ) throws(CrmshProblem) {
    expression["operation"] = operation
    var inner = Element(part, position: expression.position)
    let isLast = words[0].text.lowercased() == "location"
    while let (name, value) = peek?.pair {
      if operation == "in_range", ["start", "end"].contains(name) {
        expression[name] = value
      } else if Self.dateParts.contains(name) || isLast && Self.furtherDateParts.contains(name) {
        inner[name] = value
      } else {
        break
      }
      _ = next()
    }
    guard !inner.attributes.isEmpty || expression.attributes.count > 1 else {
      throw problem("a part of a date such as hours=9-16 is expected", at: peek ?? last)
    }
    if !inner.attributes.isEmpty { expression.append(inner) }
  }

  // MARK: - Scores and roles

  /// `inf`, `-INF`, `+infinity` in Pacemaker's spelling; everything else as it is.
  static func infinity(_ text: String) -> String {
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": "INFINITY"
    case "-inf", "-infinity": "-INFINITY"
    default: text
    }
  }

  /// A score, or the node attribute that has it.
  static func score(_ text: String) -> (name: String, value: String) {
    switch text.lowercased() {
    case "mandatory": return ("score", "INFINITY")
    case "advisory": return ("score", "0")
    default: break
    }
    let score = infinity(text)
    return Values.score(score) != nil || score.hasPrefix("+") && Values.score(String(score.dropFirst())) != nil
      ? ("score", score) : ("score-attribute", text)
  }

  static let roles = ["Stopped", "Started", "Master", "Slave", "Promoted", "Unpromoted"]
  static let actions = ["start", "stop", "promote", "demote"]

  /// A word of a closed list, in the list's spelling.
  static func spelled(_ text: String, in words: [String]) -> String? {
    words.first { $0.lowercased() == text.lowercased() }
  }
}
