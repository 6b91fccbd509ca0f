import XML

/// Gives ids to what has none: crmsh's, so that whoever looks finds what they are used to.
///
///     R-instance_attributes, R-meta_attributes, R-utilization      the sets of R
///     R-instance_attributes-ip                                     an nvpair: its set's id and its name
///     R-monitor-10s                                                an operation: 0 where it has no interval
///     L-rule, L-rule-expression                                    a rule and what is in it
///     C-0, C-1                                                     the resource sets of C
///     fl-n1-1                                                      a fencing level, as pcs calls it
///
/// An id that is taken gets `-1`, `-2`, …
package struct IDGenerator {
  package var taken: Set<String>

  package init(taken: Set<String> = []) { self.taken = taken }

  /// The element, with an id for every part of it that the schema wants one for.
  ///
  /// - Parameter owner: what the ids begin with; the element's own id if nil.
  package mutating func addingIDs(to element: Element, owner: String? = nil) -> Element {
    guard !element.children.isEmpty else { return element }
    var result = element
    let owner = owner ?? element.id ?? ""
    for index in result.children.indices {
      guard case .element(var child) = result.children[index] else { continue }
      if child.id == nil, child["id-ref"] == nil, let suffix = Self.suffix(of: child, at: index, in: element) {
        child.attributes.insert(Attribute("id", unique(Self.xmlName("\(owner)-\(suffix)"))), at: 0)
      }
      if !child.children.isEmpty {
        // Operations, lists and the like have no id of their own: what is in them is named after what they are in.
        child = addingIDs(to: child, owner: Self.namesItsChildren(child) ? child.id : owner)
      }
      result.children[index] = .element(child)
    }
    return result
  }

  /// What the id of a part ends with; nil for what has no id.
  private static func suffix(of element: Element, at place: Int, in outer: Element) -> String? {
    /// How many of the name come before it.
    var index: Int { outer.children[..<place].count { $0.element?.name == element.name } }
    return switch element.name {
    case "nvpair": element["name"] ?? "nvpair"
    case "op": "\(element["name"] ?? "op")-\(element["interval"] ?? "0")"
    case "resource_set": "\(index)"
    case "port-mapping": "port-\(element["port"] ?? element["range"] ?? "\(index)")"
    case "storage-mapping": "storage-\(index)"
    case "recipient": "recipient-\(index + 1)"
    case "acl_permission": "\(element["kind"] ?? "permission")-\(index)"
    case "attribute": element["name"] ?? "attribute"
    case "instance_attributes", "meta_attributes", "utilization", "cluster_property_set", "rule", "expression",
      "date_expression", "rsc_expression", "op_expression", "duration", "date_spec", "read", "write", "deny":
      element.name
    default: nil
    }
  }

  /// The id of a fencing level that is given none.
  package static func levelID(_ level: Element) -> String {
    let target = level["target"] ?? level["target-pattern"] ?? level["target-value"] ?? ""
    return xmlName("fl-\(target)-\(level["index"] ?? "")")
  }

  private static func namesItsChildren(_ element: Element) -> Bool {
    element.id != nil && element.name != "operations"
  }

  package mutating func unique(_ id: String) -> String {
    if taken.insert(id).inserted { return id }
    var number = 1
    while !taken.insert("\(id)-\(number)").inserted { number += 1 }
    return "\(id)-\(number)"
  }

  /// The text with everything that no XML name may hold replaced by `_`.
  package static func xmlName(_ text: String) -> String {
    guard !isXMLName(text) else { return text }
    // Scalar by scalar, by the same tables: those of XML 1.0 as libxml2 has them, not those of its later editions.
    let name = String(
      String.UnicodeScalarView(text.unicodeScalars.map { isXMLName("_" + String(Character($0))) ? $0 : "_" }))
    return isXMLName(name) ? name : "_" + name
  }
}
