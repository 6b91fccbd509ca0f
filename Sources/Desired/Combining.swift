import CIB
import XML

extension DesiredConfiguration {
  /// Puts documents together into one configuration.
  ///
  /// What several documents say alike counts once, with the place of the first.
  ///
  /// - Returns: the configuration, and everything in which documents contradict each other, in their order.
  package static func combine(_ documents: [DesiredConfiguration]) -> (DesiredConfiguration, [Diagnostic]) {
    guard documents.count > 1 else { return (documents.first ?? DesiredConfiguration(), []) }
    var combining = Combining()
    for document in documents { combining.add(document) }
    combining.result.isInOrder = documents.allSatisfy(\.isInOrder)
    let diagnostics = combining.diagnostics + combining.result.contradictions(betweenDocuments: true)
    return (combining.result, inOrder(diagnostics, of: documents))
  }

  private static func inOrder(_ diagnostics: [Diagnostic], of documents: [DesiredConfiguration]) -> [Diagnostic] {
    var ranks: [String: Int] = [:]
    for name in documents.compactMap(\.documentName) where ranks[name] == nil { ranks[name] = ranks.count }
    let rank = { (diagnostic: Diagnostic) in ranks[diagnostic.location.document] ?? ranks.count }
    return diagnostics.enumerated().sorted { left, right in
      let (one, other) = (left.element, right.element)
      return (rank(one), one.location.position, left.offset) < (rank(other), other.location.position, right.offset)
    }.map(\.element)
  }

  private var documentName: String? {
    let location =
      objects.first?.location ?? settings.first?.location ?? nodes.first?.location ?? placements.first?.location
    return (location ?? deletions.first?.location)?.document
  }
}

private struct Combining {
  /// The value of a property, default or node attribute that a document gave.
  struct Value {
    var pair: Element
    /// The id of the set it is in; nil in the short form, a map.
    var set: String?
    var location: Location
  }

  var result = DesiredConfiguration()
  var diagnostics: [Diagnostic] = []
  /// Places in `result.objects`, by kind and id; in `result.nodes`, by name.
  private var objects: [ObjectKey: Int] = [:]
  private var nodes: [String: Int] = [:]
  /// Places in `result.settings` of the sets that have an id.
  private var settings: [SetKey: Int] = [:]
  private var deleted: Set<Deletion.Target> = []
  private var values: [ValueKey: [Value]] = [:]
  private var sets: [SetKey: (element: Element, location: Location)] = [:]
  private var placed: [Pair: Placement] = [:]

  private struct ObjectKey: Hashable {
    var kind: ObjectKind
    var id: String
  }

  private struct ValueKey: Hashable {
    /// A section, or a node and the element name of the set.
    var scope: String
    var name: String
  }

  private struct SetKey: Hashable {
    var scope: String
    var id: String
  }

  private struct Pair: Hashable {
    var resource: String
    var node: String
  }

  mutating func add(_ document: DesiredConfiguration) {
    if result.validateWith == nil { result.validateWith = document.validateWith }
    for object in document.objects { add(object) }
    for settings in document.settings { add(settings) }
    for node in document.nodes { add(node) }
    for placement in document.placements { add(placement) }
    result.resourceOrders += document.resourceOrders
    for deletion in document.deletions where deleted.insert(deletion.target).inserted {
      result.deletions.append(deletion)
    }
  }

  private mutating func report(_ message: String, at location: Location) {
    diagnostics.append(Diagnostic(.error, message, at: location))
  }

  // MARK: Objects

  private mutating func add(_ object: DesiredObject) {
    let key = ObjectKey(kind: object.kind, id: object.id)
    guard let index = objects[key], result.objects[index].location.document != object.location.document else {
      objects[key] = result.objects.count
      result.objects.append(object)
      return
    }
    let known = result.objects[index]
    guard !known.element.says(sameAs: object.element) else { return }
    report("\(object.kind.rawValue) '\(object.id)' differs from the one at \(known.location)", at: object.location)
  }

  // MARK: Properties, defaults

  private mutating func add(_ settings: DesiredSettings) {
    guard let rest = unsaid(settings.element, settings.location, scope: settings.section.rawValue) else { return }
    let key = rest.id.map { SetKey(scope: settings.section.rawValue, id: $0) }
    if let key, let twin = self.settings[key] {
      result.settings[twin].element.children += rest.children.map(\.withoutPosition)
      return
    }
    if let key { self.settings[key] = result.settings.count }
    result.settings.append(DesiredSettings(section: settings.section, element: rest, location: settings.location))
  }

  /// What of a set no earlier document has said; nil if that is nothing.
  private mutating func unsaid(_ set: Element, _ location: Location, scope: String) -> Element? {
    // A set with a rule, or one that stands for another, counts as a whole.
    if set.first("rule") != nil || set["id-ref"] != nil || set["score"] != nil {
      return unsaidWhole(set, location, scope: scope)
    }
    if let id = set.id, let known = sets[SetKey(scope: scope, id: id)], known.location.document != location.document {
      if known.element.first("rule") != nil || known.element["score"] != nil {
        report("set '\(id)' differs from the one at \(known.location)", at: location)
        return nil
      }
    }
    if let id = set.id, sets[SetKey(scope: scope, id: id)] == nil {
      sets[SetKey(scope: scope, id: id)] = (set, location)
    }
    var rest = set
    rest.children = set.children.filter { child in
      guard let pair = child.element else { return true }
      return isUnsaid(pair, in: set, location, scope: scope)
    }
    return rest.children.isEmpty && !set.children.isEmpty ? nil : rest
  }

