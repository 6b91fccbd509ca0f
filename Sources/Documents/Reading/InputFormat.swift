/// The formats a document may have.
package enum InputFormat: String, Sendable, CaseIterable {
  case yaml, json, crmsh, xml

  /// The format that a file's extension stands for; nil for an unknown one.
  package init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: "."), !fileName[dot...].contains("/") else { return nil }
    switch fileName[fileName.index(after: dot)...].lowercased() {
    case "yaml", "yml": self = .yaml
    case "json": self = .json
    case "crm": self = .crmsh
    case "xml": self = .xml
    default: return nil
    }
  }
}
