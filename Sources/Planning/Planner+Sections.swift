import CIB
import Comparison
import Desired
import XML

/// Cluster properties, defaults and nodes: what is merged value by value.
extension Planner {
  mutating func mergeSettings() {
    for section in Section.settings {
      let present = current.section(section)?.elements(named: section.setElementName!) ?? []
      var wanted = desired.settings.filter { $0.section == section }
      if !desired.isInOrder { wanted = inOrder(of: present, wanted, section) }
      let others = present.filter { $0.id != Record.setID }
      let merged =
        options.prunesAll && options.isExact
        ? exactSets(section, present: others, wanted: wanted) : mergedSets(section, present: others, wanted: wanted)
      settings[section] = Self.puttingRecordBack(into: options.restoration?.settings[section] ?? merged, from: present)
    }
  }

  /// With crmsync's record where it stood: between other sets that some tool has written after it, its place is no change.
  private static func puttingRecordBack(into sets: [Element], from present: [Element]) -> [Element] {
    guard let record = present.first(where: { $0.id == Record.setID }) else { return sets }
    return puttingBack(record, into: sets, from: present)
  }

  /// With the set before the first of those that it has stood before.
  private static func puttingBack(_ set: Element, into sets: [Element], from present: [Element]) -> [Element] {
    let later = Set(present.drop { $0.id != set.id }.dropFirst().map(SettingsChanges.name))
    var sets = sets
    sets.insert(set, at: sets.firstIndex { later.contains(SettingsChanges.name(of: $0)) } ?? sets.count)
    return sets
  }

  private mutating func mergedSets(_ section: Section, present: [Element], wanted: [DesiredSettings]) -> [Element] {
    let isProperties = section == .properties
    var merge = SettingsMerge(
      sets: present, setName: section.setElementName!, ownerName: section.rawValue,
      firstID: isProperties ? AttributeSets.bootstrapID : nil, usualID: section.usualSetID)
    merge.merge(wanted.map(\.element))
    for missing in merge.missingSecrets { reportMissing([missing.secret], at: wanted[missing.wanted].location) }
    for deletion in desired.deletions {
      switch (deletion.target, section) {
      case (.property(let name), .properties), (.resourceDefault(let name), .resourceDefaults),
        (.operationDefault(let name), .operationDefaults):
        merge.remove(name)
      default: break
      }
    }
    if options.prunes {
      prune(section.kindOfValues, from: &merge, id: { $0 })
    }
    if options.prunesAll {
      let keptNames = merge.prune(
        keeping: { isProperties && (daemonProperties.contains($0) || runTimeProperties.contains($0)) },
        in: { !isProperties || $0.id == AttributeSets.bootstrapID }
      ).kept
      for name in keptNames {
        let why = daemonProperties.contains(name) ? "written by Pacemaker itself" : "set at run time; --exact drops it"
        kept.append(Kept("property \(name)", why: why))
      }
      if isProperties {
        for set in present
        where set.id != AttributeSets.bootstrapID && !wanted.contains(where: { $0.element.id == set.id }) {
          kept.append(Kept("property set \(set.id ?? "")", why: "not cib-bootstrap-options; --exact drops it"))
        }
      }
    }
    merge.dropEmptied(since: present)
    return identified(merge.sets, section)
  }

  /// With an id for the sets that have none: the usual one, as far as it is free, which no set under a condition gets,
  /// and none that a document has for another set, be it an empty one.
  private func identified(_ sets: [Element], _ section: Section) -> [Element] {
    var sets = sets
    let wanted = desired.settings.filter { $0.section == section }
    var generator = IDGenerator(taken: Set(sets.compactMap(\.id)).union(wanted.compactMap(\.element.id)))
    let nameless = sets.indices.filter { sets[$0].id == nil && sets[$0]["id-ref"] == nil }
    func name(_ index: Int) {
      sets[index].attributes.insert(Attribute("id", generator.unique(section.usualSetID!)), at: 0)
    }
    for index in nameless where !sets[index].hasHeader { name(index) }
    generator.taken.insert(section.usualSetID!)
    for index in nameless where sets[index].hasHeader { name(index) }
    return sets
  }

  /// Takes out the values that an earlier apply brought in and no document has any more.
  ///
  /// - Parameter id: the id that the record has for the value of a name.
  private mutating func prune(_ kind: ObjectKind, from merge: inout SettingsMerge, id: (String) -> String) {
    let names = merge.prune(keeping: { !record.contains(.object(kind, id: id($0))) }).pruned
    prunedValues.formUnion(names.map { .object(kind, id: id($0)) })
  }

