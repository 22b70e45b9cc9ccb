// An operand as the planner sees it: for every tile its place in the matrix, its owner, its form, and how
// many elements it stores in each unit piece of the product's cuts. What goes to a cell is the part of a tile
// that lies in the cell's block of units, once: words(ofTile:in:) says what that part takes on the wire.

import TesseraPartitioning

/// Where the parts of an operand lie.
struct OperandMap: Hashable, Sendable {
  /// How a tile's elements travel.
  enum Form: Int, Hashable, Sendable {
    /// All elements of the rectangle.
    case dense
    /// Index and value of each stored element, and the starts of the rows.
    case byRows
    /// Index and value of each stored element, and the starts of the columns.
    case byColumns
    /// Row, column and value of each stored element.
    case triplets
  }

  /// One tile.
  struct Tile: Hashable, Sendable {
    /// Its rows in the matrix.
    var rows: Range<Int>
    /// Its columns in the matrix.
    var columns: Range<Int>
    /// How it travels.
    var form: Form
    /// Stored elements in each unit piece that the tile meets, row of units after row; empty when dense.
    var stored: [Int] = []
    /// How they lie over the inner dimension, unit by unit; empty when dense or not counted.
    var lines: [LineCounts] = []
  }

  /// A rectangle of unit pieces.
  struct Block: Hashable, Sendable {
    var rows: Range<Int>
    var columns: Range<Int>
  }

  /// A part of a tile.
  struct Part {
    /// Words on its way.
    var words: Int
    /// Bytes of its arrays in a cell's operand.
    var bytes: Int
    /// Whether it is the whole tile as it lies, which shares the tile's arrays where that lies.
    var isWhole: Bool
    /// Bytes that it has beside its arrays, about itself and its place.
    var overhead: Int
    /// Bytes of its arrays as it is cut out of the tile.
    var pieceBytes: Int
  }

  /// How the product cuts the operand's rows: I for A, K for B.
  var unitRows: Cuts
  /// How the product cuts the operand's columns: K for A, J for B.
  var unitColumns: Cuts
  var tiles: [Tile]
  /// The owner of each tile; nil where the plan decides.
  var owners: [Int]?
  var bytesPerElement: Int

  /// Whether every tile is dense, so that words are exact whatever is stored.
  var isDense: Bool { tiles.allSatisfy { $0.form == .dense } }
  /// Whether no tile is dense.
  var isSparse: Bool { tiles.allSatisfy { $0.form != .dense } }

  /// The units that a tile meets.
  func units(of t: Int) -> Block {
    Block(
      rows: unitRows.pieces(meeting: tiles[t].rows), columns: unitColumns.pieces(meeting: tiles[t].columns))
  }

  /// The part of tile `t` that lies in `block`; nil where there is nothing to send.
  func part(ofTile t: Int, in block: Block) -> Part? {
    let tile = tiles[t]
    let rows = tile.rows.clamped(to: unitRows.span(block.rows))
    let columns = tile.columns.clamped(to: unitColumns.span(block.columns))
    guard !rows.isEmpty, !columns.isEmpty else { return nil }
    let isWhole = rows == tile.rows && columns == tile.columns
    let stored = tile.form == .dense ? rows.count * columns.count : self.stored(ofTile: t, in: block)
    guard stored > 0 else { return nil }
    switch tile.form {
    case .dense:
      return part(words: stored, bytes: stored * bytesPerElement, isWhole, HeldBytes.densePart)
    case .byRows, .byColumns:
      let starts = (tile.form == .byRows ? rows.count : columns.count) + 1
      return part(
        words: 2 * stored + starts, bytes: stored * (bytesPerElement + 4) + 8 * starts, isWhole,
        HeldBytes.sparsePart)
    case .triplets: return entries(stored)
    }
  }

  /// A part of a matrix.
  private func part(words: Int, bytes: Int, _ isWhole: Bool, _ overhead: Int) -> Part {
    Part(words: words, bytes: bytes, isWhole: isWhole, overhead: overhead, pieceBytes: isWhole ? 0 : bytes)
  }

  /// A part of a list of entries, which is copied in cutting and loses its rows in the cell's operand.
  private func entries(_ stored: Int) -> Part {
    Part(
      words: 3 * stored, bytes: stored * (bytesPerElement + 4), isWhole: false, overhead: 0,
      pieceBytes: stored * (bytesPerElement + 8))
  }

