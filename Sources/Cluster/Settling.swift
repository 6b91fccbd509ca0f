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
    var version: [Int?] = []
    var unchangedSince = monotonicNow()
    while true {
      let left = deadline - monotonicNow()
      guard left > 0 else { return .timedOut }
      let outcome = waiting.outcome(ifWithin: min(interval, left))
      if let outcome, outcome.ending == .exited(CrmExit.timeout) { return .timedOut }
      let cib = try connection.query(status: true)
      let status = ClusterStatus(cib)
      if look(status) { return .seenEnough }
      let now = [cib.adminEpoch, cib.epoch, cib.numUpdates]
      if now != version { (version, unchangedSince) = (now, monotonicNow()) }
      if monotonicNow() - unchangedSince > quietTime, isIdle(status.dc) { return .settled }
      guard let outcome else { continue }
      guard outcome.ending == .exited(CrmExit.ok) else {
        throw ClusterError(
          .failed, "'crm_resource --wait' failed, so it is not known whether the cluster has settled",
          hint: "'crmsync status' shows how it stands")
      }
      // Up to 2.1.5 at least it does not wait for an operation that is under way and that nothing is to follow.
      guard status.instances.contains(where: { $0.pendingOperation != nil }) else { return .settled }
      usleep(UInt32(interval * 1_000_000))
      waiting = try start(tool)
    }
  }

  /// How long nothing in the CIB changes before the DC is asked, in seconds. `crm_resource --wait` has been seen to go on
  /// for minutes after the DC had nothing left to do (2.1.5, once in some hundred times).
  private static let quietTime = 10.0

  /// Whether the controller of the DC is at rest. It is not while an operation is under way.
  private static func isIdle(_ dc: String?) -> Bool {
    guard let dc, let outcome = try? Tool("crmadmin", ["--status=\(dc)"]).run(within: 5) else { return false }
    return outcome.ending == .exited(CrmExit.ok) && String(decoding: outcome.output, as: UTF8.self).contains("S_IDLE")
  }

  private static func start(_ tool: Tool) throws(ClusterError) -> RunningTool {
    do throws(Tool.StartError) {
      return try tool.start()
    } catch {
      throw ClusterError(
        .noCibadmin, "crm_resource cannot be run, so there is no waiting for the cluster",
        hint: "'crmsync status' shows how it stands")
    }
  }
}