  private mutating func unsaidWhole(_ set: Element, _ location: Location, scope: String) -> Element? {
    guard let id = set.id ?? set["id-ref"] else { return set }
    let key = SetKey(scope: scope, id: id)
    guard let known = sets[key], known.location.document != location.document else {
      sets[key] = (set, location)
      return set
    }
    if !known.element.says(sameAs: set) {
      report("set '\(id)' differs from the one at \(known.location)", at: location)
    }
    return nil
  }

  private mutating func isUnsaid(_ pair: Element, in set: Element, _ location: Location, scope: String) -> Bool {
    guard let name = pair["name"] else { return true }
    let place = location.of(pair.position)
    let key = ValueKey(scope: scope, name: name)
    // A map without a set's id speaks of the value, whatever set it is in.
    let known = values[key]?.first { known in
      known.location.document != location.document && (known.set == set.id || known.set == nil || set.id == nil)
    }
    guard let known else {
      values[key, default: []].append(Value(pair: pair, set: set.id, location: place))
      return true
    }
    if !known.pair.says(sameAs: pair) {
      report("the value of '\(name)' differs from the one at \(known.location)", at: place)
    }
    return false
  }

  // MARK: Nodes

  private mutating func add(_ node: DesiredNode) {
    guard let index = nodes[node.name], result.nodes[index].location.document != node.location.document else {
      nodes[node.name] = result.nodes.count
      var first = node
      first.element.children = unsaidSets(of: node)
      result.nodes.append(first)
      return
    }
    let known = result.nodes[index]
    for attribute in node.element.attributes {
      guard let value = known.element[attribute.name] else {
        result.nodes[index].element[attribute.name] = attribute.value
        continue
      }
      if value != attribute.value {
        report("node '\(node.name)': '\(attribute.name)' differs from the one at \(known.location)", at: node.location)
      }
    }
    for case .element(let set) in unsaidSets(of: node) {
      let twin = result.nodes[index].element.children.firstIndex { child in
        child.element?.name == set.name && child.element?.id == set.id
      }
      if let twin, set["id-ref"] == nil, case .element(var merged) = result.nodes[index].element.children[twin] {
        merged.children += set.children.map(\.withoutPosition)
        result.nodes[index].element.children[twin] = .element(merged)
      } else {
        result.nodes[index].element.children.append(Node.element(set).withoutPosition)
      }
    }
  }

  private mutating func unsaidSets(of node: DesiredNode) -> [Node] {
    node.element.elements.compactMap { set in
      unsaid(set, node.location, scope: "\(set.name) \(node.name)").map(Node.element)
    }
  }

  // MARK: Placements

  /// A resource on a node counts once; the same with another score is a contradiction.
  private mutating func add(_ placement: Placement) {
    var remaining: [[String]: [Reference]] = [:]
    var nodeLists: [[Reference]] = []
    for resource in placement.resources {
      let nodes = placement.nodes.filter { isUnsaid(resource, $0, placement) }
      guard !nodes.isEmpty else { continue }
      let key = nodes.map(\.id)
      if remaining[key] == nil { nodeLists.append(nodes) }
      remaining[key, default: []].append(resource)
    }
    for nodes in nodeLists {
      var rest = placement
      rest.resources = remaining[nodes.map(\.id)] ?? []
      rest.nodes = nodes
      result.placements.append(rest)
    }
    for resource in placement.resources {
      for node in placement.nodes where placed[Pair(resource: resource.id, node: node.id)] == nil {
        placed[Pair(resource: resource.id, node: node.id)] = placement
      }
    }
  }

  private mutating func isUnsaid(_ resource: Reference, _ node: Reference, _ placement: Placement) -> Bool {
    guard let known = placed[Pair(resource: resource.id, node: node.id)],
      known.location.document != placement.location.document
    else { return true }
    // Whom a resource is dealt to depends on all nodes of the deal.
    let differs =
      known.spread != placement.spread || known.spread != nil && known.nodes.map(\.id) != placement.nodes.map(\.id)
    if differs {
      report("the placement of '\(resource.id)' differs from the one at \(known.location)", at: resource.location)
    }
    return false
  }
}

extension Node {
  /// Of what goes into an element of another document: its place would be looked for in that one.
  fileprivate var withoutPosition: Node {
    guard case .element(var element) = self else { return self }
    element.position = .unknown
    element.children = element.children.map(\.withoutPosition)
    return .element(element)
  }
}

extension Element {
  /// Values and operations by what they are known by, then the rest in its order.
  private var comparableChildren: [Node] {
    var known: [(key: String, child: Node)] = []
    var rest: [Node] = []
    for child in children {
      switch child.element?.name {
      case "nvpair": known.append((nvpairKey(child.element!), child))
      case "op": known.append(("\(child.element!["name"] ?? "") \(child.element!["interval"] ?? "")", child))
      default: rest.append(child)
      }
    }
    // Of two that are known by the same, the order is meaning, and `sort` does not promise to keep it.
    let sorted = known.enumerated().sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
    return sorted.map(\.element.child) + rest
  }

  /// Whether two documents say the same: the order of attributes, values and operations does not matter, nor whether they
  /// give ids to what is known without (nvpairs, sets, operations).
  fileprivate func says(sameAs other: Element) -> Bool {
    guard name == other.name || isResourceElement(name) && isResourceElement(other.name),
      children.count == other.children.count
    else { return false }
    let ids = (id, other.id)
    if let left = ids.0, let right = ids.1, left != right { return false }
    guard attributes.count(where: { $0.name != "id" }) == other.attributes.count(where: { $0.name != "id" }),
      attributes.allSatisfy({ $0.name == "id" || other[$0.name] == $0.value })
    else { return false }
    return zip(comparableChildren, other.comparableChildren).allSatisfy { left, right in
      guard let left = left.element, let right = right.element else { return left == right }
      return left.says(sameAs: right)
    }
  }
}
