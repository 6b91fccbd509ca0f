import ArgumentParser
import Documents

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of documents, for editors that complete and check by it.")

  mutating func run() throws {
    try reportingFailures { try Console.print(JSONEmitter.bytes(of: DocumentSchema.value)) }
  }
}
