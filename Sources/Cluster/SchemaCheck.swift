import CLibXML2
import Glibc

/// Says why a configuration does not fit its schema, after `cibadmin` has refused it: that prints the whole of it,
/// secrets included, and no reason a person could use.
package struct SchemaFinding: Equatable, Sendable {
  /// The name of the element that does not fit.
  package var element: String
  /// The id of that element, or of the nearest one around it that has one.
  package var id: String?
  /// What is wrong: names of elements and attributes, never values.
  package var message: String
}

package enum SchemaCheck {
  private static let defaultDirectory = "/usr/share/pacemaker"
  private static let mostFindings = 20

  /// Validates a `<cib>` with the schema it is to fit.
  ///
  /// - Parameter schema: a name as `validate-with` has it.
  /// - Returns: nil where the schema is not installed on this machine, or cannot be read.
  package static func findings(
    in xml: [UInt8], schema: String, environment: Environment = .current
  ) -> [SchemaFinding]? {
    let isName = !schema.isEmpty && !schema.hasPrefix(".") && !schema.contains("/")
    guard isName, schema != "none" else { return nil }
    let path = "\(environment["PCMK_schema_directory"] ?? defaultDirectory)/\(schema).rng"
    guard access(path, R_OK) == 0 else { return nil }
    let collector = Collector()
    let pointer = Unmanaged.passUnretained(collector).toOpaque()
    return withExtendedLifetime(collector) {
      guard let parser = xmlRelaxNGNewParserCtxt(path) else { return nil }
      defer { xmlRelaxNGFreeParserCtxt(parser) }
      xmlRelaxNGSetParserStructuredErrors(parser, { _, _ in }, nil)
      guard let grammar = xmlRelaxNGParse(parser) else { return nil }
      defer { xmlRelaxNGFree(grammar) }
      // A document type declaration would bring entities; what is validated here was written by this program.
      let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
      let parsed = xml.withUnsafeBytes { bytes in
        xmlReadMemory(
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), nil, nil, options)
      }
      guard let document = parsed else { return nil }
      defer { xmlFreeDoc(document) }
      guard let validator = xmlRelaxNGNewValidCtxt(grammar) else { return nil }
      defer { xmlRelaxNGFreeValidCtxt(validator) }
      xmlRelaxNGSetValidStructuredErrors(
        validator,
        { data, error in
          guard let data, let error else { return }
          Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue().take(error.pointee)
        }, pointer)
      // An IDREF to nothing is reported past the structured errors, on standard error, unless it is taken.
      let result = xmlRelaxNGValidateDoc(validator, document)
      guard result != 0 else { return [] }
      if collector.findings.isEmpty {
        return [SchemaFinding(element: "cib", id: nil, message: "does not fit \(schema)")]
      }
      return Array(collector.findings.prefix(mostFindings))
    }
  }
}

private final class Collector {
  var findings: [SchemaFinding] = []

  func take(_ error: xmlError) {
    let node = error.node?.assumingMemoryBound(to: xmlNode.self)
    let (name, id) = place(node)
    let message = describe(error)
    let finding = SchemaFinding(element: name, id: id, message: message)
    if !findings.contains(finding) { findings.append(finding) }
  }

  private func place(_ node: xmlNodePtr?) -> (String, String?) {
    var name: String?
    var next = node
    while let current = next {
      if current.pointee.type == XML_ELEMENT_NODE {
        name = name ?? current.pointee.name.map { String(cString: $0) }
        if let value = xmlGetNoNsProp(current, "id") {
          defer { crmsync_xml_free(value) }
          return (name ?? "cib", String(cString: value))
        }
      }
      next = current.pointee.parent
    }
    return (name ?? "cib", nil)
  }

  /// libxml2's codes in our words. str1 and str2 are the message's arguments: names, but for the codes named here.
  private func describe(_ error: xmlError) -> String {
    let first = error.str1.map { String(cString: $0) }
    let second = error.str2.map { String(cString: $0) }
    switch xmlRelaxNGValidErr(rawValue: UInt32(bitPattern: error.code)) {
    case XML_RELAXNG_ERR_INVALIDATTR: return "attribute '\(first ?? "?")' is unknown or has a value that is not allowed"
    case XML_RELAXNG_ERR_ATTRVALID: return "an attribute is missing, unknown, or has a value that is not allowed"
    case XML_RELAXNG_ERR_CONTENTVALID: return "its content is not allowed"
    case XML_RELAXNG_ERR_EXTRACONTENT: return "has content that is not allowed: <\(second ?? first ?? "?")>"
    case XML_RELAXNG_ERR_ELEMWRONG: return "is not allowed here"
    case XML_RELAXNG_ERR_ELEMNAME: return "<\(first ?? "?")> is expected, not <\(second ?? "?")>"
    case XML_RELAXNG_ERR_NOELEM: return "<\(first ?? "?")> is missing"
    case XML_RELAXNG_ERR_ATTRNAME: return "attribute '\(first ?? "?")' is expected"
    case XML_RELAXNG_ERR_INTEREXTRA: return "<\(first ?? "?")> is one too many"
    case XML_RELAXNG_ERR_INTERSEQ, XML_RELAXNG_ERR_INTERNODATA:
      return "its children are not what is allowed"
    case XML_RELAXNG_ERR_DUPID: return "its id is used more than once"
    // str1 is the type, str2 the value.
    case XML_RELAXNG_ERR_TYPE, XML_RELAXNG_ERR_TYPEVAL, XML_RELAXNG_ERR_TYPECMP:
      return "a value is not of the type '\(first ?? "?")'"
    case XML_RELAXNG_ERR_VALUE, XML_RELAXNG_ERR_VALELEM, XML_RELAXNG_ERR_DATATYPE: return "a value is not allowed"
    case XML_RELAXNG_ERR_TEXTWRONG: return "holds text"
    default: return "does not fit the schema"
    }
  }
}
