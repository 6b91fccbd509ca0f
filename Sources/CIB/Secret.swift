/// Which values must not be seen.
package enum Secret {
  /// What is shown in place of a secret value.
  package static let mask = "(secret)"

  /// The value that stands for "what the cluster has" where a document or an export leaves a secret out.
  package static let keep = "crmsync:keep-secret"

  /// Pacemaker's mark (since 1.1) for a parameter whose value `cibsecret` keeps outside of the CIB.
  package static let outsideOfCIB = "lrm://"

  /// Whether a parameter of this name holds a secret, whatever its value.
  package static func isSecret(parameter name: String) -> Bool {
    // Bytes, not characters: a large configuration has tens of thousands of names.
    let name = name.utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }
    return secretNames.contains { $0.elementsEqual(name) } || secretParts.contains { occurs($0, in: name) }
  }

  private static let secretNames = ["passwd", "apikey", "api_key", "community"].map { Array($0.utf8) }
  private static let secretParts = ["passw", "secret", "token", "credential"].map { Array($0.utf8) }

  private static func occurs(_ part: [UInt8], in name: [UInt8]) -> Bool {
    guard name.count >= part.count else { return false }
    return (0...name.count - part.count).contains { name[$0] == part[0] && name[$0...].starts(with: part) }
  }

  /// Whether the value has a URL with a user part in it, which is secret wherever it stands.
  package static func isURLWithUser(_ value: String) -> Bool {
    // A look at the bytes first: few values have an `@`, and there are many values.
    value.utf8.contains(UInt8(ascii: "@")) && maskingUserInfo(in: value) != value
  }

  /// Whether the attribute is free text, other than the value of an nvpair, that may be left to the cluster: `keep`
  /// stands in its place where it has a URL with a user part.
  package static func mayBeKept(_ attribute: String, of element: String) -> Bool {
    switch (element, attribute) {
    case (_, "description"), ("alert", "path"), ("recipient", "value"): true
    case ("docker", "image"), ("podman", "image"), ("rkt", "image"): true
    case ("docker", "run-command"), ("podman", "run-command"), ("rkt", "run-command"): true
    case ("docker", "options"), ("podman", "options"), ("rkt", "options"): true
    case ("storage-mapping", "source-dir"), ("storage-mapping", "options"): true
    default: false
    }
  }

  /// The value with the user part of every URL in it masked: `https://(secret)@host/`.
  package static func maskingUserInfo(in value: String) -> String {
    // By bytes, as programs read URLs: in a String, `@` and an accent that follows it are one Character, and no `@`.
    guard value.utf8.contains(UInt8(ascii: "@")) else { return value }
    var result: [UInt8] = []
    var rest = Array(value.utf8)[...]
    while let scheme = rest.firstRange(of: Array("://".utf8)) {
      result += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let authority = rest.prefix { !"/?# \t\n\"'".utf8.contains($0) }
      if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
        result += mask.utf8
        rest = rest[at...]
      }
    }
    return String(decoding: result + rest, as: UTF8.self)
  }

  /// The text with the mask wherever it has one of the values, the longest where several begin; by bytes, as what stands
  /// beside a value may combine with it. In one go: masked for one value after the other, `e` and `s`, which the mask has
  /// as well, a text grows without end.
  package static func masking(_ values: Set<String>, in text: String) -> String {
    let values = Dictionary(grouping: values.map { Array($0.utf8) }.sorted { $0.count > $1.count }, by: \.first)
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.first {
      let value = values[first]?.first { rest.starts(with: $0) }
      result += value == nil ? [first] : Array(mask.utf8)
      rest = rest.dropFirst(value?.count ?? 1)
    }
    return String(decoding: result, as: UTF8.self)
  }
}
