import CLibXML2

/// Whether the schemas allow the text as an id: a name, and blanks around it, which XML Schema's type `ID` takes for none.
package func isXMLID(_ text: String) -> Bool { isXMLName(text) || isXMLName(text.trimmingXMLBlanks) }

/// Whether the text is a name without colons: an XML id without blanks around it.
package func isXMLName(_ text: String) -> Bool {
  guard let first = text.utf8.first else { return false }
  switch first {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): return false
  default: break
  }
  var isPlain = true
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
      continue
    case 0x80...: isPlain = false
    default: return false
    }
  }
  // Letters beyond ASCII: libxml2's tables, since it is what checks the CIB in the end.
  return isPlain || crmsync_xml_is_ncname(text) != 0
}

extension String {
  /// Without the characters at its ends that XML takes for blanks.
  package var trimmingXMLBlanks: String {
    var rest = unicodeScalars[...]
    func isBlank(_ character: Unicode.Scalar?) -> Bool { character.map(" \t\n\r".unicodeScalars.contains) ?? false }
    while isBlank(rest.first) { rest.removeFirst() }
    while isBlank(rest.last) { rest.removeLast() }
    return String(rest)
  }
}
