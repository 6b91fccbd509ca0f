import CIB
import XML

extension Element {
  /// The element with the values of `{file: …}` and `{env: …}` read and put in, marked as secrets.
  ///
  /// - Parameter report: called for every one that is missing, unreadable, empty or no text, with its place.
  package func resolvingSecrets(report: (FileError, SourcePosition) -> Void) -> Element {
    guard hasUnresolvedSecrets else { return self }
    var result = self
    do throws(FileError) {
      switch ValueSource(of: self) {
      case .file(let path): result.setSecret(try SecretValue.file(path))
      case .environment(let name): result.setSecret(try SecretValue.environment(name))
      case .keep, .unset, nil: break
      }
    } catch {
      report(error, position)
    }
    for index in result.children.indices {
      if case .element(let child) = result.children[index] {
        result.children[index] = .element(child.resolvingSecrets(report: report))
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
