/// A value that is to be the cluster's, where the cluster has none.
package struct MissingSecret: Equatable {
  package var name: String
  /// Whether it is an attribute of an element, such as a description: no document can take that from a file.
  package var isAttribute: Bool

  package init(_ name: String, isAttribute: Bool = false) {
    self.name = name
    self.isAttribute = isAttribute
  }
}
