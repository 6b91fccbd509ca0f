import CIB
import XML

/// The cluster as its `<status>` section tells it: which nodes are up, and what runs where.
///
/// An approximation of what Pacemaker's scheduler makes of it (`lib/pengine/unpack.c`). Where something is not known, it
/// counts as running: deletions are refused on the ground of this.
package struct ClusterStatus: Equatable, Sendable {
  package enum NodeKind: String, Sendable {
    case member, remote
    /// A remote node inside a resource: a virtual machine (`remote-node`) or a bundle's container.
    case guest
  }

  package struct Node: Equatable, Sendable {
    package var name: String
    package var id: String
    package var kind: NodeKind
    package var isOnline = false
    /// Its state is unknown or bad: the cluster fences it if it can.
    package var isUnclean = false
    /// It is joining.
    package var isPending = false
    package var isStandby = false
    package var inMaintenance = false
    package var isDC = false
  }

  package enum Role: Int, Comparable, Sendable {
    case stopped, unpromoted, started, promoted

    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
  }

  /// One resource on one node, as the history there ends.
  package struct Instance: Equatable, Sendable {
    /// The id, with `:0` and so on as in the history for instances of clones that have one.
    package var resource: String
    package var node: String
    package var role: Role
    /// The last operation failed: what the resource really does is not known.
    package var isFailed = false
    /// The operation that is under way.
    package var pendingOperation: String?
    /// No configuration has it: a leftover that the cluster stops.
    package var isOrphan = false
  }

  package struct Failure: Equatable, Sendable {
    package var node: String
    package var resource: String
    package var operation: String
    /// In milliseconds.
    package var interval: Int
    /// The agent's exit code; 1 where it timed out.
    package var exitCode: Int
    package var timedOut: Bool
    /// What the agent says about it: text for people, from outside.
    package var reason: String?
    /// Seconds since 1970.
    package var time: Int?
  }

  package var nodes: [Node] = []
  /// The name of the DC.
  package var dc: String?
  package var hasQuorum: Bool
  /// Where resources are active; those that are stopped are not in it, unless an operation is pending.
  package var instances: [Instance] = [] { didSet { sortOutInstances() } }
  package var failures: [Failure] = []
  /// Ids of the primitives of class stonith.
  package var fencingDevices: [String] = []
  package var fencingIsEnabled: Bool
  package var maintenanceMode: Bool

  /// Ids of what is in each group, clone and bundle, at any depth.
  private var members: [String: [String]] = [:]
  private var bundles: Set<String> = []
  /// By the id without the instance's number. With thousands of remote nodes every resource would look at every instance.
  private var instancesByID: [String: [Instance]] = [:]
}

// MARK: - Asking

extension ClusterStatus {
  /// The names of the nodes where the resource, or anything in it, is active; sorted.
  package func activeNodes(of resource: String) -> [String] {
    Set(instances(of: resource).filter { $0.role > .stopped }.map(\.node)).sorted()
  }

  package func isActive(_ resource: String) -> Bool { instances(of: resource).contains { $0.role > .stopped } }

  /// Whether an operation is under way on the resource or anything in it.
  package func hasPendingOperation(_ resource: String) -> Bool {
    instances(of: resource).contains { $0.pendingOperation != nil }
  }

  package func failures(of resource: String) -> [Failure] {
    let ids = ids(in: resource)
    return failures.filter { failure in
      let id = withoutInstanceNumber(failure.resource)
      return failure.resource == resource || ids.contains(id)
        || bundles.contains(resource) && isImplicit(id, ofBundle: resource)
    }
  }

  /// The resource's own id, and those of what is in it.
  private func ids(in resource: String) -> Set<String> { Set([resource] + (members[resource] ?? [])) }

