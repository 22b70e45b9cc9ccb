// The picture of a matrix's pattern: where its entries are. A matrix of at most 320 rows and columns shows
// each place; a larger one is binned and coloured by the logarithm of the counts. One pass over the
// entries, 0.8 MB of counts whatever the shape; an SVG file of less than 1 MB.

internal import TesseraInstrumentation
public import TesseraLocalMatrices

/// The pattern of a matrix, to be drawn as SVG or in the terminal.
public struct SpyPlot: Sendable {
  /// The largest number of cells along a side.
  public static let maximumCells = 320

  /// The counts of entries.
  public let grid: PatternGrid
  /// A name above the picture.
  public var title: String?
  /// The number of the first row and column in labels: 1 as in mathematics, 0 as in C.
  public var indexBase = 1
  /// Rows from zero before which a boundary is drawn: the offsets of a partitioning.
  public var rowBoundaries: [Int] = []
  /// Columns from zero before which a boundary is drawn.
  public var columnBoundaries: [Int] = []

  /// The picture of counts gathered elsewhere, for instance part by part.
  public init(grid: PatternGrid, title: String? = nil) {
    self.grid = grid
    self.title = title
  }

  /// The pattern of entries from any source: `entries` calls what it is given with row and column of each,
  /// both from zero.
  ///
  /// - Throws: what `entries` throws.
  public init<Failure: Error>(
    rows: Int, columns: Int, title: String? = nil,
    entries: ((Int, Int) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    var grid = SpyPlot.emptyGrid(rows: rows, columns: columns)
    try entries { grid.insert($0, $1) }
    self.init(grid: grid, title: title)
  }

  /// The stored entries of a sparse matrix, the elements other than zero of a dense one. O(stored).
  public init<S: Scalar>(matrix: LocalMatrix<S>, title: String? = nil) {
    switch matrix {
    case .sparse(let a):
      self.init(rows: a.rows, columns: a.columns, title: title) { insert in
        a.forEach { i, j, _ in insert(i, j) }
      }
    case .dense(let a):
      self.init(rows: a.rows, columns: a.columns, title: title) { insert in
        a.forEach { i, j, value in if value != 0 { insert(i, j) } }
      }
    }
  }

  /// The entries of a list; an entry that occurs twice counts twice. O(entries).
  public init<S: Scalar>(triplets: TripletMatrix<S>, title: String? = nil) {
    self.init(rows: triplets.rows, columns: triplets.columns, title: title) { insert in
      triplets.forEach { i, j, _ in insert(i, j) }
    }
  }

  /// The empty grid for a matrix of the given shape. Grids of parts of a matrix can be filled apart and
  /// added up.
  public static func emptyGrid(rows: Int, columns: Int) -> PatternGrid {
    PatternGrid(rows: rows, columns: columns, atMost: maximumCells, by: maximumCells)
  }

  /// "1,000 × 2,000, 5,000 entries, density 0.00250"
  public var summary: String {
    let total = grid.total
    let density = Double(total) / (Double(grid.rows) * Double(grid.columns))
    return "\(Text.grouped(grid.rows)) × \(Text.grouped(grid.columns)), "
      + "\(Text.grouped(total)) \(total == 1 ? "entry" : "entries")"
      + (total > 0 ? ", density \(Text.significant(density))" : "")
  }

  /// The largest rectangle inside `width` x `height` with the matrix's proportions, but not thinner than
  /// 1 : 4 either way.
  func fitted(width: Double, height: Double) -> (width: Double, height: Double) {
    let ratio = min(4, max(0.25, Double(max(1, grid.columns)) / Double(max(1, grid.rows))))
    return ratio > width / height ? (width, width / ratio) : (height * ratio, height)
  }
}
