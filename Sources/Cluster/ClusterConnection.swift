import CIB
import Glibc
import XML

/// How long `cibadmin --query` may take: 15 ms on a live cluster, 0.3 s of CPU for 1000 remote nodes.
private let queryTimeLimit = 30.0
/// How long `cibadmin --patch` may take: the CIB daemons of all nodes have to take it.
private let patchTimeLimit = 45.0

/// How long the version alone may take.
private let briefTimeLimit = 5.0

/// The one place that knows `cibadmin` and its exit codes.
package struct ClusterConnection: Sendable {
  /// Where the CIB is.
  package enum Source: Equatable, Sendable {
    case live
    /// `--cib-file`.
    case option(path: String)
    /// `CIB_file` in the environment.
    case environment(path: String)
    /// `CIB_shadow` in the environment, which Pacemaker reads before `CIB_file`.
    case shadow(name: String, path: String)
  }

  package var source: Source
  /// What `cibadmin` is started with.
  package var environment: Environment
  package var queryTimeLimit: Double
  package var patchTimeLimit: Double

  /// - Parameter cibFile: the value of `--cib-file`.
  package init(cibFile: String? = nil, environment: Environment = .ofTools) {
    self.environment = environment
    queryTimeLimit = Cluster.queryTimeLimit
    patchTimeLimit = Cluster.patchTimeLimit
    if let cibFile {
      source = .option(path: cibFile)
      self.environment["CIB_shadow"] = nil
      self.environment["CIB_file"] = cibFile
    } else if let name = environment["CIB_shadow"], !name.isEmpty {
      source = .shadow(name: name, path: ClusterConnection.shadowPath(name, environment))
    } else if let path = environment["CIB_file"] {
      source = .environment(path: path)
    } else {
      source = .live
    }
  }

  package var isLive: Bool { source == .live }

  /// The file that stands for the cluster.
  package var file: String? {
    switch source {
    case .live: nil
    case .option(let path), .environment(let path), .shadow(_, let path): path
    }
  }

  /// For the user: what in the environment makes this another cluster than the live one.
  package var note: String? {
    switch source {
    case .live, .option: nil
    case .environment(let path): "working on \(path) (CIB_file is set), not on the live cluster"
    case .shadow(let name, _): "working on the shadow CIB \(name) (CIB_shadow is set), not on the live cluster"
    }
  }

  /// Where Pacemaker (`get_shadow_file`, up to 3.0) keeps shadow CIBs.
  private static func shadowPath(_ name: String, _ environment: Environment) -> String {
    if let directory = environment["CIB_shadow_dir"] { return "\(directory)/shadow.\(name)" }
    let uid = geteuid()
    let user = getpwuid(uid)
    let userName = user.map { String(cString: $0.pointee.pw_name) }
    if uid == 0 || userName == CIBDocument.daemonUser { return "/var/lib/pacemaker/cib/shadow.\(name)" }
    let home = environment["HOME"] ?? user.map { String(cString: $0.pointee.pw_dir) } ?? ""
    return home.hasPrefix("/") ? "\(home)/.cib/shadow.\(name)" : "/tmp/shadow.\(name)"
  }
}

// MARK: - Reading

extension ClusterConnection {
  /// The CIB.
  ///
  /// - Parameter status: whether the `<status>` section is wanted; if not said, on live clusters. Leaving it out saves
  ///   half of the time for reading the answer.
  package func query(status: Bool? = nil) throws(ClusterError) -> CIBDocument {
    try finish(startQuery(), status: status)
  }

  /// Which configuration it is: `0.25`, admin_epoch and epoch. Costs a fifth of reading the CIB, at any size.
  package func configurationVersion() throws(ClusterError) -> String {
    let outcome = try startQuery(["--no-children"]).tool.get().outcome(within: queryTimeLimit)
    guard outcome.ending == .exited(CrmExit.ok) else { throw queryError(outcome) }
    guard let root = parse(outcome.output, status: false), let adminEpoch = root["admin_epoch"],
      let epoch = root["epoch"]
    else { throw ClusterError(.noCibadmin, "'cibadmin --query' prints no CIB, but something else", hint: noCIBHint) }
    return "\(adminEpoch).\(epoch)"
  }

