import CIB
import Desired
import XML

// MARK: - Constraints

extension CrmshStatement {
  /// `location ID RSC|/PATTERN/|{ SET } [NAME=VALUE …] SCORE: NODE|rule …`.
  mutating func location() throws(CrmshProblem) -> Element {
    let id = try id()
    var location = Element("rsc_location", [Attribute("id", id.text)], position: id.position)
    let resource = try expect("a resource")
    if resource.text == "{" {
      var words: [CrmshWord] = []
      while let word = next(), word.text != "}" { words.append(word) }
      for set in try resourceSets(words, .role) { location.append(set) }
    } else if resource.text.count > 2, resource.text.hasPrefix("/"), resource.text.hasSuffix("/") {
      location["rsc-pattern"] = String(resource.text.dropFirst().dropLast())
    } else {
      location["rsc"] = resource.text
    }
    while let word = peek, let (name, value) = word.pair {
      let name = name.hasPrefix("$") ? String(name.dropFirst()) : name
      guard ["role", "resource-discovery", "score"].contains(name) else {
        throw problem("'\(name)' is no attribute of a location", at: word)
      }
      _ = next()
      location[name] = value
    }
    if let word = takePrefix() {
      let (name, value) = Self.score(word.text)
      guard name == "score" else { throw problem("'\(word.text)' is no score", at: word) }
      location["score"] = value
      location["node"] = try self.id("a node").text
      if let role = takeValue(of: "$role") ?? takeValue(of: "role") { location["role"] = role }
      return location
    }
    let rules = try rules()
    guard !rules.isEmpty else {
      throw problem("location '\(id.text)': SCORE: NODE, or 'rule', is expected", at: peek ?? id)
    }
    for rule in rules { location.append(rule) }
    return location
  }

  /// `colocation ID SCORE: A[:ROLE] B[:ROLE] … [node-attribute=NAME]`.
  mutating func colocation() throws(CrmshProblem) -> Element {
    let id = try id()
    var colocation = Element("rsc_colocation", [Attribute("id", id.text)], position: id.position)
    guard let word = takePrefix() else {
      throw problem("colocation '\(id.text)': a score such as inf: is expected", at: peek ?? id)
    }
    let (name, value) = Self.score(word.text)
    guard name == "score" else {
      throw problem("'\(word.text)' is no score", at: word, hint: "such as inf: or -inf: or 100:")
    }
    colocation[name] = value
    if let attribute = tail("node-attribute") {
      dropTail()
      colocation["node-attribute"] = attribute
    }
    try readResources(into: &colocation, .role, names: ("rsc", "with-rsc"))
    return colocation
  }

  /// `order ID [KIND:|SCORE:] A[:ACTION] B[:ACTION] … [symmetrical=BOOL]`.
  mutating func order() throws(CrmshProblem) -> Element {
    let id = try id()
    var order = Element("rsc_order", [Attribute("id", id.text)], position: id.position)
    if let word = takePrefix() {
      if let kind = Self.spelled(word.text, in: ["Mandatory", "Optional", "Serialize"]) {
        order["kind"] = kind
      } else if Values.score(Self.infinity(word.text)) != nil {
        // As crmsh: the schemas have had no scores of orders since pacemaker-1.0.
        order["kind"] = word.text == "0" ? "Optional" : "Mandatory"
      } else {
        throw problem(
          "'\(word.text)' is no kind of order", at: word,
          hint: Suggestion.hint(for: word.text, among: ["Mandatory", "Optional", "Serialize"]))
      }
    }
    if let value = tail("symmetrical"), let symmetrical = Values.boolean(value) {
      dropTail()
      order["symmetrical"] = symmetrical ? "true" : "false"
    }
    try readResources(into: &order, .action, names: ("first", "then"))
    return order
  }

  /// `rsc_ticket ID TICKET: A[:ROLE] … [loss-policy=POLICY]`.
  mutating func ticket() throws(CrmshProblem) -> Element {
    let id = try id()
    var ticket = Element("rsc_ticket", [Attribute("id", id.text)], position: id.position)
    guard let name = takePrefix() else {
      throw problem("rsc_ticket '\(id.text)': TICKET: is expected", at: peek ?? id)
    }
    ticket["ticket"] = name.text
    if let policy = tail("loss-policy") {
      dropTail()
      ticket["loss-policy"] = policy
    }
    try readResources(into: &ticket, .role, names: ("rsc", nil))
    return ticket
  }

  // MARK: - Resources of constraints

  /// What stands behind the colon of a resource.
  enum Qualifier: String {
    case role, action

    var words: [String] { self == .role ? CrmshStatement.roles : CrmshStatement.actions }
  }

