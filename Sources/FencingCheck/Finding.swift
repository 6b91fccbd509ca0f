/// Something about fencing that somebody should know.
package struct Finding: Sendable, Equatable {
  package enum Severity: String, Sendable {
    /// Fencing would not work.
    case error
    case warning
  }

  package var severity: Severity
  package var text: String
  package var hint: String?

  package init(_ severity: Severity, _ text: String, hint: String? = nil) {
    self.severity = severity
    self.text = text
    self.hint = hint
  }
}
