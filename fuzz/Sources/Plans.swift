import CIB
import Cluster
import Desired
import Documents
import FencingCheck
import Glibc
import Graph
import Patching
import Planning
import XML

@testable import Commands

// Clusters, and what documents make of them.

func document(_ root: Element) -> CIBDocument? {
  var root = root
  for name in ["admin_epoch", "epoch", "num_updates"] where root[name].flatMap({ Int($0) }) == nil { root[name] = "1" }
  return try? CIBDocument(root: root)
}

/// The export of a cluster in every format plans to nothing on it.
@Sendable func cib(_ input: [UInt8]) {
  guard let root = try? Element(parsing: input), let cib = document(root) else { return }
  let current = Configuration(cib.configuration)
  _ = FencingSetup(current)
  // Of what no schema allows, all that is asked is that nothing ends badly; of that the formats take turns.
  let isValid = cib.configuration.isValid && !cib.configuration.spellsANameInTwoWays
  let formats = [InputFormat.yaml, .json, .xml, .crmsh]
  for format in isValid ? formats : [formats[input.count % formats.count]] {
    guard let bytes = exported(cib.root, as: format) else { continue }
    let (again, diagnostics) = DocumentReader.read(bytes, name: "d", format: format)
    let plan = planned(again, on: current)
    guard isValid else { continue }
    require(!diagnostics.hasErrors, "the export as \(format) is refused: \(diagnostics)\n\(lossy(bytes))")
    require(plan.errors.isEmpty, "the export as \(format) is an error: \(plan.errors)\n\(lossy(bytes))")
    require(
      plan.isInSync,
      "the export as \(format) is not in sync: \(plan.changes.map { ($0.action, $0.id) })\n\(lossy(bytes))\n\(plan.target.xml())"
    )
  }
}

/// Nil where crmsh has no words for it.
private func exported(_ cib: Element, as format: InputFormat) -> [UInt8]? {
  switch format {
  case .xml:
    var writer = XMLWriter()
    writer.write(cib.exported(showSecrets: true))
    return writer.bytes
  case .crmsh:
    let writer = CrmshWriter(exporting: cib.exported(showSecrets: true))
    return writer.problems.isEmpty ? Array(writer.text.utf8) : nil
  default:
    let desired = DesiredConfiguration(exporting: cib)
    let value = NativeDocumentWriter(showSecrets: true, isExport: true).value(of: desired)
    return format == .json ? JSONEmitter.bytes(of: value) : YAMLEmitter.bytes(of: value)
  }
}

extension Element {
  /// Whether something else has the id of crmsync's record: only who means to do harm calls it so.
  fileprivate var takesTheRecordsID: Bool {
    id == Record.setID && name != "cluster_property_set" || elements.contains(where: \.takesTheRecordsID)
  }

  /// Whether two names of what is defined are the same characters in other bytes: one name for Swift's strings, two for
  /// Pacemaker. The program refuses to add to it.
  fileprivate var spellsANameInTwoWays: Bool {
    var spellings: [String: String] = [:]
    func isTwofold(_ element: Element) -> Bool {
      for attribute in element.attributes where ["id", "uname", "name"].contains(attribute.name) {
        if !spellings[attribute.value, default: attribute.value].isIdentical(to: attribute.value) { return true }
        spellings[attribute.value] = attribute.value
      }
      return element.elements.contains(where: isTwofold)
    }
    return isTwofold(self)
  }
}

@Sendable func status(_ input: [UInt8]) {
  guard let root = try? Element(parsing: input), let cib = document(root) else { return }
  let status = ClusterStatus(cib)
  let configuration = Configuration(cib.configuration)
  let report = StatusReport(status, configuration, isLive: true)
  _ = (report.text, JSONEmitter.bytes(of: report.value), ClusterGraph(cib).dot)
  for object in configuration.objects {
    _ = (status.activeNodes(of: object.id), status.isActive(object.id), status.failures(of: object.id))
  }
  _ = cib.aclShowsOnlyPart(user: "alice", uid: 1000, groups: ["ops"])
}

