// One step of a factorization or of a triangular solve, by tiles:
//
//   solve      A_ik := A_ik op(D)^-1 for i > k,  A_kj := op(D)^-1 A_kj       D the factored diagonal tile
//   exchange   op(A)_ik to the cells of row i, A_kj to those of column j
//   update     C_ij := C_ij - op(A)_ik op(A_kj)
//
// b^3 flops for a tile that is solved, 2 b^3 for one that is updated; a tile of the panel goes to each of the q
// cells of its row, or the p of its column, once.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// The factored diagonal tile, and what is solved with it.
struct PanelSolve<S: Scalar>: WireCodable {
  let k: Int
  let diagonal: DenseMatrix<S>
  /// How the tiles below (k, k) are solved from the right; nil where they stay.
  var column: TriangleView?
  /// How tiles of row k are solved from the left; nil where they stay.
  var row: TriangleView?
  /// The first column whose tile is solved from the left.
  var firstColumn = 0
  /// Whether the tile takes its place in the matrix.
  var replacesDiagonal = false

  init(_ k: Int, _ diagonal: DenseMatrix<S>) {
    self.k = k
    self.diagonal = diagonal
  }

  func encode(to writer: inout WireWriter) {
    writer.write(k)
    diagonal.encode(to: &writer)
    column.encode(to: &writer)
    row.encode(to: &writer)
    writer.write(firstColumn)
    writer.write(replacesDiagonal ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    k = try reader.readInt(in: 0...Int(Int32.max), "a step")
    diagonal = try DenseMatrix(from: &reader)
    column = try TriangleView?(from: &reader)
    row = try TriangleView?(from: &reader)
    firstColumn = try reader.readInt(in: 0...Int(Int32.max), "a column of tiles")
    replacesDiagonal = try reader.readInt(in: 0...1, "a flag") == 1
  }

  /// Solves a tile of the panel, and leaves any other as it is.
  func solve(_ tile: inout PlacedTile<S>) throws {
    if replacesDiagonal, tile.i == k, tile.j == k {
      tile.matrix = diagonal
    } else if let column, tile.j == k, tile.i > k {
      try tile.matrix.divide(by: diagonal, column, fromLeft: false)
    } else if let row, tile.i == k, tile.j >= firstColumn {
      try tile.matrix.divide(by: diagonal, row, fromLeft: true)
    }
  }
}

enum PanelSolveTask<S: Scalar>: MapTask {
  typealias Arguments = PanelSolve<S>
  typealias Input = TileCell<S>
  static var name: String { scalarName("panel-solve", S.self) }

  static func run(_ panel: PanelSolve<S>, _ cell: TileCell<S>, tile: Int) throws -> TileCell<S> {
    try cell.changing(panel.solve)
  }
}

/// A panel that is solved when its rows have been exchanged; the tiles that an update is going to change get theirs
/// with it.
struct PivotedPanel<S: Scalar>: WireCodable {
  let grid: CellGrid
  let panel: PanelSolve<S>

  init(_ grid: CellGrid, _ panel: PanelSolve<S>) {
    self.grid = grid
    self.panel = panel
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    panel.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    panel = try PanelSolve(from: &reader)
  }
}

enum PivotedPanelTask<S: Scalar>: MapTask {
  typealias Arguments = PivotedPanel<S>
  typealias Input = TilePair<TileCell<S>, IncomingRows<S>>
  static var name: String { scalarName("pivoted-panel", S.self) }

  static func run(_ pivoted: PivotedPanel<S>, _ input: Input, tile: Int) throws -> TileCell<S> {
    let arrivals = try RowArrivals(input.second, pivoted.grid)
    return try input.first.changing { tile in
      guard min(tile.i, tile.j) == pivoted.panel.k else { return }
      try arrivals.place(in: &tile)
      try pivoted.panel.solve(&tile)
    }
  }
}

/// What of a panel goes where, and what is done with it there.
struct PanelUpdate: WireCodable {
  /// The tiles that are updated.
  let grid: CellGrid
  let k: Int
  /// Their rows.
  let rows: Range<Int>
  /// Their columns; those of the triangle only where the update is Hermitian.
  let columns: Range<Int>
  /// How the left factors are read: op(A)_ik is the tile (i, k), else (k, i).
  let operation: MatrixOperation
  /// Whether the right factors are the adjoints of the left ones, and only tiles with j <= i are updated.
  let isHermitian: Bool

