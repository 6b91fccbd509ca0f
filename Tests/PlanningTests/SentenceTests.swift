import CIB
import Planning
import Testing
import XML

@testable import Cluster
@testable import Commands

/// Sentences that no run of the program shows for certain.
@Suite struct SentenceTests {
  @Test(arguments: [
    (Effect(resource: "web", action: "recover", node: "n1"), "web is recovered on n1"),
    (Effect(action: "fence", node: "n1"), "n1 IS FENCED"),
    (
      Effect(resource: "web", action: "stop", node: "n1", reason: "unmanaged", isBlocked: true),
      "web stops on n1, but that is blocked (unmanaged)"
    ),
  ]) func whatTheClusterWouldDo(effect: Effect, sentence: String) {
    #expect(effect.sentence == sentence)
  }

  @Test func whatIsNotKnown() throws {
    let plan = Plan(schema: .newest, current: Element("configuration"), target: Element("configuration"), changes: [])
    #expect(Simulation.Outcome.gaveUp.sentences(of: plan) == ["not known: crm_simulate took too long"])
  }
}
