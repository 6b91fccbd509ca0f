/// Where an nvpair stands, which decides who reads its value: Pacemaker, which parses it, or an agent, for which every
/// byte counts.
package enum NVPairContext: Sendable {
  case clusterProperty
  /// Meta attributes of resources and their defaults.
  case resourceMeta
  /// Meta attributes of operations and their defaults.
  case operationMeta
  case alertMeta
  /// Parameters, node attributes, utilization.
  case instance

  /// The context of the nvpairs in a set, from the set's element and the element around it.
  package init(set name: String, in parent: String) {
    switch (name, parent) {
    case ("cluster_property_set", _): self = .clusterProperty
    case ("meta_attributes", "op"), ("meta_attributes", "op_defaults"): self = .operationMeta
    case ("meta_attributes", "alert"), ("meta_attributes", "recipient"): self = .alertMeta
    case ("meta_attributes", _): self = .resourceMeta
    default: self = .instance
    }
  }

  /// How the value of the option is read; `text` for options that are not known.
  package func type(of name: String) -> ValueType {
    switch self {
    case .instance: .text
    case .clusterProperty: Self.clusterPropertyTypes[name] ?? .text
    case .resourceMeta: Self.resourceMetaTypes[name] ?? .text
    case .operationMeta: Self.operationMetaTypes[name] ?? .text
    case .alertMeta: Self.alertMetaTypes[name] ?? .text
    }
  }

  // The tables follow "Cluster Options", "Resource Meta-Attributes", "Operation Properties" and "Alerts" of Pacemaker
  // Explained 2.1 and 3.0, and the daemons' own metadata.

  private static let clusterPropertyTypes: [String: ValueType] = [
    "cluster-delay": .duration, "cluster-recheck-interval": .duration, "dc-deadtime": .duration,
    "election-timeout": .duration, "shutdown-escalation": .duration, "join-integration-timeout": .duration,
    "join-finalization-timeout": .duration, "crmd-integration-timeout": .duration,
    "crmd-finalization-timeout": .duration, "crmd-transition-delay": .duration, "transition-delay": .duration,
    "stonith-timeout": .duration, "fencing-timeout": .duration, "priority-fencing-delay": .duration,
    "node-pending-timeout": .duration, "shutdown-lock-limit": .duration, "default-action-timeout": .duration,
    "symmetric-cluster": .boolean, "stonith-enabled": .boolean,
    "maintenance-mode": .boolean, "start-failure-is-fatal": .boolean, "enable-startup-probes": .boolean,
    "stop-all-resources": .boolean, "stop-orphan-resources": .boolean, "stop-orphan-actions": .boolean,
    "remove-after-stop": .boolean, "startup-fencing": .boolean, "concurrent-fencing": .boolean,
    "enable-acl": .boolean, "shutdown-lock": .boolean, "have-watchdog": .boolean, "is-managed-default": .boolean,
    "default-resource-stickiness": .score, "default-resource-failure-stickiness": .score,
    "node-health-base": .score, "node-health-green": .score, "node-health-yellow": .score, "node-health-red": .score,
  ]

  private static let resourceMetaTypes: [String: ValueType] = [
    "failure-timeout": .duration, "remote-connect-timeout": .duration,
    "is-managed": .boolean, "maintenance": .boolean, "critical": .boolean, "allow-migrate": .boolean,
    "allow-unhealthy-nodes": .boolean, "remote-allow-migrate": .boolean, "globally-unique": .boolean,
    "notify": .boolean, "ordered": .boolean, "interleave": .boolean, "promotable": .boolean,
    "priority": .score, "resource-stickiness": .score, "migration-threshold": .score,
    "target-role": .role,
  ]

  private static let operationMetaTypes: [String: ValueType] = [
    "interval": .duration, "timeout": .duration, "start-delay": .duration,
    "enabled": .boolean, "record-pending": .boolean,
    "role": .role,
  ]

  private static let alertMetaTypes: [String: ValueType] = ["timeout": .duration, "enabled": .boolean]
}

/// The meta attributes that people set while the cluster runs (`crm resource stop`, `pcs resource unmanage`).
package let runTimeMetaAttributes = ["target-role", "is-managed", "maintenance"]

/// The cluster properties that Pacemaker's daemons write themselves.
package let daemonProperties: Set<String> = [
  "dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog", "last-lrm-refresh",
]

/// The cluster properties that people set while the cluster runs.
package let runTimeProperties: Set<String> = ["maintenance-mode", "stop-all-resources"]
