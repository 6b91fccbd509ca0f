import CIB
import Planning
import XML

// MARK: - Locations

extension ClusterGraph {
  /// Scores of nodes for resources, a row for all resources with the same; nil where there are none.
  var locationTable: String? {
    /// What one resource's constraints say: scores by node, and what cannot be said so.
    struct Row: Hashable {
      var scores: [String: String] = [:]
      var others: [String] = []
    }
    var rows: [String: Row] = [:]
    var order: [String] = []
    for constraint in objects(.location) {
      let mark = mark(constraint.id)
      for resource in constraint.located {
        if rows[resource] == nil { order.append(resource) }
        var row = rows[resource] ?? Row()
        let element = constraint.element
        if let node = element["node"], let score = element["score"], element["role"] == nil {
          row.scores[node] = marked(constraint.id, DOT.html(Self.shown(score: score)), mark)
        } else {
          let details = Detail.between(nil, element).filter { !["rsc", "rsc-pattern"].contains($0.path) }
          let text = details.map { "\($0.path): \($0.after ?? "")" }.joined(separator: ", ")
          row.others.append(marked(constraint.id, DOT.html(text), mark))
        }
        rows[resource] = row
      }
    }
    guard !rows.isEmpty else { return nil }
    var resourcesByRow: [Row: [String]] = [:]
    var distinct: [Row] = []
    for resource in order {
      let row = rows[resource]!
      if resourcesByRow[row] == nil { distinct.append(row) }
      resourcesByRow[row, default: []].append(resource)
    }
    let nodes = Set(distinct.flatMap(\.scores.keys)).sorted()
    // Each node a column, as long as the eye can follow; else the nodes of a row stand in it.
    let hasColumns = nodes.count <= 6
    var table = Table()
    table.add(
      [.init(DOT.bold("locations"), background: Palette.head)]
        + (hasColumns ? nodes : ["score: nodes"]).map {
          .init(DOT.small(DOT.html($0)), background: Palette.head, isCentred: true)
        })
    for row in distinct {
      let names = resourcesByRow[row]!.sorted().map { marked($0) }
      var cells = [Table.Cell(Self.lines(of: names))]
      if hasColumns {
        cells += nodes.map { .init(row.scores[$0] ?? "", isCentred: true) }
      } else {
        let byScore = Dictionary(grouping: row.scores.keys.sorted()) { row.scores[$0]! }
        let lines = byScore.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { score, nodes in
          "\(score): \(Self.lines(of: together(nodes)))"
        }
        cells.append(.init(lines.joined()))
      }
      if !row.scores.isEmpty || row.others.isEmpty { table.add(cells) }
      let width = max(1, cells.count - 1)
      for other in row.others { table.add([cells[0], .init(DOT.small(other), columns: width)]) }
    }
    return table.label(grid: true)
  }

  /// A few names a line.
  private static func lines(of names: [String]) -> String {
    stride(from: 0, to: names.count, by: 4).map { start in
      names[start..<min(start + 4, names.count)].joined(separator: ", ") + "<BR ALIGN=\"LEFT\"/>"
    }.joined()
  }

  /// All members and all remote nodes by one word each; others by name.
  private func together(_ nodes: [String]) -> [String] {
    var rest = Set(nodes)
    var words: [String] = []
    for (all, word) in [(members, "members"), (remoteNodes, "remote nodes")]
    where all.count > 3 && rest.isSuperset(of: all) {
      words.append("all \(all.count) \(word)")
      rest.subtract(all)
    }
    return words + rest.sorted().map(DOT.html)
  }

  static func shown(score: String) -> String {
    switch score {
    case "INFINITY", "+INFINITY": "∞"
    case "-INFINITY": "−∞"
    default: score
    }
  }
}

// MARK: - Orders, colocations and tickets

extension ClusterGraph {
  /// A line between two nodes of the graph.
  private struct Link {
    var from: Point
    var to: Point
    var attributes: [String]
  }

