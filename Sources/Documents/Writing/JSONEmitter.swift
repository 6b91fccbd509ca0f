/// Writes values as JSON (RFC 8259). Texts are strings, whatever they look like; all but control characters, quotes and
/// backslashes stands as it is, in UTF-8.
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
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write("\\\\")
      case 0x08: write("\\b")
      case 0x09: write("\\t")
      case 0x0A: write("\\n")
      case 0x0C: write("\\f")
      case 0x0D: write("\\r")
      case 0x00...0x1F, 0x7F: YAMLText.writeEscape(UInt32(byte), to: &bytes)
      default: bytes.append(byte)
      }
    }
    write("\"")
  }
}
