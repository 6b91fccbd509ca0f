import CLibYAML
import Desired
import XML

/// Reads YAML into values: every scalar as its source text, with its place.
package enum YAMLReader {
  /// Reads one YAML document.
  ///
  /// - Returns: the value, nil if the text is no YAML; and everything that is wrong on the level of YAML, such as
  ///   duplicate keys. An empty text is `null`.
  package static func read(_ bytes: [UInt8], document: String) -> (NativeValue?, [Diagnostic]) {
    bytes.withUnsafeBufferPointer { bytes in
      if let problem = SourceText.problem(in: bytes) {
        return (nil, [Diagnostic(.error, problem.message, at: Location(document, problem.position))])
      }
      let text = UnsafeBufferPointer(rebasing: bytes[SourceText.lengthOfByteOrderMark(bytes)...])
      let parsing = YAMLParsing(text, document: document)
      let value = parsing.read()
      return (value, parsing.diagnostics)
    }
  }
}

/// One pass over libyaml's events. Owns libyaml's parser and the current event.
private final class YAMLParsing {
  /// Thrown when reading cannot go on; what is wrong is in `diagnostics` by then.
  struct Stop: Error {}

  struct Anchor {
    /// nil while the anchored value is still being read.
    var value: NativeValue?
    /// How many values an alias adds to the document, and how many levels.
    var size = 0
    var height = 0
  }

  let text: UnsafeBufferPointer<UInt8>
  let document: String
  let parser: UnsafeMutablePointer<yaml_parser_t>
  let event: UnsafeMutablePointer<yaml_event_t>
  var diagnostics: [Diagnostic] = []
  var anchors: [String: Anchor] = [:]
  /// Values so far, those that aliases stand for included; and only the latter.
  var valueCount = 0
  var aliasedCount = 0
  /// The deepest level reached inside the value that is being read.
  var deepest = 0
  /// Whether something is missing from the value, so that looking at what it says would only mislead.
  var isIncomplete = false

  init(_ text: UnsafeBufferPointer<UInt8>, document: String) {
    self.text = text
    self.document = document
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    yaml_parser_initialize(parser)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
  }

  deinit {
    yaml_event_delete(event)
    yaml_parser_delete(parser)
    event.deallocate()
    parser.deallocate()
  }

  func read() -> NativeValue? {
    do throws(Stop) {
      try advance()  // the start of the stream
      try advance()
      guard event.pointee.type == YAML_DOCUMENT_START_EVENT else {
        return NativeValue(.null, position: SourcePosition(line: 1, column: 1))
      }
      try advance()
      let value = try value(depth: 1)
      try advance()  // the end of the document
      try advance()
      if event.pointee.type != YAML_STREAM_END_EVENT {
        report("a second YAML document starts here, a file has one", hint: "put it into a file of its own")
        return nil
      }
      return isIncomplete ? nil : value
    } catch {
      return nil
    }
  }

  // MARK: Values

  /// The value that starts with the current event. Leaves the value's last event current.
  private func value(depth: Int) throws(Stop) -> NativeValue {
    let start = position(event.pointee.start_mark)
    deepest = max(deepest, depth)
    guard depth <= Limits.nesting else {
      report("values are nested more than \(Limits.nesting) levels deep")
      throw Stop()
    }
    valueCount += 1
    switch event.pointee.type {
    case YAML_ALIAS_EVENT:
      return try aliased(depth: depth)
    case YAML_SCALAR_EVENT:
      return anchoring(event.pointee.data.scalar.anchor) { scalar() }
    case YAML_SEQUENCE_START_EVENT:
      checkTag(event.pointee.data.sequence_start.tag)
      return try anchoringCollection(event.pointee.data.sequence_start.anchor, depth: depth) { () throws(Stop) in
        try sequence(start, depth: depth)
      }
    case YAML_MAPPING_START_EVENT:
      checkTag(event.pointee.data.mapping_start.tag)
      return try anchoringCollection(event.pointee.data.mapping_start.anchor, depth: depth) { () throws(Stop) in
        try mapping(start, depth: depth)
      }
    default:
      // libyaml's grammar has nothing else where a value is due.
      throw Stop()
    }
  }