  /// Where a line begins or ends.
  private enum Point: Hashable {
    case resource(String)
    /// Between two sets of an order: all of the one come before all of the other.
    case meeting(order: String, afterSet: Int)

    var name: String {
      switch self {
      case .resource(let id): "resource \(id)"
      case .meeting(let order, let index): "order \(order) \(index)"
      }
    }
  }

  /// Resources that orders, colocations and tickets speak of, and the lines between them.
  func linkLines(below above: [String]) -> [String] {
    let links = objects(.order).flatMap(links(ofOrder:)) + objects(.colocation).flatMap(links(ofColocation:))
    let tickets = objects(.ticket)
    var points: [Point] = []
    var seen: Set<Point> = []
    for point in links.flatMap({ [$0.from, $0.to] }) + tickets.flatMap(\.ticketed).map(Point.resource)
    where seen.insert(point).inserted {
      points.append(point)
    }
    guard !points.isEmpty else { return [] }
    var lines = ["  subgraph cluster_constraints {"]
    let legend = "order: → then &#160; colocation: ⇢ with"
    lines.append(
      "    graph [style=rounded, color=\"\(Palette.line)\", label=<\(DOT.bold("constraints"))&#160;&#160;"
        + "\(DOT.small(legend))<BR ALIGN=\"LEFT\"/>>]")
    for point in points {
      switch point {
      case .resource(let id):
        var table = Table(border: mark(id).colour ?? Palette.line)
        table.add(.init(described(id)))
        lines.append("    \(DOT.quoted(point.name)) [label=\(table.label())]")
      case .meeting:
        lines.append("    \(DOT.quoted(point.name)) [shape=point, label=\"\", color=\"\(Palette.line)\"]")
      }
    }
    for ticket in tickets {
      let name = ticket.element["ticket"] ?? ""
      let node = DOT.quoted("ticket \(ticket.id)")
      lines.append("    \(node) [shape=note, label=<ticket \(marked(ticket.id, DOT.html(name)))>]")
      for resource in ticket.ticketed {
        let label = ticket.element["loss-policy"].map { "loss: \($0)" } ?? ""
        lines.append("    \(node) -> \(DOT.quoted("resource \(resource)")) [label=\(DOT.quoted(label)), style=dotted]")
      }
    }
    for link in links {
      lines.append(
        "    \(DOT.quoted(link.from.name)) -> \(DOT.quoted(link.to.name)) "
          + "[\(link.attributes.joined(separator: ", "))]")
    }
    lines.append("  }")
    let followers = Set(links.map(\.to))
    let heads = points.filter { !followers.contains($0) }
    for one in above.prefix(1) {
      for head in heads.isEmpty ? [points[0]] : heads {
        lines.append("  \(DOT.quoted(one)) -> \(DOT.quoted(head.name)) [style=invis]")
      }
    }
    return lines
  }

  private func look(_ id: String, _ label: String, _ attributes: [String]) -> [String] {
    let mark = mark(id)
    let words = [label.isEmpty ? nil : label, mark.word].compactMap(\.self).joined(separator: ", ")
    let colour = mark.colour.map { ["color=\"\($0)\"", "fontcolor=\"\($0)\"", "penwidth=2"] } ?? []
    return ["label=\(DOT.quoted(words))"] + attributes + colour
  }

