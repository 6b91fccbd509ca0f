import Glibc

/// A lock on a CIB file, among the crmsyncs that work on it.
///
/// cibadmin locks no file, and 2.1.5 empties it before it is written: two at a time overwrite each other's change, and
/// a reader finds half of one. The lock lives as long as its descriptor, which the tools that are started meanwhile
/// inherit: when crmsync is killed, until its cibadmin has ended.
struct FileLock: ~Copyable {
  enum Kind { case shared, exclusive }

  private let descriptor: Int32

  /// Waits for the lock.
  ///
  /// - Returns: nil where it was not to be had in time.
  static func wait(_ path: String, _ kind: Kind, atMost seconds: Double) -> FileLock? {
    let end = monotonicNow() + seconds
    repeat {
      // Without O_CLOEXEC, for the tools; O_NONBLOCK as a pipe would keep us waiting for its writer.
      let descriptor = open(path, O_RDONLY | O_NONBLOCK)
      // What cannot be opened, or not be locked (NFS), is used as it is: what is wrong with it is told by its reader.
      guard descriptor >= 0 else { return FileLock(descriptor: descriptor) }
      if flock(descriptor, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 {
        if isStill(descriptor, path) { return FileLock(descriptor: descriptor) }
      } else if errno != EWOULDBLOCK {
        return FileLock(descriptor: descriptor)
      }
      close(descriptor)
      usleep(5000)
    } while monotonicNow() < end
    return nil
  }

  /// Whether no other file was put in its place while we waited.
  private static func isStill(_ descriptor: Int32, _ path: String) -> Bool {
    var ours = stat()
    var theirs = stat()
    guard fstat(descriptor, &ours) == 0, stat(path, &theirs) == 0 else { return true }
    return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
