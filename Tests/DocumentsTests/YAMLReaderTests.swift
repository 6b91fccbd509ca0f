import Testing
import XML

@testable import Documents

@Suite struct YAMLReaderTests {
  @Test(arguments: [
    "yes", "no", "on", "off", "0644", "1e3", "12:30", "1.10", "2026-01-01", "0x1F", ".inf", "true", "1_000",
    "-INFINITY",
    "nUll", "NaN", "=", "a: b",
  ])
  func plainScalarsAreTheirSourceText(text: String) {
    let quoted = text.contains(": ") ? "'\(text)'" : text
    #expect(yaml("k: \(quoted)")?.shape == "{k: \"\(text)\"}")
  }

  @Test(arguments: ["null", "Null", "NULL", "~", ""])
  func plainNullIsNull(text: String) {
    #expect(yaml("k: \(text)")?.shape == "{k: null}")
    #expect(yaml("[a, \(text), b]")?.shape == (text.isEmpty ? nil : "[\"a\", null, \"b\"]"))
    #expect(yaml("k: '\(text)'")?.shape == "{k: \"\(text)\"}")
    #expect(yaml("k: \"\(text)\"")?.shape == "{k: \"\(text)\"}")
  }

  @Test func nullAsAKeyIsText() {
    #expect(yaml("{null: a, ~: b, on: c}")?.shape == "{null: \"a\", ~: \"b\", on: \"c\"}")
  }

  @Test func blockScalarsAreText() {
    #expect(yaml("k: |\n  null\n")?.shape == "{k: \"null\n\"}")
    #expect(yaml("k: >-\n  a\n  b\n")?.shape == "{k: \"a b\"}")
  }

  @Test func textMayBeTaggedAsText() {
    #expect(yaml("k: !!str null")?.shape == "{k: \"null\"}")
  }

  @Test func anEmptyTextIsNull() {
    #expect(yaml("")?.shape == "null")
    #expect(yaml("# nothing\n---\n")?.shape == "null")
  }

  @Test func placesCountCharactersFromOne() {
    let value = yaml("\u{FEFF}a: ü\nbä: [x, {c: d}]\n")
    #expect(value?.position == SourcePosition(line: 1, column: 1))
    guard case .map(let entries)? = value?.content, case .list(let items) = entries[1].value.content,
      case .map(let inner) = items[1].content
    else {
      Issue.record("no map")
      return
    }
    #expect(entries[0].value.position == SourcePosition(line: 1, column: 4))
    #expect(entries[1].keyPosition == SourcePosition(line: 2, column: 1))
    #expect(entries[1].value.position == SourcePosition(line: 2, column: 5))
    #expect(inner[0].keyPosition == SourcePosition(line: 2, column: 10))
    #expect(inner[0].value.position == SourcePosition(line: 2, column: 13))
  }

