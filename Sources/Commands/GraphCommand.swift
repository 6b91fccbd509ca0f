import ArgumentParser
import CIB
import Cluster
import Documents
import Graph
import Planning

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the cluster: what runs where, constraints, and with documents the plan.",
    discussion: """
      Prints SVG, for which Graphviz's "dot" is needed, or DOT, Graphviz's own language. What documents would make \
      new, change or take away stands in it in green, amber and red, and in words.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case svg, dot
  }

  @Argument(help: ArgumentHelp("Draw what these documents would change, too.", valueName: "document"))
  var documents: [String] = []
  @Option(help: ArgumentHelp("Read documents as yaml, json, crmsh or xml.", valueName: "format"))
  var inputFormat: InputFormat?
  @OptionGroup var cluster: ClusterOptions
  @Option(help: "svg or dot.")
  var format: Format = .svg

  mutating func run() throws {
    try reportingFailures {
      let connection = cluster.connect()
      let cib = try connection.finish(QueryAhead.take(connection), status: true)
      let plan = documents.isEmpty ? nil : try Inputs.plan(documents, format: inputFormat, on: cib)
      let dot = ClusterGraph(cib, plan: plan).dot
      switch format {
      case .dot: try Console.print(dot)
      case .svg: try Console.print(Self.laidOut(dot))
      }
    }
  }

  /// In seconds. Graphviz needs a fraction of one for hundreds of nodes, and may need for ever for what it never saw.
  private static let limit = 60.0

  private static func laidOut(_ dot: String) throws -> [UInt8] {
    let outcome: Tool.Outcome
    do {
      outcome = try Tool("dot", ["-Tsvg"], input: Array(dot.utf8)).run(within: limit)
    } catch {
      throw Failure(
        .noCluster, "Graphviz's 'dot' cannot be started", hint: "install graphviz, or print --format dot")
    }
    guard outcome.ending == .exited(0) else {
      let what = outcome.ending == .timedOut ? "took longer than \(Int(limit)) s" : "failed"
      throw Failure(.internalError, "Graphviz's 'dot' \(what)", hint: "--format dot prints what it was given")
    }
    return outcome.output
  }
}
