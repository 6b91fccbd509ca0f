import CIB
import Desired
import Documents
import Testing
import XML

@testable import Charm

/// The charm's rules on values. `Tests/Oracle/test_charm.py` holds them against the charm's own commands.
@Suite struct CharmRulesTests {
  /// Facts of a ready cluster of three; what is given comes on top.
  private func facts(
    config: [String: String] = [:], ha: [String: String] = [:], remotes: [[String: String]] = []
  ) -> HookFacts {
    var facts = HookFacts()
    facts.isLeader = true
    facts.hostname = "n1"
    facts.unit = "hacluster/0"
    facts.config = config
    let peers = [("hacluster/1", "n2"), ("hacluster/2", "n3")].map { unit, host in
      HookFacts.Unit(name: unit, data: ["hostname": host, "ready": "True", "member_ready": "True"])
    }
    facts.relations["hanode"] = [.init(id: "hanode:1", units: peers)]
    facts.relations["ha"] = [.init(id: "ha:0", units: [.init(name: "app/0", data: ha)])]
    facts.relations["pacemaker-remote"] = [
      .init(
        id: "pacemaker-remote:2",
        units: remotes.enumerated().map { .init(name: "pacemaker-remote/\($0)", data: $1) })
    ]
    return facts
  }

  private func rules(
    _ facts: HookFacts, current: String = "", except exceptions: CharmRules.Exceptions = .init()
  ) throws -> CharmRules.Result {
    let configuration = try Element(parsing: Array("<configuration>\(current)</configuration>".utf8))
    return CharmRules.configuration(for: CharmRequest(facts), current: Configuration(configuration), except: exceptions)
  }

  private func properties(_ result: CharmRules.Result) -> [String: String] {
    var values: [String: String] = [:]
    for settings in result.desired.settings where settings.section == .properties {
      for pair in settings.element.elements { values[pair["name"] ?? ""] = pair["value"] }
    }
    return values
  }

  private func object(_ id: String, in result: CharmRules.Result) -> Element? {
    result.desired.objects.first { $0.id == id }?.element
  }

  private let remote = [
    "remote-hostname": "\"goose.maas\"", "remote-ip": "\"10.0.0.1\"", "stonith-hostname": "\"goose.maas\"",
    "enable-resources": "false",
  ]
  private let maas = ["maas_url": "http://maas/MAAS", "maas_credentials": "a:b:c"]
  private let vip = ["json_resources": #"{"vip": "ocf:heartbeat:IPaddr2"}"#]

  // MARK: When there is nothing to do yet

  @Test func waitsForLeadershipPeersAndThePrincipal() {
    var facts = facts()
    #expect(CharmRequest(facts).waitsFor == nil)
    facts.relations["hanode"]![0].units[1].data["ready"] = nil
    #expect(CharmRequest(facts).waitsFor == "2 of 3 members are ready")
    facts.config["cluster_count"] = "2"
    #expect(CharmRequest(facts).waitsFor == nil)
    facts.relations["ha"]!.append(facts.relations["ha"]![0])
    #expect(CharmRequest(facts).waitsFor == "there are 2 ha relations, where one is expected")
    facts.relations["ha"] = nil
    #expect(CharmRequest(facts).waitsFor == "there is no principal charm yet")
    facts.relations["juju-info"] = [.init(id: "juju-info:0", units: [.init(name: "app/0", data: [:])])]
    #expect(CharmRequest(facts).waitsFor == nil)
    facts.isLeader = false
    #expect(CharmRequest(facts).waitsFor == "this unit is not the leader, which configures the cluster")
  }

  @Test func theOwnUnitCountsOnce() {
    var facts = facts()
    facts.relations["hanode"]![0].units[1] = .init(name: "hacluster/0", data: ["ready": "True"])
    #expect(CharmRequest(facts).waitsFor == "2 of 3 members are ready")
  }

  // MARK: Options

  @Test func optionsBecomePropertiesAndDefaults() throws {
    let result = try rules(
      facts(config: ["failure_timeout": "60", "cluster_recheck_interval": "30", "no_quorum_policy": "ignore"]))
    #expect(result.diagnostics.isEmpty)
    #expect(
      properties(result) == [
        "no-quorum-policy": "ignore", "cluster-recheck-interval": "30", "stonith-enabled": "false",
      ])
    let defaults = try #require(result.desired.settings.first { $0.section == .resourceDefaults }?.element)
    #expect(defaults.id == "rsc-options")
    #expect(defaults.elements.map { $0["value"] } == ["100", "60"])
  }

  // MARK: Opt-in

  @Test func remotesThatTakeNothingMakeTheClusterOptIn() throws {
    let result = try rules(
      facts(config: maas, ha: vip, remotes: [remote]),
      current: """
        <resources><primitive id="other" class="ocf" provider="pacemaker" type="Dummy"/></resources>
        """)
    #expect(result.diagnostics.isEmpty)
    #expect(properties(result)["symmetric-cluster"] == "false")
    #expect(properties(result)["stonith-enabled"] == "true")
    let placed = result.desired.placements.map { $0.resources.map(\.id) }
    #expect(placed == [["vip", "st-maas", "st-null"], ["goose.maas"]])
    #expect(result.desired.placements.map(\.spread) == [nil, "200"])
    #expect(object("loc-other-n3", in: result)?["score"] == "0")
  }

