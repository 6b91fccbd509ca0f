import CIB
import XML

extension Element {
  /// The element with the values of `{file: …}` and `{env: …}` read and put in, marked as secrets.
  ///
  /// - Throws: for the first that is missing, unreadable, empty or no text.
  package func resolvingSecrets() throws(FileError) -> Element {
    guard hasUnresolvedSecrets else { return self }
    var result = self
    switch ValueSource(of: self) {
    case .file(let path): result.setSecret(try SecretValue.file(path))
    case .environment(let name): result.setSecret(try SecretValue.environment(name))
    case .keep, .unset, nil: break
    }
    for index in result.children.indices {
      if case .element(let child) = result.children[index] {
        result.children[index] = .element(try child.resolvingSecrets())
      }
    }
    return result
  }

  private var hasUnresolvedSecrets: Bool {
    if name == "nvpair" {
      switch ValueSource(of: self) {
      case .file, .environment: return true
      default: return false
      }
    }
    for case .element(let child) in children where child.hasUnresolvedSecrets { return true }
    return false
  }

  private mutating func setSecret(_ value: String) {
    attributes.removeAll { $0.name.hasPrefix(ValueSource.attributePrefix) }
    self["value"] = value
    self[ValueSource.secretMark] = "yes"
  }
}