  private func links(ofOrder constraint: CIBObject) -> [Link] {
    let element = constraint.element
    func label(_ first: String?, _ then: String?) -> String {
      var words: [String] = []
      switch element["kind"] {
      case "Optional": words.append("if both")
      case "Serialize": words.append("one at a time")
      default: if let score = element["score"], score == "0" { words.append("if both") }
      }
      let (first, then) = (first ?? "start", then ?? first ?? "start")
      if (first, then) != ("start", "start") { words.append("\(first), then \(then)") }
      return words.joined(separator: ", ")
    }
    let arrow = element["kind"] == "Serialize" ? ["dir=none"] : []
    func link(_ from: Point, _ to: Point, _ text: String, _ more: [String] = []) -> Link {
      Link(from: from, to: to, attributes: look(constraint.id, text, arrow + more))
    }
    if let first = element["first"], let then = element["then"] {
      let text = label(element["first-action"], element["then-action"])
      return [link(.resource(first), .resource(then), text)]
    }
    // Inside a set that is sequential each comes after the one before it; the next set comes after all of it.
    let sets = element.elements(named: "resource_set")
    var result: [Link] = []
    for (index, set) in sets.enumerated() {
      let points = set.referencedIDs.map(Point.resource)
      let isSequential = set["sequential"] != "false"
      if isSequential {
        let text = label(set["action"], set["action"])
        for (one, next) in zip(points, points.dropFirst()) { result.append(link(one, next, text)) }
      }
      guard index + 1 < sets.count else { continue }
      let next = sets[index + 1]
      let text = label(set["action"], next["action"])
      let ends = isSequential ? points.suffix(1) : points[...]
      let starts = next.referencedIDs.prefix(next["sequential"] != "false" ? 1 : .max).map(Point.resource)
      if ends.count > 1, starts.count > 1 {
        // Nobody could follow a line for each pair, and two sets of thousands have millions.
        let meeting = Point.meeting(order: constraint.id, afterSet: index)
        result += ends.map { link($0, meeting, "", ["arrowhead=none"]) } + starts.map { link(meeting, $0, text) }
      } else {
        for one in ends { result += starts.map { link(one, $0, text) } }
      }
    }
    return result
  }

  /// Drawn from what leads to what follows it, as orders mostly are; the arrow points the other way, to what is followed.
  private func links(ofColocation constraint: CIBObject) -> [Link] {
    let element = constraint.element
    let score = element["score"] ?? "INFINITY"
    var words: [String] = []
    if score.hasPrefix("-") {
      words.append(score == "-INFINITY" ? "apart" : "apart \(score)")
    } else if score != "INFINITY" {
      words.append(Self.shown(score: score))
    }
    func link(_ dependent: String, _ role: String?, with primary: String, _ primaryRole: String?) -> Link {
      var words = words
      if let role { words.append("as \(role)") }
      if let primaryRole { words.append("where \(primaryRole)") }
      return Link(
        from: .resource(primary), to: .resource(dependent),
        attributes: look(
          constraint.id, words.joined(separator: ", "),
          ["style=dashed", score.hasPrefix("-") ? "dir=none" : "dir=back"]))
    }
    if let dependent = element["rsc"], let primary = element["with-rsc"] {
      return [link(dependent, element["rsc-role"], with: primary, element["with-rsc-role"])]
    }
    // Inside a set each goes with the one before it; a set goes with the set after it.
    let sets = element.elements(named: "resource_set")
    var result: [Link] = []
    for (index, set) in sets.enumerated() {
      let ids = set.referencedIDs
      if set["sequential"] != "false" {
        for (one, next) in zip(ids, ids.dropFirst()) { result.append(link(next, nil, with: one, nil)) }
      }
      guard index + 1 < sets.count, let dependent = ids.first, let primary = sets[index + 1].referencedIDs.last else {
        continue
      }
      result.append(link(dependent, set["role"], with: primary, sets[index + 1]["role"]))
    }
    return result
  }
}

extension CIBObject {
  /// The resources that a location constraint is about; a pattern stands for itself.
  fileprivate var located: [String] {
    if let resource = element["rsc"] { return [resource] }
    if let pattern = element["rsc-pattern"] { return ["/\(pattern)/"] }
    return element.elements(named: "resource_set").flatMap(\.referencedIDs)
  }

  /// The resources that a ticket constraint is about.
  fileprivate var ticketed: [String] {
    if let resource = element["rsc"] { return [resource] }
    return element.elements(named: "resource_set").flatMap(\.referencedIDs)
  }
}

extension Element {
  /// Of a `<resource_set>`: its resources.
  fileprivate var referencedIDs: [String] { elements(named: "resource_ref").compactMap(\.id) }
}
