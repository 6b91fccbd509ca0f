import ArgumentParser
import Cluster
import Documents

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List what was applied, the last at the end, or show the plan of one.")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(help: ArgumentHelp("Show the plan of this one.", valueName: "id"))
  var id: Int?
  @OptionGroup var cluster: ClusterOptions
  @Flag(help: "List what was applied to other CIB files, and to the cluster, as well.")
  var all = false
  @Option(help: "text or json.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      let connection = ClusterConnection(cibFile: cluster.cibFile)
      let history = try HistoryEntries()
      if let id {
        let (entry, content) = try history.read(id)
        switch format {
        case .text: try Console.print(HistoryView.text(entry, content))
        case .json: try Console.print(JSONEmitter.bytes(of: HistoryView.value(entry, content)))
        }
        return
      }
      if let note = connection.note { Console.error("crmsync: note: \(note)") }
      let entries = all ? history.all : history.entries(of: connection)
      switch format {
      case .text:
        try Console.print(HistoryView.table(entries, showsClusters: all))
        let others = history.all.count - entries.count
        if entries.isEmpty || others > 0 {
          let nothing = entries.isEmpty ? "nothing for \(HistoryView.name(ofCIBFile: connection.file))" : nil
          let more = others > 0 ? "\(others) of other CIB files or the cluster: --all" : nil
          Console.error("crmsync: \([nothing, more].compactMap(\.self).joined(separator: "; "))")
        }
      case .json:
        try Console.print(JSONEmitter.bytes(of: .list(entries.map { HistoryView.value($0.entry, $0.heading) })))
      }
    }
  }
}
