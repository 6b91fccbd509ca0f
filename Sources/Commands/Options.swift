import ArgumentParser
import Cluster
import Documents
import Planning

/// The documents of a command.
struct DocumentOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("What the cluster must be; \"-\" is standard input.", valueName: "document"))
  var documents: [String] = []

  @Option(help: ArgumentHelp("Read documents as yaml, json, crmsh or xml.", valueName: "format"))
  var inputFormat: InputFormat?
}

extension InputFormat: ExpressibleByArgument {}

/// The cluster of a command.
struct ClusterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Work on this CIB file instead of the cluster.", valueName: "file"))
  var cibFile: String?

  /// The cluster, or the CIB file; says which where the environment has chosen it.
  func connect() -> ClusterConnection {
    let connection = ClusterConnection(cibFile: cibFile)
    if let note = connection.note { Console.error("crmsync: note: \(note)") }
    return connection
  }
}

/// What allows changes that are refused otherwise.
struct AllowFlags: ParsableArguments {
  @Flag(help: "Delete running resources without stopping them first.")
  var noStopFirst = false
  @Flag(help: "Allow the last fencing device, or fencing itself, to be removed or disabled.")
  var allowUnfenced = false
  @Flag(help: "Allow remote nodes that do not answer; Pacemaker fences them.")
  var allowUnreachableRemotes = false
  @Flag(help: "Make warnings of refusals and of reference and placement errors.")
  var force = false

  var planOptions: PlanOptions {
    var options = PlanOptions()
    options.allowsUnfenced = allowUnfenced
    options.isForced = force
    return options
  }

  var allowances: LiveChecks.Allowances {
    LiveChecks.Allowances(
      everything: force, deletionsOfWhatRuns: noStopFirst, unreachableRemotes: allowUnreachableRemotes)
  }
}

/// What `plan` and `apply` have in common.
struct PlanFlags: ParsableArguments {
  @Flag(help: "Delete what an earlier apply brought in and no document has any more.")
  var prune = false
  @Flag(help: "Delete everything that no document has, but for what is set at run time.")
  var pruneAll = false
  @Flag(help: "Drop what was set at run time as well (target-role and the like).")
  var exact = false
  @Flag(help: "Deal all resources of a spread placement anew.")
  var rebalance = false
  @OptionGroup var allow: AllowFlags
  @Flag(inversion: .prefixedNo, help: "Ask crm_simulate what the cluster would do; plan does, unless told not to.")
  var simulate: Bool?

  var planOptions: PlanOptions {
    var options = allow.planOptions
    options.prunesAll = pruneAll
    options.prunes = prune
    options.isExact = exact
    options.rebalances = rebalance
    return options
  }
}
