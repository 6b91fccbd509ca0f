import CIB
import Fencing
import MAASClient
import XML

/// Who would fence whom, as the configuration has it.
package struct FencingSetup: Sendable {
  package struct Device: Sendable {
    package enum Kind: Sendable {
      /// `external/maas`, `fence_maas`.
      case maas
      /// `null` of cluster-glue and `fence_dummy` say yes and do nothing.
      case pretended
      /// Any other: not looked into.
      case other
    }

    package var id: String
    /// `external/maas`.
    package var agent: String
    package var kind: Kind
    package var parameters: [String: String]
    /// What in the configuration keeps it from working.
    package var problems: [Finding] = []
    /// Of MAAS devices: time limits that do not fit.
    package var deadlineFindings: [Finding] = []

    /// cluster-glue's plugins always get the node's name, whatever `pcmk_host_map` says.
    var getsAliases: Bool { !agent.contains("/") }
  }

  /// What a device says about a node.
  package enum Claim: Sendable, Equatable {
    case fences(plug: String)
    /// Only the agent knows (`list`, `status`).
    case unknown
    case no
  }

  package struct Node: Sendable {
    package enum Kind: String, Sendable {
      case member, remote, guest
    }

    package var name: String
    package var kind: Kind
    /// Of guests: the resource they run in.
    package var container: String?
    fileprivate var attributes: [String: String] = [:]
  }

  /// Devices that have to succeed together.
  package struct Level: Sendable {
    /// Of `fencing-topology`; nil where there is none for the node, and any one device will do.
    package var index: Int?
    package var devices: [String]
  }

  package private(set) var devices: [Device] = []
  package private(set) var nodes: [Node] = []
  /// Whether each Pacemaker would fence.
  package var fencing: (upTo301: Bool, since302: Bool)
  package var isEnabled: Bool { fencing == (true, true) }
  /// Members without a device power themselves off by their watchdog, with every Pacemaker.
  package var hasWatchdog: Bool
  /// `reboot` or `off`.
  package var action: String
  private let topology: [Element]

  package init(_ configuration: Configuration) {
    fencing = configuration.fencing
    let timeout = configuration.fencingProperty("watchdog-timeout")
    hasWatchdog =
      configuration.booleanProperty("have-watchdog", default: false)
      && [timeout.upTo301, timeout.since302].allSatisfy { (Values.milliseconds($0 ?? "0") ?? 1) != 0 }
    action = ["off", "poweroff"].contains(configuration.fencingProperty("action").since302) ? "off" : "reboot"
    topology = configuration.section(.fencingTopology)?.elements(named: "fencing-level") ?? []
    let placed = configuration.isOptIn ? PlacedResources(configuration) : nil
    for object in configuration.objects where object.kind == .primitive {
      guard configuration.isFencingDevice(object.element) else { continue }
      let sources = configuration.sources(of: object.id)
      let agent = configuration.agent(of: object.element)["type"] ?? ""
      let parameters = configuration.parameters(of: object.id)
      var device = Device(id: object.id, agent: agent, kind: Self.kind(of: agent), parameters: parameters)
      if configuration.isStopped(object.id) {
        device.problems.append(Finding(.error, "the device is stopped (target-role)", hint: "start it"))
      }
      if let placed, !placed.contains(object.id, in: configuration) {
        device.problems.append(
          Finding(
            .error, "no location constraint allows the device anywhere, so that it is registered nowhere",
            hint: "add it to a placement"))
      }
      if device.kind == .maas {
        device.deadlineFindings = DeadlineFit.findings(
          parameters, operations: sources.flatMap { $0.first("operations")?.elements(named: "op") ?? [] },
          standardLimit: configuration.fencingProperty("timeout").since302, action: action)
      }
      devices.append(device)
    }
    collectNodes(configuration)
  }

  /// Nodes that one MAAS device is to fence, without a cluster.
  package init(device parameters: [String: String], nodes names: [String]) {
    fencing = (true, true)
    hasWatchdog = false
    action = "reboot"
    topology = []
    devices = [Device(id: "(given)", agent: "fence_maas", kind: .maas, parameters: parameters)]
    nodes = names.map { Node(name: $0, kind: .member) }
  }

  private static func kind(of agent: String) -> Device.Kind {
    switch agent {
    case "external/maas", "fence_maas": .maas
    case "null", "fence_dummy", "external/ssh", "ssh": .pretended
    default: .other
    }
  }

  private mutating func collectNodes(_ configuration: Configuration) {
    func add(_ node: Node) {
      if !nodes.contains(where: { $0.name == node.name }) { nodes.append(node) }
    }
    var attributes: [String: [String: String]] = [:]
    for node in configuration.nodes {
      guard let name = node["uname"] else { continue }
      for set in node.elements(named: "instance_attributes") {
        for nvpair in set.elements(named: "nvpair") {
          if let key = nvpair["name"] { attributes[name, default: [:]][key] = nvpair["value"] }
        }
      }
      // Remote nodes are here as well once they were up; what they are the resources say.
      guard node["type"] != "remote" else { continue }
      add(Node(name: name, kind: .member, attributes: attributes[name] ?? [:]))
    }
    for object in configuration.objects where object.kind == .primitive {
      if configuration.isRemote(object.element) {
        add(Node(name: object.id, kind: .remote, attributes: attributes[object.id] ?? [:]))
      } else if let guest = configuration.metaAttribute("remote-node", of: object.id) {
        add(Node(name: guest, kind: .guest, container: object.id))
      }
    }
  }

  package func device(_ id: String) -> Device? { devices.first { $0.id == id } }

  // MARK: - Who fences whom

  /// Whether a device fences a node, by Pacemaker's rules (`pcmk_host_check` in `pacemaker-fenced(7)`).
  package func claim(of device: Device, on node: String) -> Claim {
    let map = HostMap(device.parameters["pcmk_host_map"] ?? "")
    let list = HostMap.names(in: device.parameters["pcmk_host_list"] ?? "")
    let plug = device.getsAliases ? map.alias(of: node) ?? node : node
    let standard =
      !list.isEmpty || !map.aliases.isEmpty ? "static-list" : device.kind == .maas ? "hostnames" : "dynamic-list"
    switch device.parameters["pcmk_host_check"] ?? standard {
    case "none": return .fences(plug: plug)
    case "static-list":
      let isListed = list.contains { $0.lowercased() == node.lowercased() } || map.alias(of: node) != nil
      return isListed ? .fences(plug: plug) : .no
    default:
      // What these answer to `list` is their parameter.
      let parameter = device.kind == .maas ? "hostnames" : device.agent == "null" ? "hostlist" : nil
      guard let parameter else { return .unknown }
      let names = HostNames(device.parameters[parameter] ?? "").names
      return names.contains { $0.isSame(as: HostName(plug)) } ? .fences(plug: plug) : .no
    }
  }

  /// The levels that Pacemaker goes through for a node; where the topology has none, every device that fences it.
  package func levels(for node: Node) -> [Level] {
    let exact = topology.filter { $0["target"]?.lowercased() == node.name.lowercased() }
    let byPattern = topology.filter { $0["target-pattern"].map { Pattern.matches(node.name, $0) } ?? false }
    let byAttribute = topology.filter { level in
      guard let attribute = level["target-attribute"] else { return false }
      return node.attributes[attribute] == level["target-value"]
    }
    guard let levels = [exact, byPattern, byAttribute].first(where: { !$0.isEmpty }) else {
      return devices.filter { claim(of: $0, on: node.name) != .no }.map { Level(index: nil, devices: [$0.id]) }
    }
    let byIndex = Dictionary(grouping: levels) { Int($0["index"] ?? "") ?? 0 }
    return byIndex.sorted { $0.key < $1.key }.map { index, levels in
      let devices = levels.flatMap { ($0["devices"] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init) }
      return Level(index: index, devices: devices)
    }
  }
}

