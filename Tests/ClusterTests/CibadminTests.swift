import Glibc
import Testing
import XML

@testable import Cluster

private let hasCibadmin = isInstalled("cibadmin")

/// With scripts in the place of cibadmin: what it may do, and what becomes of it.
@Suite struct ScriptedCibadminTests {
  func connection(_ directory: TemporaryDirectory, _ script: String) throws -> ClusterConnection {
    try directory.script("cibadmin", script)
    return ClusterConnection(environment: directory.environment)
  }

  func queryError(_ script: String) throws -> ClusterError? {
    let directory = TemporaryDirectory()
    var connection = try connection(directory, script)
    connection.queryTimeLimit = 0.5
    return clusterError { () throws(ClusterError) in _ = try connection.query() }
  }

  func patchError(_ script: String) throws -> ClusterError? {
    let directory = TemporaryDirectory()
    var connection = try connection(directory, script)
    connection.patchTimeLimit = 0.5
    return clusterError { () throws(ClusterError) in try connection.patch(patch(from: 1)) }
  }

  @Test func itIsAskedOnceAndInTheseWords() throws {
    let directory = TemporaryDirectory()
    try directory.write("cib.xml", cib(epoch: 7, status: #"<status><node_state id="1"/></status>"#))
    let connection = try connection(directory, #"echo "$@" >>\#(directory.path)/calls; cat \#(directory.path)/cib.xml"#)
    let document = try connection.query()
    #expect(contents(directory.file("calls")) == "--query\n")
    #expect(document.epoch == 7)
    // Live: with status.
    #expect(document.status?.elements.count == 1)
    #expect(try connection.query(status: false).status?.elements.count == 0)
  }

  @Test func thePatchGoesToStandardInput() throws {
    let directory = TemporaryDirectory()
    let connection = try connection(directory, #"echo "$@" >>\#(directory.path)/calls; cat >\#(directory.path)/patch"#)
    let bytes = patch(from: 1)
    try connection.patch(bytes)
    #expect(contents(directory.file("calls")) == "--patch --xml-pipe\n")
    #expect(contents(directory.file("patch")) == text(bytes))
  }

  @Test func withoutCibadminItSaysSo() throws {
    let directory = TemporaryDirectory()
    let connection = ClusterConnection(environment: Environment(["PATH": directory.path]))
    let error = clusterError { () throws(ClusterError) in _ = try connection.query() }
    #expect(error?.kind == .noCibadmin)
    #expect(error?.exitStatus == 69)
    #expect(error?.message == "cibadmin is not found on PATH")
  }

  @Test(arguments: [
    (102, ClusterError.Kind.unavailable, 69), (105, .unavailable, 69), (107, .unavailable, 69),
    (4, .permissionDenied, 77), (77, .permissionDenied, 77), (13, .permissionDenied, 77), (106, .noQuorum, 69),
    (124, .timedOut, 69), (1, .noCibadmin, 69), (127, .noCibadmin, 69), (78, .noCibadmin, 69),
  ])
  func aQueryThatFails(status: Int, kind: ClusterError.Kind, exit: Int) throws {
    let error = try queryError("echo '<nvpair value=\"s3cret\"/>' >&2; echo s3cret; exit \(status)")
    #expect(error?.kind == kind)
    #expect(error?.exitStatus == Int32(exit))
    #expect(!"\(error as Any)".contains("s3cret"))
  }

  @Test(arguments: [
    (103, ClusterError.Kind.conflict, 75), (1, .patchFailed, 74), (104, .patchFailed, 74), (105, .patchFailed, 74),
    (22, .sourceNeedsNumUpdates, 74), (70, .sourceNeedsNumUpdates, 74), (78, .schemaRefused, 65), (74, .noSpace, 74),
    (28, .noSpace, 74), (102, .unavailable, 69), (4, .permissionDenied, 77), (106, .noQuorum, 69), (99, .failed, 74),
    (124, .timedOut, 69), (65, .failed, 74), (64, .failed, 74),
  ])
  func aPatchThatFails(status: Int, kind: ClusterError.Kind, exit: Int) throws {
    let error = try patchError("cat >/dev/null; echo '<nvpair value=\"s3cret\"/>' >&2; echo s3cret; exit \(status)")
    #expect(error?.kind == kind)
    #expect(error?.exitStatus == Int32(exit))
    #expect(!"\(error as Any)".contains("s3cret"))
  }

  @Test func sentencesOfPacemakersOwnTellCasesApart() throws {
    let noConnection = "echo 'Could not connect to the CIB: No such device or address' >&2; exit 105"
    #expect(try patchError(noConnection)?.kind == .unavailable)
    #expect(try patchError("echo 'Call failed: Invalid argument' >&2; exit 64")?.kind == .sourceNeedsNumUpdates)
    #expect(try patchError("echo 'Call failed: No space left on device' >&2; exit 1")?.kind == .noSpace)
  }

  @Test func aHangNamesTheLimit() throws {
    let error = try queryError("sleep 30")
    #expect(error?.kind == .timedOut)
    #expect(error?.exitStatus == 69)
    #expect(error?.message == "'cibadmin --query' did not end within 0.5 s")
    let patch = try patchError("cat >/dev/null; sleep 30")
    #expect(patch?.message.contains("whether the change was made is not known") == true)
    #expect(patch?.leavesDoubt == true)
  }

  @Test(arguments: ["sleep 30", "exit 124"]) func aCIBThatNeverComesIsNoClusterThatIsDown(_ whole: String) throws {
    let error = try queryError("case \"$*\" in *--no-children*) echo '<cib/>' ;; *) \(whole) ;; esac")
    #expect(error?.kind == .timedOut)
    #expect(error?.message == "the cluster answers, but does not send its CIB")
    #expect(error?.hint?.contains("PCMK_ipc_buffer") == true)
  }

  @Test func aSignalIsNamed() throws {
    let error = try queryError("echo s3cret; kill -9 $$")
    #expect(error?.kind == .killed)
    #expect(error?.exitStatus == 69)
    #expect(error?.message == "'cibadmin --query' was ended by signal 9")
    let patch = try patchError("kill -9 $$")
    #expect(patch?.message.contains("whether the change was made is not known") == true)
    #expect(patch?.leavesDoubt == true)
  }

  @Test(arguments: ["", "echo s3cret", "echo '<cib'", "echo '<html/>'", "printf '\\0\\377'"])
  func whatIsNoCIBIsNotTakenForOne(script: String) throws {
    let error = try queryError(script)
    #expect(error?.kind == .noCibadmin)
    #expect(error?.exitStatus == 69)
    #expect(!"\(error as Any)".contains("s3cret"))
  }

  @Test(.enabled(if: isRoot, "an ACL is what others would be told about"))
  func aCIBWithoutItsPartsIsNone() throws {
    for xml in [#"<cib epoch="1"><configuration/></cib>"#, #"<cib admin_epoch="0" epoch="1" num_updates="0"/>"#] {
      #expect(try queryError("echo '\(xml)'")?.message == "'cibadmin --query' prints no complete CIB")
    }
  }

  @Test func aReadOnlyFileIsNotGivenToCibadmin() throws {
    let directory = TemporaryDirectory()
    try directory.script("cibadmin", "touch \(directory.path)/called")
    let file = try directory.write("cib.xml", cib(), mode: 0o444)
    let connection = ClusterConnection(cibFile: file, environment: directory.environment)
    let error = clusterError { () throws(ClusterError) in try connection.patch(patch(from: 1)) }
    #expect(error?.kind == .permissionDenied)
    #expect(error?.exitStatus == 77)
    #expect(contents(directory.file("called")) == "" && access(directory.file("called"), F_OK) != 0)
  }

  @Test func whatCibadminDestroysIsPutBack() throws {
    for ending in ["exit 1", "exit 0", "kill -9 $$"] {
      let directory = TemporaryDirectory()
      let file = try directory.write("cib.xml", cib())
      for damage in [": >\"$CIB_file\"", "echo '<cib admin_epoch=' >\"$CIB_file\""] {
        try directory.script("cibadmin", "cat >/dev/null; \(damage); \(ending)")
        let connection = ClusterConnection(cibFile: file, environment: directory.environment)
        let error = clusterError { () throws(ClusterError) in try connection.patch(patch(from: 1)) }
        #expect(error?.exitStatus == 74)
        #expect(contents(file) == cib())
      }
    }
  }
}

/// With the real one, on files.
@Suite(.enabled(if: hasCibadmin, "cibadmin is not installed")) struct RealCibadminTests {
  func connection(_ directory: TemporaryDirectory, _ text: String = cib()) throws -> ClusterConnection {
    ClusterConnection(cibFile: try directory.write("cib.xml", text), environment: plainEnvironment)
  }

  func queryError(_ text: String) throws -> ClusterError? {
    let directory = TemporaryDirectory()
    let connection = try connection(directory, text)
    return clusterError { () throws(ClusterError) in _ = try connection.query() }
  }

  @Test func aPatchIsAppliedAndReadBack() throws {
    let directory = TemporaryDirectory()
    let connection = try connection(directory)
    try connection.patch(patch(from: 1))
    let document = try connection.query()
    #expect(document.epoch == 2)
    #expect(document.validateWith == "pacemaker-3.5")
    #expect(document.configuration.first("resources")?.elements.map(\.id) == ["d"])
  }

  @Test func whatCibadminPrintsForAnEmptyCIBWillDo() throws {
    let empty = try Tool("cibadmin", ["--empty"], environment: plainEnvironment).run(within: 10)
    let directory = TemporaryDirectory()
    let document = try connection(directory, text(empty.output)).query()
    #expect(document.haveQuorum == nil && document.dcUUID == nil)
    #expect(document.configuration.first("resources") != nil)
  }

  @Test func statusIsLeftOutUnlessAskedFor() throws {
    let directory = TemporaryDirectory()
    let connection = try connection(directory, cib(status: #"<status><node_state id="1" uname="n1"/></status>"#))
    #expect(try connection.query().status?.elements.count == 0)
    #expect(try connection.query(status: true).status?.elements.count == 1)
  }

  @Test func refusalsAreToldApart() throws {
    let directory = TemporaryDirectory()
    let connection = try connection(directory, cib(epoch: 5))
    func error(_ bytes: [UInt8]) -> ClusterError? {
      clusterError { () throws(ClusterError) in try connection.patch(bytes) }
    }
    #expect(error(patch(from: 4))?.kind == .conflict)
    #expect(error(patch(from: 6))?.kind == .patchFailed)
    #expect(error(patch(from: 5, path: "/cib/configuration/resources/group[@id='none']"))?.kind == .patchFailed)
    let refused = error(patch(from: 5, id: "1 no id", value: "s3cret"))
    #expect(refused?.kind == .schemaRefused)
    #expect(refused?.exitStatus == 65)
    #expect(!"\(refused as Any)".contains("s3cret"))
    #expect(contents(directory.file("cib.xml")) == cib(epoch: 5))
    #expect(error(patch(from: 5)) == nil)
  }

  @Test func aMissingFileIsNamedAndNotCreated() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("none.xml")
    let connection = ClusterConnection(cibFile: path, environment: plainEnvironment)
    for error in [
      clusterError({ () throws(ClusterError) in _ = try connection.query() }),
      clusterError({ () throws(ClusterError) in try connection.patch(patch(from: 1)) }),
    ] {
      #expect(error?.exitStatus == 66)
      #expect(error?.message.contains(path) == true)
    }
    #expect(access(path, F_OK) != 0)
    #expect(clusterErrorOfFile("")?.exitStatus == 66)
    #expect(clusterErrorOfFile(directory.path)?.exitStatus == 66)
  }

  func clusterErrorOfFile(_ path: String) -> ClusterError? {
    let connection = ClusterConnection(cibFile: path, environment: plainEnvironment)
    return clusterError { () throws(ClusterError) in _ = try connection.query() }
  }

  @Test func aFileThatIsNoCIBIsInvalid() throws {
    let broken = try queryError("<cib>\n <nvpair value=\"s3cret\" <oops")
    #expect(broken?.exitStatus == 65)
    #expect(broken?.message.contains("cib.xml:2:") == true)
    #expect(!"\(broken as Any)".contains("s3cret"))
    #expect(try queryError("")?.exitStatus == 65)
    #expect(try queryError("<html/>")?.exitStatus == 65)
    #expect(try queryError("<cib><broken")?.exitStatus == 65)
    #expect(try queryError("just text")?.exitStatus == 65)
    #expect(try queryError(#"<cib admin_epoch="0" epoch="1" num_updates="0"/>"#)?.exitStatus == 65)
    #expect(try queryError(cib(resources: "<resources><nonsense/></resources>"))?.exitStatus == 65)
  }

  /// A limit on file sizes stands for the full disk: cibadmin 2.1.5 leaves half of the file.
  @Test(arguments: ["trap '' XFSZ; ", ""])
  func onAFullDiskTheFileStaysAsItWas(trap: String) throws {
    let directory = TemporaryDirectory()
    let real = try Tool("cibadmin").path()
    try directory.script("cibadmin", "\(trap)ulimit -f 2; exec \(real) \"$@\"")
    let file = try directory.write("cib.xml", cib())
    let connection = ClusterConnection(cibFile: file, environment: directory.environment)
    let large = String(repeating: "x", count: 20_000)
    let error = clusterError { () throws(ClusterError) in try connection.patch(patch(from: 1, value: large)) }
    #expect(error?.exitStatus == 74)
    #expect(contents(file) == cib())
    #expect(clusterError { () throws(ClusterError) in try connection.patch(patch(from: 1)) } == nil)
  }

  @Test func theEnvironmentIsHonouredAndSaid() throws {
    let directory = TemporaryDirectory()
    let file = try directory.write("cib.xml", cib(epoch: 11))
    try directory.write("shadow.test", cib(epoch: 12))
    var environment = plainEnvironment
    #expect(ClusterConnection(environment: environment).isLive)
    #expect(ClusterConnection(environment: environment).note == nil)
    environment["CIB_file"] = file
    let fromFile = ClusterConnection(environment: environment)
    #expect(!fromFile.isLive)
    #expect(try fromFile.query().epoch == 11)
    #expect(fromFile.note?.contains(file) == true)
    environment["CIB_shadow"] = "test"
    environment["CIB_shadow_dir"] = directory.path
    let fromShadow = ClusterConnection(environment: environment)
    #expect(fromShadow.file == directory.file("shadow.test"))
    #expect(try fromShadow.query().epoch == 12)
    #expect(fromShadow.note?.contains("shadow CIB test") == true)
    let other = try directory.write("other.xml", cib(epoch: 13))
    let fromOption = ClusterConnection(cibFile: other, environment: environment)
    #expect(try fromOption.query().epoch == 13)
    #expect(fromOption.note == nil && !fromOption.isLive)
    environment["CIB_shadow"] = ""
    #expect(ClusterConnection(environment: environment).file == file)
  }
}

@Suite struct ACLTests {
  func isPartial(
    user: String = "alice", uid: UInt32 = 1000, groups: [String] = [], acls: String?, enabled: String = "true"
  ) throws -> Bool {
    let xml = """
      <cib admin_epoch="0" epoch="1" num_updates="0"><configuration><crm_config>\
      <cluster_property_set id="cib-bootstrap-options"><nvpair id="e" name="enable-acl" value="\(enabled)"/>\
      </cluster_property_set></crm_config><nodes/><resources/><constraints/>\(acls.map { "<acls>\($0)</acls>" } ?? "")\
      </configuration></cib>
      """
    return try CIBDocument(root: Element(parsing: xml)).aclShowsOnlyPart(user: user, uid: uid, groups: groups)
  }

  let all = #"<acl_role id="all"><acl_permission id="p" kind="read" xpath="/cib"/></acl_role>"#
  let some = #"<acl_role id="some"><acl_permission id="q" kind="deny" xpath="//nvpair"/></acl_role>"#

  @Test func whoSeesAll() throws {
    #expect(try !isPartial(acls: all + #"<acl_target id="alice"><role id="all"/></acl_target>"#))
    #expect(try !isPartial(groups: ["ops"], acls: all + #"<acl_group id="ops"><role id="all"/></acl_group>"#))
    #expect(try !isPartial(acls: nil, enabled: "false"))
    #expect(try !isPartial(user: "root", uid: 0, acls: nil))
    #expect(try !isPartial(user: "hacluster", uid: 102, acls: nil))
  }

  @Test func whoDoesNot() throws {
    #expect(try isPartial(acls: nil))
    #expect(try isPartial(acls: all))
    #expect(try isPartial(acls: all + #"<acl_target id="bob"><role id="all"/></acl_target>"#))
    #expect(try isPartial(acls: all + #"<acl_group id="ops"><role id="all"/></acl_group>"#))
    #expect(try isPartial(acls: all + some + #"<acl_target id="alice"><role id="all"/><role id="some"/></acl_target>"#))
    #expect(
      try isPartial(
        acls: #"<acl_role id="r"><acl_permission id="p" kind="read" xpath="//nodes"/></acl_role>"#
          + #"<acl_target id="alice"><role id="r"/></acl_target>"#))
  }
}
