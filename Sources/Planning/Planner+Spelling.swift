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
    func compare(_ name: String, _ planner: inout Planner) {
      guard let wanted = spellings[name], !wanted.id.isIdentical(to: name), reported.insert(name).inserted else {
        return
      }
      planner.report(wanted.id, at: wanted.location, differsFrom: name, "in the cluster")
    }
    // What is defined there: a reference of the cluster's may be what the documents put right.
    for object in current.objects {
      object.element.forEachName(withReferences: false) { compare($0, &self) }
    }
    for section in current.element.elements where section.name == Section.nodes.rawValue || section.hasSettings {
      section.forEachName(withReferences: false) { compare($0, &self) }
    }
  }

  private mutating func report(_ name: String, at location: Location, differsFrom other: String, _ place: String) {
    report(
      "'\(name)' is written with other bytes than \(place), and so another name to Pacemaker", at: location,
      category: .syntax,
      hint: "it is '\(name.escapingNonASCII)' here and '\(other.escapingNonASCII)' there; write one of them in both")
  }
}

extension String {
  /// `caf\u{00E9}` or `cafe\u{0301}`, which look the same as they are.
  var escapingNonASCII: String { unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }
}

extension Element {
  /// Calls the function for what here or below something is looked up by, as far as there is more to it than ASCII.
  ///
  /// - Parameter withReferences: also what names something that is elsewhere.
  fileprivate func forEachName(withReferences: Bool = true, _ body: (String) -> Void) {
    for attribute in attributes where !attribute.value.utf8.allSatisfy({ $0 < 0x80 }) {
      switch attribute.name {
      case "id" where withReferences || !idIsReference(name) && !isMemberReference, "uname", "name":
        body(attribute.value)
      case "id-ref", "rsc", "with-rsc", "first", "then", "node", "template", "reference", "target":
        if withReferences { body(attribute.value) }
      case "devices":
        if withReferences { for device in attribute.value.split(separator: ",") { body(String(device)) } }
      default: break
      }
    }
    for case .element(let child) in children { child.forEachName(withReferences: withReferences, body) }
  }

  fileprivate var hasSettings: Bool { Section.settings.contains { $0.rawValue == name } }
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
