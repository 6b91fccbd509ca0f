import Patching
import Testing
import XML

private struct Dice: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

@Suite struct PatchTests {
  private static func configuration(_ resources: [Element], constraints: [String] = []) -> Element {
    Element(
      "configuration",
      children: [
        .element(Element("resources", children: resources.map { .element($0) })),
        .element(
          Element("constraints", children: constraints.map { .element(Element("rsc_location", [Attribute("id", $0)])) })
        ),
      ])
  }

  private static func primitive(_ id: String, _ type: String = "Dummy") -> Element {
    Element("primitive", [Attribute("id", id), Attribute("type", type)])
  }

  private static func applying(_ from: Element, _ to: Element) throws -> Element {
    let patch = Patch(from: from, to: to)
    var applier = Applier(root: from)
    try applier.apply(
      patch.document(source: CIBVersion(adminEpoch: 0, epoch: 1, numUpdates: 0), countsStatusUpdates: false))
    return applier.root
  }

  private static func document(_ from: Element, _ to: Element) throws -> Element {
    try Element(
      parsing: Patch(from: from, to: to).document(
        source: CIBVersion(adminEpoch: 0, epoch: 1, numUpdates: 0), countsStatusUpdates: false))
  }

  private static func changes(_ from: Element, _ to: Element) throws -> [Element] {
    try document(from, to).elements(named: "change")
  }

  @Test(arguments: 0..<400) func anyOrderOfResourcesIsReached(seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    let names = (0..<Int.random(in: 1...9, using: &dice)).map { "r\($0)" }
    func some() -> [Element] {
      var dice2 = dice
      let picked = names.shuffled(using: &dice2).prefix(Int.random(in: 0...names.count, using: &dice2))
      dice = dice2
      return picked.map { name in
        var primitive = Self.primitive(name, Bool.random(using: &dice2) ? "Dummy" : "Stateful")
        let pairs = (0..<Int.random(in: 0...2, using: &dice2)).map { "\(name)-\($0)" }
        let children = pairs.map { Node.element(Element("nvpair", [Attribute("id", $0)])) }
        primitive.append(Element("instance_attributes", [Attribute("id", "\(name)-i")], children: children))
        return primitive
      }
    }
    let from = Self.configuration(some())
    let to = Self.configuration(some())
    #expect(try Self.applying(from, to) == to)
  }

  /// Sets that are only references have no id, and a path without an id leads to the first child of that name.
  @Test(arguments: 0..<400) func anyMixtureOfSetsAndReferencesIsReached(seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    func sets() -> [Element] {
      var sets = ["a", "b", "c"].filter { _ in Bool.random(using: &dice) }.map { id in
        Element("meta_attributes", [Attribute("id", id)], children: [.element(Self.primitive("\(id)-v"))])
      }
      for target in ["x", "y"] where Bool.random(using: &dice) {
        let reference = Element("meta_attributes", [Attribute("id-ref", target)])
        sets.insert(reference, at: Int.random(in: 0...sets.count, using: &dice))
      }
      return sets
    }
    func some() -> Element {
      Self.configuration(
        ["p", "q"].map { id in
          Element("primitive", [Attribute("id", id)], children: sets().map { .element($0) })
        })
    }
    let from = some()
    let to = some()
    #expect(try Self.applying(from, to) == to)
  }

  @Test func newConstraintsGoToTheFrontInTheirOrder() throws {
    let from = Self.configuration([], constraints: ["old"])
    let to = Self.configuration([], constraints: ["old", "a", "b"])
    let result = try Self.applying(from, to)
    #expect(result.first("constraints")!.elements.map(\.id) == ["a", "b", "old"])
  }