  private func instances(of resource: String) -> [Instance] {
    var ids = ids(in: resource)
    if bundles.contains(resource) { ids.formUnion(instancesByID.keys.filter { isImplicit($0, ofBundle: resource) }) }
    let base = withoutInstanceNumber(resource)
    let numbered = base == resource ? [] : (instancesByID[base] ?? []).filter { $0.resource == resource }
    return ids.flatMap { instancesByID[$0] ?? [] } + numbered
  }

  private mutating func sortOutInstances() {
    instancesByID = Dictionary(grouping: instances) { withoutInstanceNumber($0.resource) }
  }
}

/// `web:0` → `web`.
package func withoutInstanceNumber(_ id: String) -> String {
  guard let colon = id.lastIndex(of: ":") else { return id }
  let number = id[id.index(after: colon)...]
  return !number.isEmpty && number.allSatisfy({ $0.isASCII && $0.isNumber }) ? String(id[..<colon]) : id
}

/// What Pacemaker makes for a bundle B: `B-podman-0` (or docker, rkt), `B-ip-10.0.0.9`, and the guest node `B-0`.
private func isImplicit(_ id: String, ofBundle bundle: String) -> Bool {
  guard id.hasPrefix(bundle + "-") else { return false }
  let rest = id.dropFirst(bundle.count + 1)
  return ["podman-", "docker-", "rkt-", "ip-"].contains { rest.hasPrefix($0) }
    || (!rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isNumber })
}

// MARK: - From the CIB

