import Cluster

/// The query of the cluster, started while ArgumentParser still reads the arguments: by reflection that takes 4 ms, and
/// cibadmin needs 25. A guess from the bare words, which can only save time: a command takes the query if it is of the
/// cluster that the arguments turn out to name, else starts its own.
enum QueryAhead {
  /// The verbs that always read the cluster.
  private static let verbs: Set = ["plan", "apply", "rollback", "status", "export", "graph"]

  private struct Guess {
    var source: ClusterConnection.Source
    var query: ClusterConnection.PendingQuery
  }

  /// Used by the main thread alone, as there is no other.
  private nonisolated(unsafe) static var guess: Guess?

  /// - Parameter arguments: those of the program, without its name.
  static func start(_ arguments: [String]) {
    guard let verb = arguments.first, verbs.contains(verb),
      !arguments.contains(where: { ["-h", "--help", "--version"].contains($0) })
    else { return }
    let connection = ClusterConnection(cibFile: cibFile(in: arguments))
    guess = Guess(source: connection.source, query: connection.startQuery())
  }

  /// The query of this cluster: the one that was started ahead, or else a new one.
  static func take(_ connection: ClusterConnection) -> ClusterConnection.PendingQuery {
    defer { guess = nil }
    return guess.flatMap { $0.source == connection.source ? $0.query : nil } ?? connection.startQuery()
  }

  /// Ends a query that nobody took.
  static func drop() { guess = nil }

  static func cibFile(in arguments: [String]) -> String? {
    var result: String?
    var previous = ""
    for argument in arguments.prefix(while: { $0 != "--" }) {
      if previous == "--cib-file" { result = argument }
      if argument.hasPrefix("--cib-file=") { result = String(argument.dropFirst("--cib-file=".count)) }
      previous = argument
    }
    return result
  }
}
