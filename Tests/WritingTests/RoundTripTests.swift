import CIB
import Comparison
import Desired
import FoundationEssentials
import Testing
import XML

@testable import Documents

@Suite("WritingTests: round trip", .enabled(if: !corpus.isEmpty, "CRMSYNC_CORPUS is not set"))
struct RoundTripTests {
  /// What an object says; sets of different kinds may have changed places, which means nothing.
  private func meaning(_ element: Element) -> String {
    var element = element.asPromotableClone()
    element.children = element.children.enumerated().map { index, child in
      (child.element.map { isResourceElement($0.name) ? "~" : $0.name } ?? "", index, child)
    }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { key, _, child in
      // A document does not know what kind of resource a member is.
      key == "~" ? .element(.memberReference(child.element?.id ?? "")) : child
    }
    // `null` says what an element without the nvpair says.
    for index in element.children.indices {
      guard case .element(var set) = element.children[index] else { continue }
      set.children.removeAll { $0.element.map { ValueSource(of: $0) == .unset } ?? false }
      element.children[index] = .element(set)
    }
    return canonicalText(of: element)
  }

  @Test("the document of an export says what the cluster says", arguments: corpus)
  func native(_ file: String) throws {
    let export = DesiredConfiguration(exporting: try read(file))
    let writer = NativeDocumentWriter(showSecrets: true)
    let value = writer.value(of: export)
    for (bytes, format) in [(YAMLEmitter.bytes(of: value), InputFormat.yaml), (JSONEmitter.bytes(of: value), .json)] {
      let (again, diagnostics) = DocumentReader.read(bytes, name: "document", format: format)
      #expect(diagnostics.isEmpty)
      #expect(again.objects.count == export.objects.count)
      for object in export.objects {
        let found = again.objects.first { $0.id == object.id && $0.kind == object.kind }
        #expect(found.map { meaning($0.element) } == meaning(object.element))
      }
      #expect(again.nodes.map(\.name) == export.nodes.map(\.name))
      let topLevel = ResourceSequence.topLevel(again.objects)
      let named = ResourceSequence.merging(again.resourceOrders.map { $0.resources.map(\.id) })
      #expect(ResourceSequence.ordering(topLevel, by: named) == ResourceSequence.topLevel(export.objects))
    }
  }
}
