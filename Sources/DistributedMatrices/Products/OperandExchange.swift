// Tiles of an operand to the cells that need them:
//
//   before   every tile at its owner                 A: tile t, any rectangle of A
//   after    every cell (i, k, j) has, as parts,     A: the tiles' parts in rows of i, columns of k
//            what it multiplies                      B: the tiles' parts in rows of k, columns of j
//
// A part goes to a cell once, and to a worker once, because no worker has two cells. What lies there already
// does not travel. Words: those that `MultiplySchedule` predicts.
//
// Where only what is touched is fetched, a part has no columns of A, or rows of B, but those, side by side: a
// cell works with their ranks, and never learns how many others there are.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// The layout of an operand's tiles and of the cells.
struct OperandRoute: WireCodable, Hashable {
  /// How the operand lies.
  var layout: Layout
  /// Whether it is A; else B.
  var isLeft: Bool
  var grid: MultiplyGrid
  /// First and last position, one after the other, of every layer of cells along the operand's rows.
  var rowSpans: [Int]
  /// The same along its columns.
  var columnSpans: [Int]
  /// What each layer touches, where nothing else is fetched.
  var touched: TouchedSets?

  init(
    _ layout: Layout, isLeft: Bool, grid: MultiplyGrid, rowSpans: [Int], columnSpans: [Int],
    touched: TouchedSets?
  ) {
    self.layout = layout
    self.touched = touched
    self.isLeft = isLeft
    self.grid = grid
    self.rowSpans = rowSpans
    self.columnSpans = columnSpans
  }

  func encode(to writer: inout WireWriter) {
    layout.encode(to: &writer)
    writer.write(isLeft ? 1 : 0)
    [grid.rows, grid.inner, grid.columns].encode(to: &writer)
    rowSpans.encode(to: &writer)
    columnSpans.encode(to: &writer)
    touched.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    layout = try Layout(from: &reader)
    isLeft = try reader.readInt(in: 0...1, "a flag") == 1
    let cells = try [Int](from: &reader)
    (rowSpans, columnSpans) = (try [Int](from: &reader), try [Int](from: &reader))
    guard cells.count == 3, cells.allSatisfy({ 1...Int(UInt16.max) ~= $0 }) else {
      throw .malformed(expected: "a grid")
    }
    grid = MultiplyGrid(cells[0], cells[1], cells[2])
    touched = try TouchedSets?(from: &reader)
    guard touched?.fits(grid) ?? true,
      touched?.extent ?? inner == inner
    else { throw .malformed(expected: "what the layers of \(grid) touch") }
    guard rowSpans.areSpans(within: layout.shape.rows), columnSpans.areSpans(within: layout.shape.columns),
      rowSpans.count == 2 * (isLeft ? grid.rows : grid.inner),
      columnSpans.count == 2 * (isLeft ? grid.inner : grid.columns)
    else { throw .malformed(expected: "the spans of an operand") }
  }

  /// The length of the inner dimension.
  var inner: Int { isLeft ? layout.shape.columns : layout.shape.rows }

  /// The ranks of what cell `c` touches; nil where it gets all.
  func ranks(ofCell c: Int) -> PositionSet.Ranks? {
    let (i, _, j) = grid.position(of: c)
    return touched?.positions(i, j).ranks
  }

  /// The rows and columns of the operand that cell `c` works on.
  func block(ofCell c: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (i, k, j) = grid.position(of: c)
    let (r, q) = isLeft ? (i, k) : (k, j)
    return (rowSpans[2 * r]..<rowSpans[2 * r + 1], columnSpans[2 * q]..<columnSpans[2 * q + 1])
  }

  /// The cells that work on layer (r, c) of the operand.
  func cells(_ r: Int, _ c: Int) -> [Int] {
    isLeft
      ? (0..<grid.columns).map { grid.cell(r, c, $0) } : (0..<grid.rows).map { grid.cell($0, r, c) }
  }

  /// The parts of a tile for every cell that needs one; `part` cuts the rectangle of the operand out, and of
  /// that what a cell touches.
  func pieces<Part>(
    rows: Range<Int>, columns: Range<Int>,
    _ part: (Range<Int>, Range<Int>, PositionSet.Ranks?) throws -> Part?
  ) rethrows -> [(target: Int, piece: Part)] {
    var pieces: [(target: Int, piece: Part)] = []
    for r in 0..<rowSpans.count / 2 {
      let height = rows.clamped(to: rowSpans[2 * r]..<rowSpans[2 * r + 1])
      if height.isEmpty { continue }
      for c in 0..<columnSpans.count / 2 {
        let width = columns.clamped(to: columnSpans[2 * c]..<columnSpans[2 * c + 1])
        if width.isEmpty { continue }
        if touched != nil {
          for cell in cells(r, c) {
            if let piece = try part(height, width, ranks(ofCell: cell)) { pieces.append((cell, piece)) }
          }
          continue
        }
        guard let piece = try part(height, width, nil) else { continue }
        for cell in cells(r, c) { pieces.append((cell, piece)) }
      }
    }
    return pieces
  }
}

