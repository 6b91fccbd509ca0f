import XML

/// A value of a native document, YAML or JSON: what both readers produce, what both writers print.
package struct NativeValue: Equatable, Sendable {
  package indirect enum Content: Equatable, Sendable {
    /// Plain `null`, `~` or nothing in YAML, `null` in JSON: "unset".
    case null
    /// The source text of a scalar: `0644`, `yes`, `1.10` stay what they are.
    case scalar(String)
    case list([NativeValue])
    case map([Entry])
    /// Only in what programs read (`plan --format json`), never in a document that was read.
    case bool(Bool)
    case integer(Int)
  }

  package struct Entry: Equatable, Sendable {
    package var key: String
    package var keyPosition: SourcePosition
    package var value: NativeValue

    package init(_ key: String, _ value: NativeValue, keyPosition: SourcePosition = .unknown) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }

  package var content: Content
  package var position: SourcePosition

  package init(_ content: Content, position: SourcePosition = .unknown) {
    self.content = content
    self.position = position
  }
}

extension NativeValue {
  package static let null = NativeValue(.null)
  package static func text(_ text: String) -> NativeValue { NativeValue(.scalar(text)) }
  package static func list(_ values: [NativeValue]) -> NativeValue { NativeValue(.list(values)) }
  package static func map(_ entries: [Entry]) -> NativeValue { NativeValue(.map(entries)) }
  package static func bool(_ value: Bool) -> NativeValue { NativeValue(.bool(value)) }
  package static func integer(_ value: Int) -> NativeValue { NativeValue(.integer(value)) }
}
