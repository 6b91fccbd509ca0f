/// The calls of MAAS's API 2.0 that fencing needs, each within one overall deadline.
///
/// Not for use by several threads at once.
public final class MAASClient {
  private let regions: [RegionURL]
  private let key: APIKey
  private let deadline: Deadline
  private let transfer: Transfer
  /// The region that answered last, or the one to try after one that did not.
  private var current = 0
  /// Told of every request: for `verbose`.
  public var trace: ((String) -> Void)?

  /// - Parameters:
  ///   - regions: region controllers of one MAAS; the next is tried when one does not answer.
  ///   - key: of an administrator, or of the machines' owner.
  ///   - caFile: PEM certificates to trust instead of the system's.
  ///   - deadline: by when all calls together have to be over.
  /// - Throws: where a library is missing.
  public init(regions: [RegionURL], key: APIKey, caFile: String? = nil, deadline: Deadline) throws(MAASError) {
    self.regions = regions
    self.key = key
    self.deadline = deadline
    transfer = try Transfer(caFile: caFile)
  }

  // MARK: - Calls

  /// Who the key belongs to. Of the calls that say whether a key works, the smallest answer: 155 bytes.
  public func whoami() throws(MAASError) -> User {
    let answer = try send(
      Request(path: "users/", query: [("op", "whoami")], limit: 64 << 10, purpose: "the key's user"))
    guard let user = User(answer.body) else { throw unexpected("whoami") }
    return user
  }

  public struct User: Sendable {
    public var name: String
    public var isAdministrator: Bool

    init?(_ body: [UInt8]) {
      guard let json = JSON(body), let name = json["username"]?.text, !name.isEmpty else { return nil }
      self.name = name.printable(limit: 64)
      isAdministrator = json["is_superuser"]?.boolean ?? false
    }
  }

  /// The machines of these names that the key sees. A name with dots is looked up by its first part; whether the rest
  /// fits, `HostName.names` says.
  public func machines(named names: [HostName]) throws(MAASError) -> [Machine] {
    var shorts: [String] = []
    for name in names where !shorts.contains(name.short) { shorts.append(name.short) }
    let answer = try send(
      Request(
        path: "machines/", query: shorts.map { ("hostname", $0) }, limit: (128 << 10) * shorts.count + (64 << 10),
        purpose: names.count == 1 ? "the machine \(names[0])" : "\(names.count) machines"))
    guard let machines = Machine.list(answer.body, named: shorts) else { throw unexpected("machines") }
    return machines
  }

  /// The one machine of this name.
  ///
  /// - Throws: `notFound` where the key sees none.
  public func machine(named name: HostName) throws(MAASError) -> Machine {
    guard let machine = try machines(named: [name]).first else {
      throw MAASError(
        .notFound, "MAAS shows no machine named \(name.short) to this key",
        hint: "is it spelled as in MAAS, upper and lower case too? Does it belong to another user of MAAS?")
    }
    guard name.names(machine) else {
      throw MAASError(
        .notFound, "the machine named \(name.short) in MAAS is \(machine.fqdn.printable(limit: 100)), not \(name)")
    }
    return machine
  }

  /// The machine as it is now.
  public func refreshed(_ machine: Machine) throws(MAASError) -> Machine {
    let answer = try send(Request(path: "machines/\(machine.systemID)/", purpose: "the machine \(machine.hostname)"))
    guard let result = JSON(answer.body).flatMap({ Machine($0) }), result.systemID == machine.systemID,
      result.hostname == machine.hostname
    else { throw unexpected("machine") }
    return result
  }

  /// Asks the BMC, which takes seconds and may take 60.
  public func queryPowerState(of machine: Machine) throws(MAASError) -> PowerState {
    let answer = try send(
      Request(
        path: "machines/\(machine.systemID)/", query: [("op", "query_power_state")], limit: 4096,
        purpose: "the power state of \(machine.hostname)"))
    guard let state = PowerState(answer.body) else { throw unexpected("query_power_state") }
    return state
  }

  /// Orders a machine to be switched off, hard. An answer only says that MAAS has taken the order.
  ///
  /// - Throws: `lostAnswer` where the order may have arrived all the same.
  public func powerOff(_ machine: Machine, comment: String) throws(MAASError) {
    try order("power_off", machine, [("stop_mode", "hard"), ("comment", comment)], isTimeless: true)
  }

  /// Orders a machine to be switched on. To one that runs this is a hard reset, to some a new deployment: see
  /// `Machine.reasonNotToPowerOn`. It is sent once, and to one region: before it is sent later, the machine has to be looked
  /// at anew.
  ///
  /// - Throws: `lostAnswer` where the order may have arrived all the same; `unreachable` where no connection came about.
  public func powerOn(_ machine: Machine, comment: String) throws(MAASError) {
    try order("power_on", machine, [("comment", comment)], isTimeless: false)
  }

  private func order(
    _ operation: String, _ machine: Machine, _ form: [(name: String, value: String)], isTimeless: Bool
  ) throws(MAASError) {
    let answer = try send(
      Request(
        method: .post, path: "machines/\(machine.systemID)/", query: [("op", operation)], form: form,
        purpose: "\(operation) of \(machine.hostname)", isTimeless: isTimeless))
    guard let json = JSON(answer.body) else { throw unexpected(operation) }
    guard !json.isNull else {
      // So it answers for a machine of power type manual.
      throw MAASError(.badAnswer, "MAAS did nothing: it answers \(operation) of \(machine.hostname) with null")
    }
    guard json["system_id"]?.text == machine.systemID else { throw unexpected(operation) }
  }

  private func unexpected(_ call: String) -> MAASError {
    MAASError(
      .badAnswer, "\(regions[current].shown) answers \(call) with something else than MAAS does",
      hint: "is this the url of MAAS?")
  }

