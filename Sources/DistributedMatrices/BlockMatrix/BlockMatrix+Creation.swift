// A block matrix from a matrix on the driver: cut into blocks, each sent to its owner. All stored elements move
// from the driver once.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

extension BlockMatrix {
  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Parameters:
  ///   - grid: the cuts; by default chosen from shape and stored elements (see
  ///     `Partitioning.defaultBlocks`).
  ///   - ownership: who owns which block; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `ExecutionError`.
  public init(
    _ local: LocalMatrix<S>, grid: Partitioning? = nil, ownership: Ownership? = nil, on cluster: Cluster
  ) async throws {
    let grid =
      grid
      ?? .defaultBlocks(rows: local.rows, columns: local.columns, stored: local.storedCount)
    try checkGrid(grid, local.shape)
    let tiles = try local.tiles(of: grid) as [LocalMatrix<S>]
    self.init(
      layout: Layout(grid), storedCount: tiles.reduce(0) { $0 + $1.storedCount }, cluster: cluster,
      tiles: try await cluster.engine.place(tiles, on: ownership))
  }

  /// Spreads `local` over the workers of `cluster`, in square blocks of `blockSize`, smaller at the edges.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` for a block size below one, `ExecutionError`.
  public init(_ local: LocalMatrix<S>, blockSize: Int, on cluster: Cluster) async throws {
    guard blockSize >= 1 else {
      throw LinearAlgebraError.invalidArgument("the block size is \(blockSize), expected 1 or more")
    }
    let grid = Partitioning(rows: local.rows, columns: local.columns, blockSize: blockSize)
    try await self.init(local, grid: grid, on: cluster)
  }

  /// Spreads `local`, duplicates added up, over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: TripletMatrix<S>, grid: Partitioning? = nil, on cluster: Cluster) async throws {
    try await self.init(.sparse(try local.compressed(by: .rows)), grid: grid, on: cluster)
  }

  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: DenseMatrix<S>, grid: Partitioning? = nil, on cluster: Cluster) async throws {
    try await self.init(.dense(local), grid: grid, on: cluster)
  }

  /// Spreads `local` over the workers of `cluster`.
  ///
  /// - Throws: as for a local matrix.
  public init(_ local: SparseMatrix<S>, grid: Partitioning? = nil, on cluster: Cluster) async throws {
    try await self.init(.sparse(local), grid: grid, on: cluster)
  }
}
