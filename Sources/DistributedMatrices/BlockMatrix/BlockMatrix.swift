// A distributed m x n matrix in an r x c grid of blocks, each dense or sparse by content. The grid is cut from
// the matrix's shape and nonzeros alone, so that any number of workers computes the same bits.

public import TesseraExecution
import TesseraPartitioning
public import TesseraLocalMatrices

/// A matrix whose blocks are spread over the workers.
public struct BlockMatrix<S: Scalar>: DistributedMatrix {
  /// The grid of blocks, and how it is read.
  public let layout: Layout
  /// The number of stored elements: all of a dense block, the entries of a sparse one.
  public let storedCount: Int
  /// The cluster that holds the blocks.
  public let cluster: Cluster
  /// The blocks as they are stored, row of the grid after row.
  public let tiles: TileCollection<LocalMatrix<S>>

  /// The matrix of the given blocks.
  ///
  /// - Precondition: as many blocks as the layout has tiles, one layer.
  public init(
    layout: Layout, storedCount: Int, cluster: Cluster, tiles: TileCollection<LocalMatrix<S>>
  ) {
    precondition(tiles.tileCount == layout.tileCount && layout.layers == 1)
    self.layout = layout
    self.storedCount = storedCount
    self.cluster = cluster
    self.tiles = tiles
  }
}
