import CIB
import Desired
import XML

/// Options of the documents that Pacemaker does not know, and values that it parses, and cannot.
extension Planner {
  mutating func checkValues() {
    for object in desired.objects {
      checkValues(in: object.element, inside: "", of: (object.kind, object.id), object.location)
      if object.kind == .fencingLevel, let index = object.element["index"], !(1...9).contains(Int(index) ?? 0) {
        warn("fencing level \(index): Pacemaker passes over levels other than 1 to 9", at: object.location)
      }
    }
    for settings in desired.settings {
      checkValues(in: settings.element, inside: settings.section.rawValue, of: nil, settings.location)
    }
  }

  private static let operations = [
    "monitor", "start", "stop", "promote", "demote", "notify", "migrate_to", "migrate_from", "reload", "reload-agent",
    "validate-all", "meta-data", "status", "on", "off", "reboot", "list",
  ]

  private mutating func checkValues(
    in element: Element, inside outer: String, of owner: (kind: ObjectKind, id: String)?, _ location: Location
  ) {
    // Made for what is told alone: next to nothing is.
    func about(_ message: String) -> String {
      owner.map { "\($0.kind.rawValue) '\($0.id)': \(message)" } ?? message
    }
    func check(_ name: String, _ value: String?, _ type: ValueType, _ element: Element, _ planner: inout Planner) {
      guard let value, let noun = type.noun, !type.canRead(value) else { return }
      let place = location.of(element.position)
      let what = about("'\(value)' is no \(noun): Pacemaker")
      switch type {
      // Options of the cluster are checked against their type; all others are compared with what is true.
      case .boolean where outer != Section.properties.rawValue:
        planner.warn("\(what) takes this '\(name)' for false", at: place)
      // By its number and what the unit begins with: "10 seconds" is 10s, "1h 5" is 1h.
      case .duration where value.drop(while: \.isWhitespace).first?.isNumber == true:
        planner.warn("\(what) takes only the beginning of this '\(name)', if any", at: place)
      default: planner.warn("\(what) passes over this '\(name)'", at: place)
      }
    }
    if element.name == "op" {
      if let name = element["name"], !Self.operations.contains(name),
        let meant = Suggestion.nearest(to: name, among: Self.operations)
      {
        warn(
          about("Pacemaker knows no operation '\(name)'"), at: location.of(element.position),
          hint: "did you mean '\(meant)'?")
      }
      for attribute in element.attributes {
        check(
          attribute.name, attribute.value, SchemaAttribute.type(of: attribute.name, in: element.name), element, &self)
      }
    }
    let context = isAttributeSet(element.name) ? NVPairContext(set: element.name, in: outer) : nil
    for child in element.elements {
      guard let context, child.name == "nvpair" else {
        checkValues(in: child, inside: element.name, of: owner, location)
        continue
      }
      // What agents and people name themselves may be anything.
      guard context != .instance, let name = child["name"] else { continue }
      // People may have options of their own, which nobody misspelt.
      if !context.knows(name), let meant = Suggestion.nearest(to: name, among: context.names) {
        let what = about("Pacemaker knows no \(context.noun) '\(name)'")
        warn(what, at: location.of(child.position), hint: "did you mean '\(meant)'?")
      }
      // What came from a file or the environment is not shown.
      guard !child.holdsSecret else { continue }
      if let choices = context.choices(of: name), let value = child["value"],
        !(choices + ["default"]).contains(value.lowercased())
      {
        let what = about("'\(value)' is none of \(choices.joined(separator: ", "))")
        warn(
          "\(what): Pacemaker passes over this '\(name)'", at: location.of(child.position),
          hint: Suggestion.hint(for: value, among: choices))
      }
      check(name, child["value"], context.type(of: name), child, &self)
    }
  }
}

extension ValueType {
  fileprivate var noun: String? {
    switch self {
    case .duration: "duration"
    case .boolean: "boolean"
    case .score: "score"
    case .role: "role"
    case .text: nil
    }
  }

  /// Whether Pacemaker makes sense of the value; more generous than `normalized`, which must not take for equal what is
  /// not.
  fileprivate func canRead(_ value: String) -> Bool {
    // Of old, for what has a default.
    if value.lowercased() == "default" { return true }
    switch self {
    case .duration: return value.hasPrefix("P") || Values.milliseconds(value.filter { !" \t".contains($0) }) != nil
    case .boolean: return Values.boolean(value) != nil
    case .score: return Values.score(value.uppercased()) != nil || ["red", "yellow", "green"].contains(value)
    case .role:
      return ["started", "stopped", "promoted", "unpromoted", "master", "slave"].contains(value.lowercased())
    case .text: return true
    }
  }
}
