extension Element {
  /// The element as XML text, two blanks of indentation a level, as `cibadmin --query` prints.
  package func xml(indentedBy level: Int = 0) -> String {
    var writer = XMLWriter()
    writer.write(self, level: level)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Writes elements as XML into one buffer: a large CIB is written once and copied never.
package struct XMLWriter {
  package var bytes: [UInt8] = []
  /// Attributes whose names begin so are left out: marks that elements carry, and that are no part of the XML.
  private let omitted: String?
  private let isIndenting: Bool

  package init(omittingAttributesPrefixed omitted: String? = nil, isIndenting: Bool = true) {
    self.omitted = omitted
    self.isIndenting = isIndenting
  }

  package mutating func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  package mutating func write(_ element: Element, level: Int = 0) {
    indent(level)
    writeStartTag(element.name, element.attributes)
    guard !element.children.isEmpty else {
      bytes.removeLast()
      write("/>\n")
      return
    }
    write("\n")
    for child in element.children {
      switch child {
      case .element(let child):
        write(child, level: level + 1)
      case .comment(let text):
        indent(level + 1)
        write("<!--")
        write(text)
        write("-->\n")
      case .text(let text):
        indent(level + 1)
        escape(text)
        write("\n")
      }
    }
    indent(level)
    write("</")
    write(element.name)
    write(">\n")
  }

  package mutating func writeStartTag(_ name: String, _ attributes: [Attribute]) {
    write("<")
    write(name)
    for attribute in attributes {
      if let omitted, attribute.name.utf8.count > omitted.utf8.count, attribute.name.hasPrefix(omitted) { continue }
      bytes.append(UInt8(ascii: " "))
      write(attribute.name)
      bytes.append(UInt8(ascii: "="))
      bytes.append(UInt8(ascii: "\""))
      escape(attribute.value)
      bytes.append(UInt8(ascii: "\""))
    }
    write(">")
  }

  package mutating func indent(_ level: Int) {
    guard isIndenting else { return }
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
  }

  /// Escapes for use in an attribute value or in text. Tabs and line ends are written as character references, since
  /// a parser turns the bare ones in an attribute into blanks. Characters that XML cannot hold do not get here:
  /// documents with them are refused.
  package mutating func escape(_ text: String) {
    let plain = text.utf8.withContiguousStorageIfAvailable { text in
      text.allSatisfy { $0 > 0x3E || 0x27...0x3B ~= $0 || $0 == 0x20 || $0 == 0x3D || 0x23...0x25 ~= $0 }
    }
    if plain == true { return write(text) }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): write("&amp;")
      case UInt8(ascii: "<"): write("&lt;")
      case UInt8(ascii: ">"): write("&gt;")
      case UInt8(ascii: "\""): write("&quot;")
      case 0x09: write("&#9;")
      case 0x0A: write("&#10;")
      case 0x0D: write("&#13;")
      default: bytes.append(byte)
      }
    }
  }
}
