import ArgumentParser
import Cluster

/// What ends a command: an exit status of the interface and what to tell the user.
struct Failure: Error {
  enum Status: Int32 {
    case attention = 1
    case changes = 2
    case refused = 3
    case usage = 64
    case invalidInput = 65
    case missingInput = 66
    case noCluster = 69
    case internalError = 70
    case notTaken = 74
    case conflict = 75
    case permissionDenied = 77
  }

  var status: Int32
  /// Nil where everything is said already.
  var message: String?
  /// What the message is about, a line each.
  var details: [String] = []
  var hint: String?

  init(_ status: Status, _ message: String?, details: [String] = [], hint: String? = nil) {
    self.status = status.rawValue
    self.message = message
    self.details = details
    self.hint = hint
  }

  init(status: Int32, message: String?, hint: String?) {
    self.status = status
    self.message = message
    self.hint = hint
  }

  /// - Returns: nil for an error of another kind than the program's own.
  init?(describing error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ClusterError: self.init(status: error.exitStatus, message: error.message, hint: error.hint)
    case let error as FileError: self.init(status: error.exitStatus, message: error.message, hint: nil)
    default: return nil
    }
  }

  /// Tells the user, and becomes the error that ends the program.
  func report() -> ExitCode {
    if let message { Console.error("crmsync: error: \(message)", details: details, hint: hint) }
    return ExitCode(status)
  }
}

extension ParsableCommand {
  /// Runs the body of a command; every kind of failure ends it with its message and its exit status.
  func reportingFailures(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as FileError where error.kind == .brokenPipe {
      // The reader has had enough (`| head`).
      throw ExitCode(Failure.Status.notTaken.rawValue)
    } catch {
      throw Failure(describing: error)?.report() ?? error
    }
  }
}
