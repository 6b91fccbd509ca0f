/// What went wrong at the edge: with cibadmin, the cluster, a file.
package struct ClusterError: Error, Equatable, Sendable {
  package enum Code: Sendable {
    /// cibadmin is missing, hangs, or prints no CIB; no cluster answers.
    case noCluster
    /// The CIB is not what the patch was made for.
    case conflict
    /// Pacemaker 3.0.2 takes no patch whose source has no num_updates.
    case sourceNeedsNumUpdates
    /// The schema that the CIB follows does not allow the result.
    case schemaRefused
    case notTaken
    case diskFull
    case missingInput
    case invalidInput
    case permissionDenied
  }

  package var code: Code
  package var message: String
  package var hint: String?

  package init(_ code: Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The program's exit status.
  package var exitStatus: Int32 {
    switch code {
    case .noCluster: 69
    case .conflict: 75
    case .schemaRefused, .invalidInput: 65
    case .sourceNeedsNumUpdates, .notTaken, .diskFull: 74
    case .missingInput: 66
    case .permissionDenied: 77
    }
  }
}
