import Glibc

/// Files that are there whole or not at all, also after a power cut.
package enum AtomicFile {
  /// Writes to a temporary file in the same directory, and renames it.
  ///
  /// A symbolic link stays, what it leads to is replaced. Nothing is left behind on an error.
  package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(FileError) {
    let path = try existing(path) ?? path
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    guard !name.isEmpty, name != ".", name != ".." else { throw .writing(path, errno: EISDIR) }
    var template = Array("\(directory)/.\(name.prefix(64)).XXXXXX".utf8CString)
    // Names its file anew for every call and opens it with O_EXCL and mode 0600: nobody can put a link in its place.
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .writing(path, errno: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var code = writeAll(bytes, to: descriptor)
    if code == 0 && fchmod(descriptor, mode_t(mode)) != 0 { code = errno }
    // Without it, ext4 and xfs may show an empty file under the new name after a crash.
    if code == 0 && fsync(descriptor) != 0 { code = errno }
    // NFS reports a full disk only here.
    if close(descriptor) != 0 && code == 0 { code = errno }
    if code == 0 && rename(template, path) != 0 { code = errno }
    guard code == 0 else {
      unlink(template)
      throw .writing(path, errno: code)
    }
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }

  /// The file that a write to the path replaces, links followed; nil where nothing is there.
  ///
  /// - Throws: where something is that is no regular file: renaming onto a device or a pipe would put a file in its
  ///   place, for everybody on the machine.
  package static func existing(_ path: String) throws(FileError) -> String? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .writing(path, errno: errno)
    }
    guard let resolved = realpath(path, nil) else { throw .writing(path, errno: errno) }
    defer { free(resolved) }
    let target = String(cString: resolved)
    guard stat(target, &status) == 0 else { throw .writing(path, errno: errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw .writing(path, errno: EISDIR) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(.failed, "cannot write \(path): it is no regular file")
    }
    return target
  }
}
