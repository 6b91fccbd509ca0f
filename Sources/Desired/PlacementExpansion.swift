import CIB
import XML

/// How much a resource prefers a node: what a placement says of the two, and a location constraint is to say.
package struct Preference {
  package var resource: Reference
  package var node: String
  package var score: String

  /// The usual id of the constraint.
  package var constraintID: String { Placement.constraintID(resource: resource.id, node: node) }

  /// The constraint that says so.
  package func constraint(id: String) -> CIBObject {
    let attributes = [
      Attribute("id", id), Attribute("rsc", resource.id), Attribute("node", node), Attribute("score", score),
    ]
    return CIBObject(
      kind: .location, id: id, element: Element("rsc_location", attributes, position: resource.location.position))
  }

  /// Whether the constraint is the one that `constraint(id:)` makes with the usual id. No constraint and no id is made
  /// to see that: there are as many as resources times nodes, and nearly all of them are in the cluster already.
  package func isSaid(by location: CIBObject) -> Bool {
    let element = location.element
    guard let otherNode = element["node"], otherNode.isIdentical(to: node),
      let otherScore = element["score"], otherScore.isIdentical(to: score),
      let otherResource = element["rsc"], otherResource.isIdentical(to: resource.id)
    else { return false }
    return element.attributes.count == 4 && element.children.isEmpty
      && Placement.isConstraintID(location.id, resource: resource.id, node: node)
  }
}

/// Placements, written out as the preferences that they are short for.
package enum PlacementExpansion {
  /// - Parameters:
  ///   - existing: the nodes to which a resource is dealt now, the first of them first; the score is that of the deal.
  ///   - rebalance: whether `spread` passes over what is there and deals all anew.
  ///   - body: called for every resource and node of every placement, one after the other.
  package static func forEachPreference(
    of placements: [Placement], existing: (_ resource: String, _ score: String) -> [String], rebalance: Bool,
    _ body: (_ preference: Preference, _ placement: Placement) -> Void
  ) {
    let favourites = deal(placements, existing: existing, rebalance: rebalance)
    for placement in placements {
      let nodesOfDeal = placement.spread.flatMap { favourites[Deal(placement, score: $0)] }
      for resource in placement.resources {
        let favourite = nodesOfDeal?[resource.id]
        for node in placement.nodes {
          let score = node.id == favourite ? placement.spread ?? "0" : "0"
          body(Preference(resource: resource, node: node.id, score: score), placement)
        }
      }
    }
  }

  /// The constraints of all of them, as for an empty cluster unless `existing` says otherwise.
  package static func locations(
    for placements: [Placement], existing: (_ resource: String, _ score: String) -> [String], rebalance: Bool
  ) -> [CIBObject] {
    var locations: [CIBObject] = []
    forEachPreference(of: placements, existing: existing, rebalance: rebalance) { preference, _ in
      locations.append(preference.constraint(id: preference.constraintID))
    }
    return locations
  }

  /// Placements with the same nodes and the same score share the nodes out among the resources of all of them.
  private struct Deal: Hashable {
    var nodes: [String]
    var score: String

    init(_ placement: Placement, score: String) {
      nodes = Set(placement.nodes.map(\.id)).sorted()
      self.score = ValueType.score.normalized(score)
    }
  }

  /// The node of each resource, by deal. A node that a resource has stays; the others, by id, each get the node that
  /// has the fewest, the first by name among equals.
  private static func deal(
    _ placements: [Placement], existing: (_ resource: String, _ score: String) -> [String], rebalance: Bool
  ) -> [Deal: [String: String]] {
    var resources: [Deal: Set<String>] = [:]
    for placement in placements {
      guard let score = placement.spread else { continue }
      resources[Deal(placement, score: score), default: []].formUnion(placement.resources.map(\.id))
    }
    var result: [Deal: [String: String]] = [:]
    for (deal, ids) in resources {
      var nodeOf: [String: String] = [:]
      var load = Dictionary(deal.nodes.map { ($0, 0) }) { first, _ in first }
      var waiting: [String] = []
      for id in ids.sorted() {
        if !rebalance, let node = existing(id, deal.score).first(where: { load[$0] != nil }) {
          nodeOf[id] = node
          load[node]! += 1
        } else {
          waiting.append(id)
        }
      }
      for id in waiting {
        guard let node = deal.nodes.min(by: { load[$0]! < load[$1]! }) else { break }
        nodeOf[id] = node
        load[node]! += 1
      }
      result[deal] = nodeOf
    }
    return result
  }
}
