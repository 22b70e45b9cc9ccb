// Arithmetic of coordinate matrices: on blocks, where duplicates have been added up. Entries in chunks are
// sorted into blocks first, each moving at most once; those of a grid stay where they are.

import TesseraExecution
public import TesseraLocalMatrices

extension CoordinateMatrix {
  /// The entries in sparse or dense blocks: of this matrix's grid, or of the default one for entries in chunks.
  private func blocks() async throws -> BlockMatrix<S> {
    try await isGrid
      ? blockMatrix(grid: partitioning, ownership: ownershipAsRead) : blockMatrix()
  }

  /// alpha A + beta B, in a grid.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func scaled(by alpha: S = 1, adding b: some DistributedMatrix<S>, times beta: S = 1) async throws
    -> CoordinateMatrix
  {
    try await blocks().scaled(by: alpha, adding: b, times: beta).coordinateMatrix()
  }

  /// A + B, in a grid.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func adding(_ b: some DistributedMatrix<S>) async throws -> CoordinateMatrix {
    try await blocks().adding(b).coordinateMatrix()
  }

  /// A - B, in a grid.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func subtracting(_ b: some DistributedMatrix<S>) async throws -> CoordinateMatrix {
    try await blocks().subtracting(b).coordinateMatrix()
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
