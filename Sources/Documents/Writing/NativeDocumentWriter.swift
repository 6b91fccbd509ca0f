import CIB
import Desired
import XML

/// Turns a configuration into the value of a native document, which reads back as the same configuration.
///
/// What has no form there is carried as XML, `xml: [{in: resources, content: "<group …/>"}]`, one item for an object.
/// Resources stay taken apart: inside the XML of a group, clone or bundle a member is an element with nothing but an
/// id, `<primitive id="a"/>`, and the member itself is in the document in its own form. Whoever reads such content has
/// to take it for a reference.
package struct NativeDocumentWriter {
  /// Whether secret values are written; `{keep: secret}` stands in their place if not.
  package var showSecrets: Bool
  /// Whether the configuration is that of a cluster, for which nodes go without saying, and so does the order of the
  /// resources where the document has them in it.
  package var isExport: Bool

  package init(showSecrets: Bool = false, isExport: Bool = false) {
    self.showSecrets = showSecrets
    self.isExport = isExport
  }

  package func value(of configuration: DesiredConfiguration) -> NativeValue {
    var assembly = DocumentAssembly(configuration, showSecrets: showSecrets)
    assembly.addSettings(configuration.settings)
    for object in configuration.objects { assembly.add(object) }
    assembly.addNodes(configuration.nodes, isExport: isExport)
    assembly.sections["placement"] = .init(items: configuration.placements.map(\.value))
    assembly.sections["delete"] = .init(items: configuration.deletions.map(\.target.value))
    let keys = assembly.settleOrder(configuration, isExport: isExport)
    return .map(keys.compactMap { key in assembly.sections[key]?.value.map { NativeValue.Entry(key, $0) } })
  }
}

/// A document while it is put together.
private struct DocumentAssembly {
  /// What is under one of the top-level keys.
  struct Section {
    var entries: [NativeValue.Entry] = []
    var keys: Set<String> = []
    var items: [NativeValue] = []

    init(items: [NativeValue] = []) { self.items = items }

    /// nil for nothing.
    var value: NativeValue? {
      if !entries.isEmpty { return .map(entries) }
      return items.isEmpty ? nil : .list(items)
    }
  }

  static let keys = [
    "properties", "resource-defaults", "operation-defaults", "templates", "primitives", "groups", "clones", "bundles",
    "remotes", "stonith", "placement", "nodes", "locations", "colocations", "orders", "tickets", "tags",
    "fencing-levels", "acl-roles", "acl-targets", "acl-groups", "alerts", "xml", "order", "delete",
  ]
  static let resourceKeys = ["primitives", "groups", "clones", "bundles", "remotes", "stonith", "xml"]

  let writing: NativeWriting
  var sections: [String: Section] = [:]
  /// The resources under each key, in their order there.
  var resources: [String: [String]] = [:]

  init(_ configuration: DesiredConfiguration, showSecrets: Bool) {
    writing = NativeWriting(configuration, showSecrets: showSecrets)
  }

  // MARK: Settings

  mutating func addSettings(_ settings: [DesiredSettings]) {
    let kinds: [(CIB.Section, String)] = [
      (.properties, "properties"), (.resourceDefaults, "resource-defaults"), (.operationDefaults, "operation-defaults"),
    ]
    for (section, key) in kinds {
      let elements = settings.filter { $0.section == section }.map(\.element)
      do throws(NotExpressible) {
        guard let value = try writing.settings(elements, section) else { continue }
        if case .map(let entries) = value.content {
          sections[key, default: Section()].entries = entries
        } else if case .list(let items) = value.content {
          sections[key, default: Section()].items = items
        }
      } catch {
        // All of them: the order of sets is meaning.
        for element in elements { addXML(element, in: section) }
      }
    }
    for element in settings.filter({ $0.section == .unknown }).map(\.element) {
      guard let section = CIB.Section(elementName: element.name) else {
        addXML(element, in: .unknown)
        continue
      }
      for child in element.elements { addXML(child, in: section) }
    }
  }

  // MARK: Objects

  mutating func add(_ object: DesiredObject) {
    do throws(NotExpressible) {
      let (key, value) = try form(of: object)
      if object.kind == .fencingLevel {
        sections[key, default: Section()].items.append(value)
      } else {
        guard sections[key, default: Section()].keys.insert(object.id).inserted else { throw NotExpressible() }
        sections[key]!.entries.append(NativeValue.Entry(object.id, value))
      }
      note(object, under: key)
    } catch {
      addXML(object.element, in: object.kind.section)
      note(object, under: "xml")
    }
  }

  private mutating func note(_ object: DesiredObject, under key: String) {
    if object.kind.isResource { resources[key, default: []].append(object.id) }
  }

