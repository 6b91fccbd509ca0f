import CIB
import Testing
import XML

@Suite struct ValuesTests {
  @Test(arguments: [
    ("10", 10_000), ("10s", 10_000), ("10000ms", 10_000), ("1min", 60_000), ("2h", 7_200_000), ("PT1M30S", 90_000),
    ("P1DT1H", 90_000_000), ("1hr", 3_600_000), ("2500us", 2), (" 10", 10_000), ("10  ms", 10),
  ]) func durationsAreRead(text: String, milliseconds: Int) {
    #expect(Values.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "s", "10 apples", "P", "PT", "P1M", "-5", "99999999999999999999",
    "P" + String(repeating: "2147483640W", count: 8),
  ])
  func whatIsNoDurationIsNone(text: String) {
    #expect(Values.milliseconds(text) == nil)
  }

  @Test func scoresBeyondAMillionAreInfinite() {
    #expect(ValueType.score.areSame("1000000", "INFINITY"))
    #expect(ValueType.score.areSame("-2000000", "-INFINITY"))
    #expect(ValueType.score.areSame("+5", "5"))
    #expect(ValueType.score.areSame(" 5", "5"))
    #expect(ValueType.score.areSame("-9223372036854775809", "-INFINITY"))
    #expect(Values.score("+-9223372036854775809") == nil && Values.score("9223372036854775809x") == nil)
    #expect(!ValueType.score.areSame("5", "6"))
  }

  @Test func rolesHaveTwoNames() {
    #expect(ValueType.role.areSame("Master", "Promoted"))
    #expect(ValueType.role.areSame("Slave", "Unpromoted"))
    #expect(!ValueType.role.areSame("Slave", "Started"))
  }

  @Test func textIsComparedByteForByte() {
    #expect(!ValueType.text.areSame("10s", "10"))
    #expect(!ValueType.text.areSame("e\u{301}", "\u{e9}"), "the same characters, other bytes")
    #expect(!ValueType.text.areSame("\u{F900}", "\u{8C48}"), "as many bytes")
  }

  @Test func onlyKnownOptionsAreParsed() {
    #expect(NVPairContext.resourceMeta.type(of: "failure-timeout") == .duration)
    #expect(NVPairContext.instance.type(of: "failure-timeout") == .text)
    #expect(NVPairContext.clusterProperty.type(of: "no-such-option") == .text)
  }

  @Test func theRecordIsReadBackAsItWasWritten() {
    var record = Record()
    #expect(record.element == nil)
    record.insert(.object(.primitive, id: "vip"))
    record.insert(.runTimeAttribute(resource: "vip", name: "target-role"))
    let back = Record(crmConfig: Element("crm_config", children: [.element(record.element!)]))
    #expect(back == record)
    #expect(back.contains(.object(.group, id: "vip")), "resources share their ids, whatever their kind")
    #expect(!back.contains(.object(.aclTarget, id: "vip")))
    #expect(!back.contains(.object(.primitive, id: "vi")))
  }

  @Test func rolesAreSpelledAsTheSchemaHasThem() {
    #expect(Schema("pacemaker-3.6").spelling(ofRole: "Promoted") == "Master")
    #expect(Schema("pacemaker-3.9").spelling(ofRole: "Master") == "Master")
    #expect(Schema("pacemaker-4.0").spelling(ofRole: "Slave") == "Unpromoted")
  }

  @Test func userInformationInURLsIsMasked() {
    #expect(Secret.maskingUserInfo(in: "http://u:p@h/ and ftp://x@y") == "http://(secret)@h/ and ftp://(secret)@y")
    #expect(Secret.maskingUserInfo(in: "http://u:p@ss@h/") == "http://(secret)@h/")
    #expect(Secret.maskingUserInfo(in: "http://u:p@\u{301}h/") == "http://(secret)@\u{301}h/")
    #expect(Secret.masking(["\u{301}x", ""], in: "'\u{301}x'") == "'(secret)'")
    #expect(Secret.masking(["e", "s", "se"], in: "see") == "(secret)(secret)")
    #expect(Secret.maskingUserInfo(in: "a@b://c") == "a@b://c")
  }

  @Test func theSetThatWinsComesFirst() {
    func set(_ id: String, score: String? = nil) -> Element {
      var set = Element("meta_attributes", [Attribute("id", id)])
      set["score"] = score
      return set
    }
    let sets = [set("a"), set("b"), set("c", score: "5"), set("first")]
    #expect(AttributeSets.byPrecedence(sets, first: "first").map(\.id) == ["first", "c", "b", "a"])
  }
}
