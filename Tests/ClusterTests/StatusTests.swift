import CIB
import Testing
import XML

@testable import Cluster

/// Pacemaker's own test CIBs (`cts/scheduler/xml` of its source), where they are.
private let corpus = Environment.current["CRMSYNC_CORPUS"] ?? "/usr/share/pacemaker/tests/scheduler/xml"

@Suite struct StatusTests {
  /// (resource, node) pairs as crm_mon sees them, without instance numbers.
  func pairsOfCrmMon(_ path: String) throws -> Set<String> {
    var environment = plainEnvironment
    environment["CIB_file"] = path
    let outcome = try Tool("crm_mon", ["-1", "--inactive", "--output-as=xml"], environment: environment)
      .run(within: 60)
    let root = try outcome.output.withUnsafeBytes { bytes throws(XMLError) in try Element(parsing: bytes) }
    var pairs: Set<String> = []
    func visit(_ element: Element) {
      if element.name == "resource", element["active"] == "true" {
        for node in element.elements(named: "node") {
          pairs.insert("\(withoutInstanceNumber(element.id ?? "")) \(node["name"] ?? "")")
        }
      }
      for child in element.elements { visit(child) }
    }
    visit(root)
    return pairs
  }

  @Test(.enabled(if: isInstalled("crm_mon") && isDirectory(corpus), "needs crm_mon and CRMSYNC_CORPUS"))
  func agreesWithCrmMonOnTheCorpus() throws {
    let directory = TemporaryDirectory()
    let list = text(try Tool("find", [corpus, "-name", "*.xml"]).run(within: 10).output).split(separator: "\n")
    // Known to the last pair are the CIBs that come with the project's tests; of others a few may be beyond us.
    let tolerance = list.count <= 62 ? 0 : list.count / 10
    var both = 0
    var missing: [String] = []
    var extra: [String] = []
    var nodeDifferences: [String] = []
    for file in list {
      let name = String(file.split(separator: "/").last!)
      let path = try directory.write(name, contents(String(file)))
      let connection = ClusterConnection(cibFile: path, environment: plainEnvironment)
      // Some are there for what Pacemaker refuses.
      guard let document = try? connection.query(status: true) else { continue }
      let status = ClusterStatus(document)
      let theirs = try pairsOfCrmMon(path)
      let ours = Set(
        status.instances.filter { $0.role > .stopped }.map { "\(withoutInstanceNumber($0.resource)) \($0.node)" })
      both += ours.intersection(theirs).count
      missing += theirs.subtracting(ours).sorted().map { "\(name): \($0)" }
      extra += ours.subtracting(theirs).sorted().map { "\(name): \($0)" }
      nodeDifferences += try differencesOfNodes(path, status).map { "\(name): \($0)" }
    }
    #expect(both > 400)
    // What runs must be known to run.
    #expect(missing.count <= tolerance, "\(missing)")
    // What a lost guest ran counts as running until the cluster has cleaned up.
    let others = extra.filter { !$0.hasPrefix("guest-") }
    #expect(others.count <= tolerance, "\(others)")
    #expect(nodeDifferences.count <= max(4, tolerance), "\(nodeDifferences)")
  }

  // MARK: Histories

  func op(
    _ task: String, _ call: Int, code: Int = 0, expected: Int = 0, status: Int = 0, interval: Int = 0, time: Int = 100,
    more: String = ""
  ) -> String {
    """
    <lrm_rsc_op id="\(task)_\(call)" operation="\(task)" call-id="\(call)" rc-code="\(code)" op-status="\(status)" \
    interval="\(interval)" last-rc-change="\(time)" transition-key="1:\(call):\(expected):u" \(more)/>
    """
  }

