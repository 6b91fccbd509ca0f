import Desired
import Documents
import Planning

/// What a hook is told, as JSON on standard output.
struct CharmOutcome {
  /// Whether the cluster is as the principal charm wants it: the time to answer `clustered=yes`.
  var isConfigured = false
  /// How many objects were changed, or would be.
  var changes = 0
  /// What is left for a later hook.
  var waiting: [String] = []
  /// What is left until an operator does something.
  var blocked: [String] = []
  /// What is wrong without standing in the way.
  var warnings: [String] = []
  /// The resources whose failures were forgotten, so that they are tried again.
  var retried: [String] = []
  /// How many changes 'apply --defer' has put off, on this machine.
  var deferred = 0
  /// For `charm plan`.
  var plan: NativeValue?

  /// Tells the hook.
  func print() throws {
    func texts(_ texts: [String]) -> NativeValue { .list(texts.map(NativeValue.text)) }
    var entries: [NativeValue.Entry] = [
      .init("configured", .bool(isConfigured)), .init("changes", .integer(changes)),
      .init("waiting", .text(waiting.joined(separator: "; "))),
      .init("blocked", .text(blocked.joined(separator: "; "))), .init("warnings", texts(warnings)),
      .init("retried", texts(retried)), .init("deferred", .integer(deferred)),
    ]
    if let plan { entries.append(.init("plan", plan)) }
    try Console.print(JSONEmitter.bytes(of: .map(entries)))
  }
}
