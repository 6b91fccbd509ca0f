import CIB
import XML

/// Pacemaker's access control lists, as far as they decide whether a user sees all of a CIB.
package enum ACL {
  /// Whether the roles of the user let it read everything: a permission on all of the CIB and no denial.
  package static func showsAll(to user: String, in configuration: Configuration) -> Bool {
    guard let target = configuration.aclTarget(user) else { return false }
    let permissions = target.element.elements(named: "role").flatMap { role in
      role.id.flatMap { configuration.object($0) }?.element.elements(named: "acl_permission") ?? []
    }
    guard !permissions.contains(where: { $0["kind"] == "deny" }) else { return false }
    return permissions.contains { ["/", "/cib", "//cib"].contains($0["xpath"]) }
  }
}
