import CIB
import Desired
import XML

/// Turns a configuration into crmsh's configure syntax, laid out as `crm configure show` prints it, that
/// `crm configure load` takes back as the same configuration.
///
/// What crmsh has no words for is written as XML, `xml <rsc_location …/>`, as crmsh does itself. Unlike crmsh it keeps the
/// order of resources, as far as crmsh will: reading, it puts primitives before groups, and these before clones.
package struct CrmshWriter {
  /// Everything that crmsh cannot say, as errors; what it says, but does not load as it is, as warnings.
  package private(set) var problems: [Diagnostic] = []
  /// Whether crmsh loads all of the text as it is.
  private(set) var isLoadable = true
  package private(set) var text = ""

  private let writing: CrmshWriting

  /// Writes all of a configuration.
  ///
  /// - Parameter root: a `<cib>` or a `<configuration>`, without what must not be seen.
  package init(exporting root: Element) {
    let configuration = root.name == "configuration" ? root : root.first("configuration") ?? Element("configuration")
    self.init(referringTo: configuration)
    let objects = CrmshObject.all(of: configuration)
    for object in objects.sorted() { write(object) }
    for object in objects.unknown { report(unknown: object) }
    // An empty document is refused.
    if text.isEmpty { text = CrmshText.comment(" nothing") }
  }

  /// Writes what documents say: their deletions as commands, in front.
  package init(rendering configuration: DesiredConfiguration, showSecrets: Bool = false) {
    var toWrite = configuration
    toWrite.deletions = []
    var writer = XMLDocumentWriter(showSecrets: showSecrets)
    writer.namesSets = false
    let (cib, problems) = writer.element(for: toWrite)
    self.init(exporting: cib)
    self.problems = problems + self.problems
    var ids: [String] = []
    for deletion in configuration.deletions {
      switch deletion.target {
      case .object(let id): ids.append(id)
      default:
        let message = "crmsh has no words for what must not be there: 'delete' of \(deletion.target.description)"
        self.problems.append(
          Diagnostic(.error, message, at: deletion.location, hint: "leave it out, or render as YAML or JSON"))
      }
    }
    if !ids.isEmpty { text = Self.deletion(of: ids) + text }
  }

  /// Writes nothing yet.
  ///
  /// - Parameter configuration: where references may be from.
  init(referringTo configuration: Element) {
    var ids: Set<String> = []
    configuration.collectIDReferences(into: &ids)
    writing = CrmshWriting(referencedIDs: ids)
  }

  static func deletion(of ids: [String]) -> String {
    CrmshText.statement(["delete \(CrmshText.word(ids[0]))"] + ids.dropFirst().map(CrmshText.word))
  }

  mutating func write(_ object: CrmshObject) {
    for comment in object.element.allComments { text += CrmshText.comment(comment) }
    do throws(NotExpressible) {
      let parts =
        if let keyword = object.keyword {
          try writing.statement(of: object.element, keyword)
        } else {
          try writing.statement(of: object.element)
        }
      if !parts.isEmpty { text += CrmshText.statement(parts) }
      if object.keyword != nil || object.element.name == "cluster_property_set" { warnOfDoubles(in: object.element) }
    } catch {
      text += CrmshText.xml(object.whole)
      for member in object.whole.membersThatAreNowhere {
        let message =
          "\(object.quotedID) can only be said as XML, for which its member '\(member)' would have to be there"
        problems.append(Diagnostic(.error, message, at: .none))
      }
    }
    if let reason = object.reasonNotToLoad {
      isLoadable = false
      problems.append(Diagnostic(.warning, "crmsh 4.4 does not load \(object.quotedID): \(reason)", at: .none))
    }
  }

  // MARK: - Problems

  /// Of several values of one name only the first, which is in force, is written: crmsh would take the last.
  private mutating func warnOfDoubles(in set: Element) {
    var names: Set<String> = []
    for nvpair in set.elements(named: "nvpair") {
      guard let name = nvpair["name"], !names.insert(name).inserted else { continue }
      let message = "the set '\(set.id ?? "")' has several values of '\(name)': the one in force is written"
      problems.append(Diagnostic(.warning, message, at: .none))
    }
  }

  private mutating func report(unknown element: Element) {
    problems.append(Diagnostic(.error, "crmsh has no words for <\(element.name)>", at: .none))
  }
}

// MARK: - What crmsh cannot do

extension CrmshObject {
  fileprivate var quotedID: String { "'\(element.id ?? element.name)'" }

  /// What keeps crmsh from taking the object as it is, in words or as XML.
  fileprivate var reasonNotToLoad: String? {
    switch element.name {
    case "cluster_property_set", "meta_attributes":
      if element["score"] != nil { return "it leaves out the score of the set" }
      if element["id-ref"] != nil { return "it takes no references to sets here" }
    case "bundle" where element.first("docker") == nil: return "it knows bundles of docker only"
    case "acl_target", "acl_group", "acl_user":
      if !isXMLName(element.id ?? "") { return "the id is no name" }
    default:
      if element.first("lifetime") != nil { return "it does not know lifetimes" }
    }
    if element.hasLineEnds { return "it takes no line ends in values" }
    // It writes down what it has loaded, to see whether it could have read it.
    return element.breaksQuotesOfCrmsh ? "it does not quote this value so that it could read it" : nil
  }
}