  /// A query under way.
  package struct PendingQuery {
    fileprivate var fileBytes: [UInt8]?
    fileprivate var tool: Result<RunningTool, ClusterError>
  }

  /// Starts a query: cibadmin takes longer to start than documents to be read, so both go on at once. What is wrong is
  /// told by `finish`.
  package func startQuery() -> PendingQuery { startQuery([]) }

  private func startQuery(_ options: [String]) -> PendingQuery {
    defer { loadXMLParser() }
    do throws(ClusterError) {
      let arguments = ["--query"] + options
      guard let file else { return PendingQuery(tool: .success(try start(arguments, input: nil))) }
      // cibadmin keeps it until it ends. Who writes for longer hangs; reading harms nothing.
      let lock = FileLock.wait(file, .shared, atMost: 2)
      defer { _ = lock }
      let fileBytes = try readCIB(file)
      return PendingQuery(fileBytes: fileBytes, tool: .success(try start(arguments, input: nil)))
    } catch {
      return PendingQuery(tool: .failure(error))
    }
  }

  /// The CIB that a query brings; see `query`.
  package func finish(_ query: PendingQuery, status: Bool? = nil) throws(ClusterError) -> CIBDocument {
    let fileBytes = query.fileBytes
    let outcome = try query.tool.get().outcome(within: queryTimeLimit)
    // What cibadmin prints just as it stands in the file needs no second look.
    if let file, let fileBytes, !fileBytes.isSameText(as: outcome.output) { try checkIsCIB(fileBytes, file) }
    guard outcome.ending == .exited(CrmExit.ok) else { throw queryError(outcome) }
    guard !outcome.outputIsCut, let root = parse(outcome.output, status: status ?? isLive) else {
      throw ClusterError(.noCibadmin, "'cibadmin --query' prints no CIB, but something else", hint: noCIBHint)
    }
    let document: CIBDocument
    do {
      document = try CIBDocument(root: root)
    } catch {
      switch (error, file) {
      case (.twoSections(let name), _):
        throw ClusterError(
          .invalidCIB, "the CIB has two sections <\(name)>, which no schema allows",
          hint: "put what is in them into one, with 'cibadmin --replace'")
      case (_, let file?):
        throw ClusterError(
          .invalidCIB, "\(file) is no CIB: version or <configuration> is missing",
          hint: "'cibadmin --empty' prints an empty CIB")
      case (.incomplete, nil) where geteuid() != 0: throw partialCIB(User.current())
      case (.incomplete, nil), (.rootIsNotCIB, nil):
        throw ClusterError(.noCibadmin, "'cibadmin --query' prints no complete CIB", hint: noCIBHint)
      }
    }
    // Pacemaker applies ACLs on live clusters only.
    if isLive && geteuid() != 0 {
      let user = User.current()
      if document.aclShowsOnlyPart(user: user.name, uid: user.uid, groups: user.groups) { throw partialCIB(user) }
    }
    return document
  }

  private var noCIBHint: String { "try it by hand; is it Pacemaker's cibadmin that is found on PATH?" }

  private func partialCIB(_ user: User) -> ClusterError {
    ClusterError(
      .partialCIB, "an ACL shows only part of the CIB to user \(user.name)",
      hint: "run it as root or hacluster, or give the user a role that reads /cib")
  }

  private func parse(_ bytes: [UInt8], status: Bool) -> Element? {
    bytes.withUnsafeBytes { try? Element(parsing: $0, skipping: status ? nil : "status") }
  }