extension ClusterStatus {
  /// - Parameter document: a CIB with its `<status>`.
  package init(_ document: CIBDocument) {
    let configuration = document.configuration
    hasQuorum = document.haveQuorum ?? false
    maintenanceMode = isTrue(configuration.clusterProperty("maintenance-mode"))
    // Pacemaker before 3.0 does not know the first name.
    let fencingNames = document.isOfPacemaker3 ? ["fencing-enabled", "stonith-enabled"] : ["stonith-enabled"]
    let isFencing = fencingNames.lazy.compactMap { configuration.clusterProperty($0) }.first
    fencingIsEnabled = isFencing.flatMap(Values.boolean) ?? true
    var resources = ResourceIndex(configuration)
    members = resources.members
    bundles = Set(resources.bundles)
    fencingDevices = resources.fencingDevices

    var states: [String: Element] = [:]
    for state in document.status?.elements(named: "node_state") ?? [] {
      if let name = state["uname"] ?? state.id { states[name] = state }
      if let id = state.id { states[id] = states[id] ?? state }
    }
    let startupFencing = configuration.clusterProperty("startup-fencing").flatMap(Values.boolean) ?? true
    for element in configuration.first("nodes")?.elements(named: "node") ?? [] {
      guard let name = element["uname"] else { continue }
      let type = element["type"]
      if type == "remote" || resources.hasRemoteNode(name) {
        resources.addRemoteNode(name)
        continue
      }
      var node = Node(name: name, id: element.id ?? name, kind: .member)
      node.isDC = element.id != nil && element.id == document.dcUUID
      if type == nil || type == "member" || type == "normal" {
        node.judge(states[name] ?? states[node.id], fencing: fencingIsEnabled, startupFencing: startupFencing)
      }
      if node.isDC { dc = name }
      nodes.append(node)
    }
    // Histories of nodes that can be judged first, then those of remotes, whose state their connections' history tells.
    var histories: [String: [String: History]] = [:]
    var all: [Instance] = []
    func unpack(_ node: Node) {
      guard let state = states[node.name] ?? (node.kind == .member ? states[node.id] : nil) else { return }
      for lrm in state.elements(named: "lrm") {
        for list in lrm.elements(named: "lrm_resources") {
          for resource in list.elements(named: "lrm_resource") {
            guard let id = resource.id else { continue }
            let history = History(resource, node: node, isPromotable: resources.isPromotable(id))
            histories[id, default: [:]][node.name] = history
            failures += history.failures
          }
        }
      }
    }
    for node in nodes where node.isOnline || fencingIsEnabled { unpack(node) }
    Self.settleMigrations(&histories)
    func isStarted(_ resource: String) -> Bool {
      (histories[resource] ?? [:]).values.contains { $0.role > .stopped && !$0.isFailed }
    }
    func isGone(_ node: Node) -> Bool { !node.isOnline && node.isUnclean }
    var gone = Set(nodes.filter(isGone).map(\.name))
    for (name, container) in resources.remoteNodes {
      var node = Node(name: name, id: name, kind: container == nil ? .remote : .guest)
      let state = states[name]
      node.isOnline = isStarted(name)
      if let container {
        // A guest is lost with the node it runs on.
        let isLost = (histories[container] ?? [:]).contains { $0.value.role > .stopped && gone.contains($0.key) }
        node.isOnline = node.isOnline && isStarted(container) && !isLost
      }
      // A node entry that stayed after its connection was removed is nothing to wait for.
      let isUnseen = node.kind == .remote && state == nil && !node.isOnline && resources.has(name)
      // One whose connection has failed is fenced, and stays unclean until that has succeeded, which the time in
      // `node_fenced` tells. That the connection was stopped since settles it only where none is tried again later
      // (`reconnect_interval`).
      let hasLost = (histories[name] ?? [:]).values.contains { history in
        resources.reconnects(name) ? history.hasLostConnection : history.isWithoutConnection
      }
      let isFenced = state?["node_fenced"].map { $0 != "0" } ?? false
      let isLost = node.kind == .remote && !node.isOnline && hasLost && !isFenced
      node.isUnclean = (isUnseen && startupFencing || isLost) && fencingIsEnabled
      node.inMaintenance = isTrue(state?["node_in_maintenance"])
      if isGone(node) { gone.insert(name) }
      nodes.append(node)
    }
    for node in nodes where node.kind != .member && (node.isOnline || fencingIsEnabled) { unpack(node) }
    Self.settleMigrations(&histories)

    let configured = Dictionary(
      (configuration.first("nodes")?.elements(named: "node") ?? []).map { ($0["uname"] ?? "", $0) },
      uniquingKeysWith: { first, _ in first })
    for index in nodes.indices {
      let sources = [configured[nodes[index].name], states[nodes[index].name]?.first("transient_attributes")]
      for set in sources.compactMap({ $0 }).flatMap({ $0.elements(named: "instance_attributes") }) {
        for nvpair in set.elements(named: "nvpair") where isTrue(nvpair["value"]) {
          switch nvpair["name"] {
          case "standby": nodes[index].isStandby = true
          case "maintenance": nodes[index].inMaintenance = true
          default: break
          }
        }
      }
      if maintenanceMode { nodes[index].inMaintenance = true }
    }
    for (resource, perNode) in histories {
      for (node, history) in perNode where history.role > .stopped || history.pendingOperation != nil {
        all.append(
          Instance(
            resource: resource, node: node, role: history.role, isFailed: history.isFailed,
            pendingOperation: history.pendingOperation, isOrphan: !resources.knows(withoutInstanceNumber(resource))))
      }
    }
    instances = all.sorted { ($0.resource, $0.node) < ($1.resource, $1.node) }
    sortOutInstances()
    if fencingIsEnabled {
      // Fencing is what the cluster does about a failed stop, unless the configuration says otherwise.
      let places = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
      for failure in failures where failure.operation == "stop" {
        // A guest is not fenced, but its container restarted.
        guard isActive(failure.resource), let index = places[failure.node], nodes[index].kind != .guest
        else { continue }
        let onFail = resources.onFailOfStop[withoutInstanceNumber(failure.resource)]
        if onFail == nil || onFail == "fence" { nodes[index].isUnclean = true }
      }
    }
    failures.sort { ($0.resource, $0.node, $0.operation) < ($1.resource, $1.node, $1.operation) }
  }

