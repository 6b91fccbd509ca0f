import Desired

/// What the principal charm wants of the cluster: the data of the `ha` relation, still as text in crmsh syntax.
struct Principal {
  typealias Entry = RelationReading.Entry

  /// Agents by the name of the resource.
  var resources: [Entry] = []
  /// What follows the agent, by the name of the resource.
  var parameters: [String: Entry] = [:]
  var groups: [Entry] = []
  var promotables: [Entry] = []
  var clones: [Entry] = []
  var orders: [Entry] = []
  var colocations: [Entry] = []
  var locations: [Entry] = []
  var deletions: [Entry] = []
  /// Resources whose service must run under Pacemaker alone.
  var services: [Entry] = []

  /// What nothing is asked of: the cluster of a principal that knows no `ha` relation.
  init() {}

  init(_ reading: inout RelationReading) {
    resources = reading.map("resources")
    let parameters = reading.map("resource_params")
    self.parameters = Dictionary(parameters.map { ($0.name, $0) }) { first, _ in first }
    groups = reading.map("groups")
    promotables = reading.map("ms")
    clones = reading.map("clones")
    orders = reading.map("orders")
    colocations = reading.map("colocations")
    locations = reading.map("locations")
    deletions = reading.names("delete_resources")
    services = reading.keysOrNames("init_services")
  }

  /// The names of everything that is asked for.
  var names: Set<String> {
    Set([resources, groups, promotables, clones, orders, colocations, locations].joined().map(\.name))
  }

  /// Whether an address is to be kept in MAAS's DNS instead of a VIP.
  var usesMAASDNS: Bool { resources.contains { $0.text.hasPrefix("ocf:maas") } }

  /// The resources that get opt-in rules: all but those whose name is the whole text of a clone or of a group, and the
  /// clones and groups. So does the charm, and a cluster that it has set up is to be found in order.
  var placed: [Entry] {
    let wrapped = Set((clones + groups).map(\.text))
    return resources.filter { !wrapped.contains($0.name) } + clones + groups
  }
}
