import CLibXML2
import XML

/// Pacemaker's own schema, read once: a run asks it thousands of times a second.
enum Grammar {
  private struct Pointer: @unchecked Sendable { var grammar: xmlRelaxNGPtr }

  private static let pacemaker39: Pointer = {
    guard let parser = crmsync_xml_schema_parser("/usr/share/pacemaker/pacemaker-3.9.rng"),
      let grammar = crmsync_xml_schema(parser)
    else { fail("no pacemaker-3.9.rng to judge by") }
    return Pointer(grammar: grammar)
  }()

  private final class Messages { var text = "" }

  /// What the schema has against a configuration; nil where it fits.
  static func objections(to configuration: Element) -> String? {
    let root = Element(
      "cib",
      [
        Attribute("validate-with", "pacemaker-3.9"), Attribute("admin_epoch", "0"), Attribute("epoch", "0"),
        Attribute("num_updates", "0"),
      ], children: [.element(configuration), .element(Element("status"))])
    var writer = XMLWriter()
    writer.write(root)
    let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
    let document = writer.bytes.withUnsafeBytes { bytes in
      crmsync_xml_tree(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), options)
    }
    guard let document else { return "it is no XML" }
    defer { crmsync_xml_tree_free(document) }
    let validator = crmsync_xml_validator(pacemaker39.grammar)
    defer { crmsync_xml_validator_free(validator) }
    let messages = Messages()
    let pointer = Unmanaged.passUnretained(messages).toOpaque()
    let handler: xmlStructuredErrorFunc = { data, error in
      guard let data, let error, let text = error.pointee.message else { return }
      Unmanaged<Messages>.fromOpaque(data).takeUnretainedValue().text += String(cString: text)
    }
    crmsync_xml_validator_report(validator, handler, pointer)
    crmsync_xml_report(handler, pointer)
    defer { crmsync_xml_report(nil, nil) }
    return withExtendedLifetime(messages) {
      crmsync_xml_validate(validator, document) == 0 ? nil : "does not fit the schema: \(messages.text)"
    }
  }
}
