import CIB
import Testing
import XML

@Suite struct ConfigurationTests {
  /// Only `validate-with="none"` lets ids be used twice; whoever goes from inner to outer must come to an end.
  @Test func nothingIsInsideItself() throws {
    let configuration = Configuration(
      try Element(
        parsing: """
          <configuration><resources>
          <group id="g"><primitive id="g" class="stonith" type="fence_dummy"/></group>
          <group id="h"><primitive id="k" class="ocf" provider="p" type="t"/></group>
          <group id="k"><primitive id="h" class="ocf" provider="p" type="t"/></group>
          </resources></configuration>
          """))
    for object in configuration.objects {
      var outer: [String] = []
      var at: String? = object.id
      while let id = at, outer.count < 10 {
        outer.append(id)
        at = configuration.parent(of: id)
      }
      #expect(outer.count == Set(outer).count, "\(outer)")
    }
    #expect(!PlacedResources(configuration).contains("g", in: configuration))
  }
}

@Suite struct IDGeneratorTests {
  /// XML 1.0 has had other letters in its later editions; libxml2 keeps to the first ones.
  @Test(arguments: ["a-\u{1F600}", "\u{FEFF}", "", "1", "a b", "-", "\u{E9}", "\u{10000}", "a:b"])
  func namesAreNames(text: String) {
    #expect(isXMLName(IDGenerator.xmlName(text)))
  }
}
