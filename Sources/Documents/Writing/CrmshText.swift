import XML

/// Words and lines as crmsh takes them apart: lines are joined where one ends with a backslash, then split by Python's
/// `shlex`, which quotes as a POSIX shell does and expands nothing.
enum CrmshText {
  /// Whether words can hold the text. Line ends, quoted or not, end a statement for crmsh, and what is not ASCII becomes
  /// `&#228;`, which is read back as just that; XML holds both.
  static func canHold(_ text: String) -> Bool {
    text.utf8.allSatisfy { 0x20...0x7E ~= $0 || $0 == UInt8(ascii: "\t") }
  }

  // MARK: - Words

  /// A word, quoted where it has to be.
  static func word(_ text: String) -> String {
    let needsQuotes = text.utf8.contains { byte in
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): true
      default: false
      }
    }
    return needsQuotes || text.isEmpty ? quoted(text) : text
  }

  /// A value: `crm configure show` quotes all that are not plain.
  static func value(_ text: String) -> String { isPlain(text) ? text : quoted(text) }

  /// `name=value`.
  static func pair(_ name: String, _ value: String) -> String {
    word(name) == name ? "\(name)=\(self.value(value))" : quoted("\(name)=\(value)")
  }

  /// Whether the text is letters, digits, dots, dashes and underscores alone.
  static func isPlain(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// In double quotes, where a backslash takes the meaning from a quote or a backslash and stands for itself before
  /// anything else.
  private static func quoted(_ text: String) -> String {
    let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
    let bytes = Array(text.utf8)
    var result = [quote]
    for (index, byte) in bytes.enumerated() {
      if byte == quote {
        result.append(backslash)
      } else if byte == backslash {
        let next = index + 1 < bytes.count ? bytes[index + 1] : quote
        if next == quote || next == backslash { result.append(backslash) }
      }
      result.append(byte)
    }
    result.append(quote)
    return String(decoding: result, as: UTF8.self)
  }

  // MARK: - Statements

  /// A statement, each of its parts on a line of its own.
  static func statement(_ parts: [String]) -> String { parts.joined(separator: " \\\n\t") + "\n" }

  /// `xml <…>`, an element a line.
  static func xml(_ element: Element) -> String {
    var lines: [String] = []
    addLines(of: element, level: 0, to: &lines)
    return "xml " + lines.joined(separator: " \\\n") + "\n"
  }

  private static func addLines(of element: Element, level: Int, to lines: inout [String]) {
    let indentation = String(repeating: "  ", count: level)
    var start = "\(indentation)<\(element.name)"
    for attribute in element.attributes { start += " \(attribute.name)=\"\(escaped(attribute.value))\"" }
    guard !element.children.isEmpty else { return lines.append(start + "/>") }
    lines.append(start + ">")
    for child in element.children {
      switch child {
      case .element(let child): addLines(of: child, level: level + 1, to: &lines)
      case .text(let text): lines.append(escaped(text))
      // They stand in front of the statement.
      case .comment: break
      }
    }
    lines.append("\(indentation)</\(element.name)>")
  }

  /// Escaped, with references for blanks that follow others, begin or end the text: crmsh makes one blank of several.
  private static func escaped(_ text: String) -> String {
    var writer = XMLWriter()
    writer.escape(text)
    var result = ""
    var isAfterBlank = true
    for scalar in String(decoding: writer.bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case " " where isAfterBlank: result += "&#32;"
      // Control characters are for XML only.
      case "\u{7F}"..."\u{9F}": result += "&#\(scalar.value);"
      default: result.unicodeScalars.append(scalar)
      }
      isAfterBlank = scalar == " "
    }
    // At the end it would be trimmed.
    return result.hasSuffix(" ") ? "\(result.dropLast())&#32;" : result
  }

  /// A comment in front of a statement; without what would continue its lines.
  static func comment(_ text: String) -> String {
    var result = ""
    for line in text.split(whereSeparator: \.isNewline) {
      var line = String(line.trimmingBlanks)
      while line.hasSuffix("\\") { line = String(line.dropLast().trimmingBlanks) }
      if line.isEmpty { continue }
      result += line.hasPrefix("#") ? "\(line)\n" : "# \(line)\n"
    }
    return result
  }
}

extension StringProtocol {
  fileprivate var trimmingBlanks: SubSequence {
    var result = self[...]
    while let first = result.first, first == " " || first == "\t" { result = result.dropFirst() }
    while let last = result.last, last == " " || last == "\t" { result = result.dropLast() }
    return result
  }
}
