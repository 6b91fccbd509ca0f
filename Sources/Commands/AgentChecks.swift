import CIB
import Cluster
import Desired
import FencingCheck
import XML

/// What the agents installed here say about the parameters that documents give them, and what ours need.
enum AgentChecks {
  /// Warnings about MAAS devices in the documents whose `deadline` does not fit Pacemaker's time limits.
  ///
  /// - Parameter target: the configuration that the documents lead to.
  static func deadlineWarnings(about desired: DesiredConfiguration, in target: Element) -> [Diagnostic] {
    // A template may make it one.
    let candidates = desired.objects.filter { object in
      object.kind == .primitive && (object.element["class"] == "stonith" || object.element["template"] != nil)
    }
    guard !candidates.isEmpty else { return [] }
    let setup = FencingSetup(Configuration(target))
    return candidates.flatMap { object -> [Diagnostic] in
      let findings = setup.device(object.id)?.deadlineFindings ?? []
      return findings.map { Diagnostic(.warning, "'\(object.id)': \($0.text)", at: object.location, hint: $0.hint) }
    }
  }

  /// Warnings about agents that are not installed here, about parameters that an agent does not know, and about required
  /// ones that it misses. Nothing about agents that do not answer in time.
  static func warnings(about desired: DesiredConfiguration) -> [Diagnostic] {
    let primitives = desired.objects.filter { $0.kind == .primitive || $0.kind == .template }
    let agents = Set(primitives.compactMap { AgentMetadata.agent(of: $0.element) })
    guard !agents.isEmpty else { return [] }
    let found = AgentMetadata.load(agents)
    var hints: [String: String?] = [:]
    return primitives.flatMap { object -> [Diagnostic] in
      guard let agent = AgentMetadata.agent(of: object.element) else { return [] }
      if let metadata = found.metadata[agent] { return warnings(about: object, metadata) }
      guard found.missing.contains(agent) else { return [] }
      let hint = hints[agent] ?? Suggestion.hint(for: agent, among: AgentMetadata.installed(besides: agent))
      hints[agent] = .some(hint)
      // It may be for other hosts only, as what runs on remote nodes often is.
      let message = "'\(object.id)': there is no agent \(agent) on this machine"
      return [Diagnostic(.warning, message, at: object.location, hint: hint)]
    }
  }

  private static func warnings(about object: DesiredObject, _ metadata: AgentMetadata) -> [Diagnostic] {
    let sets = object.element.elements(named: "instance_attributes")
    let nvpairs = sets.flatMap { $0.elements(named: "nvpair") }
    let given = Set(nvpairs.compactMap { $0["name"] })
    var warnings: [Diagnostic] = []
    for nvpair in nvpairs {
      guard let name = nvpair["name"], !metadata.knows(name) else { continue }
      let place = object.location.of(nvpair.position)
      let hint = Suggestion.hint(for: name, among: metadata.parameters.map(\.name))
      warnings.append(
        Diagnostic(
          .warning, "'\(object.id)': \(metadata.agent) knows no parameter '\(name)'", at: place,
          hint: hint))
    }
    // What a template, a shared set or a rule brings is not looked into.
    let isWhole =
      object.kind == .primitive && !sets.contains { $0["id-ref"] != nil } && !nvpairs.contains { $0["id-ref"] != nil }
    if isWhole {
      for name in metadata.requiredParameters where !given.contains(name) {
        warnings.append(
          Diagnostic(.warning, "'\(object.id)': \(metadata.agent) needs the parameter '\(name)'", at: object.location))
      }
    }
    return warnings
  }
}
