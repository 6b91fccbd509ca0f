import CIB
import Desired
import XML

/// What pacemaker-4.0 (Pacemaker 3.0) has dropped and nothing else says in other words; its schema would refuse it, and
/// tell less. `master`, the old roles and `masters` of bundles `Schema.spelling` translates, which is told.
extension Planner {
  mutating func checkDropped() {
    guard !schema.knowsMaster else { return }
    var found: [Diagnostic] = []
    func look(at element: Element, inside parents: [String], _ subject: String, _ location: Location) {
      let place = location.of(element.position)
      for (old, new) in respelled(element) {
        let message = "\(subject): \(schema.name) has no \(old) any more: it is written as \(new)"
        found.append(Diagnostic(.warning, message, at: place))
      }
      if let (what, instead) = Self.dropped(element, inside: parents) {
        found.append(Diagnostic(.error, "\(subject): \(schema.name) has no \(what) any more", at: place, hint: instead))
      }
      for child in element.elements { look(at: child, inside: [element.name] + parents, subject, location) }
    }
    for object in desired.objects {
      look(at: object.element, inside: [], "\(object.kind.rawValue) '\(object.id)'", object.location)
    }
    for set in desired.settings {
      look(at: set.element, inside: [set.section.rawValue], set.section.rawValue, set.location)
    }
    for node in desired.nodes { look(at: node.element, inside: [], "node '\(node.name)'", node.location) }
    diagnostics += found
  }

  /// What there is another word for, and that word: `Schema.spelling` writes it.
  private func respelled(_ element: Element) -> [(old: String, new: String)] {
    var result: [(old: String, new: String)] = []
    if element.name == "master" { result.append(("<master>", "a clone with promotable=true")) }
    for attribute in element.attributes {
      switch attribute.name {
      case "role", "rsc-role", "with-rsc-role":
        let role = schema.spelling(ofRole: attribute.value)
        if role != attribute.value { result.append(("\(attribute.name) '\(attribute.value)'", "'\(role)'")) }
      case "masters": result.append(("'masters'", "'promoted-max'"))
      default: break
      }
    }
    return result
  }

  /// - Parameter parents: the names of the elements around it, the nearest first.
  /// - Returns: what is dropped, and what there is instead; nil for what is still there.
  private static func dropped(_ element: Element, inside parents: [String]) -> (what: String, instead: String)? {
    switch element.name {
    case "rkt": ("rkt containers", "podman and docker are left")
    case "primitive", "template":
      switch element["class"]?.lowercased() {
      case "upstart": ("class 'upstart'", "the class systemd, or an OCF agent")
      case "nagios": ("class 'nagios'", "an OCF agent that runs the same check")
      default: nil
      }
    case "lifetime": ("'lifetime'", "a location's rule says when, in a date_expression")
    case "rsc_location" where element.elements(named: "rule").count > 1:
      ("constraints with several rules", "a constraint for each rule")
    case "date_spec" where element["moon"] != nil: ("'moon'", "leave it out")
    case "node" where element["type"] == "ping":
      ("ping nodes", "a clone of ocf:pacemaker:ping, and rules on its attribute")
    case "fencing-level" where (element["index"].flatMap { Int($0) } ?? 0) > 9: ("levels above 9", "1 to 9")
    case "nvpair": droppedSetting(element, inside: parents)
    default: nil
    }
  }

  private static func droppedSetting(_ nvpair: Element, inside parents: [String]) -> (what: String, instead: String)? {
    guard ValueSource(of: nvpair) == nil, nvpair["id-ref"] == nil, let name = nvpair["name"] else { return nil }
    guard let value = nvpair["value"] else { return ("'\(name)' without a value", "'' is an empty one") }
    switch (name, parents.first, parents.dropFirst().first) {
    case ("crmd-finalization-timeout", "cluster_property_set", _),
      ("crmd-integration-timeout", "cluster_property_set", _):
      return ("'\(name)'", "it is 'join\(name.dropFirst(4))' now")
    case ("crmd-transition-delay", "cluster_property_set", _): return ("'\(name)'", "it is 'transition-delay' now")
    case ("remove-after-stop", "cluster_property_set", _): return ("'\(name)'", "leave it out")
    case ("stonith-action", "cluster_property_set", _) where value == "poweroff":
      return ("stonith-action 'poweroff'", "it is 'off' now")
    case ("can_fail", "meta_attributes", "op"), ("can_fail", "meta_attributes", "op_defaults"),
      ("role_after_failure", "meta_attributes", "op"), ("role_after_failure", "meta_attributes", "op_defaults"):
      return ("'\(name)'", "on-fail says what comes after a failure")
    case ("restart-type", "meta_attributes", let owner) where owner != "op" && owner != "op_defaults":
      return ("'restart-type'", "leave it out")
    default: return nil
    }
  }
}
