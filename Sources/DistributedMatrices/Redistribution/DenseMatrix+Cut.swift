// A dense tile cut along the cuts of a target grid: O(pieces); nothing is copied.

import TesseraLocalMatrices
import TesseraPartitioning

extension DenseMatrix {
  /// The regions that go to each tile of the target; `self` is the tile as it is read.
  func cut(_ place: TilePlace, _ movement: Redistribution) -> [(target: Int, piece: TilePart<S>)] {
    let target = movement.target
    var pieces: [(target: Int, piece: TilePart<S>)] = []
    for (i, rows) in movement.rows.crossings(place.rows, target.rowCuts) {
      for (j, columns) in movement.columns.crossings(place.columns, target.columnCuts) {
        let region = DenseRegion(
          self, rows: rows.shifted(by: movement.rows.lowerBound - place.rows.lowerBound),
          columns: columns.shifted(by: movement.columns.lowerBound - place.columns.lowerBound),
          row: rows.lowerBound - target.rowCuts.bounds[i],
          column: columns.lowerBound - target.columnCuts.bounds[j])
        pieces.append((i * target.columnCuts.count + j, .dense(region)))
      }
    }
    return pieces
  }
}

extension Range<Int> {
  func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }

  /// The pieces of `cuts`, which cut this range, that `tile` reaches into, each with what it has of the tile,
  /// counted from the start of this range. Only those that have something.
  func crossings(_ tile: Range<Int>, _ cuts: Cuts) -> [(piece: Int, part: Range<Int>)] {
    let taken = tile.clamped(to: self).shifted(by: -lowerBound)
    guard !taken.isEmpty else { return [] }
    let (first, last) = (cuts.piece(holding: taken.lowerBound), cuts.piece(holding: taken.upperBound - 1))
    return (first...last).compactMap { k in
      let part = cuts[k].clamped(to: taken)
      return part.isEmpty ? nil : (k, part)
    }
  }
}
