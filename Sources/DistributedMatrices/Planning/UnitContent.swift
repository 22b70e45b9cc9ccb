// What the tiles of an operand store in each unit piece, all together, and the most multiply-adds that two units can
// take: the bounds of LineCounts.swift. O(tiles x units that a tile meets).

import TesseraPartitioning

/// What all tiles of an operand store in one unit piece.
struct UnitContent: Hashable, Sendable {
  private(set) var stored = 0.0
  /// Whether a cell that has the unit may be sent a part that reaches into it, though it store nothing there.
  private(set) var isReached = false
  /// Of the lines that no further tile has.
  private var squares = 0.0
  private var mostBefore = 0.0
  /// Of the lines that start at `start`, where further tiles may have some too.
  private var start = -1
  private var norm = 0.0
  private var most = 0.0

  /// Takes in what a tile stores, whose lines start at `start`.
  ///
  /// - Precondition: starts do not descend; lines that start at different ones are different.
  mutating func add(_ stored: Int, _ lines: LineCounts, from start: Int, isReached: Bool) {
    if start != self.start {
      (squares, mostBefore) = (squares + norm * norm, max(mostBefore, most))
      (self.start, norm, most) = (start, 0, 0)
    }
    self.stored += Double(stored)
    self.isReached = self.isReached || isReached
    norm += lines.squares.squareRoot()
    most += Double(lines.most)
  }

  /// The most multiply-adds of this unit of A, of `rows` rows, with `other` of B, of `columns` columns.
  func mostProducts(_ other: UnitContent, rows: Int, columns: Int) -> Double {
    func longest(_ content: UnitContent, _ limit: Int) -> Double {
      min(max(content.mostBefore, content.most), Double(limit))
    }
    // A whole number that may have been rounded downwards.
    let norms = ((squares + norm * norm) * (other.squares + other.norm * other.norm)).squareRoot()
    return min(
      (norms * (1 + 1e-12)).rounded(.down), stored * longest(other, columns),
      other.stored * longest(self, rows))
  }
}

extension OperandMap {
  /// What every unit piece stores, row of units after row.
  func contentByUnit(isLeft: Bool) -> [UnitContent] {
    var content = [UnitContent](repeating: UnitContent(), count: unitRows.count * unitColumns.count)
    func inner(_ t: Int) -> Range<Int> { isLeft ? tiles[t].columns : tiles[t].rows }
    let everywhere = Block(rows: 0..<unitRows.count, columns: 0..<unitColumns.count)
    let reaches = tiles.indices.map { stored(ofTile: $0, in: everywhere) > 0 }
    // Of all lists of entries that it gets a cell makes one part, which is as large as the cell's block.
    let haveEntries = tiles.indices.contains { tiles[$0].form == .triplets && reaches[$0] }
    for t in tiles.indices.sorted(by: { inner($0).lowerBound < inner($1).lowerBound }) {
      let units = units(of: t)
      for r in units.rows {
        for c in units.columns {
          content[r * unitColumns.count + c].add(
            stored(ofTile: t, in: Block(rows: r..<r + 1, columns: c..<c + 1)),
            lines(ofTile: t, r, c, isLeft: isLeft), from: inner(t).lowerBound,
            isReached: tiles[t].form == .triplets ? haveEntries : reaches[t])
        }
      }
    }
    return content
  }

  private func lines(ofTile t: Int, _ r: Int, _ c: Int, isLeft: Bool) -> LineCounts {
    let tile = tiles[t]
    let units = units(of: t)
    let n = (r - units.rows.lowerBound) * units.columns.count + c - units.columns.lowerBound
    if tile.form != .dense, !tile.lines.isEmpty { return tile.lines[n] }
    let (height, width) = (
      tile.rows.clamped(to: unitRows[r]).count, tile.columns.clamped(to: unitColumns[c]).count
    )
    let (count, length) = isLeft ? (width, height) : (height, width)
    if tile.form == .dense {
      return LineCounts(squares: Double(count) * Double(length) * Double(length), most: length)
    }
    // Nobody has counted: as if they lay evenly.
    let stored = Double(tile.stored[n])
    return LineCounts(squares: stored * stored / Double(max(1, count)), most: tile.stored[n])
  }
}
