import CIB
import Desired
import Foundation
import Testing
import XML

@testable import Documents

/// CIBs of Pacemaker's own regression tests, in the folders below the one that CRMSYNC_CORPUS names.
let corpus: [String] = {
  guard let folder = ProcessInfo.processInfo.environment["CRMSYNC_CORPUS"],
    let files = FileManager.default.enumerator(atPath: folder)
  else { return [] }
  return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".xml") }.sorted().map { "\(folder)/\($0)" }
}()

func read(_ file: String) throws -> Element {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
  return try bytes.withUnsafeBytes { try Element(parsing: $0, skipping: "status") }
}

@Suite("WritingTests: corpus", .enabled(if: !corpus.isEmpty, "CRMSYNC_CORPUS is not set"))
struct CorpusTests {
  @Test("the XML of an export has the same objects", arguments: corpus)
  func xml(_ file: String) throws {
    let root = try read(file)
    let export = DesiredConfiguration(exporting: root)
    let (element, problems) = XMLDocumentWriter(showSecrets: true).element(for: export)
    #expect(problems.isEmpty)
    let again = DesiredConfiguration(exporting: element)
    #expect(again.objects == export.objects)
    for section in Section.allCases {
      #expect(again.settings.filter { $0.section == section } == export.settings.filter { $0.section == section })
    }
    #expect(again.nodes == export.nodes)
    #expect(again.resourceOrders == export.resourceOrders)
  }

  @Test("almost everything has a form", arguments: corpus)
  func forms(_ file: String) throws {
    let export = DesiredConfiguration(exporting: try read(file))
    let value = NativeDocumentWriter(showSecrets: true, isExport: true).value(of: export)
    guard case .map(let entries) = value.content else { return }
    for entry in entries where entry.key == "xml" {
      guard case .list(let items) = entry.value.content else { continue }
      for item in items {
        let text = YAMLEmitter.text(of: item)
        #expect(text.contains("<!--"), "\(file): \(text)")
      }
    }
  }

  /// PyYAML is a reader of YAML 1.1, the one that takes most things for something else.
  @Test("PyYAML reads the same texts") func pyYAML() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("crmsync-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (index, file) in corpus.enumerated() {
      let export = DesiredConfiguration(exporting: try read(file))
      let value = NativeDocumentWriter(showSecrets: true).value(of: export)
      try YAMLEmitter.text(of: value).write(
        to: folder.appendingPathComponent("\(index).yaml"), atomically: false, encoding: .utf8)
      try JSONEmitter.text(of: value).write(
        to: folder.appendingPathComponent("\(index).json"), atomically: false, encoding: .utf8)
    }
    let script = """
      import glob, json, sys, yaml
      def text(value):
          if isinstance(value, dict): return {text(k): text(v) for k, v in value.items()}
          if isinstance(value, list): return [text(v) for v in value]
          if isinstance(value, bool): return str(value).lower()
          assert value is None or isinstance(value, (str, int)), value
          return None if value is None else str(value)
      for name in glob.glob(sys.argv[1] + '/*.yaml'):
          expected = json.load(open(name[:-5] + '.json'))
          assert text(yaml.safe_load(open(name))) == expected, name
      """
    #expect(try run("python3", "-c", script, folder.path) == 0)
  }

  private func run(_ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
