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
      let distance = distance(plain, other)
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

  /// The Damerau-Levenshtein distance: insertions, deletions, replacements, and neighbours swapped.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
        var least = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column] {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
