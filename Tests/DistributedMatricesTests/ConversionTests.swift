// Every distributed type becomes every other, its transpose and its adjoint, and stays the same matrix; nothing
// passes the driver, and nothing moves that is where it should be.

import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

private let shapes = [(0, 0), (0, 3), (3, 0), (1, 1), (2, 3), (5, 5), (3, 50), (50, 5), (257, 10)]

/// The dense form of a matrix, and what is wrong with a distributed one.
private func check<M: DistributedMatrix>(
  _ matrix: M, _ expected: DenseMatrix<M.Element>, _ name: String
) async throws {
  #expect(matrix.shape == expected.shape, "\(name)")
  #expect(matrix.partitioning.rows == expected.rows && matrix.partitioning.columns == expected.columns)
  #expect(try await matrix.collect().dense() == expected, "\(name)")
}

/// `matrix`, which is `expected`, as every type and in several grids.
private func checkConversions<M: DistributedMatrix>(
  _ matrix: M, _ expected: DenseMatrix<M.Element>, _ name: String
) async throws {
  let workers = matrix.cluster.engine.workerCount
  try await check(matrix, expected, name)
  for (view, seen, local) in [
    ("", matrix, expected), ("'", matrix.adjoint(), expected.adjoint()),
    ("^T", matrix.transposed(), expected.transposed()),
    ("''", matrix.adjoint().transposed(), expected.conjugated()),
  ] {
    let name = name + view
    try await check(seen, local, name)
    try await check(try await seen.rowMatrix(), local, name + " row")
    try await check(try await seen.rowMatrix(partitions: 3), local, name + " row 3")
    try await check(try await seen.coordinateMatrix(), local, name + " coordinate")
    for grid in Partitioning.grids(local.rows, local.columns) {
      let owners = (0..<grid.tileCount).map { ($0 * 5 + 1) % workers }
      let ownership = Ownership(owners: owners, workerCount: workers)
      let blocks = try await seen.blockMatrix(grid: grid, ownership: ownership)
      #expect(blocks.ownership == ownership && blocks.partitioning == grid)
      try await check(blocks, local, name + " block")
      try await check(try await seen.coordinateMatrix(grid: grid), local, name + " coordinate grid")
    }
  }
}

