// What moves in factorizations and triangular solves by tiles: counted words are those of tiles that are needed in other
// cells, tile by tile, and no more than the formulas of the headers say.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

/// t x t tiles of b x b on p x q workers.
private struct TileGrid: Sendable, CustomTestStringConvertible {
  let t = 8
  let b = 6
  let p: Int
  let q: Int

  var workers: Int { p * q }
  var order: Int { t * b }
  var testDescription: String { "\(p) x \(q)" }

  func worker(_ i: Int, _ j: Int) -> Int { i % p * q + j % q }

  /// b^2 words for every worker other than the owner of (i, j) that has one of the tiles `places`.
  func send(_ i: Int, _ j: Int, to places: [(Int, Int)], _ received: inout [Int]) {
    for target in Set(places.map { worker($0.0, $0.1) }) where target != worker(i, j) {
      received[target] += b * b
    }
  }
}

private let grids = [TileGrid(p: 2, q: 1), TileGrid(p: 2, q: 2), TileGrid(p: 2, q: 3)]

@Suite(.timeLimit(.minutes(30))) struct TileWordsTests {
  @Test(arguments: grids) fileprivate func choleskyMovesEveryTileOfItsPanelsOnce(grid: TileGrid) async throws
  {
    var generator = SeededGenerator(seed: 160)
    let (t, n) = (grid.t, grid.order)
    let a: DenseMatrix<Double> = MatrixKind.random.hermitian(n, positive: true, using: &generator)
    let words = try await received(grid) { cluster in
      _ = try await BlockMatrix(.dense(a), blockSize: grid.b, on: cluster).cholesky(blockSize: grid.b)
    }
    var expected = [Int](repeating: 0, count: grid.workers)
    for k in 0..<t {
      for i in k + 1..<max(t, k + 1) {
        // L_ik is a left factor in row i and, conjugated, a right one in column i.
        grid.send(
          i, k, to: (k + 1...i).map { (i, $0) } + (i..<t).map { ($0, i) }, &expected)
      }
    }
    let limit = Double(n * n) / 2 * (1 / Double(grid.p) + 1 / Double(grid.q))
    for worker in 0..<grid.workers {
      #expect(words[worker]["exchange panel-exchange/d", default: 0] == expected[worker])
      #expect(Double(expected[worker]) <= limit)
      #expect(words[worker]["map panel-solve/d", default: 0] <= n * grid.b)
      #expect(words[worker]["reduce diagonal-tile/d", default: 0] <= n * grid.b)
    }
  }

  @Test(arguments: grids) fileprivate func luMovesItsPanelsOnceAndRowsThatChangePlaces(grid: TileGrid)
    async throws
  {
    var generator = SeededGenerator(seed: 161)
    let (t, n) = (grid.t, grid.order)
    let a: DenseMatrix<Double> = generator.dense(n, n)
    let words = try await received(grid) { cluster in
      _ = try await BlockMatrix(.dense(a), blockSize: grid.b, on: cluster).lu(blockSize: grid.b)
    }
    var expected = [Int](repeating: 0, count: grid.workers)
    for k in 0..<t {
      let rest = k + 1..<max(t, k + 1)
      for i in rest {
        grid.send(i, k, to: rest.map { (i, $0) }, &expected)
        grid.send(k, i, to: rest.map { ($0, i) }, &expected)
      }
    }
    let limit = Double(n * n) / 2 * (1 / Double(grid.p) + 1 / Double(grid.q))
    for worker in 0..<grid.workers {
      let found = words[worker]
      #expect(found["exchange panel-exchange/d", default: 0] == expected[worker])
      #expect(Double(expected[worker]) <= limit)
      #expect(found["exchange row-exchange/d", default: 0] <= 3 * n * n / 2 / grid.workers)
      let tournament = found["reduce tournament/d", default: 0] + found["map pivoted-panel/d", default: 0]
      #expect(tournament <= 2 * n * grid.b, "\(tournament)")
    }
  }

  @Test func rowsOfColumnsThatAreDoneMoveOnce() async throws {
    let grid = TileGrid(p: 2, q: 1)
    let (t, b, n) = (grid.t, grid.b, grid.order)
    // The pivot of a column is the row below: in every step one row goes to the tile above, and the first row of all
    // to the tile below.
    let a = DenseMatrix<Double>(rows: n, columns: n) { i, j in i == (j + 1) % n ? 1 : 0 }
    let words = try await received(grid) { cluster in
      let factors = try await BlockMatrix(.dense(a), blockSize: b, on: cluster).lu(blockSize: b)
      #expect(factors.permutation == (0..<n).map { ($0 + 1) % n })
    }
    let inSteps = (0..<t - 1).reduce(0) { $0 + 2 * (t - $1) * b }
    // In tile column j every such row once, and the first one from tile j + 1 to the last tile.
    let atTheEnd = (0..<t - 2).reduce(0) { sum, j in
      let steps = t - 2 - j
      return sum + (steps + steps % 2) * b
    }
    let found = words.reduce(0) { $0 + $1["exchange row-exchange/d", default: 0] }
    #expect(found == inSteps + atTheEnd)
  }

  @Test(arguments: grids) fileprivate func aTriangularSolveMovesTheTriangleAlongItsRows(grid: TileGrid)
    async throws
  {
    var generator = SeededGenerator(seed: 162)
    let (t, n) = (grid.t, grid.order)
    // Right sides of one column of tiles, which lie in the first column of cells.
    let columns = 5
    let a = DenseMatrix<Double>(rows: n, columns: n) { i, j in i == j ? 2 : generator.scalar() / Double(n) }
    let b: DenseMatrix<Double> = generator.dense(n, columns)
    let words = try await received(grid) { cluster in
      let blocks = try await BlockMatrix(.dense(a), blockSize: grid.b, on: cluster)
      _ = try await blocks.solve(TriangularPart(.lower), b)
    }
    var expected = [Int](repeating: 0, count: grid.workers)
    for k in 0..<t {
      for i in k + 1..<max(t, k + 1) { grid.send(i, k, to: [(i, 0)], &expected) }
      for target in Set((k + 1..<max(t, k + 1)).map { grid.worker($0, 0) }) where target != grid.worker(k, 0)
      {
        expected[target] += grid.b * columns
      }
    }
    let (height, width) = (Double(grid.p), Double(grid.q))
    let limit =
      Double(n * n) * (1 - 1 / width) / (2 * height) + Double(n * columns) * (1 - 1 / height)
    for worker in 0..<grid.workers {
      #expect(words[worker]["exchange panel-exchange/d", default: 0] == expected[worker])
      #expect(Double(expected[worker]) <= limit)
      #expect(words[worker]["map panel-solve/d", default: 0] <= n * grid.b)
    }
  }

  /// The words that each worker receives, by operation.
  private func received(_ grid: TileGrid, _ body: (Cluster) async throws -> Void) async throws -> [[String:
    Int]]
  {
    try await withCluster(
      workers: grid.workers, way: .messagePassingEncoded, registry: .distributedMatrices
    ) { cluster in
      let before = try await cluster.ledger()
      try await body(cluster)
      let report = try await cluster.ledger() - before
      return report.workers.map { worker in
        Dictionary(
          worker.operations.map { ($0.name, $0.total.received.words) }, uniquingKeysWith: +)
      }
    }
  }
}
