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
    let name = name.lowercased()
    switch name {
    case "passwd", "apikey", "api_key", "community": return true
    default:
      return ["passw", "secret", "token", "credential"].contains { name.contains($0) }
    }
  }

  /// The value with the user part of every URL in it masked: `https://(secret)@host/`.
  package static func maskingUserInfo(in value: String) -> String {
    guard value.contains("://"), value.contains("@") else { return value }
    var result = ""
    var rest = value[...]
    while let scheme = rest.firstRange(ofURLSeparator: "://") {
      result += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let authority = rest.prefix { !"/?# \t\n\"'".contains($0) }
      if let at = authority.lastIndex(of: "@") {
        result += mask
        rest = rest[at...]
      }
    }
    return result + rest
  }
}

extension Substring {
  fileprivate func firstRange(ofURLSeparator separator: String) -> Range<Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(separator) { return at..<index(at, offsetBy: separator.count) }
      at = index(after: at)
    }
    return nil
  }
}
