import CIB
import Comparison
import Desired
import XML

/// What an operator would want to know before anything is written: the target is looked at as a whole. What the
/// cluster had already, and the documents leave as it is, is at most a warning.
extension Planner {
  mutating func check(_ target: Configuration) {
    checkReferences(target)
    checkPlacement(target)
    if options.hasCluster {
      checkFencing(target)
      checkNodeNames(target)
    }
    checkAddresses(target)
    checkOperations(target)
    checkValues()
    checkText(target)
    checkDropped()
  }

  // MARK: - Who is to blame

  private func isUnchanged(_ object: CIBObject) -> Bool {
    current.object(object.kind, object.id) == object
  }

  /// An error where the object is new or changed, a warning where it is as it was and a document has it, else nothing.
  /// What a rollback puts back is as it was as well: the cluster had it so, and what the schema does not allow is not taken.
  private mutating func blame(
    _ object: CIBObject, _ message: String, at position: SourcePosition = .unknown,
    category: Diagnostic.Category = .reference, hint: String? = nil, broken: Bool = false
  ) {
    let wanted = wantedObject(object)
    let isOld = isUnchanged(object) && !broken
    if isOld && wanted == nil { return }
    var location = wanted?.location ?? .none
    if position != .unknown, !location.document.isEmpty { location.position = position }
    let isKnown = isOld || options.restoration != nil && !isUnchanged(object)
    diagnostics.append(Diagnostic(isKnown ? .warning : .error, message, at: location, category: category, hint: hint))
  }

  // MARK: - References

  private mutating func checkReferences(_ target: Configuration) {
    // All ids there are, with what has them; few configurations have anything that asks for them.
    lazy var ids = desired.nodes.reduce(into: namesByID(in: target.element)) { ids, node in
      ids.merge(namesByID(in: node.element)) { first, _ in first }
    }
    // What a placement makes of it for each of its nodes is told once, as the placement's.
    let unplaced = placedResources.filter { target.resource($0) == nil }
    for object in target.objects {
      let element = object.element
      switch object.kind {
      case .location where !unplaced.isEmpty && isOfPlacement(object, of: unplaced): break
      case .primitive:
        if let template = element["template"], target.object(template)?.kind != .template {
          refer(object, to: template, as: "template", expected: "a template", position: element.position)
        }
      case .group, .clone, .bundle:
        for member in element.elements where isResourceElement(member.name) {
          checkMember(member, of: object, target)
        }
      case .location, .colocation, .order, .ticket: checkConstraint(object, target)
      case .tag:
        if element.elements(named: "obj_ref").contains(where: { $0.id == object.id }) {
          blame(object, "tag '\(object.id)' names itself", at: element.position)
        }
        for reference in element.elements(named: "obj_ref") where ids[reference.id ?? ""] == nil {
          refer(object, to: reference.id ?? "", as: "an object", position: reference.position)
        }
      case .fencingLevel: checkLevel(object, target)
      case .aclTarget, .aclGroup:
        for role in element.elements
        where ["role", "role_ref"].contains(role.name) && target.object(role.id ?? "")?.kind != .aclRole {
          refer(object, to: role.id ?? "", as: "role", expected: "an ACL role", position: role.position)
        }
      case .aclRole:
        for permission in element.elements {
          if let reference = permission["reference"], ids[reference] == nil {
            refer(object, to: reference, as: "an object", position: permission.position)
          }
        }
      default: break
      }
      if !referencedIDs.isEmpty { checkIDReferences(element, of: object, ids) }
    }
    if !referencedIDs.isEmpty {
      for settings in desired.settings where settings.section != .unknown {
        checkIDReferences(settings.element, settings.section.rawValue, at: settings.location, ids)
      }
      for node in desired.nodes { checkIDReferences(node.element, "node '\(node.name)'", at: node.location, ids) }
    }
    for placement in desired.placements {
      for resource in placement.resources where target.resource(resource.id) == nil {
        refer("placement", toResource: resource)
      }
      for resource in placement.resources {
        guard target.resource(resource.id) != nil, let outer = target.cloneOrBundle(around: resource.id) else {
          continue
        }
        warn("placement", doesNothingFor: resource.id, inside: outer, at: resource.location)
      }
    }
  }

  private var placedResources: Set<String> { Set(desired.placements.flatMap(\.resources).map(\.id)) }