  /// The bytes of the CIB file, which must have some.
  private func readCIB(_ path: String) throws(ClusterError) -> [UInt8] {
    guard !path.isEmpty else {
      throw ClusterError(
        .noInput, "the name of the CIB file is empty", hint: "give it with --cib-file, or unset CIB_file")
    }
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try readFile(path)
    } catch {
      let message = error.message + sourceSuffix
      switch error.kind {
      case .missing:
        throw ClusterError(.noInput, "no CIB file \(message)", hint: "'cibadmin --empty' prints an empty CIB")
      default: throw ClusterError(.noInput, message)
      }
    }
    guard !bytes.isEmpty else {
      throw ClusterError(
        .invalidCIB, "the CIB file \(path) is empty\(sourceSuffix)", hint: "'cibadmin --empty' prints an empty CIB")
    }
    return bytes
  }

  /// `cibadmin` 2.1.5 mends what it can of a malformed file (`<cib><broken` is a CIB to it), and would write that back.
  private func checkIsCIB(_ bytes: [UInt8], _ path: String) throws(ClusterError) {
    // Pacemaker reads compressed files by their name (up to 2.1).
    guard !path.hasSuffix(".bz2") else { return }
    // Content is skipped: this asks for well-formedness and the root's name only.
    let parsed: Result<Element, XMLError> = bytes.withUnsafeBytes { buffer in
      do throws(XMLError) {
        return .success(try Element(parsing: buffer, skipping: "cib"))
      } catch {
        return .failure(error)
      }
    }
    switch parsed {
    case .failure(let error):
      // libxml2's message may quote what stands in the file.
      let position = error.position
      let place = position == .unknown ? path : "\(path):\(position.line):\(position.column)"
      throw ClusterError(
        .invalidCIB, "\(place): the CIB file is not well-formed XML\(sourceSuffix)",
        hint: "'xmllint --noout \(path)' says more")
    case .success(let root) where root.name != "cib":
      throw ClusterError(
        .invalidCIB, "\(path) is no CIB: its outermost element is not <cib>\(sourceSuffix)",
        hint: "is it a document? Documents are named without --cib-file")
    case .success: break
    }
  }

  private var sourceSuffix: String {
    switch source {
    case .live, .option: ""
    case .environment: " (from CIB_file)"
    case .shadow(let name, _): " (from CIB_shadow=\(name))"
    }
  }

  private func queryError(_ outcome: Tool.Outcome) -> ClusterError {
    if isLive, [.timedOut, .exited(CrmExit.timeout)].contains(outcome.ending), answersBriefly {
      return ClusterError(
        .timedOut, "the cluster answers, but does not send its CIB",
        hint:
          "one that is too large for Pacemaker's messages never comes (up to 3.0.0): if its log names PCMK_ipc_buffer, "
          + "set it as the log says on all members, and restart Pacemaker there")
    }
    guard case .exited(let status) = outcome.ending else { return endingError(outcome, "--query", queryTimeLimit) }
    if let file {
      switch status {
      // What the file check did not see: it has gone or become unreadable just now.
      case CrmExit.noSuch:
        return ClusterError(.noInput, "cibadmin cannot read the CIB file \(file)", hint: "is it still there?")
      case CrmExit.config, CrmExit.dataError: return schemaError(file)
      default: break
      }
    }
    return commonError(status, "--query")
  }

  /// Whether a question with a short answer gets one.
  private var answersBriefly: Bool {
    (try? run(["--query", "--no-children"], input: nil, limit: briefTimeLimit))?.ending == .exited(CrmExit.ok)
  }

  /// cibadmin says the same of a CIB that does not fit its schema and of one whose schema it does not have.
  private func schemaError(_ file: String) -> ClusterError {
    let bytes = (try? readFile(file)) ?? []
    let root = bytes.withUnsafeBytes { try? Element(parsing: $0, skipping: "configuration") }
    guard let schema = root?["validate-with"] else {
      return ClusterError(.invalidCIB, "cibadmin does not accept \(file): it does not fit the schema it names")
    }
    guard let path = SchemaCheck.file(of: schema, environment: environment) else {
      return ClusterError(
        .invalidCIB, "cibadmin does not accept \(file): this machine has no schema '\(schema)' (validate-with)",
        hint: "the schemas are in \(SchemaCheck.directory(environment)); a newer Pacemaker may know it")
    }
    return ClusterError(
      .invalidCIB, "cibadmin does not accept \(file): it does not fit \(schema), the schema it names",
      hint: "'xmllint --relaxng \(path) --noout \(file)' says where")
  }
}

