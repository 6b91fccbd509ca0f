import CIB
import Charm
import Cluster
import Desired
import Planning

/// What `charm plan` and `charm apply` do alike: from the hook's facts to a plan.
struct CharmWorkflow {
  let request: CharmRequest
  let connection: ClusterConnection

  /// A plan, and what the hook is to be told besides.
  struct Planned {
    var planned: Workflow.Planned
    var rules: CharmRules.Result
    /// The node of this unit is not in the cluster yet.
    var lacksOwnNode: Bool

    var plan: Plan { planned.plan }
  }

  /// Reads the facts.
  ///
  /// - Throws: `Failure` after everything that is wrong with the relations' data was told.
  init(relationData: String?, cluster: ClusterOptions) throws {
    connection = ClusterConnection(cibFile: cluster.cibFile)
    if let note = connection.note { Console.error("crmsync: note: \(note)") }
    request = try CharmRequest(Self.facts(relationData))
  }

  /// What the relations ask for, by themselves: for a cluster that has nothing yet.
  static func desired(_ relationData: String?) throws -> DesiredConfiguration {
    let request = try CharmRequest(facts(relationData))
    let rules = CharmRules.configuration(for: request, current: Configuration())
    try Inputs.check(rules.diagnostics)
    for text in [request.waitsFor].compactMap(\.self) + rules.waiting { Console.error("crmsync: waiting: \(text)") }
    for text in [request.isBlockedBy].compactMap(\.self) + rules.blocked { Console.error("crmsync: blocked: \(text)") }
    return rules.desired
  }

  private static func facts(_ relationData: String?) throws -> HookFacts {
    guard let relationData else { return try HookTools().facts() }
    let name = relationData == "-" ? "/dev/stdin" : relationData
    let bytes = try readFile(name, limit: Inputs.sizeLimit, anyKind: true)
    let (facts, diagnostics) = HookFacts.read(bytes, name: relationData == "-" ? "<stdin>" : relationData)
    Inputs.report(diagnostics)
    guard diagnostics.isEmpty else { throw Failure(.invalidInput, nil) }
    return facts
  }

  /// Reads the cluster's configuration and plans, leaving out what cannot be done now.
  func plan() throws -> Planned {
    let cib = try connection.finish(connection.startQuery(), status: true)
    let status = ClusterStatus(cib)
    let current = Configuration(cib.configuration)
    var exceptions = CharmRules.Exceptions()
    while true {
      let rules = CharmRules.configuration(for: request, current: current, except: exceptions)
      var planned = Workflow.planned(
        cib, rules.desired, through: connection, options: PlanOptions(), allowances: LiveChecks.Allowances())
      let known = exceptions
      exceptions.unreachable.formUnion(planned.unreachableRemotes)
      // On a live cluster, what runs is stopped first.
      if !connection.isLive { exceptions.running.formUnion(running(planned.plan, status)) }
      guard exceptions == known else { continue }
      // What is wrong with the relations' data is wrong with the plan, in whatever format it is shown.
      planned.plan.diagnostics = rules.diagnostics + planned.plan.diagnostics
      return Planned(planned: planned, rules: rules, lacksOwnNode: lacksOwnNode(current))
    }
  }

  /// What the plan deletes although it runs.
  private func running(_ plan: Plan, _ status: ClusterStatus) -> [String] {
    plan.changes.filter { $0.action == .delete && $0.kind.isResource && status.isActive($0.id) }.map(\.id)
  }

  private func lacksOwnNode(_ current: Configuration) -> Bool {
    connection.isLive && !request.hostname.isEmpty && current.node(named: request.hostname) == nil
  }
}

// MARK: - Outcome

extension CharmWorkflow {
  /// Whether nothing can be configured yet, which is told; what is wrong with the relations' data ends the program.
  func isHeldUp(printing isJSON: Bool) throws -> Bool {
    var outcome = CharmOutcome()
    if let waiting = request.waitsFor {
      outcome.waiting = [waiting]
    } else if !request.diagnostics.isEmpty {
      // Told with the plan's own.
      return false
    } else if let blocked = request.isBlockedBy {
      outcome.blocked = [blocked]
    } else {
      return false
    }
    if isJSON { try outcome.print() } else { outcome.tell() }
    return true
  }

  func outcome(_ planned: Planned) -> CharmOutcome {
    var outcome = CharmOutcome()
    outcome.changes = planned.plan.changes.count
    outcome.deferred = Deferrals(connection)?.count() ?? 0
    outcome.isConfigured = planned.plan.isInSync
    outcome.waiting = planned.rules.waiting
    outcome.blocked = planned.rules.blocked
    outcome.warnings = planned.plan.diagnostics.filter { $0.severity == .warning }.map(\.message)
    if planned.lacksOwnNode {
      outcome = CharmOutcome()
      outcome.waiting = ["node '\(request.hostname)' has not joined the cluster yet"]
    }
    return outcome
  }

  /// Has Pacemaker forget the failures of those resources that are to run and have failed, so that it tries them again.
  ///
  /// - Returns: their ids.
  func retryFailed(_ planned: Planned) -> [String] {
    guard connection.isLive else { return [] }
    let status = ClusterStatus(planned.planned.cib)
    let target = Configuration(planned.plan.target)
    let failed = planned.rules.retried.filter { id in
      target.resource(id) != nil && !target.isStopped(id) && !target.isUnmanaged(id) && !status.failures(of: id).isEmpty
    }
    let tools = failed.map { Tool("crm_resource", ["--cleanup", "--resource", $0]) }
    return zip(failed, Tool.runAll(tools, within: Self.retryTimeLimit, atOnce: 4)).compactMap { id, result in
      if case .success(let outcome) = result, outcome.ending == .exited(0) { return id }
      Console.error("crmsync: warning: 'crm_resource --cleanup --resource \(id)' failed")
      return nil
    }
  }

  /// In seconds; a cleanup waits for the controllers' answers.
  private static let retryTimeLimit = 60.0
}

extension CharmOutcome {
  /// Tells a person what the hook would be told.
  func tell() {
    for text in waiting { Console.error("crmsync: waiting: \(text)") }
    for text in blocked { Console.error("crmsync: blocked: \(text)") }
  }
}
