// The schemas' attributes, of pacemaker-1.0 to pacemaker-4.0 taken together: which of them the cluster's own schema
// has is for the cluster to say.

extension ClosedKeys.ValueType {
  static let role = Self.oneOf(["Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"])
  static let action = Self.oneOf(["start", "promote", "demote", "stop"])
  static let orderKind = Self.oneOf(["Optional", "Mandatory", "Serialize"])
}

extension ClosedKeys {
  static let document = ClosedKeys([
    "properties", "resource-defaults", "operation-defaults", "primitives", "templates", "groups", "clones", "bundles",
    "remotes", "stonith", "placement", "nodes", "locations", "colocations", "orders", "tickets", "tags",
    "fencing-levels", "acl-roles", "acl-targets", "acl-groups", "alerts", "xml", "order", "delete",
  ])

  // MARK: Resources

  static let primitive = ClosedKeys(
    ["agent", "template", "params", "meta", "operations", "utilization"], attributes: [("description", .text)])
  static let template = ClosedKeys(
    ["agent", "params", "meta", "operations", "utilization"], attributes: [("description", .text)])
  static let group = ClosedKeys(["members", "params", "meta"], attributes: [("description", .text)])
  static let clone = ClosedKeys(["resource", "params", "meta"], attributes: [("description", .text)])
  static let bundle = ClosedKeys(
    ["docker", "podman", "rkt", "network", "storage", "primitive", "params", "meta"],
    attributes: [("description", .text)])
  static let remote = ClosedKeys(
    ["server", "port", "params", "meta", "operations", "utilization"], attributes: [("description", .text)])

  static let container = ClosedKeys(attributes: [
    ("image", .text), ("replicas", .integer), ("replicas-per-host", .integer), ("promoted-max", .integer),
    ("masters", .integer), ("run-command", .text), ("network", .text), ("options", .text),
  ])
  static let network = ClosedKeys(
    ["port-mapping"],
    attributes: [
      ("ip-range-start", .text), ("control-port", .integer), ("host-interface", .text), ("host-netmask", .integer),
      ("add-host", .boolean),
    ])
  static let portMapping = ClosedKeys(
    ["id"], attributes: [("port", .integer), ("internal-port", .integer), ("range", .text)])
  static let storageMapping = ClosedKeys(
    ["id"],
    attributes: [("source-dir", .text), ("source-dir-root", .text), ("target-dir", .text), ("options", .text)])

  static let operationList = ClosedKeys(["id", "list", "ref"])
  static let operation = ClosedKeys(
    ["id", "params", "meta", "ref"],
    attributes: [
      ("name", .text), ("interval", .text), ("timeout", .text), ("description", .text), ("start-delay", .text),
      ("interval-origin", .text), ("enabled", .boolean), ("record-pending", .boolean), ("role", .role),
      ("requires", .oneOf(["nothing", "quorum", "fencing", "unfencing"])),
      (
        "on-fail",
        .oneOf(["ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"])
      ),
    ])

  // MARK: Attribute sets and rules

  static let attributeSet = ClosedKeys(["id", "rule", "set", "ref"], attributes: [("score", .score)])
  static let value = ClosedKeys(["value", "file", "env", "keep", "no-value", "ref", "id"])
  static let rule = ClosedKeys(
    ["id", "all", "any", "ref"],
    attributes: [
      ("score", .score), ("score-attribute", .text), ("role", .text), ("boolean-op", .oneOf(["and", "or"])),
    ])
  static let comparisons = ["eq", "ne", "lt", "lte", "gt", "gte"]
  static let expression = ClosedKeys(
    ["id"] + comparisons + ["defined", "not_defined"],
    attributes: [
      ("attribute", .text),
      ("operation", .oneOf(comparisons + ["defined", "not_defined"])),
      ("value", .text),
      ("type", .oneOf(["string", "integer", "number", "version"])),
      ("value-source", .oneOf(["literal", "param", "meta"])),
    ])
  static let dateExpression = ClosedKeys(
    ["id", "duration", "spec"],
    attributes: [("date", .oneOf(["in_range", "gt", "lt", "date_spec"])), ("start", .text), ("end", .text)])
  static let dateParts = ClosedKeys(
    ["id"],
    attributes: [
      "years", "months", "weeks", "days", "hours", "minutes", "seconds", "monthdays", "weekdays", "yeardays",
      "yearsdays", "weekyears", "moon",
    ].map { ($0, .text) })
  static let resourceExpressionItem = ClosedKeys(["id", "resource"])
  static let resourceExpression = ClosedKeys(
    ["id"], attributes: [("class", .text), ("provider", .text), ("type", .text)])
  static let operationExpressionItem = ClosedKeys(["id", "operation"])
  static let operationExpression = ClosedKeys(["id"], attributes: [("name", .text), ("interval", .text)])

