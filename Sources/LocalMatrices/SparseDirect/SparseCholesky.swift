// P A P^T = L L^H, A n x n sparse Hermitian positive definite, P an order that keeps fill low (AMD of A +
// A^H). Up-looking: time proportional to the flops, the sum of the squared column counts of L. 16 bytes per
// entry of L (24 complex), known before the numbers are touched. Source: Davis, Direct Methods for Sparse
// Linear Systems, 4.8; Amestoy, Davis, Duff 1996; CXSparse.

/// The sparse Cholesky factorization of a positive definite matrix.
public struct SparseCholesky<S: Scalar>: Sendable {
  /// n by n.
  public let shape: Shape
  /// Nil for the empty matrix.
  private let factor: CXSparseFactor?

  fileprivate init(shape: Shape, _ factor: CXSparseFactor?) {
    self.shape = shape
    self.factor = factor
  }

  /// The entries of L: what the fill has made of the nonzeros of A's upper triangle.
  public var factorNonzeroCount: Int { factor?.storedCount ?? 0 }

  /// The solution X of A X = B, n by the columns of B. O(entries of L) per column; Float is computed in
  /// Double.
  ///
  /// - Throws: `shapeMismatch` when B does not have n rows, `notFinite` for NaN or infinity in B.
  public func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    guard let factor else { return try solved(shape, b) { _, _, _ in 0 } }
    return try factor.solve(.cholesky, b)
  }

  /// The solution x of A x = b.
  ///
  /// - Throws: as for a matrix of right sides.
  public func solve(_ b: [S]) throws(LinearAlgebraError) -> [S] { try solve(DenseMatrix(column: b)).storage }
}

extension SparseMatrix {
  /// P A P^T = L L^H with a fill-reducing order, to be solved with any number of times. Only the upper
  /// triangle is read (and the real parts of the diagonal), yet all of A must be finite. Time and memory
  /// depend on the fill, at worst O(n^3) and O(n^2).
  ///
  /// - Throws: `notPositiveDefinite` with the order of a leading minor that is not positive (the first whose
  ///   last diagonal element is not positive, otherwise n), `invalidArgument` when A is not square,
  ///   `notFinite` for NaN or infinity in A, `outOfMemory` before the work when L would not fit.
  public func sparseCholesky() throws(LinearAlgebraError) -> SparseCholesky<S> {
    guard rows == columns else {
      throw .invalidArgument("a sparse Cholesky factorization needs a square matrix, this one is \(shape)")
    }
    guard rows > 0 else { return SparseCholesky(shape: shape, nil) }
    var a = try CXSparseMatrix(self)
    a.makeDiagonalReal()
    if let factor = try CXSparseFactor(.cholesky, a) { return SparseCholesky(shape: shape, factor) }
    let first = (0..<rows).first { !(self[$0, $0].realPart > 0) }
    throw .notPositiveDefinite(order: first.map { $0 + 1 } ?? rows)
  }
}
