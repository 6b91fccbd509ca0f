import CIB
import Desired
// Foundation itself and libxml2 bring two different ICUs into one program.
import FoundationEssentials
import Testing
import XML

@testable import Documents

/// CIBs of Pacemaker's own regression tests, in the folders below the one that CRMSYNC_CORPUS names.
let corpus: [String] = {
  guard let folder = ProcessInfo.processInfo.environment["CRMSYNC_CORPUS"],
    let files = try? FileManager.default.subpathsOfDirectory(atPath: folder)
  else { return [] }
  return files.filter { $0.hasSuffix(".xml") }.sorted().map { "\(folder)/\($0)" }
}()

func read(_ file: String) throws -> Element {
  try [UInt8](Data(contentsOf: URL(filePath: file))).withUnsafeBytes { try Element(parsing: $0, skipping: "status") }
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

  @Test("PyYAML reads the same texts", .enabled(if: hasPyYAML, "PyYAML is not installed"))
  func pyYAML() throws {
    let values = try corpus.map { file in
      NativeDocumentWriter(showSecrets: true).value(of: DesiredConfiguration(exporting: try read(file)))
    }
    #expect(try pyYAMLReads(values))
  }
}