  func status(_ histories: [String: String], resources: String = "", properties: String = "") throws -> ClusterStatus {
    let states = histories.map { node, history in
      """
      <node_state id="\(node)" uname="\(node)" in_ccm="true" crmd="online" join="member" expected="member">\
      <lrm id="\(node)"><lrm_resources><lrm_resource id="a">\(history)</lrm_resource></lrm_resources></lrm></node_state>
      """
    }
    let nodes = histories.keys.sorted().map { "<node id=\"\($0)\" uname=\"\($0)\"/>" }.joined()
    let xml = """
      <cib admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" dc-uuid="n1"><configuration><crm_config>\
      <cluster_property_set id="cib-bootstrap-options">\(properties)</cluster_property_set></crm_config>\
      <nodes>\(nodes)</nodes><resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/>\(resources)\
      </resources><constraints/></configuration><status>\(states.joined())</status></cib>
      """
    return try ClusterStatus(CIBDocument(root: Element(parsing: xml)))
  }

  @Test func theLastOperationSaysWhetherItRuns() throws {
    #expect(try status(["n1": op("start", 2)]).activeNodes(of: "a") == ["n1"])
    #expect(try status(["n1": op("stop", 3) + op("start", 2)]).activeNodes(of: "a") == [])
    #expect(try status(["n1": op("start", 10) + op("stop", 9)]).activeNodes(of: "a") == ["n1"])
    #expect(try status(["n1": op("monitor", 1, code: 7, expected: 7)]).activeNodes(of: "a") == [])
    #expect(try status(["n1": op("monitor", 1, code: 0, expected: 7)]).activeNodes(of: "a") == ["n1"])
  }

  @Test func whatFailedMayRun() throws {
    for task in ["start", "stop", "monitor", "promote", "migrate_from"] {
      let status = try status(["n1": op(task, 2, code: 1, status: 4, interval: task == "monitor" ? 1000 : 0)])
      #expect(status.activeNodes(of: "a") == ["n1"], "\(task)")
      #expect(status.instances.first?.isFailed == true)
      #expect(status.failures.map(\.operation) == [task])
    }
    // A probe that times out does not know.
    #expect(try status(["n1": op("monitor", 1, code: 1, expected: 7, status: 2)]).isActive("a"))
    // Where the agent is not installed nothing runs.
    #expect(try !status(["n1": op("monitor", 1, code: 5, expected: 7, status: 7)]).isActive("a"))
  }

  @Test func aRecurringMonitorThatFindsItStoppedIsAFailure() throws {
    let status = try status(["n1": op("start", 2) + op("monitor", 3, code: 7, interval: 1000)])
    #expect(status.failures.map(\.exitCode) == [7])
  }

  @Test func whatIsUnderWayCounts() throws {
    let starting = try status(["n1": op("start", -1, code: 193, status: -1)])
    #expect(starting.activeNodes(of: "a") == ["n1"])
    #expect(starting.hasPendingOperation("a"))
    let stopping = try status(["n1": op("start", 2) + op("stop", -1, code: 193, status: -1)])
    #expect(stopping.isActive("a") && stopping.hasPendingOperation("a"))
  }

  @Test func aMigrationIsToldByTwoNodes() throws {
    let away = op("start", 2) + op("migrate_to", 3, more: "migrate_source=\"n1\" migrate_target=\"n2\"")
    let arrived = op("migrate_from", 5, more: "migrate_source=\"n1\" migrate_target=\"n2\"")
    #expect(try status(["n1": away, "n2": arrived]).activeNodes(of: "a") == ["n2"])
    #expect(try status(["n1": away, "n2": ""]).activeNodes(of: "a") == ["n1", "n2"])
    #expect(try status(["n1": away + op("stop", 4), "n2": arrived]).activeNodes(of: "a") == ["n2"])
  }

  @Test func groupsAndClonesAreWhatIsInThem() throws {
    let group = #"<clone id="c"><group id="g"><primitive id="x" class="ocf" type="D"/></group></clone>"#
    var states = try status(["n1": op("start", 2)], resources: group)
    #expect(!states.isActive("g") && !states.isActive("c"))
    states.instances = [.init(resource: "x:1", node: "n1", role: .started)]
    #expect(states.isActive("x") && states.isActive("g") && states.activeNodes(of: "c") == ["n1"])
    #expect(!states.isActive("a"))
  }

