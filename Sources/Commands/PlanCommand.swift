import ArgumentParser
import Documents
import Patching
import Planning

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what apply would change.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, xml, crmsh
  }

  @OptionGroup var documents: DocumentOptions
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var flags: PlanFlags
  @Option(help: "text, json, xml (the patch, for cibadmin --patch) or crmsh (for crm configure).")
  var format: Format = .text
  @Flag(help: "Exit 2 when there are changes.")
  var detailedExitcode = false
  @Flag(help: "Show secret values.")
  var showSecrets = false
  @Option(help: ArgumentHelp("Save the plan, for apply.", valueName: "file"))
  var out: String?
  @Flag(help: "Go on, and tell each time when the configuration leaves the documents or comes back (text or json).")
  var watch = false
  @Option(help: ArgumentHelp("How often --watch looks (default: 2).", valueName: "seconds"))
  var interval: Double?

  mutating func run() throws {
    try reportingFailures {
      guard !watch else { try watching().run() }
      var workflow = try Workflow(documents: documents, cluster: cluster, flags: flags)
      var planned = try workflow.plan(simulates: flags.simulate ?? true)
      planned.addAdvice(workflow.desired)
      try Self.show(planned, format: format, showSecrets: showSecrets)
      if let out {
        let names = documents.documents.isEmpty ? [Inputs.defaultDocument] : documents.documents
        let inputs = names.filter { $0 != "-" } + [workflow.connection.file].compactMap(\.self)
        try SavedPlan(planned, documents: HistoryEntry.names(documents)).save(to: out, inputs: inputs)
      }
      if detailedExitcode, !planned.plan.isInSync { throw ExitCode(Failure.Status.changes.rawValue) }
    }
  }

  private func watching() throws -> Watching {
    let interval = interval ?? 2
    guard format == .text || format == .json else { throw Failure(.usage, "--watch prints text or json") }
    guard !documents.documents.contains("-") else {
      throw Failure(.usage, "--watch reads documents again and again, which standard input cannot be")
    }
    guard out == nil else { throw Failure(.usage, "--watch has no plan to save with --out") }
    guard (0.1...3600).contains(interval) else { throw Failure(.usage, "--interval is to be 0.1 to 3600 seconds") }
    return Watching(
      documents: documents, cluster: cluster, flags: flags, isJSON: format == .json, interval: interval)
  }

  /// - Throws: `Failure` for a plan with errors, after all of it was told.
  static func show(
    _ planned: Workflow.Planned, format: Format, showSecrets: Bool, inSync: String = PlanText.inSync
  ) throws {
    let plan = planned.plan
    try Inputs.check(plan.diagnostics)
    switch format {
    case .text:
      let text = PlanText(usesColour: Console.usesColour)
      try Console.print(text.render(plan, planned.consequences, deferral: planned.deferral, inSync: inSync))
    case .json:
      try Console.print(JSONEmitter.text(of: PlanJSON.value(plan, planned.consequences, deferral: planned.deferral)))
    case .xml:
      let patch = planned.patchToShow
      guard !patch.holdsSecret || showSecrets else {
        throw Failure(.usage, "the patch holds secret values", hint: "--show-secrets prints them")
      }
      try Console.print(patch.document(source: planned.version, countsStatusUpdates: false))
    case .crmsh:
      let (current, target) = planned.configurationsToShow
      let writer = CrmshPlanWriter(from: current, to: target)
      guard !writer.holdsSecret || showSecrets else {
        throw Failure(.usage, "the commands hold secret values", hint: "--show-secrets prints them")
      }
      try Inputs.check(writer.problems)
      try Console.print(writer.text)
    }
  }
}
