import CIB
import Cluster
import Desired
import Documents
import Glibc
import Planning
import Synchronization
import XML

@testable import Commands

// Documents that are accepted, written in every format, read again, and planned.

func planned(_ desired: DesiredConfiguration, on current: Configuration, _ options: PlanOptions = PlanOptions()) -> Plan
{
  Planner.plan(from: current, to: desired, validateWith: Schema.newest.name, options: options)
}

extension [Diagnostic] {
  var hasErrors: Bool { contains { $0.severity == .error } }
}

/// What `render` does: reads, and looks at what is wrong with it.
private func accepted(_ input: [UInt8], _ format: InputFormat) -> (DesiredConfiguration, isComplete: Bool)? {
  let (desired, diagnostics) = DocumentReader.read(input, name: "d", format: format)
  guard !diagnostics.hasErrors else { return nil }
  var plan = Planner.plan(withoutCluster: desired)
  plan.checkUnknownElements(in: desired, hasCluster: false)
  // What the documents refer to and do not have, may be in a cluster, and is nothing in a CIB without it.
  return plan.errors.isEmpty ? (desired, !plan.diagnostics.contains { $0.category == .missing }) : nil
}

@Sendable func roundTrip(_ input: [UInt8], _ format: InputFormat) {
  guard let (desired, isComplete) = accepted(input, format) else { return }
  let expected = planned(desired, on: Configuration())
  let writer = NativeDocumentWriter(showSecrets: true)
  let value = writer.value(of: desired)
  for (format, bytes) in [(InputFormat.yaml, YAMLEmitter.bytes(of: value)), (.json, JSONEmitter.bytes(of: value))] {
    let (again, diagnostics) = DocumentReader.read(bytes, name: "d", format: format)
    require(!diagnostics.hasErrors, "rendered as \(format), it is refused: \(diagnostics)\n\(lossy(bytes))")
    require(
      writer.value(of: again).bare == value.bare,
      "rendered as \(format) twice, it is something else:\n\(lossy(bytes))\n\(YAMLEmitter.text(of: writer.value(of: again)))"
    )
    if expected.errors.isEmpty {
      checkInSync(again, on: Configuration(expected.target.withoutMarks), "rendered as \(format)", bytes)
    }
  }
  let (element, problems) = XMLDocumentWriter(showSecrets: true).element(for: desired)
  guard problems.isEmpty, isComplete else { return }
  // A node whose id is another's name: the names stand for ids that nobody knows.
  let nodes = element.first("configuration")!.first("nodes")!.elements
  guard Set(nodes.map(\.id)).count == nodes.count else { return }
  var xml = XMLWriter()
  xml.write(element)
  let read = DocumentReader.read(xml.bytes, name: "d", format: .xml)
  require(!read.1.hasErrors, "rendered as XML, it is refused: \(read.1)\n\(lossy(xml.bytes))")
  // What no schema allows, `apply` would refuse.
  guard element.first("configuration")!.isValid else { return }
  let rendered = Configuration(element.first("configuration")!)
  checkInSync(desired, on: rendered, "rendered as XML", xml.bytes)
  checkInSync(read.0, on: rendered, "rendered as XML and read again", xml.bytes)
  let crmsh = CrmshWriter(rendering: desired, showSecrets: true)
  guard crmsh.problems.isEmpty else { return }
  let (again, diagnostics) = DocumentReader.read(Array(crmsh.text.utf8), name: "d", format: .crmsh)
  require(!diagnostics.hasErrors, "rendered as crmsh, it is refused: \(diagnostics)\n\(crmsh.text)")
  checkInSync(again, on: rendered, "rendered as crmsh", Array(crmsh.text.utf8))
}

private func checkInSync(
  _ desired: DesiredConfiguration, on current: Configuration, _ what: String, _ text: [UInt8]
) {
  let plan = planned(desired, on: current)
  require(plan.errors.isEmpty, "\(what), it is refused: \(plan.errors)\n\(lossy(text))")
  require(
    plan.isInSync,
    "\(what), it is not in sync: \(plan.changes.map { ($0.action, $0.id) })\n\(lossy(text))\n\(plan.target.xml())")
}

/// What a document makes of an empty cluster fits the schema, unless the program itself tells beforehand what is wrong.
@Sendable func schema(_ input: [UInt8]) {
  guard let (desired, _) = accepted(input, .json) else { return }
  var plan = planned(desired, on: Configuration(Element.emptyConfiguration))
  plan.checkUnknownElements(in: desired)
  guard plan.errors.isEmpty, !plan.isInSync else { return }
  guard let objections = Grammar.objections(to: plan.target.withoutMarks) else { return }
  // It reads the schema anew: once for each kind of objection.
  let kind = String(objections.filter { !$0.isNumber }.prefix(80))
  guard kinds.withLock({ $0.insert(kind).inserted }) else { return }
  let root = Element(
    "cib",
    [
      Attribute("validate-with", "pacemaker-3.9"), Attribute("admin_epoch", "0"), Attribute("epoch", "1"),
      Attribute("num_updates", "0"),
    ], children: [.element(plan.current)])
  let objection = Workflow.Planned(cib: document(root)!, plan: plan).schemaObjection()
  require(objection != nil, "the program does not see that it \(objections)\n\(plan.target.xml())")
  require(objection!.findings.allSatisfy { $0.contains(": ") }, "an objection that says nothing: \(objection!)")
  if getenv("FUZZ_KEEP_GOING") != nil { require(false, "REFUSED BY THE SCHEMA: \(objection!.findings[0])") }
}

private let kinds = Mutex<Set<String>>([])

extension Element {
  static let emptyConfiguration = Element(
    "configuration",
    children: ["crm_config", "nodes", "resources", "constraints"].map { .element(Element($0)) })
}