  /// The top-level key and what stands there.
  private func form(of object: DesiredObject) throws(NotExpressible) -> (String, NativeValue) {
    guard object.kind == .fencingLevel || object.element.id == object.id else { throw NotExpressible() }
    switch object.form {
    case .xml: throw NotExpressible()
    case .remote:
      if let value = try? writing.remote(object.element) { return ("remotes", value) }
    case .stonith:
      if let value = try? writing.stonith(object.element) { return ("stonith", value) }
    case .plain: break
    }
    let element = object.element
    switch object.kind {
    case .primitive: return ("primitives", try writing.primitive(element))
    case .template: return ("templates", try writing.primitive(element))
    case .group: return ("groups", try writing.group(element))
    case .clone: return ("clones", try writing.clone(element))
    case .bundle: return ("bundles", try writing.bundle(element))
    case .location: return ("locations", try writing.location(element))
    case .colocation: return ("colocations", try writing.colocation(element))
    case .order: return ("orders", try writing.order(element))
    case .ticket: return ("tickets", try writing.ticket(element))
    case .tag: return ("tags", try writing.tag(element))
    case .fencingLevel: return ("fencing-levels", try writing.fencingLevel(element))
    case .aclRole: return ("acl-roles", try writing.aclRole(element))
    case .aclTarget: return ("acl-targets", try writing.aclTarget(element))
    case .aclGroup: return ("acl-groups", try writing.aclTarget(element))
    case .alert: return ("alerts", try writing.alert(element))
    case .node, .property, .resourceDefault, .operationDefault, .nodeAttribute, .utilization: throw NotExpressible()
    }
  }

  mutating func addXML(_ element: Element, in section: CIB.Section) {
    let content = element.forXML(showSecrets: writing.showSecrets).xmlOnOneLine
    sections["xml", default: Section()].items.append(
      .map([NativeValue.Entry("in", .text(section.rawValue)), NativeValue.Entry("content", .text(content))]))
  }

  // MARK: Nodes

  mutating func addNodes(_ nodes: [DesiredNode], isExport: Bool) {
    for node in nodes {
      do throws(NotExpressible) {
        let value = try writing.node(node.element, isKnownByName: isExport)
        if isExport, value == .map([]) { continue }
        guard sections["nodes", default: Section()].keys.insert(node.name).inserted else { throw NotExpressible() }
        sections["nodes"]!.entries.append(NativeValue.Entry(node.name, value))
      } catch {
        addXML(node.element, in: .nodes)
      }
    }
  }

  // MARK: Order

  /// Sees to it that new resources come in the order asked for.
  ///
  /// - Returns: the top-level keys in their order. Documents that fix no order have their resources in the order in
  ///   which they were written; a list under `order:` would say more than they do.
  mutating func settleOrder(_ configuration: DesiredConfiguration, isExport: Bool) -> [String] {
    let lists = configuration.resourceOrders.map { $0.resources.map(\.id) }
    let named = ResourceSequence.merging(lists)
    if !isExport, configuration.resourceOrders.contains(where: \.isExplicit) {
      sections["order"] = Section(items: named.map(NativeValue.text))
      return Self.keys
    }
    let topLevel = ResourceSequence.topLevel(configuration.objects)
    let wanted = ResourceSequence.ordering(topLevel, by: named)
    let isTopLevel = Set(topLevel)
    func written(_ keys: [String]) -> [String] {
      keys.flatMap { (resources[$0] ?? []).filter(isTopLevel.contains) }
    }
    if written(Self.resourceKeys) == wanted { return Self.keys }
    if lists.isEmpty {
      let places = Dictionary(topLevel.enumerated().map { ($1, $0) }) { first, _ in first }
      let resourceKeys = Self.sorted(Self.resourceKeys) { key in
        resources[key]?.lazy.compactMap { places[$0] }.first
      }
      if written(resourceKeys) == wanted {
        var next = resourceKeys.makeIterator()
        return Self.keys.map { Self.resourceKeys.contains($0) ? next.next()! : $0 }
      }
    }
    sections["order"] = Section(items: wanted.map(NativeValue.text))
    return Self.keys
  }

  /// Those that have a place, by their places; the others stay where they are.
  private static func sorted(_ keys: [String], by place: (String) -> Int?) -> [String] {
    let placed = keys.filter { place($0) != nil }.sorted { place($0)! < place($1)! }
    return ResourceSequence.ordering(keys, by: placed)
  }
}

extension Placement {
  fileprivate var value: NativeValue {
    var entries: [NativeValue.Entry] = []
    entries.append("resources", .list(resources.map { .text($0.id) }))
    entries.append("nodes", .list(nodes.map { .text($0.id) }))
    entries.append("spread", spread.map(NativeValue.text))
    return .map(entries)
  }
}

extension Deletion.Target {
  fileprivate var value: NativeValue {
    switch self {
    case .object(let id): .text(id)
    case .property(let name): .map([.init("property", .text(name))])
    case .resourceDefault(let name): .map([.init("resource-default", .text(name))])
    case .operationDefault(let name): .map([.init("operation-default", .text(name))])
    case .nodeAttribute(let node, let name): .map([.init("node-attribute", .list([.text(node), .text(name)]))])
    case .utilization(let node, let name): .map([.init("utilization", .list([.text(node), .text(name)]))])
    case .aclTarget(let id): .map([.init("acl-target", .text(id))])
    case .aclGroup(let id): .map([.init("acl-group", .text(id))])
    case .fencingLevel(let target, let index): .map([.init("fencing-level", .list([.text(target), .text(index)]))])
    }
  }
}
