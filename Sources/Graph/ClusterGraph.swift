import CIB
import Cluster
import Planning
import XML

/// A cluster as a picture: what runs where, what is to be with, after or away from what, and what a plan makes of it.
///
/// Members stand at the top, remote nodes below them in a grid, constraints below these. A location constraint is no line:
/// with hundreds of remote nodes nobody could follow them. They are a table, a row for all resources that have the same.
package struct ClusterGraph {
  let status: ClusterStatus
  /// Whether the status says anything; a CIB without one says nothing of what is up and what runs.
  let isObserved: Bool
  /// The configuration with the plan in it: what is new, and what goes as well.
  let current: Configuration
  let target: Configuration
  private var actions: [String: Change.Action] = [:]
  private let nodes: [String: ClusterStatus.Node]
  /// What is active, by node.
  private let activeInstances: [String: [ClusterStatus.Instance]]
  private(set) var members: [String] = []
  /// Remote and guest nodes, also those that the plan adds.
  private(set) var remoteNodes: [String] = []

  /// - Parameters:
  ///   - cib: the cluster, with its status where that is known.
  ///   - plan: what documents make of it; nil without any.
  package init(_ cib: CIBDocument, plan: Plan? = nil) {
    let configuration = Configuration(cib.configuration)
    current = configuration
    target = plan.map { Configuration($0.target) } ?? configuration
    status = ClusterStatus(cib)
    isObserved = cib.status?.first("node_state") != nil
    nodes = Dictionary(status.nodes.map { ($0.name, $0) }) { first, _ in first }
    activeInstances = Dictionary(grouping: status.instances.filter { $0.role > .stopped }, by: \.node)
    for change in plan?.changes ?? [] {
      // A resource that is moved and changed as well is told once, as changed.
      if actions[change.id] == nil || change.action != .move { actions[change.id] = change.action }
    }
    collectNodes()
  }

  private mutating func collectNodes() {
    let connections = objects(.primitive).map(\.id).filter(isRemote)
    let remotes = Set(status.nodes.filter { $0.kind != .member }.map(\.name) + connections)
    remoteNodes = remotes.sorted()
    let known = status.nodes.filter { $0.kind == .member }.map(\.name)
    let configured = (target.nodes + current.nodes).compactMap { $0["uname"] }.filter { !remotes.contains($0) }
    var seen: Set<String> = []
    members = (known + configured).filter { seen.insert($0).inserted }
  }

  /// The picture in Graphviz's language, for `dot`.
  package var dot: String {
    var lines = [
      "digraph cluster {",
      "  graph [rankdir=TB, newrank=true, nodesep=0.35, ranksep=0.45, pad=0.3, bgcolor=white, labelloc=t, labeljust=l,",
      "    fontname=\"DejaVu Sans\", fontsize=14, fontcolor=\"\(Palette.text)\", label=<\(title)>]",
      "  node [shape=plain, fontname=\"DejaVu Sans\", fontsize=12, fontcolor=\"\(Palette.text)\"]",
      "  edge [fontname=\"DejaVu Sans\", fontsize=10, fontcolor=\"\(Palette.quiet)\", color=\"\(Palette.line)\"]",
    ]
    // Invisible lines keep one tier below the other.
    var above: [String] = []
    func tier(_ nodes: [(id: String, label: String)], ranked: Bool = true) {
      guard !nodes.isEmpty else { return }
      for node in nodes { lines.append("  \(DOT.quoted(node.id)) [label=\(node.label)]") }
      if ranked { lines.append("  { rank=same; \(nodes.map { DOT.quoted($0.id) }.joined(separator: "; ")) }") }
      if let first = nodes.first {
        for one in above { lines.append("  \(DOT.quoted(one)) -> \(DOT.quoted(first.id)) [style=invis]") }
      }
      above = nodes.map(\.id)
    }
    tier(members.map { ("node \($0)", label(ofMember: $0)) })
    tier(remoteGrid.map { [("remote nodes", $0)] } ?? [])
    tier([("locations", locationTable), ("idle", idleTable)].compactMap { id, label in label.map { (id, $0) } })
    lines += linkLines(below: above)
    lines.append("}")
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: What a plan does to it

  enum Mark {
    case none, new, changed, going

    var colour: String? {
      switch self {
      case .none: nil
      case .new: Palette.new
      case .changed: Palette.changed
      case .going: Palette.going
      }
    }

    var word: String? {
      switch self {
      case .none: nil
      case .new: "new"
      case .changed: "changed"
      case .going: "going"
      }
    }
  }

  func mark(_ id: String) -> Mark {
    switch actions[id] {
    case nil: .none
    case .create: .new
    case .update, .move: .changed
    case .delete: .going
    }
  }

  /// A name with what the plan does to it, in colour and as a word.
  func marked(_ id: String, _ html: String? = nil, _ mark: Mark? = nil) -> String {
    let mark = mark ?? self.mark(id)
    let name = html ?? DOT.html(id)
    guard let colour = mark.colour, let word = mark.word else { return name }
    return DOT.coloured("\(mark == .going ? DOT.struck(name) : name) \(DOT.small(word))", colour)
  }

  /// The objects of a kind, those that go included.
  func objects(_ kind: ObjectKind) -> [CIBObject] {
    target.objects.filter { $0.kind == kind }
      + current.objects.filter { $0.kind == kind && target.object(kind, $0.id) == nil }
  }

  func resource(_ id: String) -> CIBObject? { target.resource(id) ?? current.resource(id) }

  /// Whether it is the connection to a remote node, which the picture has as a node.
  func isRemote(_ id: String) -> Bool {
    (target.resource(id) == nil ? current : target).isRemote(id)
  }

  /// The resource that it is in, and that is in no other.
  func outermost(_ id: String) -> String {
    var outer = id
    while let next = target.parent(of: outer) ?? current.parent(of: outer) { outer = next }
    return outer
  }

  private var title: String {
    var words = [DOT.bold(DOT.html(current.property("cluster-name") ?? "cluster"))]
    if let dc = status.dc { words.append(DOT.html("DC \(dc)")) }
    if isObserved, !status.hasQuorum { words.append(DOT.coloured("no quorum", Palette.going)) }
    if status.maintenanceMode { words.append(DOT.coloured("maintenance mode", Palette.changed)) }
    if !status.fencingIsEnabled { words.append(DOT.coloured("fencing is off", Palette.going)) }
    if current.isOptIn { words.append("opt-in") }
    if !actions.isEmpty {
      let legend = [Mark.new, .changed, .going].map { DOT.coloured($0.word!, $0.colour!) }.joined(separator: ", ")
      words.append("plan: \(legend)")
    }
    return words.joined(separator: "&#160; · &#160;") + "<BR ALIGN=\"LEFT\"/>"
  }
}

// MARK: - Nodes and what runs there

extension ClusterGraph {
  /// What a node is in a word or two, and the colour for it.
  private func state(_ name: String) -> (words: String, colour: String) {
    guard isObserved else { return ("", Palette.idle) }
    guard let node = nodes[name] else {
      return mark(name) == .new ? ("", "white") : ("not seen", Palette.idle)
    }
    if node.isUnclean { return ("UNCLEAN", Palette.bad) }
    if node.isPending { return ("joining", Palette.attention) }
    guard node.isOnline else { return ("offline", Palette.idle) }
    if node.isStandby { return ("standby", Palette.attention) }
    if node.inMaintenance { return ("maintenance", Palette.attention) }
    return ("online", Palette.good)
  }

  private func label(ofMember name: String) -> String {
    let (words, colour) = state(name)
    var table = Table()
    let more = name == status.dc ? "\(words), DC" : words
    table.add(.init("\(DOT.bold(marked(name)))&#160;&#160;\(DOT.small(DOT.html(more)))", background: colour))
    let lines = whatRuns(on: name)
    for line in lines.isEmpty && isObserved ? [DOT.coloured(DOT.small("nothing runs here"), Palette.quiet)] : lines {
      table.add(.init(line))
    }
    return table.label()
  }

  private static let lineEnd = "<BR ALIGN=\"LEFT\"/>"

  /// Graphviz draws an empty line for a second end.
  private static func ended(_ line: String) -> String { line.hasSuffix(lineEnd) ? line : line + lineEnd }

  /// The remote nodes in rows; nil where there are none.
  private var remoteGrid: String? {
    let names = remoteNodes
    guard !names.isEmpty else { return nil }
    let columns = names.count <= 8 ? names.count : 8
    let online = names.filter { nodes[$0]?.isOnline == true }.count
    var table = Table()
    let noun = names.count == 1 ? "remote node" : "remote nodes"
    table.add(
      .init(
        "\(DOT.bold("\(names.count) \(noun)"))&#160;&#160;\(DOT.small(isObserved ? "\(online) online" : ""))",
        background: Palette.head, columns: columns))
    for start in stride(from: 0, to: names.count, by: columns) {
      let row = names[start..<min(start + columns, names.count)]
      var cells = row.map { name in
        let (words, colour) = state(name)
        let lines = [DOT.bold(marked(name))] + (words.isEmpty ? [] : [DOT.small(words)]) + whatRuns(on: name)
        return Table.Cell(lines.map(Self.ended).joined(), background: colour)
      }
      cells += Array(repeating: Table.Cell(""), count: columns - row.count)
      table.add(cells)
    }
    return table.label(grid: true)
  }

  /// A line for each resource that is in no other; what is inside comes after its name.
  private func whatRuns(on node: String) -> [String] {
    var remotes: [String] = []
    var lines: [(place: Int, html: String)] = []
    var byOutermost: [String: [ClusterStatus.Instance]] = [:]
    for instance in activeInstances[node] ?? [] {
      let id = instance.baseID
      if isRemote(id) {
        remotes.append(id)
      } else {
        byOutermost[outermost(id), default: []].append(instance)
      }
    }
    func place(_ id: String) -> Int { target.index(of: .primitive, id) ?? current.index(of: .primitive, id) ?? .max }
    for (outer, instances) in byOutermost {
      let inner = instances.sorted { place($0.baseID) < place($1.baseID) }.map { instance in
        var text = instance.baseID == outer ? "" : marked(instance.baseID)
        if instance.role == .promoted { text += " \(DOT.bold("promoted"))" }
        if instance.isFailed { text += " \(DOT.coloured("failed", Palette.going))" }
        if instance.isOrphan { text += " \(DOT.coloured("orphan", Palette.going))" }
        if let operation = instance.pendingOperation { text += " \(DOT.html(operation)) …" }
        return text
      }
      let rest = inner.filter { !$0.isEmpty }.map { "<BR ALIGN=\"LEFT\"/>&#160;&#160;\(DOT.small($0))" }.joined()
      let kind =
        status.fencingDevices.contains(outer) ? "&#160;" + DOT.coloured(DOT.small("fencing"), Palette.quiet) : ""
      lines.append((place(outer), marked(outer) + kind + rest + (rest.isEmpty ? "" : "<BR ALIGN=\"LEFT\"/>")))
    }
    lines.sort { ($0.place, $0.html) < ($1.place, $1.html) }
    var result = lines.map(\.html)
    if !remotes.isEmpty {
      // With hundreds of them their names would hide all the rest; the grid has them.
      let names = remotes.count <= 3 ? remotes.sorted().joined(separator: ", ") : "\(remotes.count) remote nodes"
      result.append(DOT.coloured(DOT.small(DOT.html("connects \(names)")), Palette.quiet))
    }
    return result
  }

  /// What runs nowhere, or is not known to; nil where there is nothing of the kind.
  private var idleTable: String? {
    let all = target.topLevelResources + current.topLevelResources.filter { target.resource($0) == nil }
    let idle = all.filter { !status.isActive($0) && !isRemote($0) }
    guard !idle.isEmpty else { return nil }
    var table = Table()
    table.add(.init(DOT.bold(isObserved ? "runs nowhere" : "resources"), background: Palette.head))
    for id in idle { table.add(.init(described(id))) }
    return table.label()
  }

  /// A resource's name, what it is, and what is in it.
  func described(_ id: String) -> String {
    guard let object = resource(id) else { return DOT.html(id) }
    let kind = object.kind == .primitive ? object.element["type"] ?? "" : object.kind.rawValue
    var html = "\(marked(id))&#160;\(DOT.coloured(DOT.small(DOT.html(kind)), Palette.quiet))"
    for member in object.memberIDs {
      html += "<BR ALIGN=\"LEFT\"/>&#160;&#160;\(DOT.small(marked(member)))"
      for inner in resource(member)?.memberIDs ?? [] {
        html += "<BR ALIGN=\"LEFT\"/>&#160;&#160;&#160;&#160;\(DOT.small(marked(inner)))"
      }
    }
    return object.memberIDs.isEmpty ? html : html + "<BR ALIGN=\"LEFT\"/>"
  }
}

extension ClusterStatus.Instance {
  /// Its id in the configuration.
  fileprivate var baseID: String { withoutInstanceNumber(resource) }
}
