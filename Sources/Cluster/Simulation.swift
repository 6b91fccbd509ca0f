import Glibc
import XML

/// Something that the cluster would do, as `crm_simulate` foresees it.
package struct Effect: Hashable, Sendable {
  /// The resource, without an instance's number; of fencing, nil.
  package var resource: String?
  /// As Pacemaker says it: `start`, `stop`, `restart`, `move`, `migrate`, `reload`, `promote`, `demote`, `recover`; `fence`.
  package var action: String
  /// Where; of a move, where to.
  package var node: String?
  /// Of a move, where from.
  package var from: String?
  package var reason: String?
  /// It is needed, but something keeps the cluster from doing it.
  package var isBlocked = false

  /// Whether something that runs is disturbed.
  package var interrupts: Bool { !isBlocked && !["start", "promote", "reload"].contains(action) }
}

/// What the cluster would do, by `crm_simulate`.
package enum Simulation {
  package enum Outcome: Equatable, Sendable {
    case effects([Effect])
    /// It took too long.
    case gaveUp
    /// `crm_simulate` is missing, or could make nothing of it.
    case failed
  }

  /// Transitions that are followed: a new remote node runs something only in the second.
  private static let transitions = 3

  /// What a change would have the cluster do, beyond what it is about to do anyway.
  ///
  /// - Parameters:
  ///   - current: the CIB as it is, with its status.
  ///   - target: the same with the configuration as it would be.
  package static func effects(
    from current: [UInt8], to target: [UInt8], within seconds: Double, environment: Environment = .ofTools
  ) -> Outcome {
    let deadline = monotonicNow() + seconds
    func tool(_ cib: [UInt8], saving file: AnonymousFile) -> Tool {
      var tool = Tool(
        "crm_simulate", ["--simulate", "--output-as=xml", "--xml-pipe", "--save-output=/dev/fd/3"],
        environment: environment, input: cib)
      tool.file = file
      return tool
    }
    var story: [Effect] = []
    var next = target
    for transition in 0..<transitions {
      // The results hold the whole CIB, passwords included.
      guard let saved = AnonymousFile(), let unused = AnonymousFile() else { return .failed }
      // What is under way is asked once, beside the first transition.
      let asked = [tool(next, saving: saved)] + (transition == 0 ? [tool(current, saving: unused)] : [])
      let left = deadline - monotonicNow()
      guard left > 0 else { return .gaveUp }
      var found: [[Effect]] = []
      for result in Tool.runAll(asked, within: left) {
        guard case .success(let outcome) = result else { return .failed }
        if outcome.ending == .timedOut { return .gaveUp }
        guard outcome.ending == .exited(CrmExit.ok), let effects = read(outcome.output) else { return .failed }
        found.append(effects)
      }
      let underWay = Set(found.count > 1 ? found[1] : [])
      let effects = found[0].filter { !underWay.contains($0) }
      story = told(story, then: effects)
      guard !found[0].isEmpty, let result = saved.content() else { break }
      next = result
    }
    return .effects(story)
  }

  /// One story: what starts and then moves, starts there.
  static func told(_ story: [Effect], then effects: [Effect]) -> [Effect] {
    var result = story
    for effect in effects {
      let earlier = result.lastIndex { one in
        one.resource == effect.resource && one.resource != nil && effect.from != nil && one.node == effect.from
          && ["start", "move"].contains(one.action)
      }
      if let earlier, effect.action == "move" {
        result[earlier].node = effect.node
      } else if !result.contains(effect) {
        result.append(effect)
      }
    }
    return result
  }

  /// Reads what `crm_simulate --output-as=xml` prints:
  ///
  /// ```xml
  /// <actions>
  ///   <rsc_action action="move" resource="vip" source="n1" dest="n2" reason="…"/>
  ///   <rsc_action action="restart" resource="db" source="n1" reason="…"/>
  ///   <node_action task="Fence (reboot)" node="n3" reason="…"/>
  /// </actions>
  /// ```
  static func read(_ bytes: [UInt8]) -> [Effect]? {
    guard let root = try? Element(parsing: bytes), root.name == "pacemaker-result" else { return nil }
    return root.first("actions")?.elements.compactMap(effect) ?? []
  }

  private static func effect(_ element: Element) -> Effect? {
    switch element.name {
    case "node_action":
      return Effect(action: "fence", node: element["node"], reason: element["reason"])
    case "rsc_action":
      guard let resource = element["resource"], let action = element["action"], action != "leave", action != "noop"
      else {
        return nil
      }
      return Effect(
        resource: withoutInstanceNumber(resource), action: action,
        node: element["dest"] ?? element["node"] ?? element["source"],
        from: element["dest"] == nil ? nil : element["source"], reason: element["reason"],
        isBlocked: element["blocked"] == "true")
    default: return nil
    }
  }
}
