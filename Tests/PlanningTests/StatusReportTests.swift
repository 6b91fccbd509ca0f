import CIB
import Testing
import XML

@testable import Cluster
@testable import Commands

@Suite struct StatusReportTests {
  @Test func theReasonsOfAgentsShowNoPassword() throws {
    let cib = try CIBDocument(
      root: Element(
        parsing: """
          <cib admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config/><nodes><node id="n1" uname="n1"/>\
          </nodes><resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/></resources>\
          <constraints/></configuration><status><node_state id="n1" uname="n1" in_ccm="true" crmd="online" \
          join="member" expected="member"><lrm id="n1"><lrm_resources><lrm_resource id="a"><lrm_rsc_op id="o" \
          operation="start" call-id="2" rc-code="1" op-status="0" interval="0" last-rc-change="9" \
          transition-key="1:2:0:u" exit-reason="no answer from http://me:hunter2@h/"/></lrm_resource></lrm_resources>\
          </lrm></node_state></status></cib>
          """))
    let event = FencingEvent(
      target: "n2", action: "reboot", status: .failed, reason: "no answer from http://me:hunter3@bmc/")
    let report = StatusReport(
      ClusterStatus(cib), Configuration(cib.configuration), isLive: false, fencingHistory: [event])
    for part in ["http://(secret)@h/", "http://(secret)@bmc/"] {
      #expect(report.concerns.contains { $0.contains(part) }, "\(report.concerns)")
    }
    #expect(!report.concerns.joined().contains("hunter"))
  }
}
