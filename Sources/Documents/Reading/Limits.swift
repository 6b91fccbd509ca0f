/// What no sensible document comes near, and what keeps a hostile one from taking all memory or the stack.
enum Limits {
  static let documentSize = 64 << 20
  static let nesting = 100
  /// Values that aliases may add to a YAML document by being expanded.
  static let aliasedValues = 1_000_000
}