// MARK: - Changing

extension ClusterConnection {
  /// Applies a patch, all of it or nothing.
  package func patch(_ patch: [UInt8]) throws(ClusterError) {
    guard let file else {
      let outcome = try run(["--patch", "--xml-pipe"], input: patch, limit: patchTimeLimit)
      if let error = patchError(outcome) { throw error }
      return
    }
    let lock = try lockForWriting(file)
    defer { _ = lock }
    let before = try readCIB(file)
    try checkWritable(file)
    try checkSpace(file, patch: patch)
    let outcome = try run(["--patch", "--xml-pipe"], input: patch, limit: patchTimeLimit)
    let failure = patchError(outcome)
    if (try? readFile(file))?.endsLikeCIB != true, !file.hasSuffix(".bz2") { throw restore(file, before, outcome) }
    if let failure { throw failure }
  }

  private func lockForWriting(_ path: String) throws(ClusterError) -> FileLock {
    if let lock = FileLock.wait(path, .exclusive, atMost: patchTimeLimit) { return lock }
    throw ClusterError(
      .unavailable, "another program has kept the CIB file \(path) locked for \(Int(patchTimeLimit)) s",
      hint: "'fuser \(path)' says which; nothing was changed")
  }

  /// cibadmin 2.1.5 exits with 1 and says nothing where it cannot write; root it lets write in spite of the mode.
  private func checkWritable(_ path: String) throws(ClusterError) {
    var status = stat()
    let noBits = stat(path, &status) == 0 && status.st_mode & 0o222 == 0
    if noBits || access(path, W_OK) != 0 {
      throw ClusterError(
        .permissionDenied, "no permission to write the CIB file \(path)\(sourceSuffix)",
        hint: "'ls -l \(path)' says who may; nothing was changed")
    }
  }

  /// cibadmin 2.1.5 empties the file before it writes it anew: on a full disk nothing, or half of it, is left.
  private func checkSpace(_ path: String, patch: [UInt8]) throws(ClusterError) {
    var status = stat()
    var system = statvfs()
    guard stat(path, &status) == 0, statvfs(path, &system) == 0, system.f_frsize > 0 else { return }
    let free = Int(clamping: geteuid() == 0 ? system.f_bfree : system.f_bavail)
    let room = free.multipliedReportingOverflow(by: Int(system.f_frsize))
    guard !room.overflow else { return }
    // What the file takes now comes free. A patch is about as long as what it adds, with the indentation.
    let block = Int(system.f_frsize)
    let needed = (Int(status.st_size) + 2 * patch.count + block - 1) / block * block
    guard room.partialValue + Int(status.st_blocks) * 512 < needed else { return }
    throw ClusterError(
      .noSpace, "not enough space left on the disk of \(path); nothing was changed", hint: "make room, then apply again"
    )
  }

  /// Puts back what cibadmin has destroyed: into the same file, whose blocks are there already.
  private func restore(_ path: String, _ bytes: [UInt8], _ outcome: Tool.Outcome) -> ClusterError {
    let code: Int32 = {
      let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
      guard descriptor >= 0 else { return errno }
      var code = writeAll(bytes, to: descriptor)
      if code == 0 && fsync(descriptor) != 0 { code = errno }
      if close(descriptor) != 0 && code == 0 { code = errno }
      return code
    }()
    guard code == 0 else {
      return ClusterError(.failed, "cibadmin has left \(path) damaged, and it cannot be put back: \(errorText(code))")
    }
    return ClusterError(
      .noSpace, "cibadmin could not write \(path); it was put back as it was", hint: "is there space left on its disk?")
  }

