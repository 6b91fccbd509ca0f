import CIB
import Cluster
import Desired
import Planning

/// The way back from one apply, planned like an apply.
struct Rollback {
  let applied: AppliedChanges
  /// The entry of the history; nil where none could be kept.
  let number: Int?
  let connection: ClusterConnection

  /// What messages call it, where it is no entry of the history.
  var title: String?

  private var name: String { title ?? number.map { "history entry \($0)" } ?? "the apply" }

  /// What a plan without changes says.
  var inSync: String { "Nothing goes back: the cluster is as before \(name)." }

  func plan(_ cib: CIBDocument, _ allow: AllowFlags) -> Workflow.Planned {
    let way = WayBack(
      undoing: applied, in: Configuration(cib.configuration), name: name, isLive: connection.isLive)
    var options = allow.planOptions
    options.restoration = way.restoration
    if let title { options.restoration?.reason = "of \(title)" }
    var allowances = allow.allowances
    // With conflicts it is refused, and what is shown is what --force would do.
    if !way.conflicts.isEmpty {
      options.isForced = true
      allowances.everything = true
    }
    var planned = Workflow.planned(cib, way.desired, through: connection, options: options, allowances: allowances)
    planned.plan.kept += way.kept
    for conflict in way.conflicts + way.conflicts(in: planned.plan) {
      if allow.force {
        planned.plan.diagnostics.append(Diagnostic(.warning, "\(conflict) (--force)", at: .none))
      } else {
        planned.plan.refusals.append(Refusal("conflict: \(conflict)", option: "--force"))
      }
    }
    return planned
  }

  /// Goes back within an apply that has failed, telling it on standard error.
  func aside(_ options: ApplyOptions, _ allow: AllowFlags) throws {
    var options = options
    options.dryRun = false
    options.wait = true
    options.noInterruption = false
    var allow = allow
    // As it was before is as it was allowed to be.
    allow.allowUnfenced = true
    allow.force = false
    var applying = Applying(
      connection: connection, options: options, history: History(.rollback(of: number), connection), inSync: inSync)
    applying.isAside = true
    try applying.run { plan(try connection.query(), allow) }
  }
}
