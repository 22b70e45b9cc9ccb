// What similarities of columns ask of a matrix in slabs: columns scaled and sampled, and the pairs of the Gram
// matrix that are similar enough, from a packed one on the driver or from the tiles of a distributed one.

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
  /// - Parameters:
  ///   - isPacked: whether all n(n+1)/2 inner products come to the driver; otherwise they stay in tiles on the
  ///     workers, sparse where they are.
  ///   - limit: the number of pairs that may come to the driver.
  /// - Throws: `LinearAlgebraError.tooLarge` for more pairs (in a task where the Gram matrix is in tiles),
  ///   `outOfMemory`, `PlanError`, `ExecutionError`.
  package func similarPairs(norms: [S.Real], threshold: S.Real, isPacked: Bool, limit: Int) async throws
    -> ColumnPairs<S>
  {
    if isPacked {
      let packed = try await cluster.engine.reduce(
        GramMatrixTask<S>.self, Empty(), over: materialized().tiles
      ).elements
      var pairs = ColumnPairs<S>()
      for j in 0..<columns {
        for i in 0..<j {
          try pairs.add(i, j, packed[i + j * (j + 1) / 2], norms, threshold, limit: limit)
        }
      }
      return pairs
    }
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
