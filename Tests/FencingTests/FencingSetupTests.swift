import CIB
import FencingCheck
import Testing
import XML

@testable import FencingCheck

/// Who fences whom, by Pacemaker's rules.
@Suite struct FencingSetupTests {
  static func setup(_ body: String, properties: String = "") throws -> FencingSetup {
    let text = """
      <configuration><crm_config><cluster_property_set id="cib-bootstrap-options">\(properties)</cluster_property_set></crm_config>
      <nodes><node id="1" uname="n1"><instance_attributes id="a"><nvpair id="b" name="rack" value="r1"/></instance_attributes>\
      </node><node id="2" uname="N2"/></nodes>\(body)</configuration>
      """
    return FencingSetup(Configuration(try Array(text.utf8).withUnsafeBytes { try Element(parsing: $0) }))
  }

  static func device(_ id: String, _ type: String, _ parameters: [String: String], meta: String = "") -> String {
    let nvpairs = parameters.map { "<nvpair id='\(id)-\($0.key)' name='\($0.key)' value='\($0.value)'/>" }.joined()
    return "<primitive id='\(id)' class='stonith' type='\(type)'><instance_attributes id='\(id)-i'>\(nvpairs)"
      + "</instance_attributes>\(meta)</primitive>"
  }

  static func devices(_ devices: String...) -> String { "<resources>\(devices.joined())</resources>" }

  private func levels(_ setup: FencingSetup, _ node: String) -> [[String]] {
    setup.levels(for: setup.nodes.first { $0.name == node }!).map(\.devices)
  }

  @Test func hostnamesOfAMAASDeviceAreWhatItFences() throws {
    let setup = try Self.setup(Self.devices(Self.device("d", "external/maas", ["hostnames": "n1 n2"])))
    #expect(levels(setup, "n1") == [["d"]])
    // Pacemaker compares without regard to case.
    #expect(levels(setup, "N2") == [["d"]])
    #expect(setup.names(of: setup.devices[0]).map(\.text) == ["n1", "n2"])
  }

  @Test func aMapGivesFenceMAASTheAliasAndExternalMAASTheName() throws {
    let map = ["hostnames": "goose n1", "pcmk_host_map": "n1:goose;N2:x"]
    let setup = try Self.setup(
      Self.devices(Self.device("f", "fence_maas", map), Self.device("e", "external/maas", map)))
    #expect(setup.devices[0].claim(on: "n1") == .fences(plug: "goose"))
    #expect(setup.devices[1].claim(on: "n1") == .fences(plug: "n1"))
    #expect(setup.names(of: setup.devices[0]).map(\.text) == ["goose"])
  }

  @Test func ofTwoAliasesOfANodeTheFirstCountsInWhateverCase() throws {
    let map = ["hostnames": "goose duck", "pcmk_host_map": "N1:goose;n1:duck"]
    let device = try Self.setup(Self.devices(Self.device("f", "fence_maas", map))).devices[0]
    #expect(device.claim(on: "n1") == .fences(plug: "goose"))
    #expect(device.claim(on: "goose") == .no)
  }

  @Test func whatIsNoHostNameIsNoneInLowerCaseEither() throws {
    // The Kelvin sign, of which k is the lower case.
    let setup = try Self.setup(Self.devices(Self.device("d", "external/maas", ["hostnames": "k1"])))
    #expect(setup.devices[0].claim(on: "\u{212A}1") == .no)
    #expect(setup.devices[0].claim(on: "K1") == .fences(plug: "K1"))
  }

