import Charm
import Cluster
import Desired
import Documents
import Glibc

/// Juju's hook tools: what a hook asks about its charm's options and relations.
struct HookTools {
  var environment = Environment.current
  /// Each is a call of the agent on the machine, which answers one after the other.
  private static let atOnce = 4
  /// In seconds, for one round of questions. `jujud` answers in some milliseconds, unless it has gone.
  private static let timeLimit = 60.0

  /// - Throws: `Failure` where there is no hook, or a tool fails.
  func facts() throws -> HookFacts {
    var facts = HookFacts()
    facts.unit = environment["JUJU_UNIT_NAME"] ?? ""
    facts.hostname = hostname()
    let endpoints = ["ha", "juju-info", "hanode", "pacemaker-remote"]
    let answers = try ask(
      [["config-get"], ["is-leader"], ["leader-get"]] + endpoints.map { ["relation-ids", $0] })
    facts.config = answers[0].texts
    facts.isLeader = answers[1].text == "true"
    facts.leaderData = answers[2].texts
    // Only the leader has anything to do.
    guard facts.isLeader else { return facts }

    let ids = zip(endpoints, answers[3...]).flatMap { endpoint, answer in answer.items.map { (endpoint, id: $0) } }
    let lists = try ask(ids.map { ["relation-list", "-r", $0.id] })
    var units: [(relation: String, unit: String)] = []
    for ((endpoint, id), list) in zip(ids, lists) {
      // All units of the principal say the same.
      let names = ["ha", "juju-info"].contains(endpoint) ? Array(list.items.prefix(1)) : list.items
      units += names.map { (id, $0) }
    }
    let data = try ask(units.map { ["relation-get", "-r", $0.relation, "-", $0.unit] })
    for (endpoint, id) in ids {
      let ofRelation = zip(units, data).filter { $0.0.relation == id }
      facts.relations[endpoint, default: []].append(
        HookFacts.Relation(id: id, units: ofRelation.map { HookFacts.Unit(name: $0.0.unit, data: $0.1.texts) }))
    }
    return facts
  }

  private func hostname() -> String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// The answers to questions, each a tool and its arguments; in their order.
  private func ask(_ questions: [[String]]) throws -> [Answer] {
    let tools = questions.map { question in
      Tool(question[0], ["--format=json"] + question.dropFirst(), environment: environment)
    }
    let results = Tool.runAll(tools, within: Self.timeLimit, atOnce: Self.atOnce)
    return try zip(questions, results).map { question, result in
      let what = question.joined(separator: " ")
      let outcome: Tool.Outcome
      do {
        outcome = try result.get()
      } catch {
        throw Failure(
          .noCluster, "cannot run \(question[0]), Juju's hook tool",
          hint: "run it in a hook (juju exec, juju debug-hooks), or give --relation-data FILE")
      }
      guard outcome.ending == .exited(0), !outcome.outputIsCut else {
        throw Failure(
          .noCluster, "'\(what)' failed, so the charm's options and relations are not known",
          hint: "the next hook tries again; its own message is in Juju's log")
      }
      return try Answer(outcome.output, to: what)
    }
  }

  /// What a tool prints as JSON.
  struct Answer {
    private let value: NativeValue

    init(_ bytes: [UInt8], to question: String) throws {
      let (value, diagnostics) = JSONReader.read(bytes, document: "'\(question)'")
      guard let value, diagnostics.isEmpty else {
        Inputs.report(diagnostics)
        throw Failure(.noCluster, "'\(question)' prints no JSON", hint: "is it Juju's hook tool that is found on PATH?")
      }
      self.value = value
    }

    var text: String? { if case .scalar(let text) = value.content { text } else { nil } }

    var items: [String] {
      guard case .list(let items) = value.content else { return [] }
      return items.compactMap { if case .scalar(let text) = $0.content { text } else { nil } }
    }

    /// What is set, by key.
    var texts: [String: String] {
      guard case .map(let entries) = value.content else { return [:] }
      var result: [String: String] = [:]
      for entry in entries {
        if case .scalar(let text) = entry.value.content { result[entry.key] = text }
      }
      return result
    }
  }
}
