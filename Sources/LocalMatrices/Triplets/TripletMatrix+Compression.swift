// Triplets to compressed rows or columns: two stable counting sorts, by minor then by major index
// (Gustavson, Two Fast Algorithms for Sparse Matrices, ACM TOMS 4, 1978), then a sweep that adds up
// duplicates in the order of the list. O(m + n + z) time, O(m + n + z) memory.

import Numerics

extension TripletMatrix {
  /// The compressed form by `axis`, indices sorted, duplicates added up, stored zeros kept.
  ///
  /// - Throws: `outOfMemory` when the offsets of a huge shape would not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func compressed(by axis: CompressedAxis = .rows) throws(LinearAlgebraError)
    -> SparseMatrix<S>
  {
    let (major, minor) = axis == .rows ? (rows, columns) : (columns, rows)
    try MemoryGuard.check(
      "the compressed form of \(shape)", Swift.max(major, minor), 2, bytesPerElement: 8)
    let majors = axis == .rows ? rowIndices : columnIndices
    let minors = axis == .rows ? columnIndices : rowIndices
    let byMinor = countingSort(minors, groups: minor, order: nil).order
    let (order, starts) = countingSort(majors, groups: major, order: byMinor)

    var offsets = [Int](repeating: 0, count: major + 1)
    var indices: [Int32] = []
    var values: [S] = []
    indices.reserveCapacity(storage.count)
    values.reserveCapacity(storage.count)
    for p in 0..<major {
      let first = indices.count
      for q in starts[p]..<starts[p + 1] {
        let entry = order[q]
        if indices.count > first, indices[indices.count - 1] == minors[entry] {
          values[values.count - 1] += storage[entry]
        } else {
          indices.append(minors[entry])
          values.append(storage[entry])
        }
      }
      offsets[p + 1] = indices.count
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: isConjugated, offsets: offsets,
      indices: indices, values)
  }

  /// The dense form, duplicates added up. O(mn + z).
  ///
  /// - Throws: `outOfMemory` when it would not fit this machine.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func dense(order: StorageOrder = .columnMajor) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try MemoryGuard.check(
      "the dense form of \(shape)", rows, columns, bytesPerElement: MemoryLayout<S>.stride)
    var result = DenseMatrix<S>(zeros: rows, columns, order: order)
    let stride = result.leadingDimension
    result.storage.withUnsafeMutableBufferPointer { target in
      forEach { i, j, value in
        target[order == .columnMajor ? j * stride + i : i * stride + j] += value
      }
    }
    return result
  }
}

/// A stable order of the entries by `keys` (below `groups`), starting from `order` or the list's own.
private func countingSort(_ keys: [Int32], groups: Int, order: [Int]?) -> (
  order: [Int], starts: [Int]
) {
  var starts = [Int](repeating: 0, count: groups + 1)
  for key in keys { starts[Int(key) + 1] += 1 }
  for g in 0..<groups { starts[g + 1] += starts[g] }
  var next = starts
  var sorted = [Int](repeating: 0, count: keys.count)
  for q in 0..<keys.count {
    let entry = order?[q] ?? q
    let key = Int(keys[entry])
    sorted[next[key]] = entry
    next[key] += 1
  }
  return (sorted, starts)
}