  @Test func listsAndChecksAreHonoured() throws {
    let setup = try Self.setup(
      Self.devices(
        Self.device("list", "fence_x", ["pcmk_host_list": "n1,n3"]), Self.device("dynamic", "fence_x", [:]),
        Self.device("all", "fence_x", ["pcmk_host_check": "none"]),
        Self.device("listed", "external/maas", ["hostnames": "n1", "pcmk_host_list": "n2"])))
    #expect(
      setup.devices.map { $0.claim(on: "n1") } == [.fences(plug: "n1"), .unknown, .fences(plug: "n1"), .no])
  }

  @Test func topologyTakesPrecedenceAndLevelsAreInOrder() throws {
    let setup = try Self.setup(
      Self.devices(Self.device("a", "fence_x", [:]), Self.device("b", "fence_x", [:]))
        + """
        <fencing-topology><fencing-level id="l2" index="2" target="n1" devices="b"/>
        <fencing-level id="l1" index="1" target="n1" devices="a,b"/>
        <fencing-level id="l3" index="1" target-attribute="rack" target-value="r1" devices="gone"/>
        <fencing-level id="l4" index="1" target-pattern="^N" devices="gone"/></fencing-topology>
        """)
    #expect(levels(setup, "n1") == [["a", "b"], ["b"]])
    #expect(levels(setup, "N2") == [["gone"]])
    let report = FencingReport(setup, answers: [:])
    #expect(report.nodes.first { $0.name == "N2" }?.isFenceable == false)
  }

  @Test func templatesAndReferencesAreFollowed() throws {
    let setup = try Self.setup(
      """
      <resources><template id="t" class="stonith" type="external/maas"><instance_attributes id="shared">\
      <nvpair id="x" name="hostnames" value="n1"/><nvpair id="y" name="deadline" value="5"/></instance_attributes></template>
      <primitive id="d" template="t"><instance_attributes id="own"><nvpair id="z" name="deadline" value="7"/>\
      </instance_attributes></primitive></resources>
      """)
    #expect(setup.devices[0].parameters == ["hostnames": "n1", "deadline": "7"])
    #expect(setup.devices[0].agent == "external/maas")
  }

  @Test func remotesAndGuestsAreNodesToo() throws {
    let setup = try Self.setup(
      """
      <resources><primitive id="r1" class="ocf" provider="pacemaker" type="remote"/>
      <primitive id="vm" class="ocf" provider="heartbeat" type="VirtualDomain"><meta_attributes id="m">\
      <nvpair id="g" name="remote-node" value="guest1"/></meta_attributes></primitive></resources>
      """)
    #expect(setup.nodes.map(\.name) == ["n1", "N2", "r1", "guest1"])
    let report = FencingReport(setup, answers: [:])
    #expect(report.nodes.map(\.isFenceable) == [false, false, false, true])
    #expect(report.nodes[2].findings.map(\.text) == ["NO DEVICE FENCES IT"])
  }

  @Test func aPretendedDeviceFencesNothing() throws {
    let setup = try Self.setup(
      Self.devices(Self.device("d", "null", ["hostlist": "n1", "pcmk_host_list": "n1"])))
    #expect(FencingReport(setup, answers: [:]).nodes[0].isFenceable == false)
  }

  @Test func aStoppedOrUnplacedDeviceFencesNothing() throws {
    let meta = "<meta_attributes id='m'><nvpair id='mt' name='target-role' value='Stopped'/></meta_attributes>"
    let optIn = "<nvpair id='s' name='symmetric-cluster' value='false'/>"
    let fencing = ["pcmk_host_list": "n1"]
    let stopped = try Self.setup(Self.devices(Self.device("d", "fence_x", fencing, meta: meta)))
    let unplaced = try Self.setup(Self.devices(Self.device("d", "fence_x", fencing)), properties: optIn)
    let placed = try Self.setup(
      Self.devices(Self.device("d", "fence_x", fencing))
        + "<constraints><rsc_location id='l' rsc='d' node='n1' score='0'/></constraints>", properties: optIn)
    #expect(
      [stopped, unplaced, placed].map { FencingReport($0, answers: [:]).nodes[0].isFenceable } == [false, false, true])
  }

  @Test func disabledFencingFencesNothing() throws {
    let setup = try Self.setup(
      Self.devices(Self.device("d", "fence_x", ["pcmk_host_list": "n1 N2"])),
      properties: "<nvpair id='s' name='stonith-enabled' value='false'/>")
    #expect(FencingReport(setup, answers: [:]).isFenceable == false)
  }

  /// Pacemaker 3.0.2 looks for `fencing-enabled` first, those before do not know it.
  @Test(arguments: [
    (stonith: "true", fencing: "true", says: nil), ("true", "false", "3.0.2 and later"),
    ("false", "true", "before 3.0.2"),
    ("false", "false", "disabled"),
  ])
  func fencingIsEnabledIfEveryPacemakerFindsItSo(stonith: String, fencing: String, says: String?) throws {
    let setup = try Self.setup(
      Self.devices(Self.device("d", "fence_x", ["pcmk_host_list": "n1 N2"])),
      properties: "<nvpair id='s' name='stonith-enabled' value='\(stonith)'/>"
        + "<nvpair id='f' name='fencing-enabled' value='\(fencing)'/>")
    let report = FencingReport(setup, answers: [:])
    #expect(report.isFenceable == (says == nil))
    #expect(report.findings.map(\.text).joined().contains(says ?? ""))
    #expect(report.findings.count == (says == nil ? 0 : 1))
  }

  /// What only a later Pacemaker takes for a watchdog's is nothing to rely on.
  @Test func aWatchdogCountsIfEveryPacemakerKnowsOfIt() throws {
    func hasWatchdog(_ timeouts: String...) throws -> Bool {
      let properties = timeouts.map { "<nvpair id='\($0)' name='\($0)-watchdog-timeout' value='10'/>" }.joined()
      return try Self.setup("", properties: "<nvpair id='h' name='have-watchdog' value='true'/>" + properties)
        .hasWatchdog
    }
    #expect(try hasWatchdog("stonith") && hasWatchdog("stonith", "fencing"))
    #expect(try !hasWatchdog() && !hasWatchdog("fencing"))
  }

  @Test func timeLimitsAndActionHaveTwoNames() throws {
    func findings(_ names: String) throws -> (String, Int) {
      let setup = try Self.setup(
        Self.devices(Self.device("d", "fence_maas", ["hostnames": "n1"])),
        properties:
          "<nvpair id='t' name='\(names)-timeout' value='10'/><nvpair id='a' name='\(names)-action' value='off'/>")
      return (setup.action, setup.devices[0].deadlineFindings.count)
    }
    #expect(
      try findings("stonith") == ("off", 1) && findings("fencing") == ("off", 1) && findings("x") == ("reboot", 0))
  }

  @Test func aDeviceThatDoesNotRunFencesNothing() throws {
    let setup = try Self.setup(Self.devices(Self.device("d", "fence_x", ["pcmk_host_list": "n1 N2"])))
    #expect(FencingReport(setup, answers: [:]).isFenceable)
    #expect(FencingReport(setup, answers: [:], inactive: ["d"]).isFenceable == false)
  }

  @Test(
    arguments: [
      // The documents' example.
      (["deadline": "170", "pcmk_reboot_timeout": "180s"], 0),
      // 50 s below 60 s, but the second try has only 10: none is made, as 50 is more than 70 % of 60.
      ([:], 0),
      (["deadline": "60"], 1),
      (["deadline": "100", "pcmk_reboot_timeout": "180"], 1),
      (["deadline": "50", "pcmk_reboot_timeout": "180"], 0),
      (["deadline": "5", "pcmk_reboot_timeout": "5s"], 1),
      (["deadline": "soon"], 1),
    ] as [([String: String], Int)])
  func deadlinesHaveToFitPacemakersLimits(parameters: [String: String], count: Int) {
    let findings = DeadlineFit.findings(parameters, operations: [], standardLimit: nil, action: "reboot")
    #expect(findings.count == count)
  }

  @Test func aMonitorHasToOutlastTheAgentsOwnLimit() {
    let operation = Element("op", [Attribute("name", "monitor"), Attribute("timeout", "10s")])
    #expect(DeadlineFit.findings([:], operations: [operation], standardLimit: nil, action: "off").count == 1)
    #expect(
      DeadlineFit.findings(["deadline": "5"], operations: [operation], standardLimit: nil, action: "off").isEmpty)
  }
}
