import CIB
import Desired
import XML

/// What placements want: mostly what is in the cluster already.
extension Planner {
  mutating func collectPlacements() {
    guard !desired.placements.isEmpty else { return }
    let present = PresentLocations(current)
    PlacementExpansion.forEachPreference(
      of: desired.placements, existing: present.nodes(of:dealtFor:), rebalance: options.rebalances
    ) { preference, placement in
      if let index = present.index(of: preference), claims[index] == .none, !isWantedNew(current.objects[index].id) {
        claims[index] = .placement
      } else {
        let (id, index) = placementID(of: preference)
        want(DesiredObject(preference.constraint(id: id), location: placement.location), at: index, claim: .placement)
      }
    }
    removeUnlisted(present)
  }

  private func isWantedNew(_ id: String) -> Bool { !newWants.isEmpty && newWants[id] != nil }

  /// The id of a placement's constraint: `loc-RESOURCE-NODE`, with a number where something else has that.
  private func placementID(of preference: Preference) -> (id: String, index: Int?) {
    let usual = preference.constraintID
    var id = usual
    var number = 0
    while true {
      let index = current.index(of: .location, id)
      let isFree = index.map { claims[$0] == .none && current.objects[$0].isScore(of: preference) } ?? true
      if isFree, newWants[id] == nil { return (id, index) }
      number += 1
      id = "\(usual)-\(number)"
    }
  }

  /// A placement owns the plain constraints that it would generate: those for nodes it no longer lists go.
  private mutating func removeUnlisted(_ present: PresentLocations) {
    for placement in desired.placements {
      for resource in placement.resources {
        for index in present.indices(of: resource.id) where claims[index] == .none {
          let location = current.objects[index]
          guard present.isOwnedByPlacement(location) else { continue }
          remove(location, because: "its placement does not list \(location.element["node"] ?? "")")
        }
      }
    }
  }
}

/// The location constraints of the cluster that speak of a resource by its id.
private struct PresentLocations {
  private let current: Configuration
  /// Their places in the configuration's objects, by resource.
  private var byResource: [String: [Int]] = [:]

  init(_ current: Configuration) {
    self.current = current
    for (index, object) in current.objects.enumerated() where object.kind == .location {
      if let resource = object.element["rsc"] { byResource[resource, default: []].append(index) }
    }
  }

  func indices(of resource: String) -> [Int] { byResource[resource] ?? [] }

  /// The constraint that says just that, under its usual id.
  func index(of preference: Preference) -> Int? {
    // Of several with one id, which only `validate-with="none"` allows, the last counts: as in Configuration.
    indices(of: preference.resource.id).last { preference.isSaid(by: current.objects[$0]) }
  }

  /// Whether a constraint is one that a placement of its resource makes.
  func isOwnedByPlacement(_ location: CIBObject) -> Bool {
    guard location.isScore, let resource = location.element["rsc"], let node = location.element["node"] else {
      return false
    }
    if Placement.isConstraintID(location.id, resource: resource, node: node) { return true }
    let id = Placement.constraintID(resource: resource, node: node)
    guard location.id.hasPrefix("\(id)-"), Int(location.id.dropFirst(id.count + 1)) != nil else { return false }
    // It has a number because something else has the id.
    guard let other = current.object(id) else { return false }
    return !(other.isScore && other.element["rsc"] == resource && other.element["node"] == node)
  }

  /// The nodes that a resource was dealt to, the first of them first: by a placement, whatever the score was then, or by
  /// a constraint that only has another id.
  func nodes(of resource: String, dealtFor score: String) -> [String] {
    let wanted = Values.score(score)
    var dealt: [(isOwned: Bool, score: Int, node: String)] = []
    for index in indices(of: resource) {
      let location = current.objects[index]
      guard let node = location.element["node"], let text = location.element["score"] else { continue }
      let number = Values.score(text)
      let isSameScore = number == wanted && (number != nil || text == score)
      guard isSameScore || number ?? 0 > 0 else { continue }
      let isOwned = isOwnedByPlacement(location)
      if isSameScore || isOwned { dealt.append((isOwned, number ?? 0, node)) }
    }
    return dealt.sorted { ($0.isOwned ? 0 : 1, -$0.score, $0.node) < ($1.isOwned ? 0 : 1, -$1.score, $1.node) }
      .map(\.node)
  }
}

extension CIBObject {
  /// Whether it is nothing but a score for a resource on a node.
  fileprivate var isScore: Bool {
    kind == .location && element.attributes.count == 4 && element["score"] != nil && element["rsc"] != nil
      && element["node"] != nil && element.elements.isEmpty
  }

  fileprivate func isScore(of preference: Preference) -> Bool {
    isScore && element["rsc"] == preference.resource.id && element["node"] == preference.node
  }
}
