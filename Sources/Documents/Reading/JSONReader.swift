import Desired
import XML

/// Reads JSON (RFC 8259) into values. Numbers, `true` and `false` are their source text.
///
/// A parser of our own, as no library gives all of what is needed here: the place of every value, duplicate keys,
/// and numbers digit by digit as they were written.
package enum JSONReader {
  /// Reads one JSON text.
  ///
  /// - Returns: the value, nil if the text is no JSON; and what is wrong.
  package static func read(_ bytes: [UInt8], document: String) -> (NativeValue?, [Diagnostic]) {
    bytes.withUnsafeBufferPointer { bytes in
      if let problem = SourceText.problem(in: bytes) {
        return (nil, [Diagnostic(.error, problem.message, at: Location(document, problem.position))])
      }
      let text = UnsafeBufferPointer(rebasing: bytes[SourceText.lengthOfByteOrderMark(bytes)...])
      var parsing = JSONParsing(text: text, document: document)
      let value = parsing.read()
      return (value, parsing.diagnostics)
    }
  }
}

private struct JSONParsing {
  /// Thrown when reading cannot go on; what is wrong is in `diagnostics` by then.
  struct Stop: Error {}

  let text: UnsafeBufferPointer<UInt8>
  let document: String
  var diagnostics: [Diagnostic] = []
  var at = 0
  var line = 1
  var lineStart = 0
  /// Bytes since the start of the line that begin no character, so that columns need no look back: a minified
  /// document is one line.
  var continuationBytes = 0

  init(text: UnsafeBufferPointer<UInt8>, document: String) {
    self.text = text
    self.document = document
  }

  mutating func read() -> NativeValue? {
    do throws(Stop) {
      skipBlanks()
      let value = try value(depth: 1)
      skipBlanks()
      guard at == text.count else { throw stop("there is something after the end of the JSON value") }
      return value
    } catch {
      return nil
    }
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Stop) -> NativeValue {
    guard depth <= Limits.nesting else { throw stop("values are nested more than \(Limits.nesting) levels deep") }
    let start = position
    guard let first = peek else { throw stop("not valid JSON: the text ends where a value is expected") }
    switch first {
    case UInt8(ascii: "{"):
      return NativeValue(.map(try object(depth: depth)), position: start)
    case UInt8(ascii: "["):
      return NativeValue(.list(try array(depth: depth)), position: start)
    case UInt8(ascii: "\""):
      return NativeValue(.scalar(try string()), position: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return NativeValue(.scalar(try number()), position: start)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      return NativeValue(try word(), position: start)
    default:
      throw stop("not valid JSON: a value is expected here")
    }
  }

  private mutating func object(depth: Int) throws(Stop) -> [NativeValue.Entry] {
    var entries: [NativeValue.Entry] = []
    var keys = KeyCheck()
    at += 1
    skipBlanks()
    if skip(UInt8(ascii: "}")) { return entries }
    while true {
      let keyPosition = position
      guard peek == UInt8(ascii: "\"") else { throw stop("not valid JSON: a key in double quotes is expected here") }
      let key = try string()
      skipBlanks()
      guard skip(UInt8(ascii: ":")) else { throw stop("not valid JSON: ':' is expected after a key") }
      skipBlanks()
      let value = try value(depth: depth + 1)
      if let first = keys.firstPlace(of: key, at: keyPosition, among: entries) {
        diagnostics.append(KeyCheck.error(key, first: first, at: Location(document, keyPosition)))
        // At the top both are kept: what is wrong with the second half is to be said as well.
        if depth == 1 { entries.append(NativeValue.Entry(key, value, keyPosition: keyPosition)) }
      } else {
        entries.append(NativeValue.Entry(key, value, keyPosition: keyPosition))
      }
      skipBlanks()
      if skip(UInt8(ascii: "}")) { return entries }
      guard skip(UInt8(ascii: ",")) else { throw stop("not valid JSON: ',' or '}' is expected here") }
      skipBlanks()
    }
  }

  private mutating func array(depth: Int) throws(Stop) -> [NativeValue] {
    var items: [NativeValue] = []
    at += 1
    skipBlanks()
    if skip(UInt8(ascii: "]")) { return items }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if skip(UInt8(ascii: "]")) { return items }
      guard skip(UInt8(ascii: ",")) else { throw stop("not valid JSON: ',' or ']' is expected here") }
      skipBlanks()
    }
  }