  private func isOfPlacement(_ location: CIBObject, of resources: Set<String>) -> Bool {
    guard let resource = location.element["rsc"], let node = location.element["node"] else { return false }
    return resources.contains(resource) && Placement.isConstraintID(location.id, resource: resource, node: node)
  }

  /// `order:` names top-level resources; it changes nothing by itself, so that it is looked at where nothing changes.
  mutating func checkResourceOrders(parents: [String: String]) {
    for order in desired.resourceOrders where order.isExplicit {
      for resource in order.resources {
        if draft[resource.id]?.kind.isResource != true {
          refer("order", toResource: resource)
        } else if let parent = parents[resource.id] {
          report("order names '\(resource.id)', which is inside '\(parent)', not at the top", at: resource.location)
        }
      }
    }
  }

  private mutating func refer(
    _ object: CIBObject, to id: String, as role: String, expected: String? = nil, position: SourcePosition
  ) {
    let fault = fault(of: id, expected: expected)
    blame(
      object,
      "\(object.kind.rawValue) '\(object.id)' refers to \(role == "an object" ? "" : role + " ")'\(id)', \(fault.text)",
      at: position, category: fault.category, hint: fault.hint, broken: isDeleted(id))
  }

  /// What is wrong with a reference to the id.
  private func fault(
    of id: String, expected: String?
  ) -> (text: String, category: Diagnostic.Category, hint: String?) {
    if let expected, let other = draft[id] {
      return ("which is \(other.kind.withArticle), not \(expected)", .reference, nil)
    }
    if isDeleted(id) { return ("which is to be deleted", .reference, nil) }
    return ("which is not defined", .missing, suggestion(for: id))
  }

  /// Whether the object goes; without a cluster, what documents delete counts as being there.
  private func isDeleted(_ id: String) -> Bool {
    guard draft[id] == nil else { return false }
    if options.hasCluster { return current.object(id) != nil }
    return desired.deletions.contains { $0.target == .object(id: id) }
  }

  private mutating func refer(_ what: String, toResource resource: Reference) {
    let fault = fault(of: resource.id, expected: "a resource")
    report(
      "\(what) refers to '\(resource.id)', \(fault.text)", at: resource.location, category: fault.category,
      hint: fault.hint)
  }

  private func suggestion(for id: String) -> String? {
    Suggestion.hint(for: id, among: draft.all.map(\.id))
  }

  private mutating func checkMember(_ member: Element, of object: CIBObject, _ target: Configuration) {
    let id = member.id ?? ""
    // Told already: it is inside itself.
    if id == object.id { return }
    // The member's own place is where it is defined, not where the group names it.
    let place = wantedObject(object)?.element.elements.first { $0.id == id }?.position ?? member.position
    let allowed: [ObjectKind] = object.kind == .clone ? [.primitive, .group] : [.primitive]
    if let kind = draft[id]?.kind, allowed.contains(kind) { return }
    if draft[id] == nil {
      refer(object, to: id, as: "member", position: place)
    } else {
      refer(
        object, to: id, as: "member",
        expected: object.kind == .clone ? "a primitive or a group" : "a primitive",
        position: place)
    }
  }

  private mutating func checkConstraint(_ object: CIBObject, _ target: Configuration) {
    func check(_ id: String, _ role: String, _ position: SourcePosition, _ planner: inout Planner) {
      switch target.object(id)?.kind {
      case .primitive, .group: planner.checkIsOutsideOfClones(id, of: object, at: position, target)
      case .clone, .bundle, .template, .tag: return
      default:
        planner.refer(
          object, to: id, as: role, expected: "a resource, a template or a tag",
          position: position == .unknown ? object.element.position : position)
      }
    }
    for (one, other) in [("rsc", "with-rsc"), ("first", "then")] {
      if let id = object.element[one], id == object.element[other] {
        blame(
          object, "\(object.kind.rawValue) '\(object.id)' is between '\(id)' and itself", at: object.element.position)
      }
    }
    for name in ["rsc", "with-rsc", "first", "then"] {
      if let id = object.element[name] { check(id, name, object.element.position, &self) }
    }
    for set in object.element.elements(named: "resource_set") {
      for reference in set.elements(named: "resource_ref") {
        check(reference.id ?? "", "resource", reference.position, &self)
      }
    }
  }

