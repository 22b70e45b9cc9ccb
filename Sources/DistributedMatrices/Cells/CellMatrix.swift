// A matrix in cells, and the steps of factorizations and triangular solves on it. Each is one or two steps of the
// engine; none brings more than a tile, or as many rows as one is wide, to the driver.

import TesseraCommunication
package import TesseraExecution
package import TesseraLocalMatrices
package import TesseraPartitioning

/// A distributed matrix of dense tiles in cells.
package struct CellMatrix<S: Scalar>: Sendable {
  /// The tiles, and the cells that hold them.
  package let grid: CellGrid
  /// The cluster that holds the cells.
  package let cluster: Cluster
  private let cells: TileCollection<TileCell<S>>

  private init(_ grid: CellGrid, _ cluster: Cluster, _ cells: TileCollection<TileCell<S>>) {
    self.grid = grid
    self.cluster = cluster
    self.cells = cells
  }

  /// `a` in blocks cut along `tiles`, where their cells are going to be. Every element moves at most once; a block
  /// matrix that is cut so already stays where it is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the tiles are of another shape, `ExecutionError`.
  package static func blocks(of a: some DistributedMatrix<S>, tiles: Partitioning) async throws
    -> BlockMatrix<S>
  {
    if let blocks = a as? BlockMatrix<S>, blocks.layout == Layout(tiles) { return blocks }
    let grid = CellGrid(tiles, workers: a.cluster.engine.workerCount)
    return try await a.blockMatrix(grid: tiles, ownership: grid.owners)
  }

  /// The matrix, or a triangle of it, its blocks as tiles. A block moves where its owner has not its cell.
  ///
  /// - Precondition: the matrix is not read transposed or conjugated.
  /// - Throws: `LinearAlgebraError.outOfMemory` (in a task) for a tile that does not fit, `ExecutionError`.
  package init(_ blocks: BlockMatrix<S>, triangle: TriangleView? = nil) async throws {
    let selection = CellSelection(
      CellGrid(blocks.partitioning, workers: blocks.cluster.engine.workerCount), triangle)
    self.init(selection.grid, blocks.cluster, try await Self.gathered(blocks, selection))
  }

  private static func gathered(_ blocks: BlockMatrix<S>, _ selection: CellSelection) async throws
    -> TileCollection<TileCell<S>>
  {
    precondition(blocks.layout.view == .plain)
    let engine = blocks.cluster.engine
    return try await engine.exchange(
      CellGatherTask<S>.self, selection, over: blocks.tiles,
      into: Ownership(tileCount: selection.grid.cellCount, workerCount: engine.workerCount))
  }

  /// The lower triangle of a square matrix in square tiles, and the largest |a_ij - conj(a_ji)|: zero for a Hermitian
  /// matrix. Three steps; the blocks above the diagonal move, and stay no longer than it takes to compare them.
  ///
  /// - Precondition: the matrix is not read transposed or conjugated.
  /// - Throws: `LinearAlgebraError.outOfMemory` (in a task) for a tile that does not fit, `ExecutionError`.
  package static func lowerTriangle(of blocks: BlockMatrix<S>) async throws -> (
    CellMatrix, defect: S.Real
  ) {
    let engine = blocks.cluster.engine
    let grid = CellGrid(blocks.partitioning, workers: engine.workerCount)
    let folded = try await gathered(blocks, CellSelection(grid, nil, isFolded: true))
    let defect = try await engine.reduce(HermitianDefectTask<S>.self, Empty(), over: folded).elements.first
    let lower = CellSelection(grid, TriangleView(isUpper: false))
    let cells = try await engine.map(CellTriangleTask<S>.self, lower, over: folded)
    return (CellMatrix(grid, blocks.cluster, cells), defect ?? 0)
  }

  /// Rows and columns.
  package var shape: Shape { Shape(grid.tiles.rows, grid.tiles.columns) }

  /// The matrix, or a triangle of it with zeros beyond, in blocks. Nothing moves.
  ///
  /// - Throws: `ExecutionError`.
  package func blocks(_ triangle: TriangleView? = nil) async throws -> BlockMatrix<S> {
    let selection = CellSelection(grid, triangle)
    let tiles = grid.tiles
    let stored = (0..<tiles.tileCount).reduce(0) { sum, t in
      let (i, j) = t.quotientAndRemainder(dividingBy: grid.columnCount)
      let shape = grid.shape(i, j)
      return selection.takes(i, j) ? sum + shape.rows * shape.columns : sum
    }
    return BlockMatrix(
      layout: Layout(tiles), storedCount: stored, cluster: cluster,
      tiles: try await cluster.engine.exchange(
        CellScatterTask<S>.self, selection, over: cells,
        into: grid.owners))
  }

  /// Tile (k, k) on the driver. One step; as many words as it has elements.
  ///
  /// - Throws: `ExecutionError`.
  package func diagonalTile(_ k: Int) async throws -> DenseMatrix<S> {
    let found = try await cluster.engine.reduce(DiagonalTileTask<S>.self, k, over: cells)
    guard let tile = found.first, found.count == 1, tile.shape == grid.shape(k, k) else {
      throw ExecutionError.communication(.malformed(expected: "tile (\(k), \(k))"))
    }
    return tile
  }

  /// The rows that a tournament makes the pivots of tile column k, and what they hold there, as many as the
  /// column is wide. One step.
  ///
  /// - Throws: `ExecutionError`.
  package func pivots(ofColumn k: Int) async throws -> (rows: [Int], matrix: DenseMatrix<S>) {
    let found = try await cluster.engine.reduce(TournamentTask<S>.self, Tournament(grid, k), over: cells)
    guard let winner = found.first, found.count == 1, winner.level == 0,
      winner.matrix.shape == grid.shape(k, k)
    else { throw ExecutionError.communication(.malformed(expected: "the winner of a tournament")) }
    return (winner.rows, winner.matrix)
  }

  /// The rows moved, one after the other. Two steps; see `RowMoves`.
  ///
  /// - Throws: `ExecutionError`.
  package func exchangingRows(_ moves: [RowMoves]) async throws -> CellMatrix {
    let incoming = try await incomingRows(moves)
    return with(
      try await cluster.engine.map(
        RowPlacementTask<S>.self, grid, over: AlignedPair(cells, incoming)))
  }

  /// Step k of an LU factorization, L and U packed in the tile that goes to (k, k): the rows moved in the tile columns
  /// from k on, the panel solved, and A_ij - A_ik A_kj for i, j > k. Four steps.
  ///
  /// - Throws: `ExecutionError`.
  package func eliminated(_ k: Int, from: [Int], to: [Int], with packed: DenseMatrix<S>) async throws
    -> CellMatrix
  {
    let engine = cluster.engine
    let incoming = try await incomingRows([RowMoves(columns: k..<grid.columnCount, from: from, to: to)])
    var panel = PanelSolve(k, packed)
    panel.column = TriangleView(isUpper: true)
    panel.row = TriangleView(isUpper: false, hasUnitDiagonal: true)
    panel.firstColumn = k + 1
    panel.replacesDiagonal = true
    let solved = try await engine.map(
      PivotedPanelTask<S>.self, PivotedPanel(grid, panel), over: AlignedPair(cells, incoming))
    let update = PanelUpdate(grid, k, rows: k + 1..<grid.rowCount, columns: k + 1..<grid.columnCount)
    if update.rows.isEmpty { return with(solved) }
    let factors = try await engine.exchange(
      PanelExchangeTask<S>.self, update, over: AlignedPair(solved, solved), into: cells.ownership)
    return with(
      try await engine.map(
        PivotedUpdateTask<S>.self, update, over: AlignedTriple(solved, incoming, factors)))
  }

  private func incomingRows(_ moves: [RowMoves]) async throws -> TileCollection<IncomingRows<S>> {
    try await cluster.engine.exchange(
      RowExchangeTask<S>.self, RowExchange(grid, moves), over: cells, into: cells.ownership)
  }

  /// Tiles (i, k) below L, which goes to (k, k), from the right by L^H. One step.
  ///
  /// - Throws: `ExecutionError`.
  package func dividingColumn(_ k: Int, byAdjointOf lower: DenseMatrix<S>) async throws -> CellMatrix {
    var panel = PanelSolve(k, lower)
    panel.column = TriangleView(isUpper: false, operation: .adjoint)
    panel.replacesDiagonal = true
    return with(try await cluster.engine.map(PanelSolveTask<S>.self, panel, over: cells))
  }

  /// Tiles of row k from the left by op(T). One step.
  ///
  /// - Throws: `ExecutionError`.
  package func dividingRow(_ k: Int, by triangle: DenseMatrix<S>, _ view: TriangleView) async throws
    -> CellMatrix
  {
    var panel = PanelSolve(k, triangle)
    panel.row = view
    return with(try await cluster.engine.map(PanelSolveTask<S>.self, panel, over: cells))
  }

  /// A_ij - A_ik A_jk^H for i >= j > k. Two steps.
  ///
  /// - Throws: `ExecutionError`.
  package func eliminatedBelow(_ k: Int) async throws -> CellMatrix {
    let rest = k + 1..<grid.rowCount
    return try await updated(PanelUpdate(grid, k, rows: rest, columns: rest, isHermitian: true), by: self)
  }

  /// B_i - op(T)_ik B_k for the given tile rows i of this B. Two steps.
  ///
  /// - Throws: `ExecutionError`.
  package func subtracting(
    _ operation: MatrixOperation, _ t: CellMatrix, timesRow k: Int, from rows: Range<Int>
  ) async throws -> CellMatrix {
    try await updated(
      PanelUpdate(grid, k, rows: rows, columns: 0..<grid.columnCount, operation: operation), by: t)
  }

  private func updated(_ update: PanelUpdate, by factor: CellMatrix) async throws -> CellMatrix {
    if update.rows.isEmpty || update.columns.isEmpty { return self }
    let engine = cluster.engine
    let panel = try await engine.exchange(
      PanelExchangeTask<S>.self, update, over: AlignedPair(factor.cells, cells), into: cells.ownership)
    return with(
      try await engine.map(PanelUpdateTask<S>.self, update, over: AlignedPair(cells, panel)))
  }

  private func with(_ cells: TileCollection<TileCell<S>>) -> CellMatrix { CellMatrix(grid, cluster, cells) }
}
