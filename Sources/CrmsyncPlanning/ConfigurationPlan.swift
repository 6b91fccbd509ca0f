import CIB
import Cluster
import Desired
import Patching
import Planning
import XML

/// What would make a cluster's configuration what documents say, by the rules of `crmsync plan`: two spellings of one
/// meaning are no change, and what no document mentions stays.
public struct ConfigurationPlan: Sendable {
  /// One object that changes.
  public struct Change: Sendable, Equatable {
    public enum Action: String, Sendable { case create, update, delete, move }

    public let action: Action
    /// As in `ClusterConfiguration.Object`; also `property`, `resource-default`, `node-attribute` and the like.
    public let kind: String
    public let id: String
    /// What differs, a line each, `params.ip: 10.0.0.1 -> 10.0.0.2`. Secrets are masked.
    public let details: [String]
  }

  private let plan: Plan
  private let version: CIBVersion

  /// Plans.
  ///
  /// - Parameters:
  ///   - configuration: the cluster as it is.
  ///   - documents: what it must be; put together, they must not contradict one another.
  ///   - prunesAll: whether everything goes that no document has.
  /// - Throws: `Problems` where the documents contradict one another, refer to what is not there, or name a file or a
  ///   variable with a secret that cannot be read.
  public init(
    from configuration: ClusterConfiguration, to documents: [ConfigurationDocument], prunesAll: Bool = false
  ) throws(Problems) {
    let (combined, found) = DesiredConfiguration.combine(documents.map(\.desired))
    try Problems.check(found)
    let (desired, unreadable) = combined.readingSecrets()
    try Problems.check(unreadable)
    var options = PlanOptions()
    options.prunesAll = prunesAll
    plan = Planner.plan(
      from: configuration.configuration, to: desired, validateWith: configuration.validateWith, options: options)
    version = configuration.version
    try Problems.check(plan.diagnostics)
  }

  /// Whether there is nothing to do.
  public var isInSync: Bool { plan.isInSync }

  public var changes: [Change] {
    let record = plan.record
    return plan.changes.map { change in
      Change(
        action: Change.Action(rawValue: change.action.rawValue)!, kind: change.kind.rawValue, id: change.id,
        details: change.details(record).map { detail in
          switch (detail.before, detail.after) {
          case (let before?, let after?): "\(detail.path): \(before) -> \(after)"
          case (nil, let after?): "\(detail.path): \(after)"
          case (let before?, nil): "\(detail.path): \(before) -> (none)"
          case (nil, nil): "\(detail.path) changed"
          }
        })
    }
  }

  /// Why `crmsync apply` would refuse it for safety, a sentence each: fencing that would be disabled, and the like.
  public var refusals: [String] { plan.refusals.map(\.message) }

  /// What does not stand in the way of it, with its place in the documents.
  public var warnings: [String] { plan.diagnostics.map(\.description) }

  /// The change as a patch for `cibadmin --patch --xml-pipe`, refused by Pacemaker where the configuration is another by
  /// then. It holds secrets in clear text.
  public var patch: [UInt8] {
    Patch(from: plan.current, to: plan.target).document(source: version, countsStatusUpdates: false)
  }
}
