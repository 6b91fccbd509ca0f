import CIB
import Fencing
import MAASClient

/// Would fencing work, for every node?
package struct FencingReport: Sendable {
  /// A device as far as one node is concerned.
  package struct DeviceResult: Sendable {
    package var device: String
    package var agent: String
    /// What the device would be asked to switch off.
    package var plug: String
    package var machine: Machine?
    package var state: PowerState?
    package var findings: [Finding]
    /// Whether it was looked into, which only MAAS devices are.
    package var isChecked: Bool

    package var works: Bool { !findings.contains { $0.severity == .error } }
  }

  package struct LevelResult: Sendable {
    package var index: Int?
    package var devices: [DeviceResult]

    package var works: Bool { !devices.isEmpty && devices.allSatisfy(\.works) }
  }

  package struct NodeResult: Sendable {
    package var name: String
    package var kind: String
    package var levels: [LevelResult]
    package var findings: [Finding]
    package var isFenceable: Bool
  }

  package var nodes: [NodeResult]
  /// About fencing as a whole.
  package var findings: [Finding]

  /// Whether every node would be fenced.
  package var isFenceable: Bool {
    nodes.allSatisfy(\.isFenceable) && !findings.contains { $0.severity == .error }
  }

  // MARK: - Judging

  /// - Parameters:
  ///   - answers: what MAAS said to each of its devices.
  ///   - inactive: devices that do not run in the live cluster.
  package init(
    _ setup: FencingSetup, answers: [String: Result<MachineSurvey.Answer, MAASError>], inactive: Set<String> = []
  ) {
    findings = []
    switch setup.fencing {
    case (true, true): break
    case (false, false):
      findings.append(Finding(.error, "fencing is disabled (stonith-enabled)", hint: "set stonith-enabled: true"))
    case (let upTo301, _):
      findings.append(
        Finding(
          .error,
          "stonith-enabled and fencing-enabled contradict each other: Pacemaker \(upTo301 ? "3.0.2 and later" : "before 3.0.2") would not fence",
          hint: "set stonith-enabled: true, which every Pacemaker knows, and remove fencing-enabled"))
    }
    if setup.devices.isEmpty { findings.append(Finding(.error, "there is no fencing device")) }
    nodes = setup.nodes.map { node in
      if let container = node.container {
        let finding = Finding(
          .warning, "a guest: it is fenced by stopping its resource \(container), with the host it is on")
        return NodeResult(name: node.name, kind: node.kind.rawValue, levels: [], findings: [finding], isFenceable: true)
      }
      return Self.judge(node, setup, answers, inactive)
    }
  }

  private static func judge(
    _ node: FencingSetup.Node, _ setup: FencingSetup, _ answers: [String: Result<MachineSurvey.Answer, MAASError>],
    _ inactive: Set<String>
  ) -> NodeResult {
    let levels = setup.levels(for: node).map { level in
      LevelResult(
        index: level.index,
        devices: level.devices.map { id in
          guard let device = setup.device(id) else {
            let finding = Finding(.error, "the fencing level names a device that does not exist")
            return DeviceResult(device: id, agent: "", plug: node.name, findings: [finding], isChecked: true)
          }
          return judge(device, for: node, setup, answers[id], isInactive: inactive.contains(id))
        })
    }
    var findings: [Finding] = []
    var isFenceable = levels.contains(where: \.works)
    if levels.isEmpty {
      if setup.hasWatchdog && node.kind == .member {
        findings.append(Finding(.warning, "no device fences it; it relies on its watchdog"))
        isFenceable = true
      } else {
        findings.append(
          Finding(
            .error, "NO DEVICE FENCES IT", hint: "add it to a device's hostnames, pcmk_host_list or pcmk_host_map"))
      }
    }
    return NodeResult(
      name: node.name, kind: node.kind.rawValue, levels: levels, findings: findings,
      isFenceable: isFenceable && setup.isEnabled)
  }

  private static func judge(
    _ device: FencingSetup.Device, for node: FencingSetup.Node, _ setup: FencingSetup,
    _ answer: Result<MachineSurvey.Answer, MAASError>?, isInactive: Bool
  ) -> DeviceResult {
    var result = DeviceResult(
      device: device.id, agent: device.agent, plug: node.name, findings: device.problems + device.deadlineFindings,
      isChecked: device.kind != .other)
    if isInactive {
      result.findings.append(
        Finding(.error, "the device does not run", hint: "'crm_mon -1' says why; did its start or monitor fail?"))
    }
    switch device.claim(on: node.name) {
    case .fences(let plug): result.plug = plug
    case .no: result.findings.append(Finding(.error, "the device does not fence this node"))
    case .unknown:
      result.findings.append(
        Finding(
          .error, "whether it fences this node only the agent knows",
          hint: "give pcmk_host_list or pcmk_host_map, which say it for certain"))
    }
    switch device.kind {
    case .other: break
    case .pretended:
      result.findings.append(Finding(.error, "\(device.agent) only pretends: it says yes and does nothing certain"))
    case .maas:
      do throws(MAASError) {
        let name = try device.hostnames.name(for: result.plug)
        guard let answer else { throw MAASError(.timedOut, "MAAS was not asked") }
        result.add(try answer.get(), about: name)
      } catch {
        result.findings.append(Finding(.error, error.message, hint: error.hint))
      }
    }
    return result
  }
}

extension FencingReport.DeviceResult {
  fileprivate mutating func add(_ answer: MachineSurvey.Answer, about name: HostName) {
    guard let entry = answer.entries[name] else {
      findings.append(
        Finding(
          .error, "MAAS shows no machine named \(name.short) to this key",
          hint:
            "is it spelled as in MAAS, upper and lower case too? Does it belong to another user than \(answer.user.name)?"
        ))
      return
    }
    add(entry, of: answer.user, about: name)
  }

  private mutating func add(_ entry: MachineSurvey.Entry, of user: MAASClient.User, about name: HostName) {
    let machine = entry.machine
    self.machine = machine
    if !name.names(machine) {
      findings.append(Finding(.error, "in MAAS it is \(machine.fqdn.printable(limit: 100)), not \(name)"))
    }
    if let reason = machine.reasonNotSwitchable {
      findings.append(Finding(.error, reason, hint: "give it a power type in MAAS, with its BMC's address"))
    }
    if let other = machine.otherMeaningOfOff {
      findings.append(
        Finding(.warning, other, hint: "let nothing resume what was fenced, or use its host's own fence agent"))
    }
    if machine.isLocked { findings.append(Finding(.error, "it is locked in MAAS", hint: "unlock it in MAAS")) }
    if !user.isAdministrator && machine.owner != user.name {
      let owner = machine.owner.isEmpty ? "nobody" : machine.owner
      findings.append(
        Finding(
          .error, "it belongs to \(owner), not to the key's user \(user.name)",
          hint: "use the owner's key, or an administrator's"))
    }
    switch entry.state {
    case .success(let state):
      self.state = state
      // Of what MAAS cannot switch it never knows the state.
      if machine.reasonNotSwitchable == nil, state == .unknown || state == .error {
        findings.append(
          Finding(
            .error, "its BMC's answer is '\(state.rawValue)'",
            hint: "'Check power' in MAAS says more; is the BMC reachable, its password right?"))
      }
    case .failure(let error): findings.append(Finding(.error, error.message, hint: error.hint))
    }
    // Fenced it would be, and stay off.
    if !machine.isLocked, let reason = machine.reasonNotToPowerOn {
      findings.append(Finding(.warning, "it would be switched off, but not on again: \(reason)"))
    }
  }
}
