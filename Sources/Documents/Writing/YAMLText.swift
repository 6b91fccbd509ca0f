/// How a text is written as a YAML scalar so that every YAML, 1.1 or 1.2, reads the same text.
enum YAMLText {
  enum Style {
    case plain, singleQuoted, doubleQuoted
  }

  /// - Parameter inFlow: whether the scalar stands inside `{…}` or `[…]`, where fewer characters may stand bare.
  static func style(of text: String, inFlow: Bool) -> Style {
    var text = text
    return text.withUTF8 { style(of: $0, inFlow: inFlow) }
  }

  private static func style(of text: UnsafeBufferPointer<UInt8>, inFlow: Bool) -> Style {
    guard isPrintable(text) else { return .doubleQuoted }
    return isPlain(text, inFlow: inFlow) ? .plain : .singleQuoted
  }

  // MARK: - Plain or not

  private static func isPlain(_ text: UnsafeBufferPointer<UInt8>, inFlow: Bool) -> Bool {
    guard let first = text.first, let last = text.last, last != UInt8(ascii: " "), last != UInt8(ascii: ":") else {
      return false
    }
    switch first {
    case _ where isLetter(first): if isReserved(text) { return false }
    case _ where isDigit(first): if isOtherThanText(text) { return false }
    case UInt8(ascii: "_"), UInt8(ascii: "/"): break
    case UInt8(ascii: "-"): guard text.count > 1, isLetter(text[1]) else { return false }
    default: return false
    }
    var previous: UInt8 = 0
    for byte in text {
      guard mayBePlain(byte, inFlow: inFlow) else { return false }
      if byte == UInt8(ascii: " ") && previous == UInt8(ascii: ":") { return false }
      previous = byte
    }
    return true
  }

  /// The characters that mean nothing anywhere inside a plain scalar: fewer than YAML allows.
  private static func mayBePlain(_ byte: UInt8, inFlow: Bool) -> Bool {
    switch byte {
    case _ where isLetter(byte) || isDigit(byte): true
    case UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
      UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "~"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "$"), UInt8(ascii: ";"):
      true
    // Readers disagree about colons in flow style: PyYAML before 5.1 takes none.
    case UInt8(ascii: ":"), UInt8(ascii: ","): !inFlow
    default: false
    }
  }

  /// The words that some YAML reads as a boolean or as null, in any case: `true` and `false` themselves mean the same
  /// everywhere.
  private static func isReserved(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count <= 5 else { return false }
    let word = String(decoding: text, as: UTF8.self)
    if word == "true" || word == "false" { return false }
    switch word.lowercased() {
    case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf": return true
    default: return false
    }
  }

  /// Whether a text that begins with a digit is, to some YAML, a number that is not written the way it came, a time or
  /// a date. Whole numbers are plain, and so are words such as `10s`, and addresses, `10.0.0.1`.
  private static func isOtherThanText(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if text.allSatisfy(isDigit) {
      // Beyond 15 digits, whoever reads numbers as floating point would round.
      return text.count > 15 || (text.count > 1 && text[0] == UInt8(ascii: "0"))
    }
    if text.count > 1, text[0] == UInt8(ascii: "0"), "xXoObB".utf8.contains(text[1]) { return true }
    if text.count > 4, text[4] == UInt8(ascii: "-"), text[..<4].allSatisfy(isDigit) { return true }
    let looksNumeric = text.allSatisfy { byte in
      switch byte {
      case _ where isDigit(byte): true
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    return looksNumeric && !isDottedQuad(text)
  }

  private static func isDottedQuad(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  // MARK: - Quotes

  /// Whether the text may stand as it is inside quotes, on one line.
  private static func isPrintable(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return false }
    guard text.contains(where: { $0 >= 0x80 }) else { return true }
    return String(decoding: text, as: UTF8.self).unicodeScalars.allSatisfy(isPrintable)
  }

  /// What a terminal, an editor and every YAML shows as what it is.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA1...0x61B, 0x61D...0x1FFF, 0x2010...0x2027, 0x2030...0x205E, 0x2070...0xD7FF, 0xE000...0xFEFE,
      0xFF00...0xFFFD, 0x1_0000...0x10_FFFF:
      true
    // C1 controls, no-break spaces, marks of direction, line separators, the byte order mark.
    default: false
    }
  }

  static func writeSingleQuoted(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "'"))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "'") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "'"))
  }

  static func writeDoubleQuoted(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes.append(contentsOf: "\\\"".utf8)
      case "\\": bytes.append(contentsOf: "\\\\".utf8)
      case "\n": bytes.append(contentsOf: "\\n".utf8)
      case "\t": bytes.append(contentsOf: "\\t".utf8)
      case "\r": bytes.append(contentsOf: "\\r".utf8)
      case _ where isPrintable(scalar): bytes.append(contentsOf: UTF8.encode(scalar)!)
      default: writeEscape(scalar.value, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// `\uXXXX`; no character that is to be escaped is beyond it.
  static func writeEscape(_ value: UInt32, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(contentsOf: "\\u".utf8)
    for shift: UInt32 in [12, 8, 4, 0] { bytes.append(digits[Int(value >> shift & 15)]) }
  }
}
