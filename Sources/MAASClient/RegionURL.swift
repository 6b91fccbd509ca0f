/// Where the API of a MAAS region is: `http://HOST:5240/MAAS/api/2.0/`.
public struct RegionURL: Sendable, Equatable {
  /// With a final slash.
  let api: String
  /// What messages show.
  public let shown: String

  /// Reads a URL as users write it: with and without scheme, final slash, `/MAAS` and `/api/2.0/`, or as it stands in a
  /// browser (`…/MAAS/r/machines`, `…/MAAS/#/machines`).
  ///
  /// - Throws: `MAASError` of kind `configuration`.
  public init(_ text: String) throws(MAASError) {
    let text = text[...].trimmed
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#""<>\^`{|}"#.utf8.contains($0) }) else {
      throw RegionURL.error("is empty or has characters that no URL has")
    }
    var scheme = ""
    var rest = text
    if let separator = text.firstRange(of: "://") {
      scheme = text[..<separator.lowerBound].lowercased()
      rest = text[separator.upperBound...]
      guard scheme == "http" || scheme == "https" else {
        throw RegionURL.error("begins neither with http:// nor https://")
      }
    }
    if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
    guard !rest.contains("?") else { throw RegionURL.error("has a '?' in it") }
    let authority = rest.prefix { $0 != "/" }
    guard !authority.contains("@") else {
      throw RegionURL.error("has a user name or password in it; MAAS takes the API key only")
    }
    guard RegionURL.isAuthority(authority) else { throw RegionURL.error("names no host, or a port that is none") }
    if scheme.isEmpty { scheme = authority.hasSuffix(":5443") ? "https" : "http" }
    api = "\(scheme)://\(authority)\(try RegionURL.basePath(rest.dropFirst(authority.count)))/api/2.0/"
    shown = String(api.dropLast("/api/2.0/".count))
  }

  /// Several, separated by blanks.
  public static func list(_ text: String) throws(MAASError) -> [RegionURL] {
    var result: [RegionURL] = []
    for part in text.split(whereSeparator: \.isWhitespace) {
      let url = try RegionURL(String(part))
      if !result.contains(url) { result.append(url) }
    }
    guard !result.isEmpty else {
      throw MAASError(.configuration, "no url is given", hint: "such as http://HOST:5240/MAAS")
    }
    return result
  }

  /// A host name, an IPv4 address or an IPv6 address in brackets, with a port or without one.
  private static func isAuthority(_ authority: Substring) -> Bool {
    var host = authority
    var port: Substring?
    if let bracket = authority.lastIndex(of: "]") {
      guard authority.first == "[" else { return false }
      host = authority[...bracket]
      let rest = authority[authority.index(after: bracket)...]
      guard rest.isEmpty || rest.first == ":" else { return false }
      port = rest.isEmpty ? nil : rest.dropFirst()
      let address = host.dropFirst().dropLast()
      guard !address.isEmpty, address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return false }
    } else {
      if let colon = authority.lastIndex(of: ":") {
        host = authority[..<colon]
        port = authority[authority.index(after: colon)...]
      }
      guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else { return false }
    }
    guard let port else { return true }
    return !port.isEmpty && port.allSatisfy(\.isNumber) && UInt16(port) != nil
  }

  /// What stands before `/api/2.0/`, without a final slash.
  private static func basePath(_ path: Substring) throws(MAASError) -> String {
    var segments = path.split(separator: "/").map(String.init)
    guard !segments.contains(".."), !segments.contains(".") else { throw error("has '.' or '..' in its path") }
    if let index = segments.firstIndex(of: "api") {
      guard segments[(index + 1)...].first ?? "2.0" == "2.0" else {
        throw error("is not of API 2.0, the one that is spoken here")
      }
      segments.removeSubrange(index...)
    } else if let index = segments.firstIndex(where: { ["r", "l", "a"].contains($0) }) {
      // The web interface, copied from a browser.
      segments.removeSubrange(index...)
    }
    if segments.isEmpty { segments = ["MAAS"] }
    return segments.map { "/\($0)" }.joined()
  }

  private static func error(_ what: String) -> MAASError {
    // The text itself may hold a password.
    MAASError(
      .configuration, "the url \(what)", hint: "it is to be like http://HOST:5240/MAAS or https://HOST:5443/MAAS")
  }
}
