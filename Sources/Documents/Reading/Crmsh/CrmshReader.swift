import CIB
import Desired
import XML

/// Reads documents in crmsh's configure syntax: what `crm configure show` prints, and what users and charms write.
///
/// Takes more than crmsh does where the meaning is clear: keywords in any case, the attributes of an operation in any
/// order. What the manual of crmsh leaves open is as its parser (4.4) has it.
package enum CrmshReader {
  /// - Returns: what the document says, as far as it could be understood, and everything that is wrong with it.
  package static func read(_ bytes: [UInt8], document: String) -> (DesiredConfiguration, [Diagnostic]) {
    let (problem, mark) = bytes.withUnsafeBufferPointer { bytes in
      (SourceText.problem(in: bytes), SourceText.lengthOfByteOrderMark(bytes))
    }
    if let problem {
      return (DesiredConfiguration(), [Diagnostic(.error, problem.message, at: Location(document, problem.position))])
    }
    // As of a command that failed, whose output was to be the document: `--prune` would delete everything.
    guard bytes[mark...].contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      let hint = "a document that says nothing is a comment"
      return (DesiredConfiguration(), [Diagnostic(.error, "the document is empty", at: Location(document), hint: hint)])
    }
    var reading = CrmshReading(document: document)
    reading.read(String(decoding: bytes[mark...], as: UTF8.self))
    return reading.result()
  }

  /// A statement in parts, as a charm hands it over: its beginning, which is taken word by word as it is, and the text
  /// that goes on. The text cannot end the statement and begin another.
  package struct Statement: Equatable, Sendable {
    package var words: [String]
    package var text: String
    /// Where it comes from, in place of a document's name.
    package var source: String

    package init(_ words: [String], text: String = "", source: String) {
      self.words = words
      self.text = text
      self.source = source
    }
  }

  /// Reads statements that come from different places as one document.
  package static func read(_ statements: [Statement]) -> (DesiredConfiguration, [Diagnostic]) {
    var reading = CrmshReading(document: "")
    for statement in statements { reading.read(statement) }
    return reading.result()
  }
}

/// What a statement says.
enum CrmshMeaning {
  case elements([Element], Section)
  /// `monitor RSC …`, an operation that stands outside of its resource.
  case operation(Element, resource: CrmshWord)
  case deletions([CrmshWord])
}

private struct CrmshReading {
  /// Where the statement that is being read stands.
  private var document: String
  private var sections: SectionReading
  private var elements: [(element: Element, section: Section, document: String)] = []
  private var operations: [(operation: Element, resource: CrmshWord)] = []
  private var deletions: [Deletion] = []
  private var diagnostics: [Diagnostic] = []

  init(document: String) {
    self.document = document
    sections = SectionReading(document: document, form: .plain, fallback: .unknown, takesUnknown: false)
  }

  mutating func read(_ text: String) {
    var lexer = CrmshLexer(text)
    while true {
      do throws(CrmshProblem) {
        let words = try lexer.next()
        guard !words.isEmpty else { break }
        try read(words)
      } catch {
        report(error)
        if error.isInLexer { lexer.skipStatement() }
      }
    }
  }

  mutating func read(_ statement: CrmshReader.Statement) {
    document = statement.source
    do throws(CrmshProblem) {
      let words = statement.words.map { CrmshWord(text: $0, position: .unknown) }
      try read(words + CrmshLexer.words(of: statement.text))
    } catch {
      report(error)
    }
  }

  private mutating func read(_ words: [CrmshWord]) throws(CrmshProblem) {
    var statement = CrmshStatement(words)
    do throws(CrmshProblem) {
      switch try statement.meaning() {
      case .elements(let elements, let section): self.elements += elements.map { ($0, section, document) }
      case .operation(let operation, let resource): operations.append((operation, resource))
      case .deletions(let words):
        deletions += words.map { Deletion(.object(id: $0.text), location: Location(document, $0.position)) }
      }
    } catch {
      throw error.withoutSecrets(of: words)
    }
  }

  private mutating func report(_ problem: CrmshProblem) {
    diagnostics.append(
      Diagnostic(.error, problem.message, at: Location(document, problem.position), hint: problem.hint))
  }

