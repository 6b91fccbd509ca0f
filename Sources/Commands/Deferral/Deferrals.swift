import Cluster
import Planning

/// What waits to be applied, in the folder where it is kept.
struct Deferrals {
  let folder: HistoryFolder
  let connection: ClusterConnection

  struct Waiting {
    var file: HistoryFolder.Entry
    /// Nil where the file is damaged.
    var entry: DeferredEntry?
  }

  /// - Returns: nil for a user who has no folder to keep it in.
  init?(_ connection: ClusterConnection) {
    guard let folder = HistoryFolder.deferred() else { return nil }
    self.folder = folder
    self.connection = connection
  }

  /// What waits for this cluster or CIB file, the oldest first.
  func all() throws -> [Waiting] {
    let file = connection.file.map(HistoryEntry.absolute)
    return try folder.entries().compactMap { entry in
      guard entry.state == .applied else { return nil }
      let content = DeferredEntry(try folder.read(entry))
      guard content == nil || content?.heading.cibFile == file else { return nil }
      return Waiting(file: entry, entry: content)
    }
  }

  /// How many changes wait.
  func count() -> Int {
    ((try? all()) ?? []).reduce(0) { $0 + ($1.entry?.heading.changes?.changes.count ?? 0) }
  }

  func remove(_ waiting: Waiting) {
    folder.remove(waiting.file)
    if connection.isLive { DeferralNotice.remove(number: waiting.file.number, count: waiting.entry?.events.count ?? 0) }
  }

  /// Keeps what waits of an apply, in place of what waited of the same documents before. Written before the rest is
  /// applied: nothing that waits is forgotten.
  ///
  /// - Parameter send: applies the rest, and returns whether it was taken.
  func keeping(
    _ deferral: Workflow.Deferral?, _ origin: HistoryEntry.Origin, requestor: String,
    whileSending send: () throws -> Bool
  ) throws -> Bool {
    guard let deferral else {
      guard try send() else { return false }
      // An apply does not fail for it: 'deferred list' tidies up as well.
      let former = ((try? all()) ?? []).filter { $0.entry?.heading.origin == origin }
      former.forEach(remove)
      return true
    }
    let former = try all().filter { $0.entry?.heading.origin == origin }
    let entry = DeferredEntry(
      HistoryEntry(deferral.undone, origin, connection), requestor: requestor, events: deferral.events)
    let pending = try folder.begin(entry.bytes)
    do {
      guard try send() else {
        pending.discard()
        return false
      }
    } catch {
      pending.discard()
      throw error
    }
    try pending.finish()
    former.forEach(remove)
    if connection.isLive { DeferralNotice.write(entry, number: pending.number) }
    return true
  }
}