  /// A migration is told by two nodes: `migrate_to` where the resource was, `migrate_from` where it is going.
  private static func settleMigrations(_ histories: inout [String: [String: History]]) {
    for (resource, perNode) in histories {
      for (source, history) in perNode {
        guard let (target, time) = history.migratedTo else { continue }
        let there = perNode[target]
        if let other = there, let newer = other.lastChange, newer > time, !other.hasMigratedFrom(source) {
          // Something happened on the target since: the migration is over, what stands in the history is old.
          continue
        }
        switch there?.migrations[source] {
        case .succeeded: histories[resource]?[source]?.role = .stopped
        // Failed there: it may be on both.
        case .failed: break
        case .pending, nil:
          // Under way: on both, as far as anyone knows.
          histories[resource]?[target, default: History(role: .started)].role = max(there?.role ?? .started, .started)
        }
      }
    }
  }
}

// MARK: - Nodes

extension ClusterStatus.Node {
  /// As `determine_online_status` does.
  fileprivate mutating func judge(_ state: Element?, fencing: Bool, startupFencing: Bool) {
    guard let state else {
      isUnclean = startupFencing && fencing
      return
    }
    // Since Pacemaker 2.1.7 in_ccm and crmd hold the time since when, 0 for "not".
    func since(_ value: String?, _ word: String) -> Bool {
      guard let value else { return false }
      if let time = Int(value) { return time > 0 }
      return word == "true" ? isTrue(value) : value == word
    }
    let inMembership = since(state["in_ccm"], "true")
    let hasController = since(state["crmd"], "online")
    let join = state["join"]
    let expected = state["expected"] ?? "down"
    func attribute(_ name: String) -> String? {
      for set in state.first("transient_attributes")?.elements(named: "instance_attributes") ?? [] {
        for nvpair in set.elements(named: "nvpair") where nvpair["name"] == name { return nvpair["value"] }
      }
      return nil
    }
    guard fencing else {
      if inMembership && hasController {
        isOnline = join == "member"
        isPending = !isOnline
      } else if inMembership && expected == "member" {
        isUnclean = true
      }
      return
    }
    isOnline = inMembership && hasController
    if let shutdown = attribute("shutdown"), shutdown != "0" {
      isOnline = hasController
      return
    }
    let terminate = attribute("terminate").map { isTrue($0) || (Int($0) ?? 0) > 0 } ?? false
    if state["in_ccm"] == nil {
      isUnclean = true
    } else if join == "nack" {
      isUnclean = true
    } else if !terminate && expected == "down" {
      isPending = inMembership || hasController
    } else if terminate && join == "down" && !inMembership && !hasController {
      isOnline = false
    } else if !inMembership || !hasController || terminate {
      isUnclean = true
    } else if join == "pending" || join == "down" {
      isPending = true
    } else if join != "member" {
      isUnclean = true
    }
  }
}

// MARK: - Resources

/// The resources of a configuration, as far as their status needs it.
private struct ResourceIndex {
  var members: [String: [String]] = [:]
  var bundles: [String] = []
  var fencingDevices: [String] = []
  /// Remote nodes, which are resources of that name as well, and guests with the resource that they run in.
  private(set) var remoteNodes: [(name: String, container: String?)] = []
  private var remoteNames: Set<String> = []
  private var guestNames: Set<String> = []
  /// Connections that Pacemaker tries anew after a time.
  private var reconnecting: Set<String> = []
  /// `on-fail` of the stop operations that have one.
  var onFailOfStop: [String: String] = [:]
  private var ids: Set<String> = []
  private var promotable: Set<String> = []
  private var templates: [String: Element] = [:]

  init(_ configuration: Element) {
    let resources = configuration.first("resources")?.elements ?? []
    for element in resources where element.name == "template" { templates[element.id ?? ""] = element }
    for element in resources where isResourceElement(element.name) { _ = add(element, promotable: false) }
  }

  /// Whether the configuration has it.
  func has(_ id: String) -> Bool { ids.contains(id) }

