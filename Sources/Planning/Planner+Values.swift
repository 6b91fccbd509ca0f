import CIB
import Desired
import XML

/// Values of the documents that Pacemaker parses, and cannot.
extension Planner {
  mutating func checkValues() {
    for object in desired.objects {
      checkValues(in: object.element, inside: "", of: "\(object.kind.rawValue) '\(object.id)'", object.location)
      if object.kind == .fencingLevel, let index = object.element["index"], !(1...9).contains(Int(index) ?? 0) {
        warn("fencing level \(index): Pacemaker passes over levels other than 1 to 9", at: object.location)
      }
    }
    for settings in desired.settings {
      checkValues(in: settings.element, inside: settings.section.rawValue, of: "", settings.location)
    }
  }

  private mutating func checkValues(
    in element: Element, inside outer: String, of owner: String, _ location: Location
  ) {
    func check(_ name: String, _ value: String?, _ type: ValueType, _ element: Element, _ planner: inout Planner) {
      guard let value, let noun = type.noun, !type.canRead(value) else { return }
      let place = element.position == .unknown ? location : Location(location.document, element.position)
      planner.warn(
        "\(owner.isEmpty ? "" : "\(owner): ")'\(value)' is no \(noun): Pacemaker passes over this '\(name)'", at: place)
    }
    if element.name == "op" {
      for attribute in element.attributes {
        check(
          attribute.name, attribute.value, SchemaAttribute.type(of: attribute.name, in: element.name), element, &self)
      }
    }
    let isSet = isAttributeSet(element.name)
    for case .element(let child) in element.children {
      if isSet, child.name == "nvpair" {
        guard let name = child["name"] else { continue }
        let type = NVPairContext(set: element.name, in: outer).type(of: name)
        // What came from a file or the environment is not shown.
        guard type != .text, !child.holdsSecret else { continue }
        check(name, child["value"], type, child, &self)
      } else {
        checkValues(in: child, inside: element.name, of: owner, location)
      }
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
