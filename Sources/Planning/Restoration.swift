import CIB
import XML

/// What a rollback asks for beyond what documents can say: attribute sets as wholes, nodes that go.
package struct Restoration: Equatable, Sendable {
  /// The sets that sections are to consist of, crmsync's record aside.
  package var settings: [Section: [Element]] = [:]
  /// The sets of nodes, by name and by the element name of the sets.
  package var nodes: [String: [String: [Element]]] = [:]
  package var addedNodes: [Element] = []
  package var removedNodes: Set<String> = []
  /// The record that is to be in the cluster afterwards; what goes back is nobody's who had not brought it in.
  package var record: Record?
  /// Why objects are deleted.
  package var reason: String

  package init(reason: String) { self.reason = reason }

  /// The sets and nodes that come back.
  var elements: [Element] {
    settings.values.flatMap { $0 } + nodes.values.flatMap { $0.values.flatMap { $0 } } + addedNodes
  }
}
