import Desired

/// A unit of the `pacemaker-remote` charm: one remote node.
struct RemoteUnit {
  typealias Entry = RelationReading.Entry

  /// The id of the remote node: its full host name.
  var hostname: Entry
  /// The address that the cluster connects to.
  var server: Entry
  /// The name that MAAS has for its machine, where it is to be fenced.
  var fencedAs: Entry?
  /// Whether resources may run on it; nil where it does not say.
  var takesResources: Bool?

  /// - Returns: nil as long as the unit has not said who it is.
  init?(_ reading: inout RelationReading) {
    let hostname = reading.word("remote-hostname")
    let server = reading.word("remote-ip")
    fencedAs = reading.word("stonith-hostname")
    takesResources = reading.text("enable-resources")?.text.saysYes
    guard let hostname, let server else { return nil }
    self.hostname = hostname
    self.server = server
  }
}
