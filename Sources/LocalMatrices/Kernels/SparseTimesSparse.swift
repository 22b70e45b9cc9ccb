// C = A B, C m x n, A m x k, B k x n, all compressed by rows: row i of C is the sum of a_ij times row j of
// B, gathered in a dense accumulator of n elements. The columns it touched are set bits, read in order when
// that is cheaper than sorting their list: r log r or span / 64 for r columns over a span. 2 f flops for f =
// sum over nonzeros a_ij of nnz(B(j,:)); O(m + n + f + order) time, O(n) workspace. Source: Gustavson, Two
// Fast Algorithms for Sparse Matrices, ACM TOMS 4, 1978.

import Numerics

extension SparseMatrix {
  /// A B, compressed by rows. Entries that cancel stay as stored zeros.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (a: SparseMatrix, b: SparseMatrix) throws(LinearAlgebraError) -> SparseMatrix {
    guard a.columns == b.rows else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    // Two matrices by columns multiply as their transposes by rows: (B^T A^T)^T, nothing re-sorted.
    if a.axis == .columns, b.axis == .columns {
      return gustavson(b.transposed().resolved(), a.transposed().resolved()).transposed()
    }
    return gustavson(a.compressed(by: .rows).resolved(), b.compressed(by: .rows).resolved())
  }
}

@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
private func gustavson<S: Scalar>(_ a: SparseMatrix<S>, _ b: SparseMatrix<S>) -> SparseMatrix<S> {
  var accumulator = [S](repeating: 0, count: b.columns)
  var touched = [UInt](repeating: 0, count: (b.columns + UInt.bitWidth - 1) / UInt.bitWidth)
  var row: [Int32] = []
  var offsets = [0]
  offsets.reserveCapacity(a.rows + 1)
  var indices: [Int32] = []
  var values: [S] = []
  for i in 0..<a.rows {
    row.removeAll(keepingCapacity: true)
    accumulator.withUnsafeMutableBufferPointer { sums in
      touched.withUnsafeMutableBufferPointer { touched in
        for q in a.offsets[i]..<a.offsets[i + 1] {
          let factor = a.storage[q]
          let j = Int(a.indices[q])
          for r in b.offsets[j]..<b.offsets[j + 1] {
            let column = Int(b.indices[r])
            let (word, bit) = (column / UInt.bitWidth, UInt(1) << (column % UInt.bitWidth))
            if touched[word] & bit != 0 {
              sums[column] += factor * b.storage[r]
            } else {
              touched[word] |= bit
              sums[column] = factor * b.storage[r]
              row.append(b.indices[r])
            }
          }
        }
        orderAndClear(&row, touched)
      }
    }
    indices += row
    for column in row { values.append(accumulator[Int(column)]) }
    offsets.append(indices.count)
  }
  return SparseMatrix(
    unchecked: a.rows, b.columns, axis: .rows, offsets: offsets, indices: indices, values)
}

/// Sorts `columns`, whose bits are those set in `touched`, and clears the bits.
private func orderAndClear(_ columns: inout [Int32], _ touched: UnsafeMutableBufferPointer<UInt>) {
  guard let first = columns.min(), let last = columns.max() else { return }
  let words = Int(first) / UInt.bitWidth...Int(last) / UInt.bitWidth
  let comparisons = columns.count * (Int.bitWidth - columns.count.leadingZeroBitCount)
  guard words.count < comparisons else {
    columns.sort()
    for column in columns { touched[Int(column) / UInt.bitWidth] = 0 }
    return
  }
  var next = 0
  for word in words {
    var bits = touched[word]
    while bits != 0 {
      columns[next] = Int32(truncatingIfNeeded: word * UInt.bitWidth + bits.trailingZeroBitCount)
      next += 1
      bits &= bits - 1
    }
    touched[word] = 0
  }
}
