/// What Pacemaker's daemons can send one another, and every tool: up to 3.0.0 a message is never larger than this buffer, in
/// which bzip2 finds room for some twenty times as much XML. A CIB that is larger reaches nobody: no query ends, and
/// no scheduler sees it. The news of a change that is larger does not reach the controller, which works on with what it had.
/// (2.1.5: the news of 2500 new remote nodes, and a CIB of 5000.)
package enum MessageBuffer {
  /// In bytes, unless `PCMK_ipc_buffer` says otherwise.
  package static let usualSize = 131_072
  /// Where systemd's unit of Pacemaker has its environment from, at Debian and Red Hat.
  private static let settings = ["/etc/default/pacemaker", "/etc/sysconfig/pacemaker"]
  /// How long bzip2 may take: 0.3 s for a CIB of 5 MB.
  private static let timeLimit = 10.0

  /// Its size on this machine, in bytes.
  package static func size(_ environment: Environment = .current) -> Int {
    if let size = environment["PCMK_ipc_buffer"].flatMap({ Int($0) }) { return size }
    return settings.lazy.compactMap { try? readFile($0, limit: 1 << 20) }.compactMap(size(in:)).first ?? usualSize
  }

  /// What a file of shell variables says.
  static func size(in settings: [UInt8]) -> Int? {
    var size: Int?
    for line in settings.split(separator: UInt8(ascii: "\n")) {
      let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      guard let setting = words.first(where: { $0 != "export" }), setting.hasPrefix("PCMK_ipc_buffer=") else {
        continue
      }
      size = Int(setting.dropFirst("PCMK_ipc_buffer=".count).filter { $0 != "\"" && $0 != "'" })
    }
    return size
  }

  /// How much of the buffer a text takes, in bytes; nil where bzip2 is missing or fails.
  package static func need(of text: [UInt8]) -> Int? {
    // Pacemaker's own compression.
    let tool = Tool("bzip2", ["-4", "--stdout"], input: text)
    guard let outcome = try? tool.run(within: timeLimit), outcome.ending == .exited(0) else { return nil }
    return outcome.output.count
  }
}
