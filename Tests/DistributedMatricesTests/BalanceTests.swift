// Slabs balanced by stored elements are the same matrix, nearly equally heavy; and the numbers of a vector go to
// the tiles that need them and nowhere else.

import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct BalanceTests {
  /// Row i has about 300 / (i + 1) entries.
  private func skewed(_ rows: Int, _ columns: Int) throws -> TripletMatrix<Double> {
    let random = CounterBasedRandom(seed: 3)
    var entries = try TripletMatrix<Double>(rows: rows, columns: columns)
    var draw: UInt64 = 0
    for i in 0..<rows {
      for _ in 0...300 / (i + 1) {
        entries.append(
          i, Int(random.uniform(draw) * Double(columns)), random.symmetric(draw, stream: 1))
        draw += 1
      }
    }
    return entries
  }

  @Test(arguments: [Way.messagePassing, .dataflow], [1, 3])
  func slabsOfASkewedMatrixAreEquallyHeavy(way: Way, workers: Int) async throws {
    try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      let local = try skewed(400, 300)
      let expected = try local.compressed(by: .rows)
      func share(_ counts: [Int]) -> Double {
        Double(counts.max() ?? 0) * Double(counts.count) / Double(counts.reduce(0, +))
      }
      let even = try await RowMatrix(.sparse(expected), on: cluster).rowMatrix(partitions: 4)
      let chunks = try await CoordinateMatrix(local, partitions: 5, on: cluster)
      let blocks = try await BlockMatrix(.sparse(expected), blockSize: 70, on: cluster)
      let balanced = [
        try await even.balancedRowMatrix(partitions: 4), try await chunks.balancedRowMatrix(partitions: 4),
        try await blocks.balancedRowMatrix(partitions: 4),
      ]
      #expect(share(try await even.storedCounts()) > 2)
      for matrix in balanced {
        #expect(try await matrix.collect() == .sparse(expected))
        #expect(share(try await matrix.storedCounts()) < 1.5)
      }
      let counts = zip(expected.offsets.dropFirst(), expected.offsets).map { $0 - $1 }
      #expect(try await even.storedCountsOfRows() == counts)
      #expect(try await blocks.transposed().transposed().storedCountsOfRows() == counts)
      let columns = expected.transposed().compressed(by: .rows)
      #expect(
        try await blocks.transposed().storedCountsOfRows()
          == zip(columns.offsets.dropFirst(), columns.offsets).map { $0 - $1 })
      await #expect(throws: LinearAlgebraError.self) { _ = try await even.balancedRowMatrix(partitions: 0) }
    }
  }

  @Test(arguments: [Way.messagePassing, .dataflowEncoded], [1, 2, 5])
  func adjointProductsTakeNumbersWhereTheirRowsAre(way: Way, workers: Int) async throws {
    try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      var generator = SeededGenerator(seed: 8)
      let a: DenseMatrix<Double> = generator.dense(60, 35)
      let x = (0..<35).map { Double($0 % 7) - 3 }
      let matrix = try await BlockMatrix(.dense(a), blockSize: 10, on: cluster)
      let y = try await matrix.apply(x)
      let before = try await cluster.ledger()
      let found = try await matrix.applyAdjoint(y)
      let moved = try await cluster.ledger() - before
      // Pieces of y lie with the first block of their row: those of rows that two workers share move.
      #expect(workers == 1 || moved.operations.contains { $0.contains("spread/") })
      // (In dataflow the scheduler may run a task where its inputs are not.)
      #expect(
        way.style == .dataflow
          || moved.operations.filter { $0.contains("spread/") }.allSatisfy { moved[$0].received.words <= 60 })
      #expect(!moved.operations.contains { $0.hasPrefix("collect") })
      let expected = try a.adjoint() * (try a * x)
      let scale = a.norm(.frobenius) * a.norm(.frobenius) * norm(x)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-13 * scale })
      // The same bits for a vector that comes from the driver.
      let driver = RangeVector(onDriver: try await y.collect())
      #expect(try await matrix.applyAdjoint(driver) == found)
      let transposed = matrix.transposed()
      let z = try await transposed.apply((0..<60).map { Double($0 % 5) })
      #expect(
        try await transposed.applyAdjoint(z)
          == transposed.applyAdjoint(RangeVector(onDriver: try await z.collect())))
    }
  }
}
