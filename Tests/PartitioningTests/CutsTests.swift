// Cuts cover 0..<n without gaps or overlap, whatever the extent, the number of pieces and the weights.

import TesseraPartitioning
import Testing

private let extents = [0, 1, 2, 3, 7, 100, 10_007]

@Suite struct CutsTests {
  @Test(arguments: extents) func evenPiecesCoverTheRangeAndDifferByOneAtMost(extent: Int) {
    for parts in 1...64 {
      let cuts = Cuts(even: extent, parts: parts)
      #expect(cuts.count == parts && cuts.extent == extent && covers(cuts, extent))
      let lengths = (0..<parts).map { cuts[$0].count }
      #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1, "\(extent) in \(parts)")
    }
  }

  @Test(arguments: extents) func balancedPiecesCoverTheRange(extent: Int) {
    for weights in [uniform(extent), hotRow(extent), emptyRows(extent), ragged(extent)] {
      for parts in 1...64 {
        let cuts = Cuts(balancing: weights, parts: parts)
        #expect(cuts.count == parts && covers(cuts, extent))
      }
    }
  }

  @Test(arguments: [100, 10_007]) func noBalancedPieceOutweighsItsShareByMoreThanOneElement(extent: Int) {
    for offsets in [uniform(extent), hotRow(extent), emptyRows(extent), ragged(extent)] {
      let heaviest = zip(offsets, offsets.dropFirst()).map { $1 - $0 + 1 }.max() ?? 0
      let total = offsets[extent] + extent
      for parts in 1...64 {
        let cuts = Cuts(balancing: offsets, parts: parts)
        for p in 0..<parts {
          let piece = cuts[p]
          let weight = offsets[piece.upperBound] - offsets[piece.lowerBound] + piece.count
          #expect(weight <= total / parts + 1 + heaviest, "piece \(p) of \(parts)")
        }
      }
    }
  }

  @Test(arguments: extents) func positionsAreBalancedAsTheirOffsetsAre(extent: Int) {
    for offsets in [uniform(extent), hotRow(extent), emptyRows(extent), ragged(extent)] {
      let positions = (0..<extent).flatMap {
        Array(repeating: Int32($0), count: offsets[$0 + 1] - offsets[$0])
      }
      for parts in [1, 2, 7, 64] {
        #expect(
          Cuts(balancing: positions, of: extent, parts: parts) == Cuts(balancing: offsets, parts: parts))
      }
    }
  }

  @Test func aHotRowDoesNotDragItsNeighboursAlong() {
    // 1000 rows of one nonzero, and row 500 of 10,000: its piece ends with it.
    let offsets = (0...1000).map { $0 + ($0 > 500 ? 9999 : 0) }
    let cuts = Cuts(balancing: offsets, parts: 8)
    let piece = cuts[cuts.piece(holding: 500)]
    #expect(piece.upperBound == 501)
    #expect(cuts.bounds.last == 1000)
  }

  @Test func balancingDependsOnDifferencesOfOffsetsAlone() {
    let offsets = ragged(100)
    #expect(Cuts(balancing: offsets, parts: 7) == Cuts(balancing: offsets.map { $0 + 12_345 }, parts: 7))
  }

  @Test func everyPositionIsFoundInThePieceThatHoldsIt() {
    let withEmptyPieces = [
      Cuts(bounds: [0, 0, 0, 3, 3, 4, 9, 9]), Cuts(bounds: [0, 5]), Cuts(bounds: [0, 0, 1]),
      Cuts(even: 7, parts: 64), Cuts(even: 100, parts: 7), Cuts(balancing: hotRow(100), parts: 64),
    ]
    for cuts in withEmptyPieces {
      for position in 0..<cuts.extent {
        #expect(cuts[cuts.piece(holding: position)].contains(position), "\(cuts.bounds), \(position)")
      }
    }
  }

  private func covers(_ cuts: Cuts, _ extent: Int) -> Bool {
    var next = 0
    for p in 0..<cuts.count {
      if cuts[p].lowerBound != next { return false }
      next = cuts[p].upperBound
    }
    return next == extent
  }

  // Offsets of rows with the named nonzeros.
  private func uniform(_ n: Int) -> [Int] { (0...n).map { 3 * $0 } }
  private func hotRow(_ n: Int) -> [Int] { (0...n).map { $0 + ($0 > n / 3 ? 1_000_000 : 0) } }
  private func emptyRows(_ n: Int) -> [Int] { [Int](repeating: 0, count: n + 1) }
  private func ragged(_ n: Int) -> [Int] {
    var offsets = [0]
    for i in 0..<n { offsets.append(offsets[i] + (i * i) % 17) }
    return offsets
  }
}

@Suite struct PartitioningTests {
  @Test func tilesAreNumberedRowOfTheGridAfterRow() {
    let grid = Partitioning(rowCuts: Cuts(even: 10, parts: 3), columnCuts: Cuts(even: 7, parts: 2))
    #expect(grid.rows == 10 && grid.columns == 7 && grid.tileCount == 6)
    var seen = [[Int]](repeating: [Int](repeating: 0, count: 7), count: 10)
    for t in 0..<6 {
      for i in grid.rows(ofTile: t) {
        for j in grid.columns(ofTile: t) { seen[i][j] += 1 }
      }
      #expect(
        grid.rows(ofTile: t) == grid.rowCuts[t / 2] && grid.columns(ofTile: t) == grid.columnCuts[t % 2])
    }
    #expect(seen.joined().allSatisfy { $0 == 1 })
  }

  @Test func theDefaultNumberOfSlabsIsAPowerOfTwoAndNotAboveTheRows() {
    for rows in [0, 1, 2, 3, 5, 100, 10_007, 1 << 40] {
      for columns in [0, 1, 50, 10_000, 1 << 40] {
        for stored in [0, 1, 1000, 1_000_000, 1 << 50] {
          let count = Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: stored)
          #expect(count >= 1 && count <= 256 && count & (count - 1) == 0)
          #expect(count <= max(1, rows))
          // Combining the slabs' vectors costs at most a quarter of reading the elements, beyond four slabs.
          #expect(count <= 4 || count * columns <= stored / 4)
        }
      }
    }
  }
}
