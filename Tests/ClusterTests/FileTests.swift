import Glibc
import Testing

@testable import Cluster

@Suite struct FileTests {
  @Test func aFileIsWrittenWithItsMode() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("a")
    try AtomicFile.write(path, Array("one".utf8))
    try AtomicFile.write(path, Array("two".utf8), mode: 0o640)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
    #expect(contents(path) == "two")
    // Nothing beside it.
    #expect(text(try Tool("ls", ["-A", directory.path]).run(within: 5).output) == "a\n")
  }

  @Test func aFailedWriteSaysWhyAndLeavesNothing() throws {
    let directory = TemporaryDirectory()
    let missing = fileError { () throws(FileError) in try AtomicFile.write(directory.file("no/such"), []) }
    #expect(missing?.kind == .missing)
    try directory.write("plain", "")
    let onDirectory = fileError { () throws(FileError) in try AtomicFile.write(directory.path, []) }
    #expect(onDirectory != nil)
    #expect(text(try Tool("ls", ["-A", directory.path]).run(within: 5).output) == "plain\n")
  }

  @Test func whatIsNotReadSaysWhy() throws {
    func message(_ path: String, limit: Int = .max, anyKind: Bool = false) -> String? {
      do throws(FileError) {
        _ = try readFile(path, limit: limit, anyKind: anyKind)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(message("/dev/null") == "cannot read /dev/null: not a regular file")
    #expect(message("/dev/zero", limit: 8, anyKind: true) == "/dev/zero is larger than 8 bytes")
  }

  @Test func aSecretLosesOneFinalNewline() throws {
    let directory = TemporaryDirectory()
    #expect(try SecretValue.file(directory.write("a", "s3cret\n")) == "s3cret")
    #expect(try SecretValue.file(directory.write("b", "s3cret\n\n")) == "s3cret\n")
    #expect(try SecretValue.file(directory.write("c", " é\ts")) == " é\ts")
    #expect(try SecretValue.file(directory.write("d", "s\r\n")) == "s\r")
  }

  @Test(arguments: [
    ("", FileError.Kind.empty), ("\n", .empty), ("s3cret\u{1}", .unsuitable), ("s3cret\0", .unsuitable),
    ("s3cret\u{FFFE}", .unsuitable), (String(repeating: "s3cret", count: 20_000), .tooLarge),
  ])
  func aSecretFileOfNoUse(content: String, kind: FileError.Kind) throws {
    let directory = TemporaryDirectory()
    let path = try directory.write("key", content)
    let error = fileError { () throws(FileError) in _ = try SecretValue.file(path) }
    #expect(error?.kind == kind)
    #expect(error?.exitStatus == 65)
    #expect(error?.message.contains(path) == true)
    #expect(!"\(error as Any)".contains("s3cret"))
  }

  @Test func aSecretFileThatIsNotThere() throws {
    let directory = TemporaryDirectory()
    for path in [directory.file("none"), directory.path] {
      let error = fileError { () throws(FileError) in _ = try SecretValue.file(path) }
      #expect(error?.exitStatus == 66)
      #expect(error?.message.contains(path) == true)
    }
    let endless = fileError { () throws(FileError) in _ = try SecretValue.file("/dev/zero") }
    #expect(endless?.kind == .tooLarge)
  }

  @Test func aSecretFromTheEnvironment() throws {
    let environment = Environment(["KEY": "s3cret", "EMPTY": "", "BAD": "a\u{2}"])
    #expect(try SecretValue.environment("KEY", of: environment) == "s3cret")
    for name in ["EMPTY", "BAD", "UNSET"] {
      let error = fileError { () throws(FileError) in _ = try SecretValue.environment(name, of: environment) }
      #expect(error?.exitStatus == 65)
      #expect(error?.message.contains(name) == true)
    }
  }

  @Test func outputThatCannotBeWrittenIsAnError() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let noSpace = fileError { () throws(FileError) in try StandardOutput.write([1], to: full) }
    #expect(noSpace?.kind == .noSpace)
    #expect(noSpace?.exitStatus == 74)
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let broken = fileError { () throws(FileError) in try StandardOutput.write([1], to: ends[1]) }
    #expect(broken?.kind == .brokenPipe)
    close(ends[1])
    let closed = fileError { () throws(FileError) in try StandardOutput.write([1], to: -1) }
    #expect(closed?.kind == .failed)
  }
}

