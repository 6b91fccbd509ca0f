/// A MAAS API key, `consumer:token:secret`. It has no description: nothing that prints it by accident can show it.
public struct APIKey: Sendable, CustomStringConvertible, CustomReflectable {
  let consumerKey: String
  let tokenKey: String
  let tokenSecret: String

  public var description: String { "(secret)" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Reads a key as users write it: with blanks, line ends or quotes around it.
  ///
  /// - Throws: `MAASError` of kind `configuration`, which says what is wrong with the key and nothing of its content.
  public init(_ text: String) throws(MAASError) {
    var text = text[...].trimmed
    for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
      text = text.dropFirst().dropLast().trimmed
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
      throw MAASError(
        .configuration, "the API key is not of the form CONSUMER:TOKEN:SECRET",
        hint: "MAAS shows it under the user's preferences, and 'maas apikey --username USER' prints it")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw MAASError(.configuration, "the API key has blanks, control characters or letters beyond ASCII in it")
    }
    consumerKey = String(parts[0])
    tokenKey = String(parts[1])
    tokenSecret = String(parts[2])
  }

  /// The text without the parts of the key: MAAS quotes them in some of its answers, also as they stood in the header.
  func masking(_ text: String) -> String {
    let parts = [tokenSecret, tokenKey, consumerKey]
    // The longest first: one part may contain another.
    let secrets = (parts + parts.map(percentEncoded)).sorted { $0.utf8.count > $1.utf8.count }
    // By bytes: in a String, a letter and the accent that follows it are one Character, which is in no key.
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let first = rest.first {
      let secret = secrets.first { rest.starts(with: $0.utf8) }
      result += secret == nil ? [first] : Array("(secret)".utf8)
      rest = rest.dropFirst(secret?.utf8.count ?? 1)
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// As RFC 5849 has it for OAuth.
private func percentEncoded(_ text: String) -> String {
  text.unicodeScalars.map { scalar in
    switch scalar {
    case "A"..."Z", "a"..."z", "0"..."9", "-", ".", "_", "~": String(scalar)
    default: scalar.utf8.map { ($0 < 0x10 ? "%0" : "%") + String($0, radix: 16, uppercase: true) }.joined()
    }
  }.joined()
}

extension Substring {
  /// Without blanks and line ends around it.
  var trimmed: Substring {
    var result = self
    while let first = result.unicodeScalars.first, first.properties.isWhitespace { result.unicodeScalars.removeFirst() }
    while let last = result.unicodeScalars.last, last.properties.isWhitespace { result.unicodeScalars.removeLast() }
    return result
  }
}
