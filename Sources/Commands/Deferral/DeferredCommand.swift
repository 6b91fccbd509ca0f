import ArgumentParser
import Cluster
import Documents
import Planning

struct DeferredCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deferred", abstract: "What 'apply --defer' has put off, as it would interrupt what runs.",
    subcommands: [DeferredListCommand.self, DeferredRunCommand.self])
}

/// What waits, and what it would do to the cluster as it is now.
struct DeferredWork {
  let waiting: Deferrals.Waiting
  let entry: DeferredEntry
  let rollback: Rollback

  init(_ waiting: Deferrals.Waiting, _ entry: DeferredEntry, _ connection: ClusterConnection) {
    self.waiting = waiting
    self.entry = entry
    rollback = Rollback(
      applied: entry.heading.changes!, number: nil, connection: connection,
      title: "deferred entry \(waiting.file.number)")
  }

  /// - Throws: `Failure` where the folder cannot be read.
  static func all(_ connection: ClusterConnection) throws -> (deferrals: Deferrals, work: [DeferredWork]) {
    guard let deferrals = Deferrals(connection) else {
      throw Failure(.missingInput, "this user has nothing deferred", hint: "CRMSYNC_STATE_DIR names the folder")
    }
    let work = try deferrals.all().compactMap { waiting -> DeferredWork? in
      guard let entry = waiting.entry else {
        Console.error("crmsync: warning: deferred entry \(waiting.file.number) is damaged: \(deferrals.folder.path)")
        return nil
      }
      return DeferredWork(waiting, entry, connection)
    }
    return (deferrals, work)
  }
}

struct DeferredListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what waits, since when, and what it would interrupt.",
    discussion: "What the cluster no longer needs, as it is so already, disappears from the list.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, yaml
  }

  @OptionGroup var cluster: ClusterOptions
  @Option(help: "text, json or yaml.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      let connection = cluster.connect()
      let (deferrals, work) = try DeferredWork.all(connection)
      var shown: [DeferredView] = []
      if !work.isEmpty {
        let cib = try connection.query(status: true)
        for one in work {
          var planned = one.rollback.plan(cib, try AllowFlags.parse([]))
          guard !planned.plan.isInSync else {
            deferrals.remove(one.waiting)
            continue
          }
          planned.simulate()
          shown.append(DeferredView(number: one.waiting.file.number, entry: one.entry, planned: planned))
        }
      }
      switch format {
      case .text:
        try Console.print(shown.isEmpty ? "Nothing waits.\n" : shown.map(\.text).joined(separator: "\n"))
      case .json: try Console.print(JSONEmitter.bytes(of: .list(shown.map(\.value))))
      case .yaml: try Console.print(YAMLEmitter.text(of: .list(shown.map(\.value))))
      }
    }
  }
}

struct DeferredRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Apply what waits, interruptions and all.",
    discussion: """
      All of it, in the order in which it was put off, or one entry. What others have changed since in the same objects \
      is a conflict: nothing of that entry is written (exit status 3), and the documents are to be applied again.
      """)

  @Argument(
    help: ArgumentHelp("The entry, by its number in 'crmsync deferred list'; all if not given.", valueName: "id"))
  var id: Int?
  @OptionGroup var cluster: ClusterOptions
  @OptionGroup var allow: AllowFlags
  @OptionGroup var options: ApplyOptions

  mutating func run() throws {
    try reportingFailures {
      try options.check()
      let connection = cluster.connect()
      let (deferrals, all) = try DeferredWork.all(connection)
      let work = all.filter { id == nil || $0.waiting.file.number == id }
      if let id, work.isEmpty {
        throw Failure(.missingInput, "nothing waits as entry \(id)", hint: "'crmsync deferred list' lists what does")
      }
      if work.isEmpty, options.format == .text { try Console.print("Nothing waits.\n") }
      for one in work {
        var applying = Applying(
          connection: connection, options: options, history: History(one.entry.heading.origin, connection),
          inSync: "Nothing is left to do of deferred entry \(one.waiting.file.number).")
        applying.endsProgram = false
        try applying.run {
          let cib = try connection.query(status: options.simulates ? true : nil)
          var planned = one.rollback.plan(cib, allow)
          if options.simulates { planned.simulate() }
          return planned
        }
        if !options.dryRun { deferrals.remove(one.waiting) }
      }
    }
  }
}

/// What waits of one apply, as people and programs read it.
struct DeferredView {
  let number: Int
  let entry: DeferredEntry
  let planned: Workflow.Planned

  /// What it would interrupt now; what was foreseen when it was put off, where that is not known now.
  private var events: [DeferredEntry.Event] {
    switch planned.consequences {
    case .effects: planned.interruptions.map(DeferredEntry.Event.init)
    case nil: []
    case .gaveUp, .failed: entry.events
    }
  }

  private var conflicts: [String] { planned.plan.refusals.map(\.message) }

  var text: String {
    let heading = entry.heading
    let who = entry.requestor.isEmpty ? "" : ", for \(entry.requestor.printable)"
    var text = "\(number)  since \(heading.time.local), by \(heading.user.printable)\(who)\n"
    for document in heading.origin.documents { text += "   of \(document.printable)\n" }
    let events = events
    if events.isEmpty { text += "   interrupts nothing any more\n" }
    for event in events { text += "   ! \(event.sentence.printable)\n" }
    for conflict in conflicts { text += "   refused: \(conflict.printable)\n" }
    for line in PlanText(usesColour: Console.usesColour).changes(planned.plan).split(separator: "\n") {
      text += "     \(line)\n"
    }
    return text
  }

  var value: NativeValue {
    let heading = entry.heading
    return .map([
      .init("id", .integer(number)), .init("since", .text(heading.time.iso8601)), .init("user", .text(heading.user)),
      .init("requestor", .text(entry.requestor)),
      .init("documents", .list(heading.origin.documents.map(NativeValue.text))),
      .init(
        "events",
        .list(
          events.map(\.value))),
      .init("conflicts", .list(conflicts.map(NativeValue.text))),
      .init("plan", PlanJSON.value(planned.plan, planned.consequences)),
    ])
  }
}
