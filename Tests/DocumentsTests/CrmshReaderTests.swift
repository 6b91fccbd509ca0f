import CIB
import Desired
import Testing

@testable import Documents

/// What real crmsh cannot be asked: places of errors, and what is no crmsh at all.
@Suite struct CrmshReaderTests {
  private func read(_ text: String) -> (DesiredConfiguration, [String]) {
    let (configuration, diagnostics) = CrmshReader.read(Array(text.utf8), document: "d.crm")
    return (
      configuration, diagnostics.map { "\($0.location.position.line):\($0.location.position.column) \($0.message)" }
    )
  }

  @Test func whatFollowsASeparatorMayBeACombiningMark() {
    // For Swift's strings it is one character with what is before it.
    let (configuration, problems) = read("primitive a ocf:x:\u{301}y params \u{301}n=\u{301}v")
    #expect(problems.isEmpty)
    let element = configuration.objects.first?.element
    #expect(element?["provider"] == "x")
    #expect(element?["type"] == "\u{301}y")
    let nvpair = element?.first("instance_attributes")?.first("nvpair")
    #expect(nvpair?["name"] == "\u{301}n")
    #expect(nvpair?["value"] == "\u{301}v")
  }

  @Test func allErrorsOfADocumentAreToldWithTheirPlaces() {
    let (configuration, problems) = read(
      """
      primitve a Dummy
      primitive b
      primitive ok ocf:pacemaker:Dummy
      location l a 0:
      order o inf: a:frobnicate b
      colocation c inf: a ( b
      group g
      property "unclosed
      primitive last ocf:pacemaker:Dummy stray=1 nonsense:x
      """)
    #expect(configuration.objects.map(\.id) == ["ok"])
    #expect(
      problems == [
        "1:1 unknown statement 'primitve'",
        "2:11 'primitive': an agent such as ocf:heartbeat:IPaddr2 is expected after 'b'",
        "4:14 'location': a node is expected after '0:'",
        "5:14 'frobnicate' is no action",
        "6:21 '(' is not closed",
        "7:7 group 'g' has no members",
        "8:10 the quote \" is not closed on its line",
        "9:44 NAME=VALUE is expected, not 'nonsense:x'",
      ])
  }

  @Test func whatMayBeTheRestOfAPasswordIsNotQuoted() {
    let (_, problems) = read(
      """
      primitive a ocf:pacemaker:Dummy params pass
      wd=s3cret
      primitive b ocf:pacemaker:Dummy params passwd=two wo:rds x=y
      """)
    #expect(problems == ["2:1 unknown statement", "3:51 NAME=VALUE is expected, not '(secret)'"])
  }

  @Test func wordsAreQuotedAsInAShellWithoutItsExpansions() throws {
    var lexer = CrmshLexer(
      #"""
      primitive p a='x y' b="q\"r\s" c=\ d e="" \
         f=$(id) # g
      # a comment; \
      next
      """#)
    #expect(
      try lexer.next().map(\.text) == ["primitive", "p", "a=x y", #"b=q"r\s"#, "c= d", "e=", "f=$(id)", "#", "g"])
    #expect(try lexer.next().map(\.text) == ["next"])
    #expect(try lexer.next().isEmpty)
  }

  @Test func attributesOfAnOperationStandInAnyOrder() throws {
    let (configuration, problems) = read(#"primitive p lsb:x op monitor depth="0" timeout="20s" interval="10s""#)
    #expect(problems.isEmpty)
    let operation = try #require(configuration.objects[0].element.first("operations")?.first("op"))
    #expect(operation["timeout"] == "20s" && operation["interval"] == "10s")
    #expect(operation.first("instance_attributes")?.first("nvpair")?["name"] == "depth")
  }

  @Test(arguments: [
    "node id=5 n1", "location l a rule id=5 #uname eq n1", "primitive p lsb:x operations id=o op monitor interval=5s",
    "role r read id=5 xpath:/cib", "alert a /bin/true to { /x id=5 }", "primitive p lsb:x params fake=1 $id=late",
  ])
  func theIdOfAPartHasADollar(text: String) {
    let (configuration, problems) = read(text)
    #expect(configuration.objects.isEmpty && problems.count == 1)
  }

  @Test func partsOfDatesThatCrmshDoesNotKnowAreTakenWhereNothingElseCanFollow() throws {
    let (configuration, problems) = read(
      """
      primitive p lsb:x
      location l p rule inf: date in start=2030-01-01 days=2 minutes=5
      location wrong p rule inf: date spec hour=9
      """)
    let duration = configuration.objects[1].element.first("rule")?.first("date_expression")?.first("duration")
    #expect(duration?["days"] == "2" && duration?["minutes"] == "5")
    #expect(problems == ["3:38 a part of a date such as hours=9-16 is expected"])
  }

  @Test func asterisksOfCrmshAreNoPassword() throws {
    let (configuration, _) = read("primitive p stonith:fence_x params passwd=\"******\" other=\"******\"")
    let pairs = try #require(configuration.objects[0].element.first("instance_attributes")).elements
    #expect(pairs[0]["value"] == nil && pairs[1]["value"] == "******")
  }

  @Test(arguments: [
    "primitive p ocf:x:y password:hunter2", "primitive p ocf:x:y params password:hunter2",
    "primitive p ocf:x:y params password= hunter2", "primitive p ocf:x:y params password = hunter2 a=b",
  ]) func aPasswordIsNeitherQuotedNorTakenForAName(text: String) {
    let (configuration, problems) = read(text)
    #expect(problems.count == 1)
    #expect(!problems.joined().contains("hunter2"))
    #expect(configuration.objects.isEmpty)
  }

  @Test func parametersMayBeWithoutValue() {
    let (configuration, problems) = read("primitive p ocf:x:y params password=\"\" a=b verbose passwd debug")
    #expect(problems.isEmpty)
    #expect(configuration.objects[0].element.first("instance_attributes")?.elements.count == 5)
  }

  @Test func deletionsAreRead() {
    let (configuration, problems) = read("delete a b\ndelete")
    #expect(configuration.deletions.map(\.target) == [.object(id: "a"), .object(id: "b")])
    #expect(problems.count == 1)
  }

  @Test func whatIsNoIDIsNotDeleted() {
    let (configuration, problems) = read("delete st-`")
    #expect(configuration.deletions.isEmpty && problems.count == 1)
  }

  @Test(arguments: [
    "xml <a", "xml <script/>", "xml", "xml <!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><primitive id='&e;'/>",
  ])
  func hostileXMLIsRefused(text: String) {
    let (configuration, problems) = read(text)
    #expect(configuration.objects.isEmpty && problems.count == 1)
  }

  @Test func aMegabyteOfOneWordIsNoTrouble() {
    let (configuration, problems) = read("primitive p Dummy params x=\(String(repeating: "a", count: 1 << 20))")
    #expect(configuration.objects.count == 1 && problems.isEmpty)
  }
}
