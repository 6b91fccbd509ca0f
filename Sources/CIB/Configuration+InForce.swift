import XML

/// What is in force for a resource: its own sets before those of its template, `id-ref`s followed. Sets with rules are left
/// aside, as what they bring depends on the node and the time.
extension Configuration {
  /// The instance attributes of a primitive.
  package func parameters(of id: String) -> [String: String] { values(in: sources(of: id), "instance_attributes") }

  /// A meta attribute of a resource, or of the one that it is inside of.
  package func metaAttribute(_ name: String, of id: String) -> String? {
    var at: String? = id
    while let resource = at {
      if let value = values(in: sources(of: resource), "meta_attributes")[name] { return value }
      at = parent(of: resource)
    }
    return nil
  }

  /// The same, or what the defaults say.
  private func metaAttributeOrDefault(_ name: String, of id: String) -> String? {
    if let value = metaAttribute(name, of: id) { return value }
    return section(.resourceDefaults).flatMap { values(in: [$0], "meta_attributes")[name] }
  }

  /// Whether the cluster leaves the resource alone: as it says itself, or what it is inside of, or the defaults; or as the
  /// whole cluster is in maintenance.
  package func isUnmanaged(_ id: String) -> Bool {
    func says(_ name: String, _ value: Bool) -> Bool {
      metaAttributeOrDefault(name, of: id).flatMap(Values.boolean) == value
    }
    return booleanProperty("maintenance-mode", default: false) || says("maintenance", true) || says("is-managed", false)
  }

  /// Whether the resource is told to be stopped: by itself, by what it is inside of, or by the defaults.
  ///
  /// - Parameter everByRule: whether it is enough that a set says so whose rule may hold some time.
  package func isStopped(_ id: String, everByRule: Bool = false) -> Bool {
    let name = "target-role"
    func isStopped(_ value: String?) -> Bool { value?.lowercased() == "stopped" }
    let value = metaAttributeOrDefault(name, of: id)
    if isStopped(value) || !everByRule { return isStopped(value) }
    var said = section(.resourceDefaults).map { [$0] } ?? []
    var at: String? = id
    while let resource = at {
      said += sources(of: resource)
      at = parent(of: resource)
    }
    return said.flatMap { $0.elements(named: "meta_attributes") }.compactMap(followed).contains { set in
      set.first("rule") != nil && set.elements.contains { $0["name"] == name && isStopped(followed($0)?["value"]) }
    }
  }

  /// The primitive, and the template that it is made from.
  package func sources(of id: String) -> [Element] {
    guard let element = resource(id)?.element else { return [] }
    return [element] + (template(of: element).map { [$0] } ?? [])
  }

  private func template(of primitive: Element) -> Element? {
    primitive["template"].flatMap { object(.template, $0)?.element }
  }

  /// What names the agent of a primitive by `class`, `provider` and `type`: the primitive, or its template.
  package func agent(of primitive: Element) -> Element { template(of: primitive) ?? primitive }

  package func isFencingDevice(_ primitive: Element) -> Bool { agent(of: primitive)["class"] == "stonith" }

  /// Whether it is the connection to a remote node, `ocf:pacemaker:remote`.
  package func isRemote(_ primitive: Element) -> Bool {
    let agent = agent(of: primitive)
    return agent["provider"] == "pacemaker" && agent["type"] == "remote"
  }

  /// The values of the sources' sets of this name, those of the first source before those of the next.
  private func values(in sources: [Element], _ setName: String) -> [String: String] {
    var values: [String: String] = [:]
    for source in sources {
      let sets = source.elements(named: setName).compactMap(followed)
      for set in AttributeSets.byPrecedence(sets) where set.first("rule") == nil {
        for case let nvpair? in set.elements(named: "nvpair").map(followed) {
          guard let name = nvpair["name"], values[name] == nil else { continue }
          values[name] = nvpair["value"]
        }
      }
    }
    return values
  }

  private func followed(_ element: Element) -> Element? {
    guard let reference = element["id-ref"] else { return element }
    var found = self.element.firstDescendant(id: reference, name: element.name)
    // An nvpair that refers to another may carry a name of its own.
    if let name = element["name"] { found?["name"] = name }
    return found
  }
}

extension Element {
  fileprivate func firstDescendant(id: String, name: String) -> Element? {
    if self.name == name, self.id == id { return self }
    for case .element(let child) in children {
      if let found = child.firstDescendant(id: id, name: name) { return found }
    }
    return nil
  }
}
