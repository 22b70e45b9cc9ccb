// A distributed m x n matrix in slabs of whole rows, each dense or sparse by content. The slabs are cut from
// the matrix's shape and nonzeros alone, so that any number of workers computes the same bits.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraPartitioning

/// A matrix whose rows are spread over the workers.
public struct RowMatrix<S: Scalar>: Sendable {
  /// How the rows are cut into slabs.
  public let partitioning: Partitioning
  /// The number of stored elements: all of a dense slab, the nonzeros of a sparse one.
  public let storedCount: Int
  /// The cluster that holds the slabs.
  public let cluster: Cluster
  /// The slabs, in order: what tasks of one's own run on.
  public let tiles: TileCollection<LocalMatrix<S>>

  init(
    partitioning: Partitioning, storedCount: Int, cluster: Cluster,
    tiles: TileCollection<LocalMatrix<S>>
  ) {
    self.partitioning = partitioning
    self.storedCount = storedCount
    self.cluster = cluster
    self.tiles = tiles
  }

  /// Rows and columns.
  public var shape: Shape { Shape(partitioning.rows, partitioning.columns) }
  /// Number of rows.
  public var rows: Int { partitioning.rows }
  /// Number of columns.
  public var columns: Int { partitioning.columns }

  /// The whole matrix on the driver: sparse when any slab is. All stored elements move to the driver.
  ///
  /// - Throws: `ExecutionError`.
  public func collect() async throws -> LocalMatrix<S> {
    try LocalMatrix.stackedSparsely(try await cluster.engine.collect(tiles))
  }
}
