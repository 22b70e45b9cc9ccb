// The pattern of a matrix on a grid of at most a given number of cells: cell (r, c) counts the entries (i, j)
// with r = i / rowsPerCell, c = j / columnsPerCell. Each entry lands in exactly one cell, so the counts add
// up to the number of entries; grids over parts of a matrix add up to the grid of the whole. O(1) an
// entry, O(cells) memory whatever the shape.

/// Counts of a matrix's entries on a grid of cells.
public struct PatternGrid: Sendable, Equatable {
  /// Rows of the matrix.
  public let rows: Int
  /// Columns of the matrix.
  public let columns: Int
  /// Rows of the matrix in a cell; the last row of cells may have fewer.
  public let rowsPerCell: Int
  /// Columns of the matrix in a cell; the last column of cells may have fewer.
  public let columnsPerCell: Int
  /// Rows of cells.
  public let cellRows: Int
  /// Columns of cells.
  public let cellColumns: Int
  /// Entries in each cell, one row of cells after the other.
  public private(set) var counts: [Int]

  /// An empty grid of at most `cellRows` x `cellColumns` cells over a matrix of the given shape.
  ///
  /// - Precondition: the shape is not negative and the limits are positive.
  public init(rows: Int, columns: Int, atMost cellRows: Int, by cellColumns: Int) {
    precondition(rows >= 0 && columns >= 0 && cellRows > 0 && cellColumns > 0)
    self.rows = rows
    self.columns = columns
    rowsPerCell = Swift.max(1, quotientRoundedUp(rows, cellRows))
    columnsPerCell = Swift.max(1, quotientRoundedUp(columns, cellColumns))
    self.cellRows = quotientRoundedUp(rows, rowsPerCell)
    self.cellColumns = quotientRoundedUp(columns, columnsPerCell)
    counts = [Int](repeating: 0, count: self.cellRows * self.cellColumns)
  }

  /// Entries in all cells together.
  public var total: Int { counts.reduce(0, +) }
  /// Entries in the fullest cell.
  public var maximum: Int { counts.max() ?? 0 }

  /// Entries in the cell of row `r` and column `c`.
  public subscript(r: Int, c: Int) -> Int { counts[r * cellColumns + c] }

  /// Counts the entry in row `i`, column `j`, both from zero.
  ///
  /// - Precondition: (i, j) lies in the matrix.
  public mutating func insert(_ i: Int, _ j: Int) {
    precondition(
      i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) is outside \(rows) x \(columns)")
    counts[i / rowsPerCell * cellColumns + j / columnsPerCell] += 1
  }

  /// Adds the counts of another part of the same matrix.
  ///
  /// - Precondition: equal shapes and cells.
  public static func += (a: inout PatternGrid, b: PatternGrid) {
    precondition(
      (a.rows, a.columns, a.rowsPerCell, a.columnsPerCell)
        == (b.rows, b.columns, b.rowsPerCell, b.columnsPerCell))
    for k in a.counts.indices { a.counts[k] += b.counts[k] }
  }

  /// The same counts on a grid of at most `cellRows` x `cellColumns` cells, each a union of whole cells of
  /// this one.
  ///
  /// - Precondition: the limits are positive.
  public func coarsened(atMost cellRows: Int, by cellColumns: Int) -> PatternGrid {
    let cells = PatternGrid(
      rows: self.cellRows, columns: self.cellColumns, atMost: cellRows, by: cellColumns)
    var result = PatternGrid(
      self, rowsPerCell: rowsPerCell * cells.rowsPerCell,
      columnsPerCell: columnsPerCell * cells.columnsPerCell)
    for r in 0..<self.cellRows {
      for c in 0..<self.cellColumns {
        result.counts[r / cells.rowsPerCell * result.cellColumns + c / cells.columnsPerCell] += self[r, c]
      }
    }
    return result
  }

  /// An empty grid over the matrix of `other` with cells of the given size.
  private init(_ other: PatternGrid, rowsPerCell: Int, columnsPerCell: Int) {
    rows = other.rows
    columns = other.columns
    self.rowsPerCell = rowsPerCell
    self.columnsPerCell = columnsPerCell
    cellRows = quotientRoundedUp(rows, rowsPerCell)
    cellColumns = quotientRoundedUp(columns, columnsPerCell)
    counts = [Int](repeating: 0, count: cellRows * cellColumns)
  }
}

/// The least integer that is at least a / b, for a >= 0 and b > 0, without overflow.
private func quotientRoundedUp(_ a: Int, _ b: Int) -> Int { a / b + (a % b > 0 ? 1 : 0) }
