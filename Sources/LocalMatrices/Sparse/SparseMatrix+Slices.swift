// Parts of a sparse matrix. Along the compressed axis a slice copies its entries only; across it every
// major vector is searched: O(major log + entries of the result).

import Numerics

extension SparseMatrix {
  /// The submatrix of the given rows and columns (zero-based ranges), compressed as this matrix is.
  ///
  /// - Throws: `invalidArgument` when a range leaves the matrix.
  public subscript(rowRange: Range<Int>, columnRange: Range<Int>) -> SparseMatrix {
    get throws(LinearAlgebraError) {
      guard rowRange.lowerBound >= 0, rowRange.upperBound <= rows, columnRange.lowerBound >= 0,
        columnRange.upperBound <= columns
      else {
        throw .invalidArgument("rows \(rowRange), columns \(columnRange) leave \(shape)")
      }
      let (major, minor) = axis == .rows ? (rowRange, columnRange) : (columnRange, rowRange)
      return minor == 0..<(axis == .rows ? columns : rows) ? majorSlice(major) : slice(major, minor)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  private func slice(_ major: Range<Int>, _ minor: Range<Int>) -> SparseMatrix {
    var newOffsets = [0]
    var newIndices: [Int32] = []
    var newValues: [S] = []
    newOffsets.reserveCapacity(major.count + 1)
    for p in major {
      let entries = firstEntry(of: p, from: minor.lowerBound)..<firstEntry(of: p, from: minor.upperBound)
      newIndices.append(
        contentsOf: indices[entries].lazy.map { $0 - Int32(truncatingIfNeeded: minor.lowerBound) })
      newValues.append(contentsOf: storage[entries])
      newOffsets.append(newIndices.count)
    }
    let (rows, columns) = axis == .rows ? (major.count, minor.count) : (minor.count, major.count)
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, conjugated: isConjugated, offsets: newOffsets,
      indices: newIndices, newValues)
  }

  /// The major vectors of the given range, whole: three blocks to copy.
  private func majorSlice(_ major: Range<Int>) -> SparseMatrix {
    let (first, last) = (offsets[major.lowerBound], offsets[major.upperBound])
    return SparseMatrix(
      unchecked: axis == .rows ? major.count : rows, axis == .rows ? columns : major.count, axis: axis,
      conjugated: isConjugated, offsets: offsets[major.lowerBound...major.upperBound].map { $0 - first },
      indices: Array(indices[first..<last]), Array(storage[first..<last]))
  }

  /// The first entry of major vector `p` whose minor index is at least `bound`.
  private func firstEntry(of p: Int, from bound: Int) -> Int {
    var (low, high) = (offsets[p], offsets[p + 1])
    while low < high {
      let middle = (low + high) / 2
      if Int(indices[middle]) < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The matrices one below the other, compressed by rows. O(size of the result).
  ///
  /// - Throws: `shapeMismatch` when the numbers of columns differ, `invalidArgument` for no matrix,
  ///   `tooLarge` beyond 2^31-1 rows.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func stackedRows(_ parts: [SparseMatrix]) throws(LinearAlgebraError) -> SparseMatrix {
    guard let first = parts.first else {
      throw .invalidArgument("stacking needs at least one matrix")
    }
    var offsets = [0]
    var indices: [Int32] = []
    var values: [S] = []
    for part in parts {
      guard part.columns == first.columns else {
        throw .shapeMismatch(operation: "stacking rows", left: first.shape, right: part.shape)
      }
      let byRows = part.compressed(by: .rows)
      let start = indices.count
      offsets += byRows.offsets.dropFirst().lazy.map { $0 + start }
      indices += byRows.indices
      values += byRows.values
    }
    try checkDimensions(offsets.count - 1, first.columns)
    return SparseMatrix(
      unchecked: offsets.count - 1, first.columns, axis: .rows, offsets: offsets, indices: indices,
      values)
  }
}
