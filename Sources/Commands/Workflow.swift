import CIB
import Cluster
import Desired
import Documents
import Patching
import Planning
import XML

/// What `plan` and `apply` do alike, step by step.
struct Workflow {
  let connection: ClusterConnection
  let desired: DesiredConfiguration
  let flags: PlanFlags
  private var pending: ClusterConnection.PendingQuery?

  struct SchemaObjection {
    var summary: String
    var findings: [String]
    var hint: String?
  }

  /// A plan and what it was made from.
  struct Planned {
    var cib: CIBDocument
    var plan: Plan
    /// The remote nodes that the plan adds or moves, and that do not answer. Not known without a live cluster.
    var unreachableRemotes: [String] = []
    /// Remote nodes that the cluster remembers though they have left the configuration, and documents delete them: the
    /// apply that did so was killed before it could have them forgotten.
    var remembered: [String] = []
    /// What was taken out of the plan, to wait.
    var deferral: Deferral?
    /// What the cluster would do; nil where it was not asked for.
    var consequences: Simulation.Outcome?

    var version: CIBVersion {
      CIBVersion(adminEpoch: cib.adminEpoch, epoch: cib.epoch, numUpdates: cib.numUpdates)
    }

    var patch: Patch { Patch(from: plan.current, to: plan.target) }

    /// The configurations to be shown, with the secrets of the record marked as well.
    var configurationsToShow: (current: Element, target: Element) {
      let record = plan.record
      return (plan.current.markingSecrets(record), plan.target.markingSecrets(record))
    }

    var patchToShow: Patch {
      let (current, target) = configurationsToShow
      return Patch(from: current, to: target)
    }

    /// What the schema has against the result; nil where its file is not on this machine.
    func schemaObjection() -> SchemaObjection? {
      var target = cib.root
      target.children = [.element(plan.target.withoutMarks), .element(Element("status"))]
      var writer = XMLWriter()
      writer.write(target)
      let schema = cib.validateWith ?? ""
      guard let findings = SchemaCheck.findings(in: writer.bytes, schema: schema), !findings.isEmpty else { return nil }
      return SchemaObjection(
        summary: "the result would not fit \(schema), the schema of the CIB",
        findings: findings.map { "<\($0.element)>\($0.id.map { " '\($0)'" } ?? ""): \($0.message)" },
        hint: findings.allSatisfy(\.isAboutIDs)
          ? nil : "'cibadmin --upgrade' brings the CIB to the newest schema, which may allow it")
    }

    /// Asks what the cluster would do. Without a node that is up there is nothing to foresee.
    mutating func simulate() {
      guard !plan.isInSync, ClusterStatus(cib).nodes.contains(where: \.isOnline) else { return }
      func bytes(_ configuration: Element) -> [UInt8] {
        var root = cib.root
        root.children = [.element(configuration)] + (cib.status.map { [.element($0)] } ?? [])
        var writer = XMLWriter()
        writer.write(root)
        return writer.bytes
      }
      consequences = Simulation.effects(
        from: bytes(plan.current), to: bytes(plan.target.withoutMarks), within: Self.simulationLimit)
    }

    /// In seconds: with 1000 remote nodes, one transition takes several.
    private static let simulationLimit = 20.0

    /// What of it disturbs something that runs.
    var interruptions: [Effect] {
      if case .effects(let effects) = consequences { effects.filter(\.interrupts) } else { [] }
    }

    /// Adds what takes too long for `apply`: what the schema and the agents would say.
    ///
    /// - Parameter desired: what documents say; nil for a rollback, which has nothing that was not there before.
    mutating func addAdvice(_ desired: DesiredConfiguration?) {
      guard !plan.isInSync else { return }
      if let desired {
        plan.diagnostics += AgentChecks.warnings(about: desired)
        plan.diagnostics += AgentChecks.deadlineWarnings(about: desired, in: plan.target)
      }
      guard plan.errors.isEmpty, let objection = schemaObjection() else { return }
      plan.diagnostics.append(
        Diagnostic(
          .warning, "apply will refuse this: \(objection.summary): \(objection.findings.joined(separator: "; "))",
          at: .none, hint: objection.hint))
    }
  }

