import CIB
import Desired
import Testing
import XML

@testable import Documents

/// The configuration of a cluster with this in its `<configuration>`.
func exporting(_ sections: String) throws -> DesiredConfiguration {
  DesiredConfiguration(exporting: try Element(parsing: "<configuration>\(sections)</configuration>"))
}

func yaml(_ sections: String, showSecrets: Bool = false) throws -> String {
  let writer = NativeDocumentWriter(showSecrets: showSecrets, isExport: true)
  return YAMLEmitter.text(of: writer.value(of: try exporting(sections)))
}

@Suite("WritingTests: native documents") struct NativeDocumentWriterTests {
  @Test("primitives, groups and clones") func resources() throws {
    let text = try yaml(
      """
      <resources>
        <group id="g">
          <meta_attributes id="g-meta"><nvpair id="g-meta-x" name="target-role" value="Started"/></meta_attributes>
          <primitive id="a" class="ocf" provider="heartbeat" type="Dummy">
            <instance_attributes id="a-i"><nvpair id="a-i-s" name="state" value="yes"/></instance_attributes>
            <operations>
              <op id="a-m" name="monitor" interval="10s"/>
              <op id="a-s" name="start" interval="0" timeout="20s"/>
            </operations>
          </primitive>
        </group>
        <master id="m"><primitive id="b" class="lsb" type="haproxy"/></master>
      </resources>
      """)
    #expect(
      text == """
        primitives:
          a:
            agent: ocf:heartbeat:Dummy
            params: {state: 'yes'}
            operations: [{name: monitor, interval: 10s}, {name: start, timeout: 20s}]
          b:
            agent: lsb:haproxy
        groups:
          g: {members: [a], meta: {target-role: Started}}
        clones:
          m: {resource: b, meta: {promotable: true}}

        """)
  }

  @Test("short forms of remotes and fencing devices") func shortForms() throws {
    let text = try yaml(
      """
      <resources>
        <primitive id="r" class="ocf" provider="pacemaker" type="remote">
          <instance_attributes id="r-i">
            <nvpair id="r-1" name="server" value="10.0.0.161"/><nvpair id="r-2" name="reconnect_interval" value="60"/>
          </instance_attributes>
          <operations><op id="r-m" name="monitor" interval="30s"/></operations>
        </primitive>
        <primitive id="bare" class="ocf" provider="pacemaker" type="remote"/>
        <primitive id="st" class="stonith" type="external/maas">
          <instance_attributes id="st-i">
            <nvpair id="st-1" name="apikey" value="a:b:c"/><nvpair id="st-2" name="url" value="http://u:p@h/"/>
            <nvpair id="st-3" name="passwd" value="lrm://"/>
          </instance_attributes>
        </primitive>
      </resources>
      """)
    #expect(
      text == """
        remotes:
          r: {server: 10.0.0.161}
          bare: {params: {reconnect_interval: null}, operations: []}
        stonith:
          st:
            agent: external/maas
            params:
              apikey: {keep: secret}
              url: {keep: secret}
              passwd: lrm://

        """)
  }

  @Test("secrets on demand") func secrets() throws {
    let section = """
      <resources><primitive id="st" class="stonith" type="x"><instance_attributes id="i">
      <nvpair id="i-1" name="passwd" value="p1"/><nvpair id="i-2" name="token" value="lrm://"/></instance_attributes>
      </primitive></resources>
      """
    #expect(try !yaml(section).contains("p1"))
    #expect(try yaml(section).contains("token: lrm://"), "it is kept elsewhere: no secret")
    #expect(try yaml(section, showSecrets: true).contains("passwd: p1"))
  }

  @Test("rules and sets; ids where something refers to them") func rules() throws {
    let text = try yaml(
      """
      <crm_config><cluster_property_set id="cib-bootstrap-options">
        <nvpair id="o-1" name="symmetric-cluster" value="false"/></cluster_property_set></crm_config>
      <resources>
        <primitive id="p" class="systemd" type="x">
          <instance_attributes id="p-1" score="10">
            <rule id="p-r" score="INFINITY"><expression id="p-e" attribute="#uname" operation="eq" value="n1"/></rule>
            <nvpair id="p-n" name="a" value="1"/>
          </instance_attributes>
          <instance_attributes id-ref="q-1"/>
        </primitive>
        <primitive id="q" class="systemd" type="y">
          <instance_attributes id="q-1"><nvpair id="q-n" name="a" value="1"/><nvpair id="q-m" name="b"/></instance_attributes>
        </primitive>
      </resources>
      <constraints>
        <rsc_location id="l" rsc="p"><rule id="l-r" score="-INFINITY" boolean-op="or">
          <expression id="l-e1" attribute="pingd" operation="not_defined"/>
          <date_expression id="l-e2" operation="date_spec"><date_spec id="l-d" hours="9-16"/></date_expression>
        </rule></rsc_location>
        <rsc_order id="o" kind="Serialize"><resource_set id="o-s" sequential="false">
          <resource_ref id="p"/><resource_ref id="q"/></resource_set></rsc_order>
      </constraints>
      """)
    #expect(
      text == """
        properties: {symmetric-cluster: false}
        primitives:
          p:
            agent: systemd:x
            params:
              - score: 10
                rule:
                  score: INFINITY
                  all: [{attribute: '#uname', eq: n1}]
                set: {a: 1}
              - {ref: q-1}
          q:
            agent: systemd:y
            params:
              - id: q-1
                set: {a: 1, b: {no-value: true}}
        locations:
          l:
            rsc: p
            rules:
              - score: -INFINITY
                any:
                  - {attribute: pingd, not_defined: true}
                  - {date: date_spec, spec: {hours: '9-16'}}
        orders:
          o:
            kind: Serialize
            sets:
              - {resources: [p, q], sequential: false}

        """)
  }

  @Test("what has no form is carried as XML, its members in their own forms") func fallback() throws {
    let text = try yaml(
      """
      <resources><group id="g"><!-- why --><primitive id="a" class="lsb" type="x"/></group></resources>
      <acls><acl_user id="u"><role_ref id="r"/></acl_user></acls>
      """)
    #expect(
      text == """
        primitives:
          a:
            agent: lsb:x
        xml:
          - {in: resources, content: '<group id="g"><!-- why --><primitive id="a"/></group>'}
          - {in: acls, content: '<acl_user id="u"><role_ref id="r"/></acl_user>'}

        """)
  }

  @Test("the order of resources, where the keys have another") func order() throws {
    let text = try yaml(
      """
      <resources>
        <clone id="c"><primitive id="a" class="lsb" type="x"/></clone><primitive id="b" class="lsb" type="x"/>
      </resources>
      """)
    #expect(text.hasSuffix("\norder: [c, b]\n"))
  }

  @Test("what crmsync keeps of its own, the status and bare nodes are left out") func leftOut() throws {
    let text = try yaml(
      """
      <crm_config><cluster_property_set id="crmsync-record"><nvpair id="x" name="crmsync-record" value="1:"/>
      </cluster_property_set></crm_config>
      <nodes><node id="1" uname="n1"/><node id="2" uname="n2"><instance_attributes id="nodes-2">
      <nvpair id="nodes-2-site" name="site" value="a"/></instance_attributes></node></nodes>
      """)
    #expect(text == "nodes:\n  n2: {attributes: {site: a}}\n")
  }
}

