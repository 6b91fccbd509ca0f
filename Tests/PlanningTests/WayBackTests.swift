import CIB
import Comparison
import Desired
import Documents
import FoundationEssentials
import Testing
import XML

@testable import Planning

@Suite struct WayBackTests {
  // MARK: - There and back

  /// Whatever a case of `fixtures/plans` does, the way back leads to where it began.
  @Test(arguments: CaseFolderTests.cases) func everyCaseGoesBack(name: String) throws {
    let folder = CaseFolderTests.folder.appending(path: name)
    guard let text = try? Data(contentsOf: folder.appending(path: "current.xml")) else { return }
    let cib = try Element(parsing: Array(text))
    let current = cib.first("configuration")!
    var options = CaseFolderTests.options(folder)
    options.isForced = true
    let desired = try CaseFolderTests.desired(folder)
    let schema = cib["validate-with"]!
    let there = Planner.plan(from: Configuration(current), to: desired, validateWith: schema, options: options)
    guard there.errors.isEmpty, !there.isInSync else { return }
    let kept = try #require(AppliedChanges(Element(parsing: AppliedChanges(there).element.xml())))
    let way = WayBack(undoing: kept, in: Configuration(there.target), name: "it", isLive: false)
    #expect(way.conflicts == [])
    var optionsBack = PlanOptions()
    optionsBack.isForced = true
    optionsBack.restoration = way.restoration
    let back = Planner.plan(
      from: Configuration(there.target), to: way.desired, validateWith: schema, options: optionsBack)
    #expect(back.errors == [])
    #expect(way.conflicts(in: back) == [])
    #expect(sections(back.target) == sections(current))
    #expect(danglingReferences(back.target).subtracting(danglingReferences(current)) == [])
  }

  private func danglingReferences(_ configuration: Element) -> Set<String> {
    var references: Set<String> = []
    configuration.collectReferences(into: &references)
    return references.subtracting(allIDs(of: configuration))
  }

  /// The meaning of the sections that say something.
  private func sections(_ configuration: Element) -> [String: String] {
    var result: [String: String] = [:]
    for section in configuration.elements {
      var section = section
      section.children.removeAll {
        $0.element.map { $0.id == AttributeSets.bootstrapID && $0.children.isEmpty } ?? false
      }
      // Sets of different kinds may have changed places, which means nothing.
      section.children = section.elements.map { element in
        var element = element.asPromotableClone()
        element.children = element.elements.sorted { $0.name < $1.name }.map { .element($0) }
        return .element(element)
      }
      if !section.elements.isEmpty { result[section.name] = canonicalText(of: section) }
    }
    return result
  }

  // MARK: - Conflicts

  private func conflicts(
    _ before: String, _ after: String, now: String, kind: ObjectKind = .primitive
  ) throws -> (conflicts: [String], desired: [Element]) {
    func configuration(_ resource: String) throws -> Element {
      try Element(parsing: "<configuration><resources>\(resource)</resources></configuration>")
    }
    let (old, new) = try (configuration(before), configuration(after))
    let id = (old.elements[0].elements + new.elements[0].elements)[0].id!
    let change = Change(
      before.isEmpty ? .create : after.isEmpty ? .delete : .update, kind, id, before: old.elements[0].elements.first,
      after: new.elements[0].elements.first)
    let plan = Plan(schema: .newest, current: old, target: new, changes: [change])
    let way = WayBack(
      undoing: AppliedChanges(plan), in: Configuration(try configuration(now)), name: "it", isLive: false)
    return (way.conflicts.map(\.description), way.desired.objects.map(\.element))
  }

