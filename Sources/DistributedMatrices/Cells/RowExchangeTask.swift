// Rows to other places of the matrix, in the tile columns that moves are for: row to[t] becomes what row from[t] was.
// Two steps: the rows travel, all of a tile that go to one cell in one piece; then they take their places. Moves one
// after the other are made as one: every row that moves goes to another worker at most once, n words for a row of
// the matrix.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// Row `to[t]` becomes what row `from[t]` was, in some tile columns.
package struct RowMoves: Sendable {
  let columns: Range<Int>
  let from: [Int]
  let to: [Int]

  /// - Precondition: as many rows as places, no place twice.
  package init(columns: Range<Int>, from: [Int], to: [Int]) {
    self.columns = columns
    self.from = from
    self.to = to
  }
}

/// Moves of rows, one after the other.
struct RowExchange: WireCodable {
  let grid: CellGrid
  let moves: [RowMoves]

  init(_ grid: CellGrid, _ moves: [RowMoves]) {
    self.grid = grid
    self.moves = moves
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    writer.write(moves.count)
    for move in moves {
      writer.write(move.columns.lowerBound)
      writer.write(move.columns.upperBound)
      move.from.encode(to: &writer)
      move.to.encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    let rows = 0..<grid.tiles.rows
    var moves: [RowMoves] = []
    for _ in 0..<(try reader.readInt(in: 0...max(grid.rowCount, 1), "moves of rows")) {
      let first = try reader.readInt(in: 0...grid.columnCount, "a first tile column")
      let end = try reader.readInt(in: first...grid.columnCount, "a last tile column")
      let (from, to) = (try [Int](from: &reader), try [Int](from: &reader))
      guard from.count == to.count, from.allSatisfy({ rows ~= $0 }), to.allSatisfy({ rows ~= $0 }) else {
        throw .malformed(expected: "rows of a matrix")
      }
      moves.append(RowMoves(columns: first..<end, from: from, to: to))
    }
    self.moves = moves
  }

  /// For every row of tile column j, the row that it was before all moves.
  private func origins(ofColumn j: Int) -> [Int] {
    var origins = Array(0..<grid.tiles.rows)
    for move in moves where move.columns ~= j {
      let moved = move.from.map { origins[$0] }
      for (place, origin) in zip(move.to, moved) { origins[place] = origin }
    }
    return origins
  }

  /// Rows that leave tiles of column j: for every tile row, and every row of the cells that they go to, the rows of
  /// the tile and their places in the matrix.
  fileprivate func departures(ofColumn j: Int) -> [[[(row: Int, place: Int)]]] {
    let cuts = grid.tiles.rowCuts
    var departures = [[[(row: Int, place: Int)]]](
      repeating: Array(repeating: [], count: grid.height), count: grid.rowCount)
    for (place, origin) in origins(ofColumn: j).enumerated() where place != origin {
      let i = cuts.piece(holding: origin)
      departures[i][cuts.piece(holding: place) % grid.height].append((origin - cuts[i].lowerBound, place))
    }
    return departures
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

/// The rows that go to one cell.
struct IncomingRows<S: Scalar>: Tile {
  let bundles: [RowBundle<S>]

  static var typeName: String { scalarName("incoming-rows", S.self) }

  init(_ bundles: [RowBundle<S>]) { self.bundles = bundles }

  func encode(to writer: inout WireWriter) { bundles.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    bundles = try [RowBundle<S>](from: &reader)
  }
}

/// The rows that go to one cell, by the tiles that they go to.
struct RowArrivals<S: Scalar> {
  private struct Arrival {
    let rows: DenseMatrix<S>
    /// Rows of the tile, and what of `rows` goes there.
    var places: [(target: Int, row: Int)]
  }

  /// By tile columns, then by tile rows.
  private var arrivals: [Int: [[Arrival]]] = [:]

  init(_ incoming: IncomingRows<S>, _ grid: CellGrid) throws {
    let cuts = grid.tiles.rowCuts
    for bundle in incoming.bundles {
      var places = [[(target: Int, row: Int)]](repeating: [], count: cuts.count)
      for (row, place) in bundle.targets.enumerated() {
        guard 0..<cuts.extent ~= place else { throw CommunicationError.malformed(expected: "a row's place") }
        let i = cuts.piece(holding: place)
        places[i].append((place - cuts[i].lowerBound, row))
      }
      for i in 0..<cuts.count where !places[i].isEmpty {
        arrivals[bundle.j, default: Array(repeating: [], count: cuts.count)][i].append(
          Arrival(rows: bundle.rows, places: places[i]))
      }
    }
  }

  /// Writes the rows that go to `tile` into it.
  func place(in tile: inout PlacedTile<S>) throws {
    guard let column = arrivals[tile.j], column.indices ~= tile.i else { return }
    for arrival in column[tile.i] { try tile.matrix.setRows(arrival.places, of: arrival.rows) }
  }
}

enum RowExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = RowExchange
  typealias Input = TileCell<S>
  static var name: String { scalarName("row-exchange", S.self) }

  static func split(_ exchange: RowExchange, _ cell: TileCell<S>, tile: Int) throws -> [(
    target: Int, piece: RowBundle<S>
  )] {
    var departures: [Int: [[[(row: Int, place: Int)]]]] = [:]
    for j in Set(cell.tiles.map(\.j)) { departures[j] = exchange.departures(ofColumn: j) }
    var pieces: [(target: Int, piece: RowBundle<S>)] = []
    for tile in cell.tiles {
      guard let column = departures[tile.j], column.indices ~= tile.i else {
        throw CommunicationError.malformed(expected: "a tile of \(exchange.grid.rowCount) rows of tiles")
      }
      for (height, rows) in column[tile.i].enumerated() where !rows.isEmpty {
        let bundle = RowBundle(tile.j, rows.map(\.place), try tile.matrix.selectingRows(rows.map(\.row)))
        pieces.append((exchange.grid.cell(height, tile.j), bundle))
      }
    }
    return pieces
  }

  static func merge(_: RowExchange, _ pieces: [RowBundle<S>], tile: Int) -> IncomingRows<S> {
    IncomingRows(pieces)
  }
}

enum RowPlacementTask<S: Scalar>: MapTask {
  typealias Arguments = CellGrid
  typealias Input = TilePair<TileCell<S>, IncomingRows<S>>
  static var name: String { scalarName("row-placement", S.self) }

  static func run(_ grid: CellGrid, _ input: Input, tile: Int) throws -> TileCell<S> {
    let arrivals = try RowArrivals(input.second, grid)
    return try input.first.changing { try arrivals.place(in: &$0) }
  }
}
