import CIB
import Planning
import Testing
import XML

/// Whatever a resource says of its role, it is stopped.
@Suite struct StoppingTests {
  private static let started = "<nvpair id='role' name='target-role' value='Started'/>"
  private static let other = "<nvpair id='other' name='priority' value='1'/>"

  @Test(arguments: [
    "", "<meta_attributes id='m'>\(started)</meta_attributes>", "<meta_attributes id='m'>\(other)</meta_attributes>",
    "<meta_attributes id='m' score='5'>\(other)</meta_attributes><meta_attributes id='n'>\(started)</meta_attributes>",
    "<meta_attributes id='m' score='INFINITY'>\(started)<rule id='r' score='INFINITY'/></meta_attributes>",
    "<meta_attributes id-ref='shared'/>",
    "<meta_attributes id-ref='shared'/><meta_attributes id='m'>\(other)</meta_attributes>",
    "<meta_attributes id-ref='strong'/><meta_attributes id='m'>\(other)</meta_attributes>",
  ])
  func whateverItSays(sets: String) throws {
    let current = try Element(
      parsing: """
        <configuration><resources>
        <primitive id="a" class="ocf" provider="pacemaker" type="Dummy">\(sets)<operations/></primitive>
        <primitive id="b" class="ocf" provider="pacemaker" type="Dummy">
        <meta_attributes id="shared"><nvpair id="shared-role" name="target-role" value="Started"/></meta_attributes>
        <meta_attributes id="strong" score="INFINITY">
        <nvpair id="strong-role" name="target-role" value="Started"/></meta_attributes></primitive>
        </resources></configuration>
        """)
    let target = Configuration(Stopping.configuration(current, stopping: ["a"]))
    #expect(target.isStopped("a"), "\(target.element.xml())")
    #expect(!target.isStopped("b"))
    #expect(target.resource("a")?.element.elements.last?.name == "operations")
  }
}
