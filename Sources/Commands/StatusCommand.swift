import ArgumentParser
import CIB
import Cluster
import Documents

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Nodes, remote nodes, resources and fencing as they are now; 1 if they need attention.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var cluster: ClusterOptions
  @Option(help: "text or json.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      let connection = ClusterConnection(cibFile: cluster.cibFile)
      if let note = connection.note { Console.error("crmsync: note: \(note)") }
      let cib = try connection.query(status: true)
      let report = StatusReport(ClusterStatus(cib), Configuration(cib.configuration), isLive: connection.isLive)
      switch format {
      case .text: try Console.print(report.text)
      case .json: try Console.print(JSONEmitter.bytes(of: report.value))
      }
      if !report.concerns.isEmpty { throw ExitCode(Failure.Status.attention.rawValue) }
    }
  }
}
