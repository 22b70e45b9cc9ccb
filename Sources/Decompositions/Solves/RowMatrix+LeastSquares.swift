// min |B - A X| by tall-skinny QR, A m x n in slabs, B m x p beside them. Tall: the triangle of [A B] alone says
// everything,
//
//   [A B] = Q [R11 R12; 0 R22],   R11 X = R12,   |b_j - A x_j| = |column j of R22|,
//
// 2m (n+p)^2 flops, one pass, (n+p)(n+p+1)/2 words from every worker per level of the tree; no Q is formed. Wide: the
// minimizer of least norm by A^H = Q R, R^H Y = B, X = Q Y. As R11 has the singular values of A, its own
// least-squares solution (by SVD) is that of A for any rank. Source: Golub and Van Loan, Matrix Computations, 5.3.3
// and 5.5; the tree: Demmel, Grigori, Hoemmen, Langou 2012.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

/// The least-squares solutions of A X = B, and how good they are.
public struct CertifiedLeastSquares<S: Scalar>: Sendable {
  /// X, n x p, on the driver; infinite or zero where it leaves the range of the scalar.
  public let solution: DenseMatrix<S>
  /// The rank of A that was used.
  public let rank: Int
  /// |b_j - A x_j| for each column, computed from A, X and B.
  public let residualNorms: [S.Real]
  /// |A^H (b_j - A x_j)| for each column: zero at a minimum.
  public let gradientNorms: [S.Real]
  /// The Frobenius norm of A.
  public let frobeniusNorm: S.Real
  /// How often A was read.
  public let passes: Int
}

extension RowMatrix {
  /// The X of least norm among those that minimize |B - A X|, A m x n of any shape and rank, B m x p.
  ///
  /// Four passes over A: one to inspect it, one to factor it, two to certify X. The driver holds 4 k^2 numbers for
  /// k = min(m, n) + p and X.
  ///
  /// - Parameters:
  ///   - b: on the workers; cut otherwise than A, it moves.
  ///   - tolerance: singular values at most `tolerance` times the largest count as zero; by default `rankTolerance`.
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless B has m rows, `notFinite` for NaN or infinity in A or B,
  ///   `outOfMemory`, `tooLarge`, `ExecutionError`.
  public func leastSquares(_ b: RowMatrix, tolerance: S.Real? = nil) async throws -> CertifiedLeastSquares<S>
  {
    guard b.rows == rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "least squares", left: shape, right: b.shape)
    }
    let system = try await SafeSystem(materialized(), b)
    let found = try await system.leastSquares(tolerance: tolerance)
    let (alpha, beta) = system.factors
    return CertifiedLeastSquares(
      solution: system.solution(found.solution), rank: found.rank,
      residualNorms: zip(found.residualNorms, beta).map { $0 / $1 },
      gradientNorms: zip(found.gradientNorms, beta).map { $0 / alpha / $1 },
      frobeniusNorm: found.frobeniusNorm / alpha, passes: found.passes)
  }
}

extension SafeSystem {
  /// The solutions of the scaled system.
  func leastSquares(tolerance: S.Real? = nil) async throws -> CertifiedLeastSquares<S> {
    let order = min(a.rows, a.columns) + b.columns
    try MemoryGuard.check("the triangle", order, order, bytesPerElement: 4 * MemoryLayout<S>.stride)
    try MemoryGuard.check("the solution", a.columns, b.columns, bytesPerElement: MemoryLayout<S>.stride)
    let tolerance = tolerance ?? rankTolerance(a.shape)
    let beside = try await b.rowMatrix(rowCuts: a.partitioning.rowCuts)
    let found =
      try await a.rows >= a.columns ? a.tall(beside, tolerance) : a.wide(beside, tolerance)
    let rest = try await beside.scaled(
      by: 1, adding: try await a.multiplied(by: found.solution), times: -1)
    let gradient = try await a.adjoint(times: rest)
    return CertifiedLeastSquares(
      solution: found.solution, rank: found.rank, residualNorms: try await rest.columnNorms(),
      gradientNorms: (0..<b.columns).map { norm(gradient.column($0)) }, frobeniusNorm: frobenius, passes: 4)
  }
}

extension RowMatrix {
  fileprivate func tall(_ b: RowMatrix, _ tolerance: S.Real) async throws -> (
    solution: DenseMatrix<S>, rank: Int
  ) {
    let (n, p) = (columns, b.columns)
    let r = try await triangle(joined: b)
    let found = try r[0..<n, 0..<n].leastSquares(try r[0..<n, n..<n + p], tolerance: tolerance)
    return (found.solution, found.rank)
  }

  fileprivate func wide(_ b: RowMatrix, _ tolerance: S.Real) async throws -> (
    solution: DenseMatrix<S>, rank: Int
  ) {
    let (q, r) = try await adjoint().materialized().orthogonalFactors()
    let found = try r.adjoint().leastSquares(try await b.collect().dense(), tolerance: tolerance)
    return (try await q.multiplied(by: found.solution).collect().dense(), found.rank)
  }
}
