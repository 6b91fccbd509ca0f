import Cluster
import Documents
import Glibc
import Planning
import XML

/// What waits of one apply: who asked for it, what it would interrupt, and the changes.
///
///     <crmsync-deferred format="1" requestor="hacluster/0">
///       <event resource="vip" action="restart" node="n1">vip restarts on n1</event>
///       <crmsync-history …>…</crmsync-history>
///     </crmsync-deferred>
///
/// The changes are those that undoing leads on from: what was left out when the apply was done.
struct DeferredEntry {
  /// Something that runs and would be interrupted.
  struct Event: Equatable {
    /// The resource, or the node that would be fenced.
    var resource: String
    var action: String
    var node: String?
    var sentence: String
  }

  /// Who applied what, and when.
  var heading: HistoryEntry
  var requestor: String
  var events: [Event]

  private static let elementName = "crmsync-deferred"

  init(_ heading: HistoryEntry, requestor: String, events: [Event]) {
    self.heading = heading
    self.requestor = requestor
    self.events = events
  }

  var bytes: [UInt8] {
    var root = Element(Self.elementName, [Attribute("format", "1"), Attribute("requestor", requestor.storable)])
    for event in events {
      var element = Element(
        "event", [Attribute("resource", event.resource.storable), Attribute("action", event.action.storable)],
        children: [.text(event.sentence.storable)])
      element["node"] = event.node?.storable
      root.append(element)
    }
    root.append(heading.element)
    return root.compactBytes
  }

  /// - Returns: nil for what is no such entry.
  init?(_ bytes: [UInt8]) {
    guard let root = try? Element(parsing: bytes), root.name == Self.elementName, root["format"] == "1",
      let heading = root.elements.last.flatMap({ HistoryEntry($0) })
    else { return nil }
    self.heading = heading
    requestor = root["requestor"] ?? ""
    events = root.elements(named: "event").map { element in
      let text = element.children.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
      return Event(
        resource: element["resource"] ?? "", action: element["action"] ?? "", node: element["node"], sentence: text)
    }
  }
}

extension DeferredEntry.Event {
  var value: NativeValue {
    var entries: [NativeValue.Entry] = [.init("resource", .text(resource)), .init("action", .text(action))]
    if let node { entries.append(.init("node", .text(node))) }
    return .map(entries + [.init("reason", .text(sentence))])
  }

  init(_ effect: Effect) {
    self.init(
      resource: effect.resource ?? effect.node ?? "", action: effect.action, node: effect.node,
      sentence: effect.sentence)
  }
}

/// A notice where OpenStack's charms put theirs and people look for them. It is for reading only: what waits stands in
/// crmsync's own folder.
enum DeferralNotice {
  private static let folder = "/var/lib/policy-rc.d"

  /// Writes one file for each event. That it cannot is told, and changes nothing.
  static func write(_ entry: DeferredEntry, number: Int) {
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return warn(FileError.writing(folder, errno: errno)) }
    for (index, event) in entry.events.enumerated() {
      // Not 'restart', which the charms clear where the service is no unit of systemd.
      let notice = NativeValue.map([
        .init("action", .text("interrupt")), .init("policy_requestor_name", .text(entry.requestor.printable)),
        .init("policy_requestor_type", .text("crmsync")), .init("reason", .text(event.sentence.printable)),
        .init("service", .text(event.resource.printable)), .init("timestamp", .integer(entry.heading.time.seconds)),
      ])
      do {
        try AtomicFile.write("\(folder)/\(name(number, index))", YAMLEmitter.bytes(of: notice), mode: 0o644)
      } catch {
        return warn(error)
      }
    }
  }

  static func remove(number: Int, count: Int) {
    for index in 0..<count { unlink("\(folder)/\(name(number, index))") }
  }

  private static func name(_ number: Int, _ index: Int) -> String { "crmsync-\(number)-\(index + 1).deferred" }

  private static func warn(_ error: FileError) {
    Console.error("crmsync: warning: no notice of what waits was left: \(error.message)")
  }
}
