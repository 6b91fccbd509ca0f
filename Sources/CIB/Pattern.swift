import Glibc

/// Pacemaker's patterns (`rsc-pattern`, `target-pattern`): POSIX extended regular expressions, searched for.
package enum Pattern {
  /// Whether the text matches; a leading `!` inverts. What is no regular expression matches nothing.
  package static func matches(_ text: String, _ pattern: String) -> Bool {
    let isInverted = pattern.hasPrefix("!")
    var expression = regex_t()
    guard regcomp(&expression, isInverted ? String(pattern.dropFirst()) : pattern, REG_EXTENDED | REG_NOSUB) == 0 else {
      return false
    }
    defer { regfree(&expression) }
    return (regexec(&expression, text, 0, nil, 0) == 0) != isInverted
  }
}
