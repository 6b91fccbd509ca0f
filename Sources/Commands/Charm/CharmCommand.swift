import ArgumentParser
import CIB
import Charm
import Cluster
import Desired
import Planning

struct CharmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "charm", abstract: "The hacluster charm's hook backend.",
    discussion: """
      In a Juju hook, reads the charm's options and relations with the hook tools, and makes the cluster what they ask \
      for by the charm's rules. JSON on standard output tells the hook what to say.
      """,
    subcommands: [CharmPlanCommand.self, CharmApplyCommand.self])
}

/// Where the facts come from.
struct CharmOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Read this JSON instead of asking the hook tools; \"-\" is standard input.", valueName: "file"))
  var relationData: String?
}

struct CharmPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what charm apply would change.")

  @OptionGroup var charm: CharmOptions
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "json (what the hook is told, with the plan), text, xml or crmsh.")
  var format: PlanCommand.Format = .json
  @Flag(help: "Show secret values, in xml and crmsh.")
  var showSecrets = false

  mutating func run() throws {
    try reportingFailures {
      let workflow = try CharmWorkflow(relationData: charm.relationData, cluster: cluster)
      guard try !workflow.isHeldUp(printing: format == .json) else { return }
      var planned = try workflow.plan()
      planned.planned.simulate()
      if format == .json {
        try Inputs.check(planned.plan.diagnostics)
        var outcome = workflow.outcome(planned)
        outcome.plan = PlanJSON.value(planned.plan, planned.planned.consequences)
        try outcome.print()
      } else {
        try PlanCommand.show(planned.planned, format: format, showSecrets: showSecrets)
        workflow.outcome(planned).tell()
      }
    }
  }
}

struct CharmApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make the cluster what the charm's relations ask for, in one transaction.")

  @OptionGroup var charm: CharmOptions
  @OptionGroup var cluster: ClusterOptions

  mutating func run() throws {
    try reportingFailures {
      let workflow = try CharmWorkflow(relationData: charm.relationData, cluster: cluster)
      guard try !workflow.isHeldUp(printing: true) else { return }
      let history = History(.charm, workflow.connection)
      try Transaction.untilTaken {
        let planned = try workflow.plan()
        try Inputs.check(planned.plan.diagnostics)
        var outcome = workflow.outcome(planned)
        guard !planned.lacksOwnNode else {
          try outcome.print()
          return .done
        }
        if !planned.plan.isInSync {
          try Workflow.checkTakesChanges(planned.planned.cib, through: workflow.connection)
          try refuse(planned, &outcome)
          let awaited = AwaitedCluster(connection: workflow.connection, timeLimit: Self.timeLimit)
          guard planned.plan.stoppedFirst.isEmpty else { return try awaited.stopFirst(planned.planned, history) }
          let isTaken = try history.keeping(planned.plan) {
            try Transaction.send(planned.planned, through: workflow.connection)
          }
          guard isTaken else { return .conflict }
          try awaited.forgetRemotes(goneWith: planned.planned)
          // For the unit's log.
          Console.log(PlanText(usesColour: false).render(planned.plan))
        }
        outcome.isConfigured = true
        outcome.retried = workflow.retryFailed(planned)
        try outcome.print()
        return .done
      }
    }
  }

  /// For what is stopped before it is deleted. In seconds; Juju gives hooks as long as they take.
  private static let timeLimit = 600.0

  private func refuse(_ planned: CharmWorkflow.Planned, _ outcome: inout CharmOutcome) throws {
    guard !planned.plan.refusals.isEmpty else { return }
    Inputs.report(planned.plan.refusals)
    outcome.blocked += planned.plan.refusals.map(\.message)
    outcome.changes = 0
    try outcome.print()
    throw Failure(.refused, nil)
  }
}
