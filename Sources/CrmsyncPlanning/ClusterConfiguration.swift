import CIB
import Documents
import Patching
import XML

/// A cluster's configuration, as `cibadmin --query` prints it.
///
/// A value: nothing here starts a program, opens a socket, or changes a cluster. Everything that Pacemaker's schemas
/// pacemaker-1.3 to pacemaker-4.0 allow is kept, also what this library has no name for.
public struct ClusterConfiguration: Sendable {
  /// One object: a resource, a constraint, a tag, …
  public struct Object: Sendable, Equatable {
    /// As plans call it: `primitive`, `group`, `clone`, `location`, `fencing-level`, …
    public let kind: String
    /// The XML id.
    public let id: String
  }

  let configuration: Configuration
  let validateWith: String
  let version: CIBVersion

  /// Reads a CIB.
  ///
  /// - Parameter cib: XML with the root `<cib>`.
  /// - Throws: `InvalidCIB` for what is no well-formed XML, or no CIB. External entities are never read.
  public init(cib: [UInt8]) throws(InvalidCIB) {
    let root: Element
    do {
      root = try Element(parsing: cib)
    } catch {
      throw InvalidCIB(reason: "\(error)")
    }
    guard root.name == "cib", let element = root.first("configuration") else {
      throw InvalidCIB(reason: "it has no <cib> with a <configuration>")
    }
    configuration = Configuration(element)
    validateWith = root["validate-with"] ?? "none"
    func number(_ name: String) -> Int { root[name].flatMap { Int($0) } ?? 0 }
    version = CIBVersion(
      adminEpoch: number("admin_epoch"), epoch: number("epoch"), numUpdates: number("num_updates"))
  }

  /// All objects but nodes, in the order of the CIB; what is inside a group, clone or bundle comes after it.
  public var objects: [Object] { configuration.objects.map { Object(kind: $0.kind.rawValue, id: $0.id) } }

  /// The names of the nodes, remote nodes among them where the CIB lists them.
  public var nodes: [String] { configuration.nodes.compactMap { $0["uname"] } }

  /// The value of a cluster property that is in force; sets with rules are left aside.
  public func property(_ name: String) -> String? { configuration.property(name) }
}

/// Why something is no CIB.
public struct InvalidCIB: Error, Sendable, CustomStringConvertible {
  public let reason: String

  public var description: String { "not a CIB: \(reason)" }
}
