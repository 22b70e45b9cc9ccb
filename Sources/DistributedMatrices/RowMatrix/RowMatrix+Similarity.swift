// What similarities of columns ask of a matrix in slabs: columns scaled and sampled, and the pairs that are similar
// enough, picked out of the tiles of its Gram matrix.

import TesseraCommunication
import TesseraExecution
package import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// Column j times `factors[j]`; with probabilities element (i, j) is kept with probability p_j, as a counter-
  /// based random number of seed, row and column says. O(stored elements); 2n words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func samplingColumns(factors: [S.Real], probabilities: [Double], seed: UInt64) async throws
    -> RowMatrix
  {
    try checkOperand("scaling", shape, Shape(factors.count, 1))
    let a = try await materialized()
    let cuts = a.partitioning.rowCuts
    let arguments = SamplingArguments<S>(
      factors: factors, probabilities: probabilities, seed: seed,
      firstRows: (0..<cuts.count).map { cuts[$0].lowerBound })
    return RowMatrix(
      partitioning: a.partitioning, storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(ColumnSamplingTask<S>.self, arguments, over: a.tiles))
  }

  /// The pairs of columns whose inner product, divided by both `norms`, has at least `threshold` for its
  /// modulus, and is not zero.
  ///
  /// The inner products stay in tiles on the workers, sparse where they are.
  ///
  /// - Parameter limit: the number of pairs that may come to the driver.
  /// - Throws: `LinearAlgebraError.tooLarge` for more pairs (in a task), `outOfMemory`, `PlanError`,
  ///   `ExecutionError`.
  package func similarPairs(norms: [S.Real], threshold: S.Real, limit: Int) async throws
    -> ColumnPairs<S>
  {
    let gram = try await plan(gramOf: self).run()
    return try await cluster.engine.reduce(
      SimilarPairsTask<S>.self,
      PairArguments(norms: norms, threshold: threshold, limit: limit, grid: gram.layout.grid),
      over: gram.materializedTiles())
  }
}

extension BlockMatrix {
  /// The tiles as they are read.
  fileprivate func materializedTiles() async throws -> TileCollection<LocalMatrix<S>> {
    precondition(layout.view == .plain, "a product is stored as it is read")
    return tiles
  }
}
