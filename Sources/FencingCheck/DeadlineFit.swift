import CIB
import Fencing
import XML

/// Whether the agents' `deadline` fits Pacemaker's time limits, of which nothing tells an agent.
package enum DeadlineFit {
  /// Of what Pacemaker has left for a try: it tries a second time if a failure took less (`fenced_commands.c`, 2.1 and
  /// 3.0).
  private static let secondTryBelow = 0.7

  /// - Parameters:
  ///   - parameters: of a MAAS device, in force.
  ///   - operations: its `<op>` elements.
  ///   - standardLimit: the property `stonith-timeout` or `fencing-timeout`.
  ///   - action: `reboot` or `off`, whatever the cluster uses.
  package static func findings(
    _ parameters: [String: String], operations: [Element], standardLimit: String?, action: String
  ) -> [Finding] {
    let given = parameters["deadline"]
    guard let deadline = try? deadlineSeconds(given, default: DefaultDeadline.switching) else {
      return [Finding(.error, "deadline is no number of seconds", hint: "such as deadline=170")]
    }
    var findings: [Finding] = []
    let name = "pcmk_\(action)_timeout"
    let limit = Double(Values.milliseconds(parameters[name] ?? standardLimit ?? "60s") ?? 60_000) / 1000
    let (deadlineText, limitText) = (seconds(deadline), seconds(limit))
    if deadline >= limit {
      findings.append(
        Finding(
          .warning,
          "Pacemaker kills the agent after \(limitText), before its deadline of \(deadlineText)\(given == nil ? " (default)" : "") is over: no reason would be logged",
          hint: "set \(name) to \(seconds((deadline + 10).rounded(.up))) or more"))
    } else if deadline < limit * secondTryBelow, limit - deadline < deadline {
      findings.append(
        Finding(
          .warning,
          "after a failure at the deadline of \(deadlineText), Pacemaker tries again with the \(seconds(limit - deadline)) that are left, fewer than the agent takes for its deadline",
          hint: "set deadline to \(seconds((limit * 0.75).rounded(.up))) or more, below \(limitText)"))
    }
    for operation in operations where ["monitor", "start"].contains(operation["name"]) {
      guard let timeout = operation["timeout"].flatMap(Values.milliseconds) else { continue }
      let needed = DefaultDeadline.monitoring(given: given)
      if Double(timeout) / 1000 <= needed {
        findings.append(
          Finding(
            .warning,
            "the \(operation["name"]!) operation's timeout of \(seconds(Double(timeout) / 1000)) is not longer than the \(seconds(needed)) that the agent may take for it"
          ))
      }
    }
    return findings
  }

  private static func seconds(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value)) s" : "\(value) s"
  }
}
