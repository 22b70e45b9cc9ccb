// A row matrix made ready for a method that reads it many times: sparse slabs of short rows are grouped by the length
// of their rows (GroupedRows), which spares the processor a mispredicted branch a row, and takes 10 bytes an entry instead of 12
// (Double, up to 65,536 columns). Decompositions prepare what they iterate over by themselves and let it go when they
// have finished; who has no memory for both forms prepares a matrix and keeps that one alone, or makes it in this form.
//
// Grouping changes the order in which a slab's rows are added up, so the last bits of A^H A x are not those of the
// matrix as it was. Which slabs are grouped, and in which order, depends on the slabs alone: the bits are the same on any
// number of workers, in either style and over any transport.

import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A matrix in slabs of whole rows, ready for many passes.
public struct PreparedRowMatrix<S: Scalar>: Sendable {
  /// The slabs.
  public let partitioning: Partitioning
  /// The number of stored elements.
  public let storedCount: Int
  /// The cluster that holds the slabs.
  public let cluster: Cluster
  /// The slabs in order.
  public let tiles: TileCollection<PreparedSlab<S>>

  init(
    partitioning: Partitioning, storedCount: Int, cluster: Cluster, tiles: TileCollection<PreparedSlab<S>>
  ) {
    self.partitioning = partitioning
    self.storedCount = storedCount
    self.cluster = cluster
    self.tiles = tiles
  }

  /// Number of rows.
  public var rows: Int { shape.rows }
  /// Number of columns.
  public var columns: Int { shape.columns }

  /// A test matrix, made on the workers in this form: the same as `RowMatrix.generated` makes, but no more than
  /// one slab of each worker is ever there in the other form.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public static func generated(
    _ kind: GeneratedMatrix, _ shape: Shape, seed: UInt64, partitions: Int? = nil, on cluster: Cluster
  ) async throws -> PreparedRowMatrix {
    let grid = try RowMatrix<S>.slabs(shape, kind.expectedCount(shape), partitions)
    let places = try await cluster.engine.place(grid.places)
    let tiles = try await cluster.engine.map(
      PreparedGenerationTask<S>.self, Generation(kind, columns: grid.columns, seed: seed), over: places)
    let count = try await cluster.engine.reduce(PreparedCountTask<S>.self, Empty(), over: tiles)
    return PreparedRowMatrix(partitioning: grid, storedCount: count, cluster: cluster, tiles: tiles)
  }

  /// The matrix with slabs as they were. O(stored elements); nothing moves.
  ///
  /// - Throws: `ExecutionError`.
  public func rowMatrix() async throws -> RowMatrix<S> {
    RowMatrix(
      partitioning: partitioning, storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(RestorationTask<S>.self, Empty(), over: tiles))
  }
}

extension RowMatrix {
  /// This matrix ready for many passes. O(stored elements); nothing moves. Sparse slabs of short rows are copied,
  /// others shared.
  ///
  /// - Throws: `ExecutionError`.
  public func prepared() async throws -> PreparedRowMatrix<S> {
    let a = try await materialized()
    return PreparedRowMatrix(
      partitioning: a.partitioning, storedCount: a.storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(PreparationTask<S>.self, Empty(), over: a.tiles))
  }
}

extension PreparedRowMatrix: LinearOperator {
  /// Rows and columns.
  public var shape: Shape { Shape(partitioning.rows, partitioning.columns) }

  /// A x beside the rows. 2 flops per stored element; n words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> {
    try checkOperand("product", shape, Shape(x.count, 1))
    return RangeVector(
      cuts: partitioning.rowCuts,
      tiles: try await cluster.engine.map(
        VectorProductTask<PreparedSlab<S>>.self, VectorTile(x), over: tiles),
      cluster: cluster)
  }

  /// A^H y. 2 flops per stored element; n words from every worker. A vector that is not beside the rows is
  /// scattered first.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try checkOperand("adjoint product", Shape(columns, rows), Shape(y.count, 1))
    return try await cluster.engine.reduce(
      AdjointProductTask<PreparedSlab<S>>.self, Empty(),
      over: AlignedPair(tiles, try await y.tiles(partitioning.rowCuts, tiles.ownership, on: cluster))
    ).elements
  }

  /// A^H (A x), fused: every slab is read once. 4 flops per stored element; n words to and from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyGram(_ x: [S]) async throws -> [S] {
    try checkOperand("Gram product", shape, Shape(x.count, 1))
    return try await cluster.engine.reduce(
      GramProductTask<PreparedSlab<S>>.self, Panel(width: 1, elements: x), over: tiles
    ).elements
  }
}

