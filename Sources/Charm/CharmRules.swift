import CIB
import Desired
import Documents
import XML

/// The charm's rules: from what is asked for to the configuration that the cluster is to have.
///
/// The table of differences to the charm in `docs/charm.md` says where these rules are others than the charm's own.
package struct CharmRules {
  private let request: CharmRequest
  private let current: Configuration
  private let exceptions: Exceptions
  /// The names of the cluster's members, sorted.
  private let members: [String]
  private let isOptIn: Bool

  private var statements: [CrmshReader.Statement] = []
  private var placements: [Placement] = []
  private var deletions: [Deletion] = []
  private var diagnostics: [Diagnostic] = []
  private var result = Result()

  /// What cannot be done now, as found out by planning without them.
  package struct Exceptions: Equatable, Sendable {
    /// Remote nodes that do not answer: adding them, or changing their address, would get their hosts fenced.
    package var unreachable: Set<String> = []
    /// Resources that run, and are not to be deleted as they are.
    package var running: Set<String> = []

    package init() {}
  }

  package struct Result {
    package var desired = DesiredConfiguration()
    package var diagnostics: [Diagnostic] = []
    /// What is left for a later hook.
    package var waiting: [String] = []
    /// What is left until an operator does something.
    package var blocked: [String] = []
    /// The resources whose failures are to be forgotten, so that they are tried again.
    package var retried: [String] = []
  }

  /// - Parameter current: the cluster as it is; an empty configuration where there is none to look at.
  package static func configuration(
    for request: CharmRequest, current: Configuration, except exceptions: Exceptions = Exceptions()
  ) -> Result {
    var rules = CharmRules(request, current, exceptions)
    rules.addOptions()
    rules.addMonitoredHost()
    rules.addPrincipal()
    rules.addRemotes()
    rules.addFencing()
    rules.addOptInRules()
    return rules.finished()
  }

  private init(_ request: CharmRequest, _ current: Configuration, _ exceptions: Exceptions) {
    self.request = request
    self.current = current
    self.exceptions = exceptions
    let known = current.nodes.filter { !["remote", "ping"].contains($0["type"]) }.compactMap { $0["uname"] }
    members = known.isEmpty ? request.facts.memberNames : known.sorted()
    let taken = request.hasEnoughMembersForRemotes ? request.remotesTakeResources : nil
    isOptIn = taken.map { !$0 } ?? current.isOptIn
  }

  private var principal: Principal { request.principal }
  private var facts: HookFacts { request.facts }

  private mutating func warn(_ message: String, source: String = "") {
    diagnostics.append(Diagnostic(.warning, message, at: Location(source)))
  }

  // MARK: - Options and defaults

  private mutating func addOptions() {
    var properties = [
      "no-quorum-policy=\(facts.option("no_quorum_policy") ?? "stop")",
      "cluster-recheck-interval=\(facts.option("cluster_recheck_interval") ?? "60")",
    ]
    if request.hasEnoughMembersForRemotes, let taken = request.remotesTakeResources {
      properties.append("symmetric-cluster=\(taken)")
    }
    if Set(request.remotes.compactMap(\.takesResources)).count > 1 {
      warn("the remote nodes disagree about enable-resources: symmetric-cluster stays as it is")
    }
    if let enabled = isFencingToBeEnabled { properties.append("stonith-enabled=\(enabled)") }
    statements.append(CrmshReader.Statement(["property"] + properties, source: "charm options"))
    let defaults = ["resource-stickiness=100", "failure-timeout=\(facts.option("failure_timeout") ?? "180")"]
    statements.append(
      CrmshReader.Statement(["rsc_defaults", "$id=rsc-options"] + defaults, source: "charm options"))
  }

  // MARK: - What the principal wants

  private mutating func addPrincipal() {
    for resource in principal.resources { addPrimitive(resource) }
    add("group", principal.groups)
    add("ms", principal.promotables)
    add("order", principal.orders)
    add("clone", principal.clones)
    add("colocation", principal.colocations)
    add("location", principal.locations)
    let names = principal.names
    for deletion in principal.deletions {
      guard isXMLName(deletion.name) else {
        diagnostics.append(Diagnostic(.error, "'\(deletion.name)' is no id", at: Location(deletion.source)))
        continue
      }
      if names.contains(deletion.name) {
        warn("'\(deletion.name)' is asked for as well, so it stays", source: deletion.source)
      } else {
        delete(deletion.name, source: deletion.source)
      }
    }
    result.retried += (principal.clones + principal.groups + principal.services).map(\.name)
  }

  private mutating func add(_ keyword: String, _ entries: [Principal.Entry]) {
    for entry in entries {
      statements.append(CrmshReader.Statement([keyword, entry.name], text: entry.text, source: entry.source))
    }
  }

  private mutating func addPrimitive(_ resource: Principal.Entry) {
    let agent = resource.text.trimmingXMLBlanks
    guard !agent.isEmpty, !agent.contains(where: { " \t\n\r\"'\\".contains($0) }) else {
      diagnostics.append(Diagnostic(.error, "'\(resource.text)' is no agent", at: Location(resource.source)))
      return
    }
    let parameters = principal.parameters[resource.name]
    statements.append(
      CrmshReader.Statement(
        ["primitive", resource.name, agent], text: parameters?.text ?? "",
        source: parameters?.source ?? resource.source))
  }

  private mutating func delete(_ id: String, source: String) {
    guard !exceptions.running.contains(id) else {
      result.blocked.append("'\(id)' is to be deleted, but it runs: stop it first")
      return
    }
    deletions.append(Deletion(.object(id: id), location: Location(source)))
  }

  // MARK: - A host whose loss tells that the network is lost

  private static let pingRule = ["rule", "-inf:", "pingd", "lte", "0"]

  private mutating func addMonitoredHost() {
    let source = "charm option monitor_host"
    if let host = facts.option("monitor_host") {
      statements.append(
        CrmshReader.Statement(
          [
            "primitive", "ping", "ocf:pacemaker:ping", "params", "host_list=\(host)", "multiplier=100", "op", "monitor",
            "interval=\(facts.option("monitor_interval") ?? "5s")",
          ], source: source))
      statements.append(
        CrmshReader.Statement(["clone", "cl_ping", "ping", "meta", "interleave=true"], source: source))
      for resource in principal.resources {
        statements.append(
          CrmshReader.Statement(["location", "Ping-\(resource.name)", resource.name] + Self.pingRule, source: source))
      }
    } else {
      removeMonitoredHost(source: source)
    }
  }

  private mutating func removeMonitoredHost(source: String) {
    let ping = current.resource("ping")?.element
    guard !principal.names.contains("ping"), ping.map({ $0.agent == "ocf:pacemaker:ping" }) ?? true else { return }
    if ping != nil { delete("ping", source: source) }
    // The rules go too, also those that the charm has left: the attribute outlives what kept it up to date.
    let own = Set(principal.resources.map { "Ping-\($0.name)" })
    for object in current.objects where object.kind == .location && object.id.hasPrefix("Ping-") {
      let expressions = object.element.elements(named: "rule").flatMap { $0.elements(named: "expression") }
      guard expressions.contains(where: { $0["attribute"] == "pingd" }), ping != nil || own.contains(object.id) else {
        continue
      }
      delete(object.id, source: source)
    }
  }

  // MARK: - Remote nodes

  /// The remotes that can be configured now.
  private var remotesToConfigure: [RemoteUnit] {
    guard request.hasEnoughMembersForRemotes, !lacksFencing else { return [] }
    return request.remotes.filter { !exceptions.unreachable.contains($0.hostname.text) }
  }

  private mutating func addRemotes() {
    guard !request.remotes.isEmpty else { return }
    if !request.hasEnoughMembersForRemotes {
      result.waiting.append("too few members are ready for the remote nodes")
    } else if lacksFencing {
      result.blocked.append(
        "remote nodes are to be fenced, but the options maas_url and maas_credentials are not both set")
    }
    for remote in request.remotes where exceptions.unreachable.contains(remote.hostname.text) {
      result.waiting.append("remote node '\(remote.hostname.text)' does not answer at \(remote.server.text)")
    }
    for remote in remotesToConfigure {
      statements.append(
        CrmshReader.Statement(
          [
            "primitive", remote.hostname.text, "ocf:pacemaker:remote", "params", "server=\(remote.server.text)",
            "reconnect_interval=60", "op", "monitor", "interval=30s",
          ], source: remote.hostname.source))
    }
    result.retried += request.remotes.map(\.hostname.text)
  }

  // MARK: - Fencing

  private static let maasDevice = "st-maas"
  /// Fences members by saying that it did: cluster-glue's `null`. Without any device for them, Pacemaker would not start
  /// the remote nodes' resources anywhere.
  private static let nullDevice = "st-null"

  /// The names of all machines to be fenced through MAAS, with their short forms; sorted.
  private var fencedNames: [String] {
    let names = request.remotes.compactMap(\.fencedAs?.text)
    return (Set(names).union(names.map { String($0.prefix { $0 != "." }) })).union(keptNames).sorted()
  }

  /// What the device fences now, as long as the cluster has a remote node that has left the relation: it still may have
  /// to be fenced.
  private var keptNames: Set<String> {
    let known = Set(request.remotes.map(\.hostname.text))
    let hasOthers = current.objects.contains { object in
      object.kind == .primitive && object.element.agent == "ocf:pacemaker:remote" && !known.contains(object.id)
    }
    guard hasOthers, let names = current.parameters(of: Self.maasDevice)["hostnames"] else { return [] }
    return Set(names.split(separator: " ").map(String.init))
  }

  /// Whether machines are to be fenced, and MAAS is not known.
  private var lacksFencing: Bool { !fencedNames.isEmpty && facts.maas == nil }

  /// `stonith-enabled`; nil where it is to stay.
  private var isFencingToBeEnabled: Bool? {
    if request.hasEnoughMembersForRemotes {
      guard fencedNames.isEmpty || lacksFencing else { return true }
    } else if facts.leaderData["stonith-configured"]?.saysYes == true {
      return nil
    }
    // Fencing that someone has set up is not the charm's to take away, nor its own where it only lacks its options.
    let own = lacksFencing ? [] : [Self.maasDevice, Self.nullDevice]
    let hasDevices = current.objects.contains { object in
      object.kind == .primitive && current.isFencingDevice(object.element) && !own.contains(object.id)
    }
    return hasDevices && current.isFencingEnabled ? nil : false
  }

  private mutating func addFencing() {
    guard request.hasEnoughMembersForRemotes, !fencedNames.isEmpty, let maas = facts.maas else { return }
    let monitor = ["op", "monitor", "interval=25", "start-delay=25", "timeout=25"]
    let parameters = [
      "params", "url=\(maas.url)", "apikey=\(maas.apikey)", "hostnames=\(fencedNames.joined(separator: " "))",
    ]
    statements.append(
      CrmshReader.Statement(
        ["primitive", Self.maasDevice, "stonith:external/maas"] + parameters + monitor,
        source: "charm options maas_url, maas_credentials"))
    statements.append(
      CrmshReader.Statement(
        ["primitive", Self.nullDevice, "stonith:null", "params", "hostlist=\(members.joined(separator: " "))"]
          + monitor, source: "charm"))
  }

  // MARK: - Where resources may run

  private mutating func addOptInRules() {
    guard isOptIn else { return }
    let nodes = members.map { Reference($0, location: .none) }
    func place(_ resources: [Principal.Entry], spread: String?) {
      guard !resources.isEmpty else { return }
      placements.append(
        Placement(
          resources: resources.map { Reference($0.name, location: Location($0.source)) }, nodes: nodes, spread: spread,
          location: .none))
    }
    var placed = principal.placed
    if facts.option("monitor_host") != nil { placed.append(Self.own("cl_ping")) }
    if request.hasEnoughMembersForRemotes, !fencedNames.isEmpty, facts.maas != nil {
      placed += [Self.own(Self.maasDevice), Self.own(Self.nullDevice)]
    }
    place(placed, spread: nil)
    place(remotesToConfigure.map { Self.own($0.hostname.text, source: $0.hostname.source) }, spread: "200")
    addRulesForOthers(except: Set(placed.map(\.name)))
  }

  private static func own(_ name: String, source: String = "charm") -> Principal.Entry {
    Principal.Entry(name: name, text: "", source: source)
  }

  /// Resources of other origin would stop where the cluster becomes opt-in; and where a node is added to it, those that
  /// have such rules get theirs. Rules that are there stay as they are.
  private mutating func addRulesForOthers(except placed: Set<String>) {
    let asked = principal.names.union(request.remotes.map(\.hostname.text)).union(["ping", "cl_ping"])
    let deleted = Set(
      deletions.compactMap { deletion in
        if case .object(let id) = deletion.target { id } else { nil }
      })
    for resource in current.topLevelResources where !placed.union(asked).union(deleted).contains(resource) {
      let rules = members.map { (node: $0, id: Placement.constraintID(resource: resource, node: $0)) }
      let missing = rules.filter { current.object($0.id) == nil }
      guard !current.isOptIn || missing.count < rules.count else { continue }
      for rule in missing {
        statements.append(
          CrmshReader.Statement(["location", rule.id, resource, "0:", rule.node], source: "opt-in rule"))
      }
    }
  }

  // MARK: - Putting it together

  private mutating func finished() -> Result {
    let (configuration, found) = CrmshReader.read(statements)
    var desired = configuration
    let outermost = Self.outermost(desired)
    for index in desired.objects.indices { complete(&desired.objects[index].object, outermost: outermost) }
    desired.placements = placements
    desired.deletions = deletions
    // The reader has looked for contradictions among the statements; the rest came after it.
    let others = desired.contradictions().filter { !found.contains($0) }
    result.desired = desired
    result.diagnostics = request.diagnostics + diagnostics + found + others
    return result
  }

  /// Of each resource that is inside of another, the outermost.
  private static func outermost(_ desired: DesiredConfiguration) -> [String: String] {
    var parents: [String: String] = [:]
    for object in desired.objects where object.kind.isResource {
      for member in object.object.memberIDs where member != object.id { parents[member] = object.id }
    }
    // No deeper than a clone of a group, whatever the relation says.
    return parents.mapValues { parents[$0] ?? $0 }
  }

  /// What the charm adds to the text of the principal, and what crmsh makes of it.
  private func complete(_ object: inout CIBObject, outermost: [String: String]) {
    // crmsh has the rules that a resource has follow it into a group or clone.
    if object.kind == .location, let rsc = object.element["rsc"], object.id == "Ping-\(rsc)",
      facts.option("monitor_host") != nil, let outer = outermost[rsc]
    {
      object.element["rsc"] = outer
    }
    if object.kind == .clone, isOptIn, principal.clones.contains(where: { $0.name == object.id }) {
      object.element.setValue("\(members.count)", of: "clone-max", in: "meta_attributes")
    }
    if object.kind == .primitive, object.id.hasSuffix("_hostname"), principal.usesMAASDNS, let maas = facts.maas {
      object.element.setValue(maas.url, of: "maas_url", in: "instance_attributes")
      object.element.setValue(maas.apikey, of: "maas_credentials", in: "instance_attributes")
    }
  }
}

extension Element {
  /// `ocf:pacemaker:ping`.
  fileprivate var agent: String {
    ["class", "provider", "type"].compactMap { self[$0] }.joined(separator: ":")
  }

  /// Gives a value to a name in the first plain set of this kind, which is made if there is none.
  fileprivate mutating func setValue(_ value: String, of name: String, in setName: String) {
    let pair = Element("nvpair", [Attribute("name", name), Attribute("value", value)])
    for (index, child) in children.enumerated() {
      guard var set = child.element, set.name == setName, set["id-ref"] == nil, set.first("rule") == nil else {
        continue
      }
      set.children.removeAll { $0.element?["name"] == name }
      set.append(pair)
      children[index] = .element(set)
      return
    }
    append(Element(setName, children: [.element(pair)]))
  }
}
