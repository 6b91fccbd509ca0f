import CIB
import Fencing
import FencingCheck
import XML

@testable import Cluster
@testable import MAASClient

// What other programs answer.

private struct MAAS: @unchecked Sendable {
  var client: MAASClient
  var region: RegionURL

  init() {
    do {
      region = try RegionURL("http://maas:5240/MAAS")
      client = try MAASClient(
        regions: [region], key: try APIKey("consumer:token:s3cr3tpart"), deadline: Deadline(after: 1))
    } catch { fail("\(error)") }
  }

  static let one = MAAS()
}

/// The status of an answer, and its body.
@Sendable func maas(_ input: [UInt8]) {
  let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
  guard parts.count == 2 else { return }
  let body = parts[1]
  // It loads json-c.
  let maas = MAAS.one
  _ = MAASClient.User(body)
  for machine in Machine.list(body, named: ["model-crow", "n1", "n2"]) ?? [] { check(machine) }
  if let machine = JSON(body).flatMap({ Machine($0) }) { check(machine) }
  if let state = PowerState(body) {
    require(body.has("\"\(state.rawValue)\""), "a power state that nobody has said")
  }
  var answer = Answer(status: Int(lossy(parts[0])) ?? 409, body: body)
  for retryAfter in [nil, 5.0] {
    answer.retryAfter = retryAfter
    for path in ["users/", "machines/abc/"] {
      let error = maas.client.error(for: answer, Request(path: path, purpose: "it"), maas.region)
      for text in [error.message, error.hint ?? ""] {
        let bytes = Array(text.utf8)
        require(!bytes.contains(UInt8(ascii: "\n")), "more than a line: \(text)")
        for part in ["consumer", "token", "s3cr3tpart"] { require(!bytes.has(part), "the key is told: \(text)") }
        require(!text.unicodeScalars.contains { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }, "unprintable: \(text)")
      }
    }
  }
  // Parameters as well are text from outside.
  let text = lossy(body)
  _ = try? RegionURL.list(text)
  _ = try? APIKey(text)
  _ = HostName(text)
}

extension [UInt8] {
  /// By bytes: it costs a tenth of what a search among Characters does.
  fileprivate func has(_ text: String) -> Bool {
    let text = Array(text.utf8)
    return indices.contains { self[$0...].starts(with: text) }
  }
}

private func check(_ machine: Machine) {
  _ = (machine.reasonNotToPowerOn, machine.reasonNotSwitchable, HostName(machine.hostname)?.names(machine))
}

/// What `fence_maas` is told, as lines on standard input and as arguments: nothing of it is in what it says is wrong.
@Sendable func fenceOptions(_ input: [UInt8]) {
  let text = lossy(input)
  let lines = FenceAgentOptions(lines: text)
  require(lines.problems.isEmpty, "what is on standard input is never wrong: \(lines.problems)")
  let words = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let arguments = FenceAgentOptions(arguments: words[...])
  for options in [lines, arguments] {
    for name in ["action", "plug", "apikey", "hostnames"] {
      guard let value = options[name] else { continue }
      require(value == "1" || text.contains(value), "'\(name)' is something that nobody has said: \(value)")
    }
    for problem in options.problems { require(!problem.contains("s3cr3tpart"), "the key is told: \(problem)") }
  }
}

/// What `crm_simulate`, `stonith_admin` and `crm_resource` print.
@Sendable func tools(_ input: [UInt8]) {
  if let effects = Simulation.read(input) {
    _ = Simulation.told(effects, then: effects).map(\.interrupts)
  }
  _ = FencingEvent.events(in: input)
  if let metadata = AgentMetadata(agent: "ocf:heartbeat:x", parsing: input) {
    for parameter in metadata.parameters { require(metadata.knows(parameter.name), "a parameter it does not know") }
    _ = metadata.requiredParameters
  }
}
