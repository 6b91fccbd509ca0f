import Glibc

/// The folder of the history: an entry a file, owner-only, as they hold secrets.
///
///     7.xml       what was applied
///     8.pending   what was about to be applied; still locked while somebody is at it
package struct HistoryFolder: Sendable {
  package var path: String
  package var mostEntries = 100
  package var mostBytes = 64 << 20

  package init(_ path: String) { self.path = path }

  /// What was applied: `history` in the folder that keeps crmsync's state.
  ///
  /// - Returns: nil for a user without a home.
  package static func standard(_ environment: Environment = .current) -> HistoryFolder? {
    state(environment).map { HistoryFolder("\($0)/history") }
  }

  /// What waits to be applied: `deferred` beside it. As many entries as there are sets of documents.
  package static func deferred(_ environment: Environment = .current) -> HistoryFolder? {
    state(environment).map { state in
      var folder = HistoryFolder("\(state)/deferred")
      folder.mostEntries = 1000
      return folder
    }
  }

  /// `/var/lib/crmsync` for root, the user's own state folder for others; CRMSYNC_STATE_DIR names another.
  private static func state(_ environment: Environment) -> String? {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let folder = value("CRMSYNC_STATE_DIR") { return folder }
    if geteuid() == 0 { return "/var/lib/crmsync" }
    // A relative path is to be passed over (XDG Base Directory Specification).
    if let folder = value("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/crmsync" }
    let home = value("HOME") ?? getpwuid(geteuid()).map { String(cString: $0.pointee.pw_dir) }
    return home.map { "\($0)/.local/state/crmsync" }
  }

  package struct Entry: Equatable, Sendable {
    package enum State: String, Sendable {
      case applied, unknown
      case underWay = "under-way"
    }

    package var number: Int
    package var state: State
  }

  // MARK: - Reading

  /// The entries, the oldest first; none where there is no folder.
  package func entries() throws(FileError) -> [Entry] {
    let files = try files()
    var result: [Entry] = []
    for file in files {
      // One that is about to be replaced is told by what replaces it.
      if file.isPending, result.last?.number == file.number { result.removeLast() }
      result.append(Entry(number: file.number, state: file.isPending ? pendingState(file.number) : .applied))
    }
    return result
  }

  package func read(_ entry: Entry) throws(FileError) -> [UInt8] {
    try readFile(file(entry.number, isPending: entry.state != .applied))
  }

  /// Takes an entry out.
  package func remove(_ entry: Entry) {
    unlink(file(entry.number, isPending: entry.state != .applied))
  }

  private func file(_ number: Int, isPending: Bool) -> String { "\(path)/\(number).\(isPending ? "pending" : "xml")" }

  private struct File {
    var number: Int
    var isPending: Bool
  }

  private func files() throws(FileError) -> [File] {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw .reading(path, errno: errno)
    }
    defer { closedir(stream) }
    var files: [File] = []
    while let entry = Glibc.readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[1] == "xml" || parts[1] == "pending", let number = Int(parts[0]), number > 0
      else { continue }
      files.append(File(number: number, isPending: parts[1] == "pending"))
    }
    return files.sorted { ($0.number, $0.isPending ? 1 : 0) < ($1.number, $1.isPending ? 1 : 0) }
  }

  private func pendingState(_ number: Int) -> Entry.State {
    let descriptor = open(file(number, isPending: true), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return .unknown }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) == 0 ? .unknown : .underWay
  }

  // MARK: - Writing

  /// An entry that is written, but of which it is not known yet whether it will be applied.
  package final class Pending {
    package let number: Int
    private let folder: HistoryFolder
    private let descriptor: Int32

    fileprivate init(_ number: Int, _ folder: HistoryFolder, _ descriptor: Int32) {
      self.number = number
      self.folder = folder
      self.descriptor = descriptor
    }

    // The lock goes with it: whoever looks then sees that nobody is at it any more.
    deinit { close(descriptor) }

    /// It was applied. The oldest entries go where there are too many.
    package func finish() throws(FileError) {
      let (pending, name) = (folder.file(number, isPending: true), folder.file(number, isPending: false))
      guard fsync(descriptor) == 0, rename(pending, name) == 0 else { throw .writing(name, errno: errno) }
      try folder.prune(keeping: number)
    }

    /// It was not applied.
    package func discard() { unlink(folder.file(number, isPending: true)) }
  }

  /// Writes an entry that is about to be applied.
  ///
  /// - Parameter number: of an entry that this one is to replace; without, it gets the next one.
  package func begin(_ bytes: [UInt8], number replaced: Int? = nil) throws(FileError) -> Pending {
    try make()
    var number: Int
    if let replaced { number = replaced } else { number = (try files().last?.number ?? 0) + 1 }
    var descriptor: Int32
    while true {
      let name = file(number, isPending: true)
      descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if descriptor < 0 {
        guard errno == EEXIST else { throw .writing(name, errno: errno) }
      } else {
        var status = stat()
        // Somebody may have begun and finished this number since the folder was read.
        if replaced != nil || lstat(file(number, isPending: false), &status) != 0 { break }
        unlink(name)
        close(descriptor)
      }
      guard replaced == nil else { throw .writing(name, errno: EEXIST) }
      number += 1
    }
    flock(descriptor, LOCK_EX | LOCK_NB)
    let pending = Pending(number, self, descriptor)
    var code = writeAll(bytes, to: descriptor)
    // Whatever the umask is.
    if code == 0, fchmod(descriptor, 0o600) != 0 { code = errno }
    guard code == 0 else {
      pending.discard()
      throw .writing(file(number, isPending: true), errno: code)
    }
    return pending
  }

  /// Makes the folder; one that is there has to be the user's own, or others could read or choose what goes in.
  private func make() throws(FileError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      guard errno == ENOENT else { throw .writing(path, errno: errno) }
      var parent = ""
      for part in path.split(separator: "/", omittingEmptySubsequences: false) {
        parent += parent.isEmpty && part.isEmpty ? "/" : parent.isEmpty || parent == "/" ? "\(part)" : "/\(part)"
        guard mkdir(parent, 0o700) == 0 || errno == EEXIST || parent == "/" else {
          throw .writing(path, errno: errno)
        }
      }
      guard lstat(path, &status) == 0 else { throw .writing(path, errno: errno) }
    }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
      throw FileError(.failed, "cannot write \(path): it is no folder of this user")
    }
    if status.st_mode & 0o777 != 0o700, chmod(path, 0o700) != 0 { throw .writing(path, errno: errno) }
  }

  /// Removes the oldest entries beyond the bounds, never the one that was just written, nor what is under way.
  private func prune(keeping last: Int) throws(FileError) {
    let files = try files()
    var bytes = 0
    var count = 0
    for file in files.reversed() {
      let name = self.file(file.number, isPending: file.isPending)
      var status = stat()
      guard lstat(name, &status) == 0 else { continue }
      count += 1
      bytes += Int(status.st_size)
      guard count > mostEntries || bytes > mostBytes, file.number < last else { continue }
      if file.isPending, pendingState(file.number) == .underWay { continue }
      unlink(name)
    }
  }
}
