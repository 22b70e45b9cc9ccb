// What owners hold adds up to the matrix; imbalance and words are those of the definitions.

import TesseraPartitioning
import Testing

@Suite struct PartitionQualityTests {
  @Test func partsAddUpAndImbalanceIsTheLargestOverTheMean() {
    let grid = Partitioning(rows: 9, columns: 7, blockSize: 3)
    let counts = (0..<grid.tileCount).map { $0 * $0 }
    for workers in 1...12 {
      let ownership = Ownership(owners: (0..<grid.tileCount).map { $0 * 5 % workers }, workerCount: workers)
      let quality = PartitionQuality(grid, ownership, nonzeros: counts, bytes: counts.map { 12 * $0 })
      #expect(quality.parts.count == workers)
      #expect(quality.parts.flatMap(\.tiles).sorted() == Array(0..<grid.tileCount))
      #expect(quality.parts.reduce(0) { $0 + $1.nonzeros } == counts.reduce(0, +))
      #expect(quality.parts.allSatisfy { $0.bytes == 12 * $0.nonzeros })
      let most = quality.parts.map(\.nonzeros).max() ?? 0
      #expect(quality.imbalance == Double(most) * Double(workers) / Double(counts.reduce(0, +)))
    }
  }

  @Test func slabsMoveTheVectorAndBlocksPiecesOfTheResultToo() {
    let slabs = Partitioning(slabs: Cuts(even: 100, parts: 4), columns: 30)
    let zeros = [Int](repeating: 0, count: 4)
    let bySlabs = PartitionQuality(
      slabs, Ownership(tileCount: 4, workerCount: 4), nonzeros: zeros, bytes: zeros)
    #expect(bySlabs.words == 3 * 30 && bySlabs.imbalance == 1 && bySlabs.words(columns: 5) == 450)
    let blocks = Partitioning(rowCuts: Cuts(even: 100, parts: 2), columnCuts: Cuts(even: 30, parts: 2))
    let byBlocks = PartitionQuality(
      blocks, Ownership(tileCount: 4, workerCount: 4), nonzeros: zeros, bytes: zeros)
    #expect(byBlocks.words == 3 * 30 + 2 * 50)
  }

  @Test func blockCyclicOwnersRepeatInBothDirections() {
    let grid = Partitioning(rowCuts: Cuts(even: 50, parts: 5), columnCuts: Cuts(even: 40, parts: 4))
    let ownership = Ownership(cyclic: grid, workerRows: 2, workerColumns: 3)
    #expect((0..<4).map(ownership.owner(of:)) == [0, 1, 2, 0])
    #expect((4..<8).map(ownership.owner(of:)) == [3, 4, 5, 3])
    #expect((8..<12).map(ownership.owner(of:)) == [0, 1, 2, 0])
    #expect(ownership.workerCount == 6)
  }

  @Test func defaultBlocksDependOnTheMatrixAloneAndAreWorthATask() {
    for (rows, columns) in [
      (0, 0), (1, 1), (50, 50), (257, 10), (4096, 4096), (1 << 20, 256), (256, 1 << 20),
    ] {
      let grid = Partitioning.defaultBlocks(rows: rows, columns: columns, stored: rows * columns)
      #expect(grid.rows == rows && grid.columns == columns)
      #expect(grid.tileCount <= max(16, rows * columns / 16384))
    }
    #expect(Partitioning.defaultBlocks(rows: 4096, columns: 4096, stored: 1 << 24).tileCount == 16)
    let sparse = Partitioning.defaultBlocks(rows: 1 << 20, columns: 1 << 20, stored: 5 << 20)
    #expect(sparse.tileCount <= 320)
    #expect(Cuts(10, pieceLength: 4).bounds == [0, 4, 8, 10])
    #expect(Cuts(8, pieceLength: 4).bounds == [0, 4, 8] && Cuts(0, pieceLength: 4).bounds == [0, 0])
  }

  @Test func aGridBalancesBothDimensions() {
    // All entries in the first tenth of rows and columns.
    let offsets = [0] + (1...100).map { min($0, 10) * 50 }
    let grid = Partitioning(balancingRows: offsets, columns: offsets, rowParts: 2, columnParts: 2)
    #expect((1...10).contains(grid.rowCuts.bounds[1]) && grid.rowCuts == grid.columnCuts)
  }
}
