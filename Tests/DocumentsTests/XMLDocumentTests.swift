import CIB
import Desired
import Testing
import XML

@testable import Documents

@Suite struct XMLDocumentTests {
  let cib = """
    <?xml version="1.0"?>
    <cib validate-with="pacemaker-3.7" epoch="5" num_updates="0" admin_epoch="0">
      <configuration>
        <crm_config>
          <!-- comment -->
          <cluster_property_set id="cib-bootstrap-options">
            <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
          </cluster_property_set>
          <cluster_property_set id="crmsync-record">
            <nvpair id="crmsync-record-x" name="x" value="y"/>
          </cluster_property_set>
        </crm_config>
        <nodes>
          <node id="1" uname="n1"><instance_attributes id="nodes-1"><nvpair id="nodes-1-a" name="a" value="b"/></instance_attributes></node>
        </nodes>
        <resources>
          <clone id="cl"><group id="g"><primitive id="p" class="ocf" provider="heartbeat" type="Dummy"><!-- inner -->
            <instance_attributes id="p-i"><nvpair id="p-i-passwd" name="passwd" value="crmsync:keep-secret"/></instance_attributes>
          </primitive></group></clone>
          <template id="t" class="lsb" type="x"/>
          <primitive id="q" template="t"/>
        </resources>
        <constraints><rsc_location id="l" rsc="cl" node="n1" score="5"/></constraints>
        <rsc_defaults><meta_attributes id="rd"><nvpair id="rd-a" name="a" value="b"/></meta_attributes></rsc_defaults>
        <op_defaults/>
        <fencing-topology><fencing-level id="f" target="n1" index="1" devices="q"/></fencing-topology>
        <acls><acl_role id="r"/><acl_target id="1 user"><role id="r"/></acl_target></acls>
        <tags><tag id="tg"><obj_ref id="p"/></tag></tags>
        <alerts><alert id="a" path="/x"/></alerts>
      </configuration>
      <status><node_state id="1"/></status>
    </cib>
    """

