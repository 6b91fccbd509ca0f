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
  package func type(of name: String) -> ValueType { types[name] ?? .text }

  /// What an option is called here.
  package var noun: String {
    switch self {
    case .clusterProperty: "property"
    case .resourceMeta, .operationMeta, .alertMeta: "meta attribute"
    case .instance: "attribute"
    }
  }

  /// Whether Pacemaker has such an option; where agents and people name them, any may be.
  package func knows(_ name: String) -> Bool { self == .instance || types[name] != nil }

  /// The options that Pacemaker has here.
  package var names: [String] { types.keys.sorted() }

  /// The words that the option may be; nil where it may be anything of its type.
  package func choices(of name: String) -> [String]? {
    switch self {
    case .clusterProperty: Self.clusterPropertyChoices[name]
    case .resourceMeta: Self.resourceMetaChoices[name]
    case .operationMeta, .alertMeta, .instance: nil
    }
  }

  private var types: [String: ValueType] {
    switch self {
    case .instance: [:]
    case .clusterProperty: Self.clusterPropertyTypes
    case .resourceMeta: Self.resourceMetaTypes
    case .operationMeta: Self.operationMetaTypes
    case .alertMeta: Self.alertMetaTypes
    }
  }

  // The tables follow "Cluster Options", "Resource Meta-Attributes", "Operation Properties" and "Alerts" of Pacemaker
  // Explained 2.1 and 3.0, and the daemons' own metadata. To most Pacemakers `fencing-enabled` is unknown (up to 3.0.1).

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
    "no-quorum-policy": .text, "stonith-action": .text, "fencing-action": .text, "stonith-max-attempts": .text,
    "fencing-max-attempts": .text, "stonith-watchdog-timeout": .text, "fencing-watchdog-timeout": .text,
    "fencing-reaction": .text, "fence-reaction": .text, "fencing-enabled": .text, "placement-strategy": .text,
    "node-health-strategy": .text, "node-action-limit": .text, "batch-limit": .text, "migration-limit": .text,
    "load-threshold": .text, "cluster-ipc-limit": .text, "pe-error-series-max": .text, "pe-warn-series-max": .text,
    "pe-input-series-max": .text, "dc-version": .text, "cluster-infrastructure": .text, "cluster-name": .text,
    "last-lrm-refresh": .text,
  ]

  private static let clusterPropertyChoices = [
    "no-quorum-policy": ["stop", "freeze", "ignore", "demote", "suicide", "fence"],
    "stonith-action": ["reboot", "off", "poweroff"],
    "fencing-action": ["reboot", "off"],
    "fence-reaction": ["stop", "panic"],
    "fencing-reaction": ["stop", "panic"],
    "placement-strategy": ["default", "utilization", "minimal", "balanced"],
    "node-health-strategy": ["none", "migrate-on-red", "only-green", "progressive", "custom"],
  ]

  private static let resourceMetaTypes: [String: ValueType] = [
    "failure-timeout": .duration, "remote-connect-timeout": .duration,
    "is-managed": .boolean, "maintenance": .boolean, "critical": .boolean, "allow-migrate": .boolean,
    "allow-unhealthy-nodes": .boolean, "remote-allow-migrate": .boolean, "globally-unique": .boolean,
    "notify": .boolean, "ordered": .boolean, "interleave": .boolean, "promotable": .boolean,
    "priority": .score, "resource-stickiness": .score, "migration-threshold": .score,
    "target-role": .role,
    "requires": .text, "multiple-active": .text, "container-attribute-target": .text, "remote-node": .text,
    "remote-port": .text, "remote-addr": .text, "clone-max": .text, "clone-node-max": .text, "clone-min": .text,
    "promoted-max": .text, "promoted-node-max": .text, "master-max": .text, "master-node-max": .text,
    "restart-type": .text, "resource-failure-stickiness": .text, "collocated": .text, "provides": .text,
    "description": .text,
  ]

  private static let resourceMetaChoices = [
    "requires": ["nothing", "quorum", "fencing", "unfencing"],
    "multiple-active": ["block", "stop_only", "stop_start", "stop_unexpected"],
  ]

  private static let operationMetaTypes: [String: ValueType] = [
    "interval": .duration, "timeout": .duration, "start-delay": .duration,
    "enabled": .boolean, "record-pending": .boolean,
    "role": .role,
    "on-fail": .text, "can_fail": .text, "role_after_failure": .text, "requires": .text, "interval-origin": .text,
    "description": .text,
  ]

  private static let alertMetaTypes: [String: ValueType] = [
    "timeout": .duration, "enabled": .boolean, "timestamp-format": .text,
  ]
}

/// The meta attributes that people set while the cluster runs (`crm resource stop`, `pcs resource unmanage`).
package let runTimeMetaAttributes = ["target-role", "is-managed", "maintenance"]

/// The cluster properties that Pacemaker's daemons write themselves.
package let daemonProperties: Set<String> = [
  "dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog", "last-lrm-refresh",
]

/// The cluster properties that people set while the cluster runs.
package let runTimeProperties: Set<String> = ["maintenance-mode", "stop-all-resources"]
