// A list of entries cut along the cuts of a target grid: one stable counting sort by target tile, so that the
// run of each tile keeps the order of the list. Two passes over the z entries, O(z + tiles reached) memory.

import Numerics
import TesseraLocalMatrices
import TesseraPartitioning

extension TripletMatrix {
  /// The runs of entries that go to each tile of the target; `self` is the tile as it is read.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func cut(_ place: TilePlace, _ movement: Redistribution) -> [(target: Int, piece: TilePart<S>)] {
    let rowPieces = PieceTable(
      movement.target.rowCuts, place.rows, from: movement.rows, lookups: entryCount)
    let columnPieces = PieceTable(
      movement.target.columnCuts, place.columns, from: movement.columns, lookups: entryCount)
    let (firstRow, firstColumn) = (rowPieces.first, columnPieces.first)
    let width = columnPieces.count
    let cells = rowPieces.count * width
    guard cells > 0, entryCount > 0 else { return [] }
    // Entry q goes to cell cellOf[q] of those reached; the last cell is for what is not taken.
    var starts = [Int](repeating: 0, count: cells + 2)
    let cellOf = [Int32](inLargePages: entryCount) { cellOf, written in
      for q in 0..<entryCount {
        let (i, j) = (rowPieces[Int(rowIndices[q])], columnPieces[Int(columnIndices[q])])
        let cell = i < 0 || j < 0 ? cells : Int(i) * width + Int(j)
        cellOf.initializeElement(at: q, to: Int32(truncatingIfNeeded: cell))
        starts[cell + 1] += 1
      }
      written = entryCount
    }
    for cell in 0...cells { starts[cell + 1] += starts[cell] }
    let total = starts[cells]

    // Each cell's corner in the coordinates of this tile.
    let rowCorners = (0..<rowPieces.count).map { rowPieces.corner(firstRow + $0) }
    let columnCorners = (0..<width).map { columnPieces.corner(firstColumn + $0) }
    var next = starts
    var rows: [Int32] = []
    var columns: [Int32] = []
    // Three uninitialized buffers, each place of which is written once: the counting sort says where.
    let values = [S](inLargePages: total) { values, written in
      columns = [Int32](inLargePages: total) { columns, written in
        rows = [Int32](inLargePages: total) { rows, written in
          for q in 0..<entryCount {
            let cell = Int(cellOf[q])
            if cell == cells { continue }
            let to = next[cell]
            next[cell] = to + 1
            let i = width == 1 ? cell : cell / width
            let j = cell - i * width
            rows.initializeElement(
              at: to, to: Int32(truncatingIfNeeded: Int(rowIndices[q]) - rowCorners[i]))
            columns.initializeElement(
              at: to, to: Int32(truncatingIfNeeded: Int(columnIndices[q]) - columnCorners[j]))
            values.initializeElement(at: to, to: isConjugated ? storage[q].conjugate : storage[q])
          }
          written = total
        }
        written = total
      }
      written = total
    }
    var pieces: [(target: Int, piece: TilePart<S>)] = []
    for cell in 0..<cells where starts[cell] < starts[cell + 1] {
      let target = (firstRow + cell / width) * movement.target.columnCuts.count + firstColumn + cell % width
      pieces.append(
        (target, .entries(EntryRun(rows, columns, values, starts[cell]..<starts[cell + 1]))))
    }
    return pieces
  }
}

/// Which piece of a cut an index of a tile falls into: by a table, or by bisection where the tile is much
/// longer than the number of questions.
private struct PieceTable {
  /// The first piece that the tile reaches into, and how many it may reach into.
  let first: Int
  let count: Int
  private let bounds: [Int]
  private let taken: Range<Int>
  /// What is to be added to an index of the tile to have a position in the cut.
  private let shift: Int
  private let table: [Int32]

  /// - Parameter whole: the range that `cuts` cuts.
  init(_ cuts: Cuts, _ tile: Range<Int>, from whole: Range<Int>, lookups: Int) {
    taken = tile.clamped(to: whole).shifted(by: -whole.lowerBound)
    shift = tile.lowerBound - whole.lowerBound
    bounds = cuts.bounds
    guard !taken.isEmpty else {
      (first, count, table) = (0, 0, [])
      return
    }
    first = cuts.piece(holding: taken.lowerBound)
    count = cuts.piece(holding: taken.upperBound - 1) - first + 1
    var table: [Int32] = []
    if tile.count <= max(4 * lookups, 1024) {
      table = [Int32](repeating: -1, count: tile.count)
      for piece in first..<first + count {
        for position in cuts[piece].clamped(to: taken) {
          table[position - shift] = Int32(truncatingIfNeeded: piece - first)
        }
      }
    }
    self.table = table
  }

  /// The piece, counted from `first`; negative for an index that is not taken.
  @inline(__always)
  subscript(index: Int) -> Int32 { table.isEmpty ? bisect(index) : table[index] }

  /// The index of the tile at which the piece starts, before the tile's start if negative.
  func corner(_ piece: Int) -> Int { bounds[piece] - shift }

  private func bisect(_ index: Int) -> Int32 {
    let position = index + shift
    guard taken.contains(position) else { return -1 }
    var (low, high) = (first, first + count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= position { low = middle } else { high = middle }
    }
    return Int32(truncatingIfNeeded: low - first)
  }
}
