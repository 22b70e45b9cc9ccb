// P A Q = [V] R, A m x n sparse, m >= n, V the Householder vectors of an orthogonal matrix, R n x n upper
// triangular, Q a column order that keeps fill low (AMD of A^H A). Solves min |b - A x|; of a wide matrix the
// adjoint is factored, which solves min |x| with A x = b. 16 bytes per entry of V and R (24 complex).
// Source: George, Heath 1980; Davis, Direct Methods for Sparse Linear Systems, 5.3; CXSparse.

import Numerics

/// The sparse QR factorization of a matrix of full rank, tall or wide.
public struct SparseQR<S: Scalar>: Sendable {
  /// m by n.
  public let shape: Shape
  /// Of A when it is tall or square, of its adjoint when it is wide; nil for an empty matrix.
  private let factor: CXSparseFactor?

  fileprivate init(shape: Shape, _ factor: CXSparseFactor?) {
    self.shape = shape
    self.factor = factor
  }

  /// The entries of V and R together: what the fill has made of the nonzeros of A.
  public var factorNonzeroCount: Int { factor?.storedCount ?? 0 }

  /// The X, n by the columns of B, that minimizes |B - A X| (m >= n), or that of least norm with A X = B (m <
  /// n). O(entries of the factors) per column; Float is computed in Double.
  ///
  /// - Throws: `shapeMismatch` when B does not have m rows, `notFinite` for NaN or infinity in B.
  public func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    guard let factor else {
      guard b.rows == shape.rows else {
        throw .shapeMismatch(operation: "solve", left: shape, right: b.shape)
      }
      return DenseMatrix(zeros: shape.columns, b.columns)
    }
    return try factor.solve(shape.rows >= shape.columns ? .leastSquares : .leastNorm, b)
  }

  /// The same for one right side of m elements.
  ///
  /// - Throws: as for a matrix of right sides.
  public func solve(_ b: [S]) throws(LinearAlgebraError) -> [S] { try solve(DenseMatrix(column: b)).storage }
}

extension SparseMatrix {
  /// The QR factorization of A or, when A is wide, of its adjoint, to be solved with any number of times.
  /// Time and memory depend on the fill, at worst those of a dense factorization.
  ///
  /// The columns are not pivoted for rank: when one is, to within `tolerance` of its norm, a combination of
  /// those eliminated before, A counts as rank-deficient and is refused. `DenseMatrix.leastSquares` takes any
  /// rank.
  ///
  /// - Parameter tolerance: by default 20 (m + n) eps.
  /// - Throws: `singular` with the column (row when A is wide) that depends on others, `notFinite` for NaN or
  ///   infinity in A, `outOfMemory` before the work when the factors would not fit.
  public func sparseQR(tolerance: S.Real? = nil) throws(LinearAlgebraError) -> SparseQR<S> {
    guard rows > 0, columns > 0 else { return SparseQR(shape: shape, nil) }
    let a = try CXSparseMatrix(rows >= columns ? self : adjoint())
    guard let factor = try CXSparseFactor(.qr, a) else {
      throw .invalidArgument("the sparse QR factorization of \(shape) failed")
    }
    let limit = Double(tolerance ?? 20 * S.Real(rows + columns) * S.Real.ulpOfOne)
    for k in 0..<min(rows, columns) {
      let (size, column) = factor.pivot(k)
      let norm = a.columnNorm(column)
      // The squares of a column below 2^-480 of the largest element have lost their digits.
      if size <= limit * norm || norm < 0x1p-480 { throw .singular(pivot: column) }
    }
    return SparseQR(shape: shape, factor)
  }

  /// The x (n elements) that minimizes |b - A x| (m >= n), or that of least norm with A x = b (m < n); A must
  /// have full rank. Factors A anew: `sparseQR()` keeps the factors for many right sides.
  ///
  /// - Throws: as `sparseQR` and its `solve`.
  public func sparseLeastSquares(_ b: [S], tolerance: S.Real? = nil) throws(LinearAlgebraError) -> [S] {
    guard b.count == rows else {
      throw .shapeMismatch(operation: "least squares", left: shape, right: Shape(b.count, 1))
    }
    return try sparseQR(tolerance: tolerance).solve(b)
  }

  /// The same for a matrix B of right sides, m by p: n by p.
  ///
  /// - Throws: as `sparseQR` and its `solve`.
  public func sparseLeastSquares(_ b: DenseMatrix<S>, tolerance: S.Real? = nil) throws(LinearAlgebraError)
    -> DenseMatrix<S>
  {
    guard b.rows == rows else {
      throw .shapeMismatch(operation: "least squares", left: shape, right: b.shape)
    }
    return try sparseQR(tolerance: tolerance).solve(b)
  }
}

extension CXSparseMatrix {
  /// The Euclidean norm of a column of the scaled matrix.
  fileprivate func columnNorm(_ j: Int) -> Double {
    let width = letter == ScalarKind.double.letter ? 1 : 2
    var squares = ScaledSquares()
    for part in parts[offsets[j] * width..<offsets[j + 1] * width] { squares.add(part) }
    return squares.root
  }
}
