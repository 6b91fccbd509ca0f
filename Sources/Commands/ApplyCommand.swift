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
  @Flag(help: "Refuse what would stop, restart or move anything that runs.")
  var noInterruption = false
  @Flag(help: "Return when the cluster has done what follows from the change; fail if something of it fails.")
  var wait = false
  @Option(
    help: ArgumentHelp(
      "How long to wait for the cluster, and for what is stopped before it is deleted (default: 600).",
      valueName: "seconds"))
  var timeout: Int?

  private var timeLimit: Double { Double(timeout ?? 600) }

  mutating func run() throws {
    try reportingFailures {
      guard timeout.map({ (1...86400).contains($0) }) ?? true else {
        throw Failure(.usage, "--timeout is to be 1 to 86400 seconds")
      }
      let planFormat = PlanCommand.Format(rawValue: format.rawValue)!
      if documents.documents.count == 1, let saved = try SavedPlan.load(from: documents.documents[0]) {
        return try apply(saved)
      }
      var workflow = try Workflow(documents: documents, cluster: cluster, flags: flags)
      var shown: [Change]?
      try Transaction.untilTaken {
        var planned = try workflow.plan(simulates: noInterruption || flags.simulate ?? dryRun)
        if dryRun { planned.addAdvice(workflow.desired) }
        // Planned anew, it is shown and asked about again only if it is another.
        let isNew = shown.map { !planned.plan.changes.areSame(as: $0) } ?? true
        if isNew || !planned.plan.errors.isEmpty {
          try PlanCommand.show(planned, format: planFormat, showSecrets: false)
          shown = planned.plan.changes
        }
        if planned.plan.isInSync {
          guard wait, !dryRun else { quickly() }
          try AwaitedCluster(connection: workflow.connection, timeLimit: timeLimit).settle(after: planned)
          return .done
        }
        if dryRun { return .done }
        try workflow.checkTakesChanges(planned.cib)
        try refuse(planned.plan)
        if noInterruption { try refuseInterruptions(planned) }
        if isNew { try ask(planned.plan) }
        let awaited = AwaitedCluster(connection: workflow.connection, timeLimit: timeLimit)
        guard planned.plan.stoppedFirst.isEmpty else { return try awaited.stopFirst(planned) }
        guard try Transaction.send(planned, through: workflow.connection) else { return .conflict }
        if format == .text { try Console.print("Applied.\n") }
        try awaited.forgetRemotes(goneWith: planned.plan)
        if wait { try awaited.settle(after: planned) }
        quickly()
      }
    }
  }

  /// Ends the program without giving its memory back piece by piece, which takes as long as comparing a large
  /// configuration does.
  private func quickly() -> Never { Glibc.exit(0) }

  private func refuse(_ plan: Plan) throws {
    guard !plan.refusals.isEmpty else { return }
    Inputs.report(plan.refusals)
    throw Failure(.refused, nil)
  }

  private func refuseInterruptions(_ planned: Workflow.Planned) throws {
    switch planned.consequences {
    case .effects, nil:
      let interruptions = planned.interruptions
      guard !interruptions.isEmpty else { return }
      throw Failure(
        .refused, "refused: it would interrupt what runs:", details: interruptions.map(\.sentence),
        hint: "without --no-interruption it is done")
    case .gaveUp, .failed:
      throw Failure(
        .refused, "refused: what it would interrupt is not known, as crm_simulate gives no answer",
        hint: "without --no-interruption it is done")
    }
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
