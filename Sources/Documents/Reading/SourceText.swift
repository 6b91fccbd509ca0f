import XML

/// What native documents need of text before any format is looked at: UTF-8, and only characters XML can hold.
package enum SourceText {
  /// What is wrong with the text, the first place of it; nil if nothing is.
  static func problem(in bytes: UnsafeBufferPointer<UInt8>) -> (message: String, position: SourcePosition)? {
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x09 || byte == 0x0D {
        at += 1
      } else if byte < 0x20 {
        return ("\(name(ofControl: byte)) is a control character, which XML cannot hold", position(of: at, in: bytes))
      } else if let control = otherControl(at: at, in: bytes) {
        // XML holds them, but nobody sees them in a text, and terminals act on them.
        return ("\(name(ofControl: control)) is a control character", position(of: at, in: bytes))
      } else {
        let length = lengthOfSequence(at: at, in: bytes)
        guard length > 0 else { return ("the text is not UTF-8", position(of: at, in: bytes)) }
        if isNoncharacter(at: at, in: bytes) {
          return ("U+FFFE and U+FFFF are no characters, XML cannot hold them", position(of: at, in: bytes))
        }
        at += length
      }
    }
    return nil
  }

  /// Whether XML cannot hold a scalar: escapes of YAML and JSON can make any character.
  package static func forbiddenCharacter(in text: String) -> String? {
    // Nothing but bytes below 0x20 and the two noncharacters is of interest; text is otherwise valid.
    for scalar in text.unicodeScalars where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D: continue
      case 0xFFFE: return "U+FFFE"
      case 0xFFFF: return "U+FFFF"
      default: return name(ofControl: UInt8(scalar.value))
      }
    }
    return nil
  }

  /// The length of the byte order mark that some editors put in front.
  static func lengthOfByteOrderMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
  }

  /// Line and column (in characters) of a byte; for error messages, as it counts from the beginning.
  static func position(of offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> SourcePosition {
    var line = 1
    var column = 1
    for index in 0..<min(offset, bytes.count) {
      if bytes[index] == 0x0A {
        line += 1
        column = 1
      } else if bytes[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    return SourcePosition(line: line, column: column)
  }

  private static func name(ofControl byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// U+007F to U+009F.
  private static func otherControl(at: Int, in bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
    if bytes[at] == 0x7F { return 0x7F }
    guard bytes[at] == 0xC2, at + 1 < bytes.count, 0x80...0x9F ~= bytes[at + 1] else { return nil }
    return bytes[at + 1]
  }

  private static func isNoncharacter(at: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes[at] == 0xEF && bytes[at + 1] == 0xBF && bytes[at + 2] >= 0xBE
  }

  /// The length of the well-formed UTF-8 sequence of more than one byte that starts here; 0 if there is none.
  private static func lengthOfSequence(at: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    // Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[at] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard at + length <= bytes.count, second.contains(bytes[at + 1]) else { return 0 }
    for index in 2..<max(length, 2) where bytes[at + index] & 0xC0 != 0x80 { return 0 }
    return length
  }
}

/// Swift's characters would not do for these: what follows a separator may be a combining mark, which makes one character
/// of both.
extension String {
  /// What is before and after the first separator.
  func cut(at separator: Unicode.Scalar) -> (String, String)? {
    guard let place = unicodeScalars.firstIndex(of: separator) else { return nil }
    return (String(unicodeScalars[..<place]), String(unicodeScalars[place...].dropFirst()))
  }

  func pieces(between separator: Unicode.Scalar) -> [String] {
    unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
