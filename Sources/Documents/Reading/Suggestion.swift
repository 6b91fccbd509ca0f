import Desired

/// "Did you mean …?"
enum Suggestion {
  /// The word that is most likely meant, if one is near enough.
  static func nearest(to word: String, among words: [String]) -> String? {
    let plain = normalized(word)
    var best: (word: String, distance: Int)?
    for candidate in words {
      let other = normalized(candidate)
      // Of a short word little may be wrong, or everything is near everything.
      let limit = min(2, max(plain.count, other.count) / 3)
      guard abs(plain.count - other.count) <= limit else { continue }
      let distance = editDistance(plain, other)
      if distance <= limit && distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
  }

  static func hint(for word: String, among words: [String]) -> String? {
    nearest(to: word, among: words).map { "did you mean '\($0)'?" }
  }

  /// Case and the choice between `_` and `-` are the commonest slips and count for nothing.
  private static func normalized(_ word: String) -> [UInt8] {
    word.utf8.prefix(80).map { byte in
      switch byte {
      case UInt8(ascii: "_"): UInt8(ascii: "-")
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      default: byte
      }
    }
  }
}
