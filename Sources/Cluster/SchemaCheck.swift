import CLibXML2
import Glibc

/// Says why a configuration does not fit its schema: `cibadmin`, when it refuses it, prints the whole of it, secrets
/// included, and no reason a person could use.
package struct SchemaFinding: Equatable, Sendable {
  /// The name of the element that does not fit.
  package var element: String
  /// The id of that element, or of the nearest one around it that has one.
  package var id: String?
  /// What is wrong: names of elements and attributes, never values.
  package var message: String
  /// Whether it is about ids, used twice or referred to in vain: no schema allows those.
  package var isAboutIDs = false
}

package enum SchemaCheck {
  private static let defaultDirectory = "/usr/share/pacemaker"
  private static let mostFindings = 20

  /// Where Pacemaker has its schemas.
  static func directory(_ environment: Environment) -> String {
    environment["PCMK_schema_directory"] ?? defaultDirectory
  }

  /// The file of a schema on this machine; nil if there is none.
  static func file(of schema: String, environment: Environment) -> String? {
    guard !schema.isEmpty, !schema.hasPrefix("."), !schema.contains("/") else { return nil }
    let path = "\(directory(environment))/\(schema).rng"
    return access(path, R_OK) == 0 ? path : nil
  }

  /// Validates a `<cib>` with the schema it is to fit.
  ///
  /// - Parameter schema: a name as `validate-with` has it.
  /// - Returns: nil where the schema is not installed on this machine, or cannot be read.
  package static func findings(
    in xml: [UInt8], schema: String, environment: Environment = .current
  ) -> [SchemaFinding]? {
    guard schema != "none", let path = file(of: schema, environment: environment) else { return nil }
    let collector = Collector()
    let pointer = Unmanaged.passUnretained(collector).toOpaque()
    return withExtendedLifetime(collector) {
      guard let parser = crmsync_xml_schema_parser(path) else { return nil }
      defer { crmsync_xml_schema_parser_free(parser) }
      crmsync_xml_schema_parser_report(parser, { _, _ in }, nil)
      guard let grammar = crmsync_xml_schema(parser) else { return nil }
      defer { crmsync_xml_schema_free(grammar) }
      // A document type declaration would bring entities; what is validated here was written by this program.
      let options = Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue)
      let parsed = xml.withUnsafeBytes { bytes in
        crmsync_xml_tree(
          bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), options)
      }
      guard let document = parsed else { return nil }
      defer { crmsync_xml_tree_free(document) }
      guard let validator = crmsync_xml_validator(grammar) else { return nil }
      defer { crmsync_xml_validator_free(validator) }
      let handler: xmlStructuredErrorFunc = { data, error in
        guard let data, let error else { return }
        Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue().take(error.pointee)
      }
      crmsync_xml_validator_report(validator, handler, pointer)
      // An IDREF to nothing is reported past the validator's handler: to this one, or to standard error.
      crmsync_xml_report(handler, pointer)
      defer { crmsync_xml_report(nil, nil) }
      let result = crmsync_xml_validate(validator, document)
      guard result != 0 else { return [] }
      if !collector.findings.isEmpty { return Array(collector.findings.prefix(mostFindings)) }
      return [collector.firstVague ?? SchemaFinding(element: "cib", id: nil, message: "does not fit \(schema)")]
    }
  }
}

/// libxml2 tries all that could stand in a place, and reports how the last of it failed: for most of its errors only
/// the place is of use, and what comes after the first is only that what is around it does not fit either.
private final class Collector {
  var findings: [SchemaFinding] = []
  var firstVague: SchemaFinding?

  func take(_ error: xmlError) {
    let (name, id) = place(error.node?.assumingMemoryBound(to: xmlNode.self))
    guard let message = describe(error) else {
      let message = "its attributes or its content are not what the schema allows"
      firstVague = firstVague ?? SchemaFinding(element: name, id: id, message: message)
      return
    }
    let isAboutIDs =
      error.domain == Int32(XML_FROM_VALID.rawValue) || error.code == Int32(XML_RELAXNG_ERR_DUPID.rawValue)
    let finding = SchemaFinding(element: name, id: id, message: message, isAboutIDs: isAboutIDs)
    if !findings.contains(finding) { findings.append(finding) }
  }

  private func place(_ node: xmlNodePtr?) -> (String, String?) {
    var name: String?
    var next = node
    while let current = next {
      if current.pointee.type == XML_ELEMENT_NODE {
        name = name ?? current.pointee.name.map { String(cString: $0) }
        if let value = crmsync_xml_attribute(current, "id") {
          defer { crmsync_xml_free(value) }
          return (name ?? "cib", String(cString: value))
        }
      }
      next = current.pointee.parent
    }
    return (name ?? "cib", nil)
  }

  /// libxml2's codes in our words, for those that say what is wrong. str1 and str2 are the arguments of its message.
  private func describe(_ error: xmlError) -> String? {
    let first = error.str1.map { String(cString: $0) } ?? "?"
    if error.domain == Int32(XML_FROM_VALID.rawValue) {
      // str2 is the value of an IDREF, so an id.
      guard error.code == Int32(XML_DTD_UNKNOWN_ID.rawValue), let id = error.str2 else { return nil }
      return "'\(first)' refers to '\(String(cString: id))', which does not exist"
    }
    switch xmlRelaxNGValidErr(rawValue: UInt32(bitPattern: error.code)) {
    case XML_RELAXNG_ERR_INVALIDATTR: return "attribute '\(first)' is unknown or has a value that is not allowed"
    case XML_RELAXNG_ERR_ATTRNAME: return "attribute '\(first)' is missing"
    case XML_RELAXNG_ERR_ELEMWRONG: return "is not allowed here"
    case XML_RELAXNG_ERR_DUPID: return "its id is used more than once"
    // str1 is the type, str2 the value.
    case XML_RELAXNG_ERR_TYPE, XML_RELAXNG_ERR_TYPEVAL: return "an attribute's value is not of the type '\(first)'"
    case XML_RELAXNG_ERR_TEXTWRONG: return "holds text"
    default: return nil
    }
  }
}