  init(
    _ grid: CellGrid, _ k: Int, rows: Range<Int>, columns: Range<Int>, operation: MatrixOperation = .identity,
    isHermitian: Bool = false
  ) {
    self.grid = grid
    self.k = k
    self.rows = rows
    self.columns = columns
    self.operation = operation
    self.isHermitian = isHermitian
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    for number in [k, rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound] {
      writer.write(number)
    }
    operation.encode(to: &writer)
    writer.write(isHermitian ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    k = try reader.readInt(in: 0...Int(Int32.max), "a step")
    func range(_ count: Int) throws(CommunicationError) -> Range<Int> {
      let first = try reader.readInt(in: 0...count, "a first tile")
      return first..<(try reader.readInt(in: first...count, "a last tile"))
    }
    rows = try range(grid.rowCount)
    columns = try range(grid.columnCount)
    operation = try MatrixOperation(from: &reader)
    isHermitian = try reader.readInt(in: 0...1, "a flag") == 1
    guard !isHermitian || rows == columns else { throw .malformed(expected: "a triangle") }
  }

  /// Whether tile (i, j) is updated.
  func takes(_ i: Int, _ j: Int) -> Bool { rows ~= i && columns ~= j && (!isHermitian || j <= i) }

  /// The row of what is updated by a tile as a left factor; nil when it is none.
  func row<S>(_ tile: PlacedTile<S>) -> Int? {
    let (i, step) = operation == .identity ? (tile.i, tile.j) : (tile.j, tile.i)
    return step == k && rows ~= i ? i : nil
  }

  /// The cells where a left factor of row i is needed.
  func cells(ofRow i: Int) -> [Int] {
    guard isHermitian else { return grid.cells(row: i, columns: columns) }
    return Set(
      grid.cells(row: i, columns: columns.lowerBound..<i + 1)
        + grid.cells(column: i, rows: i..<rows.upperBound)
    ).sorted()
  }
}

/// A factor of an update.
struct PanelPart<S: Scalar>: WireCodable {
  let isLeft: Bool
  /// The row, or the column, of the tiles that it is for.
  let index: Int
  let matrix: DenseMatrix<S>

  init(isLeft: Bool, _ index: Int, _ matrix: DenseMatrix<S>) {
    self.isLeft = isLeft
    self.index = index
    self.matrix = matrix
  }

  func encode(to writer: inout WireWriter) {
    writer.write(isLeft ? 1 : 0)
    writer.write(index)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    isLeft = try reader.readInt(in: 0...1, "a flag") == 1
    index = try reader.readInt(in: 0...Int(Int32.max), "a tile")
    matrix = try DenseMatrix(from: &reader)
  }
}

/// The factors that one cell needs.
struct CellPanel<S: Scalar>: Tile {
  let parts: [PanelPart<S>]

  static var typeName: String { scalarName("cell-panel", S.self) }

  init(_ parts: [PanelPart<S>]) { self.parts = parts }

  func encode(to writer: inout WireWriter) { parts.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    parts = try [PanelPart<S>](from: &reader)
  }
}

/// Left factors from the cells of the factored matrix, right factors from those of what is updated.
enum PanelExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = PanelUpdate
  typealias Input = TilePair<TileCell<S>, TileCell<S>>
  static var name: String { scalarName("panel-exchange", S.self) }

  static func split(_ update: PanelUpdate, _ input: Input, tile: Int) -> [(target: Int, piece: PanelPart<S>)]
  {
    var pieces: [(target: Int, piece: PanelPart<S>)] = []
    for tile in input.first.tiles {
      guard let i = update.row(tile) else { continue }
      let part = PanelPart(isLeft: true, i, tile.matrix)
      pieces += update.cells(ofRow: i).map { ($0, part) }
    }
    for tile in input.second.tiles where !update.isHermitian && tile.i == update.k {
      guard update.columns ~= tile.j else { continue }
      let part = PanelPart(isLeft: false, tile.j, tile.matrix)
      pieces += update.grid.cells(column: tile.j, rows: update.rows).map { ($0, part) }
    }
    return pieces
  }

  static func merge(_: PanelUpdate, _ pieces: [PanelPart<S>], tile: Int) -> CellPanel<S> { CellPanel(pieces) }
}

/// The factors of an update, by the rows and columns of tiles that they are for.
private struct PanelFactors<S: Scalar> {
  private let update: PanelUpdate
  private var left: [Int: DenseMatrix<S>] = [:]
  private var right: [Int: DenseMatrix<S>] = [:]

  init(_ update: PanelUpdate, _ panel: CellPanel<S>) {
    self.update = update
    for part in panel.parts {
      if part.isLeft { left[part.index] = part.matrix } else { right[part.index] = part.matrix }
    }
  }

  /// Takes the product of its factors away from a tile that is updated.
  func subtract(from tile: inout PlacedTile<S>) throws {
    guard update.takes(tile.i, tile.j), let a = left[tile.i],
      let b = update.isHermitian ? left[tile.j] : right[tile.j]
    else { return }
    try tile.matrix.subtract(update.operation, a, times: update.isHermitian ? .adjoint : .identity, b)
  }
}

enum PanelUpdateTask<S: Scalar>: MapTask {
  typealias Arguments = PanelUpdate
  typealias Input = TilePair<TileCell<S>, CellPanel<S>>
  static var name: String { scalarName("panel-update", S.self) }

  static func run(_ update: PanelUpdate, _ input: Input, tile: Int) throws -> TileCell<S> {
    let factors = PanelFactors(update, input.second)
    return try input.first.changing { try factors.subtract(from: &$0) }
  }
}

/// An update of tiles into which rows come first: each is copied once for both.
enum PivotedUpdateTask<S: Scalar>: MapTask {
  typealias Arguments = PanelUpdate
  typealias Input = TileTriple<TileCell<S>, IncomingRows<S>, CellPanel<S>>
  static var name: String { scalarName("pivoted-update", S.self) }

  static func run(_ update: PanelUpdate, _ input: Input, tile: Int) throws -> TileCell<S> {
    let arrivals = try RowArrivals(input.second, update.grid)
    let factors = PanelFactors(update, input.third)
    return try input.first.changing { tile in
      guard update.takes(tile.i, tile.j) else { return }
      try arrivals.place(in: &tile)
      try factors.subtract(from: &tile)
    }
  }
}
