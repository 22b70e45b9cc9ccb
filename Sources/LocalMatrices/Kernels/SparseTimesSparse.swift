// C = A B, C m x n, A m x k, B k x n, all compressed by rows: row i of C is the sum of a_ij times row j of
// B, gathered in a dense accumulator of n elements with a mark per element, then sorted.
// 2 f flops for f = sum over nonzeros a_ij of nnz(B(j,:)); O(m + n + f + sort) time, O(n) workspace.
// Source: Gustavson, Two Fast Algorithms for Sparse Matrices, ACM TOMS 4, 1978.

import Numerics

extension SparseMatrix {
  /// A B, compressed by rows. Entries that cancel stay as stored zeros.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows.
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
  var mark = [Int](repeating: -1, count: b.columns)
  var row: [Int32] = []
  var offsets = [0]
  offsets.reserveCapacity(a.rows + 1)
  var indices: [Int32] = []
  var values: [S] = []
  for i in 0..<a.rows {
    row.removeAll(keepingCapacity: true)
    for q in a.offsets[i]..<a.offsets[i + 1] {
      let factor = a.storage[q]
      let j = Int(a.indices[q])
      for r in b.offsets[j]..<b.offsets[j + 1] {
        let column = Int(b.indices[r])
        if mark[column] == i {
          accumulator[column] += factor * b.storage[r]
        } else {
          mark[column] = i
          accumulator[column] = factor * b.storage[r]
          row.append(b.indices[r])
        }
      }
    }
    row.sort()
    indices += row
    for column in row { values.append(accumulator[Int(column)]) }
    offsets.append(indices.count)
  }
  return SparseMatrix(
    unchecked: a.rows, b.columns, axis: .rows, offsets: offsets, indices: indices, values)
}
