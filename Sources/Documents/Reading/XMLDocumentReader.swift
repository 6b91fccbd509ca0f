import CIB
import Desired
import XML

/// Reads CIB XML as a document: what `cibadmin --query` prints, or its `<configuration>` alone.
package enum XMLDocumentReader {
  /// - Returns: what the document says, as far as it could be understood, and everything that is wrong with it,
  ///   in the order of the document. Whether it fits a schema is for the cluster to say.
  package static func read(_ bytes: [UInt8], document: String) -> (DesiredConfiguration, [Diagnostic]) {
    let root: Element
    do throws(XMLError) {
      root = try parse(bytes)
    } catch {
      let message = "not valid XML: \(error.message)"
      return (DesiredConfiguration(), [Diagnostic(.error, message, at: Location(document, error.position))])
    }
    return read(root, document: document)
  }

  private static func parse(_ bytes: [UInt8]) throws(XMLError) -> Element {
    let result: Result<Element, XMLError> = bytes.withUnsafeBytes { bytes in
      do throws(XMLError) {
        return .success(try Element(parsing: bytes, skipping: "status", positions: true))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private static func read(_ root: Element, document: String) -> (DesiredConfiguration, [Diagnostic]) {
    var result = DesiredConfiguration()
    var reading = SectionReading(
      document: document, form: .plain, fallback: root.position, takesUnknown: root["validate-with"] == "none")
    switch root.name {
    case "cib":
      result.validateWith = root["validate-with"]
      reading.checkAttributes(of: root)
      readRoot(root, &reading)
    case "configuration":
      reading.readConfiguration(root)
    default:
      reading.report(
        "the root element is <\(root.name)>", at: root.position, hint: "a CIB is <cib>, or its <configuration> alone")
    }
    reading.move(into: &result)
    result.resourceOrders += reading.resourceOrder
    return (result, Diagnostic.inOrder(reading.diagnostics + result.contradictions()))
  }

  private static func readRoot(_ root: Element, _ reading: inout SectionReading) {
    var hasConfiguration = false
    for child in root.children {
      switch child {
      case .comment: continue
      case .text: reading.report("text inside <cib>", at: root.position)
      case .element(let element) where element.name == "configuration":
        hasConfiguration = true
        reading.readConfiguration(element)
      case .element(let element) where element.name == "status": continue
      case .element(let element):
        reading.report(
          "unknown element <\(element.name)> in <cib>", at: element.position,
          hint: Suggestion.hint(for: element.name, among: ["configuration", "status"]))
      }
    }
    if !hasConfiguration { reading.report("<cib> has no <configuration>", at: root.position) }
  }
}

/// The reading of the sections of a CIB, or of single elements of them inside a native document.
struct SectionReading {
  /// Where what is read stands: several in turn, where one reading is of statements from several places.
  var document: String
  let form: DesiredObject.Form
  /// The place of what has none of its own.
  let fallback: SourcePosition
  /// Whether elements that are not known may be there, which the cluster has to have already.
  let takesUnknown: Bool
  var diagnostics: [Diagnostic] = []
  private var objects: [DesiredObject] = []
  private var settings: [DesiredSettings] = []
  private var nodes: [DesiredNode] = []
  private var topLevel: [Reference] = []

  init(document: String, form: DesiredObject.Form, fallback: SourcePosition, takesUnknown: Bool = false) {
    self.takesUnknown = takesUnknown
    self.document = document
    self.form = form
    self.fallback = fallback
  }

  var resourceOrder: [ResourceOrder] {
    topLevel.isEmpty ? [] : [ResourceOrder(topLevel, isExplicit: false)]
  }

  func move(into configuration: inout DesiredConfiguration) {
    configuration.objects += objects
    configuration.settings += settings
    configuration.nodes += nodes
  }

  mutating func report(_ message: String, at position: SourcePosition, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, message, at: place(position), hint: hint))
  }

  private func place(_ position: SourcePosition) -> Location {
    Location(document, fallback).of(position)
  }

  // MARK: Sections

  mutating func readConfiguration(_ configuration: Element) {
    checkAttributes(of: configuration)
    var known: Set<Section> = []
    for child in configuration.children {
      switch child {
      case .comment: continue
      case .text: report("text inside <configuration>", at: configuration.position)
      case .element(let element):
        guard let section = Section(elementName: element.name) else {
          readUnknownSection(element)
          continue
        }
        if !known.insert(section).inserted { report("a second <\(element.name)>", at: element.position) }
        readSection(element, section)
      }
    }
  }

  private mutating func readUnknownSection(_ element: Element) {
    guard !takesUnknown else {
      let section = cleaned(element)
      settings.append(DesiredSettings(section: .unknown, element: section, location: place(element.position)))
      return
    }
    report(
      "unknown element <\(element.name)> in <configuration>", at: element.position,
      hint: Suggestion.hint(for: element.name, among: Section.allCases.map(\.rawValue)))
  }

  private mutating func readSection(_ element: Element, _ section: Section) {
    checkAttributes(of: element)
    for child in element.children {
      switch child {
      case .comment: continue
      case .text: report("text inside <\(element.name)>", at: element.position)
      case .element(let child): read(child, in: section)
      }
    }
  }

  /// Reads one child of a section.
  mutating func read(_ element: Element, in section: Section) {
    if section == .unknown {
      guard Section(elementName: element.name) == nil else {
        return report(
          "<\(element.name)> is a section", at: element.position, hint: "give its elements, 'in: \(element.name)'")
      }
      return readUnknownSection(element)
    }
    let element = cleaned(element)
    guard section.elementNames.contains(element.name) else { return readUnknown(element, section) }
    if section == .nodes { return readNode(element) }
    if section.setElementName != nil { return readSettings(element, section) }
    guard let kind = ObjectKind(elementName: element.name) else { return }
    guard element.id != nil || kind == .fencingLevel else {
      return report("<\(element.name)> has no id", at: element.position)
    }
    let parts = CIBObject.takingApart(element, kind: kind)
    for var part in parts {
      guard !part.id.isEmpty || kind == .fencingLevel else {
        report("<\(part.element.name)> has no id", at: part.element.position)
        continue
      }
      if kind == .fencingLevel && part.element.id == nil { part.id = part.element.fencingLevelName }
      objects.append(DesiredObject(part, form: form, location: place(part.element.position)))
    }
    if kind.isResource { topLevel.append(Reference(element.id ?? "", location: place(element.position))) }
  }

  private mutating func readSettings(_ element: Element, _ section: Section) {
    // What crmsync itself keeps in the CIB is no part of what anyone desires.
    guard element.id != Record.setID else { return }
    settings.append(DesiredSettings(section: section, element: element, location: place(element.position)))
  }

  private mutating func readNode(_ element: Element) {
    guard let name = element["uname"] else { return report("<node> has no uname", at: element.position) }
    nodes.append(DesiredNode(name: name, element: element, location: place(element.position)))
  }

  private mutating func readUnknown(_ element: Element, _ section: Section) {
    guard !takesUnknown else {
      let inSection = Element(section.rawValue, children: [.element(element)])
      settings.append(DesiredSettings(section: .unknown, element: inSection, location: place(element.position)))
      return
    }
    report(
      "unknown element <\(element.name)> in <\(section.rawValue)>", at: element.position,
      hint: Suggestion.hint(for: element.name, among: section.elementNames))
  }

  // MARK: Elements

  /// The element without comments, with "keep the secret" as a value source; checks ids and attributes on the way.
  private mutating func cleaned(_ element: Element) -> Element {
    checkAttributes(of: element)
    if let id = element.id, Identifiers.hasCommonID(element), !isXMLID(id) {
      report("<\(element.name)>: the id '\(id)' is no XML name", at: element.position)
    }
    var result = element
    result.attributes.removeAll { $0.name.hasPrefix(ValueSource.attributePrefix) }
    if element.name == "nvpair" && element["value"] == Secret.keep {
      result["value"] = nil
      result.attributes.append(ValueSource.keep.attribute)
    }
    guard !element.children.isEmpty else { return result }
    result.children.removeAll(keepingCapacity: true)
    for child in element.children {
      switch child {
      case .comment: continue
      case .text: report("text inside <\(element.name)>", at: element.position)
      case .element(let child): result.children.append(.element(cleaned(child)))
      }
    }
    return result
  }

  /// Attributes of this prefix are how value sources are carried; from outside they would be orders to read files.
  mutating func checkAttributes(of element: Element) {
    for attribute in element.attributes where attribute.name.hasPrefix(ValueSource.attributePrefix) {
      report("<\(element.name)>: the attribute '\(attribute.name)' is reserved", at: element.position)
    }
  }
}
