import XML

/// Something to tell the user about an input: what, and where.
package struct Diagnostic: Equatable, Sendable {
  package enum Severity: String, Sendable {
    case error, warning
  }

  /// What kind of problem it is: `--force` turns only some errors into warnings.
  package enum Category: Sendable {
    /// The document cannot be understood.
    case syntax
    /// Something refers to the wrong kind of object, or to what is to be deleted.
    case reference
    /// Something refers to nothing, as far as is known: without a cluster to look at, it may be there.
    case missing
    /// Nothing allows a remote node or a fencing device to be anywhere.
    case placement
  }

  package var severity: Severity
  package var category: Category
  package var message: String
  /// What to do about it, or what was probably meant; without "hint:".
  package var hint: String?
  package var location: Location

  package var isError: Bool { severity == .error }

  package init(
    _ severity: Severity, _ message: String, at location: Location, category: Category = .syntax, hint: String? = nil
  ) {
    self.severity = severity
    self.category = category
    self.message = message
    self.hint = hint
    self.location = location
  }
}

/// A place in a document.
package struct Location: Hashable, Sendable {
  /// The document's name as the user gave it; empty for what no document says.
  package var document: String
  package var position: SourcePosition

  package init(_ document: String, _ position: SourcePosition = .unknown) {
    self.document = document
    self.position = position
  }

  package static let none = Location("")

  /// The place of a part of what stands here; where nobody knows it, this one.
  package func of(_ position: SourcePosition) -> Location {
    position == .unknown ? self : Location(document, position)
  }
}

extension Location: CustomStringConvertible {
  /// `FILE:LINE:COLUMN`, as editors read it.
  package var description: String {
    position == .unknown ? document : "\(document):\(position.line):\(position.column)"
  }
}

extension Diagnostic: CustomStringConvertible {
  package var description: String {
    let place = location == .none ? "crmsync" : location.description
    let text = "\(place): \(severity.rawValue): \(message)"
    return hint.map { "\(text)\n  hint: \($0)" } ?? text
  }
}