/// `pcmk_host_map`: `node1:plug1;node2:plug2`.
struct HostMap {
  private(set) var aliases: [(node: String, alias: String)] = []

  init(_ text: String) {
    for entry in text.split(whereSeparator: { $0 == ";" || $0.isWhitespace }) {
      guard let separator = entry.firstIndex(where: { $0 == ":" || $0 == "=" }) else { continue }
      let alias = String(entry[entry.index(after: separator)...])
      if separator > entry.startIndex, !alias.isEmpty { aliases.append((String(entry[..<separator]), alias)) }
    }
  }

  func alias(of node: String) -> String? { aliases.first { $0.node.lowercased() == node.lowercased() }?.alias }

  /// `pcmk_host_list`: whatever is not part of a name separates.
  static func names(in text: String) -> [String] {
    text.split { !($0.isASCII && ($0.isLetter || $0.isNumber) || "_-.".contains($0)) }.map(String.init)
  }
}

extension FencingSetup {
  /// The machines of a MAAS device that some node is on.
  package func names(of device: Device) -> [HostName] {
    let hostnames = HostNames(device.parameters["hostnames"] ?? "")
    return nodes.compactMap { node in
      guard case .fences(let plug) = claim(of: device, on: node.name) else { return nil }
      return try? hostnames.name(for: plug)
    }
  }
}
