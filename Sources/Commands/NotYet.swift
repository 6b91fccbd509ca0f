import ArgumentParser

/// A command of the interface that is not there yet: it says so, whatever its arguments, and exits 64.
protocol NotYetCommand: ParsableCommand {
  var arguments: [String] { get }
}

extension NotYetCommand {
  mutating func run() throws {
    throw Failure(.usage, "crmsync \(Self.configuration.commandName ?? "") is not there yet").report()
  }
}

struct RollbackCommand: NotYetCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Put back the configuration from before an apply (not there yet).")
  @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}

struct HistoryCommand: NotYetCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List applies (not there yet).", shouldDisplay: false)
  @Argument(parsing: .captureForPassthrough) var arguments: [String] = []
}
