// A distributed m x n matrix as lists of entries (i, j, value): what files hold, what one assembles, and the
// form of what is too sparse for rows or blocks. Entries at the same place add up, wherever they lie.

public import TesseraExecution
import TesseraPartitioning
public import TesseraLocalMatrices

/// A matrix whose entries are spread over the workers: in chunks in any order, or by the cells of a grid.
public struct CoordinateMatrix<S: Scalar>: DistributedMatrix {
  /// The grid, and the number of chunks where there is none.
  public let layout: Layout
  /// The number of entries, duplicates included.
  public let storedCount: Int
  /// The cluster that holds the entries.
  public let cluster: Cluster
  /// The lists of entries, each in the coordinates of its cell.
  public let tiles: TileCollection<TripletMatrix<S>>

  /// The matrix of the given lists of entries.
  ///
  /// - Precondition: as many lists as the layout has tiles.
  public init(
    layout: Layout, storedCount: Int, cluster: Cluster, tiles: TileCollection<TripletMatrix<S>>
  ) {
    precondition(tiles.tileCount == layout.tileCount)
    self.layout = layout
    self.storedCount = storedCount
    self.cluster = cluster
    self.tiles = tiles
  }

  /// Whether the entries of one place lie in one tile.
  public var isGrid: Bool { layout.layers == 1 }
}
