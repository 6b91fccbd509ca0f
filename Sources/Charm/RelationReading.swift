import Desired
import Documents
import XML

/// Reads the values that a unit has set on a relation; everything that is wrong is told with relation, unit and key.
struct RelationReading {
  private let relation: String
  private let unit: HookFacts.Unit
  private(set) var diagnostics: [Diagnostic] = []

  /// The real charms send some kilobytes, and Juju hands the whole to every hook again.
  private static let longest = 256 << 10

  init(relation: String, unit: HookFacts.Unit) {
    self.relation = relation
    self.unit = unit
  }

  /// One entry of a map or a list, or a value by itself.
  struct Entry: Equatable {
    var name: String
    var text: String
    /// Where it comes from, for messages: `ha:0 masakari/0 json_groups grp_vips`.
    var source: String
  }

  /// A map of names to texts: `{"res_vip": "ocf:heartbeat:IPaddr2"}`.
  mutating func map(_ key: String) -> [Entry] {
    guard let (key, value) = structure(key) else { return [] }
    guard case .map(let entries) = value.content else {
      report("a map of names to texts is expected", key)
      return []
    }
    return texts(in: entries, key)
  }

  /// A list of names.
  mutating func names(_ key: String) -> [Entry] {
    guard let (key, value) = structure(key) else { return [] }
    guard case .list(let items) = value.content else {
      report("a list of names is expected", key)
      return []
    }
    return items.compactMap { item in
      guard case .scalar(let name) = item.content, let name = checked(name, key) else {
        report("a name is expected in the list", key)
        return nil
      }
      return Entry(name: name, text: name, source: source(key, name))
    }
  }

  /// The names of a map or of a list, as charms send one or the other.
  mutating func keysOrNames(_ key: String) -> [Entry] {
    guard let (found, value) = structure(key) else { return [] }
    switch value.content {
    case .map(let entries): return texts(in: entries, found)
    default: return names(key)
    }
  }

  /// A JSON-encoded text, number or truth value; text that is no JSON is taken as it is. `null` is nothing.
  mutating func text(_ key: String) -> Entry? {
    guard let text = data(key) else { return nil }
    let (value, diagnostics) = JSONReader.read(Array(text.utf8), document: "")
    switch diagnostics.isEmpty ? value?.content : nil {
    case .null?: return nil
    case .scalar(let decoded)?: return checked(decoded, key).map { Entry(name: key, text: $0, source: source(key)) }
    case .map?, .list?:
      report("a text is expected", key)
      return nil
    default: return checked(text, key).map { Entry(name: key, text: $0, source: source(key)) }
    }
  }

  /// A name or an address: a text without blanks, as `hostnames` and the like are lists separated by them.
  mutating func word(_ key: String) -> Entry? {
    guard let entry = text(key), !entry.text.isEmpty else { return nil }
    guard !entry.text.contains(where: { $0.isWhitespace || $0 == "," || $0 == ";" }) else {
      report("a name or an address is expected, without blanks", key)
      return nil
    }
    return entry
  }

  mutating func report(_ message: String, _ key: String, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, message, at: Location(source(key)), hint: hint))
  }

  private func source(_ key: String, _ name: String? = nil) -> String {
    [relation, unit.name, key, name].compactMap(\.self).joined(separator: " ")
  }

  // MARK: Values

  /// What is there and not empty.
  private mutating func data(_ key: String) -> String? {
    guard let text = unit.data[key], !text.isEmpty else { return nil }
    guard text.utf8.count <= Self.longest else {
      report("the value is longer than \(Self.longest >> 10) KiB", key)
      return nil
    }
    return text
  }

  /// The structure under `json_KEY`, or else under `KEY`; with the key that it was under. As JSON, or as the Python literal
  /// that old charms send.
  private mutating func structure(_ key: String) -> (key: String, value: NativeValue)? {
    for key in ["json_" + key, key] {
      let known = diagnostics.count
      guard let text = data(key) else {
        if diagnostics.count > known { return nil }
        continue
      }
      let (value, problems) = JSONReader.read(Array(text.utf8), document: "")
      if problems.isEmpty, let value { return isEmpty(value) ? nil : (key, value) }
      do throws(PythonLiteral.Problem) {
        let value = try PythonLiteral.read(text)
        return isEmpty(value) ? nil : (key, value)
      } catch {
        let asJSON = problems.first.map { problem in
          let position = problem.location.position
          return "line \(position.line), column \(position.column): \(problem.message)"
        }
        let asPython = "byte \(error.offset + 1): \(error.message)"
        report("neither JSON (\(asJSON ?? "empty")) nor a Python literal (\(asPython))", key)
        return nil
      }
    }
    return nil
  }

  private func isEmpty(_ value: NativeValue) -> Bool {
    switch value.content {
    case .null: true
    case .map(let entries): entries.isEmpty
    case .list(let items): items.isEmpty
    case .scalar(let text): text.isEmpty
    default: false
    }
  }

  private mutating func texts(in entries: [NativeValue.Entry], _ key: String) -> [Entry] {
    var result: [Entry] = []
    var known: Set<String> = []
    for entry in entries {
      guard let name = checked(entry.key, key) else { continue }
      guard known.insert(name).inserted else {
        report("'\(name)' stands there twice", key)
        continue
      }
      switch entry.value.content {
      case .scalar(let text):
        guard let text = checked(text, key) else { continue }
        result.append(Entry(name: name, text: text, source: source(key, name)))
      case .null: result.append(Entry(name: name, text: "", source: source(key, name)))
      default: report("'\(name)' is to be a text", key)
      }
    }
    return result
  }

  /// The text, unless XML cannot hold it.
  private mutating func checked(_ text: String, _ key: String) -> String? {
    guard let character = SourceText.forbiddenCharacter(in: text) else { return text }
    report("\(character) is a control character, which XML cannot hold", key)
    return nil
  }
}
