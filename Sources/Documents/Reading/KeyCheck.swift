import Desired
import XML

/// Finds the keys a map has twice, in linear time for large maps and without a table for small ones.
struct KeyCheck {
  private var places: [String: SourcePosition] = [:]

  /// The place of the first entry of this key, if there is one; otherwise the key is now known.
  mutating func firstPlace(
    of key: String, at position: SourcePosition, among entries: [NativeValue.Entry]
  ) -> SourcePosition? {
    let smallMap = 8
    guard entries.count >= smallMap else {
      for entry in entries where entry.key == key { return entry.keyPosition }
      return nil
    }
    if places.isEmpty {
      for entry in entries { places[entry.key] = entry.keyPosition }
    }
    if let place = places[key] { return place }
    places[key] = position
    return nil
  }

  static func error(_ key: String, first: SourcePosition, at location: Location) -> Diagnostic {
    Diagnostic(
      .error, "duplicate key '\(key)', already given at line \(first.line), column \(first.column)", at: location)
  }
}
