import Planning

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
          changes: parts.waiting, events: events.map(DeferredEntry.Event.init), undone: parts.undone)
        plan = now.plan
        consequences = now.consequences
        return
      }
      touched = Set(left.compactMap { $0.resource ?? $0.node })
    }
  }
}
