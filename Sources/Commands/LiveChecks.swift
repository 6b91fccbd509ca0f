import CIB
import Cluster
import Desired
import Patching
import Planning
import XML

/// What only a running cluster can tell about a plan: who runs, who answers, whether changes are taken at all.
struct LiveChecks {
  let cib: CIBDocument
  let allowances: Allowances

  /// What the user allows that is refused otherwise.
  struct Allowances {
    var everything = false
    var deletionsOfWhatRuns = false
    var unreachableRemotes = false
  }

  /// - Returns: the remote nodes that the plan adds or moves, and that do not answer.
  func check(_ plan: inout Plan) -> [String] {
    guard !plan.isInSync else { return [] }
    let status = ClusterStatus(cib)
    if cib.dcUUID?.isEmpty != false { plan.warn("the cluster has no DC; apply will refuse") }
    if cib.haveQuorum != true { plan.warn("this partition has no quorum; apply will refuse") }
    checkDeletions(status, &plan)
    checkMessages(&plan)
    return checkRemotes(&plan)
  }

  // MARK: - What runs

  private func checkDeletions(_ status: ClusterStatus, _ plan: inout Plan) {
    let current = Configuration(plan.current)
    for change in plan.changes where change.action == .delete && [.primitive, .bundle].contains(change.kind) {
      guard status.isActive(change.id) else { continue }
      let nodes = status.activeNodes(of: change.id)
      if current.isUnmanaged(change.id, everByRule: true) {
        plan.refuse(
          "'\(change.id)' is unmanaged and runs on \(nodes.joined(separator: ", ")): deleted, it would run on unseen",
          option: "--force", allowances)
      } else if !allowances.deletionsOfWhatRuns {
        plan.stoppedFirst.append(Stopped(change.id, nodes: nodes))
      }
    }
  }

  // MARK: - What Pacemaker can send

  /// With so few elements in the sections there is room for whatever it is.
  private static let fewElements = 500
  /// XML makes no less of it, compressed.
  private static let leastCompression = 10

  private func checkMessages(_ plan: inout Plan) {
    let status = cib.status ?? Element("status")
    guard !cib.comesInParts,
      (plan.target.elements + [status]).reduce(0, { $0 + $1.elements.count }) > Self.fewElements
    else { return }
    func text(_ configuration: Element) -> [UInt8] {
      [configuration, status].reduce(into: XMLWriter()) { $0.write($1) }.bytes
    }
    let whole = text(plan.target)
    let room = MessageBuffer.size()
    guard whole.count * 2 > room * Self.leastCompression else { return }
    let patch = Patch(from: plan.current, to: plan.target)
      .document(source: CIBVersion(adminEpoch: 0, epoch: 0, numUpdates: 0), countsStatusUpdates: false)
    // The news of a change have it twice (2.1.5): as what was asked for, and as what was done.
    let messages = [("the CIB would be", whole, 1), ("this change is", patch, 2)].compactMap { what, text, times in
      text.count * times < room * Self.leastCompression
        ? nil : MessageBuffer.need(of: text).map { (what: what, size: text.count * times, need: $0 * times) }
    }
    // What is around it takes some: the news of 1200 new remote nodes did not come through where this is 93 % (2.1.5).
    guard let largest = messages.max(by: { $0.need < $1.need }), largest.need * 10 > room * 9 else { return }
    // Who has a CIB at the limit may make it smaller.
    if largest.size == whole.count, text(plan.current).count >= whole.count { return }
    plan.refuse(
      "\(largest.what) too large for Pacemaker's messages, which have room for \(room) bytes, and this is \(largest.need) "
        + "compressed: its daemons would not hear of it. First set PCMK_ipc_buffer=\(largest.need * 4) in "
        + "/etc/default/pacemaker on every node, and restart Pacemaker there",
      option: "--force", allowances)
  }

  // MARK: - Remote nodes

  private func checkRemotes(_ plan: inout Plan) -> [String] {
    let unreachable = unreachableRemotes(in: plan)
    for (id, endpoint) in unreachable {
      let message =
        "remote node '\(id)' does not answer at \(endpoint.host) port \(endpoint.port): its host WILL BE FENCED"
      if allowances.unreachableRemotes {
        plan.warn(message)
      } else {
        plan.refuse(message, option: "--allow-unreachable-remotes", allowances)
      }
    }
    return unreachable.map(\.id)
  }

  /// The remote nodes that the plan adds, or whose address it changes, and that do not answer: their hosts would be fenced
  /// (tried on Pacemaker 2.1.5: after 28 s). None without fencing.
  private func unreachableRemotes(in plan: Plan) -> [(id: String, endpoint: Endpoint)] {
    let target = Configuration(plan.target)
    guard target.fencing != (false, false) else { return [] }
    let current = Configuration(plan.current)
    var endpoints: [(id: String, endpoint: Endpoint)] = []
    for change in plan.changes where change.kind == .primitive && (change.action == .create || change.action == .update)
    {
      guard let endpoint = endpoint(of: change.id, in: target), endpoint != self.endpoint(of: change.id, in: current)
      else { continue }
      endpoints.append((change.id, endpoint))
    }
    guard !endpoints.isEmpty else { return [] }
    let answering = RemoteProbe.answering(endpoints.map(\.endpoint))
    return endpoints.filter { !answering.contains($0.endpoint) }
  }

  /// Where the remote node of this resource listens.
  private func endpoint(of id: String, in configuration: Configuration) -> Endpoint? {
    guard configuration.isRemote(id) else { return nil }
    let parameters = configuration.parameters(of: id)
    let host = parameters["server"] ?? parameters["addr"] ?? id
    return Endpoint(host: host, port: parameters["port"].flatMap(UInt16.init) ?? 3121)
  }
}

extension Plan {
  /// A cluster may read the CIB file that the plan is for.
  mutating func checkMaintenance() {
    guard !isInSync, Configuration(target).booleanProperty("maintenance-mode", default: false) else { return }
    warn("maintenance-mode is on: the cluster will act on the change only when it is off")
  }

  fileprivate mutating func warn(_ message: String) {
    diagnostics.append(Diagnostic(.warning, message, at: .none))
  }

  fileprivate mutating func refuse(_ message: String, option: String, _ allowances: LiveChecks.Allowances) {
    if allowances.everything {
      warn("\(message) (--force)")
    } else {
      refusals.append(Refusal(message, option: option))
    }
  }
}
