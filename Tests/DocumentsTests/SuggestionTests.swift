import Testing

@testable import Documents

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("primitves", "primitives"), ("primitievs", "primitives"), ("PRIMITIVES", "primitives"), ("grups", "groups"),
    ("resource_defaults", "resource-defaults"), ("xmk", "xml"), ("tag", "tags"), ("ordre", "order"),
  ])
  func slipsAreFound(word: String, meant: String) {
    #expect(Suggestion.nearest(to: word, among: ClosedKeys.document.all) == meant)
  }

  @Test(arguments: ["foo", "x", "", "primary", "prmtvs", "a-very-long-word-that-is-no-key-of-anything"])
  func otherWordsAreLeftAlone(word: String) {
    #expect(Suggestion.nearest(to: word, among: ClosedKeys.document.all) == nil)
  }

  @Test func theNearestWins() {
    #expect(Suggestion.nearest(to: "monitr", among: ["monitors", "monitor"]) == "monitor")
  }
}