@Suite struct RemoteProbeTests {
  /// A socket on 127.0.0.1 with a port of its own.
  func socketOnLoopback(listening: Bool) -> (descriptor: Int32, port: UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, size)
        _ = getsockname(descriptor, $0, &size)
      }
    }
    if listening { listen(descriptor, 8) }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  @Test func whoListensAnswers() {
    let listener = socketOnLoopback(listening: true)
    let bound = socketOnLoopback(listening: false)
    defer {
      close(listener.descriptor)
      close(bound.descriptor)
    }
    let here = Endpoint(host: "127.0.0.1", port: listener.port)
    let byName = Endpoint(host: "localhost", port: listener.port)
    let refusing = Endpoint(host: "127.0.0.1", port: bound.port)
    let nowhere = Endpoint(host: "no-such-host.invalid", port: listener.port)
    let wrong = Endpoint(host: "-x; rm", port: listener.port)
    let start = monotonicNow()
    #expect(RemoteProbe.answering([here, byName, refusing, nowhere, wrong, here], within: 3) == [here, byName])
    #expect(monotonicNow() - start < 4)
    #expect(RemoteProbe.answering([]) == [])
  }

  /// A listener whose queue is full: Linux drops what comes then.
  @Test func theLimitHolds() {
    let (listener, port) = socketOnLoopback(listening: false)
    listen(listener, 0)
    var queued: [Int32] = []
    defer { for descriptor in queued + [listener] { close(descriptor) } }
    let endpoint = Endpoint(host: "127.0.0.1", port: port)
    for _ in 0..<4 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      address.sin_port = port.bigEndian
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      queued.append(descriptor)
    }
    let start = monotonicNow()
    #expect(RemoteProbe.answering([endpoint], within: 0.5) == [])
    let took = monotonicNow() - start
    #expect(took >= 0.49 && took < 2)
  }
}

@Suite struct AgentMetadataTests {
  let xml = """
    <?xml version="1.0"?>
    <!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
    <resource-agent name="x"><parameters>
    <parameter name="ip" required="1"><content type="string"/></parameter>
    <parameter name="nic" reloadable="1"/></parameters>
    <actions><action name="start"/><action name="reload-agent"/></actions></resource-agent>
    """

  @Test func parametersAreRead() throws {
    let metadata = try #require(AgentMetadata(agent: "ocf:heartbeat:x", parsing: Array(xml.utf8)))
    #expect(metadata.requiredParameters == ["ip"])
    #expect(metadata.isReloadable("nic") && !metadata.isReloadable("ip"))
    #expect(metadata.knows("nic") && metadata.knows("OCF_CHECK_LEVEL") && metadata.knows("trace_ra"))
    #expect(!metadata.knows("ipp") && !metadata.knows("pcmk_host_list"))
    let stonith = try #require(AgentMetadata(agent: "stonith:external/x", parsing: Array(xml.utf8)))
    #expect(stonith.knows("pcmk_host_list") && !stonith.knows("pcmkhost"))
    #expect(AgentMetadata(agent: "a", parsing: Array("no metadata".utf8)) == nil)
    #expect(AgentMetadata(agent: "a", parsing: []) == nil)
  }

  @Test func onlyNamesAreAskedAbout() {
    for agent in ["ocf:heartbeat:IPaddr2", "stonith:external/maas", "stonith:fence_maas", "ocf:pacemaker:remote"] {
      #expect(AgentMetadata.mayBeAsked(agent), "\(agent)")
    }
    for agent in [
      "lsb:x", "systemd:x", "ocf:x", "ocf:a:../b", "ocf:a:b/c", "ocf:-a:b", "stonith:external/../x", "stonith:a/b",
      "ocf:a:b c", "ocf::b", "ocf:a:", "-x", "stonith:external/", "ocf:a:..", "",
    ] {
      #expect(!AgentMetadata.mayBeAsked(agent), "\(agent)")
    }
  }

