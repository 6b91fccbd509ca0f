/// The attributes that a form of native documents takes over under the schema's names, in the order in which they are
/// written, and the values that a reader takes for them. What is in no table goes the way of XML.
struct AttributeTable {
  enum ValueType {
    case text, score, integer, boolean
    case word([String])

    func accepts(_ value: String) -> Bool {
      switch self {
      case .text: true
      case .score: ["INFINITY", "+INFINITY", "-INFINITY"].contains(value) || Self.isInteger(value)
      case .integer: Self.isInteger(value)
      case .boolean: ["true", "false", "1", "0"].contains(value)
      case .word(let words): words.contains(value)
      }
    }

    private static func isInteger(_ text: String) -> Bool {
      let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.utf8.dropFirst() : text.utf8[...]
      return !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    static let role = Self.word(["Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"])
    static let action = Self.word(["start", "promote", "demote", "stop"])
    static let orderKind = Self.word(["Optional", "Mandatory", "Serialize"])
  }

  let attributes: [(name: String, type: ValueType)]

  init(_ attributes: [(String, ValueType)]) {
    self.attributes = attributes.map { (name: $0.0, type: $0.1) }
  }

  subscript(name: String) -> ValueType? {
    for attribute in attributes where attribute.name == name { return attribute.type }
    return nil
  }
}

extension AttributeTable {
  static let none = AttributeTable([])
  static let described = AttributeTable([("description", .text)])

  static let container = AttributeTable([
    ("image", .text), ("replicas", .integer), ("replicas-per-host", .integer), ("promoted-max", .integer),
    ("masters", .integer), ("run-command", .text), ("network", .text), ("options", .text),
  ])
  static let network = AttributeTable([
    ("ip-range-start", .text), ("control-port", .integer), ("host-interface", .text), ("host-netmask", .integer),
    ("add-host", .boolean),
  ])
  static let portMapping = AttributeTable([("port", .integer), ("internal-port", .integer), ("range", .text)])
  static let storageMapping = AttributeTable([
    ("source-dir", .text), ("source-dir-root", .text), ("target-dir", .text), ("options", .text),
  ])
  static let operation = AttributeTable([
    ("name", .text), ("interval", .text), ("timeout", .text), ("description", .text), ("start-delay", .text),
    ("interval-origin", .text), ("enabled", .boolean), ("record-pending", .boolean), ("role", .role),
    ("requires", .word(["nothing", "quorum", "fencing", "unfencing"])),
    ("on-fail", .word(["ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"])),
  ])

  static let attributeSet = AttributeTable([("score", .score)])
  static let rule = AttributeTable([("score", .score), ("score-attribute", .text), ("role", .text)])
  static let comparison = AttributeTable([
    ("type", .word(["string", "integer", "number", "version"])),
    ("value-source", .word(["literal", "param", "meta"])),
  ])
  static let dateExpression = AttributeTable([("start", .text), ("end", .text)])
  static let dateParts = AttributeTable(
    [
      "years", "months", "weeks", "days", "hours", "minutes", "seconds", "monthdays", "weekdays", "yeardays",
      "yearsdays", "weekyears", "moon",
    ].map { ($0, .text) })
  static let resourceExpression = AttributeTable([("class", .text), ("provider", .text), ("type", .text)])
  static let operationExpression = AttributeTable([("name", .text), ("interval", .text)])

  static let location = AttributeTable([
    ("rsc", .text), ("rsc-pattern", .text), ("node", .text), ("score", .score), ("role", .role),
    ("resource-discovery", .word(["always", "never", "exclusive"])),
  ])
  static let colocation = AttributeTable([
    ("rsc", .text), ("with-rsc", .text), ("score", .score), ("rsc-role", .role), ("with-rsc-role", .role),
    ("node-attribute", .text), ("influence", .text), ("rsc-instance", .integer), ("with-rsc-instance", .integer),
    ("score-attribute", .text), ("score-attribute-mangle", .text),
  ])
  static let order = AttributeTable([
    ("first", .text), ("first-action", .action), ("then", .text), ("then-action", .action), ("kind", .orderKind),
    ("score", .score), ("symmetrical", .boolean), ("require-all", .boolean), ("first-instance", .integer),
    ("then-instance", .integer),
  ])
  static let ticket = AttributeTable([
    ("ticket", .text), ("rsc", .text), ("rsc-role", .role),
    ("loss-policy", .word(["stop", "demote", "fence", "freeze"])),
  ])
  static let resourceSet = AttributeTable([
    ("sequential", .boolean), ("require-all", .boolean), ("ordering", .word(["group", "listed"])),
    ("action", .action), ("role", .role), ("score", .score), ("kind", .orderKind),
  ])

  static let fencingLevel = AttributeTable([
    ("target", .text), ("target-pattern", .text), ("target-attribute", .text), ("target-value", .text),
  ])
  static let aclPermission = AttributeTable([
    ("kind", .word(["read", "write", "deny"])), ("xpath", .text), ("reference", .text), ("object-type", .text),
    ("attribute", .text), ("description", .text),
  ])
  static let aclTarget = AttributeTable([("name", .text)])
  static let alert = AttributeTable([("path", .text), ("description", .text)])
  static let recipient = AttributeTable([("value", .text), ("description", .text)])
  static let alertAttribute = AttributeTable([("name", .text)])
  static let node = AttributeTable([
    ("type", .word(["member", "remote", "ping", "normal"])), ("description", .text), ("score", .score),
  ])
}
