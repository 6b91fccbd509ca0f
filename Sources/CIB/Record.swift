import XML

/// What crmsync brought into a cluster, kept in the cluster itself:
///
///     <cluster_property_set id="crmsync-record">
///       <nvpair id="crmsync-record-1" name="crmsync-record" value="1:rT8x…"/>
///     </cluster_property_set>
///
/// A property set of its own, since all schemas have those, Pacemaker passes over options it does not know, and crmsh
/// and pcs show it but never touch it. Not ids but short hashes of them: nothing there refers to an object, so that
/// other tools can delete the object; the hacluster charm, which looks for names in the text of the whole
/// configuration, finds none; and 20,000 objects take 160 kB.
package struct Record: Equatable, Sendable {
  package static let setID = "crmsync-record"

  /// What was brought in.
  package enum Entry: Hashable, Sendable {
    case object(ObjectKind, id: String)
    /// A meta attribute among those that people set at run time, set by a document.
    case runTimeAttribute(resource: String, name: String)
    /// A parameter whose value came from a file or the environment, whatever its name. The owner is an object's id, a
    /// node's name, or the element name of a section of properties or defaults.
    case secret(owner: String, name: String)

    /// What is hashed, with slashes in between.
    fileprivate var words: (String, String, String?) {
      switch self {
      // Resources may change their kind and keep their id; they share one space of ids with everything but these.
      case .object(let kind, let id):
        switch kind {
        case .aclTarget, .property, .resourceDefault, .operationDefault, .nodeAttribute, .utilization, .node,
          .fencingLevel:
          (kind.rawValue, id, nil)
        default: ("id", id, nil)
        }
      case .runTimeAttribute(let resource, let name): ("run-time", resource, name)
      case .secret(let owner, let name): ("secret", owner, name)
      }
    }
  }

  private var hashes: Set<UInt64>

  package init() { hashes = [] }

  package var isEmpty: Bool { hashes.isEmpty }

  package func contains(_ entry: Entry) -> Bool { !hashes.isEmpty && hashes.contains(Self.hash(entry)) }

  package mutating func insert(_ entry: Entry) { hashes.insert(Self.hash(entry)) }

  package mutating func remove(_ entry: Entry) { hashes.remove(Self.hash(entry)) }

  /// What this has and the other has not.
  package func subtracting(_ other: Record) -> Record { Record(hashes.subtracting(other.hashes)) }

  package func union(_ other: Record) -> Record { Record(hashes.union(other.hashes)) }

  private init(_ hashes: Set<UInt64>) { self.hashes = hashes }

  // MARK: In the CIB

  /// Reads the record of a `<crm_config>`; an unreadable one is an empty one.
  package init(crmConfig: Element?) {
    hashes = []
    guard let set = crmConfig?.elements.first(where: { $0.id == Self.setID }) else { return }
    for nvpair in set.elements(named: "nvpair") {
      guard let value = nvpair["value"] else { continue }
      let entries = Self(text: value).hashes
      hashes = hashes.isEmpty ? entries : hashes.union(entries)
    }
  }

  /// Reads what `text` gives.
  package init(text value: String) {
    hashes = []
    guard value.hasPrefix("1:") else { return }
    let digits = Array(value.utf8.dropFirst(2))
    hashes.reserveCapacity(digits.count / Self.width)
    for start in stride(from: 0, through: digits.count - Self.width, by: Self.width) {
      var hash: UInt64 = 0
      for digit in digits[start..<start + Self.width] {
        let number = Self.values[Int(digit)]
        guard number < 64 else { return }
        hash = hash << 6 | UInt64(number)
      }
      hashes.insert(hash)
    }
  }

  /// `1:rT8x…`
  package var text: String {
    var value = Array("1:".utf8)
    value.reserveCapacity(2 + Self.width * hashes.count)
    for hash in hashes.sorted() {
      for digit in 1...Self.width {
        value.append(Self.alphabet[Int(hash >> UInt64(6 * (Self.width - digit)) & 63)])
      }
    }
    return String(decoding: value, as: UTF8.self)
  }

  /// The element that holds the record; nil for an empty one.
  package var element: Element? {
    guard !hashes.isEmpty else { return nil }
    let nvpair = Element(
      "nvpair",
      [Attribute("id", Self.setID + "-1"), Attribute("name", Self.setID), Attribute("value", text)])
    return Element("cluster_property_set", [Attribute("id", Self.setID)], children: [.element(nvpair)])
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()
  /// Digits of six bits: 48 bits, one collision in a million clusters of 20,000 objects.
  private static let width = 8

  /// FNV-1a, folded to 48 bits.
  private static func hash(_ entry: Entry) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: String) {
      for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    let (space, name, part) = entry.words
    add(space)
    add("/")
    add(name)
    if let part {
      add("/")
      add(part)
    }
    return (hash ^ hash >> 48) & 0xffff_ffff_ffff
  }
}

extension Element {
  /// A configuration, or a part of one, with a mark on the values that the record knows to be secret.
  ///
  /// - Parameter owner: what the element is a part of, if it is no object itself.
  package func markingSecrets(_ record: Record, owner: String = "") -> Element {
    guard !record.isEmpty else { return self }
    var owner = owner
    if ObjectKind(elementName: name) != nil {
      owner = self["uname"] ?? id ?? ""
    } else if Section(elementName: name) != nil {
      owner = name
    }
    var result = self
    if name == "nvpair", record.contains(.secret(owner: owner, name: self["name"] ?? "")) {
      result[ValueSource.secretMark] = "yes"
    }
    for index in result.children.indices {
      guard case .element(let child) = result.children[index] else { continue }
      result.children[index] = .element(child.markingSecrets(record, owner: owner))
    }
    return result
  }
}
