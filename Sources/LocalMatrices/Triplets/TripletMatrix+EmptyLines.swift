// The same entries without rows and columns that have none: a matrix of 10^9 rows and three entries becomes 3
// x 3 or smaller. Norms, sums and singular values stay. O(z log z) for z entries, whatever the shape.

extension TripletMatrix {
  /// The matrix without its empty rows and columns, the order of the others kept; itself when its shape is
  /// small beside its number of entries anyway.
  public func withoutEmptyLines() -> TripletMatrix {
    guard Swift.max(rows, columns) > Swift.max(1 << 20, 8 * entryCount) else { return self }
    let (newRows, rowCount) = renumbered(rowIndices)
    let (newColumns, columnCount) = renumbered(columnIndices)
    return TripletMatrix(
      unchecked: rowCount, columnCount, conjugated: isConjugated, newRows, newColumns, storage)
  }
}

/// The indices replaced by their ranks among the distinct ones, and how many of those there are.
private func renumbered(_ indices: [Int32]) -> ([Int32], Int) {
  var distinct: [Int32] = []
  for index in indices.sorted() where index != distinct.last { distinct.append(index) }
  let ranks = indices.map { index in
    var (low, high) = (0, distinct.count)
    while low < high {
      let middle = (low + high) / 2
      if distinct[middle] < index { low = middle + 1 } else { high = middle }
    }
    return Int32(truncatingIfNeeded: low)
  }
  return (ranks, distinct.count)
}