@Suite("WritingTests: XML documents") struct XMLDocumentWriterTests {
  @Test("ids as crmsh gives them") func ids() {
    var configuration = DesiredConfiguration()
    func nvpair(_ name: String, _ value: String) -> Node {
      .element(Element("nvpair", [Attribute("name", name), Attribute("value", value)]))
    }
    let operation = Element("op", [Attribute("name", "monitor"), Attribute("interval", "10s")])
    let primitive = Element(
      "primitive",
      [Attribute("id", "vip"), Attribute("class", "ocf"), Attribute("provider", "heartbeat"), Attribute("type", "x")],
      children: [
        .element(Element("instance_attributes", children: [nvpair("ip", "1")])),
        .element(Element("operations", children: [.element(operation)])),
      ])
    configuration.objects = [
      DesiredObject(
        CIBObject(
          kind: .group, id: "g",
          element: Element("group", [Attribute("id", "g")], children: [.element(.memberReference("vip"))])),
        location: .none),
      DesiredObject(CIBObject(kind: .primitive, id: "vip", element: primitive), location: .none),
    ]
    configuration.settings = [
      DesiredSettings(
        section: .properties, element: Element("cluster_property_set", children: [nvpair("a", "1")]), location: .none)
    ]
    configuration.nodes = [
      DesiredNode(
        name: "n1",
        element: Element(
          "node", [Attribute("uname", "n1"), Attribute("id", "1")],
          children: [.element(Element("utilization", children: [nvpair("cpu", "4")]))]), location: .none)
    ]
    configuration.placements = [
      Placement(
        resources: [Reference("g", location: .none)], nodes: [Reference("n1", location: .none)], spread: nil,
        location: .none)
    ]
    let (element, problems) = XMLDocumentWriter().element(for: configuration)
    #expect(problems.isEmpty)
    #expect(
      element.xml() == """
        <cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="0" num_updates="0">
          <configuration>
            <crm_config>
              <cluster_property_set id="cib-bootstrap-options">
                <nvpair id="cib-bootstrap-options-a" name="a" value="1"/>
              </cluster_property_set>
            </crm_config>
            <nodes>
              <node uname="n1" id="1">
                <utilization id="nodes-1-utilization">
                  <nvpair id="nodes-1-utilization-cpu" name="cpu" value="4"/>
                </utilization>
              </node>
            </nodes>
            <resources>
              <group id="g">
                <primitive id="vip" class="ocf" provider="heartbeat" type="x">
                  <instance_attributes id="vip-instance_attributes">
                    <nvpair id="vip-instance_attributes-ip" name="ip" value="1"/>
                  </instance_attributes>
                  <operations>
                    <op id="vip-monitor-10s" name="monitor" interval="10s"/>
                  </operations>
                </primitive>
              </group>
            </resources>
            <constraints>
              <rsc_location id="loc-g-n1" rsc="g" node="n1" score="0"/>
            </constraints>
          </configuration>
        </cib>

        """)
  }

  @Test("deletions and unset values are problems, secrets are left out") func problems() {
    var configuration = DesiredConfiguration()
    configuration.deletions = [Deletion(.object(id: "x"), location: .none)]
    func nvpair(_ name: String, _ source: ValueSource) -> Node {
      .element(Element("nvpair", [Attribute("name", name), source.attribute]))
    }
    configuration.settings = [
      DesiredSettings(
        section: .properties,
        element: Element("cluster_property_set", children: [nvpair("a", .unset), nvpair("b", .file("/x"))]),
        location: .none)
    ]
    let (element, problems) = XMLDocumentWriter().element(for: configuration)
    #expect(problems.count == 2)
    #expect(element.xml().contains("name=\"b\" value=\"crmsync:keep-secret\""))
    #expect(XMLDocumentWriter(showSecrets: true).element(for: configuration).problems.count == 3)
  }

  @Test("an export is written as it was") func export() throws {
    let sections = """
      <configuration>
        <crm_config/>
        <nodes/>
        <resources>
          <clone id="c">
            <primitive id="a" class="lsb" type="x"/>
          </clone>
          <template id="t" class="lsb" type="x"/>
          <primitive id="b" template="t"/>
        </resources>
        <constraints/>
      </configuration>
      """
    let configuration = DesiredConfiguration(exporting: try Element(parsing: sections))
    let (element, _) = XMLDocumentWriter().element(for: configuration)
    #expect(element.first("configuration") == (try Element(parsing: sections)))
  }
}