  /// Pacemaker passes over constraints of what is in a clone or bundle ("is not a valid resource or tag", 2.1.5).
  private mutating func checkIsOutsideOfClones(
    _ id: String, of constraint: CIBObject, at position: SourcePosition, _ target: Configuration
  ) {
    guard let outer = target.cloneOrBundle(around: id), !isOfPlacement(constraint, of: placedResources) else { return }
    let wanted = wantedObject(constraint)
    if wanted == nil, isUnchanged(constraint), current.cloneOrBundle(around: id)?.id == outer.id { return }
    var location = wanted?.location ?? .none
    if position != .unknown, !location.document.isEmpty { location.position = position }
    warn("\(constraint.kind.rawValue) '\(constraint.id)'", doesNothingFor: id, inside: outer, at: location)
  }

  private mutating func warn(_ what: String, doesNothingFor id: String, inside outer: CIBObject, at location: Location)
  {
    let container = "\(outer.kind.rawValue) '\(outer.id)'"
    warn(
      "\(what) does nothing for '\(id)', which is inside \(container)", at: location,
      hint: "name '\(outer.id)' in its place")
  }

  private mutating func checkLevel(_ object: CIBObject, _ target: Configuration) {
    for device in (object.element["devices"] ?? "").split(separator: ",").map(String.init) {
      guard let resource = target.resource(device), resource.kind == .primitive else {
        let fault = fault(of: device, expected: "a fencing device")
        // Taking a device out would let fencing succeed with one power supply still on.
        let hint = isDeleted(device) ? "restate the level without it, or delete the level" : fault.hint
        blame(
          object,
          "fencing level \(object.element["index"] ?? "") of \(object.element.levelTarget) needs device '\(device)', "
            + fault.text, at: object.element.position, category: fault.category, hint: hint, broken: isDeleted(device))
        continue
      }
      if let agentClass = target.agent(of: resource.element)["class"], agentClass != "stonith" {
        blame(
          object, "fencing level of \(object.element.levelTarget) names '\(device)', which is no fencing device",
          at: object.element.position)
      }
    }
  }

  /// - Parameter ids: the names of the elements that have them. Pacemaker looks among elements of the same name.
  private mutating func checkIDReferences(_ element: Element, of object: CIBObject, _ ids: [String: String]) {
    if let fault = fault(ofReferenceIn: element, ids) {
      blame(
        object, "\(object.kind.rawValue) '\(object.id)' refers to \(fault.text)", at: element.position,
        category: fault.category, broken: fault.category == .missing)
    }
    for case .element(let child) in element.children { checkIDReferences(child, of: object, ids) }
  }

  /// The same for what is no object: a set of properties or defaults, or a node. What the cluster has is a warning.
  private mutating func checkIDReferences(
    _ element: Element, _ owner: String, at location: Location, _ ids: [String: String]
  ) {
    if let fault = fault(ofReferenceIn: element, ids) {
      var place = location
      if element.position != .unknown { place.position = element.position }
      let message = "\(owner) refers to \(fault.text)"
      if fault.category == .reference, current.element.refers(to: element["id-ref"]!, by: element.name) {
        warn(message, at: place)
      } else {
        report(message, at: place, category: fault.category)
      }
    }
    for case .element(let child) in element.children { checkIDReferences(child, owner, at: location, ids) }
  }

  private func fault(
    ofReferenceIn element: Element, _ ids: [String: String]
  ) -> (text: String, category: Diagnostic.Category)? {
    guard let reference = element["id-ref"], !ids.isEmpty, ids[reference] != element.name else { return nil }
    guard let other = ids[reference] else { return ("\(element.name) '\(reference)', which is not defined", .missing) }
    return ("\(element.name) '\(reference)', which is the id of <\(other)>", .reference)
  }

  // MARK: - Placement

  private mutating func checkPlacement(_ target: Configuration) {
    guard target.isOptIn else { return }
    let allowed = PlacedResources(target)
    let before = current.isOptIn ? PlacedResources(current) : nil
    for object in target.objects where object.kind.isResource {
      // A group, clone or bundle speaks for what is inside.
      guard target.parent(of: object.id) == nil, !allowed.contains(object.id, in: target) else { continue }
      let inner = [object] + object.memberIDs.compactMap(target.object)
      let isCritical = inner.contains { target.isFencingDevice($0.element) || target.isRemote($0.element) }
      let wasSoBefore =
        before.map { current.resource(object.id) != nil && !$0.contains(object.id, in: current) } ?? false
      let wanted = wantedObject(object)
      if wasSoBefore && wanted == nil { continue }
      let (what, consequence) =
        target.isRemote(object.element)
        ? ("remote node", "; Pacemaker would fence it")
        : target.isFencingDevice(object.element)
          ? ("fencing device", "; it could fence nothing") : (object.kind.rawValue, "")
      diagnostics.append(
        Diagnostic(
          isCritical && !wasSoBefore ? .error : .warning,
          "nothing allows \(what) '\(object.id)' to run anywhere in this opt-in cluster\(consequence)",
          at: wanted?.location ?? .none, category: .placement,
          hint: "list it in placement:, or give it a location constraint"))
    }
  }

