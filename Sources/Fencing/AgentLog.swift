import Glibc

/// Where an agent tells what it does: syslog, and for what goes wrong standard error too, which Pacemaker logs as
/// warnings and a person sees.
package final class AgentLog {
  private let name: String
  /// Whether standard error gets everything.
  package var isVerbose = false
  /// openlog keeps the pointer.
  private let tag: UnsafeMutablePointer<CChar>

  /// - Parameters:
  ///   - name: of the agent, for standard error.
  ///   - tag: for syslog.
  package init(name: String, tag: String) {
    self.name = name
    self.tag = strdup(tag)
    openlog(self.tag, LOG_PID, LOG_DAEMON)
  }

  deinit {
    closelog()
    free(tag)
  }

  package func notice(_ text: String) {
    write(LOG_NOTICE, text)
    if isVerbose { tell(text) }
  }

  package func debug(_ text: String) {
    if isVerbose { tell(text) }
  }

  package func warning(_ text: String) {
    write(LOG_WARNING, text)
    tell("warning: \(text)")
  }

  package func error(_ text: String) {
    write(LOG_ERR, text)
    tell("error: \(text)")
  }

  /// What somebody has to act on now.
  package func critical(_ text: String) {
    write(LOG_CRIT, text)
    tell("error: \(text)")
  }

  private func write(_ priority: Int32, _ text: String) {
    text.withCString { text in withVaList([text]) { vsyslog(priority, "%s", $0) } }
  }

  private func tell(_ text: String) {
    let line = Array("\(name): \(text)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }
}
