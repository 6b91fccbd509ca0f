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
    /// What a MAAS device has to fence: its parameter of that name.
    let hostnames: HostNames
    private let hostCheck: HostCheck
    /// What in the configuration keeps it from working.
    package var problems: [Finding] = []
    /// Of MAAS devices: time limits that do not fit.
    package var deadlineFindings: [Finding] = []

    init(id: String, agent: String, parameters: [String: String]) {
      self.id = id
      self.agent = agent
      self.parameters = parameters
      kind = Self.kind(of: agent)
      hostnames = HostNames(parameters["hostnames"] ?? "")
      hostCheck = HostCheck(agent: agent, kind: kind, parameters: parameters, hostnames: hostnames)
      if kind == .maas { problems = Self.misdirections(of: agent, parameters) }
    }

    /// Parameters by which the agent succeeds, and another machine or none is off.
    private static func misdirections(of agent: String, _ parameters: [String: String]) -> [Finding] {
      var findings: [Finding] = []
      // Pacemaker adds the host only where the device does not have that parameter itself (`make_args` in st_client.c).
      for name in ["plug", "port"] where agent == "fence_maas" && parameters[name] != nil {
        findings.append(
          Finding(
            .error, "the parameter \(name) makes it switch off that machine, whichever node is to be fenced",
            hint: "remove it; pcmk_host_map says which machine a node is"))
      }
      for action in ["off", "reboot"] {
        let name = "pcmk_\(action)_action"
        if let other = parameters[name], !["off", "reboot", "reset"].contains(other) {
          findings.append(
            Finding(.error, "\(name) is '\(other)', which switches nothing off", hint: "remove it, or set it to off"))
        }
      }
      return findings
    }

    private static func kind(of agent: String) -> Kind {
      switch agent {
      case "external/maas", "fence_maas": .maas
      case "null", "fence_dummy", "external/ssh", "ssh": .pretended
      default: .other
      }
    }

    /// Whether it fences a node.
    package func claim(on node: String) -> Claim { hostCheck.claim(on: node) }
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

  /// `<fencing-level id="l" index="1" target="n1" devices="a,b"/>`, or with `target-pattern` or `target-attribute`.
  private struct Topology: Sendable {
    /// In lower case, as Pacemaker compares without regard to case.
    private let byTarget: [String: [Element]]
    private let byPattern: [Element]
    private let byAttribute: [Element]

    init(_ levels: [Element]) {
      byTarget = Dictionary(grouping: levels.filter { $0["target"] != nil }) { $0["target"]!.lowercased() }
      byPattern = levels.filter { $0["target-pattern"] != nil }
      byAttribute = levels.filter { $0["target-attribute"] != nil }
    }

    /// A node's name counts more than a pattern, and this more than an attribute.
    func levels(for node: Node) -> [Element] {
      if let exact = byTarget[node.name.lowercased()] { return exact }
      let matching = byPattern.filter { Pattern.matches(node.name, $0["target-pattern"]!) }
      if !matching.isEmpty { return matching }
      return byAttribute.filter { node.attributes[$0["target-attribute"]!] == $0["target-value"] }
    }
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
  private let topology: Topology
  private var places: [String: Int] = [:]

  package init(_ configuration: Configuration) {
    fencing = configuration.fencing
    let timeout = configuration.fencingProperty("watchdog-timeout")
    hasWatchdog =
      configuration.booleanProperty("have-watchdog", default: false)
      && [timeout.upTo301, timeout.since302].allSatisfy { (Values.milliseconds($0 ?? "0") ?? 1) != 0 }
    action = ["off", "poweroff"].contains(configuration.fencingProperty("action").since302) ? "off" : "reboot"
    topology = Topology(configuration.section(.fencingTopology)?.elements(named: "fencing-level") ?? [])
    let placed = configuration.isOptIn ? PlacedResources(configuration) : nil
    for object in configuration.objects where object.kind == .primitive {
      guard configuration.isFencingDevice(object.element) else { continue }
      let sources = configuration.sources(of: object.id)
      let agent = configuration.agent(of: object.element)["type"] ?? ""
      let parameters = configuration.parameters(of: object.id)
      var device = Device(id: object.id, agent: agent, parameters: parameters)
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
      add(device)
    }
    collectNodes(configuration)
  }

  /// Nodes that one MAAS device is to fence, without a cluster.
  package init(device parameters: [String: String], nodes names: [String]) {
    fencing = (true, true)
    hasWatchdog = false
    action = "reboot"
    topology = Topology([])
    nodes = names.map { Node(name: $0, kind: .member) }
    add(Device(id: "(given)", agent: "fence_maas", parameters: parameters))
  }

  private mutating func add(_ device: Device) {
    places[device.id] = devices.count
    devices.append(device)
  }

  private mutating func collectNodes(_ configuration: Configuration) {
    var names: Set<String> = []
    func add(_ node: Node) {
      if names.insert(node.name).inserted { nodes.append(node) }
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

  package func device(_ id: String) -> Device? { places[id].map { devices[$0] } }

  // MARK: - Who fences whom

  /// The machines of a MAAS device that some node is on.
  package func names(of device: Device) -> [HostName] {
    nodes.compactMap { node in
      guard case .fences(let plug) = device.claim(on: node.name) else { return nil }
      return try? device.hostnames.name(for: plug)
    }
  }

  /// The levels that Pacemaker goes through for a node; where the topology has none, every device that fences it.
  package func levels(for node: Node) -> [Level] {
    let levels = topology.levels(for: node)
    guard !levels.isEmpty else {
      return devices.filter { $0.claim(on: node.name) != .no }.map { Level(index: nil, devices: [$0.id]) }
    }
    let byIndex = Dictionary(grouping: levels) { Int($0["index"] ?? "") ?? 0 }
    return byIndex.sorted { $0.key < $1.key }.map { index, levels in
      let devices = levels.flatMap { ($0["devices"] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init) }
      return Level(index: index, devices: devices)
    }
  }
}