  private func patchError(_ outcome: Tool.Outcome) -> ClusterError? {
    guard case .exited(let status) = outcome.ending else { return endingError(outcome, "--patch", patchTimeLimit) }
    // On a file: it was refused as it is, before the patch.
    let isRefusedFile = file != nil && status != CrmExit.ok && outcome.says("Could not connect to the CIB")
    if isRefusedFile { return queryError(outcome) }
    switch status {
    case CrmExit.ok: return nil
    case CrmExit.old:
      return ClusterError(.conflict, "the configuration was changed in the meantime")
    case CrmExit.error where outcome.says("No space left on device"):
      return ClusterError(
        .noSpace, "cibadmin could not write the change: no space left on the disk", hint: "make room, then apply again")
    case CrmExit.error, CrmExit.noSuch, CrmExit.exists, CrmExit.digest:
      // 1: "Application of update diff failed". Where no cluster can be reached, 102, or 105 and another sentence.
      if status == CrmExit.noSuch && outcome.says("Could not connect to the CIB") { break }
      return ClusterError(
        .patchFailed, "the cluster did not take the change: it does not fit the configuration; nothing was changed",
        hint: "the configuration may have been changed in the meantime: try again")
    case EINVAL, CrmExit.software:
      return ClusterError(
        .sourceNeedsNumUpdates, "cibadmin does not take a patch without num_updates", hint: noCIBHint)
    case CrmExit.usage where outcome.says("Invalid argument"):
      return ClusterError(
        .sourceNeedsNumUpdates, "cibadmin does not take a patch without num_updates", hint: noCIBHint)
    case EX_PROTOCOL:
      return ClusterError(
        .failed, "the CIB was written by a newer Pacemaker than the one here, which cannot change it",
        hint: "run it on a member with the newest Pacemaker")
    case CrmExit.config:
      return ClusterError(
        .schemaRefused, "the cluster refuses the change: the result would not fit its schema; nothing was changed",
        hint: "'crmsync plan' says what does not fit, on a machine that has the schema")
    case CrmExit.ioError, ENOSPC:
      return ClusterError(
        .noSpace, "the cluster could not write the change", hint: "is there space left on its members' disks?")
    case CrmExit.dataError, CrmExit.noInput:
      return ClusterError(
        .failed, "cibadmin cannot read the patch (exit \(status)); nothing was changed", hint: noCIBHint)
    default: break
    }
    return commonError(status, "--patch")
  }
}

// MARK: - Exit codes

/// cibadmin's exit codes (`crm_exit_t`), as far as they are told apart.
enum CrmExit {
  static let ok: Int32 = 0
  static let error: Int32 = 1
  static let insufficientPrivileges: Int32 = 4
  static let usage: Int32 = 64
  static let dataError: Int32 = 65
  static let noInput: Int32 = 66
  static let unavailable: Int32 = 69
  static let software: Int32 = 70
  static let ioError: Int32 = 74
  static let noPermission: Int32 = 77
  static let config: Int32 = 78
  static let disconnected: Int32 = 102
  static let old: Int32 = 103
  static let digest: Int32 = 104
  static let timeout: Int32 = 124
  static let noSuch: Int32 = 105
  static let noQuorum: Int32 = 106
  static let unsafe: Int32 = 107
  static let exists: Int32 = 108
}

extension ClusterConnection {
  private func run(_ arguments: [String], input: [UInt8]?, limit: Double) throws(ClusterError) -> Tool.Outcome {
    try start(arguments, input: input).outcome(within: limit)
  }

