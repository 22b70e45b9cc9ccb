// What factorizations ask of a matrix in slabs beside products: A R^-1, the Gram matrix of A R^-1, and how far
// a product of factors is from A.

package import TesseraLocalMatrices
import TesseraCommunication
import TesseraExecution
import TesseraPartitioning

extension RowMatrix {
  /// A R^-1 for an upper triangular R of order n on the driver, or A R_1^-1 R_2^-1 ..., beside A's rows, dense. One
  /// pass, m n^2 flops and n^2 words to every worker for each triangle.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func divided(byUpper triangles: DenseMatrix<S>...) async throws -> RowMatrix {
    for r in triangles { try checkOperand("triangular solve", shape, r.shape) }
    let a = try await materialized()
    return RowMatrix(
      partitioning: a.partitioning, storedCount: rows * columns, cluster: cluster,
      tiles: try await cluster.engine.map(RightDivisionTask<S>.self, triangles, over: a.tiles))
  }

  /// (A R^-1)^H (A R^-1), n x n, on the driver, without A R^-1. One pass, 2 m n^2 flops; n^2 words to every
  /// worker, n(n+1)/2 from it.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func gram(dividedByUpper r: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    try checkOperand("triangular solve", shape, r.shape)
    let packed = try await cluster.engine.reduce(
      RightDivisionGramTask<S>.self, r, over: materialized().tiles)
    return DenseMatrix(packedHermitian: packed.elements, order: columns)
  }

  /// |A - Q R|_1 and |A|_1 for a Q beside A's rows, m x k, and an R of k x n on the driver. One pass, 2mnk
  /// flops; kn words to every worker, 2n from it.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  package func residual(ofFactors q: RowMatrix, _ r: DenseMatrix<S>) async throws -> (
    difference: S.Real, size: S.Real
  ) {
    try checkOperand("product", q.shape, r.shape)
    try checkSameShape("residual", shape, Shape(q.rows, r.columns))
    let a = try await materialized()
    let factor = try await q.rowMatrix(rowCuts: a.partitioning.rowCuts)
    let sums = try await cluster.engine.reduce(
      FactorResidualTask<S>.self, r, over: AlignedPair(a.tiles, factor.tiles)
    ).elements
    return (sums.prefix(columns).reduce(0, larger), sums.dropFirst(columns).reduce(0, larger))
  }
}
