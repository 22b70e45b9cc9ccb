// P A Q = L U, A n x n sparse, P a row permutation from partial pivoting, Q a column order that keeps fill
// low (AMD of A^H A without dense rows). Left-looking: time proportional to the flops. 16 bytes per entry of
// L and U (24 complex). Source: Gilbert, Peierls 1988; Davis, Direct Methods for Sparse Linear Systems, 6.2;
// CXSparse.

import Numerics

/// The sparse LU factorization with partial pivoting of a square matrix.
public struct SparseLU<S: Scalar>: Sendable {
  /// n by n.
  public let shape: Shape
  /// Nil for the empty matrix.
  private let factor: CXSparseFactor?

  fileprivate init(shape: Shape, _ factor: CXSparseFactor?) {
    self.shape = shape
    self.factor = factor
  }

  /// The entries of L and U together: what the fill has made of the nonzeros of A.
  public var factorNonzeroCount: Int { factor?.storedCount ?? 0 }

  /// The least |u_kk| over the largest: tiny when the matrix is nearly singular, no bound of its condition.
  /// O(n).
  public var pivotRatio: S.Real {
    guard let factor else { return 1 }
    let pivots = (0..<shape.rows).map { factor.pivot($0).size }
    return S.Real((pivots.min() ?? 1) / (pivots.max() ?? 1))
  }

  /// The solution X of A X = B, n by the columns of B. O(entries of the factors) per column; Float is
  /// computed in Double.
  ///
  /// - Throws: `shapeMismatch` when B does not have n rows, `notFinite` for NaN or infinity in B.
  public func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    guard let factor else { return try solved(shape, b) { _, _, _ in 0 } }
    return try factor.solve(.lu, b)
  }

  /// The solution x of A x = b.
  ///
  /// - Throws: as for a matrix of right sides.
  public func solve(_ b: [S]) throws(LinearAlgebraError) -> [S] { try solve(DenseMatrix(column: b)).storage }
}

extension SparseMatrix {
  /// P A Q = L U with partial pivoting and a fill-reducing column order, to be solved with any number of
  /// times. Time and memory depend on the fill, at worst O(n^3) and O(n^2).
  ///
  /// - Throws: `singular` with a column of A for which no nonzero pivot is left, `invalidArgument` when A is
  ///   not square, `notFinite` for NaN or infinity in A, `outOfMemory`.
  public func sparseLU() throws(LinearAlgebraError) -> SparseLU<S> {
    guard rows == columns else {
      throw .invalidArgument("a sparse LU factorization needs a square matrix, this one is \(shape)")
    }
    guard rows > 0 else { return SparseLU(shape: shape, nil) }
    if let factor = try CXSparseFactor(.lu, try CXSparseMatrix(self)) {
      return SparseLU(shape: shape, factor)
    }
    throw .singular(pivot: try columnWithoutPivot())
  }

  /// The column whose pivot is least once A is moved away from singularity: CXSparse does not tell where it
  /// stopped.
  private func columnWithoutPivot() throws(LinearAlgebraError) -> Int {
    let largest = norm(.max)
    let shift = S(real: largest == 0 ? 1 : largest * S.Real.ulpOfOne)
    let diagonal = SparseMatrix(
      unchecked: rows, rows, axis: .columns, offsets: Array(0...rows), indices: (0..<rows).map { Int32($0) },
      [S](repeating: shift, count: rows))
    guard let factor = try CXSparseFactor(.lu, try CXSparseMatrix(self + diagonal)) else { return 0 }
    return (0..<rows).lazy.map(factor.pivot).min { $0.size < $1.size }?.column ?? 0
  }
}
