import Testing
import XML

@testable import Documents

@Suite struct JSONReaderTests {
  @Test func valuesAreRead() {
    #expect(
      json(#" { "a" : [ 1 , "x" , null , true , false , { } , [ ] ] } "#)?.shape
        == #"{a: ["1", "x", null, "true", "false", {}, []]}"#)
    #expect(json("\u{FEFF}\"x\"")?.shape == "\"x\"")
  }

  @Test(arguments: ["0", "-0", "1.10", "1e3", "1E+05", "-12.50e-2", "12345678901234567890123"])
  func numbersAreTheirSourceText(number: String) {
    #expect(json("[\(number)]")?.shape == "[\"\(number)\"]")
  }

  @Test(arguments: ["01", "1.", ".5", "+1", "0x10", "1e", "-", "--1", "1_0", "Infinity", "NaN"])
  func otherNumbersAreNone(number: String) {
    #expect(jsonMessages("[\(number)]").count == 1)
    #expect(json("[\(number)]") == nil)
  }

  @Test func escapesAreResolved() {
    #expect(json(#""\" \\ \/ \n \t \r \u00e4 \u20AC \ud83d\ude00""#)?.shape == "\"\" \\ / \n \t \r ä € 😀\"")
  }

  @Test func placesCountCharacters() {
    let value = json("{\"ä€\": 1,\n \"b\": [\"ü\", 2]}")
    guard case .map(let entries)? = value?.content, case .list(let items) = entries[1].value.content else {
      Issue.record("no map")
      return
    }
    #expect(entries[0].value.position == SourcePosition(line: 1, column: 8))
    #expect(entries[1].keyPosition == SourcePosition(line: 2, column: 2))
    #expect(items[1].position == SourcePosition(line: 2, column: 13))
  }

  @Test(arguments: [
    ("", "1:1: error: not valid JSON: the text ends where a value is expected"),
    ("{\"a\": }", "1:7: error: not valid JSON: a value is expected here"),
    ("{a: 1}", "1:2: error: not valid JSON: a key in double quotes is expected here"),
    ("{\"a\" 1}", "1:6: error: not valid JSON: ':' is expected after a key"),
    ("{\"a\": 1,}", "1:9: error: not valid JSON: a key in double quotes is expected here"),
    ("[1 2]", "1:4: error: not valid JSON: ',' or ']' is expected here"),
    ("{\"a\": 1 \"b\"}", "1:9: error: not valid JSON: ',' or '}' is expected here"),
    ("[1,]", "1:4: error: not valid JSON: a value is expected here"),
    ("[yes]", "1:2: error: not valid JSON: text must stand in double quotes"),
    ("[nul]", "1:2: error: not valid JSON: text must stand in double quotes"),
    ("{} {}", "1:4: error: there is something after the end of the JSON value"),
    ("[\"a\nb\"]", "1:4: error: not valid JSON: a string cannot hold a line end"),
    ("[\"a\tb\"]", "1:4: error: not valid JSON: a string cannot hold a control character"),
    ("[\"ab", "1:5: error: not valid JSON: the string that starts at line 1, column 2 does not end"),
    ("[\"a\\x\"]", "1:4: error: not valid JSON: this escape is not known"),
    (
      "[\"\\ud83d\"]",
      "1:3: error: not valid JSON: '\\u' needs four hexadecimal digits, and a pair of them beyond U+FFFF"
    ),
    (
      "[\"\\ude00\"]",
      "1:3: error: not valid JSON: '\\u' needs four hexadecimal digits, and a pair of them beyond U+FFFF"
    ),
    (
      "[\"\\ud83d\\u0041\"]",
      "1:3: error: not valid JSON: '\\u' needs four hexadecimal digits, and a pair of them beyond U+FFFF"
    ),
    (
      "[\"\\u00g0\"]",
      "1:3: error: not valid JSON: '\\u' needs four hexadecimal digits, and a pair of them beyond U+FFFF"
    ),
    ("[\"a\u{9B}b\"]", "1:4: error: U+009B is a control character"),
    ("[\"\\u0007\"]", "1:2: error: the value has the character U+0007, which XML cannot hold"),
    ("{\"a\": 1, \"a\": 2}", "1:10: error: duplicate key 'a', already given at line 1, column 2"),
    ("{\"a\": 1, \"\\u0061\": 2}", "1:10: error: duplicate key 'a', already given at line 1, column 2"),
    ("[01]", "1:3: error: not valid JSON: this is no number; text must stand in double quotes"),
    ("// c\n{}", "1:1: error: not valid JSON: a value is expected here"),
  ])
  func errorsHaveTheirPlace(text: String, message: String) {
    #expect(jsonMessages(text) == ["c.json:\(message)"])
  }

  @Test func nestingIsLimited() {
    let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(json(deep(100)) != nil)
    #expect(jsonMessages(deep(101)) == ["c.json:1:101: error: values are nested more than 100 levels deep"])
    #expect(jsonMessages(String(repeating: "[", count: 1_000_000)).count == 1)
  }

  @Test func invalidBytesAreRefused() {
    let (value, diagnostics) = JSONReader.read([0x22, 0xFF, 0x22], document: "c.json")
    #expect(value == nil)
    #expect(diagnostics.map(\.description) == ["c.json:1:2: error: the text is not UTF-8"])
  }

  @Test func aTruncatedTextDoesNotCrash() {
    let text = Array(#"{"a": [1.5e3, "x\ud83d\ude00y\n", null, true], "ä": {"b": -1}}"#.utf8)
    for length in 0..<text.count {
      #expect(JSONReader.read(Array(text[..<length]), document: "c.json").0 == nil)
    }
    #expect(JSONReader.read(text, document: "c.json").0 != nil)
  }
}
