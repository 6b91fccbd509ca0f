/// The candidate that a misspelt word was probably meant to be: the nearest within two edits (an insertion, deletion,
/// substitution, or two neighbours swapped), and no further than a third of its length.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
  let limit = min(2, max(1, word.utf8.count / 3))
  let letters = Array(word.utf8)
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    guard abs(candidate.utf8.count - letters.count) <= limit, candidate != word else { continue }
    let distance = editDistance(letters, Array(candidate.utf8))
    guard distance <= limit else { continue }
    // Of equals the first by name, whatever order they come in.
    if best.map({ (distance, candidate) < ($0.distance, $0.candidate) }) ?? true { best = (distance, candidate) }
  }
  return best?.candidate
}

/// Insertions, deletions, substitutions, and neighbours swapped, each counted as one (Damerau-Levenshtein).
package func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for i in 0..<left.count {
    var row = [i + 1]
    for j in 0..<right.count {
      var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    beforeLast = last
    last = row
  }
  return last[right.count]
}
