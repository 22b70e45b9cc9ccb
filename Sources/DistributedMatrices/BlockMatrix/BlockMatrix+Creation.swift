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

extension MatrixTile {
  /// The tiles of a matrix on the driver, cut along a grid.
  func tiles<Other: MatrixTile<Element>>(of grid: Partitioning) throws -> [Other] {
    let source = Layout(Partitioning(whole: grid.rows, grid.columns))
    var parts = [[TilePart<Element>]](repeating: [], count: grid.tileCount)
    for (target, piece) in try cut(Redistribution(from: source, to: grid), tile: 0) {
      parts[target].append(piece)
    }
    return try parts.indices.map {
      try Other(rows: grid.rows(ofTile: $0).count, columns: grid.columns(ofTile: $0).count, parts: parts[$0])
    }
  }
}

extension Engine {
  /// Sends each tile to its owner, by default that of the contiguous rule.
  func place<Element: Tile>(_ tiles: [Element], on ownership: Ownership?) async throws(ExecutionError)
    -> TileCollection<Element>
  {
    if let ownership { try await place(tiles, on: ownership) } else { try await place(tiles) }
  }
}

/// - Throws: `shapeMismatch` when the grid is not one of a matrix of `shape`.
func checkGrid(_ grid: Partitioning, _ shape: Shape) throws(LinearAlgebraError) {
  guard Shape(grid.rows, grid.columns) == shape else {
    throw .shapeMismatch(operation: "partitioning", left: shape, right: Shape(grid.rows, grid.columns))
  }
}
