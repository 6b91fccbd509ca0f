import Fencing
import Glibc
import MAASClient
import Synchronization

/// Asks MAAS about the machines of devices.
package enum MachineSurvey {
  /// What MAAS says of a machine.
  package struct Entry: Sendable {
    package var machine: Machine
    /// What its BMC says now.
    package var state: Result<PowerState, MAASError>
  }

  /// What MAAS says to a device's key.
  package struct Answer: Sendable {
    package var user: MAASClient.User
    /// By host name as it was asked for; machines that the key does not see are not here.
    package var entries: [HostName: Entry] = [:]
  }

  /// How many machines one request asks for: 300 names do not fit into one URL, and a machine is 15 kB.
  private static let chunk = 20
  /// How many BMCs are asked at once; each takes seconds.
  private static let atOnce = 8

  /// Asks for machines and for their power states.
  ///
  /// - Parameter deadline: for all; what it leaves no time for is reported so.
  package static func ask(_ device: FencingDevice, about names: [HostName], deadline: Deadline) throws(MAASError)
    -> Answer
  {
    let client = try makeClient(device, deadline)
    var answer = Answer(user: try client.whoami())
    var machines: [(HostName, Machine)] = []
    for start in stride(from: 0, to: names.count, by: chunk) {
      let asked = Array(names[start..<min(start + chunk, names.count)])
      let found = try client.machines(named: asked)
      machines += asked.compactMap { name in found.first { $0.hostname == name.short }.map { (name, $0) } }
    }
    let states = statesInParallel(machines.map(\.1), device, deadline)
    for ((name, machine), state) in zip(machines, states) {
      answer.entries[name] = Entry(machine: machine, state: state)
    }
    return answer
  }

  private static func makeClient(_ device: FencingDevice, _ deadline: Deadline) throws(MAASError) -> MAASClient {
    try MAASClient(regions: device.regions, key: device.key, caFile: device.caFile, deadline: deadline)
  }

  private static func statesInParallel(
    _ machines: [Machine], _ device: FencingDevice, _ deadline: Deadline
  ) -> [Result<PowerState, MAASError>] {
    let next = Mutex(0)
    let late = MAASError(.timedOut, "no time was left to ask for its power state", hint: "--timeout gives more")
    let states = Mutex([Result<PowerState, MAASError>](repeating: .failure(late), count: machines.count))
    onThreads(min(atOnce, machines.count)) {
      guard let client = try? makeClient(device, deadline) else { return }
      while !deadline.isOver {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < machines.count else { return }
        let state: Result<PowerState, MAASError>
        do throws(MAASError) {
          state = .success(try client.queryPowerState(of: machines[index]))
        } catch {
          state = .failure(error)
        }
        states.withLock { $0[index] = state }
      }
    }
    return states.withLock { $0 }
  }

  /// Runs the body on so many threads at once, and waits for all. Each request blocks one, in libcurl.
  private static func onThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var threads: [pthread_t] = []
    for _ in 0..<count {
      let work = Unmanaged.passRetained(Work(body))
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { argument in
          Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
          return nil
        }, work.toOpaque())
      if code == 0 { threads.append(thread) } else { work.release() }
    }
    if threads.isEmpty && count > 0 { body() }
    for thread in threads { pthread_join(thread, nil) }
  }
}
