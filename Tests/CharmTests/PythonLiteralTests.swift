import Documents
import Testing

@testable import Charm

@Suite struct PythonLiteralTests {
  @Test func readsWhatReprPrints() throws {
    let text = "{u'a': 'b', 'c': [1, -2.5, None, True, ('x',)], \"it's\": 'a' \"b\", 'e': {}, }"
    let value = try PythonLiteral.read(text)
    #expect(
      value
        == .map([
          .init("a", .text("b")),
          .init("c", .list([.text("1"), .text("-2.5"), .null, .text("true"), .list([.text("x")])])),
          .init("it's", .text("ab")), .init("e", .map([])),
        ]))
  }

  @Test func readsEscapes() throws {
    #expect(try PythonLiteral.read(#"'a\'\"\\\n\x41\u00e9\q'"#) == .text("a'\"\\\nAé\\q"))
  }

  @Test(arguments: [
    "", "{", "{'a'", "{'a': }", "{'a': 'b' 'c'", "[1 2]", "'open", "__import__('os')", "{'a': b}", "{1: 2}", "{} {}",
    "'\\ud800'", "'\\u12'", "1+1", "f'x'",
  ])
  func refusesWhatIsNoLiteral(text: String) {
    #expect(throws: PythonLiteral.Problem.self) { try PythonLiteral.read(text) }
  }

  @Test func refusesDeepNesting() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: PythonLiteral.Problem.self) { try PythonLiteral.read(text) }
  }
}
