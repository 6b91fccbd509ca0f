import CIB
import Desired
import XML

/// What the user allows beyond the careful default.
package struct PlanOptions: Equatable, Sendable {
  /// Everything that no document has goes (`--prune-all`).
  package var prunesAll = false
  /// `--prune`: what an earlier apply brought in and no document has any more goes.
  package var prunes = false
  /// Nothing set at run time stays (`--exact`).
  package var isExact = false
  /// `spread` deals all resources anew (`--rebalance`).
  package var rebalances = false
  package var allowsUnfenced = false
  /// Refusals, and errors of reference and placement, become warnings (`--force`).
  package var isForced = false
  /// For a rollback: what documents cannot say.
  package var restoration: Restoration?
  /// Whether there is a cluster (or a CIB file) to judge by; without one, what the documents leave open may be there.
  package var hasCluster = true
  /// Whether the cluster's Pacemaker writes every text into its CIB in such a way that it can read it again.
  package var escapesText = false

  package init() {}
}

/// What the documents would make of the cluster: a value, made from values.
package struct Plan: Sendable {
  /// The schema the CIB follows.
  package var schema: Schema
  /// The `<configuration>` as it is and as it is to be; equal when there is nothing to do.
  package var current: Element
  package var target: Element
  package var changes: [Change]
  /// What stays although no document has it.
  package var kept: [Kept]
  package var diagnostics: [Diagnostic]
  /// What is deleted although it runs: it is stopped in a transaction of its own before.
  package var stoppedFirst: [Stopped] = []
  /// What the user would have to allow.
  package var refusals: [Refusal]

  package init(
    schema: Schema, current: Element, target: Element, changes: [Change], kept: [Kept] = [],
    diagnostics: [Diagnostic] = [], refusals: [Refusal] = []
  ) {
    self.schema = schema
    self.current = current
    self.target = target
    self.changes = changes
    self.kept = kept
    self.diagnostics = diagnostics
    self.refusals = refusals
  }

  package var isInSync: Bool { changes.isEmpty }

  /// What crmsync has noted in the cluster.
  package var record: Record { Record(crmConfig: current.first(Section.properties.rawValue)) }

  package var errors: [Diagnostic] { diagnostics.filter(\.isError) }
}

/// A resource that runs, and where.
package struct Stopped: Equatable, Sendable {
  package var id: String
  package var nodes: [String]

  package init(_ id: String, nodes: [String]) {
    self.id = id
    self.nodes = nodes
  }
}

/// Something that stays although no document has it.
package struct Kept: Equatable, Sendable {
  /// `meta.target-role of vip`, `location cli-ban-vip-on-n1`.
  package var what: String
  package var why: String

  package init(_ what: String, why: String) {
    self.what = what
    self.why = why
  }
}

/// A reason not to apply a plan, and the option that allows it nevertheless.
package struct Refusal: Equatable, Sendable {
  package var message: String
  package var option: String

  package init(_ message: String, option: String) {
    self.message = message
    self.option = option
  }
}
