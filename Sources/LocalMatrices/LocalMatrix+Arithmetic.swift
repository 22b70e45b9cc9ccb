// alpha A + beta B and A .* B for tiles that are dense or sparse: a sum with a dense term is dense, an
// elementwise product with a sparse factor is sparse. O(stored elements), O(mn) when dense.

import Numerics

extension LocalMatrix {
  /// A + B: sparse when both are, dense otherwise.
  ///
  /// - Throws: `shapeMismatch`, `outOfMemory`.
  public static func + (a: LocalMatrix, b: LocalMatrix) throws(LinearAlgebraError) -> LocalMatrix {
    switch (a, b) {
    case (.dense(let a), .dense(let b)): .dense(try a + b)
    case (.sparse(let a), .sparse(let b)): .sparse(try a + b)
    case (.dense(let a), .sparse(let b)): .dense(try a + b.checkedDense(beside: a.shape, a.order))
    case (.sparse(let a), .dense(let b)): .dense(try a.checkedDense(beside: b.shape, b.order) + b)
    }
  }

  /// A - B: sparse when both are, dense otherwise.
  ///
  /// - Throws: `shapeMismatch`, `outOfMemory`.
  public static func - (a: LocalMatrix, b: LocalMatrix) throws(LinearAlgebraError) -> LocalMatrix {
    switch (a, b) {
    case (.dense(let a), .dense(let b)): .dense(try a - b)
    case (.sparse(let a), .sparse(let b)): .sparse(try a - b)
    case (.dense(let a), .sparse(let b)): .dense(try a - b.checkedDense(beside: a.shape, a.order))
    case (.sparse(let a), .dense(let b)): .dense(try a.checkedDense(beside: b.shape, b.order) - b)
    }
  }

  /// alpha A.
  public static func * (alpha: S, a: LocalMatrix) -> LocalMatrix {
    switch a {
    case .dense(let a): .dense(alpha * a)
    case .sparse(let a): .sparse(alpha * a)
    }
  }

  /// A .* B: dense when both are, sparse otherwise. Places where a sparse factor stores nothing are zero,
  /// whatever the other has there.
  ///
  /// - Throws: `shapeMismatch`.
  public func elementwiseProduct(_ b: LocalMatrix) throws(LinearAlgebraError) -> LocalMatrix {
    guard shape == b.shape else {
      throw .shapeMismatch(operation: "elementwise product", left: shape, right: b.shape)
    }
    switch (self, b) {
    case (.dense(let a), .dense(let b)): return .dense(try a.elementwiseProduct(b))
    case (.sparse(let a), .dense(let b)): return .sparse(a.mapEntries { $2 * b[$0, $1] })
    case (.dense(let a), .sparse(let b)): return .sparse(b.mapEntries { a[$0, $1] * $2 })
    case (.sparse(let a), .sparse(let b)): return .sparse(a.intersection(b) { $0 * $1 })
    }
  }

  /// The matrix of `transform` applied to every element. A sparse matrix stays sparse where zero stays zero.
  ///
  /// - Throws: `outOfMemory` when a sparse matrix becomes a dense one that does not fit this machine.
  public func map(_ transform: (S) -> S) throws(LinearAlgebraError) -> LocalMatrix {
    switch self {
    case .dense(let a): return .dense(a.map(transform))
    case .sparse(let a):
      guard transform(0) != 0 else { return .sparse(a.mapStored(transform)) }
      return .dense(try a.dense(order: .rowMajor).map(transform))
    }
  }
}

extension SparseMatrix {
  fileprivate func checkedDense(beside other: Shape, _ order: StorageOrder) throws(LinearAlgebraError)
    -> DenseMatrix<S>
  {
    guard shape == other else { throw .shapeMismatch(operation: "addition", left: shape, right: other) }
    return try dense(order: order)
  }

  /// The matrix of `transform(row, column, value)` at the stored places.
  fileprivate func mapEntries(_ transform: (Int, Int, S) -> S) -> SparseMatrix {
    var mapped: [S] = []
    mapped.reserveCapacity(nonzeroCount)
    forEach { mapped.append(transform($0, $1, $2)) }
    return SparseMatrix(unchecked: rows, columns, axis: axis, offsets: offsets, indices: indices, mapped)
  }

  /// The matrix of `combine` at the places that both store.
  fileprivate func intersection(_ b: SparseMatrix, _ combine: (S, S) -> S) -> SparseMatrix {
    let (right, leftValues) = (b.compressed(by: axis), values)
    let rightValues = right.values
    var newOffsets = [0]
    var newIndices: [Int32] = []
    var newValues: [S] = []
    for p in 0..<majorCount {
      var (q, r) = (offsets[p], right.offsets[p])
      while q < offsets[p + 1], r < right.offsets[p + 1] {
        if indices[q] < right.indices[r] {
          q += 1
        } else if right.indices[r] < indices[q] {
          r += 1
        } else {
          newIndices.append(indices[q])
          newValues.append(combine(leftValues[q], rightValues[r]))
          q += 1
          r += 1
        }
      }
      newOffsets.append(newIndices.count)
    }
    return SparseMatrix(
      unchecked: rows, columns, axis: axis, offsets: newOffsets, indices: newIndices, newValues)
  }
}
