import Glibc

/// Files, read and written whole.
package enum File {
  /// - Throws: `missingInput` where it is missing or unreadable.
  package static func read(_ path: String, limit: Int = 1 << 30) throws(ClusterError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ClusterError(.missingInput, "\(path): \(errno == ENOENT ? "no such file" : String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    return try read(descriptor, name: path, limit: limit)
  }

  package static func readStandardInput(limit: Int) throws(ClusterError) -> [UInt8] {
    try read(0, name: "standard input", limit: limit)
  }

  private static func read(_ descriptor: Int32, name: String, limit: Int) throws(ClusterError) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      throw ClusterError(.missingInput, "\(name): is a directory")
    }
    var bytes: [UInt8] = []
    let expected = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    bytes.reserveCapacity(min(expected, limit) + 1)
    let chunk = 1 << 18
    while true {
      let (count, code) = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 16) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, chunk)
        let code = errno
        if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        return (count, code)
      }
      if count == 0 { return bytes }
      if count < 0 {
        if code == EINTR { continue }
        throw ClusterError(.missingInput, "\(name): \(String(cString: strerror(code)))")
      }
      guard bytes.count <= limit else {
        throw ClusterError(.invalidInput, "\(name) is larger than \(limit >> 20) MiB")
      }
    }
  }

  /// Writes a file that only its owner may read, whole or not at all.
  package static func writePrivately(_ bytes: [UInt8], to path: String) throws(ClusterError) {
    var template = Array("\(path).XXXXXX".utf8CString)
    // mkstemp makes it 0600.
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw failure(path, errno) }
    do throws(ClusterError) {
      try write(bytes, to: descriptor, name: path)
      guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(path, errno) }
      guard rename(template, path) == 0 else { throw failure(path, errno) }
      close(descriptor)
    } catch {
      close(descriptor)
      unlink(template)
      throw error
    }
  }

  package static func write(_ bytes: [UInt8], to descriptor: Int32, name: String) throws(ClusterError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(name, errno)
      }
      written += count
    }
  }

  private static func failure(_ name: String, _ code: Int32) -> ClusterError {
    let reason = String(cString: strerror(code))
    switch code {
    case EACCES, EPERM, EROFS: return ClusterError(.permissionDenied, "cannot write \(name): \(reason)")
    case ENOENT, ENOTDIR: return ClusterError(.missingInput, "cannot write \(name): \(reason)")
    default: return ClusterError(.diskFull, "cannot write \(name): \(reason)")
    }
  }
}

package enum StandardOutput {
  package static func write(_ bytes: [UInt8]) throws(ClusterError) {
    // A reader that has had enough (`| head`) is told by EPIPE.
    signal(SIGPIPE, SIG_IGN)
    try File.write(bytes, to: 1, name: "standard output")
  }
}