extension [Int] {
  /// Whether they can be first and last positions of ascending ranges within 0...extent.
  func areSpans(within extent: Int) -> Bool {
    count % 2 == 0 && allSatisfy { 0...extent ~= $0 } && zip(self, dropFirst()).allSatisfy { $0 <= $1 }
  }
}

/// Tiles that are local matrices to cells.
enum OperandExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = OperandRoute
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("operand", S.self) }

  static func split(_ route: OperandRoute, _ tile: LocalMatrix<S>, tile t: Int) throws -> [(
    target: Int, piece: OperandPart<S>
  )] {
    let place = try route.layout.place(ofTile: t, tile.shape)
    let (rows, columns) = (place.rows, place.columns)
    let viewed = route.layout.view(tile)
    return try route.pieces(rows: rows, columns: columns) { height, width, ranks in
      var part =
        height == rows && width == columns
        ? viewed
        : try viewed[height.shifted(by: -rows.lowerBound), width.shifted(by: -columns.lowerBound)]
      var (row, column) = (height.lowerBound, width.lowerBound)
      if let ranks {
        let inner = route.isLeft ? width : height
        guard ranks[inner.lowerBound] < ranks[inner.upperBound] else { return nil }
        part = part.restricted(to: ranks, from: inner.lowerBound, alongRows: !route.isLeft)
        if route.isLeft { column = ranks[column] } else { row = ranks[row] }
      }
      if case .sparse(let a) = part, a.nonzeroCount == 0 { return nil }
      return OperandPart(row: row, column: column, part)
    }
  }

  static func merge(_: OperandRoute, _ pieces: [OperandPart<S>], tile: Int) -> CellOperand<S> {
    CellOperand(pieces)
  }
}

/// Lists of entries to cells, each of which makes one sparse matrix of those that it gets. Entries at the
/// same place add up in the order of the tiles and of their lists.
enum EntryExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = OperandRoute
  typealias Input = TripletMatrix<S>
  static var name: String { scalarName("entries", S.self) }

  static func split(_ route: OperandRoute, _ tile: TripletMatrix<S>, tile t: Int) throws -> [(
    target: Int, piece: TilePart<S>
  )] {
    _ = try route.layout.place(ofTile: t, tile.shape)
    // Every layer of cells is one piece of these cuts; with panels, pieces between them go nowhere.
    let (rowCuts, rowLayers) = route.rowSpans.cuts(of: route.layout.shape.rows)
    let (columnCuts, columnLayers) = route.columnSpans.cuts(of: route.layout.shape.columns)
    let target = Partitioning(rowCuts: rowCuts, columnCuts: columnCuts)
    var pieces: [(target: Int, piece: TilePart<S>)] = []
    for (block, piece) in try tile.cut(Redistribution(from: route.layout, to: target), tile: t) {
      guard let r = rowLayers[block / columnCuts.count], let c = columnLayers[block % columnCuts.count] else {
        continue
      }
      let start = (route.isLeft ? columnCuts[block % columnCuts.count] : rowCuts[block / columnCuts.count])
        .lowerBound
      for cell in route.cells(r, c) {
        guard let ranks = route.ranks(ofCell: cell) else {
          pieces.append((cell, piece))
          continue
        }
        let touched = piece.restricted(to: ranks, from: start, alongRows: !route.isLeft)
        if touched.storedCount > 0 { pieces.append((cell, touched)) }
      }
    }
    return pieces
  }

  static func merge(_ route: OperandRoute, _ pieces: [TilePart<S>], tile: Int) throws -> CellOperand<S> {
    guard !pieces.isEmpty else { return CellOperand([]) }
    guard 0..<route.grid.cellCount ~= tile else {
      throw CommunicationError.malformed(expected: "a cell of \(route.grid)")
    }
    var (rows, columns) = route.block(ofCell: tile)
    if let ranks = route.ranks(ofCell: tile) {
      if route.isLeft { columns = ranks.range(columns) } else { rows = ranks.range(rows) }
    }
    let matrix = try LocalMatrix(
      rows: rows.count, columns: columns.count, parts: pieces, form: .sparse)
    return CellOperand([OperandPart(row: rows.lowerBound, column: columns.lowerBound, matrix)])
  }
}

extension [Int] {
  /// Cuts of 0..<extent in which every nonempty span is one piece, and the number of the span of each piece.
  fileprivate func cuts(of extent: Int) -> (Cuts, [Int?]) {
    var bounds = [0]
    var layers: [Int?] = []
    for layer in 0..<count / 2 where self[2 * layer] < self[2 * layer + 1] {
      if self[2 * layer] > bounds[bounds.count - 1] {
        bounds.append(self[2 * layer])
        layers.append(nil)
      }
      bounds.append(self[2 * layer + 1])
      layers.append(layer)
    }
    if bounds[bounds.count - 1] < extent || bounds.count == 1 {
      bounds.append(extent)
      layers.append(nil)
    }
    return (Cuts(bounds: bounds), layers)
  }
}
