// A = L L^H, A n x n Hermitian positive definite, L lower triangular with a positive diagonal. n^3/3 flops,
// n^2 elements of memory; a solve takes 2n^2 flops per right side. Source: Golub, Van Loan, Matrix
// Computations, 4.2; LAPACK potrf, potrs.

import Numerics

/// The Cholesky factorization A = L L^H of a dense positive definite matrix.
public struct CholeskyFactorization<S: Scalar>: Sendable {
  /// n by n, exact zeros above a positive diagonal.
  public var lower: DenseMatrix<S> { upper.adjoint() }
  /// L^H, column-major: what LAPACK keeps.
  private let upper: DenseMatrix<S>

  fileprivate init(upper: DenseMatrix<S>) { self.upper = upper }

  /// The logarithm of det A, which itself would soon overflow. O(n).
  public var logDeterminant: S.Real {
    upper.diagonal.reduce(0) { $0 + 2 * S.Real.log($1.realPart) }
  }

  /// The solution X of A X = B, n by the columns of B, column-major. 2n^2 flops per column.
  ///
  /// - Throws: `shapeMismatch` when B does not have n rows, `notFinite` for NaN or infinity in B.
  public func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try solved(upper.shape, b) { n, columns, x in
      upper.storage.withUnsafeBufferPointer { S.potrs(n, columns, $0.baseAddress!, n, x, n) }
    }
  }

  /// The solution x of A x = b. 2n^2 flops.
  ///
  /// - Throws: `shapeMismatch` when b does not have n elements, `notFinite` for NaN or infinity in b.
  public func solve(_ b: [S]) throws(LinearAlgebraError) -> [S] { try solve(DenseMatrix(column: b)).storage }

  /// |A - L L^H|_F / |A|_F for the matrix that was factored, all of whose elements are read. 2n^3 flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    try a.relativeDifference(from: try lower * upper)
  }
}

extension DenseMatrix {
  /// A = L L^H. Only the upper triangle is read (and the real parts of the diagonal): the lower one may hold
  /// anything. n^3/3 flops.
  ///
  /// - Throws: `notPositiveDefinite` with the order of the first leading minor that is not positive,
  ///   `invalidArgument` when A is not square, `notFinite` for NaN or infinity in the upper triangle.
  public func cholesky() throws(LinearAlgebraError) -> CholeskyFactorization<S> {
    let a = columnMajor()
    try a.requireFiniteUpperTriangle("a Cholesky factorization")
    let n = rows
    var factor = a.storage
    if n > 0 {
      let info = factor.withUnsafeMutableBufferPointer { S.potrf(n, $0.baseAddress!, n) }
      if info > 0 { throw .notPositiveDefinite(order: info) }
      for j in 0..<n {
        for i in j + 1..<max(n, j + 1) { factor[j * n + i] = 0 }
      }
    }
    return CholeskyFactorization(upper: DenseMatrix(unchecked: n, n, order: .columnMajor, factor))
  }

  /// The n by 1 matrix of an array's elements. O(1).
  init(column: [S]) { self.init(unchecked: column.count, 1, order: .columnMajor, column) }
}

/// X from A X = B, `matrix` the shape of A: checks B, then `solve(order, columns, X)` overwrites a copy of
/// it.
func solved<S: Scalar>(
  _ matrix: Shape, _ b: DenseMatrix<S>, _ solve: (Int, Int, UnsafeMutablePointer<S>) -> Int
) throws(LinearAlgebraError) -> DenseMatrix<S> {
  guard b.rows == matrix.rows else {
    throw .shapeMismatch(operation: "solve", left: matrix, right: b.shape)
  }
  let b = b.columnMajor()
  try b.requireFinite()
  var x = b.storage
  if !x.isEmpty {
    let info = x.withUnsafeMutableBufferPointer { solve(b.rows, b.columns, $0.baseAddress!) }
    guard info == 0 else { throw lapackFailure(info, "solve", workspaceBytes: b.byteCount) }
  }
  return DenseMatrix(unchecked: b.rows, b.columns, order: .columnMajor, x)
}
