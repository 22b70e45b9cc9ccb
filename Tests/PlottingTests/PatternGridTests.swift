import TesseraPlotting
import Testing

@Suite struct PatternGridTests {
  @Test(arguments: [(1, 1), (7, 13), (320, 321), (641, 3), (5, 100_003), (.max, .max)])
  func everyEntryLandsInExactlyOneCell(rows: Int, columns: Int) {
    var random = Random(seed: UInt64(truncatingIfNeeded: rows &+ columns))
    var grid = PatternGrid(rows: rows, columns: columns, atMost: 320, by: 320)
    #expect(grid.cellRows <= 320 && grid.cellColumns <= 320)
    for _ in 0..<500 {
      let (i, j) = (Int.random(in: 0..<rows, using: &random), Int.random(in: 0..<columns, using: &random))
      let before = grid[i / grid.rowsPerCell, j / grid.columnsPerCell]
      grid.insert(i, j)
      #expect(grid[i / grid.rowsPerCell, j / grid.columnsPerCell] == before + 1)
    }
    #expect(grid.total == 500)
    grid.insert(rows - 1, columns - 1)
    #expect(grid[grid.cellRows - 1, grid.cellColumns - 1] > 0)
  }

  @Test func gridsOfPartsAddUpToTheWhole() {
    var random = Random(seed: 1)
    var whole = PatternGrid(rows: 1000, columns: 70, atMost: 64, by: 64)
    var parts = [whole, whole, whole]
    for k in 0..<3000 {
      let (i, j) = (Int.random(in: 0..<1000, using: &random), Int.random(in: 0..<70, using: &random))
      whole.insert(i, j)
      parts[k % 3].insert(i, j)
    }
    var sum = parts[0]
    sum += parts[1]
    sum += parts[2]
    #expect(sum == whole)
  }

  @Test(arguments: [1, 2, 7, 40, 64, 100])
  func coarseningEqualsCountingOnTheCoarseGrid(limit: Int) {
    var random = Random(seed: 2)
    var fine = PatternGrid(rows: 1000, columns: 70, atMost: 64, by: 64)
    let entries = (0..<500).map { _ in
      (Int.random(in: 0..<1000, using: &random), Int.random(in: 0..<70, using: &random))
    }
    for (i, j) in entries { fine.insert(i, j) }
    let coarse = fine.coarsened(atMost: limit, by: limit)
    #expect(coarse.cellRows <= limit && coarse.cellColumns <= limit)
    #expect(coarse.total == 500)
    var expected = [Int](repeating: 0, count: coarse.cellRows * coarse.cellColumns)
    for (i, j) in entries {
      expected[i / coarse.rowsPerCell * coarse.cellColumns + j / coarse.columnsPerCell] += 1
    }
    #expect(coarse.counts == expected)
  }

  @Test func emptyShapesHaveNoCells() {
    for (rows, columns) in [(0, 0), (0, 5), (5, 0)] {
      let grid = PatternGrid(rows: rows, columns: columns, atMost: 320, by: 320)
      #expect(grid.counts.isEmpty && grid.maximum == 0)
      #expect(grid.coarsened(atMost: 3, by: 3).counts.isEmpty)
    }
  }
}