/// Flags, a document and a CIB: the plan is the same every time, its patch gives its target, a second plan finds
/// nothing, and the way back leads back.
@Sendable func plan(_ input: [UInt8], _ format: InputFormat) {
  let parts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
  guard parts.count == 3, let root = try? Element(parsing: parts[2]), let cib = document(root),
    !root.spellsANameInTwoWays, !root.takesTheRecordsID
  else { return }
  let (desired, diagnostics) = DocumentReader.read(parts[1], name: "d", format: format)
  guard !diagnostics.hasErrors else { return }
  let flags = lossy(parts[0])
  var options = PlanOptions()
  options.prunesAll = flags.contains("a")
  options.prunes = flags.contains("p")
  options.isExact = flags.contains("e")
  options.rebalances = flags.contains("r")
  options.allowsUnfenced = flags.contains("u")
  options.isForced = flags.contains("f")
  let current = Configuration(cib.configuration)
  let plan = planned(desired, on: current, options)
  // Swift's sets and dictionaries have an order of their own each time they are made. A plan in four, as it is the dearest.
  if input.count / 4 % 4 == 0 {
    let again = planned(desired, on: current, options)
    require(
      plan.target == again.target && plan.diagnostics == again.diagnostics && plan.kept == again.kept,
      "planned twice, it is not the same")
  }
  if printsDigests {
    let shown = Array(PlanText(usesColour: false).render(plan).utf8) + JSONEmitter.bytes(of: PlanJSON.value(plan))
    digest(shown + Array(plan.target.xml().utf8))
  }
  // The ways to show it take turns.
  switch input.count % 4 {
  case 0: _ = PlanText(usesColour: false).render(plan)
  case 1: _ = JSONEmitter.bytes(of: PlanJSON.value(plan))
  case 2: _ = ClusterGraph(cib, plan: plan).dot
  default: _ = CrmshPlanWriter(from: plan.current, to: plan.target)
  }
  // Elements and ids that no schema allows: nothing that is said of patches holds for them. What is in files and variables
  // is read before anything is planned.
  guard plan.errors.isEmpty, cib.configuration.isValid, !plan.target.leavesValuesToRead else { return }
  let target = plan.target.withoutMarks
  checkPatch(plan)
  // Else apply refuses it.
  guard target.isValid else { return }
  var later = planned(desired, on: Configuration(target), options)
  require(later.errors.isEmpty, "a second plan is refused: \(later.errors)\n\(target.xml())")
  require(
    later.isInSync || options.rebalances,
    "a second plan is not in sync: \(later.changes.map { ($0.action, $0.kind, $0.id) })\n\(target.xml())\n\(later.target.xml())"
  )
  // Back. What referred to nothing, and to something meanwhile, is taken out of what refers to it when that goes again.
  guard !plan.isInSync, !cib.configuration.refersToNothing else { return }
  guard let applied = AppliedChanges(AppliedChanges(plan).element) else { fail("the history cannot be read") }
  let way = WayBack(undoing: applied, in: Configuration(target), name: "it", isLive: false)
  var back = PlanOptions()
  back.restoration = way.restoration
  back.allowsUnfenced = true
  later = planned(way.desired, on: Configuration(target), back)
  require(way.conflicts.isEmpty, "the way back has conflicts: \(way.conflicts)")
  require(later.errors.isEmpty, "the way back is refused: \(later.errors)\n\(target.xml())")
  checkPatch(later)
  let rest = Planner.plan(
    from: Configuration(later.target.withoutMarks), to: DesiredConfiguration(exporting: cib.configuration),
    validateWith: Schema.newest.name, options: PlanOptions())
  require(
    rest.isInSync,
    "the way back leads elsewhere: \(rest.changes.map { ($0.action, $0.kind, $0.id) })\n\(target.xml())\n\(later.target.xml())"
  )
}

