import CIB
import Cluster
import Planning

/// A cluster whose reaction to a change is waited for.
struct AwaitedCluster {
  let connection: ClusterConnection
  /// In seconds.
  let timeLimit: Double

  // MARK: - Stopping what is to be deleted

  /// Stops what runs and is to be deleted, all constraints being in place, and waits until it has stopped everywhere.
  ///
  /// - Throws: `Failure` where it does not stop; it is still told to.
  func stopFirst(_ planned: Workflow.Planned, _ history: History) throws -> Transaction.Attempt {
    let ids = planned.plan.stoppedFirst.map(\.id)
    var stopping = planned
    stopping.plan.target = Stopping.configuration(planned.plan.current, stopping: Set(ids))
    Console.error("crmsync: stopping first what is to be deleted: \(ids.joined(separator: ", "))")
    if stopping.plan.target != planned.plan.current {
      let isTaken = try history.keeping(stopping: stopping.plan) {
        try Transaction.send(stopping, through: connection)
      }
      guard isTaken else { return .conflict }
    }
    let progress = Progress()
    var last: ClusterStatus?
    let end = try Settling.wait(connection, within: timeLimit) { status in
      last = status
      let running = ids.filter(status.isActive)
      guard !running.isEmpty else { return true }
      progress.show("waiting for \(running.joined(separator: ", ")) to stop")
      return false
    }
    progress.end()
    guard end != .seenEnough else { return .prepared }
    let status = last ?? ClusterStatus(planned.cib)
    let running = ids.filter(status.isActive)
    throw Failure(
      .notTaken,
      end == .timedOut
        ? "after \(Int(timeLimit)) s these still run, and nothing was deleted:"
        : "these do not stop, and nothing was deleted:",
      details: running.flatMap { id in
        ["\(id) on \(status.activeNodes(of: id).joined(separator: ", "))"] + status.failures(of: id).map(Self.describe)
      },
      hint: "they are told to stop (target-role=Stopped); see to the failure, then apply again, or 'crmsync rollback'")
  }

  // MARK: - Removing every trace of a remote node

  /// Has the cluster forget the remote nodes whose resource the plan deleted, or an interrupted one: their entries among
  /// nodes and status, their attributes, and what the members' daemons remember of them as peers.
  func forgetRemotes(goneWith planned: Workflow.Planned) throws {
    guard connection.isLive else { return }
    let current = Configuration(planned.plan.current)
    var gone = planned.remembered
    gone += planned.plan.changes.filter { $0.action == .delete && current.isRemote($0.id) }.map(\.id)
    guard !gone.isEmpty else { return }
    // The controller writes the node's state once more when it deletes its history (tried on Pacemaker 2.1.5), so that has
    // to be over.
    for _ in 0..<Self.triesToForget {
      _ = try Settling.wait(connection, within: 30) { _ in false }
      _ = Tool.runAll(gone.map { Tool("crm_node", ["--force", "--remove=\($0)"]) }, within: 60, atOnce: 1)
      let cib = try connection.query(status: true)
      var known = Set(cib.status?.elements(named: "node_state").compactMap { $0["uname"] } ?? [])
      known.formUnion(Configuration(cib.configuration).nodes.compactMap { $0["uname"] })
      gone.removeAll { !known.contains($0) }
      if gone.isEmpty { return }
    }
    Console.error(
      "crmsync: warning: the cluster still knows \(gone.joined(separator: ", "))",
      hint: "'crm_node --force --remove=NODE' has it forget a node")
  }

  private static let triesToForget = 3

  // MARK: - Settling

  /// Waits until the cluster has done what follows from the change.
  ///
  /// - Throws: `Failure` with what failed, or what does not run though it is to.
  func settle(after planned: Workflow.Planned) throws {
    guard connection.isLive else { return }
    let before = ClusterStatus(planned.cib)
    let target = Configuration(planned.plan.target)
    let awaited = Self.awaited(planned.plan, before: before, target: target)
    let progress = Progress()
    var last = before
    let end = try Settling.wait(connection, within: timeLimit) { status in
      last = status
      let missing = awaited.filter { !status.isActive($0) || status.hasPendingOperation($0) }
      let under = Set(status.instances.filter { $0.pendingOperation != nil }.map(\.resource)).sorted()
      progress.show(
        missing.isEmpty && under.isEmpty
          ? "waiting for the cluster to come to rest"
          : "waiting for \((missing + under.filter { !missing.contains($0) }).prefix(4).joined(separator: ", ")); "
            + "\(awaited.count - missing.count) of \(awaited.count) run")
      return false
    }
    progress.end()
    let failures = last.failures.filter { !before.failures.contains($0) }
    let missing = awaited.filter { !last.isActive($0) || last.hasPendingOperation($0) }
    var details = failures.map(Self.describe)
    details += missing.filter { id in !failures.contains { $0.resource == id } }.map { "\($0) does not run" }
    if end == .timedOut {
      throw Failure(
        .notTaken, "applied, but the cluster has not settled after \(Int(timeLimit)) s", details: details,
        hint: "'crmsync status' shows how it stands")
    }
    guard details.isEmpty else {
      throw Failure(
        .notTaken, "applied, but not all of it works:", details: details, hint: "'crmsync status' shows how it stands")
    }
    Console.error("crmsync: settled, \(awaited.count) resources run that were awaited")
  }

  /// The primitives that are to run afterwards: those that the plan makes or changes, and those that ran before.
  private static func awaited(_ plan: Plan, before: ClusterStatus, target: Configuration) -> [String] {
    let changed = Set(plan.changes.filter { $0.action != .delete }.map(\.id))
    return target.objects.filter { object in
      object.kind == .primitive && !target.isStopped(object.id) && !target.isUnmanaged(object.id)
        && (changed.contains(object.id) || before.isActive(object.id))
    }.map(\.id)
  }

  /// `web: start failed on n1 (exit code 1): no such file`.
  private static func describe(_ failure: ClusterStatus.Failure) -> String {
    let reason = failure.reason.map { ": \($0)" } ?? ""
    let how = failure.timedOut ? "timed out" : "failed (exit code \(failure.exitCode))"
    return "\(failure.resource): \(failure.operation) \(how) on \(failure.node)\(reason)"
  }
}

/// What is waited for: a line that is written over on a terminal, elsewhere a line when it has changed, at most every
/// ten seconds.
private final class Progress {
  private let started = ContinuousClock.now
  private var shown = ""
  private var lastLine: ContinuousClock.Instant?

  func show(_ text: String) {
    let seconds = Int((ContinuousClock.now - started).components.seconds)
    if Console.errorIsTerminal {
      let line = String("\(text.printable) (\(seconds) s)".prefix(78))
      Console.log("\r\u{1B}[K\(line)")
      shown = line
    } else if text != shown, lastLine.map({ ContinuousClock.now - $0 >= .seconds(10) }) ?? true {
      Console.error("crmsync: \(text)")
      shown = text
      lastLine = .now
    }
  }

  func end() {
    if Console.errorIsTerminal, !shown.isEmpty { Console.log("\r\u{1B}[K") }
  }
}
