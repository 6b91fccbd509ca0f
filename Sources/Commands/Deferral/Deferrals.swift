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

extension Workflow {
  /// The part of a plan that waits.
  struct Deferral {
    var changes: [Change]
    var events: [DeferredEntry.Event]
    /// Undoing this leads on to the whole plan.
    var undone: AppliedChanges
  }
}

extension Workflow.Planned {
  /// Takes out of the plan what would interrupt something that runs.
  ///
  /// What is left is simulated again: it is applied only if it interrupts nothing, whatever the reason of an interruption
  /// was thought to be.
  ///
  /// - Throws: `Failure` where it is not known what would be interrupted.
  mutating func putOffInterruptions() throws {
    guard !plan.isInSync, plan.errors.isEmpty else { return }
    let events = interruptions
    switch consequences {
    // No node is up.
    case nil: return
    case .effects where events.isEmpty && plan.stoppedFirst.isEmpty: return
    case .effects: break
    case .gaveUp, .failed:
      throw Failure(
        .refused, "refused: what it would interrupt is not known, as crm_simulate gives no answer",
        hint: "without --defer it is done")
    }
    var deferring = Deferring(plan, validateWith: cib.validateWith ?? "none")
    var touched = Set(events.compactMap { $0.resource ?? $0.node } + plan.stoppedFirst.map(\.id))
    while true {
      if !deferring.putOff(touching: touched), !deferring.putOffSettings() { deferring.putOffAll() }
      guard let parts = deferring.parts() else {
        deferring.putOffAll()
        continue
      }
      var now = self
      now.plan = parts.now
      now.consequences = nil
      now.simulate()
      var left = now.interruptions
      if now.consequences == .gaveUp || now.consequences == .failed {
        deferring.putOffAll()
        left = events
      }
      if left.isEmpty || deferring.allWait && now.plan.isInSync {
        deferral = Workflow.Deferral(
          changes: parts.changes, events: events.map(DeferredEntry.Event.init), undone: parts.undone)
        plan = now.plan
        consequences = now.consequences
        return
      }
      touched = Set(left.compactMap { $0.resource ?? $0.node })
    }
  }
}
