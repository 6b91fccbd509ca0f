import CIB
import XML

extension Element {
  /// The element as it may stand in XML: no value sources, and `crmsync:keep-secret` in place of what must not be seen.
  ///
  /// - Parameter report: called for the nvpairs that XML has no words for, which are left out (`null`) or become
  ///   "keep" (a file or an environment variable that nobody has read).
  func forXML(showSecrets: Bool, report: (Element, ValueSource) -> Void = { _, _ in }) -> Element {
    var result = self
    if name == "nvpair" { result.hideValue(showSecrets: showSecrets, report: report) }
    if !showSecrets {
      for index in attributes.indices
      where Secret.mayBeKept(attributes[index].name, of: name) && Secret.isURLWithUser(attributes[index].value) {
        result.attributes[index].value = Secret.keep
      }
    }
    guard !children.isEmpty else { return result }
    result.children.removeAll(keepingCapacity: true)
    for child in children {
      guard case .element(let child) = child else {
        result.children.append(child)
        continue
      }
      if child.name == "nvpair", ValueSource(of: child) == .unset {
        report(child, .unset)
        continue
      }
      result.children.append(.element(child.forXML(showSecrets: showSecrets, report: report)))
    }
    return result
  }

  private mutating func hideValue(showSecrets: Bool, report: (Element, ValueSource) -> Void) {
    let source = ValueSource(of: self)
    let isHidden = !showSecrets && mustNotShow(self["value"] ?? Secret.outsideOfCIB)
    if let source, source != .keep { report(self, source) }
    guard source != nil || isHidden || attributes.contains(where: { $0.name.hasPrefix(ValueSource.attributePrefix) })
    else { return }
    attributes.removeAll { $0.name.hasPrefix(ValueSource.attributePrefix) }
    if source != nil || isHidden { self["value"] = Secret.keep }
  }

  /// The element as XML on one line.
  var xmlOnOneLine: String {
    var writer = XMLWriter()
    writer.writeOnOneLine(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension XMLWriter {
  fileprivate mutating func writeOnOneLine(_ element: Element) {
    writeStartTag(element.name, element.attributes)
    guard !element.children.isEmpty else {
      bytes.removeLast()
      return write("/>")
    }
    for child in element.children {
      switch child {
      case .element(let child): writeOnOneLine(child)
      case .comment(let text): write("<!--\(text)-->")
      case .text(let text): escape(text)
      }
    }
    write("</\(element.name)>")
  }
}