  // MARK: - Fencing

  private mutating func checkFencing(_ target: Configuration) {
    // As things are without rules, and as they may be by one.
    let devices = [false, true].map { everByRule in
      (before: activeFencingDevices(current, everByRule), after: activeFencingDevices(target, everByRule))
    }
    let (before, after) = (current.fencing, target.fencing)
    let isDisabled = before.upTo301 && !after.upTo301 || before.since302 && !after.since302
    let isExplicitlyOn = current.fencingProperty("enabled").since302 != nil
    if isDisabled, !devices[0].before.isEmpty || isExplicitlyOn {
      refuse("fencing would be disabled")
    }
    if let lost = devices.first(where: { !$0.before.isEmpty && $0.after.isEmpty })?.before {
      refuse("the last fencing device (\(lost.sorted().joined(separator: ", "))) would be removed or disabled")
    }
    if after != (false, false), devices[0].after.isEmpty, target.objects.contains(where: { $0.kind.isResource }) {
      warn(
        "fencing is enabled, but there is no fencing device: Pacemaker will start nothing",
        hint: "define one under stonith:, or set stonith-enabled: false in a test cluster")
    }
  }

  private mutating func refuse(_ message: String) {
    if options.allowsUnfenced {
      warn(message)
    } else {
      refusals.append(Refusal(message, option: "--allow-unfenced"))
    }
  }

  private func activeFencingDevices(_ configuration: Configuration, _ everByRule: Bool) -> Set<String> {
    var devices: Set<String> = []
    for object in configuration.objects where object.kind == .primitive {
      guard configuration.isFencingDevice(object.element) else { continue }
      if !configuration.isStopped(object.id, everByRule: everByRule) { devices.insert(object.id) }
    }
    return devices
  }

  // MARK: - Names, addresses, operations

  private mutating func checkNodeNames(_ target: Configuration) {
    var known = Set(target.nodes.compactMap { $0["uname"] })
    for object in target.objects where object.kind == .primitive {
      if target.isRemote(object.element) { known.insert(object.id) }
      if let guest = target.metaAttribute("remote-node", of: object.id) { known.insert(guest) }
    }
    var reported: Set<String> = []
    func report(_ name: String, _ location: Location, _ planner: inout Planner) {
      guard !known.contains(name), reported.insert(name).inserted else { return }
      planner.warn(
        "no member and no remote node is called '\(name)'", at: location,
        hint: Suggestion.hint(for: name, among: Array(known)))
    }
    for placement in desired.placements {
      for node in placement.nodes { report(node.id, node.location, &self) }
    }
    for object in desired.objects {
      guard object.kind == .location || object.kind == .fencingLevel,
        let node = object.element["node"] ?? object.element["target"]
      else { continue }
      report(node, object.location, &self)
    }
  }

  private mutating func checkAddresses(_ target: Configuration) {
    var owners: [String: String] = [:]
    for object in target.objects where object.kind == .primitive {
      guard let type = target.agent(of: object.element)["type"], ["IPaddr2", "IPaddr", "IPv6addr"].contains(type)
      else { continue }
      for set in object.element.elements(named: "instance_attributes") {
        for nvpair in set.elements where nvpair["name"] == "ip" || nvpair["name"] == "ipv6addr" {
          guard let address = nvpair["value"] else { continue }
          guard let owner = owners[address], owner != object.id else {
            owners[address] = object.id
            continue
          }
          let changed = [owner, object.id].compactMap { target.object($0) }.first { !isUnchanged($0) }
          guard let blamed = changed ?? wantedObject(object).map(\.object) else { continue }
          let isHidden = [owner, object.id].contains { isSecret(nvpair["name"] ?? "", of: $0, target) }
          warn(
            "'\(owner)' and '\(object.id)' have the same address\(isHidden ? "" : " \(address)")",
            at: wantedObject(blamed)?.location ?? .none)
        }
      }
    }
  }

