import CIB
import Desired
import Testing
import XML

@testable import Documents

@Suite struct ExamplesTests {
  let first = read(Examples.first)
  let longForms = read(Examples.longForms)
  let allKinds = read(Examples.allKinds)

  @Test func areWithoutError() {
    #expect(first.messages == [])
    #expect(longForms.messages == [])
    #expect(allKinds.messages == [])
  }

  @Test func firstHasItsResources() {
    #expect(
      first.objects == """
        <primitive id="res_masakari_321f78b_vip" class="ocf" provider="heartbeat" type="IPaddr2">
          <instance_attributes>
            <nvpair name="ip" value="10.0.0.236"/>
            <nvpair name="nic" value="eth0"/>
            <nvpair name="cidr_netmask" value="24"/>
          </instance_attributes>
          <operations>
            <op name="monitor" interval="10s" timeout="20s">
              <instance_attributes>
                <nvpair name="depth" value="0"/>
              </instance_attributes>
            </op>
          </operations>
        </primitive>
        <primitive id="res_masakari_haproxy" class="lsb" type="haproxy">
          <operations>
            <op name="monitor" interval="5s"/>
          </operations>
        </primitive>
        <group id="grp_masakari_vips">
          <primitive id="res_masakari_321f78b_vip"/>
        </group>
        <clone id="cl_res_masakari_haproxy">
          <meta_attributes>
            <nvpair name="clone-max" value="3"/>
          </meta_attributes>
          <primitive id="res_masakari_haproxy"/>
        </clone>
        <primitive id="tidy-goose" class="ocf" provider="pacemaker" type="remote">
          <instance_attributes>
            <nvpair name="server" value="10.0.0.161"/>
            <nvpair name="reconnect_interval" value="60"/>
          </instance_attributes>
          <operations>
            <op name="monitor" interval="30s"/>
          </operations>
        </primitive>
        <primitive id="st-maas" class="stonith" type="external/maas">
          <instance_attributes>
            <nvpair name="url" value="http://10.0.0.205/MAAS"/>
            <nvpair name="apikey" crmsync:file="/etc/crmsync/maas.key"/>
            <nvpair name="hostnames" value="tidy-goose"/>
            <nvpair name="deadline" value="170"/>
            <nvpair name="pcmk_reboot_timeout" value="180s"/>
            <nvpair name="pcmk_off_timeout" value="180s"/>
          </instance_attributes>
          <operations>
            <op name="monitor" interval="25" start-delay="25" timeout="25"/>
          </operations>
        </primitive>

        """)
    #expect(
      first.configuration.objects.map(\.kind) == [.primitive, .primitive, .group, .clone, .primitive, .primitive])
    #expect(first.configuration.objects.map(\.form) == [.plain, .plain, .plain, .plain, .remote, .stonith])
    #expect(first.object("st-maas")?.location == Location("c.yaml", SourcePosition(line: 22, column: 3)))
  }

  @Test func firstHasItsSettings() {
    #expect(first.configuration.settings.map(\.section) == [.properties, .resourceDefaults])
    #expect(
      first.configuration.settings.map { $0.element.xml() }.joined() == """
        <cluster_property_set>
          <nvpair name="symmetric-cluster" value="false"/>
          <nvpair name="stonith-enabled" value="true"/>
          <nvpair name="no-quorum-policy" value="stop"/>
        </cluster_property_set>
        <meta_attributes>
          <nvpair name="resource-stickiness" value="100"/>
          <nvpair name="failure-timeout" value="180"/>
        </meta_attributes>

        """)
  }

  @Test func firstHasItsPlacementsNodesAndDeletions() {
    let nodes = ["juju-f0373f-1-lxd-2", "juju-f0373f-2-lxd-1", "juju-f0373f-3-lxd-3"]
    let placements = first.configuration.placements
    #expect(
      placements.map { $0.resources.map(\.id) } == [
        ["grp_masakari_vips", "cl_res_masakari_haproxy", "st-maas"], ["tidy-goose"],
      ])
    #expect(placements.map { $0.nodes.map(\.id) } == [nodes, nodes])
    #expect(placements.map(\.spread) == [nil, "200"])
    #expect(
      placements.map(\.location.position) == [
        SourcePosition(line: 28, column: 5), SourcePosition(line: 30, column: 5),
      ])
    #expect(
      first.configuration.nodes.map { $0.element.xml() } == [
        """
        <node uname="juju-f0373f-1-lxd-2">
          <instance_attributes>
            <nvpair name="site" value="a"/>
          </instance_attributes>
          <utilization>
            <nvpair name="cpu" value="4"/>
          </utilization>
        </node>

        """
      ])
    #expect(first.configuration.nodes.map(\.name) == ["juju-f0373f-1-lxd-2"])
    #expect(
      first.configuration.deletions.map(\.target) == [
        .object(id: "res_old_vip"), .property("default-resource-failure-stickiness"),
      ])
    #expect(first.configuration.resourceOrders == [])
    #expect(first.configuration.validateWith == nil)
  }

  @Test func longFormsAreCarriedOver() {
    #expect(
      longForms.objects == """
        <primitive id="db" class="ocf" provider="heartbeat" type="pgsql">
          <instance_attributes id="db-a" score="10">
            <rule score="INFINITY">
              <expression attribute="#uname" operation="eq" value="n1"/>
            </rule>
            <nvpair name="ip" value="10.0.0.1"/>
          </instance_attributes>
          <instance_attributes id-ref="shared-params"/>
          <operations>
            <op id="db-mon" name="monitor" interval="10s" role="Promoted"/>
          </operations>
        </primitive>

        """)
    #expect(
      longForms.configuration.settings.map { $0.element.xml() } == [
        """
        <cluster_property_set id="cib-bootstrap-options">
          <nvpair name="stonith-enabled" value="true"/>
        </cluster_property_set>

        """
      ])
    #expect(longForms.configuration.resourceOrders.map { $0.resources.map(\.id) } == [["db", "web"]])
    #expect(longForms.configuration.resourceOrders.map(\.isExplicit) == [true])
    #expect(
      longForms.configuration.deletions.map(\.target) == [
        .nodeAttribute(node: "n1", name: "y"), .aclTarget(id: "u"), .fencingLevel(target: "n1", index: "2"),
      ])
  }

  @Test func allKindsAreCarriedOver() {
    #expect(allKinds.configuration.settings.map(\.section) == [.operationDefaults])
    #expect(
      allKinds.objects == """
        <template id="t1" class="ocf" provider="heartbeat" type="Xen">
          <operations>
            <op name="start" timeout="300s" interval="0"/>
          </operations>
        </template>
        <bundle id="b1">
          <podman image="img"/>
          <network ip-range-start="10.0.0.9">
            <port-mapping id="p1" port="80"/>
          </network>
          <storage>
            <storage-mapping id="s1" source-dir="/a" target-dir="/b"/>
          </storage>
          <primitive id="web"/>
        </bundle>
        <rsc_location id="l1" rsc="web" node="n1" score="100"/>
        <rsc_location id="l2" rsc="web">
          <rule boolean-op="or" score="-INFINITY">
            <expression attribute="pingd" operation="not_defined"/>
            <expression attribute="pingd" operation="lte" value="0"/>
          </rule>
        </rsc_location>
        <rsc_colocation id="c1" rsc="web" with-rsc="db" score="INFINITY" with-rsc-role="Promoted"/>
        <rsc_order id="o1" first="db" first-action="promote" then="web" kind="Mandatory"/>
        <rsc_order id="o2" kind="Serialize">
          <resource_set sequential="false" action="start">
            <resource_ref id="a"/>
            <resource_ref id="b"/>
          </resource_set>
        </rsc_order>
        <rsc_ticket id="k1" ticket="A" rsc="web" loss-policy="stop"/>
        <tag id="t">
          <obj_ref id="web"/>
          <obj_ref id="db"/>
        </tag>
        <fencing-level target="n1" index="1" devices="st-a,st-b"/>
        <acl_role id="r1">
          <acl_permission kind="read" xpath="//nodes"/>
        </acl_role>
        <acl_target id="alice">
          <role id="r1"/>
        </acl_target>
        <acl_group id="ops">
          <role id="r1"/>
        </acl_group>
        <alert id="a1" path="/usr/local/bin/a">
          <recipient value="/var/log/x"/>
        </alert>
        <primitive id="x" class="ocf" provider="p" type="t"/>

        """)
    #expect(
      allKinds.configuration.objects.map(\.kind) == [
        .template, .bundle, .location, .location, .colocation, .order, .order, .ticket, .tag, .fencingLevel, .aclRole,
        .aclTarget, .aclGroup, .alert, .primitive,
      ])
    #expect(allKinds.configuration.objects.last?.form == .xml)
    #expect(allKinds.configuration.objects[9].id == "n1-1")
  }

  /// A document cut off anywhere is read without a crash, whatever the messages.
  @Test(arguments: [Examples.first, Examples.longForms, Examples.allKinds])
  func cutOffAnywhereDoNotCrash(example: String) {
    let bytes = Array(example.utf8)
    for length in 0..<bytes.count {
      _ = DocumentReader.read(Array(bytes[..<length]), name: "c.yaml", format: .yaml)
    }
  }

  /// One byte that is another one: neither.
  @Test(arguments: [Examples.first, Examples.longForms, Examples.allKinds])
  func withOneByteChangedDoNotCrash(example: String) {
    let original = Array(example.utf8)
    for index in original.indices {
      for byte in [0x00, 0x09, 0x0A, 0x20, 0x22, 0x26, 0x2A, 0x2D, 0x3A, 0x5B, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
        guard (index + Int(byte)) % 7 == 0 else { continue }
        var bytes = original
        bytes[index] = byte
        _ = DocumentReader.read(bytes, name: "c.yaml", format: .yaml)
      }
    }
  }
}
