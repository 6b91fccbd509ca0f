/// Why the cluster (or the CIB file that stands for it) could not be read or changed.
///
/// Holds nothing that `cibadmin` printed: a CIB the schema refuses comes on its standard error whole, secrets included.
package struct ClusterError: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// A CIB file is missing or cannot be read.
    case noInput
    /// A CIB file is empty, malformed, or no CIB.
    case invalidCIB
    /// `cibadmin` is missing, cannot be started, or prints no CIB.
    case noCibadmin
    /// `cibadmin` did not end in time.
    case timedOut
    /// A signal ended `cibadmin`.
    case killed
    /// No cluster answers.
    case unavailable
    /// The cluster answers, but has no quorum for the change.
    case noQuorum
    case permissionDenied
    /// The user may see only part of the CIB.
    case partialCIB
    /// The configuration is newer than the one the patch is based on: read it again.
    case conflict
    /// The patch does not fit: it changes what is not there, or is based on a newer CIB. Nothing was changed.
    case patchFailed
    /// Pacemaker 3.0.2 and later want `num_updates` in the `<source>` of a patch.
    case sourceNeedsNumUpdates
    /// The result would break the CIB's schema. Nothing was changed.
    case schemaRefused
    case noSpace
    case failed
  }

  package var kind: Kind
  package var message: String
  package var hint: String?

  package init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  package var exitStatus: Int32 {
    switch kind {
    case .noInput: 66
    case .invalidCIB, .schemaRefused: 65
    case .noCibadmin, .timedOut, .killed, .unavailable, .noQuorum: 69
    case .permissionDenied, .partialCIB: 77
    case .conflict: 75
    case .patchFailed, .sourceNeedsNumUpdates, .noSpace, .failed: 74
    }
  }

  /// Whether a patch may have been applied in spite of it: cibadmin has handed it over, and the answer was lost.
  package var leavesDoubt: Bool { kind == .timedOut || kind == .killed }

  /// Whether reading and planning anew can help.
  package var canRetry: Bool {
    kind == .conflict || kind == .patchFailed
  }
}
