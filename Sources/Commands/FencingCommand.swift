import ArgumentParser
import CIB
import Cluster
import Documents
import Fencing
import FencingCheck
import MAASClient

struct FencingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fencing", abstract: "Check whether fencing would work, for every node of the cluster.",
    subcommands: [FencingCheckCommand.self])
}

struct FencingCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Would fencing work, for every node? 1 if not for all.",
    discussion: """
      Goes over the nodes and remote nodes of the cluster: which devices would fence them, and, for MAAS devices, what \
      MAAS says of the machines now. Nothing is switched. With --url and names, those are looked at without a cluster.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @OptionGroup var cluster: ClusterOptions
  @Argument(help: ArgumentHelp("Look at these machines, with --url, instead of the cluster.", valueName: "name"))
  var names: [String] = []
  @Option(help: ArgumentHelp("The URL of MAAS.", valueName: "url"))
  var url: String?
  @Option(help: ArgumentHelp("The file with the API key; \"-\" is standard input.", valueName: "file"))
  var apikeyFile: String?
  @Option(help: ArgumentHelp("CA certificates in PEM to trust.", valueName: "file"))
  var caFile: String?
  @Option(help: ArgumentHelp("For asking MAAS, in all.", valueName: "seconds"))
  var timeout = 120
  @Option(help: "text or json.")
  var format: Format = .text

  mutating func run() throws {
    try reportingFailures {
      guard (1...86400).contains(timeout) else { throw Failure(.usage, "--timeout is to be 1 to 86400 seconds") }
      let deadline = Deadline(after: Double(timeout))
      let report = url == nil ? try reportOnCluster(deadline) : try reportOnNames(deadline)
      let view = FencingView(report)
      switch format {
      case .text: try Console.print(view.text)
      case .json: try Console.print(JSONEmitter.bytes(of: view.value))
      }
      if !report.isFenceable { throw ExitCode(Failure.Status.attention.rawValue) }
    }
  }

  private func reportOnCluster(_ deadline: Deadline) throws -> FencingReport {
    guard names.isEmpty, apikeyFile == nil, caFile == nil else {
      throw Failure(.usage, "names, --apikey-file and --ca-file go with --url")
    }
    let connection = ClusterConnection(cibFile: cluster.cibFile)
    if let note = connection.note { Console.error("crmsync: note: \(note)") }
    let cib = try connection.query(status: connection.isLive)
    let setup = FencingSetup(Configuration(cib.configuration))
    var inactive: Set<String> = []
    if connection.isLive {
      let status = ClusterStatus(cib)
      inactive = Set(setup.devices.map(\.id).filter { !status.isActive($0) })
    }
    return FencingReport(setup, answers: ask(about: setup, deadline), inactive: inactive)
  }

  private func reportOnNames(_ deadline: Deadline) throws -> FencingReport {
    guard !names.isEmpty, let apikeyFile else {
      throw Failure(.usage, "--url needs --apikey-file and names of machines")
    }
    guard cluster.cibFile == nil else { throw Failure(.usage, "--url looks at no cluster: leave out --cib-file") }
    let parameters = [
      "url": url!, "apikey_file": apikeyFile == "-" ? "/dev/stdin" : apikeyFile, "ca_file": caFile ?? "",
      "hostnames": names.joined(separator: " "),
    ]
    let setup = FencingSetup(device: parameters, nodes: names)
    return FencingReport(setup, answers: ask(about: setup, deadline))
  }

  // MARK: - Asking MAAS

  /// Asks once for all devices that differ in their hosts only: charms make a device for each.
  private func ask(
    about setup: FencingSetup, _ deadline: Deadline
  ) -> [String: Result<MachineSurvey.Answer, MAASError>] {
    let devices = setup.devices.filter { $0.kind == .maas }
    let groups = Dictionary(grouping: devices) { device in
      ["url", "apikey", "apikey_file", "ca_file"].map { device.parameters[$0] ?? "" }
    }
    var answers: [String: Result<MachineSurvey.Answer, MAASError>] = [:]
    for devices in groups.values {
      var seen: Set<HostName> = []
      let names = devices.flatMap(setup.names).filter { seen.insert($0).inserted }
      let answer: Result<MachineSurvey.Answer, MAASError>
      do throws(MAASError) {
        answer = .success(try MachineSurvey.ask(try fencingDevice(devices[0]), about: names, deadline: deadline))
      } catch {
        answer = .failure(error)
      }
      for device in devices { answers[device.id] = answer }
    }
    return answers
  }

  private func fencingDevice(_ device: FencingSetup.Device) throws(MAASError) -> FencingDevice {
    var parameters = device.parameters
    for (name, value) in parameters where value == Secret.outsideOfCIB {
      // Where cibsecret keeps it, since Pacemaker 1.1.
      let path = "/var/lib/pacemaker/lrm/secrets/\(device.id)/\(name)"
      do throws(FileError) {
        parameters[name] = String(decoding: try readFile(path), as: UTF8.self)
      } catch {
        throw MAASError(.configuration, "\(name) is kept by cibsecret, and cannot be read here: \(error.message)")
      }
    }
    return try FencingDevice { parameters[$0] }
  }
}
