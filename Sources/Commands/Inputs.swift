import CIB
import Cluster
import Desired
import Documents
import Planning

/// The documents of a command, read and put together.
enum Inputs {
  static let defaultDocument = "/etc/crmsync/cluster.yaml"
  static let sizeLimit = 64 << 20

  /// - Throws: `Failure` after everything that is wrong with them was told.
  static func read(_ options: DocumentOptions) throws -> DesiredConfiguration {
    let (desired, problems) = try readWithProblems(options)
    try check(problems)
    return desired
  }

  /// - Throws: `Failure` where one of them cannot be read at all.
  static func readWithProblems(_ options: DocumentOptions) throws -> (DesiredConfiguration, [Diagnostic]) {
    guard options.documents.isEmpty else { return try readWithProblems(options.documents, format: options.inputFormat) }
    do {
      return try readWithProblems([defaultDocument], format: options.inputFormat)
    } catch let error as FileError where error.kind == .missing {
      throw Failure(
        .missingInput, error.message, hint: "name a document; 'crmsync export' prints what the cluster has as one")
    }
  }

  private static func readWithProblems(
    _ names: [String], format given: InputFormat?
  ) throws -> (DesiredConfiguration, [Diagnostic]) {
    var documents: [DesiredConfiguration] = []
    var diagnostics: [Diagnostic] = []
    var known: Set<String> = []
    // One that is named twice, as by `base.yaml *.yaml`, says nothing new.
    for name in names where known.insert(name).inserted {
      let format = try given ?? format(of: name)
      let bytes = try readFile(name == "-" ? "/dev/stdin" : name, limit: sizeLimit, anyKind: true)
      guard !SavedPlan.isPlan(bytes) else {
        throw Failure(
          .usage, "\(name) is a saved plan, not a document",
          hint: name == "-" ? "'crmsync apply' takes it from a file" : "'crmsync apply \(name)' carries it out")
      }
      let (document, found) = DocumentReader.read(bytes, name: name == "-" ? "<stdin>" : name, format: format)
      documents.append(document)
      diagnostics += found
    }
    let (combined, found) = DesiredConfiguration.combine(documents)
    return (combined, diagnostics + found)
  }

  /// What documents would change, for commands that show it and change nothing.
  ///
  /// - Throws: `Failure` after everything that is wrong with them was told.
  static func plan(_ names: [String], format: InputFormat?, on cib: CIBDocument) throws -> Plan {
    let (desired, problems) = try readWithProblems(names, format: format)
    try check(problems)
    let plan = Planner.plan(from: cib, to: try desired.resolvingSecrets())
    try check(plan.diagnostics)
    return plan
  }

  private static func format(of name: String) throws -> InputFormat {
    if name == "-" { return .yaml }
    if let format = InputFormat(fileName: name) { return format }
    guard !name.isEmpty else { throw Failure(.usage, "the name of a document is empty", hint: "'-' is standard input") }
    // That it is missing or a folder counts for more than how it is called.
    _ = try readFile(name, limit: sizeLimit, anyKind: true)
    throw Failure(
      .usage, "\(name): the format of the document is unknown",
      hint: "name it .yaml, .yml, .json, .crm or .xml, or give --input-format")
  }

  /// Tells what stands against a plan, and what allows it.
  static func report(_ refusals: [Refusal]) {
    for refusal in refusals {
      Console.error("crmsync: refused: \(refusal.message)", hint: "\(refusal.option) allows it")
    }
  }

  /// Tells problems.
  ///
  /// - Throws: `Failure` where one of them is an error.
  static func check(_ diagnostics: [Diagnostic]) throws {
    report(diagnostics)
    guard !diagnostics.contains(where: \.isError) else { throw Failure(.invalidInput, nil) }
  }

  /// Tells the problems of documents and plans, in the order of the documents.
  static func report(_ diagnostics: [Diagnostic]) {
    for var diagnostic in diagnostics {
      let hint = diagnostic.hint
      diagnostic.hint = nil
      Console.error(diagnostic.description, hint: hint)
    }
  }
}