  /// The part of tile `t` in `block` that has positions `set` of the inner dimension, A's columns or B's rows.
  /// Exact where the tile is dense; of a sparse one the share of `stored`, the positions where the layer stores
  /// anything, that `set` has.
  func part(
    ofTile t: Int, in block: Block, isLeft: Bool, touching set: PositionSet, of stored: PositionSet?
  ) -> Part? {
    let tile = tiles[t]
    let rows = tile.rows.clamped(to: unitRows.span(block.rows))
    let columns = tile.columns.clamped(to: unitColumns.span(block.columns))
    let (inner, outer) = isLeft ? (columns, rows) : (rows, columns)
    let touched = set.count(in: inner)
    guard touched > 0, !outer.isEmpty else { return nil }
    if tile.form == .dense {
      return part(
        words: touched * outer.count, bytes: touched * outer.count * bytesPerElement, false,
        HeldBytes.densePart)
    }
    let all = stored.map { $0.count(in: inner) } ?? inner.count
    let inBlock = Double(self.stored(ofTile: t, in: block))
    let count = Int((inBlock * Double(touched) / Double(max(1, all))).rounded(.up))
    guard count > 0 else { return nil }
    if tile.form == .triplets { return entries(count) }
    let starts = ((tile.form == .byRows) == isLeft ? outer.count : touched) + 1
    return part(
      words: 2 * count + starts, bytes: count * (bytesPerElement + 4) + 8 * starts, false,
      HeldBytes.sparsePart)
  }

  /// Stored elements of tile `t` in `block`.
  func stored(ofTile t: Int, in block: Block) -> Int {
    let units = units(of: t)
    let (rows, columns) = (units.rows.clamped(to: block.rows), units.columns.clamped(to: block.columns))
    guard !rows.isEmpty, !columns.isEmpty else { return 0 }
    if tiles[t].form == .dense {
      return tiles[t].rows.clamped(to: unitRows.span(rows)).count
        * tiles[t].columns.clamped(to: unitColumns.span(columns)).count
    }
    var sum = 0
    for r in rows {
      for c in columns {
        sum +=
          tiles[t].stored[
            (r - units.rows.lowerBound) * units.columns.count + c - units.columns.lowerBound]
      }
    }
    return sum
  }

  /// Stored elements of every unit piece, row of units after row.
  func storedByUnit() -> [Double] {
    var stored = [Double](repeating: 0, count: unitRows.count * unitColumns.count)
    for t in tiles.indices {
      let units = units(of: t)
      for r in units.rows {
        for c in units.columns {
          let unit = Block(rows: r..<r + 1, columns: c..<c + 1)
          stored[r * unitColumns.count + c] += Double(self.stored(ofTile: t, in: unit))
        }
      }
    }
    return stored
  }

  /// Bytes that tile `t` takes where it lies.
  func bytes(ofTile t: Int) -> Int {
    let stored = stored(
      ofTile: t, in: Block(rows: 0..<unitRows.count, columns: 0..<unitColumns.count))
    // A tile that stores nothing has the starts of its rows all the same.
    let bytes =
      switch tiles[t].form {
      case .dense: stored * bytesPerElement
      case .byRows: stored * (bytesPerElement + 4) + 8 * (tiles[t].rows.count + 1)
      case .byColumns: stored * (bytesPerElement + 4) + 8 * (tiles[t].columns.count + 1)
      case .triplets: stored * (bytesPerElement + 8)
      }
    return HeldBytes.tile + bytes
  }
}

extension OperandMap {
  /// A dense operand in the tiles rowCuts x columnCuts.
  init(
    denseTiles rowCuts: Cuts, _ columnCuts: Cuts, unitRows: Cuts, unitColumns: Cuts, owners: [Int]?,
    bytesPerElement: Int
  ) {
    let grid = Partitioning(rowCuts: rowCuts, columnCuts: columnCuts)
    self.init(
      unitRows: unitRows, unitColumns: unitColumns,
      tiles: (0..<grid.tileCount).map {
        Tile(rows: grid.rows(ofTile: $0), columns: grid.columns(ofTile: $0), form: .dense)
      }, owners: owners, bytesPerElement: bytesPerElement)
  }
}

extension Cuts {
  /// The pieces from the first to the last that meet `range` in at least one position. O(log pieces).
  func pieces(meeting range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty, extent > 0 else { return 0..<0 }
    return piece(holding: range.lowerBound)..<piece(holding: range.upperBound - 1) + 1
  }

  /// The positions of consecutive pieces.
  func span(_ pieces: Range<Int>) -> Range<Int> { bounds[pieces.lowerBound]..<bounds[pieces.upperBound] }
}
