import CIB
import XML

/// Placements, written out as the location constraints they are short for.
package enum PlacementExpansion {
  /// - Parameters:
  ///   - existing: the nodes to which a resource is dealt now, the first of them first; the score is that of the deal.
  ///   - rebalance: whether `spread` passes over what is there and deals all anew.
  ///   - body: called with a constraint `loc-RESOURCE-NODE` for every resource and node of every placement, one after
  ///     the other: there may be 15,000, and most of them are in the cluster already.
  package static func forEachLocation(
    of placements: [Placement], existing: (_ resource: String, _ score: String) -> [String], rebalance: Bool,
    _ body: (_ location: CIBObject, _ placement: Placement) -> Void
  ) {
    let favourites = deal(placements, existing: existing, rebalance: rebalance)
    for placement in placements {
      let nodesOfDeal = placement.spread.flatMap { favourites[Deal(placement, score: $0)] }
      for resource in placement.resources {
        let favourite = nodesOfDeal?[resource.id]
        for node in placement.nodes {
          let score = node.id == favourite ? placement.spread ?? "0" : "0"
          let id = Placement.constraintID(resource: resource.id, node: node.id)
          let attributes = [
            Attribute("id", id), Attribute("rsc", resource.id), Attribute("node", node.id), Attribute("score", score),
          ]
          let element = Element("rsc_location", attributes, position: resource.location.position)
          body(CIBObject(kind: .location, id: id, element: element), placement)
        }
      }
    }
  }

  /// All of them, as for an empty cluster unless `existing` says otherwise.
  package static func locations(
    for placements: [Placement], existing: (_ resource: String, _ score: String) -> [String], rebalance: Bool
  ) -> [CIBObject] {
    var locations: [CIBObject] = []
    forEachLocation(of: placements, existing: existing, rebalance: rebalance) { location, _ in
      locations.append(location)
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
