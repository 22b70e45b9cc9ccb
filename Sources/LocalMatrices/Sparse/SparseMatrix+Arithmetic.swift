// A + B, A - B, alpha A and f(values); A m x n sparse. Sums merge two sorted vectors:
// O(m + n + nonzeros of both). Entries that cancel stay as stored zeros.

import Numerics

extension SparseMatrix {
  /// A + B. The result is compressed as A is.
  ///
  /// - Throws: `shapeMismatch`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func + (a: SparseMatrix, b: SparseMatrix) throws(LinearAlgebraError) -> SparseMatrix {
    try a.merged(with: b, "addition", negated: false)
  }

  /// A - B. The result is compressed as A is.
  ///
  /// - Throws: `shapeMismatch`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func - (a: SparseMatrix, b: SparseMatrix) throws(LinearAlgebraError) -> SparseMatrix {
    try a.merged(with: b, "subtraction", negated: true)
  }

  /// alpha A.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (alpha: S, a: SparseMatrix) -> SparseMatrix { a.mapStored { alpha * $0 } }

  /// The matrix of `transform` applied to the stored values; places without an entry stay zero. O(z).
  public func mapStored<T: Scalar>(_ transform: (S) throws -> T) rethrows -> SparseMatrix<T> {
    SparseMatrix<T>(
      unchecked: rows, columns, axis: axis, offsets: offsets, indices: indices,
      try values.map(transform))
  }

  private func merged(with b: SparseMatrix, _ operation: String, negated: Bool)
    throws(LinearAlgebraError) -> SparseMatrix
  {
    guard shape == b.shape else {
      throw .shapeMismatch(operation: operation, left: shape, right: b.shape)
    }
    let right = b.compressed(by: axis)
    let leftValues = values
    let rightValues = negated ? right.values.map { -$0 } : right.values
    var newOffsets = [0]
    var newIndices: [Int32] = []
    var newValues: [S] = []
    newOffsets.reserveCapacity(offsets.count)
    newIndices.reserveCapacity(nonzeroCount + right.nonzeroCount)
    newValues.reserveCapacity(nonzeroCount + right.nonzeroCount)
    for p in 0..<majorCount {
      var (q, r) = (offsets[p], right.offsets[p])
      while q < offsets[p + 1] || r < right.offsets[p + 1] {
        let left = q < offsets[p + 1] ? indices[q] : .max
        let other = r < right.offsets[p + 1] ? right.indices[r] : .max
        var value: S = 0
        if left <= other {
          value += leftValues[q]
          q += 1
        }
        if other <= left {
          value += rightValues[r]
          r += 1
        }
        newIndices.append(min(left, other))
        newValues.append(value)
      }
      newOffsets.append(newIndices.count)
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, offsets: newOffsets, indices: newIndices, newValues)
  }
}
