import CIB
import XML

extension CrmshWriting {
  /// `location ID RSC|/PATTERN/|{ SETS } [role=ROLE] [resource-discovery=HOW] SCORE: NODE|rule …`.
  func location(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "rsc", "rsc-pattern", "node", "score", "role", "resource-discovery")
    let (sets, rules) = try setsAndRules(of: element)
    var words = ["location", try name(element.id)]
    switch (element["rsc"], element["rsc-pattern"], sets.isEmpty) {
    case (let resource?, nil, true): words.append(try name(resource))
    case (nil, let pattern?, true):
      try check(!pattern.isEmpty)
      words.append(CrmshText.word("/\(pattern)/"))
    case (nil, nil, false): words += ["{"] + (try resources(of: sets, .role, plainCount: 0)) + ["}"]
    default: throw NotExpressible()
    }
    for name in ["role", "resource-discovery"] {
      guard let value = element[name] else { continue }
      try check(!value.isEmpty)
      words.append(CrmshText.pair(name, value))
    }
    if let node = element["node"] {
      try check(rules.isEmpty)
      words += [try score(element["score"]), try identifier(node)]
    } else {
      try check(!rules.isEmpty && element["score"] == nil)
    }
    var parts = [words.joined(separator: " ")]
    for rule in rules { parts.append(try self.rule(rule).joined(separator: " ")) }
    return parts
  }

  /// `colocation ID SCORE: A[:ROLE] B[:ROLE] … [node-attribute=NAME]`.
  func colocation(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(
      element, "id", "score", "score-attribute", "rsc", "rsc-role", "rsc-instance", "with-rsc", "with-rsc-role",
      "with-rsc-instance", "node-attribute")
    var words = ["colocation", try name(element.id), try scoreOrAttribute(element)]
    words += try pairOrSets(element, .role, "rsc", "with-rsc")
    if let attribute = element["node-attribute"] {
      // crmsh makes small letters of it.
      try check(!attribute.isEmpty && attribute == attribute.lowercased())
      words.append(CrmshText.pair("node-attribute", attribute))
    }
    return [words.joined(separator: " ")]
  }

  /// `order ID [KIND:] A[:ACTION] B[:ACTION] … [symmetrical=BOOL]`.
  func order(_ element: Element) throws(NotExpressible) -> [String] {
    // A score, which orders once had, would become a kind.
    try allow(
      element, "id", "kind", "first", "first-action", "first-instance", "then", "then-action", "then-instance",
      "symmetrical")
    var words = ["order", try name(element.id)]
    if let kind = element["kind"] {
      try check(["Mandatory", "Optional", "Serialize"].contains(kind))
      words.append("\(kind):")
    }
    words += try pairOrSets(element, .action, "first", "then")
    if let value = element["symmetrical"] {
      guard let symmetrical = Values.boolean(value) else { throw NotExpressible() }
      words.append("symmetrical=\(symmetrical)")
    }
    return [words.joined(separator: " ")]
  }

  /// `rsc_ticket ID TICKET: A[:ROLE] … [loss-policy=POLICY]`.
  func ticket(_ element: Element) throws(NotExpressible) -> [String] {
    try allow(element, "id", "ticket", "rsc", "rsc-role", "rsc-instance", "loss-policy")
    var words = ["rsc_ticket", try name(element.id), try prefix(element["ticket"] ?? "")]
    words += try pairOrSets(element, .role, "rsc", nil)
    if let policy = element["loss-policy"] {
      try check(["stop", "demote", "fence", "freeze"].contains(policy))
      words.append("loss-policy=\(policy)")
    }
    return [words.joined(separator: " ")]
  }

  // MARK: - Resources of constraints

  /// What stands behind the colon of a resource.
  private enum Qualifier: String {
    case role, action

    var words: [String] {
      switch self {
      case .role: ["Stopped", "Started", "Master", "Slave", "Promoted", "Unpromoted"]
      case .action: ["start", "promote", "demote", "stop"]
      }
    }
  }

  private func pairOrSets(
    _ element: Element, _ qualifier: Qualifier, _ one: String, _ other: String?
  ) throws(NotExpressible) -> [String] {
    let (sets, rules) = try setsAndRules(of: element)
    try check(rules.isEmpty)
    let names = [one] + (other.map { [$0] } ?? [])
    guard sets.isEmpty else {
      try check(names.allSatisfy { name in !element.attributes.contains { $0.name.hasPrefix(name) } })
      return try resources(of: sets, qualifier, plainCount: names.count)
    }
    var words: [String] = []
    for name in names {
      let resource = try self.name(element[name])
      switch (element["\(name)-\(qualifier)"], element["\(name)-instance"]) {
      case (nil, nil): words.append(resource)
      case (let word?, nil): words.append("\(resource):\(try qualified(word, qualifier))")
      case (nil, let instance?):
        try check(!instance.isEmpty && instance.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        words.append("\(resource):\(instance)")
      case (_?, _?): throw NotExpressible()
      }
    }
    return words
  }

  private func qualified(_ word: String, _ qualifier: Qualifier) throws(NotExpressible) -> String {
    try check(qualifier.words.contains(word))
    return word
  }

  private func setsAndRules(of element: Element) throws(NotExpressible) -> (sets: [Element], rules: [Element]) {
    let sets = element.elements(named: "resource_set")
    let rules = element.elements(named: "rule")
    try check(sets.count + rules.count == element.elements.count)
    return (sets, rules)
  }

  /// `a b ( c d ) [ e f ] g:ROLE`: neighbours with one role or action are one set; round brackets are a set that is not
  /// sequential, square ones one that need not be there as a whole.
  ///
  /// - Parameter plainCount: as many words as that would be no sets.
  private func resources(
    of sets: [Element], _ qualifier: Qualifier, plainCount: Int
  ) throws(NotExpressible) -> [String] {
    var words: [String] = []
    /// What stands behind the resources of the set before, if that has no brackets.
    var open: String?
    for set in sets {
      try allow(set, "id", "sequential", "require-all", qualifier.rawValue)
      let (isSequential, requiresAll) = (try flag("sequential", of: set), try flag("require-all", of: set))
      let tail = try set[qualifier.rawValue].map { word throws(NotExpressible) in
        ":\(try qualified(word, qualifier))"
      }
      var resources: [String] = []
      for reference in set.elements {
        try check(reference.name == "resource_ref" && reference.attributes.count == 1 && reference.elements.isEmpty)
        resources.append("\(try name(reference.id))\(tail ?? "")")
      }
      try check(!resources.isEmpty)
      switch (isSequential, requiresAll) {
      case (true, true):
        // It would be one with the set before.
        try check(open != tail ?? "")
        words += resources
      case (false, true): words += ["("] + resources + [")"]
      case (false, false): words += ["["] + resources + ["]"]
      case (true, false): words += ["["] + resources + ["sequential=true", "]"]
      }
      open = isSequential && requiresAll ? tail ?? "" : nil
    }
    try check(words.count >= plainCount)
    // A word that crmsh passes over, but counts.
    return words.count == plainCount ? ["_rsc_set_"] + words : words
  }

  private func flag(_ name: String, of set: Element) throws(NotExpressible) -> Bool {
    guard let value = set[name] else { return true }
    guard let flag = Values.boolean(value) else { throw NotExpressible() }
    return flag
  }
}
