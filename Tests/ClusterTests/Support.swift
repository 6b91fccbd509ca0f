import Glibc
import Testing
import XML

@testable import Cluster

/// A directory of its own for each test, gone afterwards: tests run at the same time.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/crmsync-test.XXXXXX".utf8CString)
    let name = mkdtemp(&template).map { String(cString: $0) }
    path = name!
  }

  deinit {
    _ = try? Tool("rm", ["-rf", path]).run(within: 10)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
    try AtomicFile.write(file(name), Array(text.utf8), mode: mode)
    return file(name)
  }

  /// A program that plays the part of another.
  func script(_ name: String, _ body: String) throws {
    try program(name, "#!/bin/sh\n\(body)\n")
  }

  /// A file that can be run. Another process writes it: what other tests start meanwhile has, for a moment, all that is
  /// open here, and a file that is open for writing cannot be run (ETXTBSY).
  @discardableResult
  func program(_ name: String, _ text: String) throws -> String {
    let path = file(name)
    let writer = Tool("sh", ["-c", "cat >\"$0\" && chmod 755 \"$0\"", path], input: Array(text.utf8))
    try #require(try writer.run(within: 60).ending == .exited(0))
    return path
  }

  /// The environment in which the scripts come first.
  var environment: Environment {
    var environment = Environment.current
    for name in ["CIB_file", "CIB_shadow", "CIB_shadow_dir"] { environment[name] = nil }
    environment["PATH"] = "\(path):\(environment["PATH"] ?? "/usr/bin:/bin")"
    return environment
  }
}

/// The environment without anything that names a CIB.
var plainEnvironment: Environment {
  var environment = Environment.current
  for name in ["CIB_file", "CIB_shadow", "CIB_shadow_dir"] { environment[name] = nil }
  return environment
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func contents(_ path: String) -> String { text((try? readFile(path)) ?? []) }

func isInstalled(_ program: String) -> Bool { (try? Tool(program).path()) != nil }

let isRoot = geteuid() == 0

/// A CIB with one resource, as `cibadmin` takes it.
func cib(epoch: Int = 1, resources: String = "<resources/>", status: String = "<status/>") -> String {
  """
  <cib crm_feature_set="3.16.1" validate-with="pacemaker-3.5" epoch="\(epoch)" num_updates="0" admin_epoch="0">
    <configuration>
      <crm_config/>
      <nodes/>
      \(resources)
      <constraints/>
    </configuration>
    \(status)
  </cib>

  """
}

/// A patch that creates one Dummy.
func patch(from epoch: Int, id: String = "d", value: String = "v", path: String = "/cib/configuration/resources")
  -> [UInt8]
{
  Array(
    """
    <diff format="2"><version><source admin_epoch="0" epoch="\(epoch)" num_updates="0"/>\
    <target admin_epoch="0" epoch="\(epoch + 1)" num_updates="0"/></version>\
    <change operation="create" path="\(path)" position="0">\
    <primitive id="\(id)" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="\(id)-ia">\
    <nvpair id="\(id)-x" name="passwd" value="\(value)"/></instance_attributes></primitive></change></diff>
    """.utf8)
}

/// The error that something throws.
func clusterError(_ body: () throws(ClusterError) -> Void) -> ClusterError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

func fileError(_ body: () throws(FileError) -> Void) -> FileError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}
