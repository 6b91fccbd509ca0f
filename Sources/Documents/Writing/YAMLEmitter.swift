/// Writes values as YAML that is pleasant to read and to compare line by line.
///
/// Maps and lists that are small stand on one line, the others in block style, indented by two:
///
///     primitives:
///       vip:
///         agent: ocf:heartbeat:IPaddr2
///         params: {ip: 10.0.0.1, nic: eth0}
///         operations:
///           - {name: monitor, interval: 10s, params: {depth: 0}}
///
/// Whatever some YAML would read as something other than the text it is, is quoted.
package struct YAMLEmitter {
  /// The text of a document, with a final line end.
  package static func text(of value: NativeValue) -> String {
    String(decoding: bytes(of: value), as: UTF8.self)
  }

  package static func bytes(of value: NativeValue) -> [UInt8] {
    var emitter = YAMLEmitter()
    emitter.writeDocument(value)
    return emitter.bytes
  }

  /// No line in flow style is longer.
  private static let width = 120
  /// No map or list in flow style has more than this many levels, itself included.
  private static let flowHeight = 2
  /// A map of options at the top stands on one line if it has no more than this many.
  private static let flowOptions = 2
  /// YAML allows 1024 characters for a key that is not announced by `? `.
  private static let keyLength = 1000

  private var bytes: [UInt8] = []
  /// Where the current line starts.
  private var lineStart = 0

  private init() {}

  private mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    lineStart = bytes.count
  }

  private mutating func indent(_ level: Int) {
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  // MARK: - Block style

  private mutating func writeDocument(_ value: NativeValue) {
    switch value.content {
    case .map(let entries) where !entries.isEmpty: writeBlock(entries, level: 0)
    case .list(let items) where !items.isEmpty: writeBlock(items, level: 0)
    default:
      writeScalar(value, inFlow: false)
      endLine()
    }
  }

  /// - Parameter isStarted: whether the first line has its indentation already (`- key: …`).
  private mutating func writeBlock(_ entries: [NativeValue.Entry], level: Int, isStarted: Bool = false) {
    for (index, entry) in entries.enumerated() {
      if index > 0 || !isStarted { indent(level) }
      if entry.key.utf8.count > Self.keyLength {
        write("? ")
        writeText(entry.key, inFlow: false)
        endLine()
        indent(level)
        write(":")
      } else {
        writeKey(entry.key, inFlow: false)
      }
      writeBlockValue(entry.value, level: level)
    }
  }

  /// What follows a key and its colon, to the end of the line or of the lines below.
  private mutating func writeBlockValue(_ value: NativeValue, level: Int) {
    let start = bytes.count
    write(" ")
    if !mustBeBlock(value, level: level), writeFlow(value, height: Self.flowHeight) { return endLine() }
    bytes.removeSubrange(start...)
    switch value.content {
    case .map(let entries) where !entries.isEmpty:
      endLine()
      writeBlock(entries, level: level + 1)
    case .list(let items) where !items.isEmpty:
      endLine()
      writeBlock(items, level: level + 1)
    default:
      write(" ")
      writeScalar(value, inFlow: false)
      endLine()
    }
  }

  private mutating func writeBlock(_ items: [NativeValue], level: Int, isStarted: Bool = false) {
    for (index, item) in items.enumerated() {
      if index > 0 || !isStarted { indent(level) }
      write("- ")
      let start = bytes.count
      if writeFlow(item, height: Self.flowHeight) {
        endLine()
        continue
      }
      bytes.removeSubrange(start...)
      switch item.content {
      case .map(let entries) where !entries.isEmpty: writeBlock(entries, level: level + 1, isStarted: true)
      case .list(let items) where !items.isEmpty: writeBlock(items, level: level + 1, isStarted: true)
      default:
        writeScalar(item, inFlow: false)
        endLine()
      }
    }
  }

  /// The sections of a document: maps by id have a line for every id, lists of maps one for every item, however small.
  private func mustBeBlock(_ value: NativeValue, level: Int) -> Bool {
    guard level == 0 else { return false }
    switch value.content {
    case .map(let entries): return entries.count > Self.flowOptions || entries.contains { $0.value.isCollection }
    case .list(let items): return items.contains { $0.isCollection }
    default: return false
    }
  }

  // MARK: - Flow style

  /// Writes the value on the current line if it fits; what was written is left for the caller to take back if not.
  private mutating func writeFlow(_ value: NativeValue, height: Int) -> Bool {
    switch value.content {
    case .map(let entries):
      guard height > 0 || entries.isEmpty else { return false }
      write("{")
      for (index, entry) in entries.enumerated() {
        if index > 0 { write(", ") }
        writeKey(entry.key, inFlow: true)
        write(" ")
        guard writeFlow(entry.value, height: height - 1) else { return false }
      }
      write("}")
    case .list(let items):
      guard height > 0 || items.isEmpty else { return false }
      write("[")
      for (index, item) in items.enumerated() {
        if index > 0 { write(", ") }
        guard writeFlow(item, height: height - 1) else { return false }
      }
      write("]")
    default:
      // At the outermost level a scalar is no part of anything: it takes block style's rules, and any length.
      guard height < Self.flowHeight else { return false }
      // What needs quotes here only reads better below: `agent: ocf:heartbeat:Dummy`.
      if case .scalar(let text) = value.content, YAMLText.style(of: text, inFlow: true) != .plain,
        YAMLText.style(of: text, inFlow: false) == .plain
      {
        return false
      }
      writeScalar(value, inFlow: true)
    }
    return fits
  }

  private var fits: Bool {
    let length = bytes.count - lineStart
    guard length > Self.width else { return true }
    // Counted in characters; none takes more than four bytes.
    guard length <= 4 * Self.width else { return false }
    return bytes[lineStart...].count { $0 & 0xC0 != 0x80 } <= Self.width
  }

  // MARK: - Scalars

  private mutating func writeKey(_ key: String, inFlow: Bool) {
    // Colons in keys: allowed, and misread by people.
    writeText(key, inFlow: inFlow || key.utf8.contains(UInt8(ascii: ":")))
    write(":")
  }

  private mutating func writeScalar(_ value: NativeValue, inFlow: Bool) {
    switch value.content {
    case .null: write("null")
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .scalar(let text): writeText(text, inFlow: inFlow)
    case .map: write("{}")
    case .list: write("[]")
    }
  }

  private mutating func writeText(_ text: String, inFlow: Bool) {
    switch YAMLText.style(of: text, inFlow: inFlow) {
    case .plain: bytes.append(contentsOf: text.utf8)
    case .singleQuoted: YAMLText.writeSingleQuoted(text, to: &bytes)
    case .doubleQuoted: YAMLText.writeDoubleQuoted(text, to: &bytes)
    }
  }
}

extension NativeValue {
  /// Whether the value is a map or a list with something in it.
  fileprivate var isCollection: Bool {
    switch content {
    case .map(let entries): !entries.isEmpty
    case .list(let items): !items.isEmpty
    default: false
    }
  }
}
