import CIB
import Cluster
import Documents
import Planning

/// What the cluster would do, in sentences and as JSON.
extension Simulation.Outcome {
  /// - Parameter plan: whose consequences they are: of an interruption, the changes are named that it comes from.
  func sentences(of plan: Plan) -> [String] {
    switch self {
    case .effects(let effects) where effects.isEmpty: return ["nothing starts, stops or moves"]
    case .effects(let effects):
      let causes = causes(in: plan)
      return effects.map { effect in
        let names = causes(effect)
        guard !names.isEmpty else { return effect.sentence }
        // One line each: who wants all of them looks at the JSON.
        let more = names.count > 2 ? " and \(names.count - 1) more" : names.count == 2 ? " and \(names[1])" : ""
        return "\(effect.sentence), by \(names[0])\(more)"
      }
    case .gaveUp: return ["not known: crm_simulate took too long"]
    case .failed: return ["not known: crm_simulate is missing, or failed"]
    }
  }

  /// Null where they are not known.
  func value(of plan: Plan) -> NativeValue {
    guard case .effects(let effects) = self else { return .null }
    let causes = causes(in: plan)
    return .list(effects.map { $0.value(causes: causes($0)) })
  }

  /// `primitive vip`, `location l2`: for what interrupts something, the changes that speak of it.
  private func causes(in plan: Plan) -> (Effect) -> [String] {
    guard case .effects(let effects) = self else { return { _ in [] } }
    let interrupted = effects.filter(\.interrupts).compactMap { $0.resource ?? $0.node }
    guard !interrupted.isEmpty else { return { _ in [] } }
    let changes = plan.causes(ofInterrupting: interrupted)
    return { effect in
      guard effect.interrupts, let name = effect.resource ?? effect.node else { return [] }
      return (changes[name] ?? []).map { "\($0.kind.rawValue) \($0.id)" }
    }
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

  fileprivate func value(causes: [String]) -> NativeValue {
    var entries: [NativeValue.Entry] = []
    if let resource { entries.append(.init("resource", .text(resource))) }
    entries.append(.init("action", .text(action)))
    if let node { entries.append(.init("node", .text(node))) }
    if let from { entries.append(.init("from", .text(from))) }
    if let reason { entries.append(.init("reason", .text(reason))) }
    if isBlocked { entries.append(.init("blocked", .bool(true))) }
    if !causes.isEmpty { entries.append(.init("causes", .list(causes.map(NativeValue.text)))) }
    return .map(entries)
  }
}
