import Desired
import Documents
import XML

/// What a hook of the hacluster charm knows when it is about to configure the cluster.
package struct HookFacts: Equatable, Sendable {
  /// The charm's options (`config-get`), those that are set.
  package var config: [String: String] = [:]
  package var isLeader = false
  /// What the leader has told all units (`leader-get`).
  package var leaderData: [String: String] = [:]
  /// The host name of this unit, which is its node's name in the cluster.
  package var hostname = ""
  /// The name of this unit: `hacluster/0`.
  package var unit = ""
  /// By endpoint (`ha`, `hanode`, `pacemaker-remote`), in Juju's order.
  package var relations: [String: [Relation]] = [:]

  package init() {}

  /// One relation, `ha:0`, with the units on its other side.
  package struct Relation: Equatable, Sendable {
    package var id: String
    package var units: [Unit]

    package init(id: String, units: [Unit]) {
      self.id = id
      self.units = units
    }
  }

  /// The data that one unit has set on a relation.
  package struct Unit: Equatable, Sendable {
    /// `masakari/0`.
    package var name: String
    package var data: [String: String]

    package init(name: String, data: [String: String]) {
      self.name = name
      self.data = data
    }
  }
}

// MARK: - Asking

extension HookFacts {
  func relations(_ endpoint: String) -> [Relation] { relations[endpoint] ?? [] }

  /// An option that is set to more than nothing.
  func option(_ name: String) -> String? { config[name].flatMap { $0.isEmpty ? nil : $0 } }
}

extension String {
  /// Whether the text says yes; Juju's data are text, `True` of Python as well as `true` of JSON.
  var saysYes: Bool { !["", "false", "no", "0", "none", "null"].contains(lowercased()) }
}

// MARK: - From JSON

extension HookFacts {
  /// Reads the facts from the JSON of `--relation-data`:
  ///
  /// ```json
  /// {"config": {"cluster_count": 3}, "leader": true, "leader-data": {}, "hostname": "node1", "unit": "hacluster/0",
  ///  "relations": {"ha": {"ha:0": {"masakari/0": {"json_resources": "{…}"}}}}}
  /// ```
  package static func read(_ bytes: [UInt8], name: String) -> (HookFacts, [Diagnostic]) {
    let (value, diagnostics) = JSONReader.read(bytes, document: name)
    guard let value, diagnostics.isEmpty else { return (HookFacts(), diagnostics) }
    var reading = FactsReading(document: name)
    let facts = reading.facts(value)
    return (facts, reading.diagnostics)
  }
}

/// Values of JSON, with the place of everything that is not what it should be.
private struct FactsReading {
  let document: String
  var diagnostics: [Diagnostic] = []

  init(document: String) { self.document = document }

  mutating func facts(_ value: NativeValue) -> HookFacts {
    var facts = HookFacts()
    for entry in map(value, "the document") {
      switch entry.key {
      case "config": facts.config = texts(entry.value, "'config'")
      case "leader": facts.isLeader = text(entry.value, "'leader'")?.saysYes ?? false
      case "leader-data": facts.leaderData = texts(entry.value, "'leader-data'")
      case "hostname": facts.hostname = text(entry.value, "'hostname'") ?? ""
      case "unit": facts.unit = text(entry.value, "'unit'") ?? ""
      case "relations":
        for endpoint in map(entry.value, "'relations'") {
          facts.relations[endpoint.key] = relations(endpoint)
        }
      default:
        report("unknown key '\(entry.key)'", entry.keyPosition)
      }
    }
    return facts
  }

  private mutating func relations(_ endpoint: NativeValue.Entry) -> [HookFacts.Relation] {
    map(endpoint.value, "'\(endpoint.key)'").map { relation in
      let units = map(relation.value, "'\(relation.key)'").map { unit in
        HookFacts.Unit(name: unit.key, data: texts(unit.value, "\(relation.key) \(unit.key)"))
      }
      return HookFacts.Relation(id: relation.key, units: units)
    }
  }

  private mutating func map(_ value: NativeValue, _ what: String) -> [NativeValue.Entry] {
    switch value.content {
    case .map(let entries): return entries
    case .null: return []
    default:
      report("\(what) is to be an object", value.position)
      return []
    }
  }

  /// Text by key; what is null is not there.
  private mutating func texts(_ value: NativeValue, _ what: String) -> [String: String] {
    var result: [String: String] = [:]
    for entry in map(value, what) { result[entry.key] = text(entry.value, "\(what) \(entry.key)") }
    return result
  }

  private mutating func text(_ value: NativeValue, _ what: String) -> String? {
    switch value.content {
    case .scalar(let text): return text
    case .null: return nil
    // What Juju hands over is always text; written by hand, structure may stand there as it is.
    case .map, .list: return JSONEmitter.text(of: value)
    case .bool, .integer: return nil
    }
  }

  private mutating func report(_ message: String, _ position: SourcePosition) {
    diagnostics.append(Diagnostic(.error, message, at: Location(document, position)))
  }
}