private func checkPatch(_ plan: Plan) {
  let patch = Patch(from: plan.current, to: plan.target)
  let version = CIBVersion(adminEpoch: 1, epoch: 1, numUpdates: 1)
  let bytes = patch.document(source: version, countsStatusUpdates: true)
  var applier = Applier(root: plan.current)
  do { try applier.apply(bytes) } catch { fail("the patch is no XML: \(error)") }
  let target = plan.target.withoutMarks
  require(patch.isEmpty == plan.isInSync, "a patch without changes, or changes without a patch")
  require(
    applier.root.arranged == target.arranged,
    "the patch gives something else:\n\(lossy(bytes))\n\(target.xml())\n\(applier.root.xml())")
}

extension Element {
  /// Whether a cluster may have it. Two nodes of one name or id, or two ACL targets of one, the schemas allow; Pacemaker
  /// and `cibadmin --create` do not.
  var isValid: Bool {
    let nodes = first("nodes")?.elements ?? []
    let targets = first("acls")?.elements(named: "acl_target") ?? []
    return Set(nodes.map { $0["uname"] }).count == nodes.count && Set(nodes.map(\.id)).count == nodes.count
      && Set(targets.map(\.id)).count == targets.count && Grammar.objections(to: self) == nil
  }

  /// Whether a constraint, a tag, a fencing level or an ACL names what there is not: for Pacemaker, which knows no blanks around an id.
  fileprivate var refersToNothing: Bool {
    var ids: Set<String> = []
    var references: Set<String> = []
    func collect(_ element: Element) {
      let isReference = ["obj_ref", "resource_ref"].contains(element.name)
      for attribute in element.attributes {
        switch attribute.name {
        case "id": if isReference { references.insert(attribute.value) } else { ids.insert(attribute.value) }
        case "rsc", "with-rsc", "first", "then", "reference": references.insert(attribute.value)
        case "devices": references.formUnion(attribute.value.split(separator: ",").map(String.init))
        default: break
        }
      }
      element.elements.forEach(collect)
    }
    collect(self)
    return !references.isSubset(of: ids)
  }

  /// Whether a value is in a file or a variable yet.
  fileprivate var leavesValuesToRead: Bool {
    ["crmsync:file", "crmsync:env"].contains { self[$0] != nil } || elements.contains(where: \.leavesValuesToRead)
  }

  /// With the sections sorted in which the order means nothing.
  fileprivate var arranged: Element {
    var result = self
    for index in result.children.indices {
      if case .element(let child) = children[index] { result.children[index] = .element(child.arranged) }
    }
    switch name {
    case "constraints", "tags", "acls", "alerts", "fencing-topology", "nodes":
      result = Element(
        name, attributes, children: result.elements.map { ($0.xml(), $0) }.sorted { $0.0 < $1.0 }.map { .element($0.1) }
      )
    default: break
    }
    return result
  }
}

// MARK: - What is kept in files

@Sendable func savedPlan(_ input: [UInt8]) {
  guard let saved = try? SavedPlan.read(input, from: "plan") else { return }
  _ = saved.documents
  if let changes = saved.changes { check(changes) }
}

@Sendable func history(_ input: [UInt8]) {
  _ = HistoryEntry(input, isHeadingOnly: true)
  _ = DeferredEntry(input)
  guard let entry = HistoryEntry(input), let changes = entry.changes else { return }
  let again = HistoryEntry(entry.bytes)
  require(
    entry.element.holdsText || again?.element == entry.element,
    "written, it reads as something else:\n\(entry.element.xml())")
  _ = (entry.time.local, entry.time.iso8601)
  check(changes)
}

private func check(_ changes: AppliedChanges) {
  _ = PlanText(usesColour: false).render(changes.plan)
  _ = JSONEmitter.bytes(of: PlanJSON.value(changes.plan))
  let way = WayBack(undoing: changes, in: Configuration(), name: "it", isLive: false)
  var options = PlanOptions()
  options.restoration = way.restoration
  _ = planned(way.desired, on: Configuration(), options)
}

// MARK: - Between processes

/// `FUZZ_DIGEST=1` prints a hash for every input: what the seed of Swift's hashes decides differs from process to
/// process.
private func digest(_ bytes: [UInt8]) {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  print(hash)
}

private let printsDigests = getenv("FUZZ_DIGEST") != nil