  @Test func aliasesStandForTheirValue() {
    #expect(
      yaml("a: &x {k: v}\nb: *x\nc: &y t\n*y : d")?.shape
        == "{a: {k: \"v\"}, b: {k: \"v\"}, c: \"t\", t: \"d\"}")
  }

  // MARK: Errors

  @Test func syntaxErrorsHaveTheirPlace() {
    #expect(
      yamlMessages("a:\n  b: c: d\n") == [
        "c.yaml:2:7: error: not valid YAML: mapping values are not allowed in this context"
      ])
    #expect(
      yamlMessages("a: [b,\nc: d\n")
        == [
          "c.yaml:3:1: error: not valid YAML: did not find expected ',' or ']', while parsing a flow sequence that starts at line 1"
        ])
    #expect(
      yamlMessages("a:\n\tb: c\n")
        == [
          "c.yaml:2:1: error: not valid YAML: found character that cannot start any token, while scanning for the next token\n"
            + "  hint: indent with blanks, YAML takes no tabs there"
        ])
    #expect(
      yamlMessages("a: @b")
        == [
          "c.yaml:1:4: error: not valid YAML: found character that cannot start any token, while scanning for the next token\n"
            + "  hint: put text that starts so into quotes"
        ])
  }

  @Test func duplicateKeysNameTheFirst() {
    #expect(
      yamlMessages("a: {b: 1, c: 2, 'b': 3}")
        == ["c.yaml:1:17: error: duplicate key 'b', already given at line 1, column 5"])
  }

  @Test func duplicateKeysAreFoundInLargeMaps() {
    let lines = (0..<100).map { "k\($0): \($0)\n" }.joined() + "k7: again\nk99: again\n"
    #expect(
      yamlMessages("m:\n" + lines.split(separator: "\n").map { "  \($0)\n" }.joined())
        == [
          "c.yaml:102:3: error: duplicate key 'k7', already given at line 9, column 3",
          "c.yaml:103:3: error: duplicate key 'k99', already given at line 101, column 3",
        ])
  }

  @Test func mergeKeysAreRefused() {
    #expect(
      yamlMessages("a: &a {b: c}\nd:\n  <<: *a\n")
        == [
          "c.yaml:3:3: error: merge keys ('<<') are not supported\n"
            + "  hint: write the keys out; an alias (*name) may stand for a value"
        ])
    #expect(yaml("{'<<': a}")?.shape == "{<<: \"a\"}")
  }

  @Test(arguments: [
    ("!!int 3", "!!int"), ("!!binary aGk=", "!!binary"), ("!x y", "!x"), ("!!map {}", "!!map"), ("!!set []", "!!set"),
  ])
  func otherTagsAreRefused(text: String, tag: String) {
    #expect(
      yamlMessages("k: \(text)")
        == [
          "c.yaml:1:4: error: tag '\(tag)' is not supported, only '!!str'\n"
            + "  hint: leave it out: plain scalars are the text they are"
        ])
  }

  @Test func keysMustBeText() {
    #expect(yamlMessages("? [a, b]\n: c") == ["c.yaml:1:3: error: a key must be text"])
    #expect(yamlMessages("? {a: b}\n: c") == ["c.yaml:1:3: error: a key must be text"])
    #expect(yamlMessages("x: &x [a]\n*x : c") == ["c.yaml:2:1: error: a key must be text"])
  }

  @Test func aFileHasOneDocument() {
    #expect(
      yamlMessages("a: b\n---\nc: d\n")
        == [
          "c.yaml:2:1: error: a second YAML document starts here, a file has one\n  hint: put it into a file of its own"
        ])
    #expect(yaml("--- {a: b}\n...\n")?.shape == "{a: \"b\"}")
  }

  @Test func onlyCharactersOfXMLAreTaken() {
    #expect(
      yamlMessages("a: b\nc: \"x\u{1}\"")
        == ["c.yaml:2:6: error: U+0001 is a control character, which XML cannot hold"])
    #expect(
      yamlMessages("a: \"x\\x07\"\nb: \"\\0\"\nc: \"\\uFFFE\"")
        == [
          "c.yaml:1:4: error: the value has the character U+0007, which XML cannot hold",
          "c.yaml:2:4: error: the value has the character U+0000, which XML cannot hold",
          "c.yaml:3:4: error: the value has the character U+FFFE, which XML cannot hold",
        ])
    #expect(
      yamlMessages("a: \u{FFFF}") == ["c.yaml:1:4: error: U+FFFE and U+FFFF are no characters, XML cannot hold them"])
    #expect(
      yamlMessages("{\"\\e\": a}") == ["c.yaml:1:2: error: the value has the character U+001B, which XML cannot hold"])
    #expect(yamlMessages("a: x\u{7F}") == ["c.yaml:1:5: error: U+007F is a control character"])
    #expect(yamlMessages("a: 'é\u{85}'") == ["c.yaml:1:6: error: U+0085 is a control character"])
    // Escaped, as exports write them.
    #expect(yaml("a: \"\\x9b\"")?.shape == "{a: \"\u{9B}\"}")
    #expect(yaml("a: \"t\\tn\\nr\\r\"")?.shape == "{a: \"t\tn\nr\r\"}")
  }

  @Test(arguments: [
    [0xFF], [0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3, 0x41],
    [0x80],
    [0xE2, 0x82], [0xF0, 0x9F, 0x98],
  ])
  func otherEncodingsAreRefused(bytes: [UInt8]) {
    let (value, diagnostics) = YAMLReader.read(Array("a: b\nä: ".utf8) + bytes, document: "c.yaml")
    #expect(value == nil)
    #expect(diagnostics.map(\.description) == ["c.yaml:2:4: error: the text is not UTF-8"])
  }

  @Test(arguments: ["é", "€", "\u{D7FF}", "\u{E000}", "😀", "\u{10FFFF}", "\u{A0}x"])
  func allOfUTF8IsTaken(text: String) {
    #expect(yaml("k: 'a\(text)'") != nil)
  }

  @Test func aliasBombsAreRefused() {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(yamlMessages(bomb) == ["c.yaml:6:45: error: aliases stand for more than 1000000 values"])
  }

  @Test func aliasesInsideTheirValueAreRefused() {
    #expect(yamlMessages("a: &a [b, *a]") == ["c.yaml:1:11: error: alias '*a' stands inside the value it refers to"])
  }

  @Test func aliasesNeedAnAnchor() {
    #expect(
      yamlMessages("a: &params {b: c}\nd: *parms\n")
        == [
          "c.yaml:2:4: error: alias '*parms' has no anchor '&parms' before it\n  hint: did you mean '*params'?"
        ])
  }

  @Test func nestingIsLimited() {
    let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
    #expect(yaml(deep(100)) != nil)
    #expect(yamlMessages(deep(101)) == ["c.yaml:1:101: error: values are nested more than 100 levels deep"])
    #expect(yamlMessages(deep(100_000)).count == 1)
    // Through an alias too: 60 levels inside 50.
    let nested = "a: &a \(deep(60))\nb: " + String(repeating: "[", count: 50) + "*a" + String(repeating: "]", count: 50)
    #expect(yamlMessages(nested) == ["c.yaml:2:54: error: values are nested more than 100 levels deep"])
  }
}
