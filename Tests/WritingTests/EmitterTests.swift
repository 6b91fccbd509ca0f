import Testing

@testable import Documents

@Suite("WritingTests: YAML") struct YAMLEmitterTests {
  @Test(
    "what every YAML reads as the same text stays plain",
    arguments: [
      "web", "res_masakari_321f78b_vip", "10s", "0s", "10.0.0.236", "0", "1", "3121", "true", "false", "-INFINITY",
      "INFINITY", "/usr/local/bin/a", "two words", "st-maas", "Mandatory", "a.b", "x=y",
    ])
  func plain(_ text: String) {
    #expect(YAMLText.style(of: text, inFlow: true) == .plain)
    #expect(YAMLText.style(of: text, inFlow: false) == .plain)
  }

  @Test(
    "what some YAML reads as something else is quoted",
    arguments: [
      "", "yes", "Yes", "no", "NO", "on", "Off", "y", "N", "null", "Null", "~", "True", "TRUE", "False", "1.10", "1e3",
      "1E5", "0644", "0x1F", "0o17", "0b1", "1_000", "12:30", "190:20:30", "2024-01-01", "2024-01-01T10:00:00Z", ".5",
      ".inf", "-.inf", ".nan", "+1", "-1", "-", "--- a", "...", "=", "<<", "#uname", "a #b", "a: b", "a:", " a", "a ",
      "- a", "? a", "[a", "{a", "&a", "*a", "!a", "|", ">", "'a'", "\"a\"", "%a", "@a", "`a", "a, [b",
      "123456789012345678", "1.5e+3", "Bücher",
    ])
  func quoted(_ text: String) {
    #expect(YAMLText.style(of: text, inFlow: true) == .singleQuoted)
    let inBlock = YAMLText.style(of: text, inFlow: false)
    #expect(inBlock == .singleQuoted)
  }

  @Test("colons and commas are quoted in flow style alone")
  func colons() {
    for text in ["ocf:heartbeat:IPaddr2", "a,b"] {
      #expect(YAMLText.style(of: text, inFlow: false) == .plain)
      #expect(YAMLText.style(of: text, inFlow: true) == .singleQuoted)
    }
  }

  @Test("lines and what cannot be seen are escaped")
  func escapes() {
    let text = YAMLEmitter.text(of: .map([.init("a", .text("1\n2\t\u{7F}\u{85}\"\\\u{FEFF}"))]))
    #expect(text == "a: \"1\\n2\\t\\u007f\\u0085\\\"\\\\\\ufeff\"\n")
    #expect(YAMLEmitter.text(of: .text("it's")) == "'it''s'\n")
  }

  @Test("small maps and lists stand on one line, others do not")
  func layout() {
    let operation = NativeValue.map([
      .init("name", .text("monitor")), .init("interval", .text("10s")),
      .init("params", .map([.init("depth", .text("0"))])),
    ])
    let document = NativeValue.map([
      .init(
        "primitives",
        .map([
          .init(
            "vip",
            .map([
              .init("agent", .text("ocf:heartbeat:IPaddr2")),
              .init("params", .map([.init("ip", .text("10.0.0.1")), .init("on", .text("1.0"))])),
              .init("operations", .list([operation])),
            ]))
        ])),
      .init("groups", .map([.init("g", .map([.init("members", .list([.text("vip")]))]))])),
      .init("defaults", .map([.init("a", .text("1"))])),
      .init("order", .list([.text("a"), .text("b")])),
      .init("delete", .list([.text("a"), .map([.init("property", .text("b"))])])),
    ])
    #expect(
      YAMLEmitter.text(of: document) == """
        primitives:
          vip:
            agent: ocf:heartbeat:IPaddr2
            params: {ip: 10.0.0.1, 'on': '1.0'}
            operations:
              - {name: monitor, interval: 10s, params: {depth: 0}}
        groups:
          g: {members: [vip]}
        defaults: {a: 1}
        order: [a, b]
        delete:
          - a
          - {property: b}

        """)
  }

  @Test("what does not fit into the line goes below")
  func longValues() {
    let names = (0..<20).map { NativeValue.text("resource-\($0)") }
    let text = YAMLEmitter.text(of: .map([.init("a", .map([.init("b", .list(names))]))]))
    #expect(text.hasPrefix("a:\n  b:\n    - resource-0\n    - resource-1\n"))
  }

  @Test("nothing and nothing much")
  func empty() {
    #expect(YAMLEmitter.text(of: .map([])) == "{}\n")
    #expect(YAMLEmitter.text(of: .null) == "null\n")
    #expect(YAMLEmitter.text(of: .map([.init("a", .list([])), .init("b", .null)])) == "a: []\nb: null\n")
  }

  @Test("keys that are too long for YAML are announced")
  func longKeys() {
    let key = String(repeating: "k", count: 2000)
    #expect(YAMLEmitter.text(of: .map([.init(key, .text("v"))])) == "? \(key)\n: v\n")
  }
}

@Suite("WritingTests: JSON") struct JSONEmitterTests {
  let value = NativeValue.map([
    .init("a\"", .list([.text("1\n\u{01}ü/"), .null, .bool(true), .integer(3)])), .init("b", .map([])),
  ])

  @Test("indented") func indented() {
    #expect(
      JSONEmitter.text(of: value) == """
        {
          "a\\"": [
            "1\\n\\u0001ü/",
            null,
            true,
            3
          ],
          "b": {}
        }

        """)
  }

  @Test("compact") func compact() {
    #expect(JSONEmitter.text(of: value, isCompact: true) == "{\"a\\\"\":[\"1\\n\\u0001ü/\",null,true,3],\"b\":{}}")
  }
}
