import Desired
import XML

/// Reads a document in any of the formats.
package enum DocumentReader {
  /// - Parameters:
  ///   - name: the document's name as the user gave it, for messages.
  /// - Returns: what the document says, as far as it could be understood, and everything that is wrong with it,
  ///   in the order of the document.
  package static func read(
    _ bytes: [UInt8], name: String, format: InputFormat
  ) -> (DesiredConfiguration, [Diagnostic]) {
    guard bytes.count <= Limits.documentSize else {
      let message = "the document is larger than \(Limits.documentSize >> 20) MiB"
      return (DesiredConfiguration(), [Diagnostic(.error, message, at: Location(name))])
    }
    switch format {
    case .yaml:
      return native(YAMLReader.read(bytes, document: name), name)
    case .json:
      return native(JSONReader.read(bytes, document: name), name)
    case .xml:
      return XMLDocumentReader.read(bytes, document: name)
    case .crmsh:
      return CrmshReader.read(bytes, document: name)
    }
  }

  private static func native(
    _ read: (value: NativeValue?, diagnostics: [Diagnostic]), _ name: String
  ) -> (DesiredConfiguration, [Diagnostic]) {
    guard let value = read.value else {
      return (DesiredConfiguration(), Diagnostic.inOrder(read.diagnostics))
    }
    let (configuration, diagnostics) = NativeDocumentReader.read(value, document: name)
    return (configuration, Diagnostic.inOrder(read.diagnostics + diagnostics))
  }
}

extension Diagnostic {
  /// By place, those of one place in the order they were found; once what an alias brings up several times.
  static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    var ranks: [String: Int] = [:]
    for name in diagnostics.map(\.location.document) where ranks[name] == nil { ranks[name] = ranks.count }
    let sorted = diagnostics.enumerated().sorted { left, right in
      let (one, other) = (left.element.location, right.element.location)
      return (ranks[one.document]!, one.position, left.offset) < (ranks[other.document]!, other.position, right.offset)
    }
    var result: [Diagnostic] = []
    for (_, diagnostic) in sorted where !isKnown(diagnostic, in: result) { result.append(diagnostic) }
    return result
  }

  private static func isKnown(_ diagnostic: Diagnostic, in sorted: [Diagnostic]) -> Bool {
    for earlier in sorted.reversed() {
      guard earlier.location == diagnostic.location else { return false }
      if earlier == diagnostic { return true }
    }
    return false
  }
}
