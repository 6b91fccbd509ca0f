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
      let (desired, problems) = try Inputs.readWithProblems(documents)
      var diagnostics = problems
      // What refers to what, once it is known what there is.
      if !problems.contains(where: \.isError) { diagnostics += try findings(about: desired) }
      Inputs.report(diagnostics)
      let isValid = !diagnostics.contains(where: \.isError)
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

  private func findings(about desired: DesiredConfiguration) throws -> [Diagnostic] {
    var plan: Plan
    if let cibFile = cluster.cibFile {
      plan = Planner.plan(from: try ClusterConnection(cibFile: cibFile).query(), to: desired)
    } else {
      plan = Planner.plan(withoutCluster: desired)
    }
    plan.checkUnknownElements(in: desired, hasCluster: cluster.cibFile != nil)
    plan.checkControlCharacters(in: desired, asError: cluster.cibFile != nil)
    return plan.diagnostics + AgentChecks.warnings(about: desired)
      + AgentChecks.deadlineWarnings(about: desired, in: plan.target)
  }
}
