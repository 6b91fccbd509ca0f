import Glibc

/// Where results go.
package enum StandardOutput {
  /// Writes all of it, without a buffer: nothing can be lost at exit.
  ///
  /// - Throws: `FileError` of kind `noSpace` (exit 74), `brokenPipe` (to be quiet about: `crmsync export | head`) or
  ///   `failed`; also where standard output is closed.
  package static func write(_ bytes: [UInt8]) throws(FileError) {
    try write(bytes, to: 1)
  }

  package static func write(_ text: String) throws(FileError) {
    try write(Array(text.utf8))
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(FileError) {
    ignoreSIGPIPE()
    let code = writeAll(bytes, to: descriptor)
    guard code == 0 else { throw .writing("standard output", errno: code) }
  }
}

/// Where everything else goes.
package enum StandardError {
  /// Writes what can be written: there is nobody left to tell about a failure.
  package static func write(_ text: String) {
    ignoreSIGPIPE()
    _ = writeAll(Array(text.utf8), to: 2)
  }
}
