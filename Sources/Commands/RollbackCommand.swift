import ArgumentParser
import Cluster
import Planning

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Put back the configuration from before an apply.",
    discussion: """
      What the apply changed goes back to what it was before; what others have changed elsewhere since stays. Where they \
      have changed the same, nothing is written (exit status 3). A rollback is in the history as well, and can be rolled \
      back.
      """)

  @Argument(
    help: ArgumentHelp("The apply, by its number in 'crmsync history'; the last if not given.", valueName: "id"))
  var id: Int?
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var allow: AllowFlags
  @OptionGroup var options: ApplyOptions

  mutating func run() throws {
    try reportingFailures {
      try options.check()
      let connection = cluster.connect()
      var pending: ClusterConnection.PendingQuery? = QueryAhead.take(connection)
      let (number, applied) = try entry(connection)
      let rollback = Rollback(applied: applied, number: number, connection: connection)
      let applying = Applying(
        connection: connection, options: options, history: History(.rollback(of: number), connection),
        inSync: rollback.inSync)
      try applying.run {
        let cib = try connection.finish(pending ?? connection.startQuery(), status: options.simulates ? true : nil)
        pending = nil
        var planned = rollback.plan(cib, allow)
        if options.simulates { planned.simulate() }
        if options.dryRun { planned.addAdvice(nil) }
        return planned
      }
    }
  }

  private func entry(_ connection: ClusterConnection) throws -> (Int, AppliedChanges) {
    let history = try HistoryEntries()
    guard let number = id ?? history.entries(of: connection).last?.entry.number else {
      throw Failure(
        .missingInput, "the history has nothing for \(HistoryView.name(ofCIBFile: connection.file))",
        hint: "'crmsync history --all' lists what it has")
    }
    let (entry, content) = try history.read(number)
    guard content.cibFile == connection.file.map(HistoryEntry.absolute) else {
      throw Failure(
        .usage,
        "entry \(number) is of \(HistoryView.name(ofCIBFile: content.cibFile)), "
          + "not of \(HistoryView.name(ofCIBFile: connection.file))",
        hint: content.cibFile.map { "give --cib-file \($0)" })
    }
    guard entry.state != .underWay else {
      throw Failure(.conflict, "entry \(number) is being applied just now", hint: "try again when it has ended")
    }
    return (number, content.changes!)
  }
}
