// Rows to other places of the matrix, in all of its tile columns: row to[t] becomes what row from[t] was. Two
// steps: the rows travel, all of a tile that go to one cell in one piece; then they take their places. Every row
// that moves goes to another worker at most once, n words for a row of the matrix.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// Which rows go where.
struct RowMoves: WireCodable {
  let grid: CellGrid
  let from: [Int]
  let to: [Int]

  init(_ grid: CellGrid, from: [Int], to: [Int]) {
    self.grid = grid
    self.from = from
    self.to = to
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    from.encode(to: &writer)
    to.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    from = try [Int](from: &reader)
    to = try [Int](from: &reader)
    let rows = 0..<grid.tiles.rows
    guard from.count == to.count, from.allSatisfy({ rows ~= $0 }), to.allSatisfy({ rows ~= $0 }) else {
      throw .malformed(expected: "rows of a matrix")
    }
  }
}

/// Rows of one tile, and where in their column of tiles they go.
struct RowBundle<S: Scalar>: WireCodable {
  let j: Int
  let targets: [Int]
  let rows: DenseMatrix<S>

  init(_ j: Int, _ targets: [Int], _ rows: DenseMatrix<S>) {
    self.j = j
    self.targets = targets
    self.rows = rows
  }

  func encode(to writer: inout WireWriter) {
    writer.write(j)
    targets.encode(to: &writer)
    rows.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    j = try reader.readInt(in: 0...Int(Int32.max), "a column of tiles")
    targets = try [Int](from: &reader)
    rows = try DenseMatrix(from: &reader)
    guard rows.rows == targets.count else { throw .malformed(expected: "a place for every row") }
  }
}

/// The place of a tile among the tiles.
private struct TileNumber: Hashable {
  let i: Int
  let j: Int
}

/// The rows that go to one cell.
struct IncomingRows<S: Scalar>: Tile {
  let bundles: [RowBundle<S>]

  static var typeName: String { scalarName("incoming-rows", S.self) }

  init(_ bundles: [RowBundle<S>]) { self.bundles = bundles }

  func encode(to writer: inout WireWriter) { bundles.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    bundles = try [RowBundle<S>](from: &reader)
  }

  /// The cell with the rows in their places.
  func placed(in cell: TileCell<S>, _ grid: CellGrid) throws -> TileCell<S> {
    let cuts = grid.tiles.rowCuts
    var arrivals: [TileNumber: [(target: Int, bundle: Int, row: Int)]] = [:]
    for (b, bundle) in bundles.enumerated() {
      for (row, target) in bundle.targets.enumerated() {
        guard 0..<cuts.extent ~= target else { throw CommunicationError.malformed(expected: "a row's place") }
        let i = cuts.piece(holding: target)
        arrivals[TileNumber(i: i, j: bundle.j), default: []].append((target - cuts[i].lowerBound, b, row))
      }
    }
    return try cell.changing { tile in
      guard let rows = arrivals[TileNumber(i: tile.i, j: tile.j)] else { return nil }
      var matrix = tile.matrix
      for arrival in rows {
        try matrix.setRow(arrival.target, to: arrival.row, of: bundles[arrival.bundle].rows)
      }
      return matrix
    }
  }
}

enum RowExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = RowMoves
  typealias Input = TileCell<S>
  static var name: String { scalarName("row-exchange", S.self) }

  static func split(_ moves: RowMoves, _ cell: TileCell<S>, tile: Int) throws -> [(
    target: Int, piece: RowBundle<S>
  )] {
    let (grid, cuts) = (moves.grid, moves.grid.tiles.rowCuts)
    // By tile row of the source, then by row of the cells that they go to.
    var departures: [Int: [Int: [(row: Int, to: Int)]]] = [:]
    for (from, to) in zip(moves.from, moves.to) {
      let i = cuts.piece(holding: from)
      departures[i, default: [:]][cuts.piece(holding: to) % grid.height, default: []].append(
        (from - cuts[i].lowerBound, to))
    }
    var pieces: [(target: Int, piece: RowBundle<S>)] = []
    for tile in cell.tiles {
      for (height, rows) in departures[tile.i] ?? [:] {
        let bundle = RowBundle(tile.j, rows.map(\.to), try tile.matrix.selectingRows(rows.map(\.row)))
        pieces.append((grid.cell(height, tile.j), bundle))
      }
    }
    return pieces
  }

  static func merge(_: RowMoves, _ pieces: [RowBundle<S>], tile: Int) -> IncomingRows<S> {
    IncomingRows(pieces)
  }
}

enum RowPlacementTask<S: Scalar>: MapTask {
  typealias Arguments = CellGrid
  typealias Input = TilePair<TileCell<S>, IncomingRows<S>>
  static var name: String { scalarName("row-placement", S.self) }

  static func run(_ grid: CellGrid, _ input: Input, tile: Int) throws -> TileCell<S> {
    try input.second.placed(in: input.first, grid)
  }
}