  @Test func whatNoConfigurationHasIsAnOrphan() throws {
    #expect(try status(["n1": op("start", 2)]).instances.map(\.isOrphan) == [false])
    let xml = """
      <cib admin_epoch="0" epoch="1" num_updates="0"><configuration><nodes><node id="1" uname="n1"/></nodes>\
      </configuration><status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" \
      expected="member"><lrm><lrm_resources><lrm_resource id="gone">\(op("start", 2))</lrm_resource></lrm_resources>\
      </lrm></node_state></status></cib>
      """
    #expect(try ClusterStatus(CIBDocument(root: Element(parsing: xml))).instances.map(\.isOrphan) == [true])
  }

  @Test func theClusterItself() throws {
    let off = try status(["n1": "", "n2": ""], properties: #"<nvpair name="stonith-enabled" value="False"/>"#)
    #expect(!off.fencingIsEnabled && off.dc == "n1" && off.hasQuorum && off.nodes.map(\.isDC) == [true, false])
    #expect(try status(["n1": ""], properties: #"<nvpair name="stonith-enabled" value="maybe"/>"#).fencingIsEnabled)
    let on = try status(
      ["n1": ""], resources: #"<primitive id="f" class="stonith" type="fence_x"/>"#,
      properties: #"<nvpair name="maintenance-mode" value="yes"/>"#)
    #expect(on.fencingIsEnabled && on.maintenanceMode && on.fencingDevices == ["f"])
    #expect(on.nodes.map(\.inMaintenance) == [true])
  }

  /// Of several property sets, by score.
  @Test func propertiesAreThoseInForce() throws {
    let xml = """
      <cib admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config>
      <cluster_property_set id="a" score="1"><nvpair id="a1" name="maintenance-mode" value="false"/>
      <nvpair id="a2" name="stonith-enabled" value="true"/></cluster_property_set>
      <cluster_property_set id="b" score="9"><nvpair id="b1" name="maintenance-mode" value="true"/>
      <nvpair id="b2" name="stonith-enabled" value="false"/></cluster_property_set>
      </crm_config></configuration></cib>
      """
    let status = try ClusterStatus(CIBDocument(root: Element(parsing: xml)))
    #expect(status.maintenanceMode && !status.fencingIsEnabled)
  }

  /// `fencing-enabled` is of Pacemaker 3.
  @Test(arguments: [("3.16.2", true), ("3.20.0", false)])
  func fencingHasTwoNames(featureSet: String, isEnabled: Bool) throws {
    let xml = """
      <cib crm_feature_set="\(featureSet)" admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config>
      <cluster_property_set id="a"><nvpair id="s" name="stonith-enabled" value="true"/>
      <nvpair id="f" name="fencing-enabled" value="false"/></cluster_property_set></crm_config></configuration></cib>
      """
    #expect(try ClusterStatus(CIBDocument(root: Element(parsing: xml))).fencingIsEnabled == isEnabled)
  }

  /// Since Pacemaker 2.1.7.
  @Test(arguments: [("1700000000", "1700000001", true), ("0", "1700000001", false), ("1700000000", "0", false)])
  func membershipMayBeGivenAsATime(inCCM: String, crmd: String, online: Bool) throws {
    let xml = """
      <cib admin_epoch="0" epoch="1" num_updates="0"><configuration><nodes><node id="1" uname="n1"/></nodes>\
      </configuration><status><node_state id="1" uname="n1" in_ccm="\(inCCM)" crmd="\(crmd)" join="member" \
      expected="member"/></status></cib>
      """
    let node = try ClusterStatus(CIBDocument(root: Element(parsing: xml))).nodes[0]
    #expect(node.isOnline == online)
    #expect(node.isUnclean == !online)
  }
}

/// What `crm_mon` makes of the nodes of a CIB otherwise.
private func differencesOfNodes(_ path: String, _ status: ClusterStatus) throws -> [String] {
  var environment = plainEnvironment
  environment["CIB_file"] = path
  let outcome = try Tool("crm_mon", ["-1", "--output-as=xml"], environment: environment).run(within: 60)
  let root = try outcome.output.withUnsafeBytes { bytes throws(XMLError) in try Element(parsing: bytes) }
  return (root.first("nodes")?.elements ?? []).compactMap { theirs in
    let name = theirs["name"] ?? ""
    guard let ours = status.node(named: name) else { return "\(name) is missing" }
    var differences: [String] = []
    for (attribute, value) in [
      ("online", ours.isOnline), ("unclean", ours.isUnclean), ("standby", ours.isStandby),
      ("maintenance", ours.inMaintenance), ("pending", ours.isPending), ("is_dc", ours.isDC),
    ] where theirs[attribute] != String(value) { differences.append("\(attribute) is \(theirs[attribute] ?? "?")") }
    return differences.isEmpty ? nil : "\(name): \(differences.joined(separator: ", "))"
  }
}

private func isDirectory(_ path: String) -> Bool {
  (try? Tool("test", ["-d", path]).run(within: 5))?.ending == .exited(0)
}

@Suite struct FencingHistoryTests {
  @Test func readsWhatStonithAdminPrints() {
    let text = """
      <pacemaker-result api-version="2.25" request="stonith_admin --history=*"><fence_history>
      <fence_event status="failed" action="reboot" target="n2" client="c.1" origin="n1" completed="t2" exit-reason="no"/>
      <fence_event status="success" action="off" target="n2" client="c.1" origin="n1" delegate="n3" completed="t1"/>
      <fence_event status="odd" action="off" target="n2" client="c.1" origin="n1"/>
      </fence_history><status code="0" message="OK"/></pacemaker-result>
      """
    #expect(
      FencingEvent.events(in: Array(text.utf8)) == [
        FencingEvent(target: "n2", action: "reboot", status: .failed, completed: "t2", reason: "no"),
        FencingEvent(target: "n2", action: "off", status: .success, delegate: "n3", completed: "t1"),
      ])
    #expect(FencingEvent.events(in: Array("no XML".utf8)) == nil)
  }
}

@Suite struct LostRemoteTests {
  /// What the history of a remote node's connection ends with.
  enum End: CaseIterable {
    case monitorFailed, stopped, startFailed, startFailedAndStopped

