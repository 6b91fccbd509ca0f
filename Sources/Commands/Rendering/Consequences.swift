import CIB
import Cluster
import Documents

/// What the cluster would do, in sentences and as JSON.
extension Simulation.Outcome {
  var sentences: [String] {
    switch self {
    case .effects(let effects) where effects.isEmpty: ["nothing starts, stops or moves"]
    case .effects(let effects): effects.map(\.sentence)
    case .gaveUp: ["not known: crm_simulate took too long"]
    case .failed: ["not known: crm_simulate is missing, or failed"]
    }
  }

  /// Null where they are not known.
  var value: NativeValue {
    guard case .effects(let effects) = self else { return .null }
    return .list(effects.map(\.value))
  }
}

extension Effect {
  /// `vip moves from node1 to node2 (node availability)`.
  var sentence: String {
    let what = resource ?? node ?? ""
    var text =
      switch action {
      case "start": "\(what) starts\(place("on"))"
      case "stop": "\(what) stops\(place("on"))"
      case "restart": "\(what) restarts\(place("on"))"
      case "recover": "\(what) is recovered\(place("on"))"
      case "reload": "\(what) reloads its parameters\(place("on")), without a restart"
      case "promote": "\(what) is promoted\(place("on"))"
      case "demote": "\(what) is demoted\(place("on"))"
      case "move", "migrate": "\(what) \(action)s from \(from ?? "?") to \(node ?? "?")"
      case "fence": "\(what) IS FENCED"
      default: "\(what): \(action)\(place("on"))"
      }
    if isBlocked { text += ", but that is blocked" }
    if let reason { text += " (\(reason))" }
    return text
  }

  private func place(_ word: String) -> String { node.map { " \(word) \($0)" } ?? "" }

  fileprivate var value: NativeValue {
    var entries: [NativeValue.Entry] = []
    if let resource { entries.append(.init("resource", .text(resource))) }
    entries.append(.init("action", .text(action)))
    if let node { entries.append(.init("node", .text(node))) }
    if let from { entries.append(.init("from", .text(from))) }
    if let reason { entries.append(.init("reason", .text(reason))) }
    if isBlocked { entries.append(.init("blocked", .bool(true))) }
    return .map(entries)
  }
}
