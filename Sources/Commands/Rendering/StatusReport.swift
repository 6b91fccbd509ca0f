import CIB
import Cluster
import Documents
import FencingCheck

/// The state of a cluster, for people and for programs.
struct StatusReport {
  let status: ClusterStatus
  let configuration: Configuration
  /// What needs attention, in words.
  let concerns: [String]

  init(_ status: ClusterStatus, _ configuration: Configuration, isLive: Bool) {
    self.status = status
    self.configuration = configuration
    concerns = Self.concerns(status, configuration, isLive: isLive)
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
      guard !status.isActive(object.id), !isMeantToBeStopped(object.id, configuration) else { continue }
      concerns.append("\(object.id) does not run")
    }
    if !status.fencingIsEnabled { concerns.append("fencing is disabled") }
    if status.fencingIsEnabled && status.fencingDevices.isEmpty { concerns.append("there is no fencing device") }
    return concerns
  }

  private static func isMeantToBeStopped(_ id: String, _ configuration: Configuration) -> Bool {
    var at: String? = id
    while let resource = at {
      for set in configuration.object(resource)?.element.elements(named: "meta_attributes") ?? [] {
        if set.elements.contains(where: { $0["name"] == "target-role" && $0["value"]?.lowercased() == "stopped" }) {
          return true
        }
      }
      at = configuration.parent(of: resource)
    }
    return false
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
    for id in configuration.topLevelResources { describe(id, depth: 1, into: &text) }
    let setup = FencingSetup(configuration)
    let names = status.fencingDevices.map { id in
      setup.device(id)?.kind == .pretended ? "\(id) (only pretends)" : id
    }
    let devices = names.isEmpty ? "no device" : names.joined(separator: ", ")
    text += "\nFencing  \(status.fencingIsEnabled ? "enabled" : "disabled"), \(devices.printable)\n"
    if !concerns.isEmpty {
      text += "\nAttention\n"
      for concern in concerns { text += "  \(concern.printable)\n" }
    }
    return text
  }

  private func describe(_ id: String, depth: Int, into text: inout String) {
    guard let object = configuration.object(id) else { return }
    let indent = String(repeating: "  ", count: depth)
    let nodes = status.activeNodes(of: id)
    let state =
      object.memberIDs.isEmpty
      ? nodes.isEmpty ? "stopped" : "on \(nodes.joined(separator: ", "))"
      : object.kind.rawValue
    text += "\(indent)\(id.printable)  \(state.printable)\n"
    for member in object.memberIDs where depth < 8 { describe(member, depth: depth + 1, into: &text) }
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
        ])),
    ])
  }
}
