import Desired

/// What the hook's facts ask of the cluster: options, what the principal charm wants, and the remote nodes.
package struct CharmRequest {
  let facts: HookFacts
  let principal: Principal
  /// In Juju's order, in which the charm makes them.
  let remotes: [RemoteUnit]
  /// Everything that is wrong with the relations' data.
  package let diagnostics: [Diagnostic]

  package init(_ facts: HookFacts) {
    self.facts = facts
    var diagnostics: [Diagnostic] = []
    if let (relation, unit) = facts.principal {
      var reading = RelationReading(relation: relation, unit: unit)
      principal = Principal(&reading)
      diagnostics += reading.diagnostics
    } else {
      principal = Principal()
    }
    var remotes: [RemoteUnit] = []
    for relation in facts.relations("pacemaker-remote") {
      for unit in relation.units {
        var reading = RelationReading(relation: relation.id, unit: unit)
        if let remote = RemoteUnit(&reading) { remotes.append(remote) }
        diagnostics += reading.diagnostics
      }
    }
    self.remotes = remotes
    self.diagnostics = diagnostics
  }

  /// The name that this unit's node has in the cluster.
  package var hostname: String { facts.hostname }

  /// What has to happen before anything can be configured; nil if nothing has.
  package var waitsFor: String? {
    guard facts.isLeader else { return "this unit is not the leader, which configures the cluster" }
    guard !facts.relations("hanode").isEmpty else { return "there are no peers yet" }
    let ready = facts.peers(saying: "ready")
    guard ready >= facts.clusterCount else { return "\(ready) of \(facts.clusterCount) members are ready" }
    let relations = facts.principalRelations
    guard relations.count == 1 else {
      return relations.isEmpty
        ? "there is no principal charm yet" : "there are \(relations.count) ha relations, where one is expected"
    }
    guard facts.principal != nil else { return "the principal charm has no unit yet" }
    return nil
  }

  /// What an operator has to do before anything can be configured; nil if nothing is missing.
  package var isBlockedBy: String? {
    if let count = facts.option("cluster_count"), Int(count) == nil { return "the option cluster_count is no number" }
    if let policy = facts.option("no_quorum_policy"), !Self.quorumPolicies.contains(policy) {
      return "the option no_quorum_policy is none of \(Self.quorumPolicies.joined(separator: ", "))"
    }
    if principal.usesMAASDNS, facts.maas == nil {
      return "DNS HA is asked for, but the options maas_url and maas_credentials are not both set"
    }
    return nil
  }

  private static let quorumPolicies = ["stop", "ignore", "freeze", "suicide"]

  /// Whether enough members have joined for the remote nodes to be configured.
  var hasEnoughMembersForRemotes: Bool { facts.peers(saying: "member_ready") >= facts.clusterCount }

  /// What all remotes that say something agree on: whether resources may run on them. Nil where none does, or they differ.
  var remotesTakeResources: Bool? {
    let answers = Set(remotes.compactMap(\.takesResources))
    return answers.count == 1 ? answers.first : nil
  }
}

extension HookFacts {
  var clusterCount: Int { option("cluster_count").flatMap { Int($0) } ?? 3 }

  /// The `ha` relations, or else the one of a principal that does not speak of resources.
  fileprivate var principalRelations: [Relation] {
    relations("ha").isEmpty ? relations("juju-info") : relations("ha")
  }

  /// The first unit has what all units of the principal say.
  fileprivate var principal: (relation: String, unit: Unit)? {
    guard let relation = principalRelations.first, let unit = relation.units.first else { return nil }
    return (relation.id, unit)
  }

  /// How many members say so, this unit included, which does not hear itself.
  fileprivate func peers(saying key: String) -> Int {
    let others = relations("hanode").flatMap(\.units).filter { $0.name != unit && $0.data[key]?.saysYes == true }
    return 1 + Set(others.map(\.name)).count
  }

  /// The host names of the members, as far as they have said them.
  var memberNames: [String] {
    let others = relations("hanode").flatMap(\.units).filter { $0.name != unit }.compactMap { $0.data["hostname"] }
    return Set([hostname] + others).filter { !$0.isEmpty }.sorted()
  }

  /// The region's URL and the API key of MAAS, where both are set.
  var maas: (url: String, apikey: String)? {
    guard let url = option("maas_url"), let apikey = option("maas_credentials") else { return nil }
    return (url, apikey)
  }
}
