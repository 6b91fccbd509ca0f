import ArgumentParser
import CGlibc
import Desired
import Glibc

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
      SchemaCommand.self,
      StatusCommand.self, GraphCommand.self, DeferredCommand.self, RollbackCommand.self, HistoryCommand.self,
      FencingCommand.self,
      CharmCommand.self,
    ])

  public init() {}

  /// Runs the program.
  public static func start() -> Never {
    crmsync_prepare_process()
    // Swift reads them from /proc, which can be that of another PID namespace ('nsenter' without --pid): with none, an
    // apply would print the help and end with 0.
    guard !CommandLine.arguments.isEmpty else {
      let failure = Failure(
        .internalError, "cannot read the arguments in /proc/self/cmdline", hint: "is /proc mounted, for this namespace?"
      )
      exit(withError: failure.report())
    }
    keepFreedMemory()
    let arguments = Array(CommandLine.arguments.dropFirst())
    SecretVariables.hide(arguments)
    QueryAhead.start(arguments)
    do {
      try checkVerb(arguments)
      var command = try parseAsRoot()
      try command.run()
      QueryAhead.drop()
      exit()
    } catch {
      QueryAhead.drop()
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      let message = withoutFarGuess(fullMessage(for: error))
      // Empty where all has been told.
      if !message.isEmpty { Console.log(message.hasSuffix("\n") ? message : message + "\n") }
      Glibc.exit(ExitCode.validationFailure.rawValue)
    }
  }

  /// ArgumentParser takes a misspelt verb for an argument too many, and helps with what there is not.
  private static func checkVerb(_ arguments: [String]) throws {
    guard let verb = arguments.first == "help" ? arguments.dropFirst().first : arguments.first, !verb.hasPrefix("-"),
      verb != "help"
    else { return }
    let verbs = configuration.subcommands.map { $0._commandName }
    guard !verbs.contains(verb) else { return }
    let meant = Suggestion.nearest(to: verb, among: verbs)
    throw ValidationError("Unknown command '\(verb)'." + (meant.map { " Did you mean '\($0)'?" } ?? ""))
  }

  /// ArgumentParser guesses some option for any, `--yes` for `--out` among them.
  private static func withoutFarGuess(_ message: String) -> String {
    let pattern = #/(Unknown option '--(.+?)'\.) Did you mean '--(.+?)'\?/#
    return message.replacing(pattern) { match in
      let isNear = Suggestion.nearest(to: String(match.2), among: [String(match.3)]) != nil
      return isNear ? match.0 : match.1
    }
  }

  /// Large blocks come from the heap, and go back to it: first a large CIB's text is there, then its tree. Else every
  /// block would be new memory from the kernel, which for a large CIB costs as much as reading the documents does.
  private static func keepFreedMemory() {
    // 32 MiB is the most that glibc takes.
    mallopt(M_MMAP_THRESHOLD, 32 << 20)
    mallopt(M_TRIM_THRESHOLD, .max)
  }
}
