/// Writes values as JSON (RFC 8259). Texts are strings, whatever they look like; all but quotes, backslashes, control
/// characters and marks of direction stands as it is, in UTF-8.
package struct JSONEmitter {
  /// - Parameter isCompact: on one line without blanks, instead of indented by two.
  package static func text(of value: NativeValue, isCompact: Bool = false) -> String {
    String(decoding: bytes(of: value, isCompact: isCompact), as: UTF8.self)
  }

  /// The text; with a final line end unless it is compact.
  package static func bytes(of value: NativeValue, isCompact: Bool = false) -> [UInt8] {
    var emitter = JSONEmitter(isCompact: isCompact)
    emitter.write(value, level: 0)
    if !isCompact { emitter.write("\n") }
    return emitter.bytes
  }

  private var bytes: [UInt8] = []
  private let isCompact: Bool

  private init(isCompact: Bool) { self.isCompact = isCompact }

  private mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func write(_ value: NativeValue, level: Int) {
    switch value.content {
    case .null: write("null")
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .scalar(let text): writeString(text)
    case .list(let items):
      guard !items.isEmpty else { return write("[]") }
      write("[")
      for (index, item) in items.enumerated() {
        if index > 0 { write(",") }
        startLine(level + 1)
        write(item, level: level + 1)
      }
      startLine(level)
      write("]")
    case .map(let entries):
      guard !entries.isEmpty else { return write("{}") }
      write("{")
      for (index, entry) in entries.enumerated() {
        if index > 0 { write(",") }
        startLine(level + 1)
        writeString(entry.key)
        write(isCompact ? ":" : ": ")
        write(entry.value, level: level + 1)
      }
      startLine(level)
      write("}")
    }
  }

  private mutating func startLine(_ level: Int) {
    guard !isCompact else { return }
    write("\n")
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  private mutating func writeString(_ text: String) {
    write("\"")
    defer { write("\"") }
    // Nearly everything is plain.
    if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      return bytes.append(contentsOf: text.utf8)
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": write("\\\"")
      case "\\": write("\\\\")
      case "\u{08}": write("\\b")
      case "\t": write("\\t")
      case "\n": write("\\n")
      case "\u{0C}": write("\\f")
      case "\r": write("\\r")
      case _ where YAMLText.isPrintable(scalar): bytes.append(contentsOf: UTF8.encode(scalar)!)
      default: YAMLText.writeEscape(scalar.value, to: &bytes)
      }
    }
  }
}
