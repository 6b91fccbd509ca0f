import CLibXML2

/// What is wrong with an XML text, and where. Never quotes the text: it may hold secrets.
package struct XMLError: Error, Equatable, Sendable {
  package var message: String
  package var position: SourcePosition
}

extension Element {
  /// Parses an XML document into its root element.
  ///
  /// A document type declaration is refused, whatever is in it: a CIB never has one, and without one there are no
  /// entities to expand and nothing to fetch. Nesting is limited to 256 by libxml2.
  ///
  /// - Parameters:
  ///   - bytes: the document in any encoding libxml2 knows.
  ///   - skipping: the name of an element whose content is of no interest and is not kept (`status` of a CIB).
  ///   - positions: whether elements are to know their place; it costs a look back at every tag.
  /// - Throws: `XMLError`, the first error that makes the text no XML.
  package init(
    parsing bytes: UnsafeRawBufferPointer, skipping skipped: String? = nil, positions: Bool = false
  ) throws(XMLError) {
    guard bytes.count <= Int(Int32.max) else {
      throw XMLError(message: "the text is larger than 2 GiB", position: .unknown)
    }
    guard let base = bytes.baseAddress, !bytes.isEmpty else {
      throw XMLError(message: "the text is empty", position: SourcePosition(line: 1, column: 1))
    }
    guard let context = crmsync_xml_parser(base.assumingMemoryBound(to: CChar.self), Int32(bytes.count)) else {
      throw XMLError(message: "the text is empty", position: SourcePosition(line: 1, column: 1))
    }
    defer { crmsync_xml_parser_free(context) }
    var builder = TreeBuilder(context: context, skipped: skipped, keepsPositions: positions)
    crmsync_xml_parser_set(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
    withUnsafeMutablePointer(to: &builder) { builder in
      TreeBuilder.install(builder)
      crmsync_xml_parse(context)
    }
    if let error = builder.error { throw error }
    guard context.pointee.wellFormed != 0, let root = builder.root else {
      throw XMLError(message: "the text is not well-formed XML", position: .unknown)
    }
    self = root
  }

  package init(parsing bytes: [UInt8], skipping skipped: String? = nil, positions: Bool = false) throws(XMLError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(XMLError) in try Element(parsing: bytes, skipping: skipped, positions: positions) }
    }
    self = try result.get()
  }

  package init(parsing text: String, positions: Bool = false) throws(XMLError) {
    try self.init(parsing: Array(text.utf8), positions: positions)
  }
}

/// Loads the parser, which happens by itself when it is first needed; before that, where there is time to spare.
package func loadXMLParser() { _ = crmsync_libxml2() }

/// Builds the tree from libxml2's SAX2 events. SAX rather than libxml2's own tree: that takes ten times the memory
/// of the text, and every string of it would be copied a second time. libxml2 hands a pointer to it to every event.
private struct TreeBuilder {
  let context: xmlParserCtxtPtr
  let skipped: String?
  let keepsPositions: Bool
  var open: [Element] = []
  var root: Element?
  var error: XMLError?
  /// Depth inside the skipped element; 0 outside.
  var skipping = 0
  /// Names come from libxml2's dictionary, so that the pointer identifies the name: one string for each. Looked up five
  /// times an element, in a table of the simplest kind; a name that finds its place taken takes it over.
  var names = [(pointer: UnsafePointer<xmlChar>?, name: String)](repeating: (nil, ""), count: 256)
  /// The last tag whose place was asked for: its first byte, counted from the start of the text, and its place.
  var lastTag = (offset: 0, line: 1, column: 1)

  init(context: xmlParserCtxtPtr, skipped: String?, keepsPositions: Bool) {
    self.context = context
    self.skipped = skipped
    self.keepsPositions = keepsPositions
  }

  /// Makes the builder's parser call it.
  static func install(_ builder: UnsafeMutablePointer<TreeBuilder>) {
    let context = builder.pointee.context
    crmsync_xml_parser_clear(context)
    let sax = context.pointee.sax!
    context.pointee.userData = UnsafeMutableRawPointer(builder)
    sax.pointee.startElementNs = { data, local, prefix, _, namespaceCount, namespaces, attributeCount, _, attributes in
      TreeBuilder.from(data).pointee.start(
        local!, prefix, namespaces: namespaces, namespaceCount: Int(namespaceCount),
        attributes: attributes, attributeCount: Int(attributeCount))
    }
    sax.pointee.endElementNs = { data, _, _, _ in TreeBuilder.from(data).pointee.end() }
    sax.pointee.characters = { data, text, length in TreeBuilder.from(data).pointee.text(text!, Int(length)) }
    sax.pointee.cdataBlock = { data, text, length in TreeBuilder.from(data).pointee.text(text!, Int(length)) }
    sax.pointee.comment = { data, text in TreeBuilder.from(data).pointee.comment(text!) }
    sax.pointee.internalSubset = { data, _, _, _ in
      TreeBuilder.from(data).pointee.fail("a document type declaration (<!DOCTYPE …>) is not accepted")
    }
    sax.pointee.serror = { data, error in
      guard let data, let error else { return }
      TreeBuilder.from(data).pointee.report(error.pointee)
    }
  }

