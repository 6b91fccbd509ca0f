import CIB
import Comparison
import Desired
import XML

/// The ids that `id-ref`s lead to.
extension Planner {
  mutating func collectReferencedIDs() {
    var ids = desired.references
    if !ids.isEmpty {
      let kept = idsThatTheClusterKeeps(instead: ids)
      if !kept.isEmpty {
        desired.renameIDs(kept)
        ids = desired.references
      }
    }
    current.element.collectReferences(into: &ids)
    for element in options.restoration?.elements ?? [] { element.collectReferences(into: &ids) }
    referencedIDs = ids
  }

  /// Ids of sets, operations and the like are no meaning, and ids in the cluster are kept; also where documents refer to
  /// them by another id throughout.
  ///
  /// - Returns: the cluster's id for every one that only the documents have.
  private func idsThatTheClusterKeeps(instead references: Set<String>) -> [String: String] {
    let unknown = references.subtracting(allIDs(of: current.element))
    guard !unknown.isEmpty else { return [:] }
    var own: Set<String> = []
    var kept: [String: String] = [:]
    func keep(_ element: Element, as present: () -> Element?) {
      let ids = allIDs(of: element)
      own.formUnion(ids)
      guard !ids.isDisjoint(with: unknown), let present = present() else { return }
      var alignment = Alignment()
      alignment.referencedIDs = unknown
      alignment.keepsReferencedIDs = true
      _ = alignment.align(present, to: schema.spelling(element))
      kept.merge(alignment.keptIDs) { first, _ in first }
    }
    for object in desired.objects {
      keep(object.element) {
        current.object(object.kind, object.id).flatMap { $0.kind == object.kind ? $0.element : nil }
      }
    }
    for node in desired.nodes { keep(node.element) { current.nodes.first { $0["uname"] == node.name } } }
    own.formUnion(desired.settings.compactMap(\.element.id))
    // A property set of another id is another set.
    for settings in desired.settings where settings.section != .properties {
      guard let id = settings.element.id, unknown.contains(id), kept[id] == nil else { continue }
      kept[id] =
        current.section(settings.section)?.elements.first {
          $0.name == settings.element.name && $0["id-ref"] == nil && !own.contains($0.id ?? "")
            && attributeSetHeader($0) == attributeSetHeader(settings.element)
        }?.id
    }
    return kept.filter { !own.contains($0.value) }
  }
}

extension DesiredConfiguration {
  fileprivate var references: Set<String> {
    var ids: Set<String> = []
    for object in objects { object.element.collectReferences(into: &ids) }
    for set in settings { set.element.collectReferences(into: &ids) }
    for node in nodes { node.element.collectReferences(into: &ids) }
    return ids
  }

  fileprivate mutating func renameIDs(_ names: [String: String]) {
    for index in objects.indices { objects[index].object.element.renameIDs(names) }
    for index in settings.indices { settings[index].element.renameIDs(names) }
    for index in nodes.indices { nodes[index].element.renameIDs(names) }
  }
}

extension Element {
  func collectReferences(into ids: inout Set<String>) {
    for attribute in attributes where attribute.name.utf8.count == 6 && attribute.name == "id-ref" {
      ids.insert(attribute.value)
    }
    for case .element(let child) in children { child.collectReferences(into: &ids) }
  }

  /// In what has the id and in all that refers to it: an ACL and a tag may as well.
  fileprivate mutating func renameIDs(_ names: [String: String]) {
    // The ids of nodes and users are of another kind.
    let holdNames = ["node", "acl_target", "acl_user"].contains(name) ? [] : ["id", "id-ref", "reference"]
    for index in attributes.indices where holdNames.contains(attributes[index].name) {
      if let name = names[attributes[index].value] { attributes[index].value = name }
    }
    for index in children.indices {
      guard case .element(var child) = children[index] else { continue }
      child.renameIDs(names)
      children[index] = .element(child)
    }
  }
}
