import ArgumentParser
import Cluster
import Planning

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make the cluster match the documents, in one transaction.")

  @OptionGroup var documents: DocumentOptions
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var flags: PlanFlags
  @OptionGroup var options: ApplyOptions
  @Flag(help: "Put off what would stop, restart or move anything that runs; 'crmsync deferred' lists and does it.")
  var `defer` = false
  @Option(
    help: ArgumentHelp(
      "Who asks, for what is put off (default: $JUJU_UNIT_NAME, or crmsync).", valueName: "name"))
  var requestor: String?
  @Flag(help: "Wait, and go back to the configuration from before if something of it fails.")
  var rollbackOnFailure = false

  mutating func run() throws {
    try reportingFailures {
      try options.check()
      if rollbackOnFailure { options.wait = true }
      if self.defer, options.noInterruption {
        throw Failure(.usage, "--defer and --no-interruption exclude each other")
      }
      if documents.documents.count == 1, let saved = try SavedPlan.load(from: documents.documents[0]) {
        if let option = optionsOfDocuments.first(where: \.isGiven)?.name {
          throw Failure(
            .usage, "a saved plan is applied as a whole, or not at all: \(option) goes with documents",
            hint: "give its documents in place of the plan")
        }
        return try apply(saved)
      }
      var workflow = try Workflow(documents: documents, cluster: cluster, flags: flags)
      var applying = applying(.documents(HistoryEntry.names(documents)), workflow.connection)
      if self.defer { applying.defersFor = requestor ?? Environment.current["JUJU_UNIT_NAME"] ?? "crmsync" }
      let simulates = self.defer || options.noInterruption || flags.simulate ?? options.simulates
      try applying.run {
        var planned = try workflow.plan(simulates: simulates)
        if options.dryRun { planned.addAdvice(workflow.desired) }
        return planned
      }
    }
  }

  /// What would make another plan, or decide about it.
  private var optionsOfDocuments: [(name: String, isGiven: Bool)] {
    [
      ("--defer", self.defer), ("--no-interruption", options.noInterruption), ("--prune", flags.prune),
      ("--prune-all", flags.pruneAll), ("--exact", flags.exact), ("--rebalance", flags.rebalance),
      ("--no-stop-first", flags.allow.noStopFirst),
    ]
  }

  private func applying(_ origin: HistoryEntry.Origin, _ connection: ClusterConnection) -> Applying {
    var applying = Applying(connection: connection, options: options, history: History(origin, connection))
    if rollbackOnFailure {
      applying.goBack = { [options, allow = flags.allow] applied, number in
        try Rollback(applied: applied, number: number, connection: connection).aside(options, allow)
      }
    }
    return applying
  }

  private func apply(_ saved: SavedPlan) throws {
    let connection = ClusterConnection(cibFile: cluster.cibFile)
    if let note = connection.note { Console.error("crmsync: note: \(note)") }
    let query = QueryAhead.take(connection)
    let path = documents.documents[0]
    let applying = applying(.savedPlan(path: HistoryEntry.absolute(path), documents: saved.documents), connection)
    let planned = try saved.apply(query, through: connection, applying.history, options)
    guard let planned else { return }
    if options.format == .text { try Console.print("Applied.\n") }
    guard connection.isLive else { return }
    try AwaitedCluster(connection: connection, timeLimit: options.timeLimit).forgetRemotes(goneWith: planned)
    guard options.wait else { return }
    // The saved plan has the patch, not what comes of it.
    var settling = planned
    settling.plan.target = try connection.query(status: false).configuration
    try applying.settle(after: settling)
  }
}
