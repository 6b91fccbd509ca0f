import CIB
import Cluster
import Planning

/// A plan as people read it.
struct PlanText {
  var usesColour: Bool

  private enum Colour: String {
    case green = "32"
    case yellow = "33"
    case red = "31"
    case cyan = "36"
    case dim = "2"
    case bold = "1"
  }

  static let inSync = "In sync: the cluster is as the documents say."

  /// - Parameter inSync: what is said of a plan without changes.
  func render(
    _ plan: Plan, _ consequences: Simulation.Outcome? = nil, deferral: Workflow.Deferral? = nil,
    inSync: String = PlanText.inSync
  ) -> String {
    var text = ""
    if plan.isInSync {
      text += deferral == nil ? "\(inSync)\n" : "Nothing can be done without an interruption.\n"
    } else {
      text += changes(plan)
    }
    if !plan.kept.isEmpty {
      text += "\n\(paint("Kept, though no document has it:", .bold))\n"
      for kept in plan.kept { text += "    \(kept.what.printable)  \(paint("(\(kept.why))", .dim))\n" }
    }
    if !plan.stoppedFirst.isEmpty {
      text += "\n\(paint("Stopped first, in a transaction of its own, as it runs:", .bold))\n"
      for stopped in plan.stoppedFirst {
        text += "    \(stopped.id.printable) on \(stopped.nodes.joined(separator: ", ").printable)\n"
      }
    }
    if let consequences {
      text += "\n\(paint("What the cluster would do:", .bold))\n"
      for sentence in consequences.sentences(of: plan) { text += "    \(sentence.printable)\n" }
    }
    if let deferral {
      text += "\n\(paint("Deferred, as it would interrupt what runs:", .bold))\n"
      for event in deferral.events { text += "    ! \(event.sentence.printable)\n" }
      var part = plan
      part.changes = deferral.changes
      for line in changes(part).split(separator: "\n") { text += "    \(line)\n" }
      text += "    ('crmsync deferred run' does it)\n"
    }
    if !plan.isInSync { text += "\n\(counts(plan, deferred: deferral?.changes.count ?? 0))\n" }
    if !plan.refusals.isEmpty {
      text += "\n\(paint("apply will refuse this:", .red))\n"
      for refusal in plan.refusals { text += "    \(refusal.message.printable)  (\(refusal.option) allows it)\n" }
    }
    return text
  }

  // MARK: - Changes

  func changes(_ plan: Plan) -> String {
    let width = plan.changes.map { $0.kind.rawValue.count }.max() ?? 0
    let record = plan.record
    var text = ""
    // Made once for all that are alike: a plan may have 20,000 changes.
    var heading = Heading()
    for change in plan.changes {
      if heading.action != change.action || heading.kind != change.kind {
        heading = Heading(action: change.action, kind: change.kind, text: headingText(of: change, width))
      }
      text += heading.text
      text += change.id.printable
      if usesColour { text += Self.colourEnd }
      append(change, record, to: &text)
    }
    return text
  }

  /// What a change's line begins with: all but the id.
  private struct Heading {
    var action: Change.Action?
    var kind: ObjectKind?
    var text = ""
  }

  private func headingText(of change: Change, _ width: Int) -> String {
    let (sign, colour) = sign(of: change)
    return (usesColour ? Self.colourStart(colour) : "")
      + "\(sign) \(change.action.rawValue) \(padded(change.kind, width))  "
  }

  private func append(_ change: Change, _ record: Record, to text: inout String) {
    if append(placing: change, to: &text) { return }
    let details = change.details(record).map(\.printable)
    if let summary = oneLine(change, details) {
      if !summary.isEmpty { text += "  \(summary)" }
      if let set = change.set { text += paint("  (in set \(set.printable))", .dim) }
      text += reason(change) + "\n"
      return
    }
    text += reason(change) + "\n"
    for detail in details {
      text += "      "
      text += detail.path
      text += ": "
      text += beforeAfter(detail, in: change)
      text += "\n"
    }
  }

  private func reason(_ change: Change) -> String {
    change.reason.map { paint("  (\($0.printable))", .dim) } ?? ""
  }

  private func sign(of change: Change) -> (text: String, colour: Colour) {
    switch change.action {
    case .create: ("+", .green)
    case .update: ("~", .yellow)
    case .delete: ("-", .red)
    case .move: (">", .cyan)
    }
  }

  private func padded(_ kind: ObjectKind, _ width: Int) -> String {
    kind.rawValue + String(repeating: " ", count: width - kind.rawValue.utf8.count)
  }

  /// A new plain location constraint in short: there may be thousands of them.
  private func append(placing change: Change, to text: inout String) -> Bool {
    guard change.action == .create, change.kind == .location, let after = change.after, after.attributes.count == 4,
      after.children.isEmpty, let resource = after["rsc"], let node = after["node"], let score = after["score"]
    else { return false }
    text += "  "
    text += resource.printable
    text += " on "
    text += node.printable
    text += ": "
    text += score.printable
    text += "\n"
    return true
  }

  /// What fits on the object's own line: values, plain location constraints, what an object consists of.
  private func oneLine(_ change: Change, _ details: [Detail]) -> String? {
    if details.isEmpty { return "" }
    if details.count == 1, ["value", "inside"].contains(details[0].path) { return beforeAfter(details[0], in: change) }
    guard change.action == .create else { return nil }
    if details.count == 1, details[0].path == "members" { return details[0].after }
    return nil
  }

  private func beforeAfter(_ detail: Detail, in change: Change) -> String {
    switch (detail.before, detail.after) {
    // What differs is masked.
    case (let before?, let after?) where before == after: "\(after) changed"
    case (let before?, let after?): "\(paint(before, .red)) -> \(paint(after, .green))"
    case (nil, let after?): change.action == .create ? after : "\(paint("(none)", .dim)) -> \(paint(after, .green))"
    case (let before?, nil): "\(paint(before, .red)) -> \(paint("(none)", .dim))"
    case (nil, nil): "changed"
    }
  }

  private func counts(_ plan: Plan, deferred: Int) -> String {
    var counts: [Change.Action: Int] = [:]
    for change in plan.changes { counts[change.action, default: 0] += 1 }
    func count(_ action: Change.Action) -> Int { counts[action] ?? 0 }
    return paint("Plan:", .bold)
      + " \(count(.create)) to create, \(count(.update)) to update, \(count(.move)) to move, \(count(.delete)) to delete"
      + (deferred > 0 ? "; \(deferred) deferred." : ".")
  }

  private func paint(_ text: String, _ colour: Colour) -> String {
    usesColour ? Self.colourStart(colour) + text + Self.colourEnd : text
  }

  private static func colourStart(_ colour: Colour) -> String { "\u{1B}[\(colour.rawValue)m" }
  private static let colourEnd = "\u{1B}[0m"
}

extension Detail {
  fileprivate var printable: Detail {
    Detail(path.printable, before: before?.printable, after: after?.printable)
  }
}
