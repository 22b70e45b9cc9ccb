// Products of a row matrix that need no plan: by a dense matrix of the driver's (Row x LocalDense is Row), by another
// one cut alike, and the triangle of A X.

import TesseraCommunication
public import TesseraLocalMatrices
import TesseraExecution
import TesseraPartitioning

extension RowMatrix {
  /// A B for a dense B on the driver, k x n: a row matrix cut as A is. kn words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func multiplied(by b: DenseMatrix<S>) async throws -> RowMatrix {
    try checkOperand("product", shape, b.shape)
    let a = try await materialized()
    return RowMatrix(
      partitioning: Partitioning(slabs: a.partitioning.rowCuts, columns: b.columns),
      storedCount: rows * b.columns, cluster: cluster,
      tiles: try await cluster.engine.map(ProductTask<LocalMatrix<S>>.self, b, over: a.tiles))
  }

  /// A^H B, n x k on the driver, for a row matrix B of m x k cut as A is. One pass; nk words from every
  /// worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when B is not cut as A is, `ExecutionError`.
  public func adjoint(times b: RowMatrix) async throws -> DenseMatrix<S> {
    guard partitioning.rowCuts == b.partitioning.rowCuts else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "adjoint product", left: Shape(columns, rows), right: b.shape)
    }
    let a = try await materialized()
    let sum = try await cluster.engine.reduce(
      AdjointTimesRowsTask<LocalMatrix<S>>.self, Empty(),
      over: AlignedPair(a.tiles, try await b.rowMatrix(rowCuts: a.partitioning.rowCuts).tiles))
    return try DenseMatrix(rows: columns, columns: b.columns, elements: sum.elements)
  }

  /// R of the QR factorization of A X, X dense on the driver, n x k, or of A itself without X: R is
  /// min(m, k) x k upper triangular, with R^H R = X^H A^H A X computed without squaring. One pass; nk words
  /// to and k(k+1)/2 from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func triangle(of x: DenseMatrix<S>? = nil) async throws -> DenseMatrix<S> {
    if let x { try checkOperand("product", shape, x.shape) }
    return try await cluster.engine.reduce(
      TriangleTask<LocalMatrix<S>>.self, x, over: materialized().tiles
    ).matrix
  }
}
