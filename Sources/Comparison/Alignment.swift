import CIB
import XML

/// Brings what a document says into the words the cluster has for it.
///
/// The result of an alignment means exactly what the document says; wherever the cluster's element says the same, it
/// is the cluster's own: its ids, its spelling, its order, its comments. So "no change" is simply a result equal to the
/// cluster's element, and a change shows nothing but what differs.
package struct Alignment {
  /// Ids that an `id-ref` somewhere names: where a document gives such an id it is meaning, elsewhere ids are not.
  package var referencedIDs: Set<String> = []
  /// Whether even these are no meaning, because the references will follow.
  package var keepsReferencedIDs = false
  /// The cluster's ids that stay, by those that the document has in their place.
  package private(set) var keptIDs: [String: String] = [:]
  /// Whether a meta attribute that the document does not have stays: `target-role` and the like, set at run time.
  package var keepsMetaAttribute: (_ nvpair: Element) -> Bool = { _ in false }
  /// The meta attributes that stayed although the document does not have them.
  package private(set) var kept: [Element] = []
  package private(set) var missingSecrets: [MissingSecret] = []

  package init() {}

  /// - Returns: the element for the cluster: `current` itself where `desired` means the same.
  package mutating func align(_ current: Element, to desired: Element) -> Element {
    align(current, to: desired, in: "")
  }

  /// Forms an element for something the cluster does not have: sources of values that ask for the cluster's are
  /// reported, values to be unset are left out.
  package mutating func forming(_ desired: Element) -> Element {
    if isFormed(desired) { return desired }
    var result = desired
    result.attributes.removeAll { attribute in
      guard isKept(attribute, of: desired.name) else { return false }
      missingSecrets.append(MissingSecret(attribute.name, isAttribute: true))
      return true
    }
    result.children = desired.children.compactMap { child in
      guard case .element(let element) = child else { return nil }
      switch ValueSource(of: element) {
      case .unset: return nil
      case .keep:
        missingSecrets.append(MissingSecret(element["name"] ?? ""))
        return nil
      default:
        let formed = forming(element)
        return saysNothing(formed) && !isEmptySet(element) ? nil : .element(formed)
      }
    }
    return result
  }

  /// Whether the element is what is to be written, as it stands: nearly every one is.
  private func isFormed(_ desired: Element) -> Bool {
    for attribute in desired.attributes {
      if isKept(attribute, of: desired.name) || attribute.name.hasPrefix(ValueSource.attributePrefix) { return false }
    }
    for child in desired.children {
      guard case .element(let element) = child, isFormed(element) else { return false }
    }
    return true
  }

  // MARK: - Elements

  private mutating func align(_ current: Element, to desired: Element, in parent: String) -> Element {
    if Self.isPlainlySame(current, desired, referencedIDs: referencedIDs) { return current }
    let desired = desired.asPromotableClone()
    guard current.name == "master", desired.name == "clone" else { return alignParts(current, desired, in: parent) }
    // Promotable: said in the old way. Not promotable: a clone in place of the <master>.
    if isAlwaysPromotable(desired) {
      let result = alignParts(current.withoutPromotable(), desired.withoutPromotable(), in: parent)
      return restoringPromotable(result, as: current)
    }
    var clone = current
    clone.name = "clone"
    return alignParts(clone, desired, in: parent)
  }

  private mutating func alignParts(_ current: Element, _ desired: Element, in parent: String) -> Element {
    var result = current
    result.attributes = alignedAttributes(current, desired, in: parent)
    result.children = alignedChildren(current, desired, in: parent)
    return result
  }

  /// Whether the two are alike as they stand, ids aside: the quick answer for most of a configuration, without any
  /// memory taken.
  package static func isPlainlySame(_ current: Element, _ desired: Element, referencedIDs: Set<String>) -> Bool {
    guard current.name == desired.name else { return false }
    var desiredCount = 0
    var currentCount = current.attributes.count
    for attribute in desired.attributes {
      if attribute.name == ValueSource.secretMark { continue }
      if let value = current[attribute.name], value.isIdentical(to: attribute.value) {
        desiredCount += 1
        continue
      }
      guard attribute.name == "id", !idIsMeaning(of: desired.name), !referencedIDs.contains(attribute.value),
        // The set of this id comes before all others.
        attribute.value != AttributeSets.bootstrapID, current.id != AttributeSets.bootstrapID
      else { return false }
      if current.id != nil { currentCount -= 1 }
    }
    if desired.id == nil, current.id != nil {
      if idIsMeaning(of: current.name) { return false }
      currentCount -= 1
    }
    guard currentCount == desiredCount else { return false }
    var index = 0
    for child in current.children {
      guard case .element(let child) = child else {
        if case .comment = child { continue }
        return false
      }
      while index < desired.children.count, desired.children[index].element == nil { index += 1 }
      guard index < desired.children.count, case .element(let other) = desired.children[index],
        isPlainlySame(child, other, referencedIDs: referencedIDs)
      else { return false }
      index += 1
    }
    return !desired.children[index...].contains { $0.element != nil }
  }

  /// Whether the clone is promotable, and under no condition is not.
  private func isAlwaysPromotable(_ clone: Element) -> Bool {
    let sets = AttributeSets.byPrecedence(clone.elements(named: "meta_attributes")).filter { set in
      set.elements.contains { $0["name"] == "promotable" }
    }
    guard let value = sets.first?.elements.first(where: { $0["name"] == "promotable" })?["value"] else { return false }
    return Values.boolean(value) == true && !sets.contains { $0.first("rule") != nil }
  }

  /// With what the sets of the cluster's `<master>` say of `promotable`: it means nothing there, so it stays.
  private func restoringPromotable(_ master: Element, as current: Element) -> Element {
    var result = master
    for set in current.elements(named: "meta_attributes") {
      let place = result.children.firstIndex { $0.element?.name == set.name && $0.element?.id == set.id }
      guard let place, case .element(var same) = result.children[place] else { continue }
      for (index, child) in set.children.enumerated() where child.element?["name"] == "promotable" {
        same.children.insert(child, at: min(index, same.children.count))
      }
      result.children[place] = .element(same)
    }
    return result
  }

  // MARK: - Attributes

  private func isKept(_ attribute: Attribute, of element: String) -> Bool {
    attribute.value == Secret.keep && Secret.mayBeKept(attribute.name, of: element)
  }

  private mutating func alignedAttributes(_ current: Element, _ desired: Element, in parent: String) -> [Attribute] {
    func isSame(_ name: String) -> Bool {
      if current[name] != nil, desired[name].map({ isKept(Attribute(name, $0), of: desired.name) }) ?? false {
        return true
      }
      if name == "value", current.name == "nvpair" {
        if current["value"] == Secret.outsideOfCIB, desired["value"] != nil { return true }
        guard let currentValue = current["value"], let desiredValue = desired["value"] else {
          return current["value"] == desired["value"]
        }
        return nvpairType(in: parent, name: desired["name"] ?? "").areSame(currentValue, desiredValue)
      }
      return isSameMeaning(name, current, desired)
    }

    let desiredNames = desired.attributes.map(\.name).filter { $0 != ValueSource.secretMark }
    let keepsCurrentID =
      !idIsMeaning(of: desired.name)
      && (keepsReferencedIDs || !(desired.id.map { $0 != current.id && referencedIDs.contains($0) } ?? false))
    if keepsReferencedIDs, keepsCurrentID, let id = desired.id, referencedIDs.contains(id) { keptIDs[id] = current.id }
    var differs = false
    var result: [Attribute] = []
    for attribute in current.attributes {
      if attribute.name == "id" && keepsCurrentID || isSame(attribute.name) {
        result.append(attribute)
      } else {
        differs = true
        if let value = desired[attribute.name] { result.append(Attribute(attribute.name, value)) }
      }
    }
    for name in desiredNames where current[name] == nil && !(name == "id" && keepsCurrentID && current.id != nil) {
      guard name == "id" || !isSame(name) else { continue }
      if isKept(Attribute(name, desired[name]!), of: desired.name) {
        missingSecrets.append(MissingSecret(name, isAttribute: true))
        continue
      }
      differs = true
      result.append(Attribute(name, desired[name]!))
    }
    // What an ordering means by leaving these out depends on what has just changed.
    if differs, current.name == "rsc_order" {
      for name in ["then-action", "symmetrical"] {
        var element = current
        element.attributes = result
        if !isSameMeaning(name, element, desired) {
          element[name] = desired[name]
          result = element.attributes
        }
      }
    }
    if differs, let mark = desired[ValueSource.secretMark] { result.append(Attribute(ValueSource.secretMark, mark)) }
    return result
  }

  private func isSameMeaning(_ attribute: String, _ left: Element, _ right: Element) -> Bool {
    switch (SchemaAttribute.meaning(of: attribute, in: left), SchemaAttribute.meaning(of: attribute, in: right)) {
    case (let left?, let right?): left.isIdentical(to: right)
    case (nil, nil): true
    default: false
    }
  }

  /// `parent` is the path of the set: `operation/meta_attributes`.
  private func nvpairType(in parent: String, name: String) -> ValueType {
    let parts = parent.split(separator: "/")
    guard let set = parts.last else { return .text }
    return NVPairContext(set: String(set), in: parts.count > 1 ? String(parts[parts.count - 2]) : "").type(of: name)
  }

  // MARK: - Children

  private mutating func alignedChildren(_ current: Element, _ desired: Element, in parent: String) -> [Node] {
    let path = parent.isEmpty ? current.name : "\(parent.split(separator: "/").last ?? "")/\(current.name)"
    // In the order in which they come first: what is kept is told in it.
    var families: [ChildFamily] = []
    var present: [ChildFamily: [Element]] = [:]
    for case .element(let child) in current.children {
      let family = ChildFamily(of: child.name)
      if present[family] == nil { families.append(family) }
      present[family, default: []].append(child)
    }
    var wanted: [ChildFamily: [Element]] = [:]
    for case .element(let child) in desired.children {
      let family = ChildFamily(of: child.name)
      if wanted[family] == nil, present[family] == nil { families.append(family) }
      wanted[family, default: []].append(child)
    }

    // For every family the children it is to have, in order, and which of the current ones live on in them.
    var sequences: [ChildFamily: [Element]] = [:]
    var survivors: [ChildFamily: [Bool]] = [:]
    for family in families {
      let (sequence, survives) = alignedFamily(
        family, present[family] ?? [], wanted[family] ?? [], path: path, owner: current.name)
      sequences[family] = sequence
      survivors[family] = survives
    }

    // The current children's places are filled with their family's sequence; what is new follows the family's last.
    var result: [Node] = []
    var seen: [ChildFamily: Int] = [:]
    var placed: [ChildFamily: Int] = [:]
    for child in current.children {
      guard case .element(let element) = child else {
        result.append(child)
        continue
      }
      let family = ChildFamily(of: element.name)
      let index = seen[family, default: 0]
      seen[family] = index + 1
      let sequence = sequences[family]!
      var next = placed[family, default: 0]
      if survivors[family]![index], next < sequence.count {
        result.append(.element(sequence[next]))
        next += 1
      }
      if index + 1 == present[family]!.count {
        result += sequence[next...].map { .element($0) }
        next = sequence.count
      }
      placed[family] = next
    }
    for family in families where present[family] == nil {
      result += sequences[family]!.map { .element($0) }
    }
    return result
  }

  /// Matches the wanted children of a family with those that are there.
  ///
  /// - Returns: the children to be, in order, and for each present one whether its place is still needed.
  private mutating func alignedFamily(
    _ family: ChildFamily, _ present: [Element], _ wanted: [Element], path: String, owner: String
  ) -> ([Element], [Bool]) {
    // A set that says nothing is no difference, on either side.
    let wanted = wanted.filter { !saysNothing($0) }
    var matchOfWanted = [Int?](repeating: nil, count: wanted.count)
    let emptySets = present.map(saysNothing)
    var isTaken = [Bool](repeating: false, count: present.count)
    var places = Array(wanted.indices)
    if isAttributeSet(family.name), places.count > 1 {
      // One that only wants values gone takes no set from one that gives some.
      places = places.filter { !onlyUnsets(wanted[$0]) } + places.filter { onlyUnsets(wanted[$0]) }
    }
    for key in matchingKeys(for: family, path: path) {
      var candidates: [String: [Int]] = [:]
      for (index, element) in present.enumerated().reversed() where !isTaken[index] {
        if let value = key(element) { candidates[value, default: []].append(index) }
      }
      if candidates.isEmpty { continue }
      for index in places where matchOfWanted[index] == nil {
        guard let value = key(wanted[index]), let match = candidates[value]?.popLast() else { continue }
        matchOfWanted[index] = match
        isTaken[match] = true
      }
    }
    // Of several plain sets the last wins, so that one is the one that a document's only set speaks of.
    if isAttributeSet(family.name), wanted.count == 1, wanted[0].id == nil, let match = matchOfWanted[0] {
      let last = present.indices.last {
        attributeSetHeader(present[$0]) == attributeSetHeader(wanted[0]) && !emptySets[$0]
      }
      if let last, last != match {
        isTaken[match] = false
        isTaken[last] = true
        matchOfWanted[0] = last
      }
    }

    var aligned = [Element?](repeating: nil, count: present.count)
    var sequence: [(order: Int, element: Element)] = []
    for (index, element) in wanted.enumerated() {
      let source = ValueSource(of: element)
      if let match = matchOfWanted[index] {
        switch source {
        case .keep: aligned[match] = present[match]
        case .unset: continue
        default: aligned[match] = align(present[match], to: element, in: path)
        }
        sequence.append((match, aligned[match]!))
      } else {
        switch source {
        case .unset: continue
        case .keep: missingSecrets.append(MissingSecret(element["name"] ?? ""))
        default:
          let formed = forming(element)
          // A set of which nothing is left: everything in it was to be unset.
          if !saysNothing(formed) { sequence.append((Int.max, formed)) }
        }
      }
    }

    // What no document has goes, but for what people set at run time.
    let unset = Set(wanted.filter { ValueSource(of: $0) == .unset }.compactMap { $0["name"] })
    for (index, element) in present.enumerated() where aligned[index] == nil {
      if emptySets[index] {
        aligned[index] = element
      } else if family.name == "nvpair", path.hasSuffix("/meta_attributes"), !path.hasPrefix("op/"),
        !unset.contains(element["name"] ?? ""), keepsMetaAttribute(element)
      {
        kept.append(element)
        aligned[index] = element
      } else if family.name == "meta_attributes", owner != "op", let remainder = remainderOfSet(element) {
        aligned[index] = remainder
      } else {
        continue
      }
      sequence.append((index, aligned[index]!))
    }

    if family.orderIsMeaning {
      // What stayed without being wanted keeps its place as well as it can: in front of the wanted that follow it.
      let extra = present.indices.filter { index in aligned[index] != nil && !matchOfWanted.contains(index) }
      var ordered = sequence.filter { !extra.contains($0.order) }
      for index in extra {
        let place = ordered.firstIndex { $0.order > index && $0.order != Int.max } ?? ordered.endIndex
        ordered.insert((index, aligned[index]!), at: place)
      }
      sequence = ordered
    } else {
      sequence.sort { $0.order < $1.order }
    }
    return (sequence.map(\.element), aligned.map { $0 != nil })
  }

  /// Whether the set is empty, and no `id-ref` leads to it.
  private func saysNothing(_ set: Element) -> Bool {
    isEmptySet(set) && set.id.map { !referencedIDs.contains($0) } ?? true
  }

  private func onlyUnsets(_ set: Element) -> Bool { set.elements.allSatisfy { ValueSource(of: $0) == .unset } }

  /// A set that no document has, reduced to what people set in it at run time; nil where that is nothing.
  private mutating func remainderOfSet(_ set: Element) -> Element? {
    guard set.first("rule") == nil else { return nil }
    var remainder = set
    remainder.children = set.children.filter { child in
      guard let nvpair = child.element else { return true }
      return nvpair.name == "nvpair" && keepsMetaAttribute(nvpair)
    }
    guard !remainder.elements.isEmpty else { return nil }
    kept += remainder.elements
    return remainder
  }

  // MARK: - Matching

  /// How the children of a family are recognised, the surest way first. A way gives an element a key, or nil where
  /// it cannot judge; elements with equal keys are the same, the first with the first.
  private func matchingKeys(for family: ChildFamily, path: String) -> [(Element) -> String?] {
    switch family.name {
    case "nvpair": return [{ nvpairKey($0) }]
    case "op": return [{ operationKey($0) }]
    case "member", "resource_ref", "obj_ref", "role", "role_ref": return [{ $0.id }]
    case "resource_set": return [{ $0.id ?? $0["id-ref"] }, { canonicalText(of: $0) }, { _ in "" }]
    case "cluster_property_set":
      // The set of this id comes before all others, so that its id is meaning.
      return [
        { set in set["id-ref"].map { "#" + $0 } },
        { $0.id },
        { set in
          set["id-ref"] != nil || set.id == AttributeSets.bootstrapID || saysNothing(set)
            ? nil : attributeSetHeader(set)
        },
      ]
    case "instance_attributes", "meta_attributes", "utilization":
      return [
        { set in set["id-ref"].map { "#" + $0 } },
        { set in set["id-ref"] == nil ? set.id.map { "\($0) \(attributeSetHeader(set))" } : nil },
        { set in set["id-ref"] != nil || saysNothing(set) ? nil : attributeSetHeader(set) },
      ]
    case "rule", "expression", "date_expression", "rsc_expression", "op_expression", "acl_permission":
      return [
        { canonicalText(of: $0) }, { $0.id }, { $0["attribute"] ?? $0["xpath"] ?? $0["reference"] }, { _ in "" },
      ]
    case "port-mapping": return [{ $0["port"] ?? $0["range"] }, { $0.id }]
    case "storage-mapping": return [{ $0["target-dir"] }, { $0.id }]
    case "recipient":
      // Of those whose value a document leaves to the cluster, the first is the first.
      return [
        { $0["value"] }, { $0.id },
        { $0["value"].flatMap { $0 == Secret.keep || Secret.isURLWithUser($0) ? "" : nil } },
      ]
    case "attribute": return [{ $0["name"] }]
    default: return [{ $0.id }, { _ in "" }]
    }
  }
}

/// What distinguishes an attribute set from its siblings: when it holds, and how much it weighs.
package func attributeSetHeader(_ set: Element) -> String {
  let score = set["score"].map(ValueType.score.normalized) ?? "0"
  return "\(score) \(set.first("rule").map { canonicalText(of: $0) } ?? "")"
}

/// Operations are told apart by name and interval (tried on Pacemaker 2.1.5: not by role).
package func operationKey(_ operation: Element) -> String? {
  if let reference = operation["id-ref"] { return "#" + reference }
  let interval = operation["interval"] ?? "0"
  return "\(operation["name"] ?? "") \(ValueType.duration.normalized(interval))"
}
