import CNetworking

/// A value in a JSON text, by json-c.
struct JSON {
  /// Keeps the whole text's tree alive for the values in it.
  private final class Document {
    let root: OpaquePointer?
    init(root: OpaquePointer?) { self.root = root }
    deinit { if root != nil { crmsync_json_release(root) } }
  }

  private let document: Document
  private let pointer: OpaquePointer?

  /// Reads one JSON text, strictly.
  ///
  /// - Returns: nil where it is none, is nested more than 32 deep, or is not UTF-8.
  init?(_ bytes: [UInt8]) {
    var root: OpaquePointer?
    // json-c stops at a NUL: what comes after it would go unread.
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    let isJSON = bytes.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { text in
        crmsync_json_parse(text.baseAddress, Int32(clamping: text.count), 32, &root) != 0
      }
    }
    guard isJSON else { return nil }
    document = Document(root: root)
    pointer = root
  }

  private init(_ document: Document, _ pointer: OpaquePointer?) {
    self.document = document
    self.pointer = pointer
  }

  private func isOf(_ type: json_type) -> Bool { crmsync_json_type(pointer) == type }

  var isNull: Bool { isOf(json_type_null) }
  var isObject: Bool { isOf(json_type_object) }

  /// A member of an object; nil where it has none of that name.
  subscript(_ key: String) -> JSON? {
    guard isObject else { return nil }
    var value: OpaquePointer?
    return crmsync_json_member(pointer, key, &value) != 0 ? JSON(document, value) : nil
  }

  var elements: [JSON]? {
    guard isOf(json_type_array) else { return nil }
    return (0..<crmsync_json_count(pointer)).map { JSON(document, crmsync_json_element(pointer, $0)) }
  }

  var text: String? {
    guard isOf(json_type_string), let start = crmsync_json_text(pointer) else { return nil }
    let bytes = UnsafeRawBufferPointer(start: start, count: Int(crmsync_json_text_length(pointer)))
    return String(decoding: bytes, as: UTF8.self)
  }

  var integer: Int? { isOf(json_type_int) ? Int(crmsync_json_integer(pointer)) : nil }
  var boolean: Bool? { isOf(json_type_boolean) ? crmsync_json_boolean(pointer) != 0 : nil }
}