    fileprivate var operations: String {
      func op(_ task: String, _ call: Int, interval: Int = 0, failed: Bool = false) -> String {
        """
        <lrm_rsc_op id="r_\(task)_\(call)" operation="\(task)" operation_key="r_\(task)_\(interval)" call-id="\(call)"
          interval="\(interval)" rc-code="\(failed ? 1 : 0)" op-status="\(failed ? 4 : 0)" on_node="n1"
          last-rc-change="1763870000" transition-key="1:\(call):0:x"
          transition-magic="\(failed ? "4:1" : "0:0");1:\(call):0:x"/>
        """
      }
      let lost = op("start", 1) + op("monitor", 2, interval: 30000, failed: true)
      return switch self {
      case .monitorFailed: lost
      case .stopped: lost + op("stop", 3)
      case .startFailed: op("start", 1, failed: true)
      case .startFailedAndStopped: op("start", 1, failed: true) + op("stop", 2)
      }
    }
  }

  private func cib(_ end: End, fenced: String, fencing: Bool = true, reconnects: Bool = false) -> String {
    let reconnect = """
      <instance_attributes id="r-i"><nvpair id="r-i-r" name="reconnect_interval" value="60s"/></instance_attributes>
      """
    return """
      <cib admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" dc-uuid="1" validate-with="pacemaker-3.9"
      crm_feature_set="3.16.1"><configuration><crm_config>
      <cluster_property_set id="s"><nvpair id="e" name="stonith-enabled" value="\(fencing)"/></cluster_property_set>
      </crm_config><nodes><node id="1" uname="n1"/></nodes><resources>
      <primitive id="r" class="ocf" provider="pacemaker" type="remote">\(reconnects ? reconnect : "")
      <operations><op id="r-m" name="monitor" interval="30s"/></operations></primitive>
      </resources><constraints/></configuration><status>
      <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="1"><lrm_resources>
      <lrm_resource id="r" class="ocf" provider="pacemaker" type="remote">\(end.operations)
      </lrm_resource></lrm_resources></lrm></node_state>
      <node_state remote_node="true" id="r" uname="r" in_ccm="false" node_fenced="\(fenced)"/></status></cib>
      """
  }

