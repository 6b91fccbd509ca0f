import Fencing
import MAASClient

/// Which nodes a device fences, by Pacemaker's rules (`pcmk_host_check` in `pacemaker-fenced(7)`).
///
/// Its parameters are read once: a device may have thousands of names, and be asked for each of thousands of nodes.
struct HostCheck: Sendable {
  private enum Rule {
    case all
    /// In lower case; Pacemaker compares without regard to case.
    case nodes(Set<String>)
    case plugs(Set<String>)
    case onlyTheAgentKnows
  }

  private let rule: Rule
  private let map: HostMap
  private let getsAliases: Bool

  init(agent: String, kind: FencingSetup.Device.Kind, parameters: [String: String], hostnames: HostNames) {
    map = HostMap(parameters["pcmk_host_map"] ?? "")
    // cluster-glue's plugins always get the node's name, whatever `pcmk_host_map` says.
    getsAliases = !agent.contains("/")
    let list = HostMap.names(in: parameters["pcmk_host_list"] ?? "")
    let standard = !list.isEmpty || !map.isEmpty ? "static-list" : kind == .maas ? "hostnames" : "dynamic-list"
    switch parameters["pcmk_host_check"] ?? standard {
    case "none": rule = .all
    case "static-list": rule = .nodes(Set(list.map { $0.lowercased() }).union(map.nodes))
    // What these answer to `list` is their parameter.
    case _ where kind == .maas: rule = .plugs(Set(hostnames.names.map { $0.text.lowercased() }))
    case _ where agent == "null":
      rule = .plugs(Set(HostNames(parameters["hostlist"] ?? "").names.map { $0.text.lowercased() }))
    default: rule = .onlyTheAgentKnows
    }
  }

  func claim(on node: String) -> FencingSetup.Claim {
    let plug = getsAliases ? map.alias(of: node) ?? node : node
    switch rule {
    case .all: return .fences(plug: plug)
    case .nodes(let nodes): return nodes.contains(node.lowercased()) ? .fences(plug: plug) : .no
    // What is no host name may be one in lower case: the Kelvin sign is a k then.
    case .plugs(let plugs):
      return plugs.contains(plug.lowercased()) && HostName(plug) != nil ? .fences(plug: plug) : .no
    case .onlyTheAgentKnows: return .unknown
    }
  }
}

/// `pcmk_host_map`: `node1:plug1;node2:plug2`.
struct HostMap: Sendable {
  /// By node, in lower case.
  private var aliases: [String: String] = [:]

  init(_ text: String) {
    for entry in text.split(whereSeparator: { $0 == ";" || $0.isWhitespace }) {
      guard let separator = entry.firstIndex(where: { $0 == ":" || $0 == "=" }) else { continue }
      let (node, alias) = (entry[..<separator].lowercased(), String(entry[entry.index(after: separator)...]))
      if !node.isEmpty, !alias.isEmpty, aliases[node] == nil { aliases[node] = alias }
    }
  }

  var isEmpty: Bool { aliases.isEmpty }
  var nodes: some Sequence<String> { aliases.keys }

  func alias(of node: String) -> String? { aliases[node.lowercased()] }

  /// `pcmk_host_list`: whatever is not part of a name separates.
  static func names(in text: String) -> [String] {
    text.split { !($0.isASCII && ($0.isLetter || $0.isNumber) || "_-.".contains($0)) }.map(String.init)
  }
}
