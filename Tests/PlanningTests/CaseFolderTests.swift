import CIB
import Cluster
import Desired
import Documents
import FoundationEssentials
import Patching
import Planning
import Testing
import XML

@testable import Commands

/// Every folder of `fixtures/plans` is a case: `current.xml` (a CIB), the documents (`*.yaml`, `*.json`, `*.xml`), `flags`
/// if it needs some, and what is expected: `plan.txt`, what the user reads, and `patch.xml`, what cibadmin gets. Without a
/// `current.xml` there is no cluster, and `plan.txt` is what `validate` and `render` say of the documents.
/// `RECORD=1` writes the expected files anew; read the difference like code.
@Suite struct CaseFolderTests {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "fixtures/plans")
  static let cases = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  static let isRecording = ProcessInfo.processInfo.environment["RECORD"] != nil

  @Test func casesAreFound() {
    #expect(Self.cases.count >= 20)
  }

  @Test(arguments: cases) func planAndPatchAreAsExpected(name: String) throws {
    let folder = Self.folder.appending(path: name)
    let result = try Self.plan(folder)
    for (file, text) in [("plan.txt", result.plan), ("patch.xml", result.patch)] {
      guard result.hasCluster || file == "plan.txt" else { continue }
      let url = folder.appending(path: file)
      let expected = try? String(contentsOf: url, encoding: .utf8)
      if Self.isRecording || expected == nil {
        try text.write(to: url, atomically: true, encoding: .utf8)
      }
      // A file that was missing is written, and fails once: it wants to be read.
      #expect(text == expected, "\(name)/\(file)")
    }
  }

  @Test(arguments: cases) func aSecondPlanIsInSync(name: String) throws {
    let folder = Self.folder.appending(path: name)
    let first = try Self.plan(folder)
    guard first.errors == 0, first.hasCluster else { return }
    let again = try Self.plan(folder, current: first.target)
    #expect(again.patch == "<diff format=\"2\">\n</diff>\n", "\(name)")
  }

  struct Outcome {
    var plan: String
    var patch: String
    var target: Element
    var errors: Int
    var hasCluster: Bool
  }

  static func plan(_ folder: URL, current: Element? = nil) throws -> Outcome {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let hasCluster = files.contains("current.xml")
    let cib =
      hasCluster
      ? try Element(parsing: Array(Data(contentsOf: folder.appending(path: "current.xml"))))
      : Element(
        "cib", [Attribute("validate-with", Schema.newest.name)], children: [.element(Element("configuration"))])
    var diagnostics: [Diagnostic] = []
    var documents: [DesiredConfiguration] = []
    for file in files where !["current.xml", "patch.xml"].contains(file) {
      guard let format = InputFormat(fileName: file) else { continue }
      let bytes = Array(try Data(contentsOf: folder.appending(path: file)))
      let (document, found) = DocumentReader.read(bytes, name: file, format: format)
      documents.append(document)
      diagnostics += found
    }
    let (desired, found) = DesiredConfiguration.combine(documents)
    diagnostics += found
    let configuration = current ?? cib.first("configuration")!
    var options = options(folder)
    options.hasCluster = hasCluster
    let plan = Planner.plan(
      from: Configuration(configuration), to: desired, validateWith: cib["validate-with"]!, options: options)
    let lines = (diagnostics + plan.diagnostics).map { "\($0)\n" }.joined()
    let patch = Patch(from: plan.current, to: plan.target)
    let bytes = patch.document(
      source: CIBVersion(adminEpoch: 0, epoch: 1, numUpdates: 0), countsStatusUpdates: false)
    let errors = (diagnostics + plan.diagnostics).count { $0.severity == .error }
    return Outcome(
      plan: lines + (hasCluster ? PlanText(usesColour: false).render(plan) : ""),
      patch: String(decoding: bytes, as: UTF8.self), target: plan.target.withoutMarks, errors: errors,
      hasCluster: hasCluster)
  }

  /// What the documents of a case say.
  static func desired(_ folder: URL) throws -> DesiredConfiguration {
    var documents: [DesiredConfiguration] = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    where !["current.xml", "patch.xml"].contains(file) {
      guard let format = InputFormat(fileName: file) else { continue }
      documents.append(
        DocumentReader.read(Array(try Data(contentsOf: folder.appending(path: file))), name: file, format: format).0)
    }
    return DesiredConfiguration.combine(documents).0
  }

  static func options(_ folder: URL) -> PlanOptions {
    let text = (try? String(contentsOf: folder.appending(path: "flags"), encoding: .utf8)) ?? ""
    let flags = Set(text.split(whereSeparator: \.isWhitespace))
    var options = PlanOptions()
    options.prunesAll = flags.contains("--prune-all")
    options.prunes = flags.contains("--prune")
    options.isExact = flags.contains("--exact")
    options.rebalances = flags.contains("--rebalance")
    options.allowsUnfenced = flags.contains("--allow-unfenced")
    options.isForced = flags.contains("--force")
    return options
  }
}
