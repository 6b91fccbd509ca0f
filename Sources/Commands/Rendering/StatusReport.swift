import CIB
import Cluster
import Documents
import FencingCheck

/// The state of a cluster, for people and for programs.
struct StatusReport {
  let status: ClusterStatus
  let configuration: Configuration
  /// Newest first; nil where the fencer does not answer.
  let fencingHistory: [FencingEvent]?
  /// To be as the documents say; nil where none were given.
  let changesToMake: Int?
  /// How many changes 'apply --defer' has put off, on this machine.
  let deferred: Int
  /// What needs attention, in words.
  let concerns: [String]

  /// Of the fencing history, how much text shows.
  private static let eventsShown = 5

  init(
    _ status: ClusterStatus, _ configuration: Configuration, isLive: Bool, fencingHistory: [FencingEvent]? = [],
    changesToMake: Int? = nil, deferred: Int = 0
  ) {
    self.status = status
    self.configuration = configuration
    self.fencingHistory = fencingHistory
    self.changesToMake = changesToMake
    self.deferred = deferred
    var concerns = Self.concerns(status, configuration, isLive: isLive)
    if fencingHistory == nil { concerns.append("the fencer does not answer") }
    concerns += Self.openEvents(fencingHistory ?? []).map(Self.describe)
    if let changesToMake, changesToMake > 0 {
      concerns.append("the cluster is not as the documents say: \(Self.changes(changesToMake)) to make")
    }
    self.concerns = concerns
  }

  private static func changes(_ count: Int) -> String { count == 1 ? "1 change" : "\(count) changes" }

  /// What was not fenced in the end: of each node the newest event, unless it is a success.
  private static func openEvents(_ history: [FencingEvent]) -> [FencingEvent] {
    var known: Set<String> = []
    return history.filter { known.insert($0.target).inserted && $0.status != .success }
  }

  /// `reboot of node2 failed on node1, 2026-11-23 06:38:31Z: no answer`.
  private static func describe(_ event: FencingEvent) -> String {
    var text = "\(event.action) of \(event.target) "
    switch event.status {
    case .pending: text += "is under way"
    case .success: text += "succeeded"
    case .failed: text += "failed"
    }
    if let delegate = event.delegate { text += " on \(delegate)" }
    if let completed = event.completed { text += ", \(completed)" }
    if let reason = event.reason, event.status == .failed { text += ": \(Secret.maskingUserInfo(in: reason))" }
    return text
  }

  // MARK: - Judging

  private static func concerns(_ status: ClusterStatus, _ configuration: Configuration, isLive: Bool) -> [String] {
    var concerns: [String] = []
    if isLive && status.dc == nil { concerns.append("the cluster has no DC") }
    if isLive && !status.hasQuorum { concerns.append("this partition has no quorum") }
    if status.maintenanceMode { concerns.append("maintenance-mode is on") }
    for node in status.nodes {
      let state = word(for: node)
      if !["online", "standby"].contains(state) { concerns.append("\(kindWord(node.kind)) \(node.name) is \(state)") }
    }
    for failure in status.failures {
      let reason = failure.reason.map { ": \(Secret.maskingUserInfo(in: $0))" } ?? ""
      concerns.append(
        "\(failure.operation) of \(failure.resource) failed on \(failure.node) (\(failure.exitCode))\(reason)")
    }
    for object in configuration.objects where object.kind == .primitive {
      guard !status.isActive(object.id), !configuration.isStopped(object.id) else { continue }
      concerns.append("\(object.id) does not run")
    }
    if !status.fencingIsEnabled { concerns.append("fencing is disabled") }
    if status.fencingIsEnabled && status.fencingDevices.isEmpty { concerns.append("there is no fencing device") }
    return concerns
  }

  private static func word(for node: ClusterStatus.Node) -> String {
    if node.isUnclean { return "unclean" }
    if node.isPending { return "pending" }
    if !node.isOnline { return "offline" }
    if node.inMaintenance { return "in maintenance" }
    return node.isStandby ? "standby" : "online"
  }

  private static func kindWord(_ kind: ClusterStatus.NodeKind) -> String {
    switch kind {
    case .member: "member"
    case .remote: "remote node"
    default: "guest node"
    }
  }

  // MARK: - Text

