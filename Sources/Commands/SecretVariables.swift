import CIB
import Cluster

/// The variables of the environment that hold secrets: documents name them (`{env: NAME}`). The environments of other
/// programs are no place for these; many may read them, and what they start has them as well.
enum SecretVariables {
  /// Keeps them from everything that is started from now on. That is before documents are read: whatever file is named on
  /// the command line is looked through for what may be such a name. Of a document on standard input it is the names that
  /// sound like secrets.
  static func hide(_ arguments: [String]) {
    let cibFile = QueryAhead.cibFile(in: arguments)
    let files = arguments.filter { !$0.hasPrefix("-") && $0 != cibFile }
    let named = Set((files + [Inputs.defaultDocument]).flatMap(names(inFile:)))
    for name in Environment.current.names where named.contains(name) || Secret.isSecret(parameter: name) {
      Environment.ofTools[name] = nil
    }
  }

  private static func names(inFile path: String) -> [String] {
    // A pipe is read once, by who means to.
    guard isRegularFile(path), let text = try? readFile(path, limit: Inputs.sizeLimit) else { return [] }
    return names(in: text)
  }

  /// What follows the key `env`, in YAML and JSON: `env: NAME`, `"env" : "NAME"`.
  static func names(in text: [UInt8]) -> [String] {
    let key = Array("env".utf8)
    var names: [String] = []
    var at = 0
    while let start = text[at...].firstIndex(of: key[0]) {
      at = start + 1
      guard text[start...].starts(with: key) else { continue }
      at = start + key.count
      // Quotes, the colon and blanks, in any order: too many names do no harm.
      let rest = text[at...].drop { " \t\r\n\"':".utf8.contains($0) }
      guard rest.startIndex > at else { continue }
      names.append(String(decoding: rest.prefix { !" \t\r\n\"',}".utf8.contains($0) }, as: UTF8.self))
    }
    return names
  }
}