  @Test func whatHangsOrFailsIsLeftOut() throws {
    let directory = TemporaryDirectory()
    try directory.write("metadata", xml)
    try directory.script(
      "crm_resource",
      "case $2 in *hangs) sleep 30;; *fails) exit 1;; *gone) exit 105;; *noise) echo noise;; *) cat \(directory.path)/metadata;; esac"
    )
    let start = monotonicNow()
    let agents: Set<String> = [
      "ocf:a:x", "ocf:a:hangs", "ocf:a:fails", "ocf:a:gone", "ocf:a:noise", "ocf:a:y", "lsb:z",
    ]
    let found = AgentMetadata.load(agents, within: 1, environment: directory.environment)
    #expect(Set(found.metadata.keys) == ["ocf:a:x", "ocf:a:y"])
    #expect(found.missing == ["ocf:a:gone"])
    #expect(monotonicNow() - start < 4)
  }

  @Test(.enabled(if: isInstalled("crm_resource"), "crm_resource is not installed"))
  func theRealDummyHasParameters() {
    let found = AgentMetadata.load(
      ["ocf:pacemaker:Dummy", "ocf:pacemaker:Dumy"], within: 20, environment: plainEnvironment)
    #expect(found.metadata["ocf:pacemaker:Dummy"]?.knows("fake") == true)
    #expect(found.missing == ["ocf:pacemaker:Dumy"])
    let installed = AgentMetadata.installed(besides: "ocf:pacemaker:Dumy", environment: plainEnvironment)
    #expect(installed.contains("ocf:pacemaker:Dummy"))
  }
}

private let hasSchemas = access("/usr/share/pacemaker/pacemaker-3.5.rng", R_OK) == 0

@Suite(.enabled(if: hasSchemas, "Pacemaker's schemas are not installed")) struct SchemaCheckTests {
  func findings(_ resources: String) -> [SchemaFinding]? {
    SchemaCheck.findings(in: Array(cib(resources: "<resources>\(resources)</resources>").utf8), schema: "pacemaker-3.5")
  }

  @Test func whatFitsHasNoFindings() {
    #expect(findings(#"<primitive id="a" class="ocf" provider="p" type="t"/>"#) == [])
  }

  @Test(arguments: [
    (#"<group id="g"/>"#, "group", "g"),
    (#"<nonsense id="n"/>"#, "nonsense", "n"),
    (#"<primitive id="a" class="ocf" provider="p" type="t" colour="s3cret"/>"#, "primitive", "a"),
    (#"<primitive id="a" template="x" class="ocf" type="t"/>"#, "primitive", "a"),
    (#"<clone id="c"><meta_attributes id="c"/></clone>"#, "meta_attributes", "c"),
    (
      #"<primitive id="a" class="ocf" provider="p" type="t"><operations><op id="o" name="monitor" interval="1" "#
        + #"on-fail="s3cret"/></operations></primitive>"#, "op", "o"
    ),
    (
      #"<primitive id="a" class="ocf" provider="p" type="t"><instance_attributes id="i">"#
        + #"<nvpair id="v" name="passwd" value="s3cret" other="s3cret"/></instance_attributes></primitive>"#,
      "nvpair", "v"
    ),
  ])
  func whatDoesNotFitIsNamedWithoutValues(resource: String, element: String, id: String) {
    let found = findings(resource)
    #expect(found?.first?.element == element)
    #expect(found?.first?.id == id)
    #expect(found?.first?.isAboutIDs == false)
    #expect(!"\(found as Any)".contains("s3cret"))
  }

  @Test func twoOfOneIDAreFound() {
    let one = #"<primitive id="a" class="ocf" provider="p" type="t"/>"#
    #expect(findings(one + one)?.map(\.message) == ["its id is used more than once"])
    #expect(findings(one + one)?.map(\.isAboutIDs) == [true])
  }

  @Test func aReferenceToNothingIsFound() {
    let found = findings(#"<primitive id="a" template="none"/>"#)
    #expect(found?.map(\.message) == ["'template' refers to 'none', which does not exist"])
    #expect(found?.map(\.isAboutIDs) == [true])
  }

  @Test func withoutTheSchemaThereIsNothingToSay() {
    #expect(SchemaCheck.findings(in: Array(cib().utf8), schema: "pacemaker-99") == nil)
    #expect(SchemaCheck.findings(in: Array(cib().utf8), schema: "../pacemaker/pacemaker-3.5") == nil)
    #expect(
      SchemaCheck.findings(
        in: Array(cib().utf8), schema: "pacemaker-3.5", environment: Environment(["PCMK_schema_directory": "/nowhere"]))
        == nil)
  }
}