  @Test func rulesOfOtherOriginStayAsTheyAre() throws {
    let current = """
      <crm_config><cluster_property_set id="cib-bootstrap-options">
      <nvpair id="x" name="symmetric-cluster" value="false"/></cluster_property_set></crm_config>
      <resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/>
      <primitive id="b" class="ocf" provider="pacemaker" type="Dummy"/></resources>
      <constraints><rsc_location id="loc-a-n1" rsc="a" node="n1" score="-INFINITY"/></constraints>
      """
    let result = try rules(facts(ha: vip, remotes: [remote.filter { $0.key != "stonith-hostname" }]), current: current)
    // `a` has such rules, so it gets those that are missing; `b` is somebody's own affair.
    let added = result.desired.objects.filter { $0.kind == .location }.map(\.id)
    #expect(added == ["loc-a-n2", "loc-a-n3"])
  }

  @Test func remotesThatDisagreeLeaveTheSymmetryAlone() throws {
    var other = remote
    other["remote-hostname"] = "\"colt.maas\""
    other["enable-resources"] = "true"
    let result = try rules(facts(config: maas, ha: vip, remotes: [remote, other]))
    #expect(properties(result)["symmetric-cluster"] == nil)
    #expect(result.diagnostics.map(\.severity) == [.warning])
    #expect(result.desired.placements.isEmpty)
  }

  @Test func symmetryWaitsForTheMembers() throws {
    var facts = facts(config: maas, ha: vip, remotes: [remote])
    facts.relations["hanode"]![0].units[0].data["member_ready"] = nil
    let result = try rules(facts)
    #expect(properties(result)["symmetric-cluster"] == nil)
    #expect(object("goose.maas", in: result) == nil)
    #expect(result.waiting == ["too few members are ready for the remote nodes"])
    #expect(object("vip", in: result) != nil)
  }

  @Test func aRemoteThatDoesNotAnswerIsLeftOut() throws {
    var exceptions = CharmRules.Exceptions()
    exceptions.unreachable = ["goose.maas"]
    let result = try rules(facts(config: maas, remotes: [remote]), except: exceptions)
    #expect(object("goose.maas", in: result) == nil)
    #expect(result.waiting == ["remote node 'goose.maas' does not answer at 10.0.0.1"])
    #expect(result.desired.placements.allSatisfy { !$0.resources.map(\.id).contains("goose.maas") })
  }

  // MARK: Fencing

  private let cibWithRemote = """
    <resources><primitive id="old.maas" class="ocf" provider="pacemaker" type="remote"/>
    <primitive id="st-maas" class="stonith" type="external/maas"><instance_attributes id="i">
    <nvpair id="h" name="hostnames" value="old old.maas"/></instance_attributes></primitive></resources>
    """

  @Test func remotesThatHaveLeftTheRelationCanStillBeFenced() throws {
    let result = try rules(facts(config: maas, remotes: [remote]), current: cibWithRemote)
    let parameters = object("st-maas", in: result)?.first("instance_attributes")?.elements
    #expect(parameters?.first { $0["name"] == "hostnames" }?["value"] == "goose goose.maas old old.maas")
    let alone = try rules(facts(config: maas), current: cibWithRemote)
    #expect(properties(alone)["stonith-enabled"] == "true")
  }

  @Test func withoutMAASRemotesToBeFencedAreLeftOut() throws {
    let result = try rules(facts(ha: vip, remotes: [remote]))
    #expect(result.blocked.count == 1)
    #expect(object("goose.maas", in: result) == nil)
    #expect(object("vip", in: result) != nil)
    // Nothing would start where it is enabled without any device.
    #expect(properties(result)["stonith-enabled"] == "false")
    let fenced = try rules(facts(remotes: [remote]), current: cibWithRemote)
    #expect(properties(fenced)["stonith-enabled"] == nil)
  }

  @Test func remotesThatSayNothingLeaveTheSymmetryAlone() throws {
    let result = try rules(facts(config: maas, remotes: [remote.filter { $0.key != "enable-resources" }]))
    #expect(properties(result)["symmetric-cluster"] == nil)
    #expect(object("goose.maas", in: result) != nil)
  }

