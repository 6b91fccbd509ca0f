import XML

/// The values that Pacemaker parses, in a form in which equal ones are equal.
package enum Values {
  /// A duration in milliseconds, by the rules of Pacemaker's `crm_get_msec` and, for those that begin with `P`, of
  /// ISO 8601 as `crm_parse_interval_spec` takes it. Without a unit it is seconds. nil for what is none of these.
  package static func milliseconds(_ text: String) -> Int? {
    if text.utf8.first == UInt8(ascii: "P") { return isoMilliseconds(text) }
    // Blanks in front and before the unit are passed over (tried on 2.1.5).
    let rest = text.utf8.drop(while: isBlank)
    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard !digits.isEmpty, let number = Int(String(text[digits.startIndex..<digits.endIndex])) else { return nil }
    let unit = text.utf8[digits.endIndex...].drop(while: isBlank)
    let factor: Int
    switch text[unit.startIndex...].lowercased() {
    case "", "s", "sec": factor = 1000
    case "ms", "msec": factor = 1
    case "us", "usec": return number / 1000
    case "m", "min": factor = 60_000
    case "h", "hr": factor = 3_600_000
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  /// As C's `isspace`.
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  /// `PnW`, `PnDTnHnMnS`; years and months have no fixed length and are left alone.
  private static func isoMilliseconds(_ text: String) -> Int? {
    var seconds = 0
    var number: Int?
    var inTime = false
    for character in text.dropFirst() {
      switch character {
      case "T" where !inTime && number == nil: inTime = true
      case "0"..."9":
        let (shifted, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
        guard !overflow, shifted < Int(Int32.max), let digit = character.wholeNumberValue else { return nil }
        number = shifted + digit
      default:
        // Any number of them may follow each other.
        guard let count = number, seconds < 1 << 50 else { return nil }
        switch (character, inTime) {
        case ("W", false): seconds += count * 604_800
        case ("D", false): seconds += count * 86_400
        case ("H", true): seconds += count * 3600
        case ("M", true): seconds += count * 60
        case ("S", true): seconds += count
        default: return nil
        }
        number = nil
      }
    }
    return number == nil && text.utf8.count > 2 ? seconds * 1000 : nil
  }

  /// A boolean by the rules of Pacemaker's `crm_str_to_boolean`.
  package static func boolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "on", "yes", "y", "1": true
    case "false", "off", "no", "n", "0": false
    default: nil
    }
  }

  package static let infinity = 1_000_000

  /// A score by the rules of Pacemaker's `char2score`: beyond a million is infinite.
  package static func score(_ text: String) -> Int? {
    switch text {
    case "INFINITY", "+INFINITY": return infinity
    case "-INFINITY": return -infinity
    default:
      // `strtoll`, which passes over blanks in front, and cuts off what is too large.
      let text = text[text.utf8.drop(while: isBlank).startIndex...]
      if let number = Int(text) { return min(max(number, -infinity), infinity) }
      let digits = text.drop { "+-".contains($0) }.utf8
      guard text.utf8.count - digits.count < 2, digits.count > 18, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else {
        return nil
      }
      return text.hasPrefix("-") ? -infinity : infinity
    }
  }

  /// A role by the name that Pacemaker has used since 2.1.
  package static func role(_ text: String) -> String {
    switch text {
    case "Master": "Promoted"
    case "Slave": "Unpromoted"
    default: text
    }
  }
}

/// How Pacemaker reads a value; decides when two spellings are the same.
package enum ValueType: Sendable {
  case duration, boolean, score, role
  /// As it is, byte for byte.
  case text

  /// The value in a form in which equal ones are equal. What does not parse stays as it is.
  package func normalized(_ value: String) -> String {
    switch self {
    case .duration: Values.milliseconds(value).map(String.init) ?? value
    case .boolean: Values.boolean(value).map { $0 ? "true" : "false" } ?? value
    case .score: Values.score(value).map(String.init) ?? value
    case .role: Values.role(value)
    case .text: value
    }
  }

  package func areSame(_ left: String, _ right: String) -> Bool {
    left.isIdentical(to: right) || (self != .text && normalized(left).isIdentical(to: normalized(right)))
  }
}
