/// "Did you mean …?"
package enum Suggestion {
  /// The candidate that a misspelt word was probably meant to be: the nearest within two edits (an insertion, deletion,
  /// substitution, or two neighbours swapped), and no more than one for each three letters: of a short word little may be
  /// wrong, or everything is near everything. Case and the choice between `_` and `-` are the commonest slips and count
  /// for nothing. Of equals it is the first by name, whatever order they come in.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = word.utf8.map(plain)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let limit = min(2, max(letters.count, candidate.utf8.count) / 3, best?.distance ?? 2)
      guard abs(candidate.utf8.count - letters.count) <= limit else { continue }
      let found = letters.withUnsafeBufferPointer { letters in
        candidate.utf8.withContiguousStorageIfAvailable { edits(letters[...], $0[...], limit) }
      }
      guard let distance = found ?? nil, candidate != word else { continue }
      if best.map({ (distance, candidate) < ($0.distance, $0.candidate) }) ?? true { best = (distance, candidate) }
    }
    return best?.candidate
  }

  package static func hint(for word: String, among candidates: [String]) -> String? {
    nearest(to: word, among: candidates).map { "did you mean '\($0)'?" }
  }

  private typealias Letters = Slice<UnsafeBufferPointer<UInt8>>

  /// How many edits make the one the other; nil for more than the limit. What both begin and end with needs none, so that
  /// little is left to try: thousands of references to nothing are each held against thousands of ids.
  private static func edits(_ left: Letters, _ right: Letters, _ limit: Int) -> Int? {
    var (left, right) = (left, right)
    while let a = left.first, let b = right.first, plain(a) == plain(b) {
      (left, right) = (left.dropFirst(), right.dropFirst())
    }
    while let a = left.last, let b = right.last, plain(a) == plain(b) {
      (left, right) = (left.dropLast(), right.dropLast())
    }
    if left.isEmpty || right.isEmpty {
      let rest = max(left.count, right.count)
      return rest <= limit ? rest : nil
    }
    guard limit > 0, abs(left.count - right.count) <= limit else { return nil }
    let (shorterLeft, shorterRight) = (left.dropFirst(), right.dropFirst())
    var fewest: Int?
    func note(_ left: Letters, _ right: Letters) {
      guard let rest = edits(left, right, (fewest ?? limit) - 1) else { return }
      fewest = rest + 1
    }
    note(shorterLeft, right)
    note(left, shorterRight)
    note(shorterLeft, shorterRight)
    if let a = shorterLeft.first, let b = shorterRight.first, plain(left.first!) == plain(b),
      plain(a) == plain(right.first!)
    {
      note(shorterLeft.dropFirst(), shorterRight.dropFirst())
    }
    return fewest
  }

  private static func plain(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "_"): UInt8(ascii: "-")
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
    default: byte
    }
  }
}
