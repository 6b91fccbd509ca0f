import Cluster
import Documents
import Glibc
import Planning

/// `plan --watch`: says when the configuration leaves the documents, what it was and who wrote last, and when it is back.
///
///     2026-11-23 07:05:36  in sync
///     2026-11-23 07:12:02  out of sync, last written by root with crm_attribute on node-2
///         ~ update property  cluster-delay  65s -> 61s
///     2026-11-23 07:12:40  in sync again, last written by root with crmsync on node-1
///
/// Each look asks for the CIB's version only; all of it is read where that, or a document, is another.
struct Watching {
  let documents: DocumentOptions
  let cluster: ClusterOptions
  let flags: PlanFlags
  let isJSON: Bool
  /// Between two looks, in seconds.
  let interval: Double

  func run() throws -> Never {
    var seen: State?
    var told = Told.nothing
    while true {
      do {
        let state = try state()
        if state != seen {
          try tell(look(), &told)
          seen = state
        }
      } catch let error as FileError where error.kind == .brokenPipe {
        throw error
      } catch {
        guard let failure = Failure(describing: error) else { throw error }
        // Once, and not with every look.
        if case .failure(let message) = told, message == failure.message {} else { _ = failure.report() }
        told = .failure(failure.message)
        seen = nil
      }
      usleep(UInt32(interval * 1_000_000))
    }
  }

  /// Where this is the same, another look finds the same.
  private struct State: Equatable {
    var version: String
    var documents: [String]
  }

  private enum Told {
    case nothing
    case changes([Change])
    case failure(String?)
  }

  private func state() throws -> State {
    let names = documents.documents.isEmpty ? [Inputs.defaultDocument] : documents.documents
    return State(
      version: try ClusterConnection(cibFile: cluster.cibFile).configurationVersion(), documents: names.map(lastWritten)
    )
  }

  private func lastWritten(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "" }
    return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  private func look() throws -> Workflow.Planned {
    var workflow = try Workflow(documents: documents, cluster: cluster, flags: flags)
    let planned = try workflow.plan()
    try Inputs.check(planned.plan.diagnostics)
    return planned
  }

  private func tell(_ planned: Workflow.Planned, _ told: inout Told) throws {
    let plan = planned.plan
    let isNew = if case .changes(let before) = told { !plan.changes.areSame(as: before) } else { true }
    guard isNew else { return }
    let wasOut = if case .changes = told { true } else { false }
    told = .changes(plan.changes)
    try Console.print(isJSON ? json(planned) : text(planned, isAgain: wasOut))
  }

  private func text(_ planned: Workflow.Planned, isAgain: Bool) -> String {
    let isInSync = planned.plan.isInSync
    var text = "\(Time.now().local)  \(isInSync ? isAgain ? "in sync again" : "in sync" : "out of sync")"
    let writer = planned.cib.writer
    if let user = writer.user {
      text += ", last written by \(user.printable)"
      if let client = writer.client { text += " with \(client.printable)" }
      if let origin = writer.origin { text += " on \(origin.printable)" }
    }
    text += "\n"
    for line in PlanText(usesColour: Console.usesColour).changes(planned.plan).split(separator: "\n") {
      text += "    \(line)\n"
    }
    return text
  }

  /// A line for each time.
  private func json(_ planned: Workflow.Planned) -> String {
    let writer = planned.cib.writer
    func text(_ value: String?) -> NativeValue { value.map(NativeValue.text) ?? .null }
    let value = NativeValue.map([
      .init("at", .text(Time.now().iso8601)),
      .init(
        "lastWritten",
        .map([
          .init("user", text(writer.user)), .init("client", text(writer.client)), .init("origin", text(writer.origin)),
        ])),
      .init("plan", PlanJSON.value(planned.plan)),
    ])
    return JSONEmitter.text(of: value, isCompact: true) + "\n"
  }
}
