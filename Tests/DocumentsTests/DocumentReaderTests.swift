import Desired
import Testing
import XML

@testable import Documents

@Suite struct DocumentReaderTests {
  @Test(arguments: [
    ("a.yaml", InputFormat.yaml), ("a.yml", .yaml), ("/etc/crmsync.d/a.json", .json), ("a.crm", .crmsh),
    ("a.b.xml", .xml),
    ("A.YAML", .yaml),
  ])
  func formatsFollowTheExtension(name: String, format: InputFormat) {
    #expect(InputFormat(fileName: name) == format)
  }

  @Test(arguments: ["a", "", "-", "yaml", "a.yaml/b", "a.txt", "a.", "/etc/x.d/a"])
  func otherNamesHaveNoFormat(name: String) {
    #expect(InputFormat(fileName: name) == nil)
  }

  @Test(arguments: InputFormat.allCases)
  func sizeIsLimited(format: InputFormat) {
    let bytes = [UInt8](repeating: 0x20, count: (64 << 20) + 1)
    let (configuration, diagnostics) = DocumentReader.read(bytes, name: "c", format: format)
    #expect(configuration == DesiredConfiguration())
    #expect(diagnostics.map(\.description) == ["c: error: the document is larger than 64 MiB"])
  }
}

@Suite struct CombiningTests {
  func combine(_ texts: String...) -> (DesiredConfiguration, [String]) {
    let documents = texts.enumerated().map { index, text in
      let outcome = read(text, text.hasPrefix("<") ? .xml : .yaml, name: "\(index + 1).yaml")
      #expect(outcome.messages == [])
      return outcome.configuration
    }
    let (configuration, diagnostics) = DesiredConfiguration.combine(documents)
    return (configuration, diagnostics.map(\.description))
  }

  @Test func documentsAddUp() {
    let (all, messages) = combine(
      "{primitives: {a: {agent: lsb:x}}, order: [a], delete: [z, {property: p}]}",
      "<cib validate-with='pacemaker-3.0'><configuration/></cib>",
      "<cib validate-with='pacemaker-3.9'><configuration/></cib>",
      "{primitives: {b: {agent: lsb:x}}, properties: {q: r}, nodes: {n: {attributes: {a: b}}}, delete: [z]}",
      "{placement: [{resources: [a], nodes: [n]}]}")
    #expect(messages == [])
    #expect(all.validateWith == "pacemaker-3.0")
    #expect(all.objects.map(\.id) == ["a", "b"])
    #expect(all.resourceOrders.count == 1)
    #expect(all.deletions.map(\.target) == [.object(id: "z"), .property("p")])
    #expect(all.settings.count == 1)
    #expect(all.nodes.count == 1)
    #expect(all.placements.count == 1)
    #expect(combine().0 == DesiredConfiguration())
  }

  @Test func theSameObjectCountsOnce() {
    let (all, messages) = combine(
      "primitives: {a: {agent: ocf:p:t, params: {x: y}}}\ngroups: {g: {members: [a]}}",
      """
      <configuration><resources><group id="g"><primitive type="t" id="a" class="ocf" provider="p">
      <instance_attributes id="a-i"><nvpair id="a-i-x" name="x" value="y"/></instance_attributes></primitive></group>
      </resources></configuration>
      """)
    #expect(messages == [])
    #expect(all.objects.map(\.id) == ["a", "g"])
    #expect(all.objects.map(\.location.document) == ["1.yaml", "1.yaml"])
  }