  private func start(_ arguments: [String], input: [UInt8]?) throws(ClusterError) -> RunningTool {
    let tool = Tool("cibadmin", arguments, environment: environment, input: input)
    do {
      return try tool.start()
    } catch {
      switch error {
      case .notFound:
        throw ClusterError(
          .noCibadmin, "cibadmin is not found on PATH", hint: "it comes with Pacemaker's command line tools")
      case .notExecutable(let path):
        throw ClusterError(.noCibadmin, "no permission to run \(path)", hint: "run it as root or hacluster")
      case .failed(let path, let code):
        throw ClusterError(.noCibadmin, "cannot start \(path): \(errorText(code))", hint: noCIBHint)
      }
    }
  }

  /// For `timedOut` and `signalled`.
  private func endingError(_ outcome: Tool.Outcome, _ action: String, _ limit: Double) -> ClusterError {
    let unknown = action == "--patch" ? "; whether the change was made is not known" : ""
    let hint = action == "--patch" ? "the same command again reads the configuration anew" : nil
    switch outcome.ending {
    case .signalled(let signal):
      return ClusterError(
        .killed, "'cibadmin \(action)' was ended by signal \(signal)\(unknown)", hint: hint ?? noCIBHint)
    case .timedOut, .exited:
      let seconds = limit.rounded() == limit ? "\(Int(limit))" : "\(limit)"
      return ClusterError(
        .timedOut, "'cibadmin \(action)' did not end within \(seconds) s\(unknown)",
        hint: hint ?? "is Pacemaker running on this machine?")
    }
  }

  private func commonError(_ status: Int32, _ action: String) -> ClusterError {
    switch status {
    case CrmExit.insufficientPrivileges, CrmExit.noPermission, EACCES:
      return ClusterError(
        .permissionDenied, "no permission: 'cibadmin \(action)' was refused", hint: "run it as root or hacluster")
    case CrmExit.noQuorum:
      return ClusterError(
        .noQuorum, "the cluster has no quorum", hint: "start more of its members, or try on one that has quorum")
    case CrmExit.disconnected, CrmExit.noSuch, CrmExit.unavailable, CrmExit.unsafe:
      let user = geteuid() == 0 ? "" : " Only root and members of the group haclient may ask it."
      return ClusterError(.unavailable, "no cluster answers", hint: "is Pacemaker running on this machine?\(user)")
    // Its own limit is 30 s.
    case CrmExit.timeout: return endingError(Tool.Outcome(ending: .timedOut), action, 30)
    default:
      let kind: ClusterError.Kind = action == "--patch" ? .failed : .noCibadmin
      return ClusterError(kind, "'cibadmin \(action)' failed (exit \(status))", hint: noCIBHint)
    }
  }
}

extension Tool.Outcome {
  /// Whether a sentence of Pacemaker's own stands in what the program said. Nothing else of that text is ever used.
  fileprivate func says(_ sentence: String) -> Bool {
    let wanted = Array(sentence.utf8)
    guard errors.count >= wanted.count else { return false }
    return (0...(errors.count - wanted.count)).contains { errors[$0...].starts(with: wanted) }
  }
}

extension [UInt8] {
  /// Whether the two are the same but for white space at the end.
  fileprivate func isSameText(as other: [UInt8]) -> Bool {
    func end(_ bytes: [UInt8]) -> Int { bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0 }
    let length = end(self)
    guard length == end(other) else { return false }
    return withUnsafeBytes { bytes in
      other.withUnsafeBytes { other in length == 0 || memcmp(bytes.baseAddress!, other.baseAddress!, length) == 0 }
    }
  }

  /// Whether the end of a CIB is there: cibadmin 2.1.5 cuts the file to nothing before it writes it anew.
  fileprivate var endsLikeCIB: Bool {
    let end = suffix(64).reversed().drop { $0 <= 0x20 }
    return end.starts(with: "</cib>".utf8.reversed())
  }
}
