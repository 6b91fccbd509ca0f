import Glibc

/// What is wrong with a file, by its path; never with anything from its content.
package struct FileError: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case missing, unreadable, empty, tooLarge
    /// The content is of no use: control characters where XML can hold none.
    case unsuitable
    case permissionDenied
    case noSpace
    /// The reader of a pipe has gone; nothing is to be said about it.
    case brokenPipe
    case failed
  }

  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var exitStatus: Int32 {
    switch kind {
    case .missing, .unreadable: 66
    case .empty, .tooLarge, .unsuitable: 65
    case .permissionDenied: 77
    case .noSpace, .failed, .brokenPipe: 74
    }
  }

  /// The error of a call that writes.
  package static func writing(_ path: String, errno code: Int32) -> FileError {
    let text = "cannot write \(path): \(errorText(code))"
    return switch code {
    case EACCES, EPERM, EROFS: FileError(.permissionDenied, text)
    case ENOSPC, EDQUOT, EFBIG: FileError(.noSpace, text)
    case ENOENT, ENOTDIR: FileError(.missing, text)
    case EPIPE: FileError(.brokenPipe, text)
    default: FileError(.failed, text)
    }
  }

  static func reading(_ path: String, errno code: Int32) -> FileError {
    switch code {
    case ENOENT, ENOTDIR: FileError(.missing, "\(path): \(errorText(code))")
    default: FileError(.unreadable, "cannot read \(path): \(errorText(code))")
    }
  }
}

func errorText(_ code: Int32) -> String {
  String(cString: strerror(code))
}

/// Reads a regular file.
///
/// - Parameter anyKind: read pipes and devices as well, up to their end.
package func readFile(_ path: String, limit: Int = .max, anyKind: Bool = false) throws(FileError) -> [UInt8] {
  // O_NONBLOCK: a FIFO nobody writes to would hold the open forever; on regular files it means nothing.
  // What standard input is open for, whoever made it: a pipe of root's, behind sudo, cannot be opened again.
  let descriptor =
    path == "/dev/stdin" ? fcntl(0, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | (anyKind ? 0 : O_NONBLOCK))
  guard descriptor >= 0 else { throw .reading(path, errno: errno) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .reading(path, errno: errno) }
  let type = status.st_mode & S_IFMT
  if type == S_IFDIR { throw .reading(path, errno: EISDIR) }
  guard anyKind || type == S_IFREG else { throw FileError(.unreadable, "cannot read \(path): not a regular file") }
  var bytes: [UInt8] = []
  let size = max(0, Int(status.st_size))
  guard size <= limit else { throw FileError(.tooLarge, "\(path) is larger than \(limit) bytes") }
  bytes.reserveCapacity(size + 1)
  // A larger buffer would be new memory, which costs more than to read a few times.
  let chunk = max(4096, min(size + 1, 1 << 16))
  while true {
    let count = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 1) { buffer in
      let count = read(descriptor, buffer.baseAddress, chunk)
      if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
      return count
    }
    if count == 0 { return bytes }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw .reading(path, errno: errno) }
    guard bytes.count <= limit else { throw FileError(.tooLarge, "\(path) is larger than \(limit) bytes") }
  }
}

/// Whether it is one, without opening it: whoever writes into a pipe would take that for its reader.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Writes all of it, whatever the kernel takes at once.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, bytes.count - written) }
    if count > 0 {
      written += count
    } else if count < 0 && errno == EINTR {
      continue
    } else if count < 0 && errno == EAGAIN {
      // A terminal or pipe that someone else made non-blocking.
      var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
      _ = poll(&descriptors, 1, -1)
    } else {
      return count == 0 ? EIO : errno
    }
  }
  return 0
}