  @Test func differentObjectsNameBothPlaces() {
    let (all, messages) = combine(
      "primitives: {a: {agent: lsb:x, params: {x: y}}, b: {agent: lsb:x}}\ntags: {t: [a]}",
      "primitives:\n  a: {agent: lsb:x, params: {x: z}}\n  b: {agent: lsb:y}\ntags: {t: [b]}")
    #expect(
      messages == [
        "2.yaml:2:3: error: primitive 'a' differs from the one at 1.yaml:1:14",
        "2.yaml:3:3: error: primitive 'b' differs from the one at 1.yaml:1:49",
        "2.yaml:4:8: error: tag 't' differs from the one at 1.yaml:2:8",
      ])
    #expect(all.objects.map(\.id) == ["a", "b", "t"])
  }

  @Test func idsAreOneNameSpaceOverDocuments() {
    let (_, messages) = combine(
      "primitives: {a: {agent: lsb:x, params: [{id: s, set: {}}]}}",
      "groups: {a: {members: [b]}, s: {members: [c]}}\nlocations: {loc-x-y: {rsc: x, node: y, score: 1}}",
      "placement: [{resources: [x], nodes: [y]}]")
    #expect(
      messages == [
        "2.yaml:1:10: error: duplicate id 'a': this group, and the primitive at 1.yaml:1:14",
        "2.yaml:1:29: error: duplicate id 's': this group, and the <instance_attributes> at 1.yaml:1:41",
        "3.yaml:1:26: error: duplicate id 'loc-x-y': this placement, and the location at 2.yaml:2:13\n"
          + "  hint: a placement makes one constraint loc-RESOURCE-NODE for each resource and node",
      ])
  }

  @Test func settingsAreMergedByName() {
    let (all, messages) = combine(
      "properties: {a: 1, b: 2}\nresource-defaults: [{id: rd, set: {x: 1}}]",
      "properties: [{id: cib-bootstrap-options, set: {a: 1, c: 3}}]\nresource-defaults: [{id: rd, set: {x: 1, y: 2}}]",
      "properties: {c: 3, d: 4}\nresource-defaults: {y: 2}")
    #expect(messages == [])
    #expect(
      all.settings.map { $0.element.xml() }.joined() == """
        <cluster_property_set>
          <nvpair name="a" value="1"/>
          <nvpair name="b" value="2"/>
        </cluster_property_set>
        <meta_attributes id="rd">
          <nvpair name="x" value="1"/>
          <nvpair name="y" value="2"/>
        </meta_attributes>
        <cluster_property_set id="cib-bootstrap-options">
          <nvpair name="c" value="3"/>
        </cluster_property_set>
        <cluster_property_set>
          <nvpair name="d" value="4"/>
        </cluster_property_set>

        """)
  }

  @Test func differentSettingsNameBothPlaces() {
    let (_, messages) = combine(
      "properties: {a: 1, s: {file: /a}}\nresource-defaults: [{id: r, rule: {all: [{attribute: x, eq: y}]}, set: {b: 1}}]",
      "properties: {a: 2, s: {file: /b}}\nresource-defaults: [{id: r, rule: {all: [{attribute: x, eq: z}]}, set: {b: 1}}]",
      "properties: [{id: x, set: {a: null}}]\nresource-defaults: {b: 2}")
    #expect(
      messages == [
        "2.yaml:1:14: error: the value of 'a' differs from the one at 1.yaml:1:14",
        "2.yaml:1:20: error: the value of 's' differs from the one at 1.yaml:1:20",
        "2.yaml:2:21: error: set 'r' differs from the one at 1.yaml:2:21",
        "3.yaml:1:28: error: the value of 'a' differs from the one at 1.yaml:1:14",
      ])
  }

  @Test func nodesAreMergedByName() {
    let (all, messages) = combine(
      "nodes: {n: {attributes: {a: 1}}}",
      "nodes: {n: {id: 5, attributes: {a: 1, b: 2}, utilization: {a: 3}}}",
      "nodes: {n: {id: 6, attributes: {b: 3}}}")
    #expect(
      messages == [
        "3.yaml:1:9: error: node 'n': 'id' differs from the one at 1.yaml:1:9",
        "3.yaml:1:33: error: the value of 'b' differs from the one at 2.yaml:1:39",
      ])
    #expect(
      all.nodes.map { $0.element.xml() } == [
        """
        <node uname="n" id="5">
          <instance_attributes>
            <nvpair name="a" value="1"/>
            <nvpair name="b" value="2"/>
          </instance_attributes>
          <utilization>
            <nvpair name="a" value="3"/>
          </utilization>
        </node>

        """
      ])
  }

  @Test func definedHereAndDeletedThere() {
    let (_, messages) = combine(
      "primitives: {a: {agent: lsb:x}}\ndelete: [{property: p}]", "delete: [a]\nproperties: {p: q}")
    #expect(
      messages == [
        "1.yaml:2:10: error: property 'p' is to be deleted, and is defined at 2.yaml:2:14",
        "2.yaml:1:10: error: 'a' is to be deleted, and is defined at 1.yaml:1:14",
      ])
  }

  @Test func placementsAreMerged() {
    let (all, messages) = combine(
      "placement: [{resources: [a, b], nodes: [m, n]}, {resources: [s], nodes: [m, n], spread: 5}]",
      "placement: [{resources: [b, c], nodes: [n, o]}, {resources: [s], nodes: [m, n], spread: 5}]",
      "placement: [{resources: [a], nodes: [n], spread: 5}, {resources: [s], nodes: [m], spread: 5}]")
    #expect(
      messages == [
        "3.yaml:1:26: error: the placement of 'a' differs from the one at 1.yaml:1:13",
        "3.yaml:1:67: error: the placement of 's' differs from the one at 1.yaml:1:49",
      ])
    #expect(all.placements.map { $0.resources.map(\.id) } == [["a", "b"], ["s"], ["b"], ["c"]])
    #expect(all.placements.map { $0.nodes.map(\.id) } == [["m", "n"], ["m", "n"], ["o"], ["n", "o"]])
  }
}
