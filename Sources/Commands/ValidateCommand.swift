import ArgumentParser
import CIB
import Cluster
import Desired
import Documents
import Planning
import XML

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check documents; needs no cluster.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var documents: DocumentOptions
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "text or json.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      let desired = try Inputs.read(documents)
      var plan: Plan
      if let cibFile = cluster.cibFile {
        let cib = try ClusterConnection(cibFile: cibFile).query()
        var options = PlanOptions()
        options.escapesText = cib.escapesText
        plan = Planner.plan(
          from: Configuration(cib.configuration), to: desired,
          validateWith: cib.validateWith ?? desired.validateWith ?? Schema.newest.name, options: options)
      } else {
        plan = Planner.plan(withoutCluster: desired)
      }
      plan.checkUnknownElements(in: desired, hasCluster: cluster.cibFile != nil)
      plan.checkControlCharacters(in: desired, asError: cluster.cibFile != nil)
      let diagnostics =
        plan.diagnostics + AgentChecks.warnings(about: desired)
        + AgentChecks.deadlineWarnings(about: desired, in: plan.target)
      Inputs.report(diagnostics)
      let isValid = plan.errors.isEmpty
      switch format {
      case .text: if isValid { try Console.print("Valid.\n") }
      case .json:
        let value = NativeValue.map([
          .init("valid", .bool(isValid)), .init("diagnostics", .list(diagnostics.map(PlanJSON.diagnostic))),
        ])
        try Console.print(JSONEmitter.bytes(of: value))
      }
      guard isValid else { throw Failure(.invalidInput, nil) }
    }
  }
}
