import CIB
import XML

extension DesiredConfiguration {
  /// What cannot be true at once, as far as documents alone show it: ids used twice, and what is both defined and
  /// deleted.
  ///
  /// - Parameter betweenDocuments: only what is between two documents; what is wrong within each is known already.
  package func contradictions(betweenDocuments: Bool = false) -> [Diagnostic] {
    var check = ContradictionCheck(betweenDocuments: betweenDocuments)
    for object in objects { check.add(object) }
    for settings in settings { check.addIDs(in: settings.element, kind: nil, settings.location, noun: nil) }
    for node in nodes { check.add(node) }
    check.add(placements)
    if !deletions.isEmpty { check.check(deletions, against: self) }
    return check.diagnostics
  }
}

private struct ContradictionCheck {
  struct Owner {
    var noun: String
    var location: Location
  }

  let betweenDocuments: Bool
  var diagnostics: [Diagnostic] = []
  /// By id.
  var owners: [String: Owner] = [:]
  /// What has no id in the common name space, by kind and name.
  var others: [String: Owner] = [:]

  init(betweenDocuments: Bool) {
    self.betweenDocuments = betweenDocuments
  }

  // MARK: What is defined

  mutating func add(_ object: DesiredObject) {
    addIDs(in: object.element, kind: object.kind, object.location, noun: object.kind.rawValue)
    if object.element.name == "acl_target" {
      let owner = Owner(noun: "acl-target", location: object.location)
      add(owner, name: object.id, key: "acl-target \(object.id)")
    }
    if object.kind == .fencingLevel && object.element.id == nil {
      let owner = Owner(noun: "fencing-level", location: object.location)
      add(owner, name: object.id, key: "fencing-level \(object.id)")
    }
  }

  mutating func add(_ node: DesiredNode) {
    addIDs(in: node.element, kind: .node, node.location, noun: nil)
    let owner = Owner(noun: "node", location: node.location)
    add(owner, name: node.name, key: "node \(node.name)")
    if let id = node.element.id { add(owner, name: id, key: "node-id \(id)") }
  }

  mutating func addIDs(in element: Element, kind: ObjectKind?, _ location: Location, noun: String?) {
    var isFirst = true
    Identifiers.forEach(in: element, kind: kind) { id, part in
      let isObject = isFirst && noun != nil && part.id == element.id
      isFirst = false
      let owner = Owner(
        noun: isObject ? noun! : "<\(part.name)>",
        location: isObject ? location : location.of(part.position))
      add(owner, id: id)
    }
  }

  mutating func add(_ placements: [Placement]) {
    for placement in placements where !betweenDocuments {
      for reference in placement.resources + placement.nodes where !isXMLName("_" + reference.id) {
        report(
          "placement: '\(reference.id)' cannot be a part of an id (loc-RESOURCE-NODE)", at: reference.location,
          hint: "write it as a location constraint, with an id of your own")
      }
    }
    guard mayCollide(placements) else { return }
    for placement in placements {
      for resource in placement.resources {
        for node in placement.nodes {
          let id = Placement.constraintID(resource: resource.id, node: node.id)
          let owner = Owner(noun: "placement", location: resource.location)
          add(owner, id: id)
        }
      }
    }
  }

  /// Whether two of the constraints of placements, or one and something else, might have one id. Mostly not, which is
  /// seen without making thousands of ids: every resource stands in one placement only, none is called like another
  /// with a dash and more behind it, no list names a node twice, and nothing else has an id that begins with `loc-`.
  private func mayCollide(_ placements: [Placement]) -> Bool {
    var resources: Set<String> = []
    for placement in placements {
      for resource in placement.resources where !resources.insert(resource.id).inserted { return true }
      if Set(placement.nodes.map(\.id)).count < placement.nodes.count { return true }
    }
    for resource in resources {
      var end = resource.endIndex
      while let dash = resource.utf8[..<end].lastIndex(of: UInt8(ascii: "-")) {
        end = dash
        if resources.contains(String(resource[..<end])) { return true }
      }
    }
    return !resources.isEmpty && owners.keys.contains { $0.hasPrefix("loc-") }
  }

  private mutating func add(_ owner: Owner, id: String) {
    guard let known = owners.updateValue(owner, forKey: id) else { return }
    owners[id] = known
    reportDuplicate(id, known, owner)
  }

  private mutating func add(_ owner: Owner, name: String, key: String) {
    guard let known = others.updateValue(owner, forKey: key) else { return }
    others[key] = known
    reportDuplicate(name, known, owner)
  }

  private mutating func reportDuplicate(_ name: String, _ known: Owner, _ owner: Owner) {
    // Objects come before settings and nodes here, whatever the document's order is.
    let inOrder =
      known.location.document != owner.location.document || known.location.position <= owner.location.position
    let (first, second) = inOrder ? (known, owner) : (owner, known)
    guard !betweenDocuments || first.location.document != second.location.document else { return }
    let isPlacement = first.noun == "placement" || second.noun == "placement"
    report(
      "duplicate id '\(name)': this \(second.noun), and the \(first.noun) at \(first.location)", at: second.location,
      hint: isPlacement ? "a placement makes one constraint loc-RESOURCE-NODE for each resource and node" : nil)
  }

  private mutating func report(_ message: String, at location: Location, hint: String? = nil) {
    diagnostics.append(Diagnostic(.error, message, at: location, hint: hint))
  }

  // MARK: What is deleted

  mutating func check(_ deletions: [Deletion], against configuration: DesiredConfiguration) {
    let defined = DefinedTargets(configuration)
    for deletion in deletions {
      guard let place = defined.places[deletion.target] else { continue }
      guard !betweenDocuments || place.document != deletion.location.document else { continue }
      report("\(deletion.target.description) is to be deleted, and is defined at \(place)", at: deletion.location)
    }
  }
}

/// What documents define, in the words of deletions, with its place.
private struct DefinedTargets {
  var places: [Deletion.Target: Location] = [:]

  init(_ configuration: DesiredConfiguration) {
    for object in configuration.objects { places[Self.target(of: object)] = object.location }
    for placement in configuration.placements {
      for resource in placement.resources {
        for node in placement.nodes {
          let id = Placement.constraintID(resource: resource.id, node: node.id)
          places[.object(id: id)] = resource.location
        }
      }
    }
    for settings in configuration.settings {
      for (name, place) in Self.values(in: settings.element, settings.location) {
        switch settings.section {
        case .resourceDefaults: places[.resourceDefault(name)] = place
        case .operationDefaults: places[.operationDefault(name)] = place
        default: places[.property(name)] = place
        }
      }
    }
    for node in configuration.nodes {
      for set in node.element.elements {
        for (name, place) in Self.values(in: set, node.location) {
          let isUtilization = set.name == "utilization"
          places[
            isUtilization ? .utilization(node: node.name, name: name) : .nodeAttribute(node: node.name, name: name)] =
            place
        }
      }
    }
  }

  private static func target(of object: DesiredObject) -> Deletion.Target {
    switch object.kind {
    case .aclTarget: return .aclTarget(id: object.id)
    case .aclGroup: return .aclGroup(id: object.id)
    case .fencingLevel:
      return .fencingLevel(target: object.element.levelTarget, index: object.element["index"] ?? "")
    default: return .object(id: object.id)
    }
  }

  /// The names that a set gives values to; "unset" says the same as a deletion.
  private static func values(in set: Element, _ location: Location) -> [(String, Location)] {
    set.elements(named: "nvpair").compactMap { pair in
      guard let name = pair["name"], ValueSource(of: pair) != .unset else { return nil }
      return (name, location.of(pair.position))
    }
  }
}
