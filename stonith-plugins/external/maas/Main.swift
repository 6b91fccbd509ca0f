import Fencing
import Glibc
import MAASClient

/// `external/maas`, a plugin of cluster-glue: `maas VERB [HOST]`, its parameters in the environment.
@main
enum Main {
  static func main() {
    prepareProcess()
    let arguments = CommandLine.arguments
    let verb = arguments.count > 1 ? arguments[1] : ""
    switch verb {
    case "getconfignames": end(printing: AgentParameter.all.map { "\($0.name)\n" }.joined())
    case "getinfo-devid", "getinfo-devname": end(printing: "MAAS")
    case "getinfo-devdescr": end(printing: "Switches machines off and on through MAAS (Metal as a Service).")
    case "getinfo-devurl": end(printing: "https://maas.io/")
    case "getinfo-xml": end(printing: Metadata.parameters)
    case "gethosts":
      let names = HostNames(parameter("hostnames") ?? "").names
      guard !names.isEmpty else { fail(MAASError(.configuration, "hostnames names no host")) }
      end(printing: names.map { "\($0)\n" }.joined())
    case "status", "on", "off", "reset":
      do throws(MAASError) {
        try operate(verb, host: arguments.count > 2 ? arguments[2] : nil)
      } catch {
        _ = write(1, "failed", 6)
        fail(error)
      }
      // cluster-glue sleeps for a second where the output is empty or ends with a line end.
      end(printing: "done")
    default:
      fail(
        MAASError(
          .configuration, "unknown verb",
          hint: "getconfignames, getinfo-xml, gethosts, status, on, off or reset; parameters in the environment"))
    }
  }

  private static func operate(_ verb: String, host: String?) throws(MAASError) {
    var seconds = try deadlineSeconds(parameter("deadline"), default: DefaultDeadline.switching)
    if verb == "status" { seconds = DefaultDeadline.monitoring(given: parameter("deadline")) }
    let deadline = Deadline(after: seconds)
    deadline.enforce()
    let log = makeLog()
    let hostnames = HostNames(parameter("hostnames") ?? "")
    let fencer = try Fencer(
      device: FencingDevice(parameter), deadline: deadline, log: log, comment: "fenced by Pacemaker (external/maas)")
    if verb == "status" {
      if hostnames.invalidCount > 0 {
        throw MAASError(.configuration, "hostnames has \(hostnames.invalidCount) entries that are no host names")
      }
      guard !hostnames.names.isEmpty else { throw MAASError(.configuration, "hostnames names no host") }
      return try fencer.checkAccess()
    }
    guard let host else { throw MAASError(.configuration, "the verb \(verb) needs a host") }
    let name = try hostnames.name(for: host)
    switch verb {
    case "on": try fencer.on(name)
    case "off": try fencer.off(name)
    default: try fencer.reset(name)
    }
  }

  private static func parameter(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func makeLog() -> AgentLog {
    AgentLog(name: "external/maas", tag: parameter("HA_LOGTAG").flatMap { $0.isEmpty ? nil : $0 } ?? "external/maas")
  }

  private static func fail(_ error: MAASError) -> Never {
    makeLog().error("\(error)")
    exit(1)
  }
}
