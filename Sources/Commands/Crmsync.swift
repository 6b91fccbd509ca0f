import ArgumentParser

/// The program: `crmsync VERB …`, one verb a file.
public struct Crmsync: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "crmsync",
    abstract: "Make a Pacemaker cluster what documents say it must be.",
    discussion: """
      Documents are YAML, JSON, crmsh syntax or CIB XML, by their extension; "-" is standard input. Without any, \
      /etc/crmsync/cluster.yaml is read.

      Exit statuses: 0 done, 1 attention needed (status), 2 changes (plan --detailed-exitcode), 3 refused for \
      safety, 64 wrong usage, 65 invalid input, 66 missing input, 69 no cluster, 70 internal error, 74 not taken \
      or not written, 75 conflicting changes, 77 permission denied.
      """,
    version: "crmsync 0.1.0",
    subcommands: [
      PlanCommand.self, ApplyCommand.self, ExportCommand.self, RenderCommand.self, ValidateCommand.self,
      StatusCommand.self, RollbackCommand.self, HistoryCommand.self, FencingCommand.self, CharmCommand.self,
    ])

  public init() {}

  /// Runs the program.
  public static func start() -> Never {
    QueryAhead.start(Array(CommandLine.arguments.dropFirst()))
    do {
      var command = try parseAsRoot()
      try command.run()
      QueryAhead.drop()
      exit()
    } catch {
      QueryAhead.drop()
      exit(withError: error)
    }
  }
}
