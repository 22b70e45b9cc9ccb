// A row matrix as a linear operator. Each application is one pass over the slabs.

import TesseraCommunication
public import TesseraLocalMatrices
import TesseraPartitioning
import TesseraExecution

extension RowMatrix: LinearOperator {
  /// A x beside the rows. 2 flops per stored element; n words to every worker. Of a transpose, whose tiles are
  /// column slabs: besides, the words of the rows' number from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> {
    guard layout.view == .plain else { return try await gridProduct(x) }
    try checkOperand("product", shape, Shape(x.count, 1))
    return RangeVector(
      cuts: partitioning.rowCuts,
      tiles: try await cluster.engine.map(VectorProductTask<LocalMatrix<S>>.self, VectorTile(x), over: tiles),
      cluster: cluster)
  }

  /// A^H y. 2 flops per stored element; n words from every worker. A vector that is not beside the rows is
  /// scattered first.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when y is not as long as the rows are many,
  ///   `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    guard y.count == rows else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "adjoint product", left: Shape(columns, rows), right: Shape(y.count, 1))
    }
    guard layout.view == .plain else { return try await gridAdjointProduct(y) }
    return try await cluster.engine.reduce(
      AdjointProductTask<LocalMatrix<S>>.self, Empty(),
      over: AlignedPair(tiles, try await y.tiles(partitioning.rowCuts, ownership, on: cluster))
    ).elements
  }

  /// A^H (A x), fused: every slab is read once. 4 flops per stored element; n words to and from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyGram(_ x: [S]) async throws -> [S] {
    try checkOperand("Gram product", shape, Shape(x.count, 1))
    return try await cluster.engine.reduce(
      GramProductTask<LocalMatrix<S>>.self, Panel(width: 1, elements: x), over: materialized().tiles
    ).elements
  }

  /// A^H (A X) for b vectors at once, X n x b, fused. 4b flops per stored element; nb words to and from every
  /// worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyGram(_ x: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    try checkOperand("Gram product", shape, x.shape)
    let y = try await cluster.engine.reduce(
      GramProductTask<LocalMatrix<S>>.self, Panel(width: x.columns, elements: x.elements(in: .rowMajor)),
      over: materialized().tiles)
    return try DenseMatrix(
      rows: columns, columns: x.columns, order: .rowMajor, elements: y.elements)
  }
}
