import ArgumentParser
import Desired
import Documents
import Planning
import XML

struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render", abstract: "Print documents, put together, in another format; needs no cluster.")

  @OptionGroup var documents: DocumentOptions
  @Flag(help: "Print what the hacluster charm's relations ask for; in a hook, or with --relation-data.")
  var fromCharm = false
  @OptionGroup var charm: CharmOptions
  @Option(help: "yaml, json, crmsh or xml.")
  var format: OutputFormat = .yaml
  @Flag(help: "Write secret values that stand in the documents.")
  var showSecrets = false

  mutating func run() throws {
    try reportingFailures {
      guard fromCharm || charm.relationData == nil else {
        throw Failure(.usage, "--relation-data goes with --from-charm")
      }
      guard !fromCharm || documents.documents.isEmpty else {
        throw Failure(.usage, "--from-charm goes without documents")
      }
      let desired = try fromCharm ? CharmWorkflow.desired(charm.relationData) : Inputs.read(documents)
      var plan = Planner.plan(withoutCluster: desired)
      plan.checkUnknownElements(in: desired, hasCluster: false)
      try Inputs.check(plan.diagnostics)
      switch format {
      case .xml:
        let (element, problems) = XMLDocumentWriter(showSecrets: showSecrets).element(for: desired)
        Inputs.report(problems)
        guard problems.isEmpty else { throw Failure(.invalidInput, nil) }
        var writer = XMLWriter()
        writer.write(element)
        try Console.print(writer.bytes)
      case .crmsh: try CrmshWriter(rendering: desired, showSecrets: showSecrets).print()
      case .yaml, .json:
        let value = NativeDocumentWriter(showSecrets: showSecrets).value(of: desired)
        try Console.print(format == .json ? JSONEmitter.bytes(of: value) : YAMLEmitter.bytes(of: value))
      }
    }
  }
}
