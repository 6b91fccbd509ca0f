import CIB
import Cluster
import Documents
import Planning

/// The history as people and programs read it.
enum HistoryView {
  private static let width = 80

  static func name(ofCIBFile path: String?) -> String { path.map { "the CIB file \($0)" } ?? "the live cluster" }

  // MARK: - Text

  /// `ID  WHEN  WHO  CHANGES  WHAT`, the last at the end; lines of 80 columns.
  static func table(
    _ entries: [(entry: HistoryFolder.Entry, heading: HistoryEntry?)], showsClusters: Bool
  ) -> String {
    guard !entries.isEmpty else { return "" }
    var rows = [["ID", "WHEN", "WHO", "CHANGES", "WHAT"]]
    for (entry, heading) in entries {
      guard let heading else {
        rows.append(["\(entry.number)", "", "", "", "(damaged)"])
        continue
      }
      var what = self.what(heading, isShort: true)
      if showsClusters, let file = heading.cibFile { what += " on \(lastPart(file))" }
      switch entry.state {
      case .applied: break
      case .unknown: what = "(applied or not?) \(what)"
      case .underWay: what = "(under way) \(what)"
      }
      rows.append([
        "\(entry.number)", String(heading.time.local.dropLast(3)), heading.sudoUser ?? heading.user,
        counts(heading.counts), what,
      ])
    }
    let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = String(repeating: " ", count: widths[0] - row[0].count) + row[0]
      for column in 1..<4 {
        line += "  " + row[column] + String(repeating: " ", count: widths[column] - row[column].count)
      }
      line = "\(line)  \(row[4])".printable
      return (line.count > width ? line.prefix(width - 1) + "…" : line[...]) + "\n"
    }.joined()
  }

  /// The plan of an entry under what is known about it.
  static func text(_ entry: HistoryFolder.Entry, _ content: HistoryEntry) -> String {
    let sudo = content.sudoUser.map { ", as \($0) with sudo" } ?? ""
    var lines = [
      "Entry \(entry.number): \(content.time.local) by \(content.user) on \(content.host)\(sudo)",
      "Applied: \(what(content, isShort: false))", "To: \(name(ofCIBFile: content.cibFile))",
    ]
    switch entry.state {
    case .applied: break
    case .unknown: lines.append("It is unknown whether it was applied: no answer came.")
    case .underWay: lines.append("It is being applied just now.")
    }
    let plan = content.changes.map { PlanText(usesColour: Console.usesColour).render($0.plan) } ?? ""
    return lines.map { $0.printable + "\n" }.joined() + "\n" + plan
  }

  private static func what(_ entry: HistoryEntry, isShort: Bool) -> String {
    func names(_ documents: [String]) -> String {
      documents.map { isShort ? lastPart($0) : $0 }.joined(separator: isShort ? " " : ", ")
    }
    switch entry.origin {
    case .documents(let documents): return names(documents)
    case .charm: return "charm"
    case .rollback(let number): return number.map { "rollback of \($0)" } ?? "rollback"
    case .savedPlan(let path, let documents):
      let plan = "saved plan \(isShort ? lastPart(path) : path)"
      return isShort || documents.isEmpty ? plan : "\(plan), made from \(names(documents))"
    }
  }

  private static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// `+3 ~1 >0 -2`, without what is none.
  private static func counts(_ counts: HistoryEntry.Counts) -> String {
    [("+", counts.created), ("~", counts.updated), (">", counts.moved), ("-", counts.deleted)]
      .filter { $0.1 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
  }

  // MARK: - JSON

  static func value(_ entry: HistoryFolder.Entry, _ content: HistoryEntry?) -> NativeValue {
    guard let content else {
      return .map([.init("id", .integer(entry.number)), .init("state", .text("damaged"))])
    }
    func text(_ text: String?) -> NativeValue { text.map(NativeValue.text) ?? .null }
    var origin = "documents"
    var documents: [String] = []
    var plan: String?
    var rollbackOf: Int?
    switch content.origin {
    case .documents(let names): documents = names
    case .charm: origin = "charm"
    case .rollback(let number): (origin, rollbackOf) = ("rollback", number)
    case .savedPlan(let path, let names): (origin, plan, documents) = ("saved-plan", path, names)
    }
    var entries: [NativeValue.Entry] = [
      .init("id", .integer(entry.number)), .init("state", .text(entry.state.rawValue)),
      .init("time", .text(content.time.iso8601)), .init("user", .text(content.user)),
      .init("sudoUser", text(content.sudoUser)), .init("host", .text(content.host)),
      .init("origin", .text(origin)), .init("documents", .list(documents.map(NativeValue.text))),
      .init("savedPlan", text(plan)), .init("rollbackOf", rollbackOf.map(NativeValue.integer) ?? .null),
      .init("cibFile", text(content.cibFile)),
      .init(
        "counts",
        .map([
          .init("create", .integer(content.counts.created)), .init("update", .integer(content.counts.updated)),
          .init("move", .integer(content.counts.moved)), .init("delete", .integer(content.counts.deleted)),
        ])),
    ]
    if let changes = content.changes { entries.append(.init("plan", PlanJSON.value(changes.plan))) }
    return .map(entries)
  }
}
