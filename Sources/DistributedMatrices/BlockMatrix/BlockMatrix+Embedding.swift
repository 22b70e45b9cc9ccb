// A block matrix as a part of a larger one that is zero elsewhere.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
package import TesseraPartitioning

extension BlockMatrix {
  /// The matrix in `grid` that is zero but for this one, whose first element is in the given row and column.
  /// Every stored element moves at most once.
  ///
  /// - Precondition: it fits.
  /// - Throws: `ExecutionError`.
  package func embedded(row: Int, column: Int, in grid: Partitioning) async throws -> BlockMatrix {
    precondition(row + rows <= grid.rows && column + columns <= grid.columns)
    let plain = layout.view == .plain ? self : try await blockMatrix(grid: partitioning)
    let workers = cluster.engine.workerCount
    return BlockMatrix(
      layout: Layout(grid), storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.exchange(
        EmbeddingTask<S>.self, Embedding(plain.layout.grid, row: row, column: column, in: grid),
        over: plain.tiles, into: Ownership(tileCount: grid.tileCount, workerCount: workers)))
  }
}
