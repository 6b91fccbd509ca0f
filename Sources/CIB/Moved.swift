/// What changes places between two orders: as few as explain the new one. What only one of them has does not count.
package func moved(from before: [String], to after: [String]) -> Set<String> {
  let places = Dictionary(zip(before, before.indices)) { _, last in last }
  let stayed = after.filter { places[$0] != nil }
  let steady = Set(longestIncreasing(stayed.map { places[$0]! }))
  return Set(stayed.filter { !steady.contains(places[$0]!) })
}

/// A longest strictly increasing subsequence, in n log n.
package func longestIncreasing(_ numbers: [Int]) -> [Int] {
  var tails: [Int] = []
  var previous = [Int](repeating: -1, count: numbers.count)
  for (index, number) in numbers.enumerated() {
    var low = 0
    var high = tails.count
    while low < high {
      let middle = (low + high) / 2
      if numbers[tails[middle]] < number { low = middle + 1 } else { high = middle }
    }
    if low > 0 { previous[index] = tails[low - 1] }
    if low == tails.count { tails.append(index) } else { tails[low] = index }
  }
  var result: [Int] = []
  var at = tails.last ?? -1
  while at >= 0 {
    result.append(numbers[at])
    at = previous[at]
  }
  return result.reversed()
}