  @Test func manyNewResourcesBehindManyOldOnesSendTheSectionWhole() throws {
    let old = (0..<600).map { Self.primitive("old\($0)") }
    let new = (0..<600).map { Self.primitive("new\($0)") }
    let patch = Patch(from: Self.configuration(old), to: Self.configuration(old + new))
    let text = String(
      decoding: patch.document(
        source: CIBVersion(adminEpoch: 0, epoch: 1, numUpdates: 0), countsStatusUpdates: false), as: UTF8.self)
    #expect(text.contains("<change operation=\"delete\" path=\"/cib/configuration/resources\"/>"))
    #expect(
      try Self.applying(Self.configuration(old), Self.configuration(old + new)).first("resources")!.elements.count
        == 1200)
  }

  @Test(arguments: [(old: 0, new: 50, changes: 50), (0, 51, 2), (500, 51, 51)])
  func manyNewConstraintsAmongFewOldOnesSendTheSectionWhole(old: Int, new: Int, changes: Int) throws {
    let from = Self.configuration([], constraints: (0..<old).map { "old\($0)" })
    let to = Self.configuration([], constraints: (0..<new).map { "new\($0)" } + (0..<old).map { "old\($0)" })
    #expect(try Self.changes(from, to).count == changes)
    #expect(try Self.applying(from, to) == to)
  }

  @Test func manyResourcesInAnotherOrderSendTheSectionWhole() throws {
    let old = (0..<400).map { Self.primitive("r\($0)") }
    let (from, to) = (Self.configuration(old), Self.configuration(old.reversed()))
    #expect(try Self.changes(from, to).map { $0["operation"] } == ["delete", "create"])
    #expect(try Self.applying(from, to) == to)
  }

  @Test func oneNewResourceBehindManyOldOnesIsOneChange() throws {
    let old = (0..<600).map { Self.primitive("old\($0)") }
    let new = Self.configuration(old + [Self.primitive("new")])
    #expect(try Self.changes(Self.configuration(old), new).count == 1)
  }

  @Test func whatAPathCannotReachIsReplacedWithWhatIsAround() throws {
    func nodes(_ value: String) -> Element {
      let node = Element(
        "node", [Attribute("id", "it's / here"), Attribute("uname", "n1")],
        children: [.element(Element("utilization", [Attribute("id", value)]))])
      return Element("configuration", children: [.element(Element("nodes", children: [.element(node)]))])
    }
    #expect(try Self.applying(nodes("a"), nodes("b")) == nodes("b"))
  }

  @Test func twoSectionsOfOneNameAreReplacedWithTheWhole() throws {
    func configuration(_ value: String) -> Element {
      let tags = ["a", value].map { Element("tags", children: [.element(Element("tag", [Attribute("id", $0)]))]) }
      return Element("configuration", children: tags.map { .element($0) })
    }
    let changes = try Self.changes(configuration("b"), configuration("c"))
    #expect(changes.map { $0["operation"] } == ["delete", "create"])
    #expect(changes.map { $0["path"] } == ["/cib/configuration", "/cib"])
    #expect(changes.last?.elements == [configuration("c")])
  }

  @Test(arguments: [["b", "c", "a"], ["c", "a", "b"]]) func whatChangesPlacesIsMoved(order: [String]) throws {
    let from = Self.configuration(["a", "b", "c"].map { Self.primitive($0) })
    let to = Self.configuration(order.map { Self.primitive($0) })
    #expect(try Self.applying(from, to) == to)
    let changes = try Self.changes(from, to)
    #expect(changes.map { $0["operation"] } == ["move"])
  }

  @Test func nothingToChangeIsNoVersion() throws {
    let same = Self.configuration([Self.primitive("a")])
    #expect(Patch(from: same, to: same).isEmpty)
    #expect(try Self.document(same, same) == Element("diff", [Attribute("format", "2")]))
  }

  @Test(arguments: ["a/b", "a b", "a'b", "a[b", "twice"]) func whatAPathCannotReachGoesAndMoves(id: String) throws {
    // Of two elements of one id a path leads to the first.
    let first = id == "twice" ? [Self.primitive(id, "Stateful")] : []
    let (odd, other, third) = (Self.primitive(id), Self.primitive("other"), Self.primitive("third"))
    for (from, to) in [
      ([odd], []), ([odd, other], [other]), ([odd, other, third], [other, third, odd]),
      ([other, third, odd], [odd, other, third]),
    ] {
      let (from, to) = (Self.configuration(first + from), Self.configuration(first + to))
      #expect(try Self.applying(from, to) == to)
    }
  }

  @Test func whatIsNoElementComesWithWhatIsAround() throws {
    for node in [Node.comment(" here ")] {
      var with = Self.primitive("a")
      with.children = [node]
      let (from, to) = (Self.configuration([Self.primitive("a")]), Self.configuration([with]))
      for (from, to) in [(from, to), (to, from)] {
        #expect(try Self.changes(from, to).map { $0["operation"] } == ["delete", "create"])
        #expect(try Self.applying(from, to) == to)
      }
    }
  }

  @Test func aValueThatIsKeptElsewhereIsNoSecret() {
    func patch(_ name: String, _ value: String) -> Patch {
      var primitive = Self.primitive("a")
      primitive.append(
        Element(
          "instance_attributes", [Attribute("id", "i")],
          children: [
            .element(Element("nvpair", [Attribute("id", "n"), Attribute("name", name), Attribute("value", value)]))
          ]))
      return Patch(from: Self.configuration([]), to: Self.configuration([primitive]))
    }
    #expect(!patch("passwd", "lrm://").holdsSecret)
    #expect(patch("passwd", "x").holdsSecret)
    #expect(patch("url", "http://u:p@h/").holdsSecret)
    #expect(!patch("ip", "192.0.2.1").holdsSecret)
  }

  @Test func theSourceLeavesOutStatusUpdatesUnlessAskedFor() throws {
    let patch = Patch(from: Self.configuration([]), to: Self.configuration([Self.primitive("a")]))
    let version = CIBVersion(adminEpoch: 1, epoch: 7, numUpdates: 9)
    let without = try Element(parsing: patch.document(source: version, countsStatusUpdates: false))
    let with = try Element(parsing: patch.document(source: version, countsStatusUpdates: true))
    #expect(without.first("version")?.first("source")?["num_updates"] == nil)
    #expect(with.first("version")?.first("source")?["num_updates"] == "9")
    #expect(with.first("version")?.first("target")?["epoch"] == "8")
  }
}
