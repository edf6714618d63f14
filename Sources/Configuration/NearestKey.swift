/// The known key that a mistyped one was most likely meant to be, nil if none is near: at most two letters inserted,
/// left out, exchanged or swapped with their neighbour, or a key of which only the beginning was written.
func nearestKey(to mistyped: String, among known: [String]) -> String? {
  // Longer than any key, and the distance takes time with the square of the length.
  guard mistyped.utf8.count <= 32 else { return nil }
  let typed = Array(mistyped.utf8)
  var nearest: (key: String, distance: Int)?
  for key in known {
    let letters = Array(key.utf8)
    let isBeginning = typed.count >= 3 && letters.starts(with: typed)
    let distance = isBeginning ? 1 : editDistance(typed, letters)
    // As many edits as there are letters would turn any short key into any other.
    if distance <= 2, distance < letters.count - 1, distance < nearest?.distance ?? .max { nearest = (key, distance) }
  }
  return nearest?.key
}

private func editDistance(_ from: [UInt8], _ to: [UInt8]) -> Int {
  var beforePrevious: [Int] = []
  var previous = Array(0...to.count)
  for (row, letter) in from.enumerated() {
    var current = [row + 1]
    for (column, other) in to.enumerated() {
      let exchanged = previous[column] + (letter == other ? 0 : 1)
      var least = min(exchanged, previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, letter == to[column - 1], from[row - 1] == other {
        least = min(least, beforePrevious[column - 1] + 1)
      }
      current.append(least)
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[to.count]
}
