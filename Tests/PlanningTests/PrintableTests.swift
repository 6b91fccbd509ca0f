import Testing

@testable import Commands

@Suite struct PrintableTests {
  @Test(arguments: [
    ("plain, with ~ and {}", "plain, with ~ and {}"), ("http://u:p@h/", "http://(secret)@h/"),
    ("é http://u:p@h/", "é http://(secret)@h/"), ("admin@example.com", "admin@example.com"),
    ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{1B}[31m\u{202E}", "\\u{1b}[31m\\u{202e}"),
  ]) func whatATerminalGets(text: String, printable: String) {
    #expect(text.printable == printable)
  }
}
