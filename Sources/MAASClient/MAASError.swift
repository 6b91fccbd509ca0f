/// Why MAAS did not do or tell what it was asked.
///
/// `message` is one line, holds no part of the API key and no character that would not be printed.
public struct MAASError: Error, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// Parameters that cannot work.
    case configuration
    /// libcurl, liboauth or json-c is missing.
    case libraries
    /// No connection: nothing was sent.
    case unreachable
    /// The certificate is not trusted.
    case untrusted
    /// It was sent, and no answer came: done or not, nobody knows.
    case lostAnswer
    /// The deadline is over.
    case timedOut
    /// 401.
    case badKey
    /// 403: locked, or not this user's.
    case forbidden
    /// 404, or a machine that the key does not see.
    case notFound
    /// 409 without Retry-After.
    case conflict
    /// 503, and 409 with Retry-After.
    case unavailable
    /// 500: the power driver.
    case driverFailed
    /// 504: the BMC did not answer MAAS.
    case bmcTimedOut
    /// Something else than what MAAS says.
    case badAnswer
  }

  public var kind: Kind
  public var message: String
  /// What the operator can do.
  public var hint: String?

  public init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

extension String {
  /// One line of at most `limit` characters without control characters: fit for a log, whatever it came from.
  public func printable(limit: Int = 200) -> String {
    var result = ""
    for scalar in unicodeScalars.prefix(limit) {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        result.append(" ")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return unicodeScalars.count > limit ? result + "…" : result
  }
}
