import CIB
import Cluster
import Desired
import Documents
import Glibc
import Planning
import XML

/// What is kept of an apply.
///
///     <crmsync-history format="1" time="2026-11-23T07:05:36Z" user="root" sudo-user="alice" host="n1" origin="documents"
///         cib-file="/tmp/cib.xml" created="1" updated="2" moved="0" deleted="0">
///       <document name="/etc/crmsync/cluster.yaml"/>
///       <changes>…</changes>
///     </crmsync-history>
struct HistoryEntry {
  /// What made the change.
  enum Origin: Equatable {
    case documents([String])
    case savedPlan(path: String, documents: [String])
    case charm
    /// The number of the entry, where it had one.
    case rollback(of: Int?)

    /// What it was made from.
    var documents: [String] {
      switch self {
      case .documents(let names), .savedPlan(_, let names): names
      case .charm, .rollback: []
      }
    }
  }

  struct Counts: Equatable {
    var created = 0
    var updated = 0
    var moved = 0
    var deleted = 0
  }

  var time: Time
  var user: String
  var sudoUser: String?
  var host: String
  var origin: Origin
  /// The absolute path of the CIB file that was changed; nil for a live cluster.
  var cibFile: String?
  var counts: Counts
  /// Nil where only the heading was read.
  var changes: AppliedChanges?

  /// Of what is being done now.
  init(_ changes: AppliedChanges, _ origin: Origin, _ connection: ClusterConnection) {
    time = .now()
    user = geteuid() == 0 ? "root" : User.current().name
    sudoUser = Environment.current["SUDO_USER"]
    host = Self.hostName()
    self.origin = origin
    cibFile = connection.file.map(Self.absolute)
    counts = Counts(
      created: changes.count(.create), updated: changes.count(.update), moved: changes.count(.move),
      deleted: changes.count(.delete))
    self.changes = changes
  }

  /// The documents of a command, by their absolute paths.
  static func names(_ documents: DocumentOptions) -> [String] {
    let names = documents.documents.isEmpty ? [Inputs.defaultDocument] : documents.documents
    return names.map { $0 == "-" ? "<stdin>" : absolute($0) }
  }

  static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

// MARK: - XML

extension HistoryEntry {
  private static let elementName = "crmsync-history"

  var bytes: [UInt8] { element.compactBytes }

  var element: Element {
    var root = Element(Self.elementName, [Attribute("format", "1")])
    root["time"] = time.iso8601
    root["user"] = user.storable
    root["sudo-user"] = sudoUser?.storable
    root["host"] = host.storable
    var documents: [String] = []
    switch origin {
    case .documents(let names):
      root["origin"] = "documents"
      documents = names
    case .savedPlan(let path, let names):
      root["origin"] = "saved-plan"
      root["plan"] = path.storable
      documents = names
    case .charm: root["origin"] = "charm"
    case .rollback(let number):
      root["origin"] = "rollback"
      root["of"] = number.map { "\($0)" }
    }
    root["cib-file"] = cibFile?.storable
    for (name, count) in [
      ("created", counts.created), ("updated", counts.updated), ("moved", counts.moved), ("deleted", counts.deleted),
    ] { root[name] = "\(count)" }
    for document in documents { root.append(Element("document", [Attribute("name", document.storable)])) }
    if let changes { root.append(changes.element) }
    return root
  }

  /// - Parameter isHeadingOnly: leave the changes unread.
  /// - Returns: nil for what is no entry.
  init?(_ bytes: [UInt8], isHeadingOnly: Bool = false) {
    let skipped = isHeadingOnly ? AppliedChanges.elementName : nil
    guard let root = try? Element(parsing: bytes, skipping: skipped) else { return nil }
    self.init(root, isHeadingOnly: isHeadingOnly)
  }

  init?(_ root: Element, isHeadingOnly: Bool = false) {
    guard root.name == Self.elementName, root["format"] == "1", let time = root["time"].flatMap(Time.init(iso8601:))
    else { return nil }
    self.time = time
    user = root["user"] ?? ""
    sudoUser = root["sudo-user"]
    host = root["host"] ?? ""
    let documents = root.elements(named: "document").compactMap { $0["name"] }
    switch root["origin"] {
    case "documents": origin = .documents(documents)
    case "saved-plan": origin = .savedPlan(path: root["plan"] ?? "", documents: documents)
    case "charm": origin = .charm
    case "rollback": origin = .rollback(of: root["of"].flatMap { Int($0) })
    default: return nil
    }
    cibFile = root["cib-file"]
    func count(_ name: String) -> Int { root[name].flatMap { Int($0) } ?? 0 }
    counts = Counts(
      created: count("created"), updated: count("updated"), moved: count("moved"), deleted: count("deleted"))
    guard !isHeadingOnly else { return }
    guard let changes = root.first(AppliedChanges.elementName).flatMap(AppliedChanges.init) else { return nil }
    self.changes = changes
  }
}

extension Element {
  /// For programs: half of a large one would be blanks.
  var compactBytes: [UInt8] {
    var writer = XMLWriter(isIndenting: false)
    writer.write(self)
    return writer.bytes
  }
}

extension String {
  /// The text without what XML cannot hold: names come from the environment and from the file system.
  var storable: String {
    var result = ""
    for scalar in printable.unicodeScalars where scalar.value != 0xFFFE && scalar.value != 0xFFFF {
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}

/// A point in time, to the second.
struct Time: Equatable {
  /// Since 1970.
  private(set) var seconds: time_t

  static func now() -> Time { Time(seconds: Glibc.time(nil)) }

  private init(seconds: time_t) { self.seconds = seconds }

  init?(iso8601 text: String) {
    let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
    guard numbers.count == 6, text.hasSuffix("Z") else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    seconds = timegm(&parts)
  }

  /// `2026-11-23T07:05:36Z`
  var iso8601: String {
    var parts = tm()
    var seconds = seconds
    gmtime_r(&seconds, &parts)
    return Self.text("%Y-%m-%dT%H:%M:%SZ", &parts)
  }

  /// `2026-11-23 08:05:36`, where the user is.
  var local: String {
    var parts = tm()
    var seconds = seconds
    localtime_r(&seconds, &parts)
    return Self.text("%Y-%m-%d %H:%M:%S", &parts)
  }

  private static func text(_ format: String, _ parts: inout tm) -> String {
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, format, &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
