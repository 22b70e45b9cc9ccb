// Where the tiles of a matrix are while it is factored: tile (i, j) in cell (i mod p, j mod q) of a p x q grid of
// cells, one for each worker. Cyclic, so that every worker has its share of what is left to do until the end.
//
//   cells 2 x 2      0 1 0 1 0
//                    2 3 2 3 2
//                    0 1 0 1 0
//
// A cell is one tile of a collection: what a step sends to a worker goes there once, however many tiles need it.
// The number of cells is that of the workers, and decides no bit: all arithmetic is of one tile with another, in
// an order that the numbers of the tiles say. Source: Blackford et al., ScaLAPACK Users' Guide, 1997, section 4.3.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
package import TesseraPartitioning

/// The tiles of a matrix and the cells that hold them.
package struct CellGrid: Hashable, Sendable {
  /// The cuts of the matrix.
  package let tiles: Partitioning
  /// The rows of cells, p.
  let height: Int
  /// The columns of cells, q.
  let width: Int

  /// The tiles on the cells of `workers` workers.
  init(_ tiles: Partitioning, workers: Int) {
    self.tiles = tiles
    (height, width) = Self.shape(workers)
  }

  /// p x q cells: p the power of two nearest to the square root of their number that divides it, for two workers two.
  static func shape(_ workers: Int) -> (height: Int, width: Int) {
    var height = 1
    while workers % (2 * height) == 0, 2 * height * height <= workers { height *= 2 }
    return (height, workers / height)
  }

  /// The number of cells.
  var cellCount: Int { height * width }
  /// The number of rows of tiles.
  var rowCount: Int { tiles.rowCuts.count }
  /// The number of columns of tiles.
  var columnCount: Int { tiles.columnCuts.count }

  /// The cell of tile (i, j).
  func cell(_ i: Int, _ j: Int) -> Int { i % height * width + j % width }

  /// The shape of tile (i, j).
  func shape(_ i: Int, _ j: Int) -> Shape { Shape(tiles.rowCuts[i].count, tiles.columnCuts[j].count) }

  /// The workers of the tiles' cells.
  var owners: Ownership { Ownership(cyclic: tiles, workerRows: height, workerColumns: width) }

  /// The cells that have tiles of row i in the given columns.
  func cells(row i: Int, columns: Range<Int>) -> [Int] {
    columns.prefix(width).map { cell(i, $0) }
  }

  /// The cells that have tiles of column j in the given rows.
  func cells(column j: Int, rows: Range<Int>) -> [Int] {
    rows.prefix(height).map { cell($0, j) }
  }

  private init(_ tiles: Partitioning, height: Int, width: Int) {
    self.tiles = tiles
    self.height = height
    self.width = width
  }
}

extension CellGrid: WireCodable {
  package func encode(to writer: inout WireWriter) {
    tiles.encode(to: &writer)
    writer.write(height)
    writer.write(width)
  }

  package init(from reader: inout WireReader) throws(CommunicationError) {
    let tiles = try Partitioning(from: &reader)
    let height = try reader.readInt(in: 1...Int(UInt16.max), "rows of cells")
    self.init(tiles, height: height, width: try reader.readInt(in: 1...Int(UInt16.max), "columns of cells"))
  }
}

/// A dense tile of a matrix, its rows contiguous, and its place among the tiles.
struct PlacedTile<S: Scalar>: WireCodable {
  let i: Int
  let j: Int
  var matrix: DenseMatrix<S>

  init(_ i: Int, _ j: Int, _ matrix: DenseMatrix<S>) {
    self.i = i
    self.j = j
    self.matrix = matrix
  }

  func encode(to writer: inout WireWriter) {
    writer.write(i)
    writer.write(j)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    i = try reader.readInt(in: 0...Int(Int32.max), "a row of tiles")
    j = try reader.readInt(in: 0...Int(Int32.max), "a column of tiles")
    matrix = try DenseMatrix(from: &reader)
    guard matrix.isRowMajor else { throw .malformed(expected: "a tile of contiguous rows") }
  }
}

/// The tiles of one cell, by rows.
struct TileCell<S: Scalar>: Tile {
  var tiles: [PlacedTile<S>]

  static var typeName: String { scalarName("tile-cell", S.self) }

  init(_ tiles: [PlacedTile<S>]) { self.tiles = tiles }

  func encode(to writer: inout WireWriter) { tiles.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    tiles = try [PlacedTile<S>](from: &reader)
  }

  /// The cell with its tiles changed. Those that are, are copied once.
  func changing(_ change: (inout PlacedTile<S>) throws -> Void) rethrows -> TileCell {
    var result = self
    for n in result.tiles.indices { try change(&result.tiles[n]) }
    return result
  }
}