  static func from(_ data: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<TreeBuilder> {
    data!.assumingMemoryBound(to: TreeBuilder.self)
  }

  // MARK: Events

  mutating func start(
    _ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?,
    namespaces: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, namespaceCount: Int,
    attributes raw: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, attributeCount: Int
  ) {
    if skipping > 0 {
      skipping += 1
      return
    }
    let elementName = name(local, prefix)
    if elementName == skipped { skipping = 1 }
    var attributes: [Attribute] = []
    attributes.reserveCapacity(namespaceCount + attributeCount)
    for index in 0..<namespaceCount {
      let declared = namespaces![2 * index].map { "xmlns:" + String(cString: $0) } ?? "xmlns"
      attributes.append(Attribute(declared, namespaces![2 * index + 1].map { String(cString: $0) } ?? ""))
    }
    for index in 0..<attributeCount {
      // libxml2 hands out five pointers an attribute: local name, prefix, URI, value, end of the value.
      let field = raw! + 5 * index
      let value = UnsafeBufferPointer(start: field[3]!, count: field[4]! - field[3]!)
      attributes.append(Attribute(name(field[0]!, field[1]), String(decoding: value, as: UTF8.self)))
    }
    open.append(
      Element(elementName, attributes, position: keepsPositions ? positionOfTag() : .unknown))
  }

  mutating func end() {
    if skipping > 1 {
      skipping -= 1
      return
    }
    skipping = 0
    let element = open.removeLast()
    if open.isEmpty {
      root = element
    } else {
      open[open.count - 1].children.append(.element(element))
    }
  }

  mutating func text(_ start: UnsafePointer<xmlChar>, _ length: Int) {
    guard skipping == 0, !open.isEmpty else { return }
    let bytes = UnsafeBufferPointer(start: start, count: length)
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x09 && $0 != 0x0D }) else { return }
    open[open.count - 1].children.append(.text(String(decoding: bytes, as: UTF8.self)))
  }

  mutating func comment(_ text: UnsafePointer<xmlChar>) {
    guard skipping == 0, !open.isEmpty else { return }
    open[open.count - 1].children.append(.comment(String(cString: text)))
  }

  // MARK: Names, places, errors

  mutating func name(_ local: UnsafePointer<xmlChar>, _ prefix: UnsafePointer<xmlChar>?) -> String {
    if let prefix { return String(cString: prefix) + ":" + String(cString: local) }
    let bits = UInt(bitPattern: local)
    let place = Int((bits >> 3 ^ bits >> 11) & 255)
    if names[place].pointer == local { return names[place].name }
    let name = String(cString: local)
    names[place] = (local, name)
    return name
  }

  /// libxml2 reports a start tag when it has read it; no attribute value may hold a `<`, so the nearest one behind is
  /// the tag's own. Lines are libxml2's count less the line ends in between.
  mutating func positionOfTag() -> SourcePosition {
    let input = context.pointee.input!.pointee
    guard let base = input.base, var tag = input.cur else { return .unknown }
    var line = Int(input.line)
    while tag > base && tag.pointee != UInt8(ascii: "<") {
      if tag.pointee == UInt8(ascii: "\n") { line -= 1 }
      tag -= 1
    }
    let offset = Int(input.consumed) + (tag - base)
    lastTag = (offset, line, column(of: tag, base, offset: offset, line: line))
    return SourcePosition(line: line, column: lastTag.column)
  }

  /// The column of a tag, counted from the start of its line, or from the last tag where that is on the same line:
  /// a line may be the whole text, and hold every tag of it.
  private func column(
    of tag: UnsafePointer<xmlChar>, _ base: UnsafePointer<xmlChar>, offset: Int, line: Int
  ) -> Int {
    let isOnSameLine = line == lastTag.line
    let wanted = isOnSameLine ? offset - lastTag.offset : Int.max
    // Towards its end libxml2 drops text that it has read; what of it is on this line counts as ASCII.
    let there = min(wanted, tag - base)
    var column = isOnSameLine ? lastTag.column + wanted - there : 1
    var at = tag
    while at > tag - there && (at - 1).pointee != UInt8(ascii: "\n") {
      at -= 1
      if at.pointee & 0xC0 != 0x80 { column += 1 }
    }
    return column
  }

  mutating func fail(_ message: String) {
    guard error == nil else { return }
    let input = context.pointee.input?.pointee
    error = XMLError(
      message: message, position: SourcePosition(line: Int(input?.line ?? 0), column: Int(input?.col ?? 0)))
    crmsync_xml_parser_stop(context)
  }

  mutating func report(_ xmlError: CLibXML2.xmlError) {
    guard error == nil, xmlError.level.rawValue >= XML_ERR_ERROR.rawValue,
      xmlError.domain != Int32(XML_FROM_NAMESPACE.rawValue)
    else { return }
    error = XMLError(
      message: XMLErrorText.describe(xmlError),
      position: SourcePosition(line: Int(xmlError.line), column: Int(xmlError.int2)))
  }
}

/// libxml2's message, which names elements, attributes and entities, but no values.
private enum XMLErrorText {
  static func describe(_ error: xmlError) -> String {
    guard let message = error.message else { return "the text is not well-formed XML" }
    let text = String(cString: message)
    return String(text.prefix { $0 != "\n" })
  }
}
