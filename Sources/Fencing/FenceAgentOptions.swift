import Glibc
import MAASClient

/// The options of one call of `fence_maas`. Of a key given twice the last wins.
package struct FenceAgentOptions {
  private var values: [String: String] = [:]
  /// What is wrong with the command line; what stands on standard input is never wrong, only unknown.
  package private(set) var problems: [String] = []

  /// nil where it is not given, or empty.
  package subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  package func isSet(_ name: String) -> Bool {
    ["1", "yes", "true", "on", "y"].contains(values[name]?.lowercased() ?? "")
  }

  /// What stands on standard input.
  package static func fromInput() -> FenceAgentOptions { FenceAgentOptions(lines: readInput()) }

  /// `key=value` a line; `#` lines and unknown keys are ignored, as fence-agents do.
  package init(lines: String) {
    for line in lines.split(whereSeparator: \.isNewline) {
      guard line.first != "#", let separator = line.firstIndex(of: "=") else { continue }
      let key = line[..<separator].filter { !$0.isWhitespace }
      values[String(key)] = String(line[line.index(after: separator)...])
    }
  }

  /// `--key=value`, `--key value`, `-o value`; the names without value are flags.
  package init(arguments: ArraySlice<String>) {
    let known = FenceOption.all + AgentParameter.all.map { FenceOption(parameter: $0) }
    var rest = arguments
    while let argument = rest.popFirst() {
      var value: String?
      let option: FenceOption?
      if argument.hasPrefix("--") {
        var name = argument.dropFirst(2)
        if let separator = name.firstIndex(of: "=") {
          value = String(name[name.index(after: separator)...])
          name = name[..<separator]
        }
        // As fence-agents spell their long options.
        let spelled = name.replacing("-", with: "_")
        option = known.first { $0.parameter.name == spelled }
      } else if argument.hasPrefix("-"), let letter = argument.dropFirst().first {
        option = known.first { $0.letter == letter }
        let attached = argument.dropFirst(2)
        if !attached.isEmpty { value = String(attached) }
      } else {
        option = nil
      }
      guard let option else {
        // It may be a key that was meant to follow '='.
        problems.append("an argument is not known; --help lists them")
        continue
      }
      if !option.takesValue {
        values[option.parameter.name] = value ?? "1"
      } else if let given = value ?? rest.popFirst() {
        values[option.parameter.name] = given
      } else {
        problems.append("--\(option.parameter.name) needs a value")
      }
    }
  }

  /// Standard input, of which 1 MB is far more than a caller has to say.
  private static func readInput() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = read(0, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes.append(contentsOf: buffer[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