@Suite(.timeLimit(.minutes(30))) struct ConversionTests {
  @Test(arguments: Way.allCases, [1, 3])
  func everyTypeBecomesEveryOtherAndStaysTheSameMatrix(way: Way, workers: Int) async throws {
    try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      for (m, n) in shapes where way == .messagePassing || m * n < 100 {
        var generator = SeededGenerator(seed: 100 * m + n)
        let dense: DenseMatrix<Double> = generator.dense(m, n)
        let sparse: SparseMatrix<Double> = try generator.sparse(m, n, density: 0.1)
        for local in [LocalMatrix.dense(dense), .sparse(sparse)] {
          let expected = try local.dense()
          let grids = Partitioning.grids(m, n)
          let name = "\(m) x \(n) \(local.isDense ? "dense" : "sparse")"
          try await checkConversions(
            try await RowMatrix(local, partitions: 4, on: cluster), expected, name + " row to")
          try await checkConversions(
            try await BlockMatrix(local, grid: grids[(m + n) % grids.count], on: cluster), expected,
            name + " block to")
        }
        try await checkConversions(
          try await CoordinateMatrix(sparse, partitions: 5, on: cluster), try sparse.dense(), "chunks to")
        try await checkConversions(
          try await CoordinateMatrix(sparse.triplets(), grid: Partitioning.grids(m, n)[3], on: cluster),
          try sparse.dense(), "coordinate grid to")
      }
    }
  }

  @Test(arguments: ScalarKind.allCases) func allScalarsAreConverted(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      try await withCluster(workers: 2, encodes: true, registry: .distributedMatrices) { cluster in
        var generator = SeededGenerator(seed: 3)
        let dense: DenseMatrix<S> = generator.dense(11, 7)
        for local in dense.representations {
          try await checkConversions(
            try await BlockMatrix(local, grid: Partitioning(rows: 11, columns: 7, blockSize: 3), on: cluster),
            dense, "dense")
        }
        let sparse: SparseMatrix<S> = try generator.sparse(11, 7, density: 0.3)
        for local in sparse.representations {
          let expected = try sparse.dense()
          try await checkConversions(try await RowMatrix(local, on: cluster), expected, "sparse row")
          try await checkConversions(try await CoordinateMatrix(local, on: cluster), expected, "triplets")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [1, 2, 5]) func duplicatesAddUpInTheirOrderOnAnyNumberOfWorkers(workers: Int)
    async throws
  {
    // Sums of these depend on the order of their terms.
    let terms: [Float] = [1e8, 1, -1e8, 3, 1e-3, 7]
    var entries = try TripletMatrix<Float>(rows: 4, columns: 6)
    var expected = DenseMatrix<Float>(zeros: 4, 6)
    for (k, term) in terms.enumerated() {
      for i in 0..<4 {
        for j in 0..<6 where (i + j + k) % 2 == 0 || i == 1 {
          entries.append(i, j, term)
          expected[i, j] += term
        }
      }
    }
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      for chunks in [1, 2, 7, 64] {
        let a = try await CoordinateMatrix(entries, partitions: chunks, on: cluster)
        #expect(a.storedCount == entries.entryCount && a.ownership.tileCount == chunks)
        try await check(a, expected, "\(chunks)")
        try await check(try await a.rowMatrix(partitions: 3), expected, "rows of \(chunks)")
        try await check(try await a.blockMatrix(blockSize: 2), expected, "blocks of \(chunks)")
      }
    }
  }

  @Test func oneHotRowAndEmptyTilesAreConverted() async throws {
    var entries = try TripletMatrix<Double>(rows: 300, columns: 20_000)
    for j in 0..<20_000 { entries.append(17, 19_999 - j, Double(j)) }
    entries.append(299, 3, 5)
    let expected = try entries.compressed()
    try await withCluster(workers: 3, registry: .distributedMatrices) { cluster in
      let a = try await CoordinateMatrix(entries, on: cluster)
      let rows = try await a.rowMatrix(partitions: 100)
      #expect(try await rows.collect() == .sparse(expected))
      let blocks = try await rows.blockMatrix(blockSize: 64)
      #expect(try await blocks.collect() == .sparse(expected))
      #expect(try await blocks.transposed().rowMatrix().collect() == .sparse(expected.transposed()))
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func everyElementMovesAtMostOnceAndNothingPassesTheDriver(workers: Int)
    async throws
  {
    var generator = SeededGenerator(seed: 9)
    let dense: DenseMatrix<Double> = generator.dense(60, 40)
    let sparse: SparseMatrix<Double> = try generator.sparse(60, 40, density: 0.2)
    try await withCluster(workers: workers, encodes: true, registry: .distributedMatrices) { cluster in
      let grid = Partitioning(rows: 60, columns: 40, blockSize: 7)
      let target = Partitioning(slabs: Cuts(even: 60, parts: 4), columns: 40)
      let a = try await BlockMatrix(dense, grid: grid, on: cluster)
      let s = try await CoordinateMatrix(sparse.triplets(), grid: grid, on: cluster)
      let before = try await cluster.ledger()
      let rows = try await a.rowMatrix(rowCuts: target.rowCuts)
      _ = try await s.rowMatrix(rowCuts: target.rowCuts)
      let same = try await rows.rowMatrix(rowCuts: target.rowCuts)
      #expect(same.tiles === rows.tiles)
      let report = try await cluster.ledger() - before
      // An element moves when the owner of its block is not that of its slab: one word dense, three sparse.
      var expected = [Int](repeating: 0, count: workers)
      for i in 0..<60 {
        for j in 0..<40 {
          let block =
            grid.rowCuts.piece(holding: i) * grid.columnCuts.count + grid.columnCuts.piece(holding: j)
          let owner = rows.ownership.owner(of: target.rowCuts.piece(holding: i))
          if owner != a.ownership.owner(of: block) { expected[owner] += sparse[i, j] == 0 ? 1 : 4 }
        }
      }
      for rank in 0..<workers { #expect(report.workers[rank].total.received.words == expected[rank]) }
    }
  }

  @Test func gridsAndSizesThatDoNotFitAreRefused() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await BlockMatrix(DenseMatrix<Double>(zeros: 4, 6), on: cluster)
      await #expect(throws: LinearAlgebraError.self) { try await a.blockMatrix(blockSize: 0) }
      await #expect(throws: LinearAlgebraError.self) { try await a.rowMatrix(partitions: 0) }
      await #expect(throws: LinearAlgebraError.self) {
        try await a.blockMatrix(grid: Partitioning(whole: 6, 4))
      }
      await #expect(throws: LinearAlgebraError.self) {
        try await CoordinateMatrix(TripletMatrix<Double>(rows: 2, columns: 2), partitions: 0, on: cluster)
      }
    }
  }
}
