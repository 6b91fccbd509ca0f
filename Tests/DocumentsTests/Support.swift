import CIB
import Desired
import XML

@testable import Documents

/// What was read, with the messages as text.
struct Outcome {
  var configuration: DesiredConfiguration
  var diagnostics: [Diagnostic]

  var messages: [String] { diagnostics.map(\.description) }

  /// All objects as XML, in order.
  var objects: String { configuration.objects.map { $0.element.xml() }.joined() }

  func object(_ id: String) -> DesiredObject? { configuration.objects.first { $0.id == id } }
  func xml(_ id: String) -> String { object(id)?.element.xml() ?? "(no such object)" }
}

func read(_ text: String, _ format: InputFormat = .yaml, name: String = "c.yaml") -> Outcome {
  let (configuration, diagnostics) = DocumentReader.read(Array(text.utf8), name: name, format: format)
  return Outcome(configuration: configuration, diagnostics: diagnostics)
}

func messages(_ text: String, _ format: InputFormat = .yaml) -> [String] {
  read(text, format).messages
}

/// The value of a YAML text; nil where there is an error.
func yaml(_ text: String) -> NativeValue? {
  let (value, diagnostics) = YAMLReader.read(Array(text.utf8), document: "c.yaml")
  return diagnostics.isEmpty ? value : nil
}

func yamlMessages(_ text: String) -> [String] {
  YAMLReader.read(Array(text.utf8), document: "c.yaml").1.map(\.description)
}

func json(_ text: String) -> NativeValue? {
  let (value, diagnostics) = JSONReader.read(Array(text.utf8), document: "c.json")
  return diagnostics.isEmpty ? value : nil
}

func jsonMessages(_ text: String) -> [String] {
  JSONReader.read(Array(text.utf8), document: "c.json").1.map(\.description)
}

extension NativeValue {
  /// The value without places, in a compact notation: `{a: "x", b: ["y", null]}`.
  var shape: String {
    switch content {
    case .null: "null"
    case .scalar(let text): "\"\(text)\""
    case .list(let items): "[" + items.map(\.shape).joined(separator: ", ") + "]"
    case .map(let entries): "{" + entries.map { "\($0.key): \($0.value.shape)" }.joined(separator: ", ") + "}"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    }
  }
}