  @Test func aCIBIsTakenApart() {
    let outcome = read(cib, .xml, name: "cib.xml")
    #expect(outcome.messages == [])
    #expect(outcome.configuration.validateWith == "pacemaker-3.7")
    #expect(outcome.configuration.objects.map(\.id) == ["cl", "g", "p", "t", "q", "l", "f", "r", "1 user", "tg", "a"])
    #expect(
      outcome.configuration.objects.map(\.kind) == [
        .clone, .group, .primitive, .template, .primitive, .location, .fencingLevel, .aclRole, .aclTarget, .tag, .alert,
      ])
    #expect(outcome.configuration.objects.allSatisfy { $0.form == .plain })
    #expect(outcome.xml("cl") == "<clone id=\"cl\">\n  <group id=\"g\"/>\n</clone>\n")
    #expect(
      outcome.xml("p") == """
        <primitive id="p" class="ocf" provider="heartbeat" type="Dummy">
          <instance_attributes id="p-i">
            <nvpair id="p-i-passwd" name="passwd" crmsync:keep="secret"/>
          </instance_attributes>
        </primitive>

        """)
    #expect(outcome.object("p")?.location == Location("cib.xml", SourcePosition(line: 17, column: 36)))
    #expect(outcome.configuration.settings.map(\.section) == [.properties, .resourceDefaults])
    #expect(outcome.configuration.settings.map(\.element.id) == ["cib-bootstrap-options", "rd"])
    #expect(outcome.configuration.nodes.map(\.name) == ["n1"])
    #expect(outcome.configuration.nodes.first?.element.id == "1")
    #expect(outcome.configuration.resourceOrders.map { $0.resources.map(\.id) } == [["cl", "q"]])
    #expect(outcome.configuration.resourceOrders.map(\.isExplicit) == [false])
  }

  /// Counted from the start of the line for every tag, it would take minutes.
  @Test(.timeLimit(.minutes(1))) func placesOnAVeryLongLineAreFoundInLinearTime() throws {
    let start = "<!-- ä --><configuration><resources>"
    let resources = (0..<5000).map { "<primitive id='pä-\($0)' class='lsb' type='x'/><!-- ö -->" }
    let text = start + resources.joined()
    let root = try Element(parsing: text + "</resources>\n <constraints/></configuration>", positions: true)
    let last = try #require(root.first("resources")?.elements.last)
    #expect(last.position == SourcePosition(line: 1, column: text.count - resources.last!.count + 1))
    #expect(root.first("constraints")?.position == SourcePosition(line: 2, column: 2))
  }

  /// libxml2 drops what it has read when it comes near the end.
  @Test func placesNearTheEndOfALongLineAreRight() throws {
    for length in stride(from: 0, to: 1500, by: 50) {
      let comment = "<!--" + String(repeating: "x", count: length) + "-->"
      let text = "<a>\n" + comment + "<b/>" + comment + "<c/><d/></a>"
      let root = try Element(parsing: text, positions: true)
      let columns = root.elements.map(\.position.column)
      let first = UInt32(comment.count + 1)
      #expect(columns == [first, 2 * first + 3, 2 * first + 7], "\(length)")
    }
  }

  @Test func aConfigurationAloneIsTaken() {
    let outcome = read("<configuration><tags><tag id='t'><obj_ref id='x'/></tag></tags></configuration>", .xml)
    #expect(outcome.messages == [])
    #expect(outcome.configuration.objects.map(\.id) == ["t"])
    #expect(outcome.configuration.validateWith == nil)
  }

  @Test(arguments: [
    ("", ":1:1: error: not valid XML: the text is empty"),
    ("<cib>", ":1:6: error: not valid XML: Premature end of data in tag cib line 1"),
    ("<a/>", ":1:1: error: the root element is <a>\n  hint: a CIB is <cib>, or its <configuration> alone"),
    ("<cib/>", ":1:1: error: <cib> has no <configuration>"),
    (
      "<cib>\n <configuratoin/>\n</cib>",
      ":1:1: error: <cib> has no <configuration>\n"
        + "c.yaml:2:2: error: unknown element <configuratoin> in <cib>\n  hint: did you mean 'configuration'?"
    ),
    (
      "<configuration><resorces/></configuration>",
      ":1:16: error: unknown element <resorces> in <configuration>\n  hint: did you mean 'resources'?"
    ),
    (
      "<configuration><resources><primtive id='p'/></resources></configuration>",
      ":1:27: error: unknown element <primtive> in <resources>\n  hint: did you mean 'primitive'?"
    ),
    (
      "<configuration><resources><tag id='p'/></resources></configuration>",
      ":1:27: error: unknown element <tag> in <resources>"
    ),
    (
      "<configuration><crm_config><nvpair id='p'/></crm_config></configuration>",
      ":1:28: error: unknown element <nvpair> in <crm_config>"
    ),
    (
      "<configuration><nodes><nod uname='a'/></nodes></configuration>",
      ":1:23: error: unknown element <nod> in <nodes>\n  hint: did you mean 'node'?"
    ),
    ("<configuration><nodes><node id='1'/></nodes></configuration>", ":1:23: error: <node> has no uname"),
    ("<configuration><resources/><resources/></configuration>", ":1:28: error: a second <resources>"),
    ("<configuration>text</configuration>", ":1:1: error: text inside <configuration>"),
    ("<configuration><tags>text</tags></configuration>", ":1:16: error: text inside <tags>"),
    ("<configuration><tags><tag id='t'>x</tag></tags></configuration>", ":1:22: error: text inside <tag>"),
    ("<configuration><tags><tag/></tags></configuration>", ":1:22: error: <tag> has no id"),
    (
      "<configuration><resources><group id='g'><primitive/></group></resources></configuration>",
      ":1:41: error: <primitive> has no id"
    ),
    ("<configuration><tags><tag id='a b'/></tags></configuration>", ":1:22: error: <tag>: the id 'a b' is no XML name"),
    (
      "<configuration><tags><tag id='a'/><tag id='a'/></tags></configuration>",
      ":1:35: error: duplicate id 'a': this tag, and the tag at c.yaml:1:22"
    ),
    (
      "<configuration><nodes><node id='1' uname='n'/><node id='2' uname='n'/></nodes></configuration>",
      ":1:47: error: duplicate id 'n': this node, and the node at c.yaml:1:23"
    ),
    (
      "<configuration><tags><tag id='a' crmsync:file='/etc/shadow'/></tags></configuration>",
      ":1:22: error: <tag>: the attribute 'crmsync:file' is reserved"
    ),
    ("<!DOCTYPE cib [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><cib>&a;</cib>", ""),
  ])
  func errorsHaveTheirPlace(text: String, message: String) {
    let found = messages(text, .xml).joined(separator: "\n")
    if message.isEmpty {
      #expect(found.contains("a document type declaration (<!DOCTYPE …>) is not accepted"))
    } else {
      #expect(found == "c.yaml" + message)
    }
  }

  @Test func aSectionWithinAnotherObjectIsNotLost() {
    let outcome = read(
      "<configuration><acls><acl_user id='u'><role_ref id='r'/><read id='x' xpath='//a'/></acl_user></acls></configuration>",
      .xml)
    #expect(outcome.messages == [])
    #expect(outcome.configuration.objects.map(\.kind) == [.aclTarget])
  }

  @Test func cutOffAnywhereDoesNotCrash() {
    let bytes = Array(cib.utf8)
    for length in 0..<bytes.count {
      let (_, diagnostics) = DocumentReader.read(Array(bytes[..<length]), name: "c.xml", format: .xml)
      #expect(!diagnostics.isEmpty)
    }
  }
}