  // MARK: Constraints

  static let location = ClosedKeys(
    ["rule", "rules", "sets", "lifetime"],
    attributes: [
      ("rsc", .text), ("rsc-pattern", .text), ("node", .text), ("score", .score), ("role", .role),
      ("resource-discovery", .oneOf(["always", "never", "exclusive"])),
    ])
  static let colocation = ClosedKeys(
    ["sets", "lifetime"],
    attributes: [
      ("rsc", .text), ("with-rsc", .text), ("score", .score), ("rsc-role", .role), ("with-rsc-role", .role),
      ("node-attribute", .text), ("influence", .text), ("rsc-instance", .integer), ("with-rsc-instance", .integer),
      ("score-attribute", .text), ("score-attribute-mangle", .text),
    ])
  static let order = ClosedKeys(
    ["sets", "lifetime"],
    attributes: [
      ("first", .text), ("then", .text), ("first-action", .action), ("then-action", .action), ("kind", .orderKind),
      ("score", .score), ("symmetrical", .boolean), ("require-all", .boolean), ("first-instance", .integer),
      ("then-instance", .integer),
    ])
  static let ticket = ClosedKeys(
    ["sets"],
    attributes: [
      ("ticket", .text), ("rsc", .text), ("rsc-role", .role),
      ("loss-policy", .oneOf(["stop", "demote", "fence", "freeze"])),
    ])
  static let resourceSet = ClosedKeys(
    ["resources", "id", "ref"],
    attributes: [
      ("sequential", .boolean), ("require-all", .boolean), ("ordering", .oneOf(["group", "listed"])),
      ("action", .action), ("role", .role), ("score", .score), ("kind", .orderKind),
    ])

  // MARK: Everything else

  static let fencingLevel = ClosedKeys(
    ["level", "index", "devices", "id"],
    attributes: [("target", .text), ("target-pattern", .text), ("target-attribute", .text), ("target-value", .text)])
  static let aclRole = ClosedKeys(["permissions"], attributes: [("description", .text)])
  static let aclPermission = ClosedKeys(
    ["id"],
    attributes: [
      ("kind", .oneOf(["read", "write", "deny"])), ("xpath", .text), ("reference", .text), ("object-type", .text),
      ("attribute", .text), ("description", .text),
    ])
  static let aclTarget = ClosedKeys(["roles"], attributes: [("name", .text)])
  static let alert = ClosedKeys(
    ["params", "meta", "select", "recipients"], attributes: [("path", .text), ("description", .text)])
  static let recipient = ClosedKeys(
    ["id", "params", "meta"], attributes: [("value", .text), ("description", .text)])
  static let alertSelection = ClosedKeys(["nodes", "fencing", "resources", "attributes"])
  static let alertAttribute = ClosedKeys(["id"], attributes: [("name", .text)])
  static let node = ClosedKeys(
    ["id", "attributes", "utilization"],
    attributes: [
      ("type", .oneOf(["member", "remote", "ping", "normal"])), ("description", .text), ("score", .score),
    ])
  static let placement = ClosedKeys(["resources", "nodes", "spread"])
  static let xml = ClosedKeys(["in", "content"])
  static let deletion = ClosedKeys([
    "property", "resource-default", "operation-default", "node-attribute", "utilization", "acl-target", "acl-group",
    "fencing-level",
  ])
}
