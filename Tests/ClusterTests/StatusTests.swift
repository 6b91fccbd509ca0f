import CIB
import Testing
import XML

@testable import Cluster

private let corpus = "/work/shared/corpus/pacemaker-scheduler"

@Suite struct StatusTests {
  /// (resource, node) pairs as crm_mon sees them, without instance numbers.
  func pairsOfCrmMon(_ path: String) throws -> Set<String> {
    var environment = plainEnvironment
    environment["CIB_file"] = path
    let outcome = try Tool("crm_mon", ["-1", "--inactive", "--output-as=xml"], environment: environment)
      .run(within: 60)
    let root = try outcome.output.withUnsafeBytes { bytes throws(XMLError) in try Element(parsing: bytes) }
    var pairs: Set<String> = []
    func visit(_ element: Element) {
      if element.name == "resource", element["active"] == "true" {
        for node in element.elements(named: "node") {
          pairs.insert("\(withoutInstanceNumber(element.id ?? "")) \(node["name"] ?? "")")
        }
      }
      for child in element.elements { visit(child) }
    }
    visit(root)
    return pairs
  }

  @Test(.enabled(if: isInstalled("crm_mon") && access(corpus)))
  func agreesWithCrmMonOnTheCorpus() throws {
    let directory = TemporaryDirectory()
    let list = try Tool("ls", [corpus]).run(within: 10)
    var both = 0, missing: [String] = [], extra: [String] = [], nodeDifferences: [String] = []
    for name in text(list.output).split(separator: "\n") {
      let path = try directory.write(String(name), contents("\(corpus)/\(name)"))
      let document = try ClusterConnection(cibFile: path, environment: plainEnvironment).query(status: true)
      let status = ClusterStatus(document)
      let theirs = try pairsOfCrmMon(path)
      let ours = Set(
        status.instances.filter { $0.role > .stopped }.map { "\(withoutInstanceNumber($0.resource)) \($0.node)" })
      both += ours.intersection(theirs).count
      missing += theirs.subtracting(ours).sorted().map { "\(name): \($0)" }
      extra += ours.subtracting(theirs).sorted().map { "\(name): \($0)" }
      nodeDifferences += try differencesOfNodes(path, status).map { "\(name): \($0)" }
    }
    print("agree \(both), missing \(missing.count), extra \(extra.count), nodes \(nodeDifferences.count)")
    for line in missing { print("missing", line) }
    for line in extra { print("extra", line) }
    for line in nodeDifferences { print("node", line) }
  }

  func differencesOfNodes(_ path: String, _ status: ClusterStatus) throws -> [String] {
    var environment = plainEnvironment
    environment["CIB_file"] = path
    let outcome = try Tool("crm_mon", ["-1", "--output-as=xml"], environment: environment).run(within: 60)
    let root = try outcome.output.withUnsafeBytes { bytes throws(XMLError) in try Element(parsing: bytes) }
    return (root.first("nodes")?.elements ?? []).compactMap { theirs in
      let name = theirs["name"] ?? ""
      guard let ours = status.node(named: name) else { return "\(name) is missing" }
      var differences: [String] = []
      for (attribute, value) in [
        ("online", ours.isOnline), ("unclean", ours.isUnclean), ("standby", ours.isStandby),
        ("maintenance", ours.inMaintenance), ("pending", ours.isPending), ("is_dc", ours.isDC),
      ] where theirs[attribute] != String(value) { differences.append("\(attribute) is \(theirs[attribute] ?? "?")") }
      return differences.isEmpty ? nil : "\(name): \(differences.joined(separator: ", "))"
    }
  }
}

private func access(_ path: String) -> Bool { (try? Tool("test", ["-d", path]).run(within: 5))?.ending == .exited(0) }
