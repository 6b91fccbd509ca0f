import Cluster
import Glibc
import Patching
import Planning

/// One change of the cluster's configuration, as a whole or not at all.
enum Transaction {
  /// How long other writers are given way.
  private static let patience = Duration.seconds(30)

  enum Attempt {
    /// The cluster is as it is to be.
    case done
    /// What has to come first is done: now plan for the rest.
    case prepared
    /// The patch no longer fitted the configuration.
    case conflict
  }

  /// Plans and sends, again as long as someone else changes the configuration in between.
  ///
  /// - Throws: `Failure` where that does not end.
  static func untilTaken(_ attempt: () throws -> Attempt) throws {
    var deadline = ContinuousClock.now + patience
    var pause = Pause()
    while true {
      switch try attempt() {
      case .done: return
      case .prepared:
        deadline = ContinuousClock.now + patience
        continue
      case .conflict: break
      }
      guard ContinuousClock.now < deadline else {
        throw Failure(
          .conflict, "gave up: the configuration changed again and again; nothing was written",
          hint: "find out who writes (cib's update-client), then apply again")
      }
      Console.error("crmsync: the configuration was changed by someone else; planning again")
      pause.take()
    }
  }

  /// - Returns: whether the patch was taken; false where the CIB had changed in between.
  static func send(_ planned: Workflow.Planned, through connection: ClusterConnection) throws -> Bool {
    let patch = planned.patch
    do throws(ClusterError) {
      return try send(from: planned.version, through: connection) { version, countsStatusUpdates in
        patch.document(source: version, countsStatusUpdates: countsStatusUpdates)
      }
    } catch {
      throw explained(error, planned)
    }
  }

  /// - Parameters:
  ///   - version: of the CIB that the patch is for.
  ///   - patch: the patch for a version, status updates counted or not; see `Patch.document`.
  /// - Returns: whether the patch was taken; false where the CIB had changed in between.
  static func send(
    from version: CIBVersion, through connection: ClusterConnection,
    _ patch: (_ version: CIBVersion, _ countsStatusUpdates: Bool) -> [UInt8]
  ) throws(ClusterError) -> Bool {
    do throws(ClusterError) {
      try connection.patch(patch(version, false))
      return true
    } catch {
      switch error.kind {
      case .conflict: return false
      // What the patch changes is not there: someone has just changed it.
      case .patchFailed where try connection.query(status: false).epoch != version.epoch: return false
      case .sourceNeedsNumUpdates: return try sendCountingUpdates(from: version, through: connection, patch)
      default: throw error
      }
    }
  }

  /// A refusal by the schema, with what the schema has against the result.
  private static func explained(_ error: ClusterError, _ planned: Workflow.Planned) -> any Error {
    guard error.kind == .schemaRefused, let objection = planned.schemaObjection() else { return error }
    return Failure(
      .invalidInput, "\(objection.summary); nothing was changed:", details: objection.findings, hint: objection.hint)
  }

  /// Pacemaker 3.0.2 wants the status updates counted too, which change while one looks: as long as the configuration
  /// is the one that was planned on, the same patch is right with a newer count.
  private static func sendCountingUpdates(
    from version: CIBVersion, through connection: ClusterConnection, _ patch: (CIBVersion, Bool) -> [UInt8]
  ) throws(ClusterError) -> Bool {
    var version = version
    let deadline = ContinuousClock.now + patience
    var pause = Pause()
    while ContinuousClock.now < deadline {
      do throws(ClusterError) {
        try connection.patch(patch(version, true))
        return true
      } catch {
        guard error.canRetry else { throw error }
        let now = try connection.query(status: false)
        guard now.adminEpoch == version.adminEpoch, now.epoch == version.epoch else { return false }
        guard now.numUpdates != version.numUpdates || error.kind == .conflict else { throw error }
        version.numUpdates = now.numUpdates
        pause.take()
      }
    }
    return false
  }
}

/// A pause between two tries, each time longer: whoever else writes is to be let through, and every try is work for the
/// CIB daemons of all members.
private struct Pause {
  private var microseconds: UInt32 = 20_000
  private static let longest: UInt32 = 1_000_000

  mutating func take() {
    usleep(microseconds)
    microseconds = min(2 * microseconds, Self.longest)
  }
}
