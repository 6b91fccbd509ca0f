import XML

/// Where the value of an nvpair of a document comes from, if it is not the value itself.
///
/// A document's nvpair element carries it as an attribute whose name no CIB can have (`crmsync:` is no declared
/// prefix; documents that bring such attributes themselves are refused):
///
///     <nvpair name="apikey" crmsync:file="/etc/crmsync/maas.key"/>
package enum ValueSource: Equatable, Sendable {
  /// The content of a file, less one final newline; a secret.
  case file(String)
  /// An environment variable; a secret.
  case environment(String)
  /// What the cluster has; a secret.
  case keep
  /// No value: the cluster's is removed (`null`).
  case unset

  package static let attributePrefix = "crmsync:"
  /// Marks an nvpair whose value was read from a file or the environment.
  package static let secretMark = "crmsync:secret"

  package init?(of nvpair: Element) {
    for attribute in nvpair.attributes where attribute.name.hasPrefix(Self.attributePrefix) {
      switch attribute.name {
      case "crmsync:file": self = .file(attribute.value)
      case "crmsync:env": self = .environment(attribute.value)
      case "crmsync:keep": self = .keep
      case "crmsync:unset": self = .unset
      default: continue
      }
      return
    }
    return nil
  }

  package var attribute: Attribute {
    switch self {
    case .file(let path): Attribute("crmsync:file", path)
    case .environment(let name): Attribute("crmsync:env", name)
    case .keep: Attribute("crmsync:keep", "secret")
    case .unset: Attribute("crmsync:unset", "")
    }
  }
}

/// What a value is known by in its set: its name, or what it refers to.
package func nvpairKey(_ nvpair: Element) -> String { nvpair["name"] ?? nvpair["id-ref"].map { "#" + $0 } ?? "" }

/// Whether a set is the usual one of its section, by its id or without any: nothing but values is told of it.
///
/// - Parameter id: the usual set's.
package func isUsualSet(_ set: Element, id: String?) -> Bool {
  // No score is 0, as it is for Pacemaker.
  let score = set["score"].map(ValueType.score.normalized) ?? "0"
  return [nil, id].contains(set.id) && set["id-ref"] == nil && score == "0" && set.first("rule") == nil
}

/// Sets of documents without what others of them overrule, where several are about one and the same: of the values of
/// one name the last counts, and that there is to be none where none of them gives one.
///
/// - Parameter isSame: whether a set is about that one.
package func withoutOverruled(_ sets: [Element], where isSame: (Element) -> Bool) -> [Element] {
  var last: [String: Int] = [:]
  for (index, set) in sets.enumerated() where isSame(set) {
    for nvpair in set.elements(named: "nvpair") where ValueSource(of: nvpair) != .unset {
      last[nvpairKey(nvpair)] = index
    }
  }
  var result = sets
  for index in sets.indices where isSame(sets[index]) {
    result[index].children.removeAll { child in
      guard let nvpair = child.element, nvpair.name == "nvpair", let giver = last[nvpairKey(nvpair)] else {
        return false
      }
      return giver != index
    }
  }
  return result
}

extension Element {
  /// For an nvpair: whether its value must not be shown.
  package var holdsSecret: Bool {
    for attribute in attributes where attribute.name.hasPrefix(ValueSource.attributePrefix) {
      if attribute != ValueSource.unset.attribute { return true }
    }
    return Secret.isSecret(parameter: self["name"] ?? "")
  }
}