extension Element {
  fileprivate var hasLineEnds: Bool {
    attributes.contains { $0.value.utf8.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } }
      || elements.contains(where: \.hasLineEnds)
  }

  /// Whether crmsh, which quotes some values without minding backslashes and others not at all, leaves a quote open.
  fileprivate var breaksQuotesOfCrmsh: Bool {
    attributes.contains { attribute in
      guard isQuotedByCrmsh(attribute.name) else { return attribute.value.contains { $0 == "\"" || $0 == "'" } }
      var backslashes = 0
      for byte in attribute.value.utf8 {
        if byte == UInt8(ascii: "\"") && backslashes % 2 == 1 { return true }
        backslashes = byte == UInt8(ascii: "\\") ? backslashes + 1 : 0
      }
      return backslashes % 2 == 1
    } || elements.contains(where: \.breaksQuotesOfCrmsh)
  }

  private func isQuotedByCrmsh(_ attribute: String) -> Bool {
    switch (name, attribute) {
    case (_, "description"), ("nvpair", "value"), ("op", _), ("alert", "path"), ("recipient", "value"),
      ("acl_permission", "xpath"), ("date_expression", _), ("date_spec", _), ("duration", _), ("docker", _),
      ("network", _), ("port-mapping", _), ("storage-mapping", _):
      true
    default: false
    }
  }
}

// MARK: - Objects

/// What a statement of crmsh is about.
struct CrmshObject {
  /// Taken apart: members are references.
  var element: Element
  /// With members in it, as XML has them.
  var whole: Element
  /// For a set of the defaults, which of them.
  var keyword: String?

  init(_ element: Element, whole: Element? = nil, keyword: String? = nil) {
    self.element = element
    self.whole = whole ?? element
    self.keyword = keyword
  }

  /// The objects of a configuration in its order.
  struct List {
    var objects: [CrmshObject] = []
    var unknown: [Element] = []

    /// In crmsh's order: it loads them in this one, whatever theirs.
    func sorted() -> [CrmshObject] {
      objects.enumerated().sorted { left, right in
        (left.element.rank, left.offset) < (right.element.rank, right.offset)
      }.map(\.element)
    }
  }

  static func all(of configuration: Element) -> List {
    var list = List()
    for section in configuration.elements {
      guard let known = Section(rawValue: section.name) else {
        list.unknown.append(section)
        continue
      }
      switch known {
      case .fencingTopology:
        if !section.elements.isEmpty { list.objects.append(CrmshObject(section)) }
      case .resourceDefaults, .operationDefaults:
        for set in section.elements {
          guard set.name == known.setElementName else {
            list.unknown.append(set)
            continue
          }
          let whole = Element(section.name, children: [.element(set)])
          list.objects.append(CrmshObject(set, whole: whole, keyword: section.name))
        }
      default:
        for element in section.elements { list.add(element, in: known) }
      }
    }
    return list
  }

  /// The object's place among crmsh's kinds.
  var rank: Int {
    let name = keyword ?? element.name
    return Self.ranks[name] ?? Self.ranks.count
  }

  private static let ranks: [String: Int] = {
    let names: [[String]] = [
      ["node"], ["template"], ["primitive"], ["bundle"], ["group"], ["master"], ["clone"], ["tag"],
      ["rsc_location", "rsc_colocation", "rsc_order"], ["rsc_ticket", "fencing-topology"], ["cluster_property_set"],
      ["rsc_defaults"], ["op_defaults"], ["acl_role"], ["acl_target", "acl_group", "acl_user"], ["alert"],
    ]
    var ranks: [String: Int] = [:]
    for (rank, names) in names.enumerated() {
      for name in names { ranks[name] = rank }
    }
    return ranks
  }()
}

extension CrmshObject.List {
  fileprivate mutating func add(_ element: Element, in section: Section) {
    if section == .properties {
      if element.name == section.setElementName {
        objects.append(CrmshObject(element))
      } else {
        unknown.append(element)
      }
      return
    }
    guard let kind = ObjectKind(elementName: element.name), kind.section == section else {
      return unknown.append(element)
    }
    guard kind.isResource else { return objects.append(CrmshObject(element)) }
    add(resource: element)
  }

  private mutating func add(resource element: Element) {
    let taken = CIBObject.takingApart(element, kind: ObjectKind(elementName: element.name) ?? .primitive)
    objects.append(CrmshObject(taken[0].element, whole: element))
    for member in element.elements where isResourceElement(member.name) && !member.isMemberReference {
      add(resource: member)
    }
  }
}

extension Element {
  /// The comments in it and in its parts.
  fileprivate var allComments: [String] {
    children.flatMap { child -> [String] in
      switch child {
      case .comment(let text): [text]
      case .element(let child): child.allComments
      case .text: []
      }
    }
  }

  /// The ids of references to members among what is in it.
  fileprivate var membersThatAreNowhere: [String] {
    guard isResourceElement(name), name != "primitive" else { return [] }
    return elements.flatMap { $0.isMemberReference ? [$0.id ?? ""] : $0.membersThatAreNowhere }
  }
}
