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

/// What holds for a resource, wherever it is said.
@Suite struct InForceTests {
  private func configuration(_ resources: String, _ defaults: String = "", _ properties: String = "") throws
    -> Configuration
  {
    func sets(_ name: String, _ values: String) -> String {
      values.isEmpty ? "" : "<\(name) id='\(name)-1'>\(values)</\(name)>"
    }
    return Configuration(
      try Element(
        parsing: """
          <configuration><crm_config>\(sets("cluster_property_set", properties))</crm_config>
          <rsc_defaults>\(sets("meta_attributes", defaults))</rsc_defaults>
          <resources>
          <template id="host" class="ocf" provider="pacemaker" type="remote"/>
          <template id="power" class="stonith" type="fence_maas"/>
          <template id="idle" class="ocf" provider="pacemaker" type="Dummy">
            <meta_attributes id="idle-meta"><nvpair id="idle-managed" name="is-managed" value="no"/></meta_attributes>
          </template>
          \(resources)</resources></configuration>
          """))
  }

  @Test(arguments: [
    ("<primitive id='a' class='ocf' provider='pacemaker' type='remote'/>", true, false),
    ("<primitive id='a' template='host'/>", true, false), ("<primitive id='a' template='power'/>", false, true),
    ("<primitive id='a' class='stonith' type='fence_maas'/>", false, true),
    ("<primitive id='a' class='ocf' provider='heartbeat' type='remote'/>", false, false),
    ("<primitive id='a' template='none'/>", false, false),
  ])
  func theAgentMayBeThatOfATemplate(resource: String, isRemote: Bool, isFencingDevice: Bool) throws {
    let configuration = try configuration(resource)
    let element = try #require(configuration.resource("a")?.element)
    #expect(configuration.isRemote(element) == isRemote)
    #expect(configuration.isFencingDevice(element) == isFencingDevice)
  }

  private static func meta(_ id: String, _ name: String, _ value: String) -> String {
    "<meta_attributes id='\(id)-meta'><nvpair id='\(id)-\(name)' name='\(name)' value='\(value)'/></meta_attributes>"
  }

  private static let plain = "<primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/>"
  private static let unmanaged = "<nvpair id='v' name='is-managed' value='false'/>"

  @Test(arguments: [
    (plain, "", "", false), (plain, unmanaged, "", true),
    (plain, "", "<nvpair id='v' name='maintenance-mode' value='true'/>", true),
    ("<primitive id='a' template='idle'/>", "", "", true),
    // Pacemaker takes what is not true for false, but for the word of old for what nobody has set.
    (plain, unmanaged.replacing("false", with: "maybe"), "", true),
    (plain, unmanaged.replacing("false", with: "Default"), "", false),
    ("<group id='g'>\(plain)\(meta("g", "maintenance", "yes"))</group>", "", "", true),
    // What a resource says itself comes first.
    (
      "<group id='g'>\(plain.dropLast(2))>\(meta("a", "is-managed", "true"))</primitive>\(meta("g", "is-managed", "false"))"
        + "</group>", unmanaged, "", false
    ),
  ])
  func whatIsLeftAlone(resource: String, defaults: String, properties: String, isUnmanaged: Bool) throws {
    let configuration = try configuration(resource, defaults, properties)
    #expect(configuration.isUnmanaged("a") == isUnmanaged)
  }

  @Test func aRuleMayHaveItLeftAloneSomeTime() throws {
    let set = Self.meta("a", "is-managed", "false").replacing("</meta", with: "<rule id='r' score='1'/></meta")
    let configuration = try configuration("\(Self.plain.dropLast(2))>\(set)</primitive>")
    #expect(!configuration.isUnmanaged("a") && configuration.isUnmanaged("a", everByRule: true))
  }
}

@Suite struct IDGeneratorTests {
  /// XML 1.0 has had other letters in its later editions; libxml2 keeps to the first ones.
  @Test(arguments: ["a-\u{1F600}", "\u{FEFF}", "", "1", "a b", "-", "\u{E9}", "\u{10000}", "a:b"])
  func namesAreNames(text: String) {
    #expect(isXMLName(IDGenerator.xmlName(text)))
  }
}