  /// Whether the configuration has it, or makes Pacemaker have it.
  func knows(_ id: String) -> Bool {
    has(id) || guestNames.contains(id) || bundles.contains { isImplicit(id, ofBundle: $0) }
  }

  /// Whether it is a connection to a remote node with a `reconnect_interval`.
  func reconnects(_ id: String) -> Bool { reconnecting.contains(id) }

  func isPromotable(_ id: String) -> Bool { promotable.contains(withoutInstanceNumber(id)) }

  /// Whether it is a remote node or a guest.
  func hasRemoteNode(_ name: String) -> Bool { remoteNames.contains(name) }

  /// A node entry of type remote: it stays after its connection has been removed.
  mutating func addRemoteNode(_ name: String) {
    let bundle = bundles.first { isImplicit(name, ofBundle: $0) }
    addRemoteNode(name, in: bundle.map { "\($0)-podman-\(name.dropFirst($0.count + 1))" })
  }

  private mutating func addRemoteNode(_ name: String, in container: String?) {
    guard remoteNames.insert(name).inserted else { return }
    if container != nil { guestNames.insert(name) }
    remoteNodes.append((name, container))
  }

  private mutating func add(_ element: Element, promotable isPromotable: Bool) -> [String] {
    let id = element.id ?? ""
    ids.insert(id)
    if element.name == "primitive" {
      if isPromotable { promotable.insert(id) }
      addPrimitive(element, id)
      return [id]
    }
    let isPromotable =
      isPromotable || element.name == "master" || isTrue(element.value(of: "promotable", in: "meta_attributes"))
    var inner: [String] = []
    for child in element.elements where isResourceElement(child.name) {
      inner += add(child, promotable: isPromotable)
      if let childID = child.id { inner.append(childID) }
    }
    if element.name == "bundle" { addBundle(element, id) }
    members[id] = inner
    return inner
  }

  private mutating func addPrimitive(_ element: Element, _ id: String) {
    let template = element["template"].flatMap { templates[$0] }
    let type = element["type"] ?? template?["type"]
    let resourceClass = element["class"] ?? template?["class"]
    for source in [template, element].compactMap({ $0 }) {
      for operation in source.first("operations")?.elements(named: "op") ?? [] where operation["name"] == "stop" {
        if let onFail = operation["on-fail"] { onFailOfStop[id] = onFail }
      }
    }
    if resourceClass == "stonith" { fencingDevices.append(id) }
    if resourceClass == "ocf", type == "remote", (element["provider"] ?? template?["provider"]) == "pacemaker" {
      addRemoteNode(id, in: nil)
      let interval = [element, template].lazy.compactMap {
        $0?.value(of: "reconnect_interval", in: "instance_attributes")
      }
      .first.flatMap(Values.milliseconds)
      if let interval, interval > 0 { reconnecting.insert(id) }
    }
    let guest = [element, template].lazy.compactMap { $0?.value(of: "remote-node", in: "meta_attributes") }.first
    if let guest {
      addRemoteNode(guest, in: id)
    }
  }

  private mutating func addBundle(_ element: Element, _ id: String) {
    bundles.append(id)
    guard element.first("primitive") != nil, let runtime = element.elements.first(where: { isRuntime($0.name) }) else {
      return
    }
    let promotedMax = runtime["promoted-max"] ?? runtime["masters"]
    if promotedMax != nil && promotedMax != "0", let inner = element.first("primitive")?.id { promotable.insert(inner) }
    let replicas = runtime["replicas"].flatMap { Int($0) } ?? promotedMax.flatMap { Int($0) } ?? 1
    // Any number is valid, and each replica is a node to be told of.
    for number in 0..<max(0, min(replicas, 1000)) {
      addRemoteNode("\(id)-\(number)", in: "\(id)-\(runtime.name)-\(number)")
    }
  }

  private func isRuntime(_ name: String) -> Bool { name == "podman" || name == "docker" || name == "rkt" }
}

