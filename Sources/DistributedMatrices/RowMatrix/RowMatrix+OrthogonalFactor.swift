// The orthonormal factor of a matrix in slabs, beside its rows: the tree of `OrthogonalFactorTasks`, level by
// level.

import TesseraCommunication
import TesseraExecution
package import TesseraLocalMatrices
import TesseraPartitioning

/// A = Q R, A m x n in T slabs, with R k x n upper triangular, k = min(m, n), its diagonal not negative, on
/// the driver, and Q kept as the factors of log2 T levels of a tree. Factoring is one pass of 4 m n^2 flops
/// and n(n+1)/2 words per level; see `orthogonalFactor(times:)` for Q itself.
package struct TreeFactorization<S: Scalar>: Sendable {
  /// The triangle, k x n.
  package let r: DenseMatrix<S>
  private let matrix: RowMatrix<S>
  /// From the slabs to the root.
  private let levels: [TileCollection<FactoredSlab<S>>]

  /// Factors a matrix whose elements are finite.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` (in a task), `outOfMemory` when R does not fit,
  ///   `ExecutionError`.
  package init(_ a: RowMatrix<S>) async throws {
    let engine = a.cluster.engine
    matrix = try await a.materialized()
    try MemoryGuard.check(
      "the triangle", min(a.rows, a.columns), a.columns, bytesPerElement: 4 * MemoryLayout<S>.stride)
    var levels = [try await engine.map(FactorTask<S>.self, Empty(), over: matrix.tiles)]
    while let top = levels.last, top.tileCount > 1 {
      let owners = (0..<(top.tileCount + 1) / 2).map { top.ownership.owner(of: 2 * $0) }
      levels.append(
        try await engine.exchange(
          RaiseTask<S>.self, Empty(), over: top,
          into: Ownership(owners: owners, workerCount: engine.workerCount)))
    }
    self.levels = levels
    r = try await engine.reduce(RootTriangleTask<S>.self, Empty(), over: levels[levels.count - 1]).matrix
  }

  /// Q C beside A's rows, m x c, for a C of k x c on the driver, by default the identity. 4 m n c flops; kc
  /// words per level.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func orthogonalFactor(times c: DenseMatrix<S>? = nil) async throws -> RowMatrix<S> {
    let engine = matrix.cluster.engine
    let c = c ?? DenseMatrix(identity: r.rows)
    guard c.rows == r.rows else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "product", left: Shape(matrix.rows, r.rows), right: c.shape)
    }
    var factors = try await engine.place([LocalMatrix.dense(c)], on: levels[levels.count - 1].ownership)
    for level in (1..<levels.count).reversed() {
      factors = try await engine.exchange(
        LowerTask<S>.self, Empty(), over: AlignedPair(levels[level], factors),
        into: levels[level - 1].ownership)
    }
    return RowMatrix(
      partitioning: Partitioning(slabs: matrix.partitioning.rowCuts, columns: c.columns),
      storedCount: matrix.rows * c.columns, cluster: matrix.cluster,
      tiles: try await engine.map(
        RecombineTask<S>.self, Empty(), over: AlignedPair(levels[0], factors)))
  }
}

extension RowMatrix {
  /// Q of this matrix's QR factorization, m x min(m, k) for k columns, with R's diagonal nonnegative;
  /// orthonormal to rounding for any rank. One pass, 8 m k^2 flops; 3 k^2 / 2 words per level of a tree over
  /// the slabs.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` (in a task), `ExecutionError`.
  public func orthonormalFactor() async throws -> RowMatrix { try await orthogonalFactors().q }

  /// `orthonormalFactor` and R, min(m, k) x k, on the driver.
  ///
  /// - Throws: as `orthonormalFactor`.
  package func orthogonalFactors() async throws -> (q: RowMatrix, r: DenseMatrix<S>) {
    let factors = try await TreeFactorization(self)
    return (try await factors.orthogonalFactor(), factors.r)
  }
}
