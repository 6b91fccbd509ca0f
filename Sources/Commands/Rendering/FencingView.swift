import Documents
import FencingCheck
import MAASClient

/// A report on fencing, for people and for programs.
struct FencingView {
  private let report: FencingReport
  private static let width = 80

  init(_ report: FencingReport) { self.report = report }

  // MARK: - Text

  var text: String {
    var table = [["Node", "Kind", "Level", "Device", "Machine", "Power", "State", "Status", "Fencing"]]
    for node in report.nodes {
      if node.levels.isEmpty {
        let verdict = node.isFenceable ? "see below" : "WOULD FAIL"
        table.append([node.name, node.kind, "", "none", "", "", "", "", verdict])
      }
      for level in node.levels {
        for device in level.devices {
          let machine = device.machine
          table.append([
            node.name, node.kind, level.index.map(String.init) ?? "", device.device, machine?.fqdn ?? "",
            machine?.powerType ?? "", device.state?.rawValue ?? "", machine?.statusName ?? "", verdict(device),
          ])
        }
      }
    }
    table = table.map { $0.map(\.printable) }
    // A column that says nothing is left out, and of a wide table those that say least. JSON has all of them.
    var columns = table[0].indices.filter { column in table.dropFirst().contains { !$0[column].isEmpty } }
    func width(_ column: Int) -> Int { table.map { $0[column].count }.max() ?? 0 }
    func excess() -> Int { columns.reduce(-2) { $0 + width($1) + 2 } - Self.width }
    for name in ["Machine", "Kind", "Power", "Status"] where excess() > 0 { columns.removeAll { table[0][$0] == name } }
    if excess() > 0 {
      let longest = max(10, width(0) - excess())
      for row in table.indices where table[row][0].count > longest {
        table[row][0] = table[row][0].prefix(longest - 1) + "…"
      }
    }
    let widths = columns.map(width)
    var text = ""
    for row in report.nodes.isEmpty ? [] : table {
      let cells = zip(columns, widths).map { column, width in
        row[column] + String(repeating: " ", count: width - row[column].count)
      }
      text += String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()) + "\n"
    }
    let findings = allFindings
    if !findings.isEmpty, !text.isEmpty { text += "\n" }
    for (place, finding) in findings {
      text += "\(finding.severity.rawValue): \(place.isEmpty ? "" : "\(place.printable): ")\(finding.text.printable)\n"
      if let hint = finding.hint { text += "  hint: \(hint.printable)\n" }
    }
    let count = report.nodes.filter(\.isFenceable).count
    text += "\n\(count) of \(report.nodes.count) nodes would be fenced.\n"
    return text
  }

  private func verdict(_ device: FencingReport.DeviceResult) -> String {
    if !device.works { return "WOULD FAIL" }
    return device.isChecked ? "would work" : "not checked"
  }

  /// What was found, with where; what holds for several nodes of a device once.
  private var allFindings: [(place: String, finding: Finding)] {
    var places: [(finding: Finding, device: String, nodes: [String])] = []
    func add(_ finding: Finding, device: String, node: String) {
      if let index = places.firstIndex(where: { $0.finding == finding && $0.device == device }) {
        if !places[index].nodes.contains(node) { places[index].nodes.append(node) }
      } else {
        places.append((finding, device, [node]))
      }
    }
    for finding in report.findings { add(finding, device: "", node: "") }
    for node in report.nodes {
      for finding in node.findings { add(finding, device: "", node: node.name) }
      for device in node.levels.flatMap(\.devices) {
        for finding in device.findings { add(finding, device: device.device, node: node.name) }
      }
    }
    return places.map { finding, device, nodes in
      let names =
        nodes.count > 4
        ? "\(nodes.prefix(3).joined(separator: ", ")) and \(nodes.count - 3) more" : nodes.joined(separator: ", ")
      return (device.isEmpty ? names : "\(device) for \(names)", finding)
    }
  }

  // MARK: - JSON

  var value: NativeValue {
    .map([
      .init("fenceable", .bool(report.isFenceable)),
      .init("findings", .list(report.findings.map(value))),
      .init("nodes", .list(report.nodes.map(value))),
    ])
  }

  private func value(_ node: FencingReport.NodeResult) -> NativeValue {
    .map([
      .init("name", .text(node.name)), .init("kind", .text(node.kind)), .init("fenceable", .bool(node.isFenceable)),
      .init("findings", .list(node.findings.map(value))),
      .init(
        "levels",
        .list(
          node.levels.map { level in
            .map([
              .init("index", level.index.map(NativeValue.integer) ?? .null), .init("works", .bool(level.works)),
              .init("devices", .list(level.devices.map(value))),
            ])
          })),
    ])
  }

  private func value(_ device: FencingReport.DeviceResult) -> NativeValue {
    .map([
      .init("id", .text(device.device)), .init("agent", .text(device.agent)), .init("plug", .text(device.plug)),
      .init("works", .bool(device.works)), .init("checked", .bool(device.isChecked)),
      .init("machine", device.machine.map(value) ?? .null),
      .init("powerState", device.state.map { .text($0.rawValue) } ?? .null),
      .init("findings", .list(device.findings.map(value))),
    ])
  }

  private func value(_ machine: Machine) -> NativeValue {
    .map([
      .init("systemID", .text(machine.systemID)), .init("hostname", .text(machine.hostname)),
      .init("fqdn", .text(machine.fqdn)), .init("powerType", .text(machine.powerType)),
      .init("status", .text(machine.statusName)), .init("locked", .bool(machine.isLocked)),
      .init("owner", .text(machine.owner)),
    ])
  }

  private func value(_ finding: Finding) -> NativeValue {
    .map([
      .init("severity", .text(finding.severity.rawValue)), .init("text", .text(finding.text)),
      .init("hint", finding.hint.map(NativeValue.text) ?? .null),
    ])
  }
}