extension PreparedRowMatrix {
  /// A^H (A X) for b vectors at once, X n x b, fused. 4b flops per stored element; nb words to and from every
  /// worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyGram(_ x: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    try checkOperand("Gram product", shape, x.shape)
    let y = try await cluster.engine.reduce(
      GramProductTask<PreparedSlab<S>>.self,
      Panel(width: x.columns, elements: x.elements(in: .rowMajor)), over: tiles)
    return try DenseMatrix(rows: columns, columns: x.columns, order: .rowMajor, elements: y.elements)
  }

  /// A B for a dense B on the driver, k x n: a row matrix cut as A is. kn words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func multiplied(by b: DenseMatrix<S>) async throws -> RowMatrix<S> {
    try checkOperand("product", shape, b.shape)
    return RowMatrix(
      partitioning: Partitioning(slabs: partitioning.rowCuts, columns: b.columns),
      storedCount: rows * b.columns, cluster: cluster,
      tiles: try await cluster.engine.map(ProductTask<PreparedSlab<S>>.self, b, over: tiles))
  }

  /// A^H B, n x k on the driver, for a row matrix B of m x k cut as A is. One pass; nk words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when B is not cut as A is, `ExecutionError`.
  public func adjoint(times b: RowMatrix<S>) async throws -> DenseMatrix<S> {
    guard partitioning.rowCuts == b.partitioning.rowCuts else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "adjoint product", left: Shape(columns, rows), right: b.shape)
    }
    let sum = try await cluster.engine.reduce(
      AdjointTimesRowsTask<PreparedSlab<S>>.self, Empty(), over: AlignedPair(tiles, b.materialized().tiles))
    return try DenseMatrix(rows: columns, columns: b.columns, elements: sum.elements)
  }

  /// R of the QR factorization of A X, X dense on the driver, n x k, or of A itself without X. One pass; nk words
  /// to and k(k+1)/2 from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func triangle(of x: DenseMatrix<S>? = nil) async throws -> DenseMatrix<S> {
    if let x { try checkOperand("product", shape, x.shape) }
    return try await cluster.engine.reduce(TriangleTask<PreparedSlab<S>>.self, x, over: tiles).matrix
  }

  /// A^H A, n x n, on the driver. One pass; n(n+1)/2 words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory` when n x n elements do not fit, `ExecutionError`.
  public func gram() async throws -> DenseMatrix<S> { try await rowMatrix().gram() }

  /// alpha A. Nothing moves but alpha.
  ///
  /// - Throws: `ExecutionError`.
  public func scaled(by alpha: S) async throws -> PreparedRowMatrix {
    PreparedRowMatrix(
      partitioning: partitioning, storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(PreparedScalingTask<S>.self, VectorTile([alpha]), over: tiles))
  }

  /// The largest modulus of an element and the Frobenius norm. One pass; three words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` with row and column of the first NaN or infinite element in row
  ///   order, `ExecutionError`.
  public func magnitudes() async throws -> (largest: S.Real, frobenius: S.Real) {
    let firstRows = (0..<partitioning.tileCount).map { partitioning.rows(ofTile: $0).lowerBound }
    let found = try await cluster.engine.reduce(
      InspectionTask<PreparedSlab<S>>.self, firstRows, over: tiles)
    if found.firstNotFinite.count == 2 {
      throw LinearAlgebraError.notFinite(row: found.firstNotFinite[0], column: found.firstNotFinite[1])
    }
    return (found.largest, found.frobenius)
  }

  /// This matrix.
  public func prepared() async throws -> PreparedRowMatrix { self }
}