  /// In the cluster's order; sets that it does not have come last.
  private func inOrder(
    of present: [Element], _ wanted: [DesiredSettings], _ section: Section
  ) -> [DesiredSettings] {
    wanted.enumerated().sorted { left, right in
      let places = [left, right].map { one in
        let set = one.element.element
        // Plain and without an id it is the usual set.
        let id = set.id ?? (isUsualSet(set, id: nil) ? section.usualSetID : nil)
        return present.firstIndex { $0.id == id && $0["id-ref"] == set["id-ref"] } ?? .max
      }
      return (places[0], left.offset) < (places[1], right.offset)
    }.map(\.element)
  }

  /// `--prune-all --exact`: the sets of the documents and nothing else, but for what Pacemaker's daemons write.
  private mutating func exactSets(_ section: Section, present: [Element], wanted: [DesiredSettings]) -> [Element] {
    func isUsual(_ set: Element) -> Bool { isUsualSet(set, id: section.usualSetID) }
    var sets: [Element] = []
    for var set in wanted.map(\.element) {
      // Properties without a set are those of the set that comes first; of defaults any plain set will do.
      if section == .properties, set.id == nil, isUsual(set) {
        set.attributes.insert(Attribute("id", AttributeSets.bootstrapID), at: 0)
      }
      let same = sets.firstIndex {
        set.id != nil && $0.id == set.id || set["id-ref"] != nil && $0["id-ref"] == set["id-ref"]
          || isUsual($0) && isUsual(set)
      }
      if let same {
        sets[same].children = withoutOverruled([sets[same], set], where: { _ in true }).flatMap(\.children)
      } else {
        sets.append(set)
      }
    }
    if section == .properties {
      let wantedNames = Set(sets.flatMap { $0.elements.compactMap { $0["name"] } })
      for set in present {
        let daemons = set.children.filter { child in
          guard let name = child.element?["name"] else { return false }
          return daemonProperties.contains(name) && !wantedNames.contains(name)
        }
        guard !daemons.isEmpty else { continue }
        let given = Set(sets.flatMap { $0.elements.compactMap { $0["name"] } })
        for name in daemons.compactMap({ $0.element?["name"] }) where !given.contains(name) {
          kept.append(Kept("property \(name)", why: "written by Pacemaker itself"))
        }
        let home =
          sets.firstIndex { $0.id == set.id } ?? sets.firstIndex { $0["id-ref"] == nil && $0.first("rule") == nil }
        if let home {
          let named = Set(sets[home].elements.compactMap { $0["name"] })
          sets[home].children += daemons.filter { !named.contains($0.element?["name"] ?? "") }
        } else {
          sets.append(Element("cluster_property_set", [Attribute("id", set.id ?? "")], children: daemons))
        }
      }
    }
    // It stays, as where sets are merged: without values as it is.
    if let first = present.first(where: { $0.id == AttributeSets.bootstrapID }) {
      if let index = sets.firstIndex(where: { $0.id == AttributeSets.bootstrapID }) {
        if !SettingsMerge.gives(sets[index]), !SettingsMerge.gives(first) { sets[index] = first }
      } else {
        sets.append(Element("cluster_property_set", [Attribute("id", AttributeSets.bootstrapID)]))
      }
    }
    var alignment = Alignment()
    alignment.referencedIDs = referencedIDs
    let aligned = alignment.align(
      Element(section.rawValue, children: present.map { .element($0) }),
      to: Element(section.rawValue, children: sets.map { .element($0) }))
    reportMissing(alignment.missingSecrets, at: wanted.first?.location ?? .none)
    var result = identified(aligned.elements, section)
    // Where it stands says nothing: it is read before all others.
    if present.contains(where: { $0.id == AttributeSets.bootstrapID }),
      let index = result.firstIndex(where: { $0.id == AttributeSets.bootstrapID })
    {
      result = Self.puttingBack(result.remove(at: index), into: result, from: present)
    }
    return result
  }

  // MARK: - Nodes

  mutating func mergeNodes() {
    nodes = current.nodes
    if let restoration = options.restoration { return restoreNodes(restoration) }
    guard !desired.nodes.isEmpty || !desired.deletions.isEmpty || options.prunes || options.prunesAll && options.isExact
    else { return }
    let indexByName = Dictionary(nodes.indices.map { (nodes[$0]["uname"] ?? "", $0) }) { first, _ in first }
    var wantedByNode: [Int: [DesiredNode]] = [:]
    for node in desired.nodes {
      if let index = indexByName[node.name] {
        wantedByNode[index, default: []].append(node)
      } else if let id = node.element["id"] {
        if let other = current.nodes.first(where: { $0.id == id }) {
          report(
            "node '\(node.name)' cannot have the id '\(id)': it is the id of '\(other["uname"] ?? "")'",
            at: node.location, category: .syntax)
          continue
        }
        var alignment = Alignment()
        alignment.referencedIDs = referencedIDs
        nodes.append(alignment.forming(node.element))
        reportMissing(alignment.missingSecrets, at: node.location)
      } else if options.hasCluster {
        report(
          "the cluster has no node '\(node.name)'", at: node.location,
          hint: "a node joins through corosync or as a remote; give it an id to write its entry nevertheless")
      }
    }
    for (index, node) in current.nodes.enumerated() {
      var element = node
      for setName in ["instance_attributes", "utilization"] {
        mergeNodeSets(named: setName, into: &element, wanted: wantedByNode[index] ?? [])
      }
      if element != node { nodes[index] = element }
    }
  }

