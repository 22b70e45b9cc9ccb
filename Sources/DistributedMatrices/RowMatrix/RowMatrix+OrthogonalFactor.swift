// The orthonormal factor of a tall matrix, beside its rows.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// Q of this matrix's QR factorization, m x min(m, k) for k columns, with R's diagonal nonnegative;
  /// orthonormal to rounding for any rank. One pass, 4 m k^2 flops; T k^2 words to the driver and to every
  /// worker for T slabs.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` (in a task), `ExecutionError`.
  public func orthonormalFactor() async throws -> RowMatrix { try await orthogonalFactors().q }

  /// `orthonormalFactor` and R, min(m, k) x k, on the driver.
  ///
  /// - Throws: as `orthonormalFactor`.
  package func orthogonalFactors() async throws -> (q: RowMatrix, r: DenseMatrix<S>) {
    let engine = cluster.engine
    let a = try await materialized()
    let factored = try await engine.map(FactorTask<S>.self, Empty(), over: a.tiles)
    let triangles = try await engine.collect(
      try await engine.map(SlabTriangleTask<S>.self, Empty(), over: factored))
    let stacked = try LocalMatrix.stackedRows(triangles).dense().qr()
    let factor = stacked.q
    var pieces: [DenseMatrix<S>] = []
    var row = 0
    for triangle in triangles {
      pieces.append(try factor[row..<row + triangle.rows, 0..<factor.columns])
      row += triangle.rows
    }
    let q = RowMatrix(
      partitioning: Partitioning(slabs: a.partitioning.rowCuts, columns: factor.columns),
      storedCount: rows * factor.columns, cluster: cluster,
      tiles: try await engine.map(RecombineTask<S>.self, pieces, over: factored))
    return (q, stacked.r)
  }
}
