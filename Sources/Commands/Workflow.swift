import CIB
import Cluster
import Desired
import Documents
import Patching
import Planning
import XML

/// What `plan` and `apply` do alike, step by step.
struct Workflow {
  let connection: ClusterConnection
  let desired: DesiredConfiguration
  let flags: PlanFlags

  /// A plan and what it was made from.
  struct Planned {
    var cib: CIBDocument
    var plan: Plan

    var version: CIBVersion {
      CIBVersion(adminEpoch: cib.adminEpoch, epoch: cib.epoch, numUpdates: cib.numUpdates)
    }

    var patch: Patch { Patch(from: plan.current, to: plan.target) }
  }

  /// Reads documents and their secrets, and finds the cluster.
  init(documents: DocumentOptions, cluster: ClusterOptions, flags: PlanFlags) throws {
    try flags.checkThere()
    desired = try Inputs.read(documents).resolvingSecrets()
    connection = ClusterConnection(cibFile: cluster.cibFile)
    if let note = connection.note { Console.error("crmsync: \(note)") }
    self.flags = flags
  }

  /// Reads the cluster's configuration and plans.
  func plan() throws -> Planned {
    let cib = try connection.query(withStatus: connection.isLive)
    let plan = Planner.plan(
      from: Configuration(cib.configuration), to: desired, validateWith: cib.validateWith, options: flags.planOptions)
    return Planned(cib: cib, plan: plan)
  }
}

extension DesiredConfiguration {
  /// With the values that stand in files and in the environment.
  func resolvingSecrets() throws -> DesiredConfiguration {
    var result = self
    for index in objects.indices {
      result.objects[index].object.element = try SecretSource.resolving(objects[index].element)
    }
    for index in settings.indices { result.settings[index].element = try SecretSource.resolving(settings[index].element) }
    for index in nodes.indices { result.nodes[index].element = try SecretSource.resolving(nodes[index].element) }
    return result
  }
}
