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
  public static func stackedRows(_ parts: [SparseMatrix]) throws(LinearAlgebraError) -> SparseMatrix {
    guard let first = parts.first else {
      throw .invalidArgument("stacking needs at least one matrix")
    }
    var placed: [Placed] = []
    var rows = 0
    for part in parts {
      guard part.columns == first.columns else {
        throw .shapeMismatch(operation: "stacking rows", left: first.shape, right: part.shape)
      }
      placed.append((rows, 0, part.compressed(by: .rows).resolved()))
      rows += part.rows
    }
    try checkDimensions(rows, first.columns)
    return stacked(rows, first.columns, placed)
  }

  /// Compressed rows, and where the first of their elements stands in a larger matrix.
  typealias Placed = (row: Int, column: Int, matrix: SparseMatrix)

  /// The matrix of parts that stand one below the other, in that order: entries of each stay together. O(size of the
  /// result).
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  static func stacked(_ rows: Int, _ columns: Int, _ placed: [Placed]) -> SparseMatrix {
    let count = placed.reduce(0) { $0 + $1.matrix.nonzeroCount }
    var (indices, values): ([Int32], [S]) = ([], [])
    let offsets = [Int](inLargePages: rows + 1) { offsets, offsetCount in
      indices = [Int32](inLargePages: count) { indices, indexCount in
        values = [S](inLargePages: count) { values, valueCount in
          // How many rows and entries there are so far; a row without a part ends where it begins.
          var (row, end) = (0, 0)
          for (first, column, matrix) in placed {
            offsets[row..<first + 1].initialize(repeating: end)
            matrix.offsets.withUnsafeBufferPointer {
              for i in 1..<matrix.rows + 1 { offsets.initializeElement(at: first + i, to: end + $0[i]) }
            }
            let shift = Int32(truncatingIfNeeded: column)
            matrix.indices.withUnsafeBufferPointer {
              for q in 0..<$0.count { indices.initializeElement(at: end + q, to: $0[q] + shift) }
            }
            _ = values[end...].initialize(fromContentsOf: matrix.storage)
            (row, end) = (first + matrix.rows, end + matrix.nonzeroCount)
          }
          offsets[row..<rows + 1].initialize(repeating: end)
          valueCount = count
        }
        indexCount = count
      }
      offsetCount = rows + 1
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: .rows, offsets: offsets, indices: indices, values)
  }
}
