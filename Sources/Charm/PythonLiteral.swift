import Documents

/// Reads a Python literal as `repr` prints it: what charms of old put on a relation where they meant JSON.
///
/// Dictionaries, lists, tuples, strings (with the `u` of Python 2), numbers, `True`, `False` and `None`. Nothing is
/// computed: a call or a name is an error, as with Python's `ast.literal_eval`.
enum PythonLiteral {
  struct Problem: Error, Equatable {
    var message: String
    /// In bytes from the beginning.
    var offset: Int
  }

  static func read(_ text: String) throws(Problem) -> NativeValue {
    var parsing = Parsing(text: Array(text.utf8))
    let value = try parsing.value(depth: 1)
    parsing.skipBlanks()
    guard parsing.at == parsing.text.count else { throw parsing.problem("something after the end of the value") }
    return value
  }

  private static let deepest = 100

  private struct Parsing {
    let text: [UInt8]
    var at = 0

    init(text: [UInt8]) { self.text = text }

    mutating func value(depth: Int) throws(Problem) -> NativeValue {
      guard depth <= PythonLiteral.deepest else { throw problem("values are nested too deeply") }
      skipBlanks()
      switch peek {
      case UInt8(ascii: "{"): return try dictionary(depth: depth)
      case UInt8(ascii: "["): return .list(try items(closedBy: UInt8(ascii: "]"), depth: depth))
      case UInt8(ascii: "("): return .list(try items(closedBy: UInt8(ascii: ")"), depth: depth))
      default:
        if let text = try string() { return .text(text) }
        return try word()
      }
    }

    private mutating func dictionary(depth: Int) throws(Problem) -> NativeValue {
      at += 1
      var entries: [NativeValue.Entry] = []
      while !take(UInt8(ascii: "}")) {
        guard let key = try string() else { throw problem("a string is expected as a key") }
        guard take(UInt8(ascii: ":")) else { throw problem("':' is expected") }
        entries.append(NativeValue.Entry(key, try value(depth: depth + 1)))
        guard take(UInt8(ascii: ",")) || peekPastBlanks == UInt8(ascii: "}") else {
          throw problem("',' or '}' is expected")
        }
      }
      return .map(entries)
    }

    private mutating func items(closedBy end: UInt8, depth: Int) throws(Problem) -> [NativeValue] {
      at += 1
      var values: [NativeValue] = []
      while !take(end) {
        values.append(try value(depth: depth + 1))
        guard take(UInt8(ascii: ",")) || peekPastBlanks == end else { throw problem("',' or the end is expected") }
      }
      return values
    }

    /// A number, `True`, `False` or `None`.
    private mutating func word() throws(Problem) -> NativeValue {
      let start = at
      while let byte = peek, isWordByte(byte) { at += 1 }
      let word = String(decoding: text[start..<at], as: UTF8.self)
      switch word {
      case "None": return .null
      case "True": return .text("true")
      case "False": return .text("false")
      default:
        guard Double(word) != nil else {
          at = start
          throw problem("a literal is expected")
        }
        return .text(word)
      }
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }

    // MARK: Strings

    /// The string that begins here, strings next to each other being one; nil where none begins.
    private mutating func string() throws(Problem) -> String? {
      var result: [UInt8]?
      while true {
        skipBlanks()
        let start = at
        if let prefix = peek, [UInt8(ascii: "u"), UInt8(ascii: "U")].contains(prefix) { at += 1 }
        guard let quote = peek, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(quote) else {
          at = start
          return result.map { String(decoding: $0, as: UTF8.self) }
        }
        result = (result ?? []) + (try quoted(by: quote))
      }
    }

    private mutating func quoted(by quote: UInt8) throws(Problem) -> [UInt8] {
      let start = at
      at += 1
      var content: [UInt8] = []
      while let byte = peek {
        at += 1
        if byte == quote { return content }
        if byte == UInt8(ascii: "\\") { content += try escaped() } else { content.append(byte) }
      }
      at = start
      throw problem("the string is not closed")
    }

    private mutating func escaped() throws(Problem) -> [UInt8] {
      guard let byte = peek else { return [] }
      at += 1
      switch byte {
      case UInt8(ascii: "\n"): return []
      case UInt8(ascii: "n"): return [0x0A]
      case UInt8(ascii: "t"): return [0x09]
      case UInt8(ascii: "r"): return [0x0D]
      case UInt8(ascii: "x"): return try scalar(digits: 2)
      case UInt8(ascii: "u"): return try scalar(digits: 4)
      case UInt8(ascii: "U"): return try scalar(digits: 8)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return [byte]
      // As Python has it: what is no escape stands for itself, the backslash included.
      default: return [UInt8(ascii: "\\"), byte]
      }
    }

    private mutating func scalar(digits: Int) throws(Problem) -> [UInt8] {
      let end = at + digits
      guard end <= text.count,
        let number = UInt32(String(decoding: text[at..<end], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(number)
      else { throw problem("an escape that is no character") }
      at = end
      return Array(String(Character(scalar)).utf8)
    }

    // MARK: Bytes

    private var peek: UInt8? { at < text.count ? text[at] : nil }

    private var peekPastBlanks: UInt8? {
      var next = at
      while next < text.count, Self.isBlank(text[next]) { next += 1 }
      return next < text.count ? text[next] : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    mutating func skipBlanks() {
      while let byte = peek, Self.isBlank(byte) { at += 1 }
    }

    /// Takes the byte if it is next, blanks left aside.
    private mutating func take(_ byte: UInt8) -> Bool {
      skipBlanks()
      guard peek == byte else { return false }
      at += 1
      return true
    }

    func problem(_ message: String) -> Problem { Problem(message: message, offset: at) }
  }
}
