import Cluster
import Glibc

/// Standard output for results, standard error for everything else.
enum Console {
  /// Tells the user something, with more lines to it and what to do about it.
  static func error(_ message: String, details: [String] = [], hint: String? = nil) {
    var text = message.printable + "\n"
    for detail in details { text += "  \(detail.printable)\n" }
    if let hint { text += "  hint: \(hint.printable)\n" }
    StandardError.write(text)
  }

  /// Tells of what was done, in text that is printable as it is.
  static func log(_ text: String) { StandardError.write(text) }

  /// - Throws: `Failure` where not all of it was written: a full disk, a closed pipe.
  static func print(_ text: String) throws {
    try print(Array(text.utf8))
  }

  static func print(_ bytes: [UInt8]) throws {
    try StandardOutput.write(bytes)
  }

  static let outputIsTerminal = isatty(1) == 1
  static let inputIsTerminal = isatty(0) == 1
  static let errorIsTerminal = isatty(2) == 1

  /// Whether to colour standard output: on a terminal, unless NO_COLOR says no.
  static let usesColour = outputIsTerminal && getenv("NO_COLOR").map { $0.pointee == 0 } ?? true

  /// Asks a yes-or-no question on the terminal; anything but yes is no.
  static func confirm(_ question: String) -> Bool {
    StandardError.write("\(question) [y/N] ")
    guard let answer = readLine() else { return false }
    return ["y", "yes"].contains(answer.lowercased())
  }
}