extension Element {
  /// Of a resource: what the first of its sets of that name that has the value says.
  fileprivate func value(of name: String, in sets: String) -> String? {
    for set in elements(named: sets) {
      for nvpair in set.elements(named: "nvpair") where nvpair["name"] == name { return nvpair["value"] }
    }
    return nil
  }
}

// MARK: - Histories

/// What one node remembers of one resource.
private struct History {
  enum Migration { case pending, succeeded, failed }

  var role = ClusterStatus.Role.stopped
  var isFailed = false
  /// Of a remote node's connection: whether it was there and failed; and whether nothing has gone well since.
  private(set) var hasLostConnection = false
  private(set) var isWithoutConnection = false
  var pendingOperation: String?
  var failures: [ClusterStatus.Failure] = []
  /// The target of the last `migrate_to`, if it succeeded and nothing came after it; and when.
  var migratedTo: (target: String, time: Int)?
  /// Results of `migrate_from`, by source.
  var migrations: [String: Migration] = [:]
  var lastChange: Int?

  init(role: ClusterStatus.Role) { self.role = role }

  func hasMigratedFrom(_ source: String) -> Bool { migrations[source] != nil }

  init(_ resource: Element, node: ClusterStatus.Node, isPromotable: Bool) {
    let active: ClusterStatus.Role = isPromotable ? .unpromoted : .started
    let operations = resource.elements(named: "lrm_rsc_op").map { Operation($0) }.sorted()
    for operation in operations {
      take(operation, active: active, resource: resource.id ?? "", node: node.name)
    }
  }

  private mutating func take(
    _ operation: Operation, active: ClusterStatus.Role, resource: String, node: String
  ) {
    switch operation.task {
    case "notify", "meta-data", "reload-agent", "cancel", "delete": return
    default: break
    }
    if let time = operation.time, operation.task != "monitor" { lastChange = max(lastChange ?? 0, time) }
    if operation.task != "monitor" { migratedTo = nil }
    switch operation.status {
    case .cancelled, .invalid: return
    case .pending:
      pendingOperation = operation.task
      switch operation.task {
      case "start": role = active
      case "promote": role = .promoted
      case "migrate_from": migrations[operation.migrateSource ?? ""] = .pending
      default: break
      }
    case .done:
      succeed(operation, active)
      if operation.task != "monitor" || operation.exitCode == 7 { isWithoutConnection = false }
    case .failed:
      fail(operation, active)
      // Pacemaker's `on-fail` of connections, "reset-remote", is not for these.
      if !operation.isProbe, operation.task != "start" {
        hasLostConnection = true
        isWithoutConnection = true
      }
      failures.append(operation.failure(of: resource, on: node))
    }
  }

  private mutating func succeed(_ operation: Operation, _ active: ClusterStatus.Role) {
    switch (operation.task, operation.exitCode) {
    case (_, 7):
      role = .stopped
      isFailed = false
    case (_, 5):
      // Not installed: a probe that finds no agent finds nothing running.
      role = .stopped
    case ("monitor", 8): role = .promoted
    case ("monitor", _): role = max(role, active)
    case ("start", _):
      role = active
      isFailed = false
    case ("stop", _):
      role = .stopped
      isFailed = false
    case ("promote", _): role = .promoted
    case ("demote", _):
      role = .unpromoted
      isFailed = false
    case ("migrate_from", _):
      role = .started
      isFailed = false
      migrations[operation.migrateSource ?? ""] = .succeeded
    case ("migrate_to", _):
      role = .started
      if let target = operation.migrateTarget { migratedTo = (target, operation.time ?? 0) }
    default: role = max(role, active)
    }
  }

