import CIB
import XML

/// A CIB as it was read.
package struct CIBDocument: Sendable {
  /// The whole `<cib>`.
  package var root: Element
  package var adminEpoch: Int
  package var epoch: Int
  package var numUpdates: Int
  package var validateWith: String
  package var configuration: Element
  package var status: Element?

  /// nil for what is no whole CIB: without a version, or without a configuration.
  package init?(_ root: Element) {
    guard root.name == "cib", let configuration = root.first("configuration"), let validateWith = root["validate-with"],
      let adminEpoch = root["admin_epoch"].flatMap({ Int($0) }), let epoch = root["epoch"].flatMap({ Int($0) }),
      let numUpdates = root["num_updates"].flatMap({ Int($0) })
    else { return nil }
    self.root = root
    self.adminEpoch = adminEpoch
    self.epoch = epoch
    self.numUpdates = numUpdates
    self.validateWith = validateWith
    self.configuration = configuration
    status = root.first("status")
  }

  package var hasQuorum: Bool { root["have-quorum"].flatMap(Values.boolean) ?? false }

  /// The id of the designated controller's node; nil where there is none.
  package var designatedController: String? { root["dc-uuid"].flatMap { $0.isEmpty ? nil : $0 } }
}