  @Test func conflictsSayWhatItWasAndIs() throws {
    #expect(
      try conflicts(vip("1"), "", now: "<group id=\"vip\"><primitive id=\"a\"/></group>").conflicts
        == ["primitive 'vip' was deleted, and the id is a group's since"])
    func many(_ value: Int) -> String {
      let pairs = (1...7).map { "<nvpair id=\"p\($0)\" name=\"x\($0)\" value=\"\(value)\"/>" }.joined()
      return "<primitive id=\"p\"><instance_attributes id=\"s\">\(pairs)</instance_attributes></primitive>"
    }
    #expect(
      try conflicts(many(1), many(2), now: many(3)).conflicts == [
        "primitive 'p' was changed since: params.x1: left 2, now 3; params.x2: left 2, now 3; params.x3: left 2, now 3; "
          + "params.x4: left 2, now 3; params.x5: left 2, now 3; and 2 more"
      ])
  }

  @Test func anOrderThatWasChangedSinceIsAConflict() throws {
    func configuration(_ ids: String) throws -> Element {
      let resources = ids.map { "<primitive id=\"\($0)\" class=\"lsb\" type=\"x\"/>" }.joined()
      return try Element(parsing: "<configuration><resources>\(resources)</resources></configuration>")
    }
    let (old, new) = try (configuration("abcd"), configuration("bacd"))
    let plan = Plan(schema: .newest, current: old, target: new, changes: [Change(.move, .primitive, "b")])
    func way(_ now: String) throws -> (conflicts: [String], order: [String]) {
      let way = WayBack(
        undoing: AppliedChanges(plan), in: Configuration(try configuration(now)), name: "it", isLive: false)
      return (way.conflicts.map(\.description), way.desired.resourceOrders.flatMap(\.resources).map(\.id))
    }
    #expect(try way("bacd") == ([], ["a", "b", "c", "d"]))
    #expect(try way("abcd") == ([], []))
    let other = try way("dbac")
    #expect(other.conflicts == ["primitive 'd' and others: their order was changed since"])
    #expect(other.order == ["a", "b", "c", "d"])
  }

  @Test func aNodeGoesBackOnAFileAlone() throws {
    func configuration(_ nodes: String) throws -> Element {
      try Element(parsing: "<configuration><nodes>\(nodes)</nodes></configuration>")
    }
    let node = "<node id=\"n9\" uname=\"n9\"/>"
    let other = "<node id=\"n9\" uname=\"n9\" type=\"ping\"/>"
    let (without, with) = try (configuration(""), configuration(node))
    func way(_ action: Change.Action, now: Element, isLive: Bool = false) throws -> WayBack {
      let change = Change(
        action, .node, "n9", before: action == .delete ? try Element(parsing: node) : nil,
        after: action == .create ? try Element(parsing: node) : nil)
      let (old, new) = action == .create ? (without, with) : (with, without)
      let plan = Plan(schema: .newest, current: old, target: new, changes: [change])
      return WayBack(undoing: AppliedChanges(plan), in: Configuration(now), name: "it", isLive: isLive)
    }
    #expect(try way(.create, now: with).restoration.removedNodes == ["n9"])
    #expect(try way(.create, now: without).restoration.removedNodes == [])
    #expect(try way(.create, now: configuration(other)).conflicts.map(\.description).first?.contains("'n9'") == true)
    let live = try way(.create, now: with, isLive: true)
    #expect(live.restoration.removedNodes == [] && live.kept.map(\.what) == ["node n9"])
    #expect(try way(.delete, now: without).restoration.addedNodes.map { $0["uname"] } == ["n9"])
    #expect(try way(.delete, now: with).restoration.addedNodes.isEmpty)
  }

  private func vip(_ ip: String, meta: String = "") -> String {
    let set = "<instance_attributes id=\"p\"><nvpair id=\"i\" name=\"ip\" value=\"\(ip)\"/></instance_attributes>"
    let role = "<meta_attributes id=\"m\"><nvpair id=\"r\" name=\"target-role\" value=\"\(meta)\"/></meta_attributes>"
    return
      "<primitive id=\"vip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\">\(set)\(meta.isEmpty ? "" : role)"
      + "</primitive>"
  }

  @Test func whatIsAsItWasLeftGoesBack() throws {
    let way = try conflicts(vip("1"), vip("2"), now: vip("2"))
    #expect(way.conflicts == [])
    #expect(way.desired.map { $0.xml() } == [try Element(parsing: vip("1")).xml()])
  }

  @Test func whatIsAsBeforeStays() throws {
    let way = try conflicts(vip("1"), vip("2"), now: vip("1"))
    #expect(way.conflicts == [] && way.desired == [])
  }

  @Test func whatWasChangedSinceIsAConflict() throws {
    let way = try conflicts(vip("1"), vip("2"), now: vip("3"))
    #expect(way.conflicts == ["primitive 'vip' was changed since: params.ip: left 2, now 3"])
    #expect(way.desired.count == 1)
  }

  @Test func whatWasDeletedSinceIsAConflict() throws {
    #expect(try conflicts(vip("1"), vip("2"), now: "").conflicts == ["primitive 'vip' was deleted since"])
    #expect(try conflicts("", vip("2"), now: "").conflicts == [])
  }

  @Test func aSecretIsNamedButNotShown() throws {
    func secret(_ value: String) -> String { vip(value).replacing("\"ip\"", with: "\"passwd\"") }
    let way = try conflicts(secret("1"), secret("2"), now: secret("3"))
    #expect(way.conflicts == ["primitive 'vip' was changed since: params.passwd: changed"])
  }

  @Test func whatIsSetAtRunTimeIsNoConflict() throws {
    // Stopped all along, and started since.
    let way = try conflicts(vip("1", meta: "Stopped"), vip("2", meta: "Stopped"), now: vip("2", meta: "Started"))
    #expect(way.conflicts == [])
    #expect(way.desired.map { $0.xml() } == [try Element(parsing: vip("1", meta: "Started")).xml()])
    // By the change itself, and otherwise since.
    let other = try conflicts(vip("1"), vip("1", meta: "Stopped"), now: vip("1", meta: "Started"))
    #expect(other.conflicts == ["primitive 'vip' was changed since: meta.target-role: left Stopped, now Started"])
  }

  // MARK: - Sets

  private func sets(_ sets: String...) -> [Element] {
    sets.map { set in
      let parts = set.split(separator: " ").map(String.init)
      var element = Element("meta_attributes", [Attribute("id", parts[0])])
      for part in parts.dropFirst() {
        let pair = part.split(separator: "=").map(String.init)
        if pair[0] == "score" {
          element["score"] = pair[1]
        } else {
          element.append(
            Element(
              "nvpair",
              [Attribute("id", "\(parts[0])-\(pair[0])"), Attribute("name", pair[0]), Attribute("value", pair[1])]))
        }
      }
      return element
    }
  }

  private func back(_ before: [Element], _ after: [Element], now: [Element]) -> SetsWayBack {
    SetsWayBack(ownerName: "rsc_defaults", before: before, after: after, now: now)
  }

  @Test func valuesGoBackOneByOne() throws {
    let way = back(sets("s a=1 b=1 c=1"), sets("s a=2 c=1 d=1"), now: sets("s a=2 c=9 d=1 e=7"))
    #expect(way.sets == sets("s a=1 c=9 e=7 b=1"))
    #expect(way.conflicts == [])
  }

  @Test func aValueChangedSinceIsAConflict() throws {
    let way = back(sets("s a=1"), sets("s a=2"), now: sets("s a=3"))
    #expect(way.conflicts.map(\.name) == ["a"])
    #expect(way.sets == sets("s a=1"))
  }

  @Test func aSetComesBackWhereItWas() throws {
    let way = back(sets("s a=1", "t a=2", "u a=3"), sets("s a=1", "u a=3"), now: sets("s a=1", "u a=4"))
    #expect(way.sets == sets("s a=1", "t a=2", "u a=4"))
    #expect(way.conflicts == [])
  }

  @Test func aSetThatWasMadeGoesButForWhatOthersPutIn() throws {
    #expect(back([], sets("s a=1"), now: sets("s a=1")).sets == [])
    #expect(back([], sets("s a=1"), now: sets("s a=1 b=1")).sets == sets("s b=1"))
  }

  @Test func scoresAndOrderGoBack() throws {
    let scored = back(sets("s score=1 a=1"), sets("s score=2 a=1"), now: sets("s score=2 a=1"))
    #expect(scored.sets == sets("s score=1 a=1") && scored.conflicts == [])
    let another = back(sets("s score=1 a=1"), sets("s score=2 a=1"), now: sets("s score=3 a=1"))
    #expect(another.conflicts.count == 1)
    let ordered = back(sets("s a=1", "t a=1"), sets("t a=1", "s a=1"), now: sets("t a=1", "n a=1", "s a=1"))
    #expect(ordered.sets == sets("s a=1", "n a=1", "t a=1"))
  }
}
