// Where the elements of a distributed matrix are: a grid of tiles, how it is to be read, and, for entries in
// any order, how many tiles add up to one cell of the grid. A value; the five types are five kinds of it.
//
//   RowMatrix         p x 1 cells, one tile each
//   BlockMatrix       r x c cells, one tile each
//   CoordinateMatrix  r x c cells, one tile each; or one cell, as the matrix is, of k tiles (chunks)

public import TesseraLocalMatrices
public import TesseraPartitioning

/// The grid of tiles of a distributed matrix.
public struct Layout: Hashable, Sendable {
  /// The grid as it is stored.
  public let grid: Partitioning
  /// The number of tiles that add up to one cell.
  public let layers: Int
  /// How the stored matrix is to be read.
  public let view: MatrixView

  /// The given grid, as it is to be read.
  ///
  /// - Precondition: `layers >= 1`.
  public init(_ grid: Partitioning, layers: Int = 1, view: MatrixView = .plain) {
    precondition(layers >= 1)
    self.grid = grid
    self.layers = layers
    self.view = view
  }

  /// The grid as it is read.
  public var partitioning: Partitioning { view.isTransposed ? grid.transposed() : grid }
  /// Rows and columns as they are read.
  public var shape: Shape { Shape(partitioning.rows, partitioning.columns) }
  /// Number of tiles.
  public var tileCount: Int { grid.tileCount * layers }

  /// The tile of the cell in row `i`, column `j` of `partitioning`. With several layers, the first of them.
  public func tile(_ i: Int, _ j: Int) -> Int {
    (view.isTransposed ? j * grid.columnCuts.count + i : i * grid.columnCuts.count + j) * layers
  }

  /// The cell of the stored grid that tile `t` belongs to.
  public func cell(ofTile t: Int) -> Int { t / layers }

  /// The same tiles read through one more view.
  public func viewed(through other: MatrixView) -> Layout {
    Layout(grid, layers: layers, view: view.viewed(through: other))
  }
}
