import Glibc

/// One XML element: a name, attributes in their order, and children in theirs.
///
/// A value type: two configurations share whatever is alike between them, and comparing shared parts costs
/// nothing, since Swift's arrays compare their storage first.
package struct Element: Equatable, Sendable {
  package var name: String
  package var attributes: [Attribute]
  package var children: [Node]
  /// Where the start tag (or, in a native document, the key) stands in its source. No part of what the element
  /// says: it never counts in a comparison.
  package var position: SourcePosition

  package init(
    _ name: String, _ attributes: [Attribute] = [], children: [Node] = [], position: SourcePosition = .unknown
  ) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.position = position
  }

  package static func == (left: Element, right: Element) -> Bool {
    left.name == right.name && left.attributes == right.attributes && left.children == right.children
  }
}

package struct Attribute: Equatable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  package static func == (left: Attribute, right: Attribute) -> Bool {
    left.name.isIdentical(to: right.name) && left.value.isIdentical(to: right.value)
  }
}

extension String {
  /// Whether the two are the same byte for byte. Swift's `==` also holds for different spellings of the same
  /// characters (é as one scalar or two), which agents tell apart.
  package func isIdentical(to other: String) -> Bool {
    // Most strings differ in length, which is known without looking at them.
    guard utf8.count == other.utf8.count, self == other else { return false }
    // Up to 15 bytes lie in the string itself, and were compared as they are if they are ASCII.
    let areSame = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
      }
    }
    return isEmpty || areSame?.flatMap(\.self) ?? utf8.elementsEqual(other.utf8)
  }
}

extension String {
  /// Whether the other one stands in it at this place, counted in bytes.
  package func has(_ part: String, at offset: Int) -> Bool {
    guard offset + part.utf8.count <= utf8.count else { return false }
    let isThere = utf8.withContiguousStorageIfAvailable { text in
      part.utf8.withContiguousStorageIfAvailable { part in
        part.isEmpty || memcmp(text.baseAddress! + offset, part.baseAddress!, part.count) == 0
      }
    }
    return isThere?.flatMap(\.self) ?? utf8.dropFirst(offset).starts(with: part.utf8)
  }
}

/// A child of an element. Text is kept only where it is more than white space; a CIB has none.
package enum Node: Equatable, Sendable {
  case element(Element)
  case comment(String)
  case text(String)

  package var element: Element? {
    if case .element(let element) = self { return element }
    return nil
  }
}

/// Line and column, both from 1, the column in characters; `unknown` is line 0.
package struct SourcePosition: Hashable, Sendable, Comparable {
  package var line: UInt32
  package var column: UInt32

  package init(line: Int, column: Int) {
    self.line = UInt32(clamping: line)
    self.column = UInt32(clamping: column)
  }

  package static let unknown = SourcePosition(line: 0, column: 0)

  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

// MARK: - Reading and changing

extension Element {
  /// The value of the attribute, or nil where the element does not have it. Setting nil removes it.
  package subscript(attribute: String) -> String? {
    get {
      for candidate in attributes
      where candidate.name.utf8.count == attribute.utf8.count && candidate.name == attribute {
        return candidate.value
      }
      return nil
    }
    set {
      let index = attributes.firstIndex { $0.name == attribute }
      switch (index, newValue) {
      case (let index?, let value?): attributes[index].value = value
      case (nil, let value?): attributes.append(Attribute(attribute, value))
      case (let index?, nil): attributes.remove(at: index)
      case (nil, nil): break
      }
    }
  }

  package var id: String? { self["id"] }

  /// The child elements, without comments and text.
  package var elements: [Element] { children.compactMap(\.element) }

  package func elements(named name: String) -> [Element] {
    children.compactMap { child in
      guard let element = child.element, element.name == name else { return nil }
      return element
    }
  }

  package func first(_ name: String) -> Element? {
    for case .element(let element) in children where element.name == name { return element }
    return nil
  }

  package mutating func append(_ element: Element) {
    children.append(.element(element))
  }
}
