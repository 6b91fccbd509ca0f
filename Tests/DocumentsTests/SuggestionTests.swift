import Desired
import Testing

@testable import Documents

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("primitves", "primitives"), ("primitievs", "primitives"), ("PRIMITIVES", "primitives"), ("grups", "groups"),
    ("resource_defaults", "resource-defaults"), ("xmk", "xml"), ("tag", "tags"), ("ordre", "order"),
    ("prmtives", "primitives"), ("xprimitivesx", "primitives"), ("rpimitivse", "primitives"),
    ("pribitiwes", "primitives"),
  ])
  func slipsAreFound(word: String, meant: String) {
    #expect(Suggestion.nearest(to: word, among: ClosedKeys.document.all) == meant)
  }

  @Test(arguments: ["foo", "x", "", "primary", "prmtvs", "prmitiv", "a-very-long-word-that-is-no-key-of-anything"])
  func otherWordsAreLeftAlone(word: String) {
    #expect(Suggestion.nearest(to: word, among: ClosedKeys.document.all) == nil)
  }

  @Test func theNearestWins() {
    #expect(Suggestion.nearest(to: "monitr", among: ["monitors", "monitor"]) == "monitor")
  }

  @Test func ofEqualsItIsTheFirstByName() {
    #expect(Suggestion.nearest(to: "vip3", among: ["vip2", "vip1", "vip4"]) == "vip1")
  }

  @Test func aWordIsNotItsOwnCorrection() {
    #expect(Suggestion.nearest(to: "vip", among: ["vip", "VIP"]) == "VIP")
  }
}
