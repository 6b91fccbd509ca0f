import Glibc

/// Values that documents name but do not hold: `{file: PATH}` and `{env: NAME}`.
package enum SecretValue {
  /// Nothing in a CIB is as large as this; a wrong path (a device, a disk image) is noticed.
  static let sizeLimit = 64 * 1024

  /// The content of the file, less one final newline.
  package static func file(_ path: String) throws(FileError) -> String {
    var bytes = try readFile(path, limit: sizeLimit, anyKind: true)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw FileError(.empty, "the secret file \(path) is empty") }
    return try checked(bytes, "the secret file \(path)")
  }

  package static func environment(_ name: String, of environment: Environment = .current) throws(FileError) -> String {
    guard let value = environment[name] else {
      throw FileError(.unsuitable, "the environment variable \(name) is not set")
    }
    guard !value.isEmpty else { throw FileError(.empty, "the environment variable \(name) is empty") }
    return try checked(Array(value.utf8), "the environment variable \(name)")
  }

  private static func checked(_ bytes: [UInt8], _ what: String) throws(FileError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(.unsuitable, "\(what) is not UTF-8")
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...: continue
      default: throw FileError(.unsuitable, "\(what) contains a control character, which XML cannot hold")
      }
    }
    return text
  }
}
