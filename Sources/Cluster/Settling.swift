import CIB
import Glibc

/// Waiting for a cluster to have done what follows from its configuration.
package struct Settling {
  package enum End: Equatable, Sendable {
    /// Nothing is left to be done.
    case settled
    /// The caller has seen enough.
    case seenEnough
    case timedOut
  }

  /// How often one looks, in seconds: every look is work for the CIB daemon.
  private static let interval = 1.0

  /// Waits until nothing is left to do.
  ///
  /// `crm_resource --wait` knows when that is: it runs the scheduler on the CIB until that has no actions left. In
  /// the meantime, the caller is shown how things stand.
  ///
  /// - Parameter look: is called with the status about every second; true ends the waiting.
  package static func wait(
    _ connection: ClusterConnection, within seconds: Double, look: (ClusterStatus) -> Bool
  ) throws(ClusterError) -> End {
    let deadline = monotonicNow() + seconds
    let tool = Tool(
      "crm_resource", ["--wait", "--timeout=\(Int(seconds.rounded(.up)))s"], environment: connection.environment)
    var waiting = try start(tool)
    while true {
      let left = deadline - monotonicNow()
      guard left > 0 else { return .timedOut }
      let outcome = waiting.outcome(ifWithin: min(interval, left))
      if let outcome, outcome.ending == .exited(CrmExit.timeout) { return .timedOut }
      let status = ClusterStatus(try connection.query(status: true))
      if look(status) { return .seenEnough }
      guard let outcome else { continue }
      guard outcome.ending == .exited(CrmExit.ok) else {
        throw ClusterError(.failed, "'crm_resource --wait' failed, so it is not known whether the cluster has settled")
      }
      // Up to 2.1.5 at least it does not wait for an operation that is under way and that nothing is to follow.
      guard status.instances.contains(where: { $0.pendingOperation != nil }) else { return .settled }
      usleep(UInt32(interval * 1_000_000))
      waiting = try start(tool)
    }
  }

  private static func start(_ tool: Tool) throws(ClusterError) -> RunningTool {
    do throws(Tool.StartError) {
      return try tool.start()
    } catch {
      throw ClusterError(.noCibadmin, "crm_resource cannot be run, so there is no waiting for the cluster")
    }
  }
}
