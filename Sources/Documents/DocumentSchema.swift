/// The JSON Schema (draft-07, which editors know) of native documents, made from the tables that reading goes by.
///
/// What a schema cannot say is left to `validate`: references, ids used twice, what excludes what.
package enum DocumentSchema {
  package static var value: NativeValue {
    .map(
      [
        .init("$schema", .text("http://json-schema.org/draft-07/schema#")),
        .init("title", .text("crmsync document: what a Pacemaker cluster must be")),
      ] + entries(object(.document, document)) + [
        .init("definitions", .map(definitions.map { NativeValue.Entry($0.name, $0.schema) }))
      ])
  }

  // MARK: Building blocks

  private static func entries(_ value: NativeValue) -> [NativeValue.Entry] {
    if case .map(let entries) = value.content { entries } else { [] }
  }

  private static func one(_ key: String, _ value: NativeValue) -> NativeValue { .map([.init(key, value)]) }

  private static func ref(_ name: String) -> NativeValue { one("$ref", .text("#/definitions/\(name)")) }

  private static func types(_ names: String...) -> NativeValue { one("type", .list(names.map(NativeValue.text))) }

  private static func list(of items: NativeValue) -> NativeValue {
    .map([.init("type", .text("array")), .init("items", items)])
  }

  private static func map(of values: NativeValue) -> NativeValue {
    .map([.init("type", .text("object")), .init("additionalProperties", values)])
  }

  private static func any(_ schemas: NativeValue...) -> NativeValue { one("anyOf", .list(schemas)) }

  private static func oneOf(_ words: [String]) -> NativeValue { one("enum", .list(words.map(NativeValue.text))) }

  private static func of(_ type: ClosedKeys.ValueType) -> NativeValue {
    switch type {
    case .text: ref("value")
    case .score, .integer: types("integer", "string")
    case .boolean: types("boolean", "integer", "string")
    case .oneOf(let words): oneOf(words)
    }
  }

  /// A map with these keys and no others.
  ///
  /// - Parameter others: the schemas of the keys that are no attributes of the CIB.
  private static func object(_ keys: ClosedKeys, _ others: [String: NativeValue] = [:]) -> NativeValue {
    let properties = keys.all.map { key in
      NativeValue.Entry(key, others[key] ?? keys.type(ofAttribute: key).map(of) ?? ref("text"))
    }
    return .map([
      .init("type", .text("object")), .init("additionalProperties", .bool(false)),
      .init("properties", .map(properties)),
    ])
  }

  // MARK: The document

  private static let ids = list(of: ref("text"))
  /// One name, or several.
  private static let names = any(ref("scalar"), ids)
  private static let content: [String: NativeValue] = [
    "params": ref("sets"), "meta": ref("sets"), "utilization": ref("sets"), "operations": ref("operations"),
  ]

  private static let document: [String: NativeValue] = [
    "properties": ref("sets"), "resource-defaults": ref("sets"), "operation-defaults": ref("sets"),
    "primitives": map(of: ref("primitive")), "stonith": map(of: ref("primitive")),
    "templates": map(of: ref("template")),
    "groups": map(of: ref("group")), "clones": map(of: ref("clone")), "bundles": map(of: ref("bundle")),
    "remotes": map(of: ref("remote")), "placement": list(of: ref("placement")),
    "nodes": map(of: any(ref("node"), types("null"))), "locations": map(of: ref("location")),
    "colocations": map(of: ref("colocation")), "orders": map(of: ref("order")), "tickets": map(of: ref("ticket")),
    "tags": map(of: ids), "fencing-levels": list(of: ref("fencing-level")), "acl-roles": map(of: ref("acl-role")),
    "acl-targets": map(of: any(ids, object(.aclTarget, ["roles": ids]))),
    "acl-groups": map(of: any(ids, object(.aclTarget, ["roles": ids]))), "alerts": map(of: ref("alert")),
    "xml": list(of: object(.xml)), "order": ids, "delete": list(of: any(ref("scalar"), ref("deletion"))),
  ]

  private static var definitions: [(name: String, schema: NativeValue)] {
    let rules = list(of: ref("rule"))
    let sets = list(of: ref("resource-set"))
    return [
      ("scalar", types("string", "number", "boolean")),
      ("text", any(types("string", "number", "boolean", "null"), list(of: ref("scalar")))),
      ("value", any(ref("text"), object(.value))),
      ("values", map(of: ref("value"))),
      ("sets", any(ref("values"), list(of: ref("set")), types("null"))),
      ("set", object(.attributeSet, ["rule": ref("rule"), "set": ref("values")])),
      ("operations", any(list(of: ref("operation")), object(.operationList, ["list": list(of: ref("operation"))]))),
      ("operation", object(.operation, ["params": ref("sets"), "meta": ref("sets")])),
      ("rule", object(.rule, ["all": list(of: ref("expression")), "any": list(of: ref("expression"))])),
      (
        "expression",
        any(
          object(.expression), object(.dateExpression, ["duration": object(.dateParts), "spec": object(.dateParts)]),
          object(.resourceExpressionItem, ["resource": object(.resourceExpression)]),
          object(.operationExpressionItem, ["operation": object(.operationExpression)]), ref("rule"))
      ),
      ("primitive", object(.primitive, content)), ("template", object(.template, content)),
      ("group", object(.group, content.merging(["members": ids]) { $1 })), ("clone", object(.clone, content)),
      (
        "bundle",
        object(
          .bundle,
          content.merging([
            "docker": object(.container), "podman": object(.container), "rkt": object(.container),
            "network": object(.network, ["port-mapping": list(of: object(.portMapping))]),
            "storage": list(of: object(.storageMapping)),
          ]) { $1 })
      ),
      ("remote", object(.remote, content)),
      ("placement", object(.placement, ["resources": ids, "nodes": ids])),
      ("node", object(.node, ["attributes": ref("sets"), "utilization": ref("sets")])),
      (
        "location",
        object(.location, ["rule": ref("rule"), "rules": rules, "sets": sets, "lifetime": any(ref("rule"), rules)])
      ),
      ("colocation", object(.colocation, ["sets": sets, "lifetime": any(ref("rule"), rules)])),
      ("order", object(.order, ["sets": sets, "lifetime": any(ref("rule"), rules)])),
      ("ticket", object(.ticket, ["sets": sets])),
      ("resource-set", object(.resourceSet, ["resources": ids])),
      ("fencing-level", object(.fencingLevel, ["devices": names])),
      ("acl-role", object(.aclRole, ["permissions": list(of: object(.aclPermission))])),
      (
        "alert",
        object(.alert, content.merging(["select": ref("selection"), "recipients": list(of: ref("recipient"))]) { $1 })
      ),
      ("recipient", object(.recipient, content)),
      (
        "selection",
        object(
          .alertSelection,
          [
            "nodes": ref("chosen"), "fencing": ref("chosen"), "resources": ref("chosen"),
            "attributes": any(ref("chosen"), list(of: any(ref("scalar"), object(.alertAttribute)))),
          ])
      ),
      ("chosen", types("boolean", "string", "null")),
      ("deletion", object(.deletion, deletionPairs)),
    ]
  }

  private static let deletionPairs: [String: NativeValue] = [
    "node-attribute": ids, "utilization": ids, "fencing-level": ids,
  ]
}
