import FoundationEssentials

/// What the structures are changed with: the dictionary that libFuzzer has as well, whose entries say by their names what
/// they are, `element="primitive"`.
enum Words {
  static let flags =
    ["", "a", "p", "e", "r", "u", "f", "au", "aeu", "pu", "aeuf"] + ["302", "401", "403", "404", "409", "500", "503"]
  static let elements = words("element")
  static let attributes = words("attribute")
  static let keys = words("key")
  static let values = words("value") + special

  /// What is at the edge of something.
  private static let special = [
    "", " ", "0", "-1", "1", "007", "+5", "2147483648", "-9223372036854775809", "18446744073709551616", "1e3",
    "0x10", "nan", "INFINITY", "-INFINITY", "+INFINITY", "infinity", "true", "yes", "ON", "False", "PT1M", "P1D",
    "1ms", "10min", "99999999999h", "a b", "a\tb", "a\nb", " a", "é", "e\u{301}", "\u{FEFF}", "\u{85}", "\u{2028}",
    "\u{1F600}", "'", "\"", "#", "- a", "a: b", "crmsync:keep-secret", "crmsync-record", "cib-bootstrap-options",
    "lrm://", "http://u:p@h/", "<a/>", "--", "$x", "@y", "\\",
  ]

  private static func words(_ kind: String) -> [String] {
    let path = ProcessInfo.processInfo.environment["FUZZ_DICTIONARY"] ?? ""
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let words = text.split(separator: "\n").compactMap { line in
      line.hasPrefix("\(kind)=\"") ? String(line.dropFirst(kind.count + 2).dropLast()) : nil
    }
    return words.isEmpty ? ["a"] : words
  }
}
