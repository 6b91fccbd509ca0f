import CIB
import XML

/// The statements of single objects. Strict, as crmsh 4.4 reads them: what it would read as something else, or not at
/// all, is `NotExpressible` and written as XML, which is what `crm configure show` does as well.
///
/// A statement is a list of parts, each on a line of its own. Resources are taken apart (see `CIBObject`). The methods are
/// in extensions, a file for each group of kinds.
struct CrmshWriting {
  /// The ids that something refers to: all others of parts of objects mean nothing, and crmsh makes its own.
  let referencedIDs: Set<String>
  /// Whether all parts of the object keep their ids: crmsh might give that of one to another.
  private var keepsIDs = false

  init(referencedIDs: Set<String>) { self.referencedIDs = referencedIDs }

  func statement(of element: Element) throws(NotExpressible) -> [String] {
    try checkTexts(of: element)
    var writing = self
    writing.keepsIDs = element.elements.contains(where: hasReferencedPart) || !namesItsParts(element)
    return try writing.parts(of: element)
  }

  private func parts(of element: Element) throws(NotExpressible) -> [String] {
    switch element.name {
    case "node": try node(element)
    case "primitive", "template": try primitive(element)
    case "group": try group(element)
    case "clone", "master": try clone(element)
    case "bundle": try bundle(element)
    case "rsc_location": try location(element)
    case "rsc_colocation": try colocation(element)
    case "rsc_order": try order(element)
    case "rsc_ticket": try ticket(element)
    case "tag": try tag(element)
    case "fencing-topology": try fencingTopology(element)
    case "cluster_property_set": try settings(element, "property")
    case "acl_role": try aclRole(element)
    case "acl_target", "acl_group": try aclTarget(element)
    case "alert": try alert(element)
    default: throw NotExpressible()
    }
  }

  /// A set of the defaults, whose element does not say of which.
  func statement(of set: Element, _ keyword: String) throws(NotExpressible) -> [String] {
    try checkTexts(of: set)
    var writing = self
    writing.keepsIDs = set.elements.contains(where: hasReferencedPart)
    return try writing.settings(set, keyword)
  }

  /// Whether the ids are any that crmsh makes for the parts of the object, of its id or a node's name.
  private func namesItsParts(_ element: Element) -> Bool {
    guard element.name == "node", let name = element["uname"] else { return true }
    // Numbers alone it handles.
    return isXMLName(name) || name.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  // MARK: - What all elements have to be

  /// crmsh numbers the ids that it makes, up to 99; beyond, several would be the same.
  private static let mostOfAKind = 90
  /// Parts that have a place for an id.
  private static let named: Set<String> = [
    "instance_attributes", "meta_attributes", "utilization", "operations", "nvpair", "rule", "acl_permission",
    "port-mapping", "storage-mapping",
  ]

  private func checkTexts(of element: Element) throws(NotExpressible) {
    guard element.attributes.allSatisfy({ CrmshText.canHold($0.name) && CrmshText.canHold($0.value) }) else {
      throw NotExpressible()
    }
    var counts: [String: Int] = [:]
    for child in element.children {
      guard case .element(let child) = child else {
        if case .comment = child { continue }
        throw NotExpressible()
      }
      if !Self.named.contains(child.name), isReferenced(child) { throw NotExpressible() }
      // Named after what they are, or without an id of their own.
      if child.name != "nvpair", !idIsReference(child.name), !isResourceElement(child.name) {
        counts[child.name, default: 0] += 1
        guard counts[child.name]! <= Self.mostOfAKind else { throw NotExpressible() }
      }
      try checkTexts(of: child)
    }
  }

  private func hasReferencedPart(_ element: Element) -> Bool {
    isReferenced(element) || element.elements.contains(where: hasReferencedPart)
  }

  /// Whether something refers to the element by its id; members have statements of their own.
  func isReferenced(_ element: Element) -> Bool {
    guard !idIsReference(element.name), !isResourceElement(element.name), let id = element.id else { return false }
    return referencedIDs.contains(id)
  }

  /// - Throws: `NotExpressible` if there are other attributes than these.
  func allow(_ element: Element, _ names: String...) throws(NotExpressible) {
    guard element.attributes.allSatisfy({ names.contains($0.name) }) else { throw NotExpressible() }
  }

  func check(_ condition: Bool) throws(NotExpressible) {
    guard condition else { throw NotExpressible() }
  }

  // MARK: - Words

  /// `$id=X`, where the id has to stay.
  func partID(of element: Element) -> [String] {
    guard let id = element.id, keepsIDs || isReferenced(element) else { return [] }
    return [CrmshText.pair("$id", id)]
  }

  /// `$id-ref=X` for an element that refers to another one and says nothing else.
  func reference(_ element: Element) throws(NotExpressible) -> String? {
    guard let id = element["id-ref"] else { return nil }
    try check(element.attributes.count == 1 && element.elements.isEmpty && !id.isEmpty)
    return CrmshText.pair("$id-ref", id)
  }

  /// The id of an object, or of a resource that is referred to.
  func name(_ id: String?) throws(NotExpressible) -> String {
    guard let id, isXMLName(id) else { throw NotExpressible() }
    return id
  }

  /// What crmsh calls an identifier: a node, an operation, an attribute in a rule.
  func identifier(_ text: String?) throws(NotExpressible) -> String {
    guard let text, let first = text.utf8.first, !text.contains("=") else { throw NotExpressible() }
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "#"), UInt8(ascii: "$"):
      return CrmshText.word(text)
    default: throw NotExpressible()
    }
  }

  /// `text:`, as scores, targets and tickets stand.
  func prefix(_ text: String) throws(NotExpressible) -> String {
    try check(!text.isEmpty && !text.contains(":") && !text.contains("="))
    return CrmshText.word("\(text):")
  }

  /// `id:`, or `$id=ID` where that would not be taken for one.
  func leadingID(_ id: String) throws(NotExpressible) -> String {
    let isSimple = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    try check(!id.isEmpty)
    return isSimple ? "\(id):" : CrmshText.pair("$id", id)
  }

  func description(of element: Element) throws(NotExpressible) -> [String] {
    guard let description = element["description"] else { return [] }
    try check(!description.isEmpty)
    return [CrmshText.pair("description", description)]
  }

  // MARK: - Scores

  /// `inf:`, `-inf:`, `100:`.
  func score(_ score: String?) throws(NotExpressible) -> String {
    guard let score, Self.isScore(score) else { throw NotExpressible() }
    return score.hasSuffix("INFINITY") ? "\(score.dropLast("INFINITY".count))inf:" : "\(score):"
  }

  /// The score, or the name of the attribute that has it.
  func scoreOrAttribute(_ element: Element) throws(NotExpressible) -> String {
    guard let attribute = element["score-attribute"] else { return try score(element["score"]) }
    let words = ["mandatory", "advisory", "inf", "infinity"]
    let bare = attribute.hasPrefix("-") || attribute.hasPrefix("+") ? String(attribute.dropFirst()) : attribute
    try check(element["score"] == nil && !Self.isScore(attribute) && !words.contains(bare.lowercased()))
    return try prefix(attribute)
  }

  private static func isScore(_ text: String) -> Bool {
    let bare = text.hasPrefix("-") || text.hasPrefix("+") ? text.utf8.dropFirst() : text.utf8[...]
    if bare.elementsEqual("INFINITY".utf8) { return true }
    return !bare.isEmpty && bare.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}
