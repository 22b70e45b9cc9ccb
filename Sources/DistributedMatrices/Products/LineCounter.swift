// How often each index comes in a list, as far as sums of squares and the largest go: in a table, or where the
// list is much shorter than the range of its indices by hashing, so that time and memory are O(indices) either
// way, and O(2) for two elements of a matrix of a billion columns.

/// Counts equal indices.
struct LineCounter {
  private var table: [Int32]
  private var hashed: [Int32: Int32] = [:]

  /// A counter of indices in 0..<`extent`, of which about `expected` will come.
  init(extent: Int, expected: Int) {
    table = extent <= 4 * expected + 64 ? Array(repeating: 0, count: extent) : []
  }

  /// Takes in the indices in `range`.
  mutating func count(_ indices: [Int32], _ range: Range<Int>, into lines: inout LineCounts) {
    guard !table.isEmpty else {
      for q in range {
        let before = hashed[indices[q], default: 0]
        hashed[indices[q]] = before + 1
        lines.grow(line: Int(before))
      }
      return
    }
    for q in range {
      let index = Int(indices[q])
      lines.grow(line: Int(table[index]))
      table[index] += 1
    }
  }

  /// Forgets the indices in `range`, which are all that have come.
  mutating func forget(_ indices: [Int32], _ range: Range<Int>) {
    hashed = [:]
    if !table.isEmpty { for q in range { table[Int(indices[q])] = 0 } }
  }
}
