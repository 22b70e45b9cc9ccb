// Which w rows of a panel, tile column k from tile row k on, are the pivots: a tournament. The tiles of a class,
// i = r modulo 2^l, at most eight of them, play first, stacked; then the winners of class r with those of class
// r + 2^(l-1) modulo 2^l are those of class r modulo 2^(l-1); and so on until one class is left. Each game is
// won by the rows that partial pivoting chooses. The classes depend on the number of tiles alone: so does every
// bit. With cells in a power of two of rows a cell has whole classes, plays them by itself and sends w rows.
//
// About m w^2 flops for a panel of m x w, 5/3 w^3 more for each game of two; w^2 words from every cell in tile
// column k (of other numbers of rows of cells its part of the panel). Growth as with partial pivoting in
// practice, at most 2^(w (levels + 1)) in theory. Source: Grigori, Demmel, Xiang, CALU: A Communication Optimal LU
// Factorization Algorithm, SIAM J. Matrix Anal. Appl. 32, 2011, sections 2 and 3.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// The panel that a tournament is about.
struct Tournament: WireCodable {
  let grid: CellGrid
  let k: Int

  init(_ grid: CellGrid, _ k: Int) {
    self.grid = grid
    self.k = k
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    writer.write(k)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    k = try reader.readInt(in: 0...grid.rowCount, "a step")
  }

  /// l of the classes that play first: at least four classes, and no more than eight tiles in each.
  var firstLevel: Int {
    var level = 0
    while 1 << level < min(4, grid.rowCount) || 8 << level < grid.rowCount { level += 1 }
    return level
  }

  /// The tiles of the panel that are `residue` modulo 2^`level`.
  func tiles(_ level: Int, _ residue: Int) -> [Int] {
    (k..<grid.rowCount).filter { $0 & (1 << level - 1) == residue }
  }
}

/// Rows of the panel that are still in the tournament for one class, or for one tile.
struct Contender<S: Scalar>: WireCodable {
  /// Of the class; one above that of the first classes for a tile.
  let level: Int
  /// Of the class, or the number of the tile.
  let residue: Int
  /// The numbers of the rows in the matrix.
  let rows: [Int]
  /// The rows as they are before the panel is factored.
  let matrix: DenseMatrix<S>

  init(level: Int, residue: Int, rows: [Int], _ matrix: DenseMatrix<S>) {
    self.level = level
    self.residue = residue
    self.rows = rows
    self.matrix = matrix
  }

  /// The winners among those of `players`, all of a class.
  init(level: Int, residue: Int, of players: [Contender]) throws {
    self.level = level
    self.residue = residue
    let all = players.flatMap(\.rows)
    let width = players.first?.matrix.columns ?? 0
    if players.count == 1, let only = players.first, all.count <= width {
      (rows, matrix) = (only.rows, only.matrix)
      return
    }
    let stacked = try DenseMatrix.stackedRows(players.map(\.matrix))
    let winners = all.count <= width ? Array(all.indices) : try stacked.pivotRows()
    rows = winners.map { all[$0] }
    matrix = try stacked.selectingRows(winners)
  }

  func encode(to writer: inout WireWriter) {
    writer.write(level)
    writer.write(residue)
    rows.encode(to: &writer)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    level = try reader.readInt(in: 0...64, "a level")
    residue = try reader.readInt(in: 0...Int(Int32.max), "a class")
    rows = try [Int](from: &reader)
    matrix = try DenseMatrix(from: &reader)
    guard matrix.isRowMajor, matrix.rows == rows.count else { throw .malformed(expected: "rows of a panel") }
  }
}

enum TournamentTask<S: Scalar>: ReduceTask {
  typealias Arguments = Tournament
  typealias Input = TileCell<S>
  static var name: String { scalarName("tournament", S.self) }

  static func run(_ tournament: Tournament, _ cell: TileCell<S>, tile: Int) throws -> [Contender<S>] {
    let cuts = tournament.grid.tiles.rowCuts
    let level = tournament.firstLevel + 1
    let contenders = try cell.tiles.filter { $0.j == tournament.k && $0.i >= tournament.k }.map { tile in
      guard tile.i < cuts.count, tile.matrix.rows == cuts[tile.i].count else {
        throw CommunicationError.malformed(expected: "a tile of row \(tile.i)")
      }
      return Contender(level: level, residue: tile.i, rows: Array(cuts[tile.i]), tile.matrix)
    }
    return try play(tournament, contenders)
  }

  static func combine(_ left: inout [Contender<S>], _ right: [Contender<S>], _ tournament: Tournament) throws
  {
    if right.isEmpty { return }
    left = left.isEmpty ? right : try play(tournament, left + right)
  }

  /// Plays all games whose players are here.
  private static func play(_ tournament: Tournament, _ contenders: [Contender<S>]) throws -> [Contender<S>] {
    let first = tournament.firstLevel
    var present: [Int: [Int: Contender<S>]] = [:]
    for contender in contenders { present[contender.level, default: [:]][contender.residue] = contender }
    func settle(_ level: Int, _ residue: Int, _ from: Int, _ expected: [Int]) throws {
      let players = expected.compactMap { present[from]?[$0] }
      guard !expected.isEmpty, players.count == expected.count else { return }
      for residue in expected { present[from]?[residue] = nil }
      present[level, default: [:]][residue] = try Contender(level: level, residue: residue, of: players)
    }
    for residue in 0..<1 << first {
      try settle(first, residue, first + 1, tournament.tiles(first, residue))
    }
    for level in (0..<first).reversed() {
      for residue in 0..<1 << level {
        let children = [residue, residue + 1 << level].filter { !tournament.tiles(level + 1, $0).isEmpty }
        try settle(level, residue, level + 1, children)
      }
    }
    return present.values.flatMap(\.values).sorted { ($0.level, $0.residue) < ($1.level, $1.residue) }
  }
}
