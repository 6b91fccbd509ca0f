import CIB
import Cluster
import Desired
import Documents
import Planning

/// A plan as programs read it.
enum PlanJSON {
  static func value(
    _ plan: Plan, _ consequences: Simulation.Outcome? = nil, deferral: Workflow.Deferral? = nil
  ) -> NativeValue {
    let record = plan.record
    var entries: [NativeValue.Entry] = [
      .init("inSync", .bool(plan.isInSync && deferral == nil)),
      .init("changes", .list(plan.changes.map { change($0, record) })),
      // Nothing to do has no effects, known without asking.
      .init("effects", consequences?.value(of: plan) ?? (plan.isInSync ? .list([]) : .null)),
      .init(
        "kept", .list(plan.kept.map { .map([.init("what", .text($0.what)), .init("why", .text($0.why))]) })),
      .init(
        "stoppedFirst",
        .list(
          plan.stoppedFirst.map {
            .map([.init("resource", .text($0.id)), .init("nodes", .list($0.nodes.map(NativeValue.text)))])
          })),
      .init("diagnostics", .list(plan.diagnostics.map(diagnostic))),
      .init(
        "refusals",
        .list(plan.refusals.map { .map([.init("message", .text($0.message)), .init("option", .text($0.option))]) })),
    ]
    if let deferral {
      entries.append(
        .init(
          "deferred",
          .map([
            .init("changes", .list(deferral.changes.map { change($0, record) })),
            .init("events", .list(deferral.events.map(\.value))),
          ])))
    }
    return .map(entries)
  }

  private static func change(_ change: Change, _ record: Record) -> NativeValue {
    var entries: [NativeValue.Entry] = [
      .init("action", .text(change.action.rawValue)),
      .init("kind", .text(change.kind.rawValue)),
      .init("id", .text(change.id)),
    ]
    if let set = change.set { entries.append(.init("set", .text(set))) }
    if let reason = change.reason { entries.append(.init("reason", .text(reason))) }
    let details = change.details(record)
    if !details.isEmpty {
      entries.append(
        .init(
          "details",
          .list(
            details.map { detail in
              .map([
                .init("path", .text(detail.path)),
                .init("before", detail.before.map(NativeValue.text) ?? .null),
                .init("after", detail.after.map(NativeValue.text) ?? .null),
              ])
            })))
    }
    return .map(entries)
  }

  static func diagnostic(_ diagnostic: Diagnostic) -> NativeValue {
    var entries: [NativeValue.Entry] = [
      .init("severity", .text(diagnostic.severity.rawValue)), .init("message", .text(diagnostic.message)),
    ]
    if let hint = diagnostic.hint { entries.append(.init("hint", .text(hint))) }
    if diagnostic.location != .none {
      entries.append(.init("document", .text(diagnostic.location.document)))
      if diagnostic.location.position != .unknown {
        entries.append(.init("line", .integer(Int(diagnostic.location.position.line))))
        entries.append(.init("column", .integer(Int(diagnostic.location.position.column))))
      }
    }
    return .map(entries)
  }
}
