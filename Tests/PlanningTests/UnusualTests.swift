import CIB
import Desired
import Documents
import Testing
import XML

@testable import Planning

/// What no schema allows, in a CIB that names none, and in files that are damaged.
@Suite struct UnusualTests {
  @Test(.timeLimit(.minutes(1))) func twoGroupsOfOneIDComeToAnEnd() throws {
    let group = "<group id='g'><primitive id='a' class='lsb' type='x'/><primitive id='c' class='lsb' type='x'/></group>"
    let current = try Element(parsing: "<configuration><resources>\(group)\(group)</resources></configuration>")
    let document = "<configuration><resources><primitive id='a' class='lsb' type='x'/></resources></configuration>"
    let (desired, _) = DocumentReader.read(Array(document.utf8), name: "d", format: .xml)
    var options = PlanOptions()
    options.prunesAll = true
    options.isExact = true
    let plan = Planner.plan(from: Configuration(current), to: desired, validateWith: "none", options: options)
    #expect(!plan.isInSync)
  }

  @Test func anObjectThatStandsThereTwiceIsOne() throws {
    let location = "<rsc_location id='l' rsc='a' node='n' score='0'/>"
    let change = "<change action='delete' kind='location' id='l'><before>\(location)</before></change>"
    let applied = try #require(AppliedChanges(Element(parsing: "<changes>\(change)\(change)</changes>")))
    let way = WayBack(undoing: applied, in: Configuration(), name: "it", isLive: false)
    let plan = Planner.plan(
      from: Configuration(), to: way.desired, validateWith: "pacemaker-3.9", options: PlanOptions())
    #expect(plan.changes.count == 1)
  }
}
