import XML

/// Something that was fenced, or was tried to be, as the fencer of this node remembers it.
package struct FencingEvent: Equatable, Sendable {
  package enum Status: String, Sendable {
    case pending, success, failed
  }

  package var target: String
  /// `reboot`, `off`, `on`.
  package var action: String
  package var status: Status
  /// The node whose device did it.
  package var delegate: String?
  /// When, as Pacemaker writes it: `2026-11-23 06:38:31Z`.
  package var completed: String?
  /// What the device said: text for people, from outside.
  package var reason: String?
}

extension FencingEvent {
  /// In seconds. The local fencer answers at once, or not at all.
  private static let timeLimit = 5.0

  /// Asks for the history, which takes as long as the CIB does: both go on at once. Nil where there is no fencer to ask.
  package static func startHistory() -> RunningTool? {
    // Less verbose, it tells the oldest event only (Pacemaker 2.1.5).
    try? Tool("stonith_admin", ["--history=*", "--verbose", "--output-as=xml"]).start()
  }

  /// The history that was asked for, newest first; nil where the fencer does not answer.
  package static func history(_ asked: RunningTool?) -> [FencingEvent]? {
    guard let outcome = asked?.outcome(ifWithin: timeLimit), outcome.ending == .exited(CrmExit.ok) else { return nil }
    return events(in: outcome.output)
  }

  /// Reads what `stonith_admin --history --verbose` prints:
  ///
  /// ```xml
  /// <pacemaker-result><fence_history>
  ///   <fence_event status="success" action="reboot" target="node2" delegate="node1" completed="…"/>
  /// </fence_history></pacemaker-result>
  /// ```
  static func events(in bytes: [UInt8]) -> [FencingEvent]? {
    guard let root = try? Element(parsing: bytes) else { return nil }
    var events: [FencingEvent] = []
    func collect(_ element: Element) {
      if element.name == "fence_event", let target = element["target"], let action = element["action"],
        let status = element["status"].flatMap(Status.init)
      {
        events.append(
          FencingEvent(
            target: target, action: action, status: status, delegate: element["delegate"],
            completed: element["completed"], reason: element["exit-reason"] ?? element["extended-status"]))
      }
      element.elements.forEach(collect)
    }
    collect(root)
    return events
  }
}
