import CIB
import XML

/// An element's meaning as text: equal for elements that mean the same, whatever their ids, the order of their
/// attributes, their spelling of durations, booleans and scores, and comments.
package func canonicalText(of element: Element, in parent: String = "") -> String {
  var text = ""
  appendCanonicalText(of: element, in: parent, to: &text)
  return text
}

private func appendCanonicalText(of element: Element, in parent: String, to text: inout String) {
  text += "<"
  text += element.name
  for (name, value) in meanings(of: element, in: parent) {
    text += " \(name)=\(value.count):\(value)"
  }
  text += ">"
  // Children of a kind whose order says nothing are sorted among themselves.
  var sorted: [String] = []
  for case .element(let child) in element.children where !isEmptySet(child) {
    var childText = ""
    appendCanonicalText(of: child, in: element.name, to: &childText)
    if ChildFamily(of: child.name).orderIsMeaning {
      text += childText
    } else {
      sorted.append(childText)
    }
  }
  sorted.sort()
  for childText in sorted { text += childText }
  for case .text(let content) in element.children { text += content }
  text += "/"
}

/// The element's attributes in canonical form, sorted by name; ids left out where they only name the element.
private func meanings(of element: Element, in parent: String) -> [(String, String)] {
  var result: [(String, String)] = []
  var names = Set(element.attributes.map(\.name))
  for name in [
    "kind", "first-action", "then-action", "symmetrical", "require-all", "sequential", "boolean-op",
    "interval", "score",
  ] where SchemaAttribute.default(of: name, in: element) != nil {
    names.insert(name)
  }
  for name in names.sorted() {
    if name == "id" && !idIsMeaning(of: element.name) { continue }
    if name.hasPrefix(ValueSource.attributePrefix) { continue }
    if name == "value", element.name == "nvpair" {
      result.append((name, nvpairType(element, in: parent).normalized(element["value"] ?? "")))
    } else if let value = SchemaAttribute.meaning(of: name, in: element) {
      result.append((name, value))
    }
  }
  return result
}

/// The type of an nvpair's value by the set it is in; without the set's own parent, the common case.
private func nvpairType(_ nvpair: Element, in set: String) -> ValueType {
  NVPairContext(set: set, in: "").type(of: nvpair["name"] ?? "")
}

/// Elements whose `id` refers to something else, or is a name that people and constraints use.
func idIsMeaning(of name: String) -> Bool {
  switch name {
  // By far the most, and the question is asked often.
  case "nvpair", "op", "rsc_location", "instance_attributes", "operations", "meta_attributes": false
  case "node", "acl_target", "acl_user": true
  default: idIsReference(name) || isResourceElement(name)
  }
}

/// An attribute set, or a list of operations, that says nothing: nor do such in it, where no schema allows them.
func isEmptySet(_ element: Element) -> Bool {
  (isAttributeSet(element.name) || element.name == "operations") && element["id-ref"] == nil
    && element.elements.allSatisfy(isEmptySet)
}

/// Children that belong together: their order is meaning, or not, among themselves.
struct ChildFamily: Hashable {
  var name: String

  init(of elementName: String) {
    // A member is a member, whether primitive or group; a reference does not know.
    name = isResourceElement(elementName) ? "member" : elementName
  }

  var orderIsMeaning: Bool {
    switch name {
    case "member", "resource_set", "resource_ref", "instance_attributes", "meta_attributes", "utilization",
      "cluster_property_set":
      true
    default: false
    }
  }
}
