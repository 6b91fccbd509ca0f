import CIB
import Desired
import Testing
import XML

@testable import Documents

func crmsh(_ sections: String) throws -> String {
  CrmshWriter(exporting: try Element(parsing: "<configuration>\(sections)</configuration>")).text
}

@Suite("WritingTests: crmsh") struct CrmshWriterTests {
  @Test(
    "values are quoted where shlex would take them apart",
    arguments: [
      ("10.0.0.1", "10.0.0.1"),
      ("a_b-c", "a_b-c"),
      ("", #""""#),
      ("a b", #""a b""#),
      ("a=b", #""a=b""#),
      ("it's", #""it's""#),
      (#"say "x""#, #""say \"x\"""#),
      ("tab\there", "\"tab\there\""),
      (#"\"#, #""\\""#),
      (#"C:\temp"#, #""C:\temp""#),
      (#"a\\b"#, #""a\\\b""#),
      (#"x\"y"#, #""x\\\"y""#),
      (#"ends\"#, #""ends\\""#),
      (#"$(id) `id` # ;"#, #""$(id) `id` # ;""#),
    ])
  func values(value: String, written: String) throws {
    #expect(CrmshText.value(value) == written)
    var lexer = CrmshLexer("primitive \(CrmshText.pair("n", value)) \(CrmshText.pair("two words", value)) last")
    let words = try lexer.next().map(\.text)
    #expect(words == ["primitive", "n=\(value)", "two words=\(value)", "last"])
  }

  @Test("whole words are quoted only where they have to be")
  func words() {
    #expect(CrmshText.word("/^a(b|c)$/") == "/^a(b|c)$/")
    #expect(CrmshText.word("#uname") == "#uname")
    #expect(CrmshText.word("a b") == #""a b""#)
  }

  @Test("what lines of ASCII cannot hold is XML, blanks that crmsh would swallow are references")
  func xml() throws {
    let text = try crmsh(
      """
      <resources><primitive id="a" class="lsb" type="x"><instance_attributes id="i">
        <nvpair id="n1" name="lines" value="one&#10; two\\&#10;"/><nvpair id="n2" name="z" value="  Zürich  x "/>
      </instance_attributes></primitive></resources>
      """)
    #expect(
      text == #"""
        xml <primitive id="a" class="lsb" type="x"> \
          <instance_attributes id="i"> \
            <nvpair id="n1" name="lines" value="one&#10; two\&#10;"/> \
            <nvpair id="n2" name="z" value="&#32;&#32;Zürich &#32;x&#32;"/> \
          </instance_attributes> \
        </primitive>

        """#)
  }

  @Test("the layout is that of crm configure show, comments stand in front")
  func layout() throws {
    let text = try crmsh(
      """
      <crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="p" name="stonith-enabled" value="false"/>
      </cluster_property_set></crm_config>
      <resources>
        <clone id="c"><primitive id="b" class="systemd" type="x"/></clone>
        <primitive id="a" class="ocf" provider="heartbeat" type="IPaddr2" description="two words">
          <!-- why \\ -->
          <instance_attributes id="i"><nvpair id="n" name="ip" value="10.0.0.1"/><nvpair id="m" name="nic" value="e:0"/></instance_attributes>
          <operations><op id="o" name="monitor" interval="10s"><instance_attributes id="oi"><nvpair id="on" name="d" value="1"/></instance_attributes></op></operations>
        </primitive>
      </resources>
      <constraints><rsc_location id="l" rsc="a"><rule id="r" score="-INFINITY" boolean-op="or">
        <expression id="e1" attribute="x" operation="not_defined"/><expression id="e2" attribute="x" operation="lte" type="number" value="0"/>
      </rule></rsc_location></constraints>
      """)
    #expect(
      text == #"""
        primitive b systemd:x
        # why
        primitive a ocf:heartbeat:IPaddr2 \
        \#tdescription="two words" \
        \#tparams ip=10.0.0.1 nic="e:0" \
        \#top monitor interval=10s \
        \#top_params d=1
        clone c b
        location l a \
        \#trule -inf: not_defined x or x number:lte 0
        property cib-bootstrap-options: \
        \#tstonith-enabled=false

        """#)
  }

  @Test("only what something refers to keeps its id, and then all of its object")
  func ids() throws {
    let text = try crmsh(
      """
      <resources>
        <primitive id="a" class="lsb" type="x">
          <instance_attributes id="first"><nvpair id="n1" name="x" value="1"/></instance_attributes>
          <instance_attributes id="a-instance_attributes"><nvpair id="n2" name="y" value="2"/></instance_attributes>
        </primitive>
        <primitive id="b" class="lsb" type="x"><instance_attributes id-ref="a-instance_attributes"/></primitive>
        <primitive id="c" class="lsb" type="x">
          <instance_attributes id="ci"><nvpair id="cn" name="x" value="1"/></instance_attributes>
        </primitive>
      </resources>
      """)
    #expect(
      text == #"""
        primitive a lsb:x \
        \#tparams $id=first x=1 \
        \#tparams $id=a-instance_attributes y=2
        primitive b lsb:x \
        \#tparams $id-ref=a-instance_attributes
        primitive c lsb:x \
        \#tparams x=1

        """#)
  }

  @Test(
    "sets of resources",
    arguments: [
      (#"<resource_set id="s"><resource_ref id="a"/><resource_ref id="b"/></resource_set>"#, "_rsc_set_ a b"),
      (
        #"<resource_set id="s" sequential="false"><resource_ref id="a"/></resource_set><resource_set id="t"><resource_ref id="b"/></resource_set>"#,
        "( a ) b"
      ),
      (
        #"<resource_set id="s" require-all="false" action="start"><resource_ref id="a"/></resource_set><resource_set id="t"><resource_ref id="b"/></resource_set>"#,
        "[ a:start sequential=true ] b"
      ),
      (
        #"<resource_set id="s"><resource_ref id="a"/></resource_set><resource_set id="t"><resource_ref id="b"/></resource_set>"#,
        nil
      ),
    ])
  func sets(sets: String, words: String?) throws {
    let text = try crmsh("<constraints><rsc_order id=\"o\">\(sets)</rsc_order></constraints>")
    if let words {
      #expect(text == "order o \(words)\n")
    } else {
      #expect(text.hasPrefix("xml <rsc_order id=\"o\"> \\\n"))
    }
  }

  @Test("documents: deletions are commands, values without a set stay so, what has no words is an error")
  func documents() {
    let (configuration, diagnostics) = NativeDocumentReader.read(
      """
      delete: [old, older, {property: x}]
      properties: {stonith-enabled: true, gone: null}
      primitives: {a: {agent: lsb:x}}
      """)
    #expect(diagnostics.isEmpty)
    let writer = CrmshWriter(rendering: configuration)
    #expect(
      writer.text == "delete old \\\n\tolder\nprimitive a lsb:x\nproperty \\\n\tstonith-enabled=true\n")
    #expect(
      writer.problems.map(\.message) == [
        "crm_config: the value of 'gone' is to be unset (null), which a CIB cannot say",
        "crmsh has no words for what must not be there: 'delete' of property 'x'",
      ])
  }
}

extension NativeDocumentReader {
  fileprivate static func read(_ yaml: String) -> (DesiredConfiguration, [Diagnostic]) {
    DocumentReader.read(Array(yaml.utf8), name: "d.yaml", format: .yaml)
  }
}