  private func sequence(_ start: SourcePosition, depth: Int) throws(Stop) -> NativeValue {
    var items: [NativeValue] = []
    try advance()
    while event.pointee.type != YAML_SEQUENCE_END_EVENT {
      items.append(try value(depth: depth + 1))
      try advance()
    }
    return NativeValue(.list(items), position: start)
  }

  private func mapping(_ start: SourcePosition, depth: Int) throws(Stop) -> NativeValue {
    var entries: [NativeValue.Entry] = []
    var keys = KeyCheck()
    try advance()
    while event.pointee.type != YAML_MAPPING_END_EVENT {
      let keyPosition = position(event.pointee.start_mark)
      let key = try key(depth: depth + 1)
      try advance()
      let value = try value(depth: depth + 1)
      try advance()
      guard let key else { continue }
      if let first = keys.firstPlace(of: key, at: keyPosition, among: entries) {
        diagnostics.append(KeyCheck.error(key, first: first, at: Location(document, keyPosition)))
        // At the top both are kept: what is wrong with the second half is to be said as well.
        guard depth == 1 else { continue }
      }
      entries.append(NativeValue.Entry(key, value, keyPosition: keyPosition))
    }
    return NativeValue(.map(entries), position: start)
  }

  /// The key that starts with the current event; nil if it is none that a document can have.
  private func key(depth: Int) throws(Stop) -> String? {
    if event.pointee.type == YAML_SCALAR_EVENT {
      let scalar = event.pointee.data.scalar
      let key = text(scalar)
      if key == "<<" && scalar.style == YAML_PLAIN_SCALAR_STYLE {
        report(
          "merge keys ('<<') are not supported", hint: "write the keys out; an alias (*name) may stand for a value")
        return nil
      }
      checkTag(scalar.tag)
      checkCharacters(key, scalar.style)
      remember(scalar.anchor, NativeValue(.scalar(key), position: position(event.pointee.start_mark)))
      return key
    }
    let place = position(event.pointee.start_mark)
    let key = try value(depth: depth)
    if case .scalar(let text) = key.content { return text }
    diagnostics.append(Diagnostic(.error, "a key must be text", at: Location(document, place)))
    return nil
  }

  private func scalar() -> NativeValue {
    let scalar = event.pointee.data.scalar
    let text = text(scalar)
    let start = position(event.pointee.start_mark)
    checkTag(scalar.tag)
    checkCharacters(text, scalar.style)
    if scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil {
      switch text {
      case "", "~", "null", "Null", "NULL": return NativeValue(.null, position: start)
      default: break
      }
    }
    return NativeValue(.scalar(text), position: start)
  }

  // MARK: Anchors and aliases

  private func anchoring(_ anchor: UnsafeMutablePointer<UInt8>?, _ read: () -> NativeValue) -> NativeValue {
    let value = read()
    remember(anchor, value)
    return value
  }

  private func remember(_ anchor: UnsafeMutablePointer<UInt8>?, _ value: NativeValue) {
    guard let anchor else { return }
    anchors[String(cString: anchor)] = Anchor(value: value, size: 1, height: 0)
  }

  private func anchoringCollection(
    _ anchor: UnsafeMutablePointer<UInt8>?, depth: Int, _ read: () throws(Stop) -> NativeValue
  ) throws(Stop) -> NativeValue {
    guard let anchor else { return try read() }
    let name = String(cString: anchor)
    anchors[name] = Anchor()
    let countBefore = valueCount
    let deepestBefore = deepest
    deepest = depth
    let value = try read()
    anchors[name] = Anchor(value: value, size: valueCount - countBefore + 1, height: deepest - depth)
    deepest = max(deepest, deepestBefore)
    return value
  }