  /// `$id-ref` may name the resource whose set is meant, in place of the set.
  private mutating func resolveReferences() {
    var owners: [String: Int] = [:]
    for (index, one) in elements.enumerated() where one.section == .resources {
      if let id = one.element.id { owners[id] = index }
    }
    var setIDs: [String: String] = [:]
    func resolved(_ element: Element) -> Element {
      var result = element
      if let reference = element["id-ref"], let owner = owners[reference] {
        let key = "\(reference) \(element.name)"
        if setIDs[key] == nil { setIDs[key] = idOfSet(element.name, owner: owner) }
        if let id = setIDs[key] { result["id-ref"] = id }
      }
      for (index, child) in element.children.enumerated() {
        if case .element(let child) = child { result.children[index] = .element(resolved(child)) }
      }
      return result
    }
    for index in elements.indices { elements[index].element = resolved(elements[index].element) }
  }

  /// The id of the first such set of a resource; it gets one where it has none.
  private mutating func idOfSet(_ name: String, owner: Int) -> String? {
    var element = elements[owner].element
    guard let index = element.children.firstIndex(where: { $0.element?.name == name }),
      var set = element.children[index].element, set["id-ref"] == nil
    else { return nil }
    let id = set.id ?? "\(element.id ?? "")-\(name)"
    set["id"] = id
    element.children[index] = .element(set)
    elements[owner].element = element
    return id
  }

  private mutating func attach(_ operation: Element, to resource: CrmshWord) {
    guard let index = elements.firstIndex(where: { $0.element.name == "primitive" && $0.element.id == resource.text })
    else {
      let message = "'monitor' for '\(resource.text)', which is no primitive of this document"
      diagnostics.append(Diagnostic(.error, message, at: Location(document, resource.position)))
      return
    }
    var element = elements[index].element
    if let operations = element.children.firstIndex(where: { $0.element?.name == "operations" }),
      var list = element.children[operations].element
    {
      list.children.append(.element(operation))
      element.children[operations] = .element(list)
    } else {
      element.children.append(.element(Element("operations", children: [.element(operation)])))
    }
    elements[index].element = element
  }

  mutating func result() -> (DesiredConfiguration, [Diagnostic]) {
    for (operation, resource) in operations { attach(operation, to: resource) }
    resolveReferences()
    let ids = Set(elements.filter { $0.section == .resources }.compactMap(\.element.id))
    for (element, section, document) in elements {
      sections.document = document
      sections.read(element.withoutMembers(ids).withMaskedAsKept, in: section)
    }
    var configuration = DesiredConfiguration()
    sections.move(into: &configuration)
    configuration.deletions = deletions
    configuration.isInOrder = false
    return (configuration, Diagnostic.inOrder(diagnostics + sections.diagnostics + configuration.contradictions()))
  }
}

extension CrmshProblem {
  /// The same without the values that the statement gives to parameters that are secret: messages quote words. Also of what
  /// is only meant to be one: `password:x`, `password= x`.
  fileprivate func withoutSecrets(of words: [CrmshWord]) -> CrmshProblem {
    var values: Set<String> = []
    var isInValue = false
    for word in words where word.text != "=" {
      // Up to the next NAME=VALUE: a password with a blank in it may stand there without quotes.
      isInValue = isInValue && !word.text.utf8.contains(UInt8(ascii: "="))
      if isInValue { values.insert(word.text) }
      let name = word.text.utf8.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ":") }
      guard Secret.isSecret(parameter: String(Substring(name))) else { continue }
      isInValue = true
      values.insert(String(Substring(word.text.utf8.dropFirst(name.count + 1))))
    }
    var result = self
    result.message = Secret.masking(values, in: message)
    result.hint = hint.map { Secret.masking(values, in: $0) }
    return result
  }
}

extension Element {
  /// With references in place of the members that have a statement of their own: `crm configure show` prints the primitive of
  /// a bundle twice, in the bundle's XML and by itself.
  fileprivate func withoutMembers(_ ids: Set<String>) -> Element {
    guard isResourceElement(name) else { return self }
    var result = self
    result.children = children.map { child in
      guard let element = child.element, isResourceElement(element.name), !element.isMemberReference else {
        return child
      }
      guard let id = element.id, ids.contains(id) else { return .element(element.withoutMembers(ids)) }
      return .element(.memberReference(id, position: element.position))
    }
    return result
  }

  /// With "keep what the cluster has" in place of the asterisks that `crm configure show` prints for passwords: written
  /// back, they would be the password.
  fileprivate var withMaskedAsKept: Element {
    var result = self
    if name == "nvpair", self["value"] == Self.crmshMask, self["name"].map(Secret.isSecret(parameter:)) == true {
      result["value"] = Secret.keep
    }
    guard !children.isEmpty else { return result }
    result.children = children.map { child in
      if case .element(let element) = child { .element(element.withMaskedAsKept) } else { child }
    }
    return result
  }

  private static let crmshMask = "******"
}
