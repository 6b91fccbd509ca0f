import CIB
import Desired
import Documents
import XML

@testable import Charm
@testable import Commands

// What reads bytes into values. What was read is written, and has to be read as the same again.

@Sendable func xml(_ input: [UInt8]) {
  let element = try? Element(parsing: input)
  let placed = try? Element(parsing: input, positions: true)
  require(element == placed, "read otherwise with positions")
  let skimmed = try? Element(parsing: input, skipping: "status")
  require((element != nil) == (skimmed != nil), "well-formed for one, not for the other")
  guard let element, !element.holdsText else { return }
  for isIndenting in [true, false] {
    var writer = XMLWriter(isIndenting: isIndenting)
    writer.write(element)
    require((try? Element(parsing: writer.bytes)) == element, "written, it reads as something else")
  }
}

extension Element {
  /// Text is written on lines of its own.
  var holdsText: Bool {
    children.contains { child in
      switch child {
      case .text: true
      case .comment: false
      case .element(let element): element.holdsText
      }
    }
  }
}

@Sendable func yaml(_ input: [UInt8]) { native(input, YAMLReader.read(input, document: "")) }

@Sendable func json(_ input: [UInt8]) { native(input, JSONReader.read(input, document: "")) }

private func native(_ input: [UInt8], _ read: (value: NativeValue?, diagnostics: [Diagnostic])) {
  require(read.value != nil || !read.diagnostics.isEmpty, "refused without a word")
  for diagnostic in read.diagnostics { check(diagnostic, of: input) }
  guard let value = read.value else { return }
  let (_, diagnostics) = NativeDocumentReader.read(value, document: "")
  for diagnostic in diagnostics { check(diagnostic, of: input) }
  guard read.diagnostics.isEmpty else { return }
  for (name, bytes, again) in [
    ("YAML", YAMLEmitter.bytes(of: value), YAMLReader.read),
    ("JSON", JSONEmitter.bytes(of: value), JSONReader.read),
    ("compact JSON", JSONEmitter.bytes(of: value, isCompact: true), JSONReader.read),
  ] as [(String, [UInt8], ([UInt8], String) -> (value: NativeValue?, diagnostics: [Diagnostic]))] {
    let result = again(bytes, "")
    require(result.diagnostics.isEmpty, "\(name) as written is refused: \(result.diagnostics)")
    require(result.value?.bare == value.bare, "\(name) as written reads as something else: \(lossy(bytes))")
  }
}

extension NativeValue {
  /// Without places.
  var bare: NativeValue {
    switch content {
    case .map(let entries): .map(entries.map { Entry($0.key, $0.value.bare) })
    case .list(let items): .list(items.map(\.bare))
    default: NativeValue(content)
    }
  }
}

func lossy(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A message names a place that is in the document.
func check(_ diagnostic: Diagnostic, of input: [UInt8]) {
  let lines = input.count { $0 == 0x0A || $0 == 0x0D } + input.count / 2 + 2
  require(Int(diagnostic.location.position.line) <= lines, "a place beyond the end: \(diagnostic)")
}

@Sendable func crmsh(_ input: [UInt8]) { read(input, .crmsh) }

@Sendable func xmlDocument(_ input: [UInt8]) { read(input, .xml) }

private func read(_ input: [UInt8], _ format: InputFormat) {
  let (desired, diagnostics) = DocumentReader.read(input, name: "d", format: format)
  for diagnostic in diagnostics { check(diagnostic, of: input) }
  let again = DocumentReader.read(input, name: "d", format: format)
  require(desired == again.0 && diagnostics == again.1, "read twice, it is not the same")
}

@Sendable func python(_ input: [UInt8]) {
  let text = lossy(input)
  guard let value = try? PythonLiteral.read(text) else { return }
  // What a JSON text and a literal look alike in, they have to mean alike.
  let (read, diagnostics) = JSONReader.read(input, document: "")
  guard let other = read, diagnostics.isEmpty, !input.contains(UInt8(ascii: "\\")) else { return }
  require(other.bare == value.bare, "JSON and Python read \(other.bare) and \(value.bare)")
}

@Sendable func hookTools(_ input: [UInt8]) {
  guard let answer = try? HookTools.Answer(input, to: "config-get") else { return }
  _ = (answer.text, answer.items, answer.texts)
}

@Sendable func charm(_ input: [UInt8]) {
  let (facts, diagnostics) = HookFacts.read(input, name: "facts")
  for diagnostic in diagnostics { check(diagnostic, of: input) }
  let request = CharmRequest(facts)
  _ = (request.waitsFor, request.isBlockedBy)
  let result = CharmRules.configuration(for: request, current: Configuration())
  guard !(request.diagnostics + result.diagnostics).contains(where: { $0.severity == .error }) else { return }
  let target = planned(result.desired, on: Configuration())
  guard target.errors.isEmpty else { return }
  // What the rules have made is planned a second time on what that makes.
  let later = CharmRules.configuration(for: request, current: Configuration(target.target.withoutMarks))
  let again = planned(later.desired, on: Configuration(target.target.withoutMarks))
  require(again.errors.isEmpty, "a second hook is refused: \(again.errors)")
  require(again.isInSync, "a second hook changes something: \(again.changes.map(\.id))")
}