  private func aliased(depth: Int) throws(Stop) -> NativeValue {
    let start = position(event.pointee.start_mark)
    let name = String(cString: event.pointee.data.alias.anchor)
    guard let anchor = anchors[name] else {
      report("alias '*\(name)' has no anchor '&\(name)' before it", hint: hint(name, anchors.keys.sorted()))
      isIncomplete = true
      return NativeValue(.null, position: start)
    }
    guard let value = anchor.value else {
      report("alias '*\(name)' stands inside the value it refers to")
      isIncomplete = true
      return NativeValue(.null, position: start)
    }
    valueCount += anchor.size - 1
    aliasedCount += anchor.size
    deepest = max(deepest, depth + anchor.height)
    guard aliasedCount <= Limits.aliasedValues else {
      report("aliases stand for more than \(Limits.aliasedValues) values")
      throw Stop()
    }
    guard depth + anchor.height <= Limits.nesting else {
      report("values are nested more than \(Limits.nesting) levels deep")
      throw Stop()
    }
    return value
  }

  // MARK: Events

  private func advance() throws(Stop) {
    yaml_event_delete(event)
    guard yaml_parser_parse(parser, event) != 0 else {
      reportSyntaxError()
      throw Stop()
    }
  }

  private func text(_ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar) -> String {
    String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
  }

  private func position(_ mark: yaml_mark_t) -> SourcePosition {
    SourcePosition(line: mark.line + 1, column: mark.column + 1)
  }

  // MARK: Problems

  private func report(_ message: String, hint: String? = nil) {
    let place = Location(document, position(event.pointee.start_mark))
    diagnostics.append(Diagnostic(.error, message, at: place, hint: hint))
  }

  private func hint(_ name: String, _ known: [String]) -> String? {
    Suggestion.nearest(to: name, among: known).map { "did you mean '*\($0)'?" }
  }

  private func checkTag(_ tag: UnsafeMutablePointer<UInt8>?) {
    guard let tag else { return }
    let name = String(cString: tag)
    guard name != "tag:yaml.org,2002:str" else { return }
    let standard = "tag:yaml.org,2002:"
    let shown = name.hasPrefix(standard) ? "!!" + name.dropFirst(standard.count) : name
    report("tag '\(shown)' is not supported, only '!!str'", hint: "leave it out: plain scalars are the text they are")
  }

  /// Escapes can make characters that the text itself cannot have.
  private func checkCharacters(_ text: String, _ style: yaml_scalar_style_t) {
    guard style == YAML_DOUBLE_QUOTED_SCALAR_STYLE, let character = SourceText.forbiddenCharacter(in: text) else {
      return
    }
    report("the value has the character \(character), which XML cannot hold")
  }

  /// libyaml's message. It never quotes the text, which may hold secrets.
  private func reportSyntaxError() {
    let failed = parser.pointee
    let problem = failed.problem.map { String(cString: $0) } ?? "out of memory"
    if failed.error == YAML_READER_ERROR {
      let place = SourceText.position(of: failed.problem_offset, in: text)
      diagnostics.append(Diagnostic(.error, "not valid YAML: \(problem)", at: Location(document, place)))
      return
    }
    var message = "not valid YAML: \(problem)"
    if let context = failed.context {
      message += ", \(String(cString: context))"
      if failed.context_mark.line != failed.problem_mark.line {
        message += " that starts at line \(failed.context_mark.line + 1)"
      }
    }
    let place = Location(document, position(failed.problem_mark))
    diagnostics.append(Diagnostic(.error, message, at: place, hint: hint(forCharacterAt: failed.problem_mark)))
  }

  private func hint(forCharacterAt mark: yaml_mark_t) -> String? {
    var line = 0
    var column = 0
    for byte in text {
      if line == mark.line && column == mark.column && byte & 0xC0 != 0x80 {
        switch byte {
        case UInt8(ascii: "\t"): return "indent with blanks, YAML takes no tabs there"
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"): return "put text that starts so into quotes"
        default: return nil
        }
      }
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 0
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return nil
  }
}
