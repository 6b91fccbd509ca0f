import ArgumentParser
import Cluster
import Desired
import Documents
import XML

/// The formats that documents are printed in.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case yaml, json, crmsh, xml
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Print the cluster's configuration as a document.")

  @OptionGroup var cluster: ClusterOptions
  @Option(help: "yaml, json, crmsh or xml.")
  var format: OutputFormat = .yaml
  @Flag(help: "Write secret values instead of leaving them to the cluster.")
  var showSecrets = false

  mutating func run() throws {
    try reportingFailures {
      let connection = cluster.connect()
      let cib = try connection.finish(QueryAhead.take(connection), status: false)
      switch format {
      case .xml:
        var writer = XMLWriter()
        writer.write(cib.root.exported(showSecrets: showSecrets))
        return try Console.print(writer.bytes)
      case .crmsh:
        return try CrmshWriter(exporting: cib.root.exported(showSecrets: showSecrets)).print()
      case .yaml, .json: break
      }
      let writer = NativeDocumentWriter(showSecrets: showSecrets, isExport: true)
      let value = writer.value(of: DesiredConfiguration(exporting: cib.root))
      try Console.print(format == .json ? JSONEmitter.bytes(of: value) : YAMLEmitter.bytes(of: value))
    }
  }
}

extension CrmshWriter {
  /// - Throws: `Failure` where crmsh has no words for something, after all of it was told.
  func print() throws {
    try Inputs.check(problems)
    try Console.print(text)
  }
}
