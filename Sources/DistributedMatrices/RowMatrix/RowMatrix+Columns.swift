// What statistics and principal components ask of a matrix in slabs: moments of its columns, and the matrix less
// their means.

import TesseraCommunication
import TesseraExecution
package import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// Weight, mean, squared deviations, extremes, nonzeros and 1-norms of the columns; see `ColumnMoments`. One
  /// pass; 7n words (complex: 10n) from every worker.
  ///
  /// - Parameters:
  ///   - weights: one for each row, not negative; by default ones.
  ///   - scales: powers of two by which columns are multiplied first.
  /// - Throws: `LinearAlgebraError.shapeMismatch` for another number of weights, `invalidArgument` for one that is
  ///   negative or not finite, `ExecutionError`.
  package func columnMoments(weights: RangeVector<S.Real>? = nil, scales: [Double] = []) async throws
    -> ColumnMoments
  {
    let a = try await materialized()
    guard let weights else {
      return try await cluster.engine.reduce(
        ColumnMomentsTask<S>.self, VectorTile(scales), over: a.tiles)
    }
    guard weights.count == rows else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "weights", left: shape, right: Shape(weights.count, 1))
    }
    let cuts = a.partitioning.rowCuts
    let pieces = try await weights.tiles(cuts, a.ownership, on: cluster)
    let moments = try await cluster.engine.reduce(
      WeightedColumnMomentsTask<S>.self, VectorTile(scales), over: AlignedPair(a.tiles, pieces))
    if moments.wrongWeight.count == 3 {
      let row = cuts[Int(moments.wrongWeight[0])].lowerBound + Int(moments.wrongWeight[1])
      throw LinearAlgebraError.invalidArgument(
        "row \(row + 1) has weight \(moments.wrongWeight[2]), expected one that is finite and not negative")
    }
    return moments
  }

  /// A - 1 s^T, cut as A is; s on the driver. n words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func subtractingFromRows(_ s: [S]) async throws -> RowMatrix {
    try checkOperand("centring", shape, Shape(s.count, 1))
    let a = try await materialized()
    return RowMatrix(
      partitioning: a.partitioning, storedCount: storedCount + rows * s.count { $0 != 0 }, cluster: cluster,
      tiles: try await cluster.engine.map(RowShiftTask<S>.self, VectorTile(s), over: a.tiles))
  }

  /// R of the QR factorization of (A - 1 s^T) D, min(m, n) x n. One pass, 2 m n^2 flops; 2n words to every
  /// worker, n(n+1)/2 from it.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func triangle(subtracting s: [S], scaling d: [S]) async throws -> DenseMatrix<S> {
    try checkOperand("centring", shape, Shape(s.count, 1))
    try checkOperand("scaling", shape, Shape(d.count, 1))
    return try await cluster.engine.reduce(
      CentredTriangleTask<S>.self, [VectorTile(s), VectorTile(d)], over: materialized().tiles
    ).matrix
  }

  /// A B - 1 c^T for B, n x k, and c on the driver: a row matrix cut as A is. (n + 1) k words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func multiplied(by b: DenseMatrix<S>, subtractingFromRows c: [S]) async throws -> RowMatrix {
    try checkOperand("product", shape, b.shape)
    try checkSameShape("centring", Shape(1, b.columns), Shape(1, c.count))
    let a = try await materialized()
    let row = try DenseMatrix(rows: 1, columns: c.count, elements: c)
    return RowMatrix(
      partitioning: Partitioning(slabs: a.partitioning.rowCuts, columns: b.columns),
      storedCount: rows * b.columns, cluster: cluster,
      tiles: try await cluster.engine.map(AffineProductTask<S>.self, [b, row], over: a.tiles))
  }
}
