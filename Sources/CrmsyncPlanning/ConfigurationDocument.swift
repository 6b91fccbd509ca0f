import Cluster
import Desired
import Documents
import XML

/// What a document says that a cluster must be: all of its configuration, or a part.
public struct ConfigurationDocument: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    /// Native documents; the manual page crmsync-document(5) has their keys.
    case yaml, json
    /// What `crm configure show` prints.
    case crmsh
    /// What `cibadmin --query` prints.
    case xml
  }

  let desired: DesiredConfiguration

  /// Reads a document. The values of `{file: …}` and `{env: …}` are not read: a plan does that.
  ///
  /// - Parameters:
  ///   - bytes: the text, in UTF-8.
  ///   - name: what messages call it.
  ///   - format: what it is written in.
  /// - Throws: `Problems` with everything that is wrong with it, each with its line and column.
  public init(_ bytes: [UInt8], name: String, format: Format) throws(Problems) {
    let (desired, found) = DocumentReader.read(bytes, name: name, format: InputFormat(rawValue: format.rawValue)!)
    try Problems.check(found)
    self.desired = desired
  }
}

/// What is wrong with documents, or with what a plan would come to.
public struct Problems: Error, Sendable, CustomStringConvertible {
  /// `cluster.yaml:41:9: error: …`, one each, in the order of the documents.
  public let messages: [String]

  public var description: String { messages.joined(separator: "\n") }

  /// - Throws: itself, where one of them is an error.
  static func check(_ diagnostics: [Diagnostic]) throws(Problems) {
    guard diagnostics.contains(where: \.isError) else { return }
    throw Problems(messages: diagnostics.map(\.description))
  }
}
