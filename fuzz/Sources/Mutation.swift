import Documents
import XML

struct Dice {
  var state: UInt64

  mutating func roll(_ sides: Int) -> Int {
    // SplitMix64.
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ z >> 31) % UInt64(sides))
  }

  mutating func pick<T>(_ items: [T]) -> T { items[roll(items.count)] }
}

/// Changes trees rather than bytes: nearly every byte changed at random makes a document that is refused at once.
enum Mutation {
  /// - Returns: nil where the bytes are no such parts.
  static func mutated(_ bytes: [UInt8], _ kinds: [Target.Part], _ dice: inout Dice) -> [UInt8]? {
    var parts = bytes.split(separator: 0, maxSplits: kinds.count - 1, omittingEmptySubsequences: false).map(Array.init)
    guard parts.count == kinds.count else { return nil }
    let index = dice.roll(kinds.count)
    let times = 1 + dice.roll(3)
    switch kinds[index] {
    case .text: parts[index] = [UInt8](dice.pick(Words.flags).utf8)
    case .xml:
      guard var root = try? Element(parsing: parts[index]) else { return nil }
      for _ in 0..<times { mutate(&root, &dice) }
      var writer = XMLWriter(isIndenting: false)
      writer.write(root)
      parts[index] = writer.bytes
    case .json:
      let (read, diagnostics) = JSONReader.read(parts[index], document: "")
      guard var value = read, diagnostics.isEmpty else { return nil }
      for _ in 0..<times { mutate(&value, &dice) }
      parts[index] = JSONEmitter.bytes(of: value, isCompact: true)
    }
    return Array(parts.joined(separator: [0]))
  }

  // MARK: XML

  private static func mutate(_ root: inout Element, _ dice: inout Dice) {
    let count = root.count
    let place = dice.roll(count)
    switch dice.roll(12) {
    case 0: edit(&root, place) { if !$0.children.isEmpty { $0.children.remove(at: dice.roll($0.children.count)) } }
    case 1:
      edit(&root, place) { element in
        guard let child = element.children.randomElement(&dice) else { return }
        element.children.insert(child, at: dice.roll(element.children.count + 1))
      }
    case 2:
      edit(&root, place) { element in
        guard element.children.count > 1 else { return }
        element.children.swapAt(dice.roll(element.children.count), dice.roll(element.children.count))
      }
    case 3, 4:
      let copy = element(of: root, dice.roll(count))
      guard copy.count < 40 else { return }
      edit(&root, place) { $0.children.insert(.element(copy), at: dice.roll($0.children.count + 1)) }
    case 5:
      let new = Element(dice.pick(Words.elements), [Attribute("id", dice.pick(Words.values))])
      edit(&root, place) { $0.children.insert(.element(new), at: dice.roll($0.children.count + 1)) }
    case 6: edit(&root, place) { if place > 0 { $0.name = dice.pick(Words.elements) } }
    case 7:
      edit(&root, place) { if !$0.attributes.isEmpty { $0.attributes.remove(at: dice.roll($0.attributes.count)) } }
    case 8: edit(&root, place) { $0[dice.pick(Words.attributes)] = dice.pick(Words.values) }
    case 9:
      let other = element(of: root, dice.roll(count))
      guard let value = other.attributes.randomElement(&dice)?.value else { return }
      edit(&root, place) { element in
        guard !element.attributes.isEmpty else { return }
        element.attributes[dice.roll(element.attributes.count)].value = value
      }
    case 10: edit(&root, place) { $0.children.insert(.comment(" c "), at: dice.roll($0.children.count + 1)) }
    default:
      edit(&root, place) { element in
        guard !element.attributes.isEmpty else { return }
        element.attributes[dice.roll(element.attributes.count)].value = dice.pick(Words.values)
      }
    }
  }

  /// The element of this number, counted in the order of the document.
  private static func element(of root: Element, _ place: Int) -> Element {
    var copy = root
    var found = root
    edit(&copy, place) { found = $0 }
    return found
  }

