import XML

/// Applies patches by Pacemaker's rules (`xml_apply_patchset_v2` of 2.1.5), written down independently of what makes
/// them: deletions and modifications as they come, then creations and moves by position. A path that leads nowhere is
/// an error.
struct Applier {
  struct LeadsNowhere: Error { var path: String }

  var root: Element

  mutating func apply(_ patch: [UInt8]) throws {
    let diff = try Element(parsing: patch)
    var late: [Element] = []
    for change in diff.elements(named: "change") {
      switch change["operation"] {
      case "delete": try edit(change["path"]!) { parent, index in parent.children.remove(at: index) }
      case "modify":
        let result = change.first("change-result")!.elements[0]
        try edit(change["path"]!) { parent, index in
          guard case .element(var element) = parent.children[index] else { return }
          element.attributes = result.attributes
          parent.children[index] = .element(element)
        }
      default: late.append(change)
      }
    }
    let sorted = late.enumerated().sorted { left, right in
      (Int(left.element["position"]!)!, left.offset) < (Int(right.element["position"]!)!, right.offset)
    }
    for (_, change) in sorted {
      let position = Int(change["position"]!)!
      if change["operation"] == "create" {
        let new = Node.element(change.elements[0])
        try edit(change["path"]! + "/.") { parent, _ in
          parent.children.insert(new, at: min(position, parent.children.count))
        }
      } else {
        try edit(change["path"]!) { parent, index in
          guard index != position else { return }
          let before = position > index ? position + 1 : position
          let node = parent.children[index]
          parent.children.insert(node, at: min(before, parent.children.count))
          parent.children.remove(at: before <= index ? index + 1 : index)
        }
      }
    }
  }

  private mutating func edit(_ path: String, _ body: (inout Element, Int) -> Void) throws {
    let steps = path.split(separator: "/").map(String.init).dropFirst(2)
    // It reads up to a blank.
    guard !path.contains(" "), Self.edit(&root, Array(steps), body) else { throw LeadsNowhere(path: path) }
  }

  private static func edit(_ element: inout Element, _ steps: [String], _ body: (inout Element, Int) -> Void) -> Bool {
    guard let step = steps.first else { return false }
    if step == "." {
      body(&element, 0)
      return true
    }
    let parts = step.split(separator: "[", maxSplits: 1)
    let id = parts.count > 1 ? String(parts[1].dropFirst("@id='".count).dropLast("']".count)) : nil
    let index = element.children.firstIndex { child in
      guard let child = child.element, child.name == String(parts[0]) else { return false }
      return id == nil || child.id == id
    }
    guard let index else { return false }
    if steps.count == 1 {
      body(&element, index)
      return true
    }
    guard case .element(var child) = element.children[index] else { return false }
    let isDone = edit(&child, Array(steps.dropFirst()), body)
    element.children[index] = .element(child)
    return isDone
  }
}