  /// As many resources as there are names are attributes; more, or brackets, are resource sets.
  private mutating func readResources(
    into constraint: inout Element, _ qualifier: Qualifier, names: (String, String?)
  ) throws(CrmshProblem) {
    let start = last
    let words = rest()
    let names = [names.0, names.1].compactMap(\.self)
    guard !words.isEmpty else { throw problem("resources are expected", at: start) }
    let isPlain =
      words.count == names.count && !words.contains { "([{)]}".contains($0.text.first ?? " ") || $0.text.contains("=") }
    guard isPlain else {
      guard words.count > 1 || names.count == 1 else {
        throw problem("a second resource is expected after '\(words[0].text)'", at: words[0])
      }
      for set in try resourceSets(words, qualifier) { constraint.append(set) }
      return
    }
    for (name, word) in zip(names, words) {
      let (resource, spelled) = try qualified(word, qualifier)
      constraint[name] = resource
      guard let spelled else { continue }
      constraint["\(name)-\(Int(spelled) == nil ? qualifier.rawValue : "instance")"] = spelled
    }
  }

  private func qualified(_ word: CrmshWord, _ qualifier: Qualifier) throws(CrmshProblem) -> (String, String?) {
    let (resource, tail) = word.split
    guard !resource.isEmpty, !resource.hasPrefix("-") else { throw problem("'\(word.text)' is no resource", at: word) }
    guard let tail else { return (resource, nil) }
    // An instance of a clone, up to pacemaker-3.
    if Int(tail) != nil { return (resource, tail) }
    guard let spelled = Self.spelled(tail, in: qualifier.words) else {
      throw problem(
        "'\(tail)' is no \(qualifier.rawValue)", at: word, hint: "one of \(qualifier.words.joined(separator: ", "))")
    }
    return (resource, spelled)
  }

  /// `a b ( c d ) [ e f ] g:ROLE`: neighbours with one role or action are one set, brackets are a set that is not
  /// sequential; square ones need not all be there, either.
  private func resourceSets(_ words: [CrmshWord], _ qualifier: Qualifier) throws(CrmshProblem) -> [Element] {
    var sets: [Element] = []
    var set = Element("resource_set")
    var current: String?
    var bracket: CrmshWord?
    // Words may carry them: "(a", "b)", "sequential=false".
    var isSequential = true
    var requiresAll = true
    func save() {
      guard !set.children.isEmpty else { return }
      if !isSequential { set["sequential"] = "false" }
      if !requiresAll { set["require-all"] = "false" }
      set.set(qualifier.rawValue, current)
      sets.append(set)
      set = Element("resource_set")
      current = nil
    }
    for word in words.flatMap(Self.withoutBrackets) {
      switch word.text {
      case "(", "[":
        guard bracket == nil else { throw problem("sets in sets are not possible", at: word) }
        save()
        bracket = word
        isSequential = false
        requiresAll = word.text == "("
      case ")", "]":
        guard bracket?.text == (word.text == ")" ? "(" : "[") else {
          throw problem("'\(word.text)' closes nothing", at: word)
        }
        guard !set.children.isEmpty else { throw problem("an empty set", at: word) }
        save()
        bracket = nil
        isSequential = true
        requiresAll = true
      case "_rsc_set_": continue
      default:
        if let (name, value) = word.pair {
          guard let flag = Values.boolean(value), ["sequential", "require-all"].contains(name) else {
            throw problem("'\(word.text)' is not understood here", at: word)
          }
          if name == "sequential" { isSequential = flag } else { requiresAll = flag }
          continue
        }
        let (resource, spelled) = try qualified(word, qualifier)
        if spelled != current { save() }
        current = spelled
        if set.children.isEmpty { set.position = word.position }
        set.append(Element("resource_ref", [Attribute("id", resource)], position: word.position))
      }
    }
    if let bracket { throw problem("'\(bracket.text)' is not closed", at: bracket) }
    save()
    return sets
  }

  private static func withoutBrackets(_ word: CrmshWord) -> [CrmshWord] {
    guard word.text.count > 1, let first = word.text.first, let last = word.text.last else { return [word] }
    if "([".contains(first) {
      let rest = CrmshWord(text: String(word.text.dropFirst()), position: word.position)
      return [CrmshWord(text: String(first), position: word.position)] + withoutBrackets(rest)
    }
    if ")]".contains(last) {
      let rest = CrmshWord(text: String(word.text.dropLast()), position: word.position)
      return withoutBrackets(rest) + [CrmshWord(text: String(last), position: word.position)]
    }
    return [word]
  }
}
