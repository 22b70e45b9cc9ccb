// A coordinate matrix from a matrix on the driver: cut into chunks of equally many entries, or along a grid.
// All entries move from the driver once.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

extension CoordinateMatrix {
  /// Spreads `local` over the workers of `cluster` in chunks of equally many entries.
  ///
  /// - Parameter partitions: the number of chunks; by default chosen from the number of entries.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one chunk, `ExecutionError`.
  public init(_ local: TripletMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    let count = partitions ?? Partitioning.defaultChunkCount(entries: local.entryCount)
    guard count >= 1 else {
      throw LinearAlgebraError.invalidArgument("a matrix cannot be cut into \(count) chunks")
    }
    let cuts = Cuts(even: local.entryCount, parts: count)
    let chunks = (0..<count).map { local.chunk(cuts[$0]) }
    let whole = Partitioning(whole: local.rows, local.columns)
    self.init(
      layout: Layout(whole, layers: count), storedCount: local.entryCount, cluster: cluster,
      tiles: try await cluster.engine.place(chunks))
  }

  /// Spreads `local` over the workers of `cluster` by the cells of a grid.
  ///
  /// - Parameter ownership: who owns which cell; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `ExecutionError`.
  public init(
    _ local: TripletMatrix<S>, grid: Partitioning, ownership: Ownership? = nil, on cluster: Cluster
  ) async throws {
    try checkGrid(grid, local.shape)
    let tiles = try local.tiles(of: grid) as [TripletMatrix<S>]
    self.init(
      layout: Layout(grid), storedCount: local.entryCount, cluster: cluster,
      tiles: try await cluster.engine.place(tiles, on: ownership))
  }

  /// Spreads `local` over the workers of `cluster` in chunks of equally many entries.
  ///
  /// - Throws: as for a list of entries.
  public init(_ local: SparseMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    try await self.init(local.triplets(), partitions: partitions, on: cluster)
  }

  /// Spreads the elements of `local` that are not zero over the workers of `cluster`, in chunks.
  ///
  /// - Throws: as for a list of entries.
  public init(_ local: DenseMatrix<S>, partitions: Int? = nil, on cluster: Cluster) async throws {
    try await self.init(local.triplets(), partitions: partitions, on: cluster)
  }
}

extension TripletMatrix {
  /// The entries of a range of the list.
  fileprivate func chunk(_ range: Range<Int>) -> TripletMatrix {
    TripletMatrix(
      unchecked: rows, columns, conjugated: isConjugated, Array(rowIndices[range]),
      Array(columnIndices[range]), Array(storage[range]))
  }
}
