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

  /// Whether the resource is told to be stopped: by itself, by what it is inside of, or by the defaults.
  ///
  /// - Parameter everByRule: whether it is enough that a set says so whose rule may hold some time.
  package func isStopped(_ id: String, everByRule: Bool = false) -> Bool {
    isTold("target-role", of: id, everByRule: everByRule) { $0.lowercased() == "stopped" }
  }

  /// Whether the cluster leaves the resource alone: as it is told to, or as the whole cluster is in maintenance.
  ///
  /// - Parameter everByRule: as of `isStopped`.
  package func isUnmanaged(_ id: String, everByRule: Bool = false) -> Bool {
    booleanProperty("maintenance-mode", default: false)
      || isTold("maintenance", of: id, everByRule: everByRule) { Values.boolean($0) == true }
      || isTold("is-managed", of: id, everByRule: everByRule) { !Self.isManaged($0) }
  }

  /// What `is-managed` means. Pacemaker takes everything for false that is not true or "default".
  private static func isManaged(_ value: String) -> Bool {
    value.lowercased() == "default" || Values.boolean(value) == true
  }

  /// Whether a meta attribute has such a value, in the resource, in what it is inside of, or in the defaults.
  private func isTold(
    _ name: String, of id: String, everByRule: Bool, _ isSuch: (_ value: String) -> Bool
  ) -> Bool {
    let defaults = section(.resourceDefaults).map { [$0] } ?? []
    let value = metaAttribute(name, of: id) ?? values(in: defaults, "meta_attributes")[name]
    if let value, isSuch(value) { return true }
    guard everByRule else { return false }
    var said = defaults
    var at: String? = id
    while let resource = at {
      said += sources(of: resource)
      at = parent(of: resource)
    }
    return said.flatMap { $0.elements(named: "meta_attributes") }.compactMap(followed).contains { set in
      set.first("rule") != nil
        && set.elements.contains { $0["name"] == name && followed($0)?["value"].map(isSuch) ?? false }
    }
  }

  /// The primitive, and the template that it is made from.
  package func sources(of id: String) -> [Element] {
    guard let element = resource(id)?.element else { return [] }
    return [element, template(of: element)].compactMap(\.self)
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

  /// The same of the resource of this id.
  package func isRemote(_ id: String) -> Bool { resource(id).map { isRemote($0.element) } ?? false }

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
