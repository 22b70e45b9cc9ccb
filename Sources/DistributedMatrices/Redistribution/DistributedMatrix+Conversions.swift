// Between the three distributed types: each conversion is one redistribution, in which every stored element
// moves at most once and nothing passes the driver. Where the grid stays nothing moves at all.

import TesseraExecution
import TesseraLocalMatrices
public import TesseraPartitioning

extension DistributedMatrix {
  /// As a row matrix.
  ///
  /// - Parameters:
  ///   - partitions: the number of slabs of equally many rows; by default chosen from shape and stored
  ///     elements.
  ///   - ownership: who owns which slab; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public func rowMatrix(partitions: Int? = nil, ownership: Ownership? = nil) async throws
    -> RowMatrix<Element>
  {
    let count =
      partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: storedCount)
    try checkSlabCount(count)
    return try await rowMatrix(rowCuts: Cuts(even: rows, parts: count), ownership: ownership)
  }

  /// As a row matrix whose slabs are cut at `rowCuts`.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the cuts are of another number of rows,
  ///   `ExecutionError`.
  public func rowMatrix(rowCuts: Cuts, ownership: Ownership? = nil) async throws -> RowMatrix<Element> {
    let grid = Partitioning(slabs: rowCuts, columns: columns)
    try checkGrid(grid, shape)
    return try await redistributed(as: RowMatrix<Element>.self, grid, ownership)
  }

  /// As a block matrix.
  ///
  /// - Parameters:
  ///   - grid: the cuts; by default chosen from shape and stored elements.
  ///   - ownership: who owns which block; by default in contiguous ranges.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `ExecutionError`.
  public func blockMatrix(grid: Partitioning? = nil, ownership: Ownership? = nil) async throws
    -> BlockMatrix<Element>
  {
    let grid = grid ?? .defaultBlocks(rows: rows, columns: columns, stored: storedCount)
    try checkGrid(grid, shape)
    return try await redistributed(as: BlockMatrix<Element>.self, grid, ownership)
  }

  /// As a block matrix of square blocks, smaller at the edges.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` for a block size below one, `ExecutionError`.
  public func blockMatrix(blockSize: Int) async throws -> BlockMatrix<Element> {
    guard blockSize >= 1 else {
      throw LinearAlgebraError.invalidArgument("the block size is \(blockSize), expected 1 or more")
    }
    return try await blockMatrix(grid: Partitioning(rows: rows, columns: columns, blockSize: blockSize))
  }

  /// As a coordinate matrix by the cells of a grid; of a dense tile the elements that are not zero. Without
  /// a grid the cells are this matrix's own, and nothing moves.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `ExecutionError`.
  public func coordinateMatrix(grid: Partitioning? = nil, ownership: Ownership? = nil) async throws
    -> CoordinateMatrix<Element>
  {
    if grid == nil, ownership == nil, let same = self as? CoordinateMatrix<Element> { return same }
    let grid = grid ?? partitioning
    try checkGrid(grid, shape)
    return try await redistributed(
      as: CoordinateMatrix<Element>.self, grid,
      ownership ?? (grid == partitioning ? ownershipAsRead : nil))
  }

  /// The rows and columns given, in `grid`.
  ///
  /// - Precondition: the ranges lie in the matrix and are as long as the grid's rows and columns.
  func redistributed<Result: DistributedMatrix>(
    as type: Result.Type, rows: Range<Int>? = nil, columns: Range<Int>? = nil, _ grid: Partitioning,
    _ ownership: Ownership?
  ) async throws -> Result where Result.Element == Element {
    let isWhole = rows == nil && columns == nil
    if isWhole, layout == Layout(grid), let same = tiles as? TileCollection<Result.Content> {
      let moved = if let ownership { try await cluster.engine.move(same, to: ownership) } else { same }
      return Result(layout: layout, storedCount: storedCount, cluster: cluster, tiles: moved)
    }
    let engine = cluster.engine
    return Result(
      layout: Layout(grid), storedCount: storedCount, cluster: cluster,
      tiles: try await engine.exchange(
        RedistributionTask<Content, Result.Content>.self,
        Redistribution(from: layout, rows: rows, columns: columns, to: grid), over: tiles,
        into: ownership ?? Ownership(tileCount: grid.tileCount, workerCount: engine.workerCount)))
  }

  /// Who owns which cell of `partitioning`; nil where several tiles make a cell.
  var ownershipAsRead: Ownership? {
    guard layout.layers == 1 else { return nil }
    guard layout.view.isTransposed else { return ownership }
    let (height, width) = (partitioning.rowCuts.count, partitioning.columnCuts.count)
    let owners = (0..<height * width).map { ownership.owner(of: layout.tile($0 / width, $0 % width)) }
    return Ownership(owners: owners, workerCount: ownership.workerCount)
  }
}
