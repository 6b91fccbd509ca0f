import CIB
import Glibc
import XML

/// A CIB as `cibadmin --query` prints it.
package struct CIBDocument: Equatable, Sendable {
  /// The `<cib>` element; its `<status>` is empty unless it was asked for.
  package var root: Element
  package var adminEpoch: Int
  package var epoch: Int
  package var numUpdates: Int
  /// The `<configuration>` element.
  package var configuration: Element

  /// What a `<cib>` lacks to be one.
  package enum Defect: Error, Equatable, Sendable {
    /// The root element has another name.
    case rootIsNotCIB
    /// It has no version, or no `<configuration>`: what an ACL without the right to read `/cib` leaves.
    case incomplete
    /// Its configuration has two sections of this name, which is possible with `validate-with="none"` alone.
    case twoSections(String)
  }

  package init(root: Element) throws(Defect) {
    guard root.name == "cib" else { throw .rootIsNotCIB }
    guard let adminEpoch = root["admin_epoch"].flatMap({ Int($0) }), let epoch = root["epoch"].flatMap({ Int($0) }),
      let numUpdates = root["num_updates"].flatMap({ Int($0) }), let configuration = root.first("configuration")
    else { throw .incomplete }
    var sections: Set<String> = []
    for section in configuration.elements where !sections.insert(section.name).inserted {
      throw .twoSections(section.name)
    }
    self.root = root
    self.adminEpoch = adminEpoch
    self.epoch = epoch
    self.numUpdates = numUpdates
    self.configuration = configuration
  }

  /// The schema the configuration has to fit, `pacemaker-3.9`.
  package var validateWith: String? { root["validate-with"] }
  package var featureSet: String? { root["crm_feature_set"] }
  /// Whether it is of Pacemaker 3.0.0 or later.
  package var isOfPacemaker3: Bool { isOfFeatureSet(3, 20) }
  /// Whether Pacemaker sends it in as many messages as it takes: 3.0.1 is the first that does.
  package var comesInParts: Bool { isOfFeatureSet(3, 20, 1) }
  /// Or a later one.
  private func isOfFeatureSet(_ numbers: Int...) -> Bool {
    let parts = (featureSet ?? "").split(separator: ".").compactMap { Int($0) }
    return !parts.lexicographicallyPrecedes(numbers)
  }
  /// Whether Pacemaker writes every text of it as XML wants it: that of 3.0.0 does, that of 2.1.5 does not (tried).
  package var escapesText: Bool { isOfPacemaker3 }
  /// nil where the CIB does not say (a file that no cluster has written).
  package var haveQuorum: Bool? { root["have-quorum"].map { isTrue($0) } }
  /// The node id of the DC.
  package var dcUUID: String? { root["dc-uuid"] }
  package var status: Element? { root.first("status") }

  /// Who wrote the configuration last, as the CIB daemon has noted it; a CIB file may have nothing of it.
  package struct Writer: Equatable, Sendable {
    package var user: String?
    package var client: String?
    package var origin: String?
  }

  package var writer: Writer {
    // 3.0.0 has the user as the client, too.
    let (user, client) = (root["update-user"], root["update-client"])
    return Writer(user: user, client: client == user ? nil : client, origin: root["update-origin"])
  }
}

/// As Pacemaker's `crm_str_to_boolean` reads it.
func isTrue(_ text: String?) -> Bool { text.flatMap(Values.boolean) ?? false }

// MARK: - ACLs

extension CIBDocument {
  /// The account Pacemaker's daemons run under; ACLs do not apply to it, nor to root.
  static let daemonUser = "hacluster"

  /// Whether an ACL leaves out part of the CIB for this user. Pacemaker filters what a query prints without a word, so
  /// that what is left out looks as if it were not there, and would be planned anew.
  ///
  /// - Parameters:
  ///   - user: the name of the effective user.
  ///   - groups: the names of the user's groups.
  package func aclShowsOnlyPart(user: String, uid: UInt32, groups: [String] = []) -> Bool {
    guard uid != 0, user != CIBDocument.daemonUser else { return false }
    // An unreadable crm_config has no enable-acl: what every CIB has must be there, or it was left out.
    let sections = ["crm_config", "nodes", "resources", "constraints"]
    guard sections.allSatisfy({ configuration.first($0) != nil }) else { return true }
    // Whatever its rule and its score are: it may be in force.
    let options = configuration.first("crm_config")?.elements.flatMap { $0.elements(named: "nvpair") } ?? []
    guard options.contains(where: { $0["name"] == "enable-acl" && isTrue($0["value"]) }) else { return false }
    guard let acls = configuration.first("acls") else { return true }
    var roles: Set<String> = []
    for subject in acls.elements {
      switch subject.name {
      case "acl_target" where (subject["name"] ?? subject.id) == user,
        "acl_group" where groups.contains(subject["name"] ?? subject.id ?? ""):
        roles.formUnion(subject.elements(named: "role").compactMap(\.id))
      default: continue
      }
    }
    let permissions = acls.elements(named: "acl_role").filter { roles.contains($0.id ?? "") }
      .flatMap { $0.elements(named: "acl_permission") }
    guard permissions.allSatisfy({ $0["kind"] == "read" || $0["kind"] == "write" }) else { return true }
    return !permissions.contains { permission in
      switch permission["xpath"] {
      case "/", "/cib", "//cib": true
      default: false
      }
    }
  }
}

/// The effective user and its groups, by name.
package struct User: Sendable {
  package var uid: UInt32
  package var name: String
  package var groups: [String]

  /// Looks in the user database; costs a millisecond, so only where an ACL makes it matter.
  package static func current() -> User {
    let uid = geteuid()
    let name = getpwuid(uid).map { String(cString: $0.pointee.pw_name) } ?? String(uid)
    var ids = [gid_t](repeating: 0, count: 256)
    let count = Int(max(0, getgroups(Int32(ids.count), &ids)))
    let groups = Set(ids.prefix(count) + [getegid()])
    return User(
      uid: uid, name: name, groups: groups.compactMap { getgrgid($0).map { String(cString: $0.pointee.gr_name) } })
  }
}
