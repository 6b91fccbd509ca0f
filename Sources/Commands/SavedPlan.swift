import Cluster
import Documents
import Patching
import Planning
import XML

/// A plan in a file, for `apply` to carry out later: the patch, the version it was made for, why `apply` might
/// refuse, what it says in both formats, and what is kept in the history. It holds secrets and belongs to its owner alone.
///
///     <crmsync-plan format="2" admin_epoch="0" epoch="7" digest="…" summary="…" json="…">
///       <refusal option="--allow-unfenced" message="…"/>
///       <diff format="2">…</diff>
///       <document name="/etc/crmsync/cluster.yaml"/>
///       <changes>…</changes>
///     </crmsync-plan>
struct SavedPlan {
  private let root: Element
  /// What is kept in the history; nil where the plan changes nothing.
  let changes: AppliedChanges?

  private static let elementName = "crmsync-plan"

  /// - Parameter documents: the names of what it was made from.
  init(_ planned: Workflow.Planned, documents: [String]) throws {
    var root = Element(
      Self.elementName,
      [
        Attribute("format", "2"), Attribute("admin_epoch", "\(planned.cib.adminEpoch)"),
        Attribute("epoch", "\(planned.cib.epoch)"), Attribute("digest", Self.digest(planned.plan.current)),
        Attribute("summary", PlanText(usesColour: false).render(planned.plan)),
        Attribute("json", JSONEmitter.text(of: PlanJSON.value(planned.plan))),
      ])
    // A saved plan is for the configuration as it was, and stopping something changes it.
    let stops = planned.plan.stoppedFirst.map { stopped in
      Refusal(
        "'\(stopped.id)' runs and has to be stopped first, which apply does from documents", option: "--no-stop-first")
    }
    for refusal in planned.plan.refusals + stops {
      root.append(
        Element("refusal", [Attribute("option", refusal.option), Attribute("message", refusal.message)]))
    }
    root.append(
      try Element(parsing: planned.patch.document(source: planned.version, countsStatusUpdates: false)))
    for document in documents { root.append(Element("document", [Attribute("name", document.printable)])) }
    changes = planned.plan.isInSync ? nil : AppliedChanges(planned.plan)
    if let changes { root.append(changes.element) }
    self.root = root
  }

  /// The names of what it was made from.
  var documents: [String] { root.elements(named: "document").compactMap { $0["name"] } }

  private init(_ root: Element) {
    self.root = root
    changes = root.first(AppliedChanges.elementName).flatMap(AppliedChanges.init)
  }

  /// - Parameter inputs: what the plan was made from, which is not to be lost.
  /// - Throws: where the path is one of these, a device, a pipe or a folder.
  func save(to path: String, inputs: [String]) throws {
    if let present = try AtomicFile.existing(path) {
      guard !inputs.contains(where: { (try? AtomicFile.existing($0)) == present }) else {
        throw Failure(
          .notTaken, "\(path) is what the plan is made from; it was left as it is", hint: "give --out another name")
      }
    }
    var writer = XMLWriter()
    writer.write(root)
    try AtomicFile.write(path, writer.bytes)
  }

  static func isPlan(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("<\(elementName) ".utf8)) }

  /// - Returns: nil where the file is no saved plan, but a document.
  static func load(from path: String) throws -> SavedPlan? {
    guard path != "-", let bytes = try? readFile(path) else { return nil }
    return try read(bytes, from: path)
  }

  static func read(_ bytes: [UInt8], from path: String) throws -> SavedPlan? {
    guard isPlan(bytes) else { return nil }
    guard let root = try? Element(parsing: bytes), root["format"] == "2", let diff = root.first("diff"),
      case let plan = SavedPlan(root), (plan.changes == nil) == (diff.first("change") == nil)
    else { throw Failure(.invalidInput, "\(path) is a damaged plan", hint: "save it again with plan --out") }
    return plan
  }

  /// - Parameter query: of the cluster as it is now, under way.
  /// - Returns: what was done; nil if nothing.
  /// - Throws: `Failure` with `conflict` where the configuration is no longer the one the plan was made for.
  func apply(
    _ query: ClusterConnection.PendingQuery, through connection: ClusterConnection, _ history: History,
    _ options: ApplyOptions
  ) throws -> Workflow.Planned? {
    let cib = try connection.finish(query)
    guard root["admin_epoch"] == "\(cib.adminEpoch)", root["epoch"] == "\(cib.epoch)",
      root["digest"] == Self.digest(cib.configuration)
    else { throw Self.stale }
    let refusals = root.elements(named: "refusal")
    for refusal in refusals {
      Console.error(
        "crmsync: refused: \(refusal["message"] ?? "")", hint: "plan with \(refusal["option"] ?? "") to allow it")
    }
    guard refusals.isEmpty else { throw Failure(.refused, nil) }
    switch options.format {
    case .text: try Console.print(root["summary"] ?? "")
    case .json: try Console.print(root["json"] ?? "")
    }
    guard let changes, let diff = root.first("diff"), !options.dryRun else { return nil }
    try Workflow.checkTakesChanges(cib, through: connection)
    let plan = Plan(
      schema: .newest, current: cib.configuration, target: cib.configuration, changes: changes.changes)
    let planned = Workflow.Planned(cib: cib, plan: plan)
    let isTaken = try history.keeping(changes) {
      try Transaction.send(from: planned.version, through: connection) { version, countsStatusUpdates in
        Self.patch(diff, countingUpdates: countsStatusUpdates ? version.numUpdates : nil)
      }
    }
    guard isTaken else { throw Self.stale }
    return planned
  }

  private static let stale = Failure(
    .conflict, "the configuration has changed since the plan was saved; nothing was written", hint: "plan again")

  /// The saved patch, as `Patch.document` makes it with the number of status updates, or without.
  private static func patch(_ diff: Element, countingUpdates numUpdates: Int?) -> [UInt8] {
    var diff = diff
    if let numUpdates {
      diff.changeFirst("version") { version in version.changeFirst("source") { $0["num_updates"] = "\(numUpdates)" } }
    }
    var writer = XMLWriter()
    writer.write(diff)
    return writer.bytes
  }

  /// FNV-1a of the configuration: epochs alone do not tell two clusters, or two files, apart.
  private static func digest(_ configuration: Element) -> String {
    var writer = XMLWriter()
    writer.write(configuration)
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in writer.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}

extension Element {
  /// Changes the first child of this name.
  fileprivate mutating func changeFirst(_ name: String, _ change: (inout Element) -> Void) {
    guard let index = children.firstIndex(where: { $0.element?.name == name }),
      case .element(var child) = children[index]
    else { return }
    change(&child)
    children[index] = .element(child)
  }
}