  /// Reads documents and their secrets, and finds the cluster.
  init(documents: DocumentOptions, cluster: ClusterOptions, flags: PlanFlags) throws {
    self.flags = flags
    connection = ClusterConnection(cibFile: cluster.cibFile)
    pending = QueryAhead.take(connection)
    desired = try Inputs.read(documents).resolvingSecrets()
    if let note = connection.note { Console.error("crmsync: note: \(note)") }
  }

  /// Reads the cluster's configuration and plans.
  ///
  /// - Parameter simulates: whether to ask what the cluster would do.
  mutating func plan(simulates: Bool = false) throws -> Planned {
    let cib = try connection.finish(pending ?? connection.startQuery(), status: simulates ? true : nil)
    pending = nil
    var planned = Self.planned(
      cib, desired, through: connection, options: flags.planOptions, allowances: flags.allow.allowances)
    if simulates { planned.simulate() }
    return planned
  }

  /// The plan from a configuration that was read to the desired one.
  static func planned(
    _ cib: CIBDocument, _ desired: DesiredConfiguration, through connection: ClusterConnection,
    options: PlanOptions, allowances: LiveChecks.Allowances
  ) -> Planned {
    var plan = Planner.plan(from: cib, to: desired, options: options)
    plan.checkUnknownElements(in: desired)
    if !plan.isInSync { plan.checkControlCharacters(in: desired, asError: !options.isForced) }
    plan.checkMaintenance()
    let unreachable = connection.isLive ? LiveChecks(cib: cib, allowances: allowances).check(&plan) : []
    return Planned(
      cib: cib, plan: plan, unreachableRemotes: unreachable,
      remembered: connection.isLive ? remembered(desired, in: cib) : [])
  }

  private static func remembered(_ desired: DesiredConfiguration, in cib: CIBDocument) -> [String] {
    let deleted = desired.deletions.compactMap { if case .object(let id) = $0.target { id } else { nil } }
    guard !deleted.isEmpty, let states = cib.status?.elements(named: "node_state") else { return [] }
    let remotes = Set(states.filter { $0["remote_node"] == "true" }.compactMap { $0["uname"] })
    let current = Configuration(cib.configuration)
    return deleted.filter { remotes.contains($0) && current.resource($0) == nil }
  }

  /// - Throws: `Failure` where the cluster would not take a change, or would lose it.
  func checkTakesChanges(_ cib: CIBDocument) throws { try Self.checkTakesChanges(cib, through: connection) }

  static func checkTakesChanges(_ cib: CIBDocument, through connection: ClusterConnection) throws {
    guard connection.isLive else { return }
    guard cib.dcUUID?.isEmpty == false else {
      throw Failure(
        .noCluster, "the cluster has no DC; nothing was changed", hint: "wait for the election, or look at 'crm_mon -1'"
      )
    }
    guard cib.haveQuorum == true else {
      throw Failure(
        .noCluster, "this partition has no quorum: it could lose the change to another; nothing was changed",
        hint: "apply where the quorum is")
    }
  }
}

extension Planner {
  /// The plan from what a CIB has.
  static func plan(from cib: CIBDocument, to desired: DesiredConfiguration, options: PlanOptions = PlanOptions())
    -> Plan
  {
    var options = options
    options.escapesText = cib.escapesText
    return plan(
      from: Configuration(cib.configuration), to: desired, validateWith: cib.validateWith ?? "none", options: options)
  }
}

extension DesiredConfiguration {
  /// With the values that stand in files and in the environment.
  ///
  /// - Throws: `Failure` after every one that is missing or of no use was told.
  func resolvingSecrets() throws -> DesiredConfiguration {
    var first: FileError?
    let (result, problems) = readingSecrets { first = first ?? $0 }
    guard let first else { return result }
    Inputs.report(problems)
    throw Failure(status: first.exitStatus, message: nil, hint: nil)
  }
}

extension Element {
  /// The element without marks that are no part of a CIB.
  var withoutMarks: Element {
    var result = self
    result[ValueSource.secretMark] = nil
    for index in result.children.indices {
      if case .element(let child) = result.children[index] { result.children[index] = .element(child.withoutMarks) }
    }
    return result
  }
}
