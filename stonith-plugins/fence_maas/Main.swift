import Fencing
import Glibc
import MAASClient

/// `fence_maas`, an agent after the rules of fence-agents: options as `key=value` lines on standard input, or as
/// arguments.
@main
enum Main {
  static func main() {
    prepareProcess()
    let isOnCommandLine = CommandLine.argc > 1
    let options =
      isOnCommandLine
      ? FenceAgentOptions(arguments: CommandLine.arguments.dropFirst()) : FenceAgentOptions.fromInput()
    let log = AgentLog(name: "fence_maas", tag: "fence_maas")
    log.isVerbose = options.isSet("verbose") && !options.isSet("quiet")
    for problem in options.problems { log.error(problem) }
    guard options.problems.isEmpty else { exit(1) }
    // As parameters of a device they would come with every order, for which status 0 says that it was carried out.
    if isOnCommandLine {
      if options.isSet("help") { end(printing: FenceOption.help) }
      if options.isSet("version") { end(printing: "fence_maas 0.1.0\n") }
    }
    do throws(MAASError) {
      exit(try perform(options["action"] ?? "reboot", options, log))
    } catch {
      log.error("\(error)")
      // Always 1: 2 means "off" where the action is status.
      exit(1)
    }
  }

  /// - Returns: the exit status.
  private static func perform(_ action: String, _ options: FenceAgentOptions, _ log: AgentLog) throws(MAASError)
    -> Int32
  {
    switch action {
    case "metadata", "manpage": end(printing: Metadata.fenceAgent)
    case "on", "off", "reboot", "status", "monitor", "list", "list-status", "validate-all": break
    default:
      throw MAASError(.configuration, "unknown action '\(action.printable(limit: 40))'", hint: "see --help")
    }
    let hostnames = HostNames(options["hostnames"] ?? "")
    guard !hostnames.names.isEmpty, hostnames.invalidCount == 0 else {
      throw MAASError(.configuration, "hostnames names no host, or has entries that are no host names")
    }
    if action == "list" { end(printing: hostnames.names.map { "\($0),\n" }.joined()) }

    let isSwitching = ["on", "off", "reboot"].contains(action)
    let standard = isSwitching ? DefaultDeadline.switching : DefaultDeadline.other
    var seconds = try deadlineSeconds(options["deadline"], default: standard)
    if action == "monitor" { seconds = DefaultDeadline.monitoring(given: options["deadline"]) }
    let deadline = Deadline(after: seconds)
    deadline.enforce()
    let device = try FencingDevice { options[$0] }
    if action == "validate-all" { return 0 }
    let fencer = try Fencer(device: device, deadline: deadline, log: log, comment: "fenced by Pacemaker (fence_maas)")
    switch action {
    case "monitor":
      try fencer.checkAccess()
      return 0
    case "list-status":
      let states = try fencer.powerStates(of: hostnames.names)
      end(printing: states.map { "\($0),,\($1 == .on ? "ON" : $1 == .off ? "OFF" : "UNKNOWN")\n" }.joined())
    default: break
    }
    // pcmk_host_map's alias comes as plug, or as port; it has precedence over the node's name.
    guard let host = options["plug"] ?? options["port"] ?? options["nodename"] else {
      throw MAASError(.configuration, "the action \(action) needs plug, port or nodename")
    }
    let name = try hostnames.name(for: host)
    if action == "status" {
      let state = try fencer.powerState(of: name)
      switch state {
      case .on: return 0
      case .off: return 2
      case .unknown, .error:
        throw MAASError(.badAnswer, "MAAS says that the power state of \(name) is \(state.rawValue)")
      }
    }
    try wait(options["delay"], deadline)
    switch action {
    case "on": try fencer.on(name)
    case "off": try fencer.off(name)
    default: try fencer.reset(name)
    }
    return 0
  }

  private static func wait(_ delay: String?, _ deadline: Deadline) throws(MAASError) {
    guard var delay = delay?[...], !delay.isEmpty else { return }
    if delay.hasSuffix("s") { delay = delay.dropLast() }
    guard let seconds = Double(delay), seconds >= 0 else {
      throw MAASError(.configuration, "delay is to be a number of seconds")
    }
    guard seconds < deadline.left else {
      throw MAASError(.configuration, "delay is longer than deadline, \(Int(deadline.seconds)) s")
    }
    deadline.pause(seconds)
  }
}