  @Test(arguments: ["remote-ip", "stonith-hostname", "remote-hostname"])
  func namesOfRemotesHaveNoBlanks(key: String) throws {
    var remote = remote
    remote[key] = "\"a b\""
    let errors = try rules(facts(config: maas, remotes: [remote])).diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.location.document) == ["pacemaker-remote:2 pacemaker-remote/0 \(key)"])
  }

  @Test func optionsThatMakeNoSenseBlock() {
    #expect(CharmRequest(facts(config: ["cluster_count": "three"])).isBlockedBy != nil)
    #expect(CharmRequest(facts(config: ["no_quorum_policy": "maybe"])).isBlockedBy != nil)
  }

  @Test(arguments: [
    #"<primitive id="ipmi" class="stonith" type="external/ipmi"/>"#,
    #"<template id="power" class="stonith" type="external/ipmi"/><primitive id="ipmi" template="power"/>"#,
  ])
  func fencingOfOtherOriginIsLeftAlone(device: String) throws {
    let result = try rules(facts(), current: "<resources>\(device)</resources>")
    #expect(properties(result)["stonith-enabled"] == nil)
  }

  // MARK: The principal's data

  @Test func dnsNamesKnowMAAS() throws {
    let ha = [
      "json_resources": #"{"res_x_public_hostname": "ocf:maas:dns"}"#,
      "json_resource_params": #"{"res_x_public_hostname": "params fqdn=\"x\" op monitor interval=\"5s\""}"#,
    ]
    #expect(CharmRequest(facts(ha: ha)).isBlockedBy != nil)
    let result = try rules(facts(config: maas, ha: ha))
    let set = try #require(object("res_x_public_hostname", in: result)?.first("instance_attributes"))
    #expect(set.elements.map { $0["name"] } == ["fqdn", "maas_url", "maas_credentials"])
  }

  @Test func aMonitoredHostComesAndGoesWithItsRules() throws {
    let with = try rules(facts(config: ["monitor_host": "10.0.0.254"], ha: vip))
    #expect(object("Ping-vip", in: with)?.first("rule")?["score"] == "-INFINITY")
    let current = """
      <resources><clone id="cl_ping"><primitive id="ping" class="ocf" provider="pacemaker" type="ping"/></clone>
      </resources>
      <constraints><rsc_location id="Ping-vip" rsc="grp"><rule id="r" score="-INFINITY">
      <expression id="e" attribute="pingd" operation="lte" value="0"/></rule></rsc_location></constraints>
      """
    let without = try rules(facts(ha: vip), current: current)
    #expect(without.desired.deletions.map(\.target) == [.object(id: "ping"), .object(id: "Ping-vip")])
  }

  @Test func whatIsAskedForIsNotDeleted() throws {
    var ha = vip
    ha["delete_resources"] = "['vip', 'gone', 'busy']"
    var exceptions = CharmRules.Exceptions()
    exceptions.running = ["busy"]
    let result = try rules(facts(ha: ha), except: exceptions)
    #expect(result.desired.deletions.map(\.target) == [.object(id: "gone")])
    #expect(result.blocked == ["'busy' is to be deleted, but it runs: stop it first"])
    #expect(result.diagnostics.map(\.severity) == [.warning])
  }

  @Test(arguments: [
    (["json_resources": "[]x"], "ha:0 app/0 json_resources"),
    (["resources": "__import__('os')"], "ha:0 app/0 resources"),
    (["json_resources": #"["vip"]"#], "ha:0 app/0 json_resources"),
    (["json_resources": #"{"vip": 1, "vip": 2}"#], "ha:0 app/0 json_resources"),
    (["json_resources": #"{"a b": "ocf:x:y"}"#], "ha:0 app/0 json_resources a b"),
    (["json_resources": #"{"-x": "ocf:x:y"}"#], "ha:0 app/0 json_resources -x"),
    (["json_resources": #"{"$(id)": "ocf:x:y"}"#], "ha:0 app/0 json_resources $(id)"),
    (["json_resources": #"{"a": "ocf:x:y params evil=1"}"#], "ha:0 app/0 json_resources a"),
    (["json_groups": #"{"g": "a b\nprimitive c ocf:x:y"}"#], "ha:0 app/0 json_groups g"),
    (["json_groups": #"{"g": "a description=x\""}"#], "ha:0 app/0 json_groups g"),
    (["json_groups": #"{"g": {"a": "b"}}"#], "ha:0 app/0 json_groups"),
    (["json_orders": #"{"o": "inf: a:frobnicate b"}"#], "ha:0 app/0 json_orders o"),
    (["delete_resources": "['a;b']"], "ha:0 app/0 delete_resources a;b"),
  ])
  func errorsNameRelationUnitAndKey(ha: [String: String], place: String) throws {
    let result = try rules(facts(ha: ha))
    let errors = result.diagnostics.filter { $0.severity == .error }
    #expect(!errors.isEmpty)
    #expect(errors.allSatisfy { $0.location.document == place }, "\(errors)")
  }

  @Test func aValueHasABound() throws {
    let value = #"{"g": "\#(String(repeating: "x", count: 300_000))"}"#
    let result = try rules(facts(ha: ["json_groups": value]))
    #expect(result.diagnostics.map(\.location.document) == ["ha:0 app/0 json_groups"])
    #expect(result.diagnostics.map(\.message) == ["the value is longer than 256 KiB"])
  }

  @Test func errorsDoNotTellSecrets() throws {
    let ha = [
      "json_resources": #"{"a": "ocf:x:y"}"#,
      "json_resource_params": #"{"a": "params password=\"hunter2\" stray:hunter2"}"#,
    ]
    let result = try rules(facts(ha: ha))
    let text = result.diagnostics.map(\.description).joined()
    #expect(!text.isEmpty)
    #expect(!text.contains("hunter2"))
  }
}
