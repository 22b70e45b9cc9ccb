// A X = B by a factorization on the driver: Cholesky where a sparse A is Hermitian with a positive diagonal and
// turns out definite, otherwise LU with partial pivoting; then refinement, X += A^-1 (B - A X), of each
// right side as long as its residual halves. All of A moves to the driver once: for a matrix that one worker can hold. Source: Golub and Van
// Loan, Matrix Computations, 3.4 and 3.5.3; Davis, Direct Methods for Sparse Linear Systems, 2006.

import Numerics
import TesseraLocalMatrices

struct DirectSolution<S: Scalar> {
  /// X.
  private(set) var solution: DenseMatrix<S>
  /// What was factored, and how.
  let description: String

  private enum Factors {
    case cholesky(SparseCholesky<S>)
    case sparse(SparseLU<S>)
    case dense(LUFactorization<S>)

    func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
      switch self {
      case .cholesky(let factors): try factors.solve(b)
      case .sparse(let factors): try factors.solve(b)
      case .dense(let factors): try factors.solve(b)
      }
    }
  }

  /// - Throws: `singular` when a pivot vanishes, `outOfMemory`, `notFinite`.
  init(_ a: LocalMatrix<S>, _ b: DenseMatrix<S>) throws(LinearAlgebraError) {
    let factors: Factors
    switch a {
    case .dense(let dense):
      (factors, description) = (.dense(try dense.lu()), "dense LU with partial pivoting on the driver")
    case .sparse(let sparse):
      if let cholesky = try Self.cholesky(sparse) {
        (factors, description) = (.cholesky(cholesky), "sparse Cholesky on the driver")
      } else {
        (factors, description) = (
          .sparse(try sparse.sparseLU()), "sparse LU with partial pivoting on the driver"
        )
      }
    }
    solution = try factors.solve(b)
    var rest = try b - (a * .dense(solution)).dense()
    for _ in 0..<5 {
      let size = rest.norm()
      guard size > 0, size.isFinite else { break }
      let better = try solution + factors.solve(rest)
      let left = try b - (a * .dense(better)).dense()
      let gains = (0..<b.columns).map { norm(left.column($0)) < norm(rest.column($0)) / 2 }
      guard gains.contains(true) else { break }
      solution = try solution.replacingColumns(by: better, where: gains)
      rest = try rest.replacingColumns(by: left, where: gains)
    }
  }

  /// The Cholesky factor of a Hermitian positive definite matrix; nil for another.
  private static func cholesky(_ a: SparseMatrix<S>) throws(LinearAlgebraError) -> SparseCholesky<S>? {
    guard (0..<a.rows).allSatisfy({ a[$0, $0].realPart > 0 && a[$0, $0].imaginaryPart == 0 }),
      try (a - a.adjoint()).norm(.max) == 0
    else { return nil }
    do {
      return try a.sparseCholesky()
    } catch .notPositiveDefinite {
      return nil
    }
  }
}

extension DenseMatrix {
  /// The columns of `other` where `chosen` is true, the matrix's own elsewhere.
  ///
  /// - Precondition: the same shape, and as many choices as columns.
  func replacingColumns(by other: DenseMatrix, where chosen: [Bool]) throws(LinearAlgebraError) -> DenseMatrix
  {
    precondition(shape == other.shape && chosen.count == columns)
    if !chosen.contains(false) { return other }
    return try DenseMatrix(
      rows: rows, columns: columns,
      elements: (0..<columns).flatMap { chosen[$0] ? other.column($0) : column($0) })
  }
}
