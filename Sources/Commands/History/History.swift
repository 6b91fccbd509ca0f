import Cluster
import Planning

/// Keeps what was before an apply: written before the patch is sent, so that no change is without its way back. An apply
/// does not fail for it.
final class History {
  let origin: HistoryEntry.Origin
  private let connection: ClusterConnection
  private let folder: HistoryFolder?
  private var pending: HistoryFolder.Pending?
  /// The entry of this apply, once something was changed.
  private(set) var number: Int?
  /// What was changed.
  private(set) var applied: AppliedChanges?
  private var begun: AppliedChanges?
  /// How resources were before they were told to stop.
  private var stopped: [String: AppliedChanges.StoppedResource] = [:]
  private var hasWarned = false

  init(_ origin: HistoryEntry.Origin, _ connection: ClusterConnection, folder: HistoryFolder? = .standard()) {
    self.origin = origin
    self.connection = connection
    self.folder = folder
  }

  /// Sends what is to be kept.
  ///
  /// - Parameter send: returns whether the patch was taken.
  func keeping(_ plan: Plan, whileSending send: () throws -> Bool) throws -> Bool {
    try keeping(AppliedChanges(plan, stopped: stopped), whileSending: send)
  }

  /// Sends a transaction that only tells resources to stop. It is an entry, until that of the deletion takes its place.
  func keeping(stopping plan: Plan, whileSending send: () throws -> Bool) throws -> Bool {
    let changes = AppliedChanges(stopping: plan)
    guard try keeping(changes, whileSending: send) else { return false }
    stopped.merge(changes.stoppedResources) { first, _ in first }
    return true
  }

  func keeping(_ changes: AppliedChanges, whileSending send: () throws -> Bool) throws -> Bool {
    begin(changes)
    do {
      guard try send() else {
        drop()
        return false
      }
    } catch let error as ClusterError where error.leavesDoubt {
      // Whether it was applied is not known, and the entry says so.
      pending = nil
      throw error
    } catch {
      drop()
      throw error
    }
    finish()
    return true
  }

  private func begin(_ changes: AppliedChanges) {
    begun = changes
    guard let folder else { return warn("this user has no home to keep it in") }
    do {
      pending = try folder.begin(HistoryEntry(changes, origin, connection).bytes, number: number)
    } catch {
      warn(error.message)
    }
  }

  private func finish() {
    applied = begun
    do {
      try pending?.finish()
      number = pending?.number ?? number
    } catch {
      warn(error.message)
    }
    pending = nil
  }

  private func drop() {
    pending?.discard()
    pending = nil
  }

  private func warn(_ message: String) {
    guard !hasWarned else { return }
    hasWarned = true
    Console.error(
      "crmsync: warning: no history is kept of this: \(message)",
      hint: "CRMSYNC_STATE_DIR names another folder to keep it in")
  }
}

/// The entries of the history that a command is about.
struct HistoryEntries {
  let folder: HistoryFolder
  /// The oldest first; those that cannot be read have no heading.
  let all: [(entry: HistoryFolder.Entry, heading: HistoryEntry?)]

  /// - Throws: `Failure` where there can be no history.
  init() throws {
    guard let folder = HistoryFolder.standard() else {
      throw Failure(.missingInput, "this user has no history", hint: "CRMSYNC_STATE_DIR names its folder")
    }
    self.folder = folder
    all = try folder.entries().map { entry in
      (entry, (try? folder.read(entry)).flatMap { HistoryEntry($0, isHeadingOnly: true) })
    }
  }

  /// Those of the live cluster, or of a CIB file.
  func entries(of connection: ClusterConnection) -> [(entry: HistoryFolder.Entry, heading: HistoryEntry?)] {
    let file = connection.file.map(HistoryEntry.absolute)
    return all.filter { $0.heading.map { $0.cibFile == file } ?? false }
  }

  /// - Throws: `Failure` where there is no such entry, or it is damaged.
  func read(_ number: Int) throws -> (entry: HistoryFolder.Entry, content: HistoryEntry) {
    guard let entry = all.first(where: { $0.entry.number == number })?.entry else {
      throw Failure(
        .missingInput, "the history has no entry \(number)", hint: "'crmsync history --all' lists those it has")
    }
    guard let content = HistoryEntry(try folder.read(entry)) else {
      throw Failure(
        .invalidInput, "entry \(number) of the history is damaged", hint: "see \(folder.path)")
    }
    return (entry, content)
  }
}