  // MARK: - Sending

  /// Sends a request until it is answered, as far as repeating it is safe: where nothing was sent or MAAS asks for it (409
  /// with Retry-After, 503), if it can be sent later as well, and, for a question, where the answer was lost.
  private func send(_ request: Request) throws(MAASError) -> Answer {
    var pause = 0.2
    while true {
      var failure: MAASError?
      var wait = pause
      for _ in regions {
        let seconds = deadline.left * share(of: request)
        guard seconds > 0.02 else { throw over(request, failure) }
        let region = regions[current]
        var result = transfer.perform(request, to: region, key: key, seconds: seconds)
        tell(request, result)
        if case .answer(let answer) = result, answer.status == 502 {
          // A balancer in front of the regions, whose region is down, or went down over the request.
          result = .lost(MAASError(.lostAnswer, "what stands before \(region.shown) gets no answer from MAAS (502)"))
        }
        switch result {
        case .answer(let answer):
          if answer.status == 200 { return answer }
          let error = error(for: answer, request, region)
          guard error.kind == .unavailable, request.isTimeless else { throw error }
          failure = error
          wait = max(wait, answer.retryAfter ?? 1)
        case .lost(let error):
          nextRegion()
          guard request.isRepeatable, error.kind == .lostAnswer else { throw error }
          failure = error
          continue
        case .notSent(let error):
          // An untrusted certificate will not do better the next time; another region may.
          if failure == nil || error.kind != .untrusted { failure = error }
          guard request.isTimeless else {
            nextRegion()
            throw error
          }
        }
        nextRegion()
      }
      guard let failure else { throw over(request, nil) }
      guard failure.kind != .untrusted && failure.kind != .libraries else { throw failure }
      guard wait < deadline.left else {
        // Of an order, `lostAnswer` says that it may have arrived.
        throw failure.kind == .lostAnswer ? MAASError(.timedOut, failure.message, hint: failure.hint) : failure
      }
      deadline.pause(wait)
      pause = min(pause * 2, 2)
    }
  }

  /// How much of the time that is left one try may take: after a question that is not answered there has to be time for
  /// another, after an order for the question whether it was carried out.
  private func share(of request: Request) -> Double {
    request.isRepeatable ? (regions.count > 1 ? 0.4 : 0.6) : 0.7
  }

  private func nextRegion() { current = (current + 1) % regions.count }

  private func over(_ request: Request, _ failure: MAASError?) -> MAASError {
    let before = failure.map { "; before: \($0.message)" } ?? ""
    return MAASError(.timedOut, "no time was left for \(request.purpose)\(before)")
  }

  private func tell(_ request: Request, _ result: TransferResult) {
    guard let trace else { return }
    let operation = request.query.first { $0.name == "op" }.map { "?op=\($0.value)" } ?? ""
    let outcome =
      switch result {
      case .answer(let answer): "\(answer.status), \(answer.body.count) bytes"
      case .lost(let error), .notSent(let error): error.message
      }
    trace("\(request.method.rawValue) \(request.path)\(operation): \(outcome)")
  }

  // MARK: - Refusals

  /// What an answer other than 200 means. The body of a 401 is never looked at: it holds the key's secret.
  func error(for answer: Answer, _ request: Request, _ region: RegionURL) -> MAASError {
    let what = request.purpose
    switch answer.status {
    case 401:
      if let difference = answer.clockDifference, abs(difference) > 240 {
        return MAASError(
          .badKey, "MAAS does not accept the API key (401)",
          hint: "this machine's clock and MAAS's are \(abs(difference)) s apart; 300 s are the most that MAAS takes")
      }
      return MAASError(
        .badKey, "MAAS does not accept the API key (401)", hint: "make a new key in MAAS and change apikey")
    case 403:
      return MAASError(
        .forbidden, "MAAS refuses \(what) (403)",
        hint: "the machine is locked, or belongs to another user than the key, who is no administrator")
    case 404 where request.path != "users/" && request.path != "machines/":
      return MAASError(.notFound, "MAAS has no such machine any more: \(what) (404)")
    case 404: return MAASError(.badAnswer, "\(region.shown) has no API of MAAS (404)", hint: "is the url right?")
    case 300..<400:
      return MAASError(
        .badAnswer, "\(region.shown) redirects to another place (\(answer.status)), which is not followed with the key",
        hint: "is the url right? Does MAAS use TLS now: https://HOST:5443/MAAS?")
    case 409 where answer.retryAfter != nil:
      return MAASError(.unavailable, "MAAS was busy with another change of the machine: \(what) (409)")
    case 409: return MAASError(.conflict, "MAAS does not allow \(what) in the machine's state (409)\(text(answer))")
    case 410: return MAASError(.badAnswer, "\(region.shown) has another API than 2.0 (410)")
    case 503:
      return MAASError(
        .unavailable, "MAAS cannot do it now: \(what) (503)\(text(answer))",
        hint: "does a rack controller run that reaches the machine's BMC?")
    case 504: return MAASError(.bmcTimedOut, "the BMC does not answer MAAS: \(what) (504)")
    case 500: return MAASError(.driverFailed, "MAAS's power driver failed: \(what) (500)\(text(answer))")
    default: return MAASError(.badAnswer, "MAAS answers \(what) with status \(answer.status)\(text(answer))")
    }
  }

  /// What MAAS says, as far as it is text.
  private func text(_ answer: Answer) -> String {
    let text = String(decoding: answer.body.prefix(2048), as: UTF8.self)
    let line = key.masking(text).printable()[...].trimmed
    return line.isEmpty || line.hasPrefix("<") || line.hasPrefix("{") ? "" : ": \(line)"
  }
}
