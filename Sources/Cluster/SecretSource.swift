import CIB
import Glibc
import XML

/// Reads the values that documents keep elsewhere.
package enum SecretSource {
  private static let sizeLimit = 1 << 16

  /// The element with the values of `{file: …}` and `{env: …}` put in, marked as secrets.
  package static func resolving(_ element: Element) throws(ClusterError) -> Element {
    guard needsResolving(element) else { return element }
    var result = element
    switch ValueSource(of: element) {
    case .file(let path): result.setSecret(try read(file: path))
    case .environment(let name): result.setSecret(try read(environment: name))
    case .keep, .unset, nil: break
    }
    for index in result.children.indices {
      if case .element(let child) = result.children[index] {
        result.children[index] = .element(try resolving(child))
      }
    }
    return result
  }

  private static func needsResolving(_ element: Element) -> Bool {
    switch ValueSource(of: element) {
    case .file, .environment: return true
    default: break
    }
    for case .element(let child) in element.children where needsResolving(child) { return true }
    return false
  }

  /// The content of the file, less one final newline.
  package static func read(file path: String) throws(ClusterError) -> String {
    var bytes = try File.read(path, limit: sizeLimit)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return try checked(bytes, name: path)
  }

  package static func read(environment name: String) throws(ClusterError) -> String {
    guard let value = getenv(name) else {
      throw ClusterError(.missingInput, "the environment variable \(name) is not set")
    }
    return try checked(Array(String(cString: value).utf8), name: "the environment variable \(name)")
  }

  private static func checked(_ bytes: [UInt8], name: String) throws(ClusterError) -> String {
    guard !bytes.isEmpty else { throw ClusterError(.missingInput, "\(name) is empty") }
    guard let text = String(validating: bytes, as: UTF8.self),
      !text.unicodeScalars.contains(where: { $0.value < 0x20 && ![0x09, 0x0A, 0x0D].contains($0.value) || $0.value == 0xFFFE || $0.value == 0xFFFF })
    else { throw ClusterError(.invalidInput, "\(name) holds something that is no text") }
    return text
  }
}

extension Element {
  fileprivate mutating func setSecret(_ value: String) {
    attributes.removeAll { $0.name.hasPrefix(ValueSource.attributePrefix) }
    self["value"] = value
    self[ValueSource.secretMark] = "yes"
  }
}