  private static func edit(_ root: inout Element, _ place: Int, _ change: (inout Element) -> Void) {
    var left = place
    func visit(_ element: inout Element) -> Bool {
      if left == 0 {
        change(&element)
        return true
      }
      left -= 1
      for index in element.children.indices {
        guard case .element(var child) = element.children[index] else { continue }
        if visit(&child) {
          element.children[index] = .element(child)
          return true
        }
      }
      return false
    }
    _ = visit(&root)
  }

  // MARK: JSON

  private static func mutate(_ root: inout NativeValue, _ dice: inout Dice) {
    let count = root.count
    let place = dice.roll(count)
    let other = value(of: root, dice.roll(count))
    edit(&root, place) { value in
      switch value.content {
      case .map(var entries):
        switch dice.roll(7) {
        case 0: if !entries.isEmpty { entries.remove(at: dice.roll(entries.count)) }
        case 1: if entries.count > 1 { entries.swapAt(dice.roll(entries.count), dice.roll(entries.count)) }
        case 2: if !entries.isEmpty { entries[dice.roll(entries.count)].key = dice.pick(Words.keys) }
        case 3: entries.append(.init(dice.pick(Words.keys), .text(dice.pick(Words.values))))
        case 4: if other.count < 40 { entries.append(.init(dice.pick(Words.keys), other)) }
        case 5:
          guard !entries.isEmpty else { break }
          let index = dice.roll(entries.count)
          if other.count < 40 { entries[index].value = other }
        default:
          guard let entry = entries.randomElement(&dice) else { break }
          entries.insert(.init(dice.pick(Words.keys), entry.value), at: dice.roll(entries.count + 1))
        }
        // A key twice is refused at once.
        var keys: Set<String> = []
        value.content = .map(entries.filter { keys.insert($0.key).inserted })
      case .list(var items):
        switch dice.roll(4) {
        case 0: if !items.isEmpty { items.remove(at: dice.roll(items.count)) }
        case 1: if items.count > 1 { items.swapAt(dice.roll(items.count), dice.roll(items.count)) }
        case 2: items.append(.text(dice.pick(Words.values)))
        default: if other.count < 40 { items.insert(other, at: dice.roll(items.count + 1)) }
        }
        value.content = .list(items)
      default:
        switch dice.roll(8) {
        case 0: value = .null
        case 1: value = .list([value])
        case 2: value = .map([.init(dice.pick(Words.keys), value)])
        case 3: if other.count < 40 { value = other }
        default: value = .text(dice.pick(Words.values))
        }
      }
    }
  }

  private static func value(of root: NativeValue, _ place: Int) -> NativeValue {
    var copy = root
    var found = root
    edit(&copy, place) { found = $0 }
    return found
  }

  private static func edit(_ root: inout NativeValue, _ place: Int, _ change: (inout NativeValue) -> Void) {
    var left = place
    func visit(_ value: inout NativeValue) -> Bool {
      if left == 0 {
        change(&value)
        return true
      }
      left -= 1
      switch value.content {
      case .map(var entries):
        for index in entries.indices where visit(&entries[index].value) {
          value.content = .map(entries)
          return true
        }
      case .list(var items):
        for index in items.indices where visit(&items[index]) {
          value.content = .list(items)
          return true
        }
      default: break
      }
      return false
    }
    _ = visit(&root)
  }
}

extension Array {
  fileprivate func randomElement(_ dice: inout Dice) -> Element? { isEmpty ? nil : self[dice.roll(count)] }
}

extension Element {
  fileprivate var count: Int { elements.reduce(1) { $0 + $1.count } }
}

extension NativeValue {
  fileprivate var count: Int {
    switch content {
    case .map(let entries): entries.reduce(1) { $0 + $1.value.count }
    case .list(let items): items.reduce(1) { $0 + $1.count }
    default: 1
    }
  }
}
