import CIB
import Testing
import XML

@testable import Desired

@Suite struct PlacementTests {
  @Test func theIDOfAConstraintIsRecognised() {
    #expect(Placement.isConstraintID("loc-vip-n1", resource: "vip", node: "n1"))
    #expect(Placement.isConstraintID("loc-a-b-c", resource: "a-b", node: "c"))
    #expect(Placement.isConstraintID("loc-a-b-c", resource: "a", node: "b-c"))
    let long = String(repeating: "long", count: 20)
    #expect(Placement.isConstraintID("loc-\(long)-n1", resource: long, node: "n1"))
    for other in ["loc-vip-n2", "loc-vap-n1", "lac-vip-n1", "loc-vip_n1", "loc-vip-n1-1", "loc-vip-n", "", "n1"] {
      #expect(!Placement.isConstraintID(other, resource: "vip", node: "n1"), "\(other)")
    }
    // Not by characters, which may be spelled in two ways.
    #expect(!Placement.isConstraintID("loc-e\u{301}-n", resource: "\u{e9}", node: "n"))
  }

  @Test func aPreferenceIsSaidByNothingElseThanItsConstraint() {
    let preference = Preference(resource: Reference("vip", location: .none), node: "n1", score: "200")
    let constraint = preference.constraint(id: preference.constraintID)
    #expect(preference.isSaid(by: constraint))
    for (name, value) in [("rsc", "vap"), ("node", "n2"), ("score", "20"), ("role", "Promoted"), ("score", nil)] {
      var other = constraint
      other.element[name] = value
      #expect(!preference.isSaid(by: other), "\(name)")
    }
    #expect(!preference.isSaid(by: preference.constraint(id: "loc-vip-n1-1")))
    var other = constraint
    other.element.append(Element("rule"))
    #expect(!preference.isSaid(by: other))
  }
}
