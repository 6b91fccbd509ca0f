/// What MAAS knows of a machine, as far as fencing needs it.
public struct Machine: Sendable {
  /// MAAS's own id, such as `4y3h7n`; letters and digits, fit for a URL.
  public var systemID: String
  /// The short host name.
  public var hostname: String
  public var fqdn: String
  /// As MAAS has stored it, up to 5 minutes ago and more: a hint, never a proof.
  public var storedPowerState: String
  /// `ipmi`, `redfish`, …; `manual` is a machine that MAAS cannot switch; empty where none is set.
  public var powerType: String
  public var status: Int
  public var statusName: String
  /// MAAS refuses to switch a locked machine, to administrators as well.
  public var isLocked: Bool
  /// Deployed into memory: powering it on deploys it anew. Nil where MAAS says neither yes nor no; false where it does
  /// not say anything, as before 3.5.
  public var isEphemeral: Bool?
  public var owner: String

  /// `NODE_STATUS.DEPLOYED`.
  private static let deployed = 6

  /// Why MAAS must not be asked to power it on; nil where it may. Powering on an allocated machine or one that runs from
  /// memory deploys it, which destroys its data (seen in 3.6.5), and every other status boots something else than the
  /// machine's own system, or powers it off again.
  public var reasonNotToPowerOn: String? {
    if isLocked { return "it is locked in MAAS" }
    if status != Machine.deployed {
      return "its status in MAAS is \(statusName.isEmpty ? "\(status)" : statusName), not Deployed"
    }
    if isEphemeral != false { return "it is deployed in memory, and powering it on would deploy it anew" }
    return nil
  }

  /// Why MAAS cannot switch it at all.
  public var reasonNotSwitchable: String? {
    switch powerType {
    case "manual": "its power type in MAAS is manual: MAAS cannot switch it"
    case "": "it has no power type in MAAS"
    default: nil
    }
  }

  /// What `off` may be besides off, by its power type; nil where it means that. The drivers of virtual machines map more
  /// to it (`VM_STATE_TO_POWER_STATE`, `LXD_VM_POWER_STATE`, MAAS 2.0 to 3.6), and order nothing for what is not running.
  public var otherMeaningOfOff: String? {
    ["virsh", "lxd", "hmcz"].contains(powerType)
      ? "with power type \(powerType) MAAS calls a machine off as well that is paused: resumed, it would go on where it was"
      : nil
  }

  /// Reads the object of MAAS's API.
  ///
  /// - Returns: nil where something that fencing relies on is missing or of another type.
  init?(_ json: JSON) {
    guard let systemID = json["system_id"]?.text, Machine.isSystemID(systemID),
      // Swift's strings are equal where Unicode takes them for the same: the Kelvin sign is a K.
      let hostname = json["hostname"]?.text.flatMap({ HostName($0) })?.text,
      let fqdn = json["fqdn"]?.text,
      let powerState = json["power_state"]?.text,
      let powerType = json["power_type"].flatMap({ $0.isNull ? "" : $0.text }),
      let status = json["status"]?.integer,
      let isLocked = json["locked"]?.boolean,
      json["node_type"].map({ $0.integer == 0 }) ?? true
    else { return nil }
    self.systemID = systemID
    self.hostname = hostname
    self.fqdn = fqdn
    storedPowerState = powerState
    self.powerType = powerType
    self.status = status
    statusName = (json["status_name"]?.text ?? "").printable(limit: 40)
    self.isLocked = isLocked
    isEphemeral = json["ephemeral_deploy"].map { $0.boolean } ?? false
    owner = (json["owner"]?.text ?? "").printable(limit: 64)
  }

  /// Reads a list of machines; nil where it is none, or has one that was not asked for, or one of them twice: a host
  /// name is unique in MAAS.
  static func list(_ body: [UInt8], named shorts: [String]) -> [Machine]? {
    guard let elements = JSON(body)?.elements else { return nil }
    var machines: [Machine] = []
    for element in elements {
      guard let machine = Machine(element), shorts.contains(machine.hostname),
        !machines.contains(where: { $0.hostname == machine.hostname })
      else { return nil }
      machines.append(machine)
    }
    return machines
  }

  private static func isSystemID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == 0x2D || $0 == 0x5F }
  }
}

extension UInt8 {
  var isASCIILetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}

/// The power of a machine as its BMC says it now.
public enum PowerState: String, Sendable {
  case on, off, unknown, error

  /// Reads MAAS's answer, `{"state": "off"}`.
  init?(_ body: [UInt8]) {
    guard let state = JSON(body)?["state"]?.text.flatMap({ PowerState(rawValue: $0) }),
      // A key given twice, escaped or not, says two things.
      body.ranges(of: Array("\"state\"".utf8)).count == 1, !body.contains(UInt8(ascii: "\\"))
    else { return nil }
    self = state
  }
}

/// The name by which a machine is looked up: letters, digits, `-`, `_` and dots, so that it can stand in a URL and a log.
public struct HostName: Sendable, Hashable, CustomStringConvertible {
  /// As it is spelled; MAAS compares with regard to case.
  public let text: String

  /// - Returns: nil for what is no host name.
  public init?(_ text: some StringProtocol) {
    guard (1...253).contains(text.utf8.count), text.utf8.first?.isASCIILetterOrDigit == true,
      text.utf8.allSatisfy({ $0.isASCIILetterOrDigit || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E }),
      !text.contains("..")
    else { return nil }
    self.text = String(text)
  }

  public var description: String { text }

  /// What MAAS calls `hostname`: the part before the first dot.
  public var short: String { String(text.prefix { $0 != "." }) }

  /// Whether it names this machine: a name with dots has to be the whole `fqdn`, of which MAAS finds the first part only.
  public func names(_ machine: Machine) -> Bool {
    machine.hostname == short && (!text.contains(".") || HostName(machine.fqdn) == self)
  }
}
