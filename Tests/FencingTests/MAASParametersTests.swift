import Fencing
import MAASClient
import Testing

@testable import MAASClient

/// What users write into `url`, `apikey`, `hostnames` and `deadline`.
@Suite struct MAASParametersTests {
  @Test(
    arguments: [
      ("http://h:5240/MAAS", "http://h:5240/MAAS/api/2.0/"),
      ("http://h:5240/MAAS/", "http://h:5240/MAAS/api/2.0/"),
      (" http://h:5240/MAAS/api/2.0/ ", "http://h:5240/MAAS/api/2.0/"),
      ("http://h:5240/MAAS/api/2.0", "http://h:5240/MAAS/api/2.0/"),
      ("http://h:5240", "http://h:5240/MAAS/api/2.0/"),
      ("h:5240/MAAS", "http://h:5240/MAAS/api/2.0/"),
      ("h:5443", "https://h:5443/MAAS/api/2.0/"),
      ("HTTPS://h:5443/MAAS/r/machines", "https://h:5443/MAAS/api/2.0/"),
      ("http://h/MAAS/#/machines", "http://h/MAAS/api/2.0/"),
      ("http://[fd00::1]:5240/MAAS", "http://[fd00::1]:5240/MAAS/api/2.0/"),
      ("http://[::ffff:192.0.2.1]/MAAS", "http://[::ffff:192.0.2.1]/MAAS/api/2.0/"),
      ("http://proxy/prefix/MAAS/", "http://proxy/prefix/MAAS/api/2.0/"),
    ])
  func urlsAreReadAsUsersWriteThem(text: String, api: String) throws {
    #expect(try RegionURL(text).api == api)
  }

  @Test(
    arguments: [
      "", "ftp://h/MAAS", "file:///etc/passwd", "http://", "http://u:p@h/MAAS", "http://h:99999/", "http://h:/",
      "http://h/a b",
      "http://h/MAAS/api/1.0/", "http://h/../x", "http://h?x=1", "http://h\n/MAAS", "http://hé/", "http://[::1/MAAS",
      "http://h/./x", "http://x[::1]/", "http://[::1]x/", "http://[]/", "http://[x]/",
    ])
  func urlsThatCannotWorkAreRefused(text: String) {
    #expect(throws: MAASError.self) { try RegionURL(text) }
  }

  @Test func aRefusedURLIsNotShown() {
    let error = #expect(throws: MAASError.self) { try RegionURL("http://me:hunter2@h/MAAS") }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func severalURLsAreTriedInTurn() throws {
    #expect(
      try RegionURL.list("http://a/ \n http://b/MAAS http://a").map(\.shown) == ["http://a/MAAS", "http://b/MAAS"])
  }

  @Test(arguments: ["c:t:s", " c:t:s\n", "\"c:t:s\"", "'c:t:s' "])
  func keysAreReadAsUsersWriteThem(text: String) throws {
    let key = try APIKey(text)
    #expect([key.consumerKey, key.tokenKey, key.tokenSecret] == ["c", "t", "s"])
  }

  @Test(arguments: ["", "c:t", "c:t:", "c::s", "c:t:s:x", "c:t:s x", "c:t:\u{e9}"])
  func brokenKeysAreRefusedUnseen(text: String) {
    let error = #expect(throws: MAASError.self) { try APIKey(text) }
    #expect(text.isEmpty || error?.description.contains(text) == false)
  }

  @Test func aKeyIsNeverPrinted() throws {
    let key = try APIKey("cons:tok:s3c")
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("s3c") && !text.contains("tok"))
    }
    #expect(key.masking("Expected: cons&tok and s3c") == "Expected: (secret)&(secret) and (secret)")
    // As the header has it.
    #expect(try APIKey("c/1:t+2:s&3").masking("c%2F1 t%2B2 s&3 s%263") == "(secret) (secret) (secret) (secret)")
    // Before an accent, which makes another Character of the last letter.
    #expect(key.masking("s3c\u{301}") == "(secret)\u{301}")
    // A part that another one contains.
    #expect(try APIKey("cons:tic:tac-tic").masking("&tac-tic") == "&(secret)")
  }

  @Test func hostNamesAreSpelledAsInTheList() throws {
    let names = HostNames("tidy-goose Model-Crow,n3.maas")
    #expect(try names.name(for: "model-crow").text == "Model-Crow")
    #expect(try names.name(for: "N3.MAAS").text == "n3.maas")
    #expect(throws: MAASError.self) { try names.name(for: "n3") }
  }

  @Test func namesThatDifferInCaseOnlyAreRefused() {
    #expect(throws: MAASError.self) { try HostNames("n1 N1").name(for: "n1") }
  }

  @Test(arguments: ["a/b", "..", "-x", "a..b", "$(id)", "a%2Fb", "a\u{1b}[1m", "é", ""])
  func whatIsNoHostNameGetsNowhere(text: String) {
    #expect(HostName(text) == nil)
    let error = #expect(throws: MAASError.self) { try HostNames("n1").name(for: text) }
    #expect(text.isEmpty || error?.description.contains(text) == false)
  }

  /// Swift's strings are equal where Unicode says so, whose Kelvin sign is a K.
  @Test func aNameIsTheSameBytes() throws {
    #expect(throws: MAASError.self) { try HostNames("K1").name(for: "\u{212A}1") }
    // It loads json-c.
    _ = try MAASClient(
      regions: RegionURL.list("http://127.0.0.1:9/MAAS"), key: APIKey("a:b:c"), deadline: Deadline(after: 0))
    let machine = """
      {"system_id": "abc", "hostname": "NAME", "fqdn": "n", "power_state": "on", "power_type": "ipmi", "status": 6,
       "locked": false}
      """
    let list = { (name: String) in
      Machine.list(Array("[\(machine.replacing("NAME", with: name))]".utf8), named: ["K1"])?.count
    }
    #expect(list("K1") == 1 && list("\u{212A}1") == nil)
  }

  @Test func withoutTimeNothingIsAsked() throws {
    let client = try MAASClient(
      regions: RegionURL.list("http://127.0.0.1:9/MAAS"), key: APIKey("a:b:c"), deadline: Deadline(after: 0))
    let error = #expect(throws: MAASError.self) { try client.whoami() }
    #expect(error?.description == "no time was left for the key's user")
  }

  @Test func deadlinesAreSeconds() throws {
    #expect(try deadlineSeconds(nil, default: 50) == 50)
    #expect(try deadlineSeconds("", default: 50) == 50)
    #expect(try deadlineSeconds("170s", default: 50) == 170)
    for text in ["abc", "0", "-1", "nan", "inf", "1e9"] {
      #expect(throws: MAASError.self) { try deadlineSeconds(text, default: 50) }
    }
    #expect(DefaultDeadline.monitoring(given: "170") == 15)
    #expect(DefaultDeadline.monitoring(given: "5") == 5)
  }

  @Test func textFromElsewhereBecomesOnePlainLine() {
    #expect("a\nb\u{1b}[31m\u{202e}\u{9b}c".printable() == "a b [31m  c")
    #expect(String(repeating: "x", count: 300).printable(limit: 5) == "xxxxx…")
  }
}
