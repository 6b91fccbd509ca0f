import ArgumentParser
import Cluster
import Glibc
import Planning

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make the cluster match the documents, in one transaction.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var documents: DocumentOptions
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var flags: PlanFlags
  @Option(help: "text or json.")
  var format: Format = .text
  @Flag(help: "Do not ask.")
  var yes = false
  @Flag(help: "Only plan.")
  var dryRun = false
  @Flag(help: "Return when the cluster has settled (not there yet).")
  var wait = false
  @Option(help: ArgumentHelp("How long to wait (not there yet).", valueName: "seconds"))
  var timeout: Int?

  /// How long other writers are given way.
  private static let patience = Duration.seconds(30)

  mutating func run() throws {
    try reportingFailures {
      if wait || timeout != nil { throw Failure(.usage, "--wait is not there yet") }
      let planFormat = PlanCommand.Format(rawValue: format.rawValue)!
      if documents.documents.count == 1, let saved = try SavedPlan.load(from: documents.documents[0]) {
        return try apply(saved)
      }
      var workflow = try Workflow(documents: documents, cluster: cluster, flags: flags)
      let deadline = ContinuousClock.now + Self.patience
      var pause = Pause()
      var shown: [Change]?
      while true {
        var planned = try workflow.plan()
        if dryRun { planned.addAdvice(workflow.desired) }
        // Planned anew, it is shown and asked about again only if it is another.
        let isNew = shown.map { !planned.plan.changes.areSame(as: $0) } ?? true
        if isNew || !planned.plan.errors.isEmpty {
          try PlanCommand.show(planned, format: planFormat, showSecrets: false)
          shown = planned.plan.changes
        }
        if planned.plan.isInSync { quickly() }
        if dryRun { return }
        try workflow.checkTakesChanges(planned.cib)
        try refuse(planned.plan)
        if isNew { try ask(planned.plan) }
        if try Self.send(planned, through: workflow.connection) {
          if format == .text { try Console.print("Applied.\n") }
          return
        }
        guard ContinuousClock.now < deadline else {
          throw Failure(
            .conflict, "gave up: the configuration changed again and again; nothing was written",
            hint: "find out who writes (cib's update-client), then apply again")
        }
        Console.error("crmsync: the configuration was changed by someone else; planning again")
        pause.take()
      }
    }
  }

  /// Ends the program without giving its memory back piece by piece, which takes as long as comparing a large
  /// configuration does.
  private func quickly() -> Never { Glibc.exit(0) }

  /// - Returns: whether the patch was taken; false where the CIB had changed in between.
  static func send(_ planned: Workflow.Planned, through connection: ClusterConnection) throws -> Bool {
    let patch = planned.patch.document(source: planned.version, countsStatusUpdates: false)
    guard let error = Self.failure(of: patch, through: connection) else { return true }
    switch error.kind {
    case .conflict: return false
    // What the patch changes is not there: someone has just changed it.
    case .patchFailed where try connection.query(status: false).epoch != planned.cib.epoch: return false
    case .sourceNeedsNumUpdates: return try sendCountingUpdates(planned, through: connection)
    default: throw explained(error, planned)
    }
  }

  /// A refusal by the schema, with what the schema has against the result.
  private static func explained(_ error: ClusterError, _ planned: Workflow.Planned) -> any Error {
    guard error.kind == .schemaRefused, let objection = planned.schemaObjection() else { return error }
    return Failure(
      .invalidInput, "\(objection.summary); nothing was changed:", details: objection.findings, hint: objection.hint)
  }

  static func failure(of patch: [UInt8], through connection: ClusterConnection) -> ClusterError? {
    do throws(ClusterError) {
      try connection.patch(patch)
      return nil
    } catch {
      return error
    }
  }

  /// Pacemaker 3.0.2 wants the status updates counted too, which change while one looks: as long as the configuration
  /// is the one that was planned on, the same patch is right with a newer count.
  private static func sendCountingUpdates(
    _ planned: Workflow.Planned, through connection: ClusterConnection
  ) throws -> Bool {
    let patch = planned.patch
    var version = planned.version
    let deadline = ContinuousClock.now + patience
    var pause = Pause()
    while ContinuousClock.now < deadline {
      guard let error = failure(of: patch.document(source: version, countsStatusUpdates: true), through: connection)
      else { return true }
      guard error.canRetry else { throw explained(error, planned) }
      let now = try connection.query(status: false)
      guard now.adminEpoch == version.adminEpoch, now.epoch == version.epoch else { return false }
      guard now.numUpdates != version.numUpdates || error.kind == .conflict else { throw error }
      version.numUpdates = now.numUpdates
      pause.take()
    }
    return false
  }

  private func refuse(_ plan: Plan) throws {
    guard !plan.refusals.isEmpty else { return }
    for refusal in plan.refusals {
      Console.error("crmsync: refused: \(refusal.message)", hint: "\(refusal.option) allows it")
    }
    throw Failure(.refused, nil)
  }

  private func ask(_ plan: Plan) throws {
    guard !yes, Console.inputIsTerminal, Console.errorIsTerminal,
      plan.changes.contains(where: { $0.action == .delete })
    else { return }
    guard Console.confirm("Apply this?") else { throw Failure(.refused, "not applied", hint: "--yes does not ask") }
  }

  private func apply(_ saved: SavedPlan) throws {
    let connection = ClusterConnection(cibFile: cluster.cibFile)
    if let note = connection.note { Console.error("crmsync: \(note)") }
    let query = QueryAhead.take(cibFile: cluster.cibFile) ?? connection.startQuery()
    let isApplied = try saved.apply(query, through: connection, dryRun: dryRun)
    if isApplied, format == .text { try Console.print("Applied.\n") }
  }
}

/// A pause between two tries, each time longer: whoever else writes is to be let through, and every try is work for the
/// CIB daemons of all members.
private struct Pause {
  private var microseconds: UInt32 = 20_000
  private static let longest: UInt32 = 1_000_000

  mutating func take() {
    usleep(microseconds)
    microseconds = min(2 * microseconds, Self.longest)
  }
}