@Suite("WritingTests: several documents") struct SeveralDocumentsTests {
  private func settings(_ pairs: [(String, String)], id: String? = nil) -> DesiredSettings {
    let children = pairs.map { Node.element(Element("nvpair", [Attribute("name", $0.0), Attribute("value", $0.1)])) }
    let attributes = id.map { [Attribute("id", $0)] } ?? []
    return DesiredSettings(
      section: .properties, element: Element("cluster_property_set", attributes, children: children), location: .none)
  }

  private func primitive(_ id: String, form: DesiredObject.Form = .plain) -> DesiredObject {
    let attributes = [Attribute("id", id), Attribute("class", "stonith"), Attribute("type", "x")]
    return DesiredObject(
      CIBObject(kind: .primitive, id: id, element: Element("primitive", attributes)), form: form, location: .none)
  }

  private func order(_ ids: [String], isExplicit: Bool) -> ResourceOrder {
    ResourceOrder(ids.map { Reference($0, location: .none) }, isExplicit: isExplicit)
  }

  private func yaml(_ configuration: DesiredConfiguration) -> String {
    YAMLEmitter.text(of: NativeDocumentWriter().value(of: configuration))
  }

  @Test("values without a set come together in one map") func oneMap() {
    var configuration = DesiredConfiguration()
    configuration.settings = [settings([("a", "1")]), settings([("b", "2")])]
    #expect(yaml(configuration) == "properties: {a: 1, b: 2}\n")
    configuration.settings = [settings([("a", "1")]), settings([("b", "2")], id: "other")]
    #expect(yaml(configuration) == "properties:\n  - {set: {a: 1}}\n  - {id: other, set: {b: 2}}\n")
    let (element, _) = XMLDocumentWriter().element(for: configuration)
    let ids = element.first("configuration")?.first("crm_config")?.elements.map(\.id)
    #expect(ids == ["cib-bootstrap-options", "other"])
  }

