import CGlibc
import Glibc

/// A file in memory, without a name: nobody else can open it, and nothing of it is left, whatever ends the program.
package final class AnonymousFile: Sendable {
  package let descriptor: Int32

  /// - Returns: nil where the kernel has none to give.
  package init?() {
    descriptor = memfd_create("crmsync", CRMSYNC_MFD_CLOEXEC)
    guard descriptor >= 0 else { return nil }
  }

  /// - Returns: nil where the kernel has none to give, or no memory for so much; `errno` says which.
  convenience init?(containing bytes: [UInt8]) {
    self.init()
    let code = writeAll(bytes, to: descriptor)
    guard code == 0 else {
      errno = code
      return nil
    }
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit { close(descriptor) }

  /// What stands in it, from its beginning.
  package func content() -> [UInt8]? { try? readFile("/proc/self/fd/\(descriptor)") }
}
