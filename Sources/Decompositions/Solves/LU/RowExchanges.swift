// The exchanges of rows that bring chosen rows to the top of what is left, one after the other as partial pivoting
// makes them, as one permutation: the rows that have moved at the end. O(w) for w rows.

/// Where the rows of a matrix have gone.
struct RowExchanges {
  /// What is in a row that has changed, by the number it had before.
  private var content: [Int: Int] = [:]

  /// Row `rows[t]` is exchanged for what is in row `first + t` then, t = 0, 1, ...
  init(bringing rows: [Int], to first: Int) {
    var place: [Int: Int] = [:]
    for (t, row) in rows.enumerated() {
      let (target, from) = (first + t, place[row] ?? row)
      let displaced = content[target] ?? target
      (content[target], content[from]) = (row, displaced)
      (place[row], place[displaced]) = (target, from)
    }
    content = content.filter { $0.key != $0.value }
  }

  /// The rows that move, by their new places: row `to[t]` becomes what row `from[t]` was.
  var moves: (from: [Int], to: [Int]) {
    let places = content.keys.sorted()
    return (places.compactMap { content[$0] }, places)
  }

  /// `permutation` after the exchanges.
  func applied(to permutation: [Int]) -> [Int] {
    var result = permutation
    for (place, row) in content { result[place] = permutation[row] }
    return result
  }
}