  @Test("no two sets have the usual id") func usualID() {
    func ids(_ configuration: DesiredConfiguration) -> [String?]? {
      let (element, problems) = XMLDocumentWriter().element(for: configuration)
      #expect(problems.isEmpty)
      return element.first("configuration")?.first("crm_config")?.elements.map(\.id)
    }
    var configuration = DesiredConfiguration()
    let usual = "cib-bootstrap-options"
    configuration.settings = [settings([("a", "1")]), settings([("b", "2")], id: usual)]
    #expect(ids(configuration) == [usual])
    configuration.settings = [settings([("b", "2")], id: usual), settings([("a", "1")])]
    #expect(ids(configuration) == [usual])
    // The last of two values counts.
    configuration.settings = [settings([("a", "1"), ("b", "3")]), settings([("b", "2")], id: usual)]
    let (element, _) = XMLDocumentWriter().element(for: configuration)
    let set = element.first("configuration")?.first("crm_config")?.first("cluster_property_set")
    #expect(set?.elements.map { $0["value"] } == ["1", "2"])
    configuration.settings = [settings([("b", "2")], id: usual), settings([("a", "1")])]
    // What is under a condition is no place for what is not.
    configuration.settings[0].element["score"] = "0"
    #expect(ids(configuration) == [usual])
    configuration.settings[0].element["score"] = "1"
    #expect(ids(configuration) == [usual, "cib-bootstrap-options-1"])
    configuration.settings.reverse()
    #expect(ids(configuration) == ["cib-bootstrap-options-1", usual])
  }

  @Test("resources keep the order they were written in, without a list of it") func keysInOrder() {
    var configuration = DesiredConfiguration()
    configuration.objects = [primitive("s", form: .stonith), primitive("p")]
    #expect(yaml(configuration) == "stonith:\n  s: {agent: x}\nprimitives:\n  p:\n    agent: stonith:x\n")
  }

  @Test("an order that the user wrote stays") func explicitOrder() {
    var configuration = DesiredConfiguration()
    configuration.objects = [primitive("a"), primitive("b")]
    configuration.resourceOrders = [order(["a", "b"], isExplicit: true)]
    #expect(yaml(configuration).hasSuffix("order: [a, b]\n"))
    configuration.resourceOrders = [order(["a", "b"], isExplicit: false)]
    #expect(!yaml(configuration).contains("order:"))
    configuration.resourceOrders = [order(["b", "a"], isExplicit: false)]
    #expect(yaml(configuration).hasSuffix("order: [b, a]\n"))
    let (element, _) = XMLDocumentWriter().element(for: configuration)
    #expect(element.first("configuration")?.first("resources")?.elements.map(\.id) == ["b", "a"])
  }

  @Test("several orders become one") func mergedOrders() {
    #expect(ResourceSequence.merging([["a", "c"], ["b", "c", "d"]]) == ["a", "b", "c", "d"])
    #expect(ResourceSequence.merging([["a", "b"], ["b", "a"]]) == ["b", "a"])
    #expect(ResourceSequence.ordering(["a", "x", "b"], by: ["b", "gone", "a"]) == ["b", "x", "a"])
  }

  @Test("two placements that make the same constraint are a problem") func placements() {
    var configuration = DesiredConfiguration()
    func placement(_ resource: String, _ node: String) -> Placement {
      Placement(
        resources: [Reference(resource, location: .none)], nodes: [Reference(node, location: .none)], spread: nil,
        location: .none)
    }
    configuration.placements = [placement("a-b", "c"), placement("a", "b-c"), placement("a", "b c")]
    #expect(XMLDocumentWriter().element(for: configuration).problems.count == 2)
  }
}

@Suite("WritingTests: secrets") struct SecretTests {
  @Test("parameters that hold secrets, by their names") func names() {
    for name in [
      "passwd", "PASSWD", "apikey", "api_key", "my_Password", "secret", "auth-token", "community", "credentials",
    ] {
      #expect(Secret.isSecret(parameter: name))
    }
    for name in ["", "key", "apikey_file", "pass", "communities", "ip"] {
      #expect(!Secret.isSecret(parameter: name))
    }
  }

  @Test("what the record knows to be secret is, whatever its name") func record() throws {
    var record = Record()
    record.insert(.secret(owner: "p", name: "key"))
    let set = try #require(record.element).xml()
    let section = """
      <crm_config>\(set)</crm_config>
      <resources><primitive id="p" class="lsb" type="x"><instance_attributes id="i">
      <nvpair id="i-1" name="key" value="v1"/><nvpair id="i-2" name="door" value="v2"/></instance_attributes>
      </primitive></resources>
      """
    #expect(try yaml(section).contains("params: {key: {keep: secret}, door: v2}"))
    #expect(try yaml(section, showSecrets: true).contains("params: {key: v1, door: v2}"))
    let (element, _) = XMLDocumentWriter().element(for: try exporting(section))
    #expect(element.xml().contains(#"name="key" value="crmsync:keep-secret"/>"#))
    #expect(!element.xml().contains("crmsync:secret"))
  }

  @Test("secrets in XML inside a document") func inXML() throws {
    let text = try yaml(
      """
      <resources><primitive id="p" class="lsb" type="x"><!-- c --><instance_attributes id="i">
      <nvpair id="i-1" name="passwd" value="v1"/></instance_attributes></primitive></resources>
      """)
    #expect(text.contains(#"name="passwd" value="crmsync:keep-secret"/>"#))
    #expect(!text.contains("v1"))
  }
}
