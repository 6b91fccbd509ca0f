import XML

/// What an agent says about its parameters.
package struct AgentMetadata: Equatable, Sendable {
  /// All agents together.
  package static let timeLimit = 5.0
  private static let atOnce = 4

  package struct Parameter: Equatable, Sendable {
    package var name: String
    package var isRequired: Bool
    /// A change does not restart the resource (Pacemaker 2.1 and later).
    package var isReloadable: Bool
  }

  package var agent: String
  package var parameters: [Parameter]

  /// Whether the agent, or Pacemaker for it, reads a parameter of this name.
  package func knows(_ parameter: String) -> Bool {
    if parameters.contains(where: { $0.name == parameter }) { return true }
    if parameter.hasPrefix("CRM_") || parameter.hasPrefix("OCF_") { return true }
    switch parameter {
    // Read by the agents' common shell functions, and by operations.
    case "trace_ra", "trace_dir", "trace_file", "depth": return true
    default: break
    }
    guard agent.hasPrefix("stonith:") else { return false }
    if parameter.hasPrefix("pcmk_") { return true }
    switch parameter {
    // What pacemaker-fenced reads itself, and what it or the fence agents' library gives to every agent.
    case "stonith-timeout", "priority", "provides", "stonith_host_list", "action", "plug", "port", "nodename", "delay":
      return true
    default: return false
    }
  }

  package var requiredParameters: [String] { parameters.filter(\.isRequired).map(\.name) }

  package func isReloadable(_ parameter: String) -> Bool {
    parameters.contains { $0.name == parameter && $0.isReloadable }
  }

  /// The `class:provider:type` (or `class:type`) of a primitive or template.
  package static func agent(of element: Element) -> String? {
    guard let resourceClass = element["class"], let type = element["type"] else { return nil }
    return element["provider"].map { "\(resourceClass):\($0):\(type)" } ?? "\(resourceClass):\(type)"
  }
}

// MARK: - Asking

extension AgentMetadata {
  /// What became of asking for agents. Those that fail or take too long are in neither.
  package struct Found: Sendable {
    package var metadata: [String: AgentMetadata] = [:]
    /// Not installed on this machine.
    package var missing: Set<String> = []
  }

  /// Asks `crm_resource` about agents.
  package static func load(
    _ agents: Set<String>, within seconds: Double = timeLimit, environment: Environment = .ofTools
  ) -> Found {
    let asked = agents.filter { mayBeAsked($0) }.sorted()
    let tools = asked.map { agent in
      var tool = Tool("crm_resource", ["--show-metadata", agent], environment: environment)
      tool.outputLimit = 4 << 20
      return tool
    }
    var found = Found()
    for (agent, result) in zip(asked, Tool.runAll(tools, within: seconds, atOnce: atOnce)) {
      guard case .success(let outcome) = result, !outcome.outputIsCut else { continue }
      switch outcome.ending {
      case .exited(CrmExit.ok): found.metadata[agent] = AgentMetadata(agent: agent, parsing: outcome.output)
      case .exited(CrmExit.noSuch): found.missing.insert(agent)
      default: break
      }
    }
    return found
  }

  /// The agents of the same class and provider that are installed here: of `ocf:heartbeat:x` those of `ocf:heartbeat`.
  package static func installed(besides agent: String, environment: Environment = .ofTools) -> [String] {
    guard mayBeAsked(agent), let colon = agent.lastIndex(of: ":") else { return [] }
    let standard = String(agent[..<colon])
    let tool = Tool("crm_resource", ["--list-agents", standard], environment: environment)
    guard let outcome = try? tool.run(within: timeLimit), outcome.ending == .exited(CrmExit.ok) else { return [] }
    return String(decoding: outcome.output, as: UTF8.self).split(whereSeparator: \.isNewline).map {
      "\(standard):\($0)"
    }
  }

  /// Only agents that have parameters, and only names that are nothing but names: Pacemaker makes a path of them and
  /// runs what is there.
  static func mayBeAsked(_ agent: String) -> Bool {
    var parts = agent.split(separator: ":", omittingEmptySubsequences: false)[...]
    switch (parts.popFirst(), parts.count) {
    case ("ocf", 2): break
    case ("stonith", 1):
      if parts[parts.startIndex].hasPrefix("external/") {
        parts[parts.startIndex] = parts[parts.startIndex].dropFirst("external/".count)
      }
    default: return false
    }
    return parts.allSatisfy { part in
      guard let first = part.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else { return false }
      return part.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
          UInt8(ascii: "+"):
          true
        default: false
        }
      }
    }
  }

  init?(agent: String, parsing bytes: [UInt8]) {
    // Many agents have a document type declaration, which the parser refuses. It comes before the root element.
    var text = bytes[...]
    if let start = text.firstRange(of: "<!DOCTYPE"), let end = text[start...].firstIndex(of: UInt8(ascii: ">")) {
      text = text[(end + 1)...]
    } else if let start = text.firstIndex(of: UInt8(ascii: "<")) {
      // crm_resource may say something before it.
      text = text[start...]
    }
    guard let root = text.withUnsafeBytes({ try? Element(parsing: $0) }), root.name == "resource-agent",
      let list = root.first("parameters")
    else { return nil }
    let actions = root.first("actions")?.elements(named: "action") ?? []
    let reloads = actions.contains { $0["name"] == "reload-agent" }
    self.agent = agent
    parameters = list.elements(named: "parameter").compactMap { parameter in
      parameter["name"].map { name in
        Parameter(
          name: name, isRequired: isTrue(parameter["required"]),
          isReloadable: reloads && isTrue(parameter["reloadable"]))
      }
    }
  }
}

extension ArraySlice<UInt8> {
  fileprivate func firstRange(of text: String) -> Index? {
    let wanted = Array(text.utf8)
    guard count >= wanted.count else { return nil }
    return (startIndex...(endIndex - wanted.count)).first { self[$0...].starts(with: wanted) }
  }
}
