// What CoordinateMatrix, RowMatrix and BlockMatrix have in common: a layout and tiles. Everything that moves
// or maps tiles is written once, for this protocol.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A matrix whose tiles are spread over the workers of a cluster.
///
/// `shape`, `partitioning` and the results of methods are of the matrix as it is read; `tiles` are as they are
/// stored, and `layout` says how they are read.
public protocol DistributedMatrix<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// What a tile holds.
  associatedtype Content: MatrixTile where Content.Element == Element
  /// The grid of tiles, and how it is read.
  var layout: Layout { get }
  /// Number of stored elements: all of a dense tile, the entries of a sparse one. An upper bound where entries
  /// may have coincided since: duplicates that were added up, the sum of two matrices.
  var storedCount: Int { get }
  /// The cluster that holds the tiles.
  var cluster: Cluster { get }
  /// The tiles as they are stored.
  var tiles: TileCollection<Content> { get }
  /// The matrix of the given tiles.
  ///
  /// - Precondition: as many tiles as the layout has.
  init(layout: Layout, storedCount: Int, cluster: Cluster, tiles: TileCollection<Content>)
}

extension DistributedMatrix {
  /// The grid of tiles as it is read.
  public var partitioning: Partitioning { layout.partitioning }
  /// Who owns which tile.
  public var ownership: Ownership { tiles.ownership }
  /// Rows and columns.
  public var shape: Shape { layout.shape }
  /// Number of rows.
  public var rows: Int { shape.rows }
  /// Number of columns.
  public var columns: Int { shape.columns }

  /// The transpose, of the same tiles. O(1); nothing moves.
  public func transposed() -> Self { viewed(through: .transpose) }

  /// The conjugate transpose, of the same tiles. O(1); nothing moves.
  public func adjoint() -> Self { viewed(through: .adjoint) }

  /// The elementwise conjugate, of the same tiles. O(1); nothing moves.
  public func conjugated() -> Self { viewed(through: MatrixView(isConjugated: true)) }

  private func viewed(through view: MatrixView) -> Self {
    Self(layout: layout.viewed(through: view), storedCount: storedCount, cluster: cluster, tiles: tiles)
  }

  /// The whole matrix on the driver: dense when every tile is, else sparse. All stored elements of other
  /// workers move to the driver.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory` before anything moves when the elements do not fit the
  ///   driver's memory, `tooLarge` beyond 2^31-1 rows or columns, `ExecutionError`.
  public func collect() async throws -> LocalMatrix<Element> {
    let indexBytes = storedCount < shape.elementCount ? MemoryLayout<Int32>.stride : 0
    try MemoryGuard.check(
      "a matrix of \(shape) on the driver", storedCount, 1,
      bytesPerElement: MemoryLayout<Element>.stride + indexBytes)
    let movement = Redistribution(from: layout, to: Partitioning(whole: rows, columns))
    let collected = try await cluster.engine.collect(tiles)
    var parts: [TilePart<Element>] = []
    for (t, tile) in collected.enumerated() { parts += try tile.cut(movement, tile: t).map(\.piece) }
    return try LocalMatrix(
      rows: rows, columns: columns, parts: parts, form: collected.allSatisfy(\.isDense) ? .dense : .sparse)
  }

  /// Tile `t` on the driver, as it is stored. Its words move to the driver.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` when there is no such tile, `ExecutionError`.
  public func collect(tile t: Int) async throws -> Content {
    guard 0..<layout.tileCount ~= t else {
      throw LinearAlgebraError.invalidArgument("there is no tile \(t) of \(layout.tileCount)")
    }
    let engine = cluster.engine
    let selected = try await engine.exchange(
      TileSelectionTask<Content>.self, [t], over: tiles,
      into: Ownership(tileCount: 1, allOn: 0, of: engine.workerCount))
    return try await engine.collect(selected)[0]
  }

  /// Says what becomes of the tiles when a worker has to make room; see `Engine.persist`.
  ///
  /// - Throws: `ExecutionError`.
  public func persist(_ level: StorageLevel) async throws(ExecutionError) {
    try await cluster.engine.persist(tiles, level)
  }

  /// Takes `persist` back. Tiles on disk stay there.
  ///
  /// - Throws: `ExecutionError`.
  public func unpersist() async throws(ExecutionError) { try await cluster.engine.unpersist(tiles) }
}
