import ArgumentParser
import CIB
import Cluster
import Documents
import Planning

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Nodes, remote nodes, resources and fencing as they are now; 1 if they need attention.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(
    help: ArgumentHelp("Say whether the cluster is as these documents say, too.", valueName: "document"))
  var documents: [String] = []
  @Option(help: ArgumentHelp("Read documents as yaml, json, crmsh or xml.", valueName: "format"))
  var inputFormat: InputFormat?
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "text or json.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      let connection = cluster.connect()
      let history = connection.isLive ? FencingEvent.startHistory() : nil
      let cib = try connection.finish(QueryAhead.take(connection), status: true)
      let report = StatusReport(
        ClusterStatus(cib), Configuration(cib.configuration), isLive: connection.isLive,
        fencingHistory: connection.isLive ? FencingEvent.history(history) : [], changesToMake: try changesToMake(cib),
        deferred: Deferrals(connection)?.count() ?? 0)
      switch format {
      case .text: try Console.print(report.text)
      case .json: try Console.print(JSONEmitter.bytes(of: report.value))
      }
      if !report.concerns.isEmpty { throw ExitCode(Failure.Status.attention.rawValue) }
    }
  }

  /// How many changes would make the cluster what the documents say; nil without documents.
  private func changesToMake(_ cib: CIBDocument) throws -> Int? {
    guard !documents.isEmpty else { return nil }
    return try Inputs.plan(documents, format: inputFormat, on: cib).changes.count
  }
}