  private mutating func mergeNodeSets(named setName: String, into node: inout Element, wanted: [DesiredNode]) {
    let name = node["uname"] ?? ""
    let present = node.elements(named: setName)
    let sets = wanted.flatMap { wanted in wanted.element.elements(named: setName).map { ($0, wanted.location) } }
    var result: [Element]
    if options.prunesAll && options.isExact {
      var alignment = Alignment()
      alignment.referencedIDs = referencedIDs
      result =
        alignment.align(
          Element("node", children: present.map { .element($0) }),
          to: Element("node", children: sets.map { .element($0.0) })
        ).elements
      reportMissing(alignment.missingSecrets, at: wanted.first?.location ?? .none)
    } else {
      var merge = SettingsMerge(sets: present, setName: setName, ownerName: "node", firstID: nil, usualID: nil)
      merge.merge(sets.map(\.0))
      for missing in merge.missingSecrets { reportMissing([missing.secret], at: sets[missing.wanted].1) }
      for deletion in desired.deletions {
        switch deletion.target {
        case .nodeAttribute(name, let attribute) where setName == "instance_attributes": merge.remove(attribute)
        case .utilization(name, let attribute) where setName == "utilization": merge.remove(attribute)
        default: break
        }
      }
      if options.prunes {
        prune(setName == "utilization" ? .utilization : .nodeAttribute, from: &merge, id: { "\(name) \($0)" })
      }
      merge.dropEmptied(since: present)
      result = merge.sets
    }
    var generator = IDGenerator(taken: Set(result.compactMap(\.id)).union(sets.compactMap(\.0.id)))
    for index in result.indices where result[index].id == nil && result[index]["id-ref"] == nil {
      // crmsh's ids; attrd and crm_attribute use the same for node attributes.
      let id = "nodes-\(node.id ?? "")" + (setName == "utilization" ? "-utilization" : "")
      result[index].attributes.insert(Attribute("id", generator.unique(id)), at: 0)
    }
    Self.replaceSets(named: setName, in: &node, by: result)
  }

  private static func replaceSets(named setName: String, in node: inout Element, by result: [Element]) {
    guard result != node.elements(named: setName) else { return }
    let place = node.children.firstIndex { $0.element?.name == setName } ?? node.children.count
    node.children.removeAll { $0.element?.name == setName }
    node.children.insert(contentsOf: result.map { .element($0) }, at: min(place, node.children.count))
  }

  private mutating func restoreNodes(_ restoration: Restoration) {
    for index in nodes.indices {
      let setsByName = restoration.nodes[nodes[index]["uname"] ?? ""] ?? [:]
      for (setName, sets) in setsByName.sorted(by: { $0.key < $1.key }) {
        Self.replaceSets(named: setName, in: &nodes[index], by: sets)
      }
    }
    nodes += restoration.addedNodes
  }

  /// The nodes that a rollback takes away.
  var removedNodes: [Element] { options.restoration.map { _ in current.nodes.filter(isRemoved) } ?? [] }

  func isRemoved(_ node: Element) -> Bool {
    options.restoration?.removedNodes.contains(node["uname"] ?? "") ?? false
  }

  mutating func reportMissing(_ secrets: [MissingSecret], of owner: String? = nil, at location: Location) {
    guard options.hasCluster else { return }
    for secret in secrets {
      let what = "'\(secret.name)'" + (owner.map { " of '\($0)'" } ?? "")
      report(
        "the value of \(what) is to be kept, but the cluster has none", at: location, category: .syntax,
        hint: secret.isAttribute ? "write the value itself" : "give the value as {file: PATH} or {env: NAME}")
    }
  }
}

extension Section {
  /// What a value in this section of properties or defaults is.
  var kindOfValues: ObjectKind {
    switch self {
    case .properties: .property
    case .resourceDefaults: .resourceDefault
    default: .operationDefault
    }
  }
}

extension Element {
  /// Whether more is told of a set than its values: when it holds, or how much it weighs.
  var hasHeader: Bool { attributeSetHeader(self) != attributeSetHeader(Element(name)) }
}