  var text: String {
    var text = "Nodes\n"
    let nodeNames = status.nodes.map(\.name.printable)
    let width = nodeNames.map(\.count).max() ?? 0
    for (node, name) in zip(status.nodes, nodeNames) {
      let name = name + String(repeating: " ", count: width - name.count)
      text += "  \(name)  \(Self.kindWord(node.kind)), \(Self.word(for: node))\(node.isDC ? ", DC" : "")\n"
    }
    text += "\nResources\n"
    var told: Set<String> = []
    for id in configuration.topLevelResources { describe(id, depth: 1, &told, into: &text) }
    let setup = FencingSetup(configuration)
    let names = status.fencingDevices.map { id in
      setup.device(id)?.kind == .pretended ? "\(id) (only pretends)" : id
    }
    text += "\n"
    text += Self.list(
      [status.fencingIsEnabled ? "enabled" : "disabled"] + (names.isEmpty ? ["no device"] : names), after: "Fencing  ")
    for event in (fencingHistory ?? []).prefix(Self.eventsShown) { text += "  \(Self.describe(event).printable)\n" }
    if let changesToMake {
      text += "\nDocuments  \(changesToMake == 0 ? "in sync" : "\(Self.changes(changesToMake)) to make")\n"
    }
    if deferred > 0 {
      text += "\nDeferred  \(Self.changes(deferred)), as they would interrupt what runs: 'crmsync deferred list'\n"
    }
    if !concerns.isEmpty {
      text += "\nAttention\n"
      for concern in concerns { text += "  \(concern.printable)\n" }
    }
    return text
  }

  /// `web  on node1, node2`, on lines of 80 columns as far as names allow.
  private static func list(_ items: [String], after heading: String) -> String {
    var (text, line) = ("", heading)
    for (index, item) in items.enumerated() {
      let word = item.printable + (index + 1 < items.count ? "," : "")
      if index > 0, line.count + 1 + word.count > 80 {
        text += line + "\n"
        line = String(repeating: " ", count: min(heading.count, 40)) + word
      } else {
        line += index > 0 ? " \(word)" : word
      }
    }
    return text + line + "\n"
  }

  /// - Parameter told: what was described: in a CIB without a schema, what has an id may be inside itself many times over.
  private func describe(_ id: String, depth: Int, _ told: inout Set<String>, into text: inout String) {
    guard let object = configuration.object(id), told.insert(id).inserted else { return }
    let indent = String(repeating: "  ", count: depth)
    let nodes = status.activeNodes(of: id)
    let isOuter = !object.memberIDs.isEmpty
    text +=
      isOuter || nodes.isEmpty
      ? "\(indent)\(id.printable)  \(isOuter ? object.kind.rawValue : "stopped")\n"
      : Self.list(nodes, after: "\(indent)\(id.printable)  on ")
    for member in object.memberIDs { describe(member, depth: depth + 1, &told, into: &text) }
  }

  // MARK: - JSON

  var value: NativeValue {
    .map([
      .init("attention", .list(concerns.map(NativeValue.text))),
      .init("dc", status.dc.map(NativeValue.text) ?? .null),
      .init("quorum", .bool(status.hasQuorum)),
      .init("maintenanceMode", .bool(status.maintenanceMode)),
      .init(
        "nodes",
        .list(
          status.nodes.map { node in
            .map([
              .init("name", .text(node.name)), .init("kind", .text(node.kind.rawValue)),
              .init("state", .text(Self.word(for: node))), .init("dc", .bool(node.isDC)),
            ])
          })),
      .init(
        "resources",
        .list(
          configuration.objects.filter { $0.kind.isResource }.map { object in
            .map([
              .init("id", .text(object.id)), .init("kind", .text(object.kind.rawValue)),
              .init("active", .list(status.activeNodes(of: object.id).map(NativeValue.text))),
            ])
          })),
      .init(
        "failures",
        .list(
          status.failures.map { failure in
            .map([
              .init("resource", .text(failure.resource)), .init("node", .text(failure.node)),
              .init("operation", .text(failure.operation)), .init("exitCode", .integer(failure.exitCode)),
            ])
          })),
      .init(
        "fencing",
        .map([
          .init("enabled", .bool(status.fencingIsEnabled)),
          .init("devices", .list(status.fencingDevices.map(NativeValue.text))),
          .init(
            "history",
            .list(
              (fencingHistory ?? []).map { event in
                .map([
                  .init("target", .text(event.target)), .init("action", .text(event.action)),
                  .init("status", .text(event.status.rawValue)),
                  .init("delegate", event.delegate.map(NativeValue.text) ?? .null),
                  .init("completed", event.completed.map(NativeValue.text) ?? .null),
                ])
              })),
        ])),
      .init("deferred", .integer(deferred)),
      .init("inSync", changesToMake.map { .bool($0 == 0) } ?? .null),
    ])
  }
}