  private mutating func fail(_ operation: Operation, _ active: ClusterStatus.Role) {
    switch (operation.task, operation.exitCode) {
    // A probe where the agent is not installed.
    case ("monitor", 5) where operation.isProbe: role = .stopped
    case ("demote", 7): role = .stopped
    case ("demote", _): role = .unpromoted
    case ("promote", _), (_, 8), (_, 9): role = .promoted
    case ("migrate_from", _):
      migrations[operation.migrateSource ?? ""] = .failed
      role = max(role, active)
    default: role = max(role, active)
    }
    isFailed = role > .stopped
  }
}

private struct Operation: Comparable {
  enum Status { case pending, done, failed, cancelled, invalid }

  var id: String
  var task: String
  var interval: Int
  var callID: Int
  var exitCode: Int
  var status: Status
  var timedOut: Bool
  var time: Int?
  var reason: String?
  var migrateSource: String?
  var migrateTarget: String?
  private var transition: Int
  private var transitioner: Substring

  var isProbe: Bool { task == "monitor" && interval == 0 }

  init(_ element: Element) {
    id = element.id ?? ""
    task = element["operation"] ?? ""
    interval = element["interval"].flatMap { Int($0) } ?? 0
    callID = element["call-id"].flatMap { Int($0) } ?? 0
    exitCode = element["rc-code"].flatMap { Int($0) } ?? 193
    time = (element["last-rc-change"] ?? element["last-run"]).flatMap { Int($0) }
    reason = element["exit-reason"].flatMap { $0.isEmpty ? nil : $0 }
    migrateSource = element["migrate_source"]
    migrateTarget = element["migrate_target"]
    // ACTION:TRANSITION:EXPECTED:UUID
    let key = (element["transition-key"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
    transition = key.count > 1 ? Int(key[1]) ?? -1 : -1
    transitioner = key.count > 3 ? key[3] : ""
    let expected = key.count > 2 ? Int(key[2]) : nil
    let opStatus = element["op-status"].flatMap { Int($0) } ?? -2
    timedOut = opStatus == 2
    status = Operation.judge(task, interval, opStatus, exitCode, expected: expected)
  }

  /// As `remap_operation`: an exit code other than the expected is a failure, but not for a probe, which only looks.
  private static func judge(
    _ task: String, _ interval: Int, _ opStatus: Int, _ code: Int, expected: Int?
  ) -> Status {
    switch opStatus {
    case -1: return .pending
    case ..<(-1): return .invalid
    case 1: return .cancelled
    default: break
    }
    let isProbe = task == "monitor" && interval == 0
    switch code {
    case 7 where isProbe || expected == 7 || expected == nil: return .done
    case 0 where isProbe, 8 where isProbe: return .done
    case 9: return .failed
    default: break
    }
    // 0 done; 2 timed out, 3 not supported, 4 error, 5 and 6 graver ones, 7 not installed, …
    guard opStatus == 0 || opStatus == 4 || opStatus == 5 || opStatus == 6 else { return .failed }
    if let expected { return code == expected ? .done : .failed }
    return code == 0 || code == 8 && task == "monitor" ? .done : .failed
  }

  func failure(of resource: String, on node: String) -> ClusterStatus.Failure {
    ClusterStatus.Failure(
      node: node, resource: resource, operation: task, interval: interval, exitCode: exitCode, timedOut: timedOut,
      reason: reason, time: time)
  }

  /// By call id, as `sort_op_by_callid`. Pending operations have -1: they come last, but for those of an earlier
  /// transition of the same DC.
  static func < (left: Operation, right: Operation) -> Bool {
    if left.callID >= 0 && right.callID >= 0 {
      if left.callID != right.callID { return left.callID < right.callID }
    } else if left.transitioner == right.transitioner && left.transition != right.transition {
      return left.transition < right.transition
    } else if (left.callID < 0) != (right.callID < 0) {
      return right.callID < 0
    }
    if let a = left.time, let b = right.time, a != b { return a < b }
    return left.id < right.id
  }

  static func == (left: Operation, right: Operation) -> Bool {
    left.id == right.id && left.callID == right.callID
  }
}
