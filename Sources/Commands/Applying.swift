import ArgumentParser
import Cluster
import Glibc
import Planning

/// What `apply` and `rollback` are told alike.
struct ApplyOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

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

  /// Whether to ask, where there is something to ask about.
  var asks: Bool { !yes && Console.inputIsTerminal && Console.errorIsTerminal }

  /// Whether what the cluster would do has to be known: to be told, to be refused, or to be asked about.
  var simulates: Bool { noInterruption || dryRun || asks }

  var timeLimit: Double { Double(timeout ?? 600) }

  func check() throws {
    guard timeout.map({ (1...86400).contains($0) }) ?? true else {
      throw Failure(.usage, "--timeout is to be 1 to 86400 seconds")
    }
  }
}

/// What `apply` and `rollback` do alike: show a plan, ask, send it, wait for the cluster.
struct Applying {
  let connection: ClusterConnection
  var options: ApplyOptions
  let history: History
  /// What a plan without changes says.
  var inSync = PlanText.inSync
  /// Tells the plan on standard error, for a rollback within an apply.
  var isAside = false
  /// Whether the program ends with it.
  var endsProgram = true
  /// Puts off what would interrupt something that runs; the name is that of who asked for it.
  var defersFor: String?
  /// Goes back where the cluster does not settle.
  var goBack: ((AppliedChanges, _ number: Int?) throws -> Void)?

  private var awaited: AwaitedCluster { AwaitedCluster(connection: connection, timeLimit: options.timeLimit) }

  /// - Parameter plan: plans for the cluster as it is now.
  func run(_ plan: () throws -> Workflow.Planned) throws {
    var shown: [Change]?
    try Transaction.untilTaken {
      var planned = try plan()
      if defersFor != nil { try planned.putOffInterruptions() }
      // Planned anew, it is shown and asked about again only if it is another.
      let isNew = shown.map { !planned.plan.changes.areSame(as: $0) } ?? true
      if isNew || !planned.plan.errors.isEmpty {
        try show(planned)
        shown = planned.plan.changes
      }
      if planned.plan.isInSync {
        if !options.dryRun {
          try refuse(planned.plan)
          try awaited.forgetRemotes(goneWith: planned)
        }
        if !options.dryRun { _ = try deferring(planned) { true } }
        guard options.wait, !options.dryRun else {
          if endsProgram, !isAside { endQuickly(keeping: planned) }
          return .done
        }
        try awaited.settle(after: planned)
        return .done
      }
      if options.dryRun { return .done }
      try Workflow.checkTakesChanges(planned.cib, through: connection)
      try refuse(planned.plan)
      if options.noInterruption { try refuseInterruptions(planned) }
      if isNew { try ask(planned) }
      guard planned.plan.stoppedFirst.isEmpty else {
        return try goingBackOnFailure { try awaited.stopFirst(planned, history) }
      }
      let isTaken = try deferring(planned) {
        try history.keeping(planned.plan) { try Transaction.send(planned, through: connection) }
      }
      guard isTaken else { return .conflict }
      if isAside {
        Console.error("crmsync: gone back\(history.number.map { ", entry \($0) of the history" } ?? "")")
      } else if options.format == .text {
        try Console.print("Applied.\n")
      }
      try awaited.forgetRemotes(goneWith: planned)
      try settle(after: planned)
      if endsProgram, !isAside { endQuickly(keeping: planned) }
      return .done
    }
  }

  /// Does something, and keeps what waits of the plan; of a whole plan, what waited of the same documents does no more.
  private func deferring(_ planned: Workflow.Planned, _ send: () throws -> Bool) throws -> Bool {
    guard let deferrals = Deferrals(connection) else {
      guard planned.deferral == nil else {
        throw Failure(
          .notTaken, "this user has no folder to keep in what waits; nothing was changed",
          hint: "CRMSYNC_STATE_DIR names one")
      }
      return try send()
    }
    return try deferrals.keeping(
      planned.deferral, history.origin, requestor: defersFor ?? "", whileSending: send)
  }

  /// Waits for the cluster where that was asked for.
  func settle(after planned: Workflow.Planned) throws {
    guard options.wait else { return }
    guard isAside else { return try goingBackOnFailure { try awaited.settle(after: planned) } }
    do {
      try awaited.settle(after: planned)
    } catch {
      // The configuration is back all the same; the apply that made it go back fails in any case.
      guard Failure(describing: error)?.report() != nil else { throw error }
    }
  }

  /// Waits for the cluster, and goes back to what was before if it does not get there and that was asked for.
  private func goingBackOnFailure<Result>(_ wait: () throws -> Result) throws -> Result {
    do {
      return try wait()
    } catch {
      guard let goBack, let applied = history.applied, var failure = Failure(describing: error),
        failure.status == Failure.Status.notTaken.rawValue
      else { throw error }
      failure.hint = nil
      _ = failure.report()
      Console.error("crmsync: going back to the configuration from before (--rollback-on-failure)")
      do {
        try goBack(applied, history.number)
      } catch {
        _ = Failure(describing: error)?.report()
        throw Failure(
          .notTaken, "did not go back",
          hint: "'crmsync rollback\(history.number.map { " \($0)" } ?? "")' tries again")
      }
      throw Failure(.notTaken, nil)
    }
  }

  private func show(_ planned: Workflow.Planned) throws {
    guard isAside else {
      let format = PlanCommand.Format(rawValue: options.format.rawValue)!
      return try PlanCommand.show(planned, format: format, showSecrets: false, inSync: inSync)
    }
    try Inputs.check(planned.plan.diagnostics)
    Console.log(PlanText(usesColour: false).render(planned.plan, inSync: inSync))
  }

  /// Ends the program without giving its memory back piece by piece, which takes as long as comparing a large
  /// configuration does.
  private func endQuickly(keeping planned: Workflow.Planned) -> Never {
    withExtendedLifetime(planned) { Glibc.exit(0) }
  }

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

  /// Asks where something is deleted or interrupted, or nobody knows what is.
  private func ask(_ planned: Workflow.Planned) throws {
    guard options.asks, !isAside else { return }
    let isUnknown = [.gaveUp, .failed].contains(planned.consequences)
    guard isUnknown || planned.plan.changes.contains(where: { $0.action == .delete }) || !planned.interruptions.isEmpty
    else { return }
    guard Console.confirm("Apply this?") else { throw Failure(.refused, "not applied", hint: "--yes does not ask") }
  }
}
