// Arithmetic of coordinate matrices: on blocks, where duplicates have been added up; of sums, which keep every place
// that one of the two stores, on lists. Entries in chunks are sorted into a grid first, each moving at most once; those
// of a grid stay where they are.

import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension CoordinateMatrix {
  /// The entries in sparse or dense blocks: of this matrix's grid, or of the default one for entries in chunks.
  private func blocks() async throws -> BlockMatrix<S> {
    try await isGrid
      ? blockMatrix(grid: partitioning, ownership: ownershipAsRead) : blockMatrix()
  }

  /// alpha A + beta B, in a grid: an entry at every place where A or B stores one, also where they cancel; of a dense
  /// tile of B, at those that are not zero.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func scaled(by alpha: S = 1, adding b: some DistributedMatrix<S>, times beta: S = 1) async throws
    -> CoordinateMatrix
  {
    try await combined(alpha, b, beta, "addition")
  }

  /// A + B, in a grid: an entry at every place where A or B stores one, also where they cancel.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func adding(_ b: some DistributedMatrix<S>) async throws -> CoordinateMatrix {
    try await combined(1, b, 1, "addition")
  }

  /// A - B, in a grid: an entry at every place where A or B stores one, also where they cancel.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func subtracting(_ b: some DistributedMatrix<S>) async throws -> CoordinateMatrix {
    try await combined(1, b, -1, "subtraction")
  }

  private func combined(_ alpha: S, _ b: some DistributedMatrix<S>, _ beta: S, _ operation: String)
    async throws -> CoordinateMatrix
  {
    try checkSameShape(operation, shape, b.shape)
    try checkSameCluster(cluster, b.cluster)
    let grid =
      isGrid ? partitioning : .defaultBlocks(rows: rows, columns: columns, stored: storedCount)
    let first = try await coordinateMatrix(grid: grid, ownership: ownershipAsRead)
    let second = try await b.coordinateMatrix(grid: grid, ownership: first.ownership)
    return CoordinateMatrix(
      layout: Layout(grid), storedCount: min(storedCount + b.storedCount, shape.elementCount),
      cluster: cluster,
      tiles: try await cluster.engine.map(
        EntryCombinationTask<S>.self, VectorTile([alpha, beta]),
        over: AlignedPair(first.tiles, second.tiles)))
  }

  /// A .* B, in a grid.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func elementwiseProduct(_ b: some DistributedMatrix<S>) async throws -> CoordinateMatrix {
    try await blocks().elementwiseProduct(b).coordinateMatrix()
  }

  /// f of every element, duplicates added up, in a grid; of the places where nothing is stored too, unless
  /// f(0) is zero.
  ///
  /// - Parameter function: a function that the cluster's registry has (`TaskRegistry.adding(function:)`).
  /// - Throws: `ExecutionError`.
  public func map<F: ElementFunction<S>>(_ function: F.Type, _ arguments: F.Arguments) async throws
    -> CoordinateMatrix
  {
    try await blocks().map(function, arguments).coordinateMatrix()
  }

  /// alpha A, where A is.
  ///
  /// - Throws: `ExecutionError`.
  public func scaled(by alpha: S) async throws -> CoordinateMatrix {
    let factor = layout.view.isConjugated ? alpha.conjugate : alpha
    return CoordinateMatrix(
      layout: layout, storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(EntryScalingTask<S>.self, VectorTile([factor]), over: tiles))
  }

  /// A norm of the matrix, duplicates added up.
  ///
  /// - Throws: `ExecutionError`.
  public func norm(_ kind: MatrixNorm = .frobenius) async throws -> S.Real {
    try await blocks().norm(kind)
  }

  /// The largest absolute and relative differences of elements, duplicates added up.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func difference(from b: some DistributedMatrix<S>) async throws -> (
    absolute: S.Real, relative: S.Real
  ) {
    try await blocks().difference(from: b)
  }
}