  private func status(_ text: String) throws -> ClusterStatus {
    ClusterStatus(try CIBDocument(root: Element(parsing: Array(text.utf8))))
  }

  @Test func isUncleanUntilItHasBeenFenced() throws {
    func isUnclean(fenced: String, fencing: Bool = true) throws -> Bool? {
      try status(cib(.monitorFailed, fenced: fenced, fencing: fencing)).node(named: "r")?.isUnclean
    }
    #expect(try isUnclean(fenced: "0") == true)
    #expect(try isUnclean(fenced: "1763880000") == false)
    #expect(try isUnclean(fenced: "0", fencing: false) == false)
  }

  /// The cluster stops the connection before it fences the node; what says then that the node is lost, is that it waits
  /// with another connection.
  @Test func isUncleanWhileItsConnectionIsNotTriedAgain() throws {
    #expect(try status(cib(.stopped, fenced: "0", reconnects: true)).node(named: "r")?.isUnclean == true)
    #expect(try status(cib(.stopped, fenced: "1763880000", reconnects: true)).node(named: "r")?.isUnclean == false)
  }

  @Test(
    .enabled(if: isInstalled("crm_mon"), "needs crm_mon"), arguments: End.allCases,
    [(true, "0"), (false, "0"), (false, "1763880000")])
  func agreesWithCrmMon(end: End, case: (reconnects: Bool, fenced: String)) throws {
    let text = cib(end, fenced: `case`.fenced, reconnects: `case`.reconnects)
    let directory = TemporaryDirectory()
    #expect(try differencesOfNodes(directory.write("cib.xml", text), status(text)) == [])
  }
}

@Suite struct SimulationTests {
  @Test func readsActionsOfResourcesAndNodes() {
    let text = """
      <pacemaker-result><actions>
      <rsc_action action="move" resource="vip" source="n1" dest="n2" reason="because"/>
      <rsc_action action="stop" resource="web:2" node="n3"/>
      <rsc_action action="start" resource="db" node="n1" blocked="true"/>
      <node_action task="Fence (reboot)" node="n3" reason="gone"/>
      </actions></pacemaker-result>
      """
    #expect(
      Simulation.read(Array(text.utf8)) == [
        Effect(resource: "vip", action: "move", node: "n2", from: "n1", reason: "because"),
        Effect(resource: "web", action: "stop", node: "n3"),
        Effect(resource: "db", action: "start", node: "n1", isBlocked: true),
        Effect(action: "fence", node: "n3", reason: "gone"),
      ])
    #expect(Simulation.read(Array("<cib/>".utf8)) == nil)
  }

  @Test func whatStartsAndThenMovesStartsThere() {
    let first = [Effect(resource: "a", action: "start", node: "n1"), Effect(resource: "b", action: "stop", node: "n1")]
    let then = [
      Effect(resource: "a", action: "move", node: "n2", from: "n1"), Effect(resource: "c", action: "start", node: "n1"),
    ]
    #expect(
      Simulation.told(first, then: then) == [
        Effect(resource: "a", action: "start", node: "n2"), first[1], then[1],
      ])
  }
}

extension ClusterStatus {
  fileprivate func node(named name: String) -> Node? { nodes.first { $0.name == name } }
}
