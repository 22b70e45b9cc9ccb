// Words of what each cell needs of an operand, in all and where it lies already, and the bytes that it takes: of a block of units
// as a whole, the same for all cells that need it, or of what a cell touches of it.

import TesseraPartitioning

/// What the cells need of an operand.
struct OperandTotals {
  private let map: OperandMap
  private let isLeft: Bool
  private let grid: MultiplyGrid
  private let rows: [Range<Int>]
  private let columns: [Range<Int>]
  private let touched: TouchedSets?
  /// What the cells of each row layer and column layer touch.
  private let positions: [PositionSet]
  private let panels: Int
  /// By slot: one for each block, or each cell.
  private var words: [Int]
  /// By slot and worker that has some.
  private var heldWords: [[Int: Int]]

  /// - Parameters:
  ///   - rows: the units along the operand's rows that each layer of cells takes.
  ///   - columns: the same along its columns.
  ///   - panels: in how many panels this operand is taken, of rows of A or columns of B.
  init(
    _ map: OperandMap, isLeft: Bool, _ grid: MultiplyGrid, _ rows: [Range<Int>], _ columns: [Range<Int>],
    touched: TouchedSets?, panels: Int
  ) {
    (self.map, self.isLeft, self.grid, self.rows, self.columns) = (map, isLeft, grid, rows, columns)
    (self.touched, self.panels) = (touched, panels)
    positions = (0..<(touched == nil ? 0 : grid.rows * grid.columns)).compactMap {
      touched?.positions($0 / grid.columns, $0 % grid.columns)
    }
    let slots = touched == nil ? rows.count * columns.count : grid.cellCount
    (words, heldWords) = ([], Array(repeating: [:], count: slots))
    var words = [Int](repeating: 0, count: slots)
    for t in map.tiles.indices {
      forEachPart(of: t) { slot, _, part in words[slot] += part.words }
    }
    self.words = words
    if let owners = map.owners { hold(owners) }
  }

  /// Words that cell `c` needs.
  func words(_ c: Int) -> Int { words[slot(c)] }
  /// Words that cell `c` needs and `worker` has.
  func held(_ c: Int, _ worker: Int) -> Int { heldWords[slot(c)][worker, default: 0] }
  /// The same of every worker that has some.
  func held(_ c: Int) -> [Int: Int] { heldWords[slot(c)] }

  /// The most bytes that each cell holds of the operand at a time, beside whole tiles that lie with the cell's
  /// worker: of all panels the largest.
  func mostBytes(workers: [Int], owners: [Int]) -> [Int] {
    var bytes = [Int](repeating: HeldBytes.cell, count: grid.cellCount * panels)
    if map.tiles.contains(where: { $0.form == .triplets }) {
      // Of all lists of entries that it gets a cell makes one sparse matrix by rows.
      for c in 0..<grid.cellCount {
        let (i, k, _) = grid.position(of: c)
        for panel in 0..<panels {
          let taken = isLeft ? rows[i].part(panel, of: panels) : rows[k]
          bytes[c * panels + panel] += HeldBytes.sparsePart + 8 * (map.unitRows.span(taken).count + 1)
        }
      }
    }
    for t in map.tiles.indices {
      forEachPart(of: t) { slot, panel, part in
        let cells = touched == nil ? cells(slot / columns.count, slot % columns.count) : [slot]
        for c in cells {
          let isShared = part.isWhole && owners[t] == workers[c]
          bytes[c * panels + panel] += part.overhead + (isShared ? 0 : part.bytes)
        }
      }
    }
    return (0..<grid.cellCount).map { c in bytes[c * panels..<(c + 1) * panels].max() ?? 0 }
  }

  /// Bytes of the pieces that `worker` cuts out of its tiles, of all panels the most. What is cut once for several
  /// cells is held once.
  func pieceBytes(of worker: Int, owners: [Int]) -> Int {
    var bytes = [Int](repeating: 0, count: panels)
    for t in map.tiles.indices where owners[t] == worker {
      for panel in bytes.indices { bytes[panel] += HeldBytes.cell }
      forEachPart(of: t) { slot, panel, part in
        let targets = touched == nil ? cells(slot / columns.count, slot % columns.count).count : 1
        let overhead = map.tiles[t].form == .triplets ? HeldBytes.entryPiece : part.overhead
        bytes[panel] += part.pieceBytes + targets * (overhead + HeldBytes.target)
      }
    }
    return bytes.max() ?? 0
  }

  /// Spreads the tiles of every block evenly over the workers that use it. Returns the owners.
  mutating func settle(_ workers: [Int]) -> [Int] {
    var tiles = [[Int]](repeating: [], count: rows.count * columns.count)
    for t in map.tiles.indices {
      var home: Int?
      forEachBlock(of: t) { r, c in home = home ?? r * columns.count + c }
      tiles[home ?? 0].append(t)
    }
    var owners = [Int](repeating: 0, count: map.tiles.count)
    for (block, members) in tiles.enumerated() {
      let users = cells(block / columns.count, block % columns.count).map { workers[$0] }
      for (n, t) in members.enumerated() { owners[t] = users[n * users.count / members.count] }
    }
    hold(owners)
    return owners
  }

  // MARK: -

  private func slot(_ c: Int) -> Int {
    guard touched == nil else { return c }
    let (i, k, j) = grid.position(of: c)
    return isLeft ? i * columns.count + k : k * columns.count + j
  }

  /// The cells that use block (r, c) of the operand.
  private func cells(_ r: Int, _ c: Int) -> [Int] {
    isLeft
      ? (0..<grid.columns).map { grid.cell(r, c, $0) } : (0..<grid.rows).map { grid.cell($0, r, c) }
  }

  private mutating func hold(_ owners: [Int]) {
    // Not in place: what is called for each part is called by this value, which would be copied every time.
    var held = heldWords
    heldWords = []
    for t in map.tiles.indices {
      forEachPart(of: t) { slot, _, part in held[slot][owners[t], default: 0] += part.words }
    }
    heldWords = held
  }

  private func forEachBlock(of t: Int, _ body: (Int, Int) -> Void) {
    let units = map.units(of: t)
    for (r, rowRange) in rows.enumerated() where rowRange.overlaps(units.rows) {
      for (c, columnRange) in columns.enumerated() where columnRange.overlaps(units.columns) { body(r, c) }
    }
  }

  /// The parts of tile `t` for every slot and panel.
  private func forEachPart(of t: Int, _ body: (Int, Int, OperandMap.Part) -> Void) {
    forEachBlock(of: t) { r, c in
      for panel in 0..<panels {
        let block = OperandMap.Block(
          rows: isLeft ? rows[r].part(panel, of: panels) : rows[r],
          columns: isLeft ? columns[c] : columns[c].part(panel, of: panels))
        guard let touched else {
          if let part = map.part(ofTile: t, in: block) { body(r * columns.count + c, panel, part) }
          continue
        }
        for cell in cells(r, c) {
          let (i, _, j) = grid.position(of: cell)
          let own = isLeft ? touched.left : touched.right
          let part = map.part(
            ofTile: t, in: block, isLeft: isLeft, touching: positions[i * grid.columns + j],
            of: own.isEmpty ? nil : own[isLeft ? i : j])
          if let part { body(cell, panel, part) }
        }
      }
    }
  }
}
