import CIB
import Desired
import XML

/// Names of the same characters in other bytes: é is one Unicode scalar, or e and an accent. Names are looked up as
/// Swift's strings, for which both are one name; for Pacemaker they are two, and what the plan makes is not what was meant.
extension Planner {
  /// Looks at what the documents want other than it is, before anything is looked up.
  mutating func checkSpelling() {
    /// As the documents spell a name first.
    var spellings: [String: Reference] = [:]
    var reported: Set<String> = []
    func note(_ name: String, _ location: Location, _ planner: inout Planner) {
      guard !name.utf8.allSatisfy({ $0 < 0x80 }) else { return }
      guard let first = spellings[name] else {
        spellings[name] = Reference(name, location: location)
        return
      }
      guard !first.id.isIdentical(to: name), reported.insert(name).inserted else { return }
      planner.report(name, at: location, differsFrom: first.id, "at \(first.location)")
    }
    for want in wants {
      want.object.element.forEachName { note($0, want.object.location, &self) }
    }
    for settings in desired.settings {
      settings.element.forEachName { note($0, settings.location, &self) }
    }
    for node in desired.nodes {
      note(node.name, node.location, &self)
      node.element.forEachName { note($0, node.location, &self) }
    }
    for reference in desired.placements.flatMap({ $0.resources + $0.nodes })
      + desired.resourceOrders.flatMap(\.resources)
    {
      note(reference.id, reference.location, &self)
    }
    for deletion in desired.deletions {
      for name in deletion.target.names { note(name, deletion.location, &self) }
    }
    guard !spellings.isEmpty else { return }
    current.element.forEachName { name in
      guard let wanted = spellings[name], !wanted.id.isIdentical(to: name), reported.insert(name).inserted else {
        return
      }
      report(wanted.id, at: wanted.location, differsFrom: name, "in the cluster")
    }
  }

  private mutating func report(_ name: String, at location: Location, differsFrom other: String, _ place: String) {
    func escaped(_ name: String) -> String { name.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }
    report(
      "'\(name)' is written with other bytes than \(place), and so another name to Pacemaker", at: location,
      category: .syntax, hint: "it is '\(escaped(name))' here and '\(escaped(other))' there; write one of them in both")
  }
}

extension Element {
  /// Ids, references, names of nodes and of values: all that something is looked up by.
  fileprivate func forEachName(_ body: (String) -> Void) {
    for attribute in attributes where attribute.name != "value" && attribute.name != "description" {
      body(attribute.value)
    }
    for case .element(let child) in children { child.forEachName(body) }
  }
}

extension Deletion.Target {
  fileprivate var names: [String] {
    switch self {
    case .object(let name), .property(let name), .resourceDefault(let name), .operationDefault(let name),
      .aclTarget(let name), .aclGroup(let name):
      [name]
    case .nodeAttribute(let node, let name), .utilization(let node, let name): [node, name]
    case .fencingLevel(let target, _): [target]
    }
  }
}
