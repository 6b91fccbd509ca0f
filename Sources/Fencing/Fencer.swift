import MAASClient

/// Switches machines off and on, and says that it is done only where MAAS has asked the BMC afterwards.
///
/// Of all that MAAS tells, only the answer to `query_power_state` proves anything: the state inside a machine is a stored
/// one, and the answer to `power_off` may come before the BMC has acted, or say nothing.
package struct Fencer {
  private let client: MAASClient
  private let deadline: Deadline
  private let log: AgentLog
  /// For MAAS's event log.
  private let comment: String

  /// What an order may still bring about after MAAS has said that it failed, in seconds.
  private static let lateEffect = 3.0
  /// How long an order whose answer was lost is given before it is sent again, in seconds.
  private static let lostOrder = 8.0

  package init(device: FencingDevice, deadline: Deadline, log: AgentLog, comment: String) throws(MAASError) {
    client = try MAASClient(regions: device.regions, key: device.key, caFile: device.caFile, deadline: deadline)
    if log.isVerbose { client.trace = { log.debug($0) } }
    self.deadline = deadline
    self.log = log
    self.comment = comment
  }

  /// Proves that MAAS answers and accepts the key.
  package func checkAccess() throws(MAASError) {
    let user = try client.whoami()
    log.debug("the API key is \(user.name)'s")
  }

  /// What the BMC of a machine says now.
  package func powerState(of name: HostName) throws(MAASError) -> PowerState {
    try client.queryPowerState(of: client.machine(named: name))
  }

  /// What the BMCs of machines say now; `unknown` where it cannot be told.
  package func powerStates(of names: [HostName]) throws(MAASError) -> [(HostName, PowerState)] {
    var result: [(HostName, PowerState)] = []
    // 300 names do not fit into one URL, and a machine is 15 kB.
    for start in stride(from: 0, to: names.count, by: 20) {
      let chunk = Array(names[start..<min(start + 20, names.count)])
      let machines = try client.machines(named: chunk)
      for name in chunk {
        let machine = machines.first { name.names($0) }
        result.append((name, machine.flatMap { try? client.queryPowerState(of: $0) } ?? .unknown))
      }
    }
    return result
  }

  // MARK: - Off

  /// Switches a machine off. When it returns, the machine was off.
  package func off(_ name: HostName) throws(MAASError) {
    log.notice("Performing power off on \(name)")
    try switchOff(client.machine(named: name))
  }

  /// Switches a machine off, and on again. When it returns, the machine was off; whether it is on again, the log says:
  /// the node is safely gone in either case.
  package func reset(_ name: HostName) throws(MAASError) {
    log.notice("Performing power reset on \(name)")
    let machine = try client.machine(named: name)
    try switchOff(machine)
    do throws(MAASError) {
      try switchOn(machine)
    } catch  where error.kind == .lostAnswer {
      log.critical("\(name) was switched off and MAY STAY OFF: \(error), and power_on is not sent twice")
    } catch {
      log.critical("\(name) was switched off and STAYS OFF: \(error); power it on by hand")
    }
  }

  private func switchOff(_ machine: Machine) throws(MAASError) {
    let name = machine.hostname
    if let reason = machine.reasonNotSwitchable {
      throw MAASError(.configuration, "\(name) cannot be fenced: \(reason)")
    }
    if let other = machine.otherMeaningOfOff { log.warning("\(name): \(other)") }
    if machine.isLocked || machine.storedPowerState == PowerState.off.rawValue {
      let state = try stateBeforeOrder(of: machine)
      log.notice("\(name) is in power state \(state.rawValue)")
      if state == .off { return }
      guard !machine.isLocked else {
        throw MAASError(
          .forbidden, "\(name) is locked in MAAS, which refuses to switch it off",
          hint: "unlock it in MAAS; a cluster node that is locked cannot be fenced")
      }
    }
    log.notice("Powering off \(name)")
    do throws(MAASError) {
      try client.powerOff(machine, comment: comment)
    } catch  where error.kind == .lostAnswer {
      log.warning("\(error); asking whether \(name) is off all the same")
      if try awaitState(.off, of: machine, seconds: min(Fencer.lostOrder, deadline.left / 3)) { return }
      // The BMC says that it runs, so the order did not arrive; switching off twice does no harm.
      log.notice("Powering off \(name) once more")
      try? client.powerOff(machine, comment: comment)
    } catch {
      // Done or not: only the BMC knows.
      let seconds = error.kind.leavesDoubt ? Fencer.lateEffect : 0
      guard (try? awaitState(.off, of: machine, seconds: seconds)) == true else { throw error }
      return
    }
    try confirm(.off, of: machine)
  }

  /// What the BMC says now. Where it says nothing, the order may do all the same, if there is one to send.
  private func stateBeforeOrder(of machine: Machine) throws(MAASError) -> PowerState {
    do throws(MAASError) {
      return try client.queryPowerState(of: machine)
    } catch  where !machine.isLocked && error.kind.leavesDoubt {
      log.warning("\(error)")
      return .unknown
    }
  }

  // MARK: - On

  /// Switches a machine on, unless it is on. When it returns, the machine is on.
  package func on(_ name: HostName) throws(MAASError) {
    log.notice("Performing power on on \(name)")
    let machine = try client.machine(named: name)
    if let reason = machine.reasonNotSwitchable {
      throw MAASError(.configuration, "\(name) cannot be switched: \(reason)")
    }
    let state = try client.queryPowerState(of: machine)
    log.notice("\(name) is in power state \(state.rawValue)")
    switch state {
    case .on: return
    case .off: break
    case .unknown, .error:
      throw MAASError(
        .badAnswer, "MAAS says that the power state of \(name) is \(state.rawValue), so it is not powered on",
        hint: "powering on a machine that runs would reset it")
    }
    do throws(MAASError) {
      try switchOn(machine)
    } catch  where error.kind == .lostAnswer {
      log.warning("\(error); asking whether \(name) is on all the same")
    } catch {
      let seconds = error.kind.leavesDoubt ? Fencer.lateEffect : 0
      guard (try? awaitState(.on, of: machine, seconds: seconds)) == true else { throw error }
      return
    }
    try confirm(.on, of: machine)
  }

  /// Orders a machine that is known to be off to be switched on.
  private func switchOn(_ machine: Machine) throws(MAASError) {
    for attempt in 1... {
      // Read anew, as late as can be: switching off takes long enough for somebody to release the machine.
      let now = try client.refreshed(machine)
      // Since the BMC was asked, the stored state is as new as that answer, or newer.
      if now.storedPowerState == PowerState.on.rawValue, try isOnAgain(machine) { return }
      if let reason = now.reasonNotToPowerOn {
        throw MAASError(.conflict, "\(machine.hostname) must not be powered on through MAAS: \(reason)")
      }
      log.notice("Powering on \(machine.hostname)")
      do throws(MAASError) {
        return try client.powerOn(machine, comment: comment)
      } catch  where [.unavailable, .unreachable].contains(error.kind) && attempt < 3 {
        deadline.pause(1)
        if try isOnAgain(machine) { return }
      }
    }
  }

  /// Whether somebody has switched on a machine that was off: powering on one that runs would reset it.
  ///
  /// - Throws: where the BMC does not say.
  private func isOnAgain(_ machine: Machine) throws(MAASError) -> Bool {
    let state = try client.queryPowerState(of: machine)
    switch state {
    case .off: return false
    case .on:
      log.notice("\(machine.hostname) was switched on in between")
      return true
    case .unknown, .error:
      throw MAASError(
        .badAnswer, "\(machine.hostname) was off, and now MAAS says that its power state is \(state.rawValue)")
    }
  }

  // MARK: - Confirming

  /// Waits until the BMC says so.
  ///
  /// - Throws: when the deadline is over before, with what MAAS said last.
  private func confirm(_ wanted: PowerState, of machine: Machine) throws(MAASError) {
    _ = try awaitState(wanted, of: machine, seconds: .infinity)
  }

  /// - Returns: whether the BMC said so within `seconds`.
  private func awaitState(
    _ wanted: PowerState, of machine: Machine, seconds: Double
  ) throws(MAASError) -> Bool {
    let name = machine.hostname
    let start = deadline.elapsed
    var last = "nothing"
    while true {
      // The question itself takes a BMC a second or more.
      var pause = 0.2
      do throws(MAASError) {
        let state = try client.queryPowerState(of: machine)
        if state == wanted {
          log.notice("\(name) is in power state \(state.rawValue)")
          return true
        }
        if last != state.rawValue { log.debug("\(name) is in power state \(state.rawValue)") }
        last = state.rawValue
      } catch {
        switch error.kind {
        // These may pass.
        case .badAnswer, .bmcTimedOut, .driverFailed, .conflict, .lostAnswer, .unavailable:
          last = error.message
          pause = 1
        case .timedOut: break
        default: throw error
        }
      }
      let waited = deadline.elapsed - start
      if waited < 0.5 { pause = min(pause, 0.05) }
      guard waited + pause < seconds else { return false }
      guard pause < deadline.left else {
        throw MAASError(
          .timedOut,
          "timed out after \(Int(deadline.seconds)) s, waiting for \(name) to be \(wanted.rawValue); last: \(last)",
          hint: "deadline, and Pacemaker's own limits, may have to be longer")
      }
      deadline.pause(pause)
    }
  }
}

extension MAASError.Kind {
  /// Whether an order may have been carried out, in part or later, in spite of it.
  fileprivate var leavesDoubt: Bool {
    switch self {
    case .lostAnswer, .unavailable, .driverFailed, .bmcTimedOut, .badAnswer: true
    case .configuration, .libraries, .unreachable, .untrusted, .timedOut, .badKey, .forbidden, .notFound, .conflict:
      false
    }
  }
}
