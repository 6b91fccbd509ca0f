import CIB
import Desired
import XML

/// One statement, read word by word.
struct CrmshStatement {
  let words: [CrmshWord]
  private var at = 0

  init(_ words: [CrmshWord]) { self.words = words }

  /// The keywords, with how each is read.
  private static let keywords: [String: @Sendable (inout CrmshStatement) throws(CrmshProblem) -> CrmshMeaning] = [
    "node": { (s) throws(CrmshProblem) in .elements([try s.node()], .nodes) },
    "primitive": { (s) throws(CrmshProblem) in .elements([try s.primitive("primitive")], .resources) },
    "rsc_template": { (s) throws(CrmshProblem) in .elements([try s.primitive("template")], .resources) },
    "group": { (s) throws(CrmshProblem) in .elements([try s.group()], .resources) },
    "clone": { (s) throws(CrmshProblem) in .elements([try s.clone("clone")], .resources) },
    "ms": { (s) throws(CrmshProblem) in .elements([try s.clone("master")], .resources) },
    "master": { (s) throws(CrmshProblem) in .elements([try s.clone("master")], .resources) },
    "bundle": { (s) throws(CrmshProblem) in .elements([try s.bundle()], .resources) },
    "location": { (s) throws(CrmshProblem) in .elements([try s.location()], .constraints) },
    "colocation": { (s) throws(CrmshProblem) in .elements([try s.colocation()], .constraints) },
    "collocation": { (s) throws(CrmshProblem) in .elements([try s.colocation()], .constraints) },
    "order": { (s) throws(CrmshProblem) in .elements([try s.order()], .constraints) },
    "rsc_ticket": { (s) throws(CrmshProblem) in .elements([try s.ticket()], .constraints) },
    "property": { (s) throws(CrmshProblem) in .elements([try s.settings("cluster_property_set")], .properties) },
    "rsc_defaults": { (s) throws(CrmshProblem) in .elements([try s.settings("meta_attributes")], .resourceDefaults) },
    "op_defaults": { (s) throws(CrmshProblem) in .elements([try s.settings("meta_attributes")], .operationDefaults) },
    "fencing_topology": { (s) throws(CrmshProblem) in .elements(try s.fencingLevels(), .fencingTopology) },
    "fencing-topology": { (s) throws(CrmshProblem) in .elements(try s.fencingLevels(), .fencingTopology) },
    "tag": { (s) throws(CrmshProblem) in .elements([try s.tag()], .tags) },
    "role": { (s) throws(CrmshProblem) in .elements([try s.aclRole()], .acls) },
    "acl_target": { (s) throws(CrmshProblem) in .elements([try s.aclSubject("acl_target")], .acls) },
    "acl_group": { (s) throws(CrmshProblem) in .elements([try s.aclSubject("acl_group")], .acls) },
    "user": { (s) throws(CrmshProblem) in .elements([try s.aclUser()], .acls) },
    "alert": { (s) throws(CrmshProblem) in .elements([try s.alert()], .alerts) },
    "monitor": { (s) throws(CrmshProblem) in try s.monitor() },
    "delete": { (s) throws(CrmshProblem) in .deletions(try s.deletions()) },
    "xml": { (s) throws(CrmshProblem) in try s.xml() },
  ]

  /// - Throws: where it is not understood, all of it.
  mutating func meaning() throws(CrmshProblem) -> CrmshMeaning {
    let keyword = next()!
    guard let read = Self.keywords[keyword.text.lowercased()] else {
      let hint = Suggestion.hint(for: keyword.text, among: Array(Self.keywords.keys))
      // What is like none is not quoted: it may be the rest of a password, which a line end has cut in two.
      let word = hint == nil ? "" : " '\(keyword.text)'"
      throw CrmshProblem(message: "unknown statement\(word)", position: keyword.position, hint: hint)
    }
    let meaning = try read(&self)
    if let word = peek { throw problem("'\(word.text)' is not understood here", at: word) }
    return meaning
  }

  // MARK: - Words

  var peek: CrmshWord? { at < words.count ? words[at] : nil }
  var last: CrmshWord? { words.last }
  var left: Int { words.count - at }
  /// Of the statement.
  var position: SourcePosition { words[0].position }

  mutating func next() -> CrmshWord? {
    guard at < words.count else { return nil }
    at += 1
    return words[at - 1]
  }

  mutating func stepBack() { at -= 1 }

  mutating func rest() -> [CrmshWord] {
    defer { at = words.count }
    return Array(words[at...])
  }

  func problem(_ message: String, at word: CrmshWord? = nil, hint: String? = nil) -> CrmshProblem {
    CrmshProblem(message: message, position: (word ?? peek ?? words.last!).position, hint: hint)
  }

  mutating func expect(_ what: String) throws(CrmshProblem) -> CrmshWord {
    guard let word = next() else {
      throw problem("'\(words[0].text)': \(what) is expected after '\(words.last!.text)'", at: words.last)
    }
    return word
  }

  /// The id of an object: no word with `=`, which is how a forgotten id shows.
  mutating func id(_ what: String = "an id") throws(CrmshProblem) -> CrmshWord {
    let word = try expect(what)
    guard !word.text.isEmpty, !word.text.contains("="), !word.text.hasPrefix("-") else {
      throw problem("'\(words[0].text)': \(what) is expected, not '\(word.text)'", at: word)
    }
    return word
  }

  /// Takes the next word if it is this keyword.
  mutating func take(_ keyword: String) -> Bool {
    guard peek?.text.lowercased() == keyword else { return false }
    at += 1
    return true
  }

  /// Takes `NAME=VALUE` if it is next; the ids of parts are `$id`, so that a parameter may be called `id`.
  mutating func takeValue(of name: String) -> String? {
    guard let (key, value) = peek?.pair, key.lowercased() == name else { return nil }
    at += 1
    return value
  }

  /// Takes `TEXT:` if it is next: a score, a kind, an id, a target.
  mutating func takePrefix() -> CrmshWord? {
    guard var word = peek, word.text.hasSuffix(":"), word.text.utf8.count > 1,
      !word.text.dropLast().contains(":"), !word.text.contains("=")
    else { return nil }
    at += 1
    word.text.removeLast()
    return word
  }

  /// The last word, if it is `NAME=…`: some attributes stand behind the resources.
  func tail(_ name: String) -> String? {
    guard left > 0, let (key, value) = words.last?.pair, key == name else { return nil }
    return value
  }

  /// The statement without its last word.
  mutating func dropTail() {
    var shorter = CrmshStatement(Array(words.dropLast()))
    shorter.at = at
    self = shorter
  }
}

extension CrmshWord {
  /// `name=value`.
  var pair: (name: String, value: String)? {
    guard let (name, value) = text.cut(at: "="), !name.isEmpty else { return nil }
    return (name, value)
  }

  /// `head:tail`, or the head alone.
  var split: (head: String, tail: String?) {
    text.cut(at: ":").map { ($0, $1) } ?? (text, nil)
  }
}

extension Element {
  /// Sets an attribute where there is a value.
  mutating func set(_ name: String, _ value: String?) {
    if let value { self[name] = value }
  }
}