  /// Whether the parameter's value came from a file or the environment, now or in an earlier apply.
  private func isSecret(_ name: String, of id: String, _ target: Configuration) -> Bool {
    if record.contains(.secret(owner: id, name: name)) { return true }
    guard let wanted = target.object(id).flatMap(wantedObject) else { return false }
    return wanted.element.elements.contains { set in
      set.elements.contains { $0["name"] == name && $0.holdsSecret }
    }
  }

  private mutating func checkOperations(_ target: Configuration) {
    for object in target.objects where object.kind == .primitive || object.kind == .template {
      let operations = object.element.first("operations")?.elements(named: "op") ?? []
      guard operations.count > 1, let wanted = wantedObject(object) else { continue }
      var seen: Set<String> = []
      for operation in operations {
        guard let key = operationKey(operation), !seen.insert(key).inserted else { continue }
        warn(
          "'\(object.id)' has two operations \(operation["name"] ?? "") with interval \(operation["interval"] ?? "0"); Pacemaker uses one of them",
          at: wanted.location, hint: "give them different intervals, by a second or a millisecond")
      }
    }
  }
}

// MARK: - Text that Pacemaker cannot keep

extension Planner {
  /// Pacemaker 2.1.5 escapes nothing in a value that has a character beyond ASCII, so that a `<` or `"` in it makes
  /// the whole CIB unreadable; and it writes a line end as `\n` and a tab as four blanks (tried).
  private mutating func checkText(_ target: Configuration) {
    guard !options.escapesText else { return }
    for object in target.objects where !isUnchanged(object) {
      let known = current.object(object.kind, object.id)?.element.hazardousValues ?? []
      func check(_ element: Element) {
        for attribute in element.attributes {
          guard let hazard = TextHazard(in: attribute.value), !known.contains(attribute.value) else { continue }
          let location = wantedObject(object)?.location ?? .none
          let what = "'\(object.id)': the value of \(element["name"] ?? attribute.name)"
          switch hazard {
          case .breaksTheCIB:
            // Which Pacemaker it is for, a document does not say.
            diagnostics.append(
              Diagnostic(
                options.hasCluster ? .error : .warning,
                "\(what) has both characters beyond ASCII and markup (< > & \" '): Pacemaker 2.1.5 makes an "
                  + "unreadable CIB of it", at: location, category: .reference,
                hint: "spell one or the other in another way; --force writes it"))
          case .changes:
            warn("\(what) has a line end or a tab, which Pacemaker 2.1.5 changes", at: location)
          }
        }
        for case .element(let child) in element.children { check(child) }
      }
      check(object.element)
    }
  }

  fileprivate enum TextHazard {
    case breaksTheCIB, changes

    init?(in value: String) {
      var value = value
      let (isASCII, hasMarkup, hasControl) = value.withUTF8 { bytes in
        var found = (isASCII: true, hasMarkup: false, hasControl: false)
        // Letters, digits and most signs are none of these.
        for byte in bytes where !(0x3F...0x7E ~= byte || 0x28...0x3B ~= byte) {
          switch byte {
          case 0x80...: found.isASCII = false
          case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"):
            found.hasMarkup = true
          case 0x09, 0x0A, 0x0D: found.hasControl = true
          default: break
          }
        }
        return found
      }
      if !isASCII && (hasMarkup || hasControl) {
        self = .breaksTheCIB
      } else if hasControl {
        self = .changes
      } else {
        return nil
      }
    }
  }
}

extension Element {
  fileprivate func refers(to id: String, by name: String) -> Bool {
    self.name == name && self["id-ref"] == id || elements.contains { $0.refers(to: id, by: name) }
  }

  fileprivate var hazardousValues: Set<String> {
    var values = Set(attributes.lazy.map(\.value).filter { Planner.TextHazard(in: $0) != nil })
    for case .element(let child) in children { values.formUnion(child.hazardousValues) }
    return values
  }
}

/// Every id in the tree, of elements that have one of their own.
func allIDs(of element: Element) -> Set<String> { Set(namesByID(in: element).keys) }

/// The name of every element in the tree that has an id of its own.
private func namesByID(in element: Element) -> [String: String] {
  var names: [String: String] = [:]
  func collect(_ element: Element) {
    if let id = element.id, !idIsReference(element.name), !element.isMemberReference { names[id] = element.name }
    for case .element(let child) in element.children { collect(child) }
  }
  collect(element)
  return names
}
