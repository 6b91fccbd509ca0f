import CIB
import Glibc
import XML

/// The cluster, or the CIB file in its place: the one place that knows `cibadmin` and its exit codes.
package struct ClusterConnection: Sendable {
  package enum Source: Equatable, Sendable {
    /// The cluster that this machine is a member of.
    case live
    /// A CIB file: `--cib-file`, or `CIB_file` in the environment.
    case file(String)
    /// A shadow CIB: `CIB_shadow` in the environment, which Pacemaker puts above `CIB_file`.
    case shadow(String)
  }

  package let source: Source
  private let environment: [String: String?]

  /// - Parameter cibFile: the file of `--cib-file`; without it the environment decides, as for Pacemaker's own tools.
  package init(cibFile: String?) {
    if let cibFile {
      source = .file(cibFile)
      environment = ["CIB_file": cibFile, "CIB_shadow": nil]
      return
    }
    environment = [:]
    if let shadow = getenv("CIB_shadow").map({ String(cString: $0) }), !shadow.isEmpty {
      source = .shadow(shadow)
    } else if let file = getenv("CIB_file").map({ String(cString: $0) }), !file.isEmpty {
      source = .file(file)
    } else {
      source = .live
    }
  }

  package var isLive: Bool { source == .live }

  /// What the environment decided, for the user to know; nil where it decided nothing.
  package var note: String? {
    guard environment.isEmpty else { return nil }
    switch source {
    case .live: return nil
    case .file(let path): return "working on the CIB file \(path) (CIB_file)"
    case .shadow(let name): return "working on the shadow CIB \(name) (CIB_shadow)"
    }
  }

  // Generous: a CIB of 5000 remote nodes takes cibadmin some seconds on a busy machine.
  private static let queryTimeLimit = Duration.seconds(30)
  private static let patchTimeLimit = Duration.seconds(60)

  // MARK: - Reading

  /// - Parameter withStatus: whether the `<status>` section is of interest; leaving it out saves most of the work.
  package func query(withStatus: Bool = false) throws(ClusterError) -> CIBDocument {
    if case .file(let path) = source { try checkFile(path) }
    let result = try run(["--query"], input: [], timeLimit: Self.queryTimeLimit)
    guard result.ending == .exited(0) else { throw queryError(result) }
    let root: Element
    do {
      root = try Element(parsing: result.output, skipping: withStatus ? nil : "status")
    } catch {
      throw ClusterError(.noCluster, "cibadmin --query printed no CIB: \(error.message)")
    }
    guard root.name == "cib" else { throw ClusterError(.noCluster, "cibadmin --query printed no CIB") }
    guard let document = CIBDocument(root) else {
      if case .file(let path) = source { throw ClusterError(.invalidInput, "\(path) holds no valid CIB") }
      throw ClusterError(
        .permissionDenied, "cibadmin shows only part of the CIB; an ACL keeps the rest from this user",
        hint: "run it as root or hacluster, or give the user a role that may read all of /cib")
    }
    if isLive { try checkVisibility(of: document) }
    return document
  }

  /// cibadmin repairs a malformed file silently, and so would lose what stands behind the flaw (tried on 2.1.5).
  private func checkFile(_ path: String) throws(ClusterError) {
    let bytes = try File.read(path)
    guard !bytes.isEmpty else { throw ClusterError(.invalidInput, "the CIB file \(path) is empty") }
    // Pacemaker also takes CIBs that are compressed by bzip2.
    if bytes.starts(with: Array("BZh".utf8)) { return }
    do {
      try checkWellFormed(bytes)
    } catch {
      throw ClusterError(
        .invalidInput, "the CIB file \(path) is no XML: line \(error.position.line): \(error.message)")
    }
  }

  private func queryError(_ result: Tool.Result) -> ClusterError {
    switch result.ending {
    case .exited(105): ClusterError(.missingInput, "cibadmin finds no such CIB: \(sourceName)")
    case .exited(102), .exited(107), .exited(113):
      ClusterError(
        .noCluster, "no cluster answers on this machine",
        hint: "is Pacemaker running? --cib-file works on a file instead")
    case .exited(4), .exited(77), .exited(13):
      ClusterError(.permissionDenied, "cibadmin may not read the CIB", hint: "run it as root or hacluster")
    case .exited(78), .exited(65):
      isLive
        ? ClusterError(.noCluster, "cibadmin --query failed: the CIB does not fit its schema")
        : ClusterError(.invalidInput, "\(sourceName) holds no valid CIB")
    default: ClusterError(.noCluster, "cibadmin --query failed (\(Self.describe(result.ending, Self.queryTimeLimit)))")
    }
  }

  private var sourceName: String {
    switch source {
    case .live: "the cluster"
    case .file(let path): path
    case .shadow(let name): "shadow CIB \(name)"
    }
  }

  // MARK: - ACLs

  /// Pacemaker leaves out silently what an ACL denies; a plan on such a CIB would delete or doubt what it cannot see.
  private func checkVisibility(of document: CIBDocument) throws(ClusterError) {
    let configuration = Configuration(document.configuration)
    guard configuration.booleanProperty("enable-acl", default: false) else { return }
    let user = geteuid()
    guard user != 0 else { return }
    let name = getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? ""
    guard name != "hacluster", !ACL.showsAll(to: name, in: configuration) else { return }
    throw ClusterError(
      .permissionDenied, "an ACL shows only part of the CIB to user '\(name)'",
      hint: "run it as root or hacluster, or give the user a role that may read all of /cib")
  }

  // MARK: - Writing

  /// Applies a patch as one transaction.
  ///
  /// - Throws: `conflict` where the CIB is newer than the patch's source, `sourceNeedsNumUpdates`, `schemaRefused`; after
  ///   any of these nothing was written.
  package func patch(_ patch: [UInt8]) throws(ClusterError) {
    if case .file(let path) = source { try checkWritable(path, size: patch.count) }
    let result = try run(["--patch", "--xml-pipe"], input: patch, timeLimit: Self.patchTimeLimit)
    switch result.ending {
    case .exited(0): break
    case .exited(103): throw ClusterError(.conflict, "someone else changed the configuration in between")
    case .exited(22), .exited(64): throw ClusterError(.sourceNeedsNumUpdates, "cibadmin calls the patch invalid")
    case .exited(78): throw ClusterError(.schemaRefused, "the schema of the CIB does not allow the result; nothing was changed")
    case .exited(4), .exited(13), .exited(77):
      throw ClusterError(.permissionDenied, "cibadmin may not change the CIB", hint: "run it as root or hacluster")
    case .exited(102), .exited(107), .exited(113):
      throw ClusterError(.noCluster, "the cluster no longer answers; nothing is known of the change")
    case .exited(62), .exited(124):
      throw ClusterError(
        .notTaken, "the cluster did not confirm the change in time",
        hint: "crmsync plan tells whether it was taken")
    case .exited(28): throw ClusterError(.diskFull, "the disk is full; the CIB was not changed")
    case .timedOut:
      throw ClusterError(
        .noCluster, "cibadmin --patch did not end within \(Self.patchTimeLimit.components.seconds) s",
        hint: "crmsync plan tells whether the change was taken")
    default:
      throw ClusterError(.notTaken, "cibadmin --patch failed (\(Self.describe(result.ending, Self.patchTimeLimit)))")
    }
  }

  private func checkWritable(_ path: String, size: Int) throws(ClusterError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw ClusterError(.missingInput, "there is no CIB file \(path)") }
    // root may write everything; a file that is marked read-only is meant to be.
    guard status.st_mode & 0o222 != 0, access(path, W_OK) == 0 else {
      throw ClusterError(.permissionDenied, "the CIB file \(path) is not writable")
    }
    let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    var space = statvfs()
    // cibadmin writes a new file beside the old one, and its signature.
    if statvfs(directory, &space) == 0 {
      let free = Int(space.f_bavail) * Int(space.f_frsize)
      if free < Int(status.st_size) + size + 4096 {
        throw ClusterError(.diskFull, "no room for the CIB in \(directory); nothing was changed")
      }
    }
  }

  // MARK: - cibadmin

  private func run(_ arguments: [String], input: [UInt8], timeLimit: Duration) throws(ClusterError) -> Tool.Result {
    let result: Tool.Result
    do {
      result = try Tool("cibadmin", arguments, environment: environment, input: input, timeLimit: timeLimit).run()
    } catch .notFound {
      throw ClusterError(
        .noCluster, "cibadmin is not on this machine", hint: "install Debian's package pacemaker-cli-utils")
    } catch {
      throw ClusterError(.noCluster, "cibadmin cannot be started")
    }
    if result.ending == .timedOut, arguments[0] == "--query" {
      throw ClusterError(.noCluster, "cibadmin --query did not end within \(timeLimit.components.seconds) s")
    }
    return result
  }

  /// Never with what cibadmin said: that may be a whole CIB, with its secrets.
  private static func describe(_ ending: Tool.Ending, _ limit: Duration) -> String {
    switch ending {
    case .exited(let code): "exit status \(code)"
    case .signalled(let signal): "signal \(signal)"
    case .timedOut: "no end within \(limit.components.seconds) s"
    case .outputTooLarge: "endless output"
    }
  }
}
