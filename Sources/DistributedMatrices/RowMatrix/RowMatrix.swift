// A distributed m x n matrix in slabs of whole rows, each dense or sparse by content. The slabs are cut from
// the matrix's shape and nonzeros alone, so that any number of workers computes the same bits.

public import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

/// A matrix whose rows are spread over the workers.
public struct RowMatrix<S: Scalar>: DistributedMatrix {
  /// The slabs, and how they are read: the transpose of a row matrix is one of column slabs.
  public let layout: Layout
  /// The number of stored elements: all of a dense slab, the nonzeros of a sparse one.
  public let storedCount: Int
  /// The cluster that holds the slabs.
  public let cluster: Cluster
  /// The slabs as they are stored, in order: what tasks of one's own run on.
  public let tiles: TileCollection<LocalMatrix<S>>

  /// The matrix of the given slabs.
  ///
  /// - Precondition: as many slabs as the layout has tiles, each of whole stored rows.
  public init(
    layout: Layout, storedCount: Int, cluster: Cluster, tiles: TileCollection<LocalMatrix<S>>
  ) {
    precondition(
      tiles.tileCount == layout.tileCount && layout.layers == 1 && layout.grid.columnCuts.count == 1)
    self.layout = layout
    self.storedCount = storedCount
    self.cluster = cluster
    self.tiles = tiles
  }

  init(
    partitioning: Partitioning, storedCount: Int, cluster: Cluster,
    tiles: TileCollection<LocalMatrix<S>>
  ) {
    self.init(layout: Layout(partitioning), storedCount: storedCount, cluster: cluster, tiles: tiles)
  }

  /// The same matrix in slabs of the rows it is read by: itself unless it is a transpose or a conjugate, whose
  /// stored elements then move once.
  ///
  /// - Parameter partitions: the number of slabs; by default as for a new matrix.
  /// - Throws: `LinearAlgebraError.invalidArgument` for fewer than one slab, `ExecutionError`.
  public func materialized(partitions: Int? = nil) async throws -> RowMatrix {
    layout.view == .plain && partitions == nil ? self : try await rowMatrix(partitions: partitions)
  }
}
