import CIB
import XML

/// The version of a CIB: which of two states is the later one.
package struct CIBVersion: Equatable, Sendable {
  package var adminEpoch: Int
  package var epoch: Int
  package var numUpdates: Int

  package init(adminEpoch: Int, epoch: Int, numUpdates: Int) {
    self.adminEpoch = adminEpoch
    self.epoch = epoch
    self.numUpdates = numUpdates
  }
}

/// A configuration change as `cibadmin --patch` takes it (format 2, since Pacemaker 1.1.12).
///
///     <diff format="2">
///       <version><source admin_epoch="0" epoch="7"/><target admin_epoch="0" epoch="8"/></version>
///       <change operation="delete" path="/cib/configuration/constraints/rsc_location[@id='l1']"/>
///       <change operation="create" path="/cib/configuration/resources" position="2"><primitive …/></change>
///     </diff>
package struct Patch: Sendable {
  private let changes: [UInt8]
  package let isEmpty: Bool
  private let sent: [Element]

  /// - Parameters:
  ///   - current: the `<configuration>` that the cluster has.
  ///   - target: the one it is to have.
  package init(from current: Element, to target: Element) {
    var differ = TreeDifference()
    differ.compare(current, target)
    changes = differ.writer.bytes
    isEmpty = changes.isEmpty
    sent = differ.sent
  }

  /// Whether a secret value stands in it. Looked for when somebody asks: who applies the patch does not.
  package var holdsSecret: Bool { sent.contains(where: Self.holdsSecret) }

  private static func holdsSecret(_ element: Element) -> Bool {
    if element.name == "nvpair", let value = element["value"], value != Secret.outsideOfCIB, element.holdsSecret {
      return true
    }
    return element.attributes.contains { Secret.isURLWithUser($0.value) }
      || element.children.contains { $0.element.map(holdsSecret) ?? false }
  }

  /// The patch as XML text.
  ///
  /// - Parameters:
  ///   - source: the version that the configuration was read at: Pacemaker refuses the patch when its own is another.
  ///   - countsStatusUpdates: whether the version includes `num_updates`, which counts changes of the status as well.
  ///     Without it only changes of the configuration matter; Pacemaker 3.0.2 refuses to do without.
  package func document(source: CIBVersion, countsStatusUpdates: Bool) -> [UInt8] {
    var writer = XMLWriter()
    writer.bytes.reserveCapacity(changes.count + 256)
    let updates = countsStatusUpdates ? " num_updates=\"\(source.numUpdates)\"" : ""
    writer.write("<diff format=\"2\">\n")
    if !isEmpty {
      writer.write(
        """
          <version>
            <source admin_epoch="\(source.adminEpoch)" epoch="\(source.epoch)"\(updates)/>
            <target admin_epoch="\(source.adminEpoch)" epoch="\(source.epoch + 1)" num_updates="0"/>
          </version>

        """)
    }
    writer.bytes += changes
    writer.write("</diff>\n")
    return writer.bytes
  }
}