  private mutating func word() throws(Stop) -> NativeValue.Content {
    let start = at
    while let byte = peek, isLetterOrDigit(byte) { at += 1 }
    switch String(decoding: text[start..<at], as: UTF8.self) {
    case "true": return .scalar("true")
    case "false": return .scalar("false")
    case "null": return .null
    default:
      at = start
      throw stop("not valid JSON: text must stand in double quotes")
    }
  }

  private mutating func number() throws(Stop) -> String {
    let start = at
    _ = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")) { try digits() }
    if skip(UInt8(ascii: ".")) { try digits() }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try digits()
    }
    if let next = peek, isLetterOrDigit(next) {
      throw stop("not valid JSON: this is no number; text must stand in double quotes")
    }
    return String(decoding: text[start..<at], as: UTF8.self)
  }

  private mutating func digits() throws(Stop) {
    let start = at
    while let byte = peek, byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") { at += 1 }
    if at == start { throw stop("not valid JSON: a digit is expected here") }
  }

  // MARK: Strings

  private mutating func string() throws(Stop) -> String {
    let start = position
    at += 1
    let contentStart = at
    // Most strings have no escape and are taken as they stand.
    while let byte = peek, byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte >= 0x20 {
      skipStringByte(byte)
    }
    if peek == UInt8(ascii: "\"") {
      at += 1
      return String(decoding: text[contentStart..<at - 1], as: UTF8.self)
    }
    var bytes = Array(text[contentStart..<at])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        let string = String(decoding: bytes, as: UTF8.self)
        if let character = SourceText.forbiddenCharacter(in: string) {
          let message = "the value has the character \(character), which XML cannot hold"
          diagnostics.append(Diagnostic(.error, message, at: Location(document, start)))
        }
        return string
      case UInt8(ascii: "\\"):
        try escape(into: &bytes)
      case 0..<0x20:
        throw stop("not valid JSON: a string cannot hold \(byte == 0x0A ? "a line end" : "a control character")")
      default:
        bytes.append(byte)
        skipStringByte(byte)
      }
    }
    throw stop("not valid JSON: the string that starts at line \(start.line), column \(start.column) does not end")
  }

  private mutating func skipStringByte(_ byte: UInt8) {
    if byte & 0xC0 == 0x80 { continuationBytes += 1 }
    at += 1
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(Stop) {
    let start = at
    at += 1
    let escaped = peek
    at += 1
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escaped!)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      guard let scalar = unicodeScalar() else {
        at = start
        throw stop("not valid JSON: '\\u' needs four hexadecimal digits, and a pair of them beyond U+FFFF")
      }
      bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      at = start
      throw stop("not valid JSON: this escape is not known")
    }
  }

  /// The character after `\u`: one unit, or a surrogate pair.
  private mutating func unicodeScalar() -> Unicode.Scalar? {
    guard let unit = hexadecimal() else { return nil }
    guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) }
    guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let low = hexadecimal(), low & 0xFC00 == 0xDC00 else {
      return nil
    }
    return Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF)
  }

  private mutating func hexadecimal() -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 + UInt32(digit)
      at += 1
    }
    return value
  }

  // MARK: Bytes

  private var peek: UInt8? { at < text.count ? text[at] : nil }

  private var position: SourcePosition {
    SourcePosition(line: line, column: at - lineStart - continuationBytes + 1)
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek {
      switch byte {
      case 0x20, 0x09, 0x0D:
        at += 1
      case 0x0A:
        at += 1
        line += 1
        lineStart = at
        continuationBytes = 0
      default:
        return
      }
    }
  }

  private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private mutating func stop(_ message: String) -> Stop {
    diagnostics.append(Diagnostic(.error, message, at: Location(document, position)))
    return Stop()
  }
}
