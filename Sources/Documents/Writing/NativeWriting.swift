import CIB
import Desired
import XML

/// Thrown where the forms of native documents cannot say exactly what an element says. Such an object is carried as XML.
struct NotExpressible: Error {}

/// The conversion of single elements into values. Strict: an attribute or a child that no form takes is
/// `NotExpressible`, so that nothing gets lost. Its methods are in extensions, a file for each group of kinds.
struct NativeWriting {
  typealias Entry = NativeValue.Entry

  /// The ids that something refers to: all others of parts of objects mean nothing and are not written.
  let referencedIDs: Set<String>
  let showSecrets: Bool

  init(_ configuration: DesiredConfiguration, showSecrets: Bool) {
    referencedIDs = configuration.idReferences
    self.showSecrets = showSecrets
  }

  // MARK: - Parts that all elements have

  /// `id: X` where something refers to the element.
  func id(of element: Element) -> [Entry] {
    guard let id = element.id, referencedIDs.contains(id) else { return [] }
    return [Entry("id", .text(id))]
  }

  /// `id: X` where the element has one.
  func anyID(of element: Element) -> [Entry] {
    element.id.map { [Entry("id", .text($0))] } ?? []
  }

  /// The attributes as entries, in the order of the table.
  ///
  /// - Parameter others: attributes that are written in another way.
  func attributes(
    of element: Element, _ table: AttributeTable, others: [String] = ["id"]
  ) throws(NotExpressible) -> [Entry] {
    for attribute in element.attributes where table[attribute.name] == nil && !others.contains(attribute.name) {
      throw NotExpressible()
    }
    var entries: [Entry] = []
    for (name, type) in table.attributes {
      guard let value = element[name] else { continue }
      guard type.accepts(value) else { throw NotExpressible() }
      entries.append(Entry(name, hides(name, of: element) ? .map(Self.keep) : .text(value)))
    }
    return entries
  }

  /// `keep: secret`: the value is what the cluster has.
  static let keep = [Entry("keep", .text("secret"))]

  /// Whether the attribute's value is left to the cluster.
  func hides(_ attribute: String, of element: Element) -> Bool {
    guard Secret.mayBeKept(attribute, of: element.name), let value = element[attribute] else { return false }
    return value == Secret.keep || !showSecrets && Secret.isURLWithUser(value)
  }

  /// `{ref: X}` for an element that refers to another one and says nothing else.
  func reference(_ element: Element) throws(NotExpressible) -> NativeValue? {
    guard let id = element["id-ref"] else { return nil }
    guard element.attributes.count == 1, element.children.isEmpty else { throw NotExpressible() }
    return .map([Entry("ref", .text(id))])
  }

  /// The child elements; comments and text have no form.
  func elements(of element: Element) throws(NotExpressible) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(element.children.count)
    for child in element.children {
      guard case .element(let child) = child else { throw NotExpressible() }
      elements.append(child)
    }
    return elements
  }

  func checkEmpty(_ element: Element) throws(NotExpressible) {
    guard element.children.isEmpty else { throw NotExpressible() }
  }

  /// The id of an element that has nothing else: a reference to a resource, a role, …
  func onlyID(of element: Element) throws(NotExpressible) -> String {
    guard element.attributes.count == 1, let id = element.id else { throw NotExpressible() }
    try checkEmpty(element)
    return id
  }

  /// A list of ids, which readers want to be there and to name nothing twice.
  func distinct(_ ids: [String]) throws(NotExpressible) -> NativeValue {
    guard !ids.isEmpty, Set(ids).count == ids.count else { throw NotExpressible() }
    return .list(ids.map(NativeValue.text))
  }
}

extension Sequence {
  /// `map` for functions with a typed error.
  func converted<T>(_ convert: (Element) throws(NotExpressible) -> T) throws(NotExpressible) -> [T] {
    var result: [T] = []
    for element in self { result.append(try convert(element)) }
    return result
  }
}

extension [NativeValue.Entry] {
  mutating func append(_ key: String, _ value: NativeValue) {
    append(NativeValue.Entry(key, value))
  }

  /// Adds the entry unless there is nothing to say.
  mutating func append(_ key: String, _ value: NativeValue?) {
    if let value { append(NativeValue.Entry(key, value)) }
  }
}

extension DesiredConfiguration {
  /// The ids that something refers to.
  var idReferences: Set<String> {
    var ids: Set<String> = []
    for object in objects { object.element.collectIDReferences(into: &ids) }
    for set in settings { set.element.collectIDReferences(into: &ids) }
    for node in nodes { node.element.collectIDReferences(into: &ids) }
    return ids
  }
}

extension Element {
  /// The ids that something in it refers to: an `id-ref`, a tag, a permission.
  func collectIDReferences(into ids: inout Set<String>) {
    if let id = self["id-ref"] { ids.insert(id) }
    if name == "obj_ref", let id { ids.insert(id) }
    if name == "acl_permission", let id = self["reference"] { ids.insert(id) }
    for case .element(let child) in children { child.collectIDReferences(into: &ids) }
  }
}
