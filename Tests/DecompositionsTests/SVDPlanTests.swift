// How `auto` chooses: a pure function of the matrix, monotone in what it counts, and right about what happens.

import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDecompositions

private func plan(
  _ m: Int, _ n: Int, stored: Int? = nil, count: Int, tiles: Int = 16, access: SVDPlan.Access? = nil
) -> SVDPlan {
  let isSparse = stored != nil
  let traffic = SlabTraffic(
    Cuts(even: m, parts: tiles), Ownership(tileCount: tiles, workerCount: 4), on: nil)
  return SVDPlan(
    shape: Shape(m, n), storedCount: stored ?? m * n, tiles: tiles, share: traffic.share, count: count,
    bytesPerElement: 8, canIterate: count >= 1 && count + 2 <= n, basis: min(n, max(2 * count + 1, 20)),
    block: 2 * (count + 10) <= n ? count + 10 : n, access: access ?? .elements(isSparse: isSparse),
    traffic: traffic, leftVectors: false)
}

@Suite struct SVDPlanTests {
  @Test(arguments: [
    // A tall matrix with few columns: its Gram matrix is small.
    (plan(1_000_000, 100, count: 5), SVDMethod.gram),
    // Few values of many columns.
    (plan(1_000_000, 10_000, stored: 10_000_000, count: 5), .lanczos),
    (plan(23_000_000, 38_000, stored: 51_000_000, count: 5), .lanczos),
    // All values, of a tall and of a square matrix.
    (plan(1_000_000, 100, count: 100), .tsqr),
    (plan(1500, 1500, count: 1500), .dense),
    // More than half of the values where only the Gram matrix fits.
    (plan(40_000_000, 13_000, stored: 400_000_000, count: 10_000), .gram),
    // A few products tell as much of an operator as an iteration.
    (plan(10_000, 30, count: 5, access: .products), .dense),
    (plan(1_000_000, 10_000, count: 5, access: .products), .lanczos),
  ])
  func theCheapestIsTaken(plan: SVDPlan, method: SVDMethod) {
    #expect(plan.method == method, "\(plan.estimates)")
    #expect(plan.reason.contains("passes"))
    let free = plan.estimates.filter { $0.obstacle == nil }
    #expect(zip(free, free.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
    #expect(plan.estimates.first?.obstacle == nil || free.isEmpty)
  }

  @Test func moreOfAnythingIsNeverPredictedToCostLess() throws {
    for (m, n, stored) in [(10_000, 500, nil), (100_000, 2000, 1_000_000)] as [(Int, Int, Int?)] {
      for count in [1, 5, 20, 100] {
        let base = plan(m, n, stored: stored, count: count)
        let larger = [
          plan(2 * m, n, stored: stored.map { 2 * $0 }, count: count),
          plan(m, 2 * n, stored: stored.map { 2 * $0 }, count: count),
          plan(m, n, stored: stored, count: count + 10),
        ]
        for estimate in base.estimates {
          for other in larger {
            guard let same = other.estimates.first(where: { $0.method == estimate.method }) else { continue }
            #expect(same.seconds >= estimate.seconds && same.driverBytes >= estimate.driverBytes)
            #expect(try #require(same.words) >= #require(estimate.words))
          }
        }
      }
    }
  }

  /// Passes of the direct methods are known, and those of Lanczos within a factor of three.
  @Test func predictedPassesAreThoseThatAreMade() async throws {
    var generator = SeededGenerator(seed: 210)
    let sparse: SparseMatrix<Double> = try generator.sparse(900, 400, density: 0.02)
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await RowMatrix(.sparse(sparse), partitions: 4, on: cluster)
      for method in [SVDMethod.gram, .tsqr, .dense, .lanczos] {
        let svd = try await a.svd(count: 5, method: method)
        let predicted = try #require(svd.plan?.estimates.first { $0.method == method }?.passes)
        if method == .lanczos {
          #expect(3 * predicted >= svd.passes && predicted <= 3 * svd.passes, "\(predicted), \(svd.passes)")
        } else {
          #expect(predicted == svd.passes, "\(method)")
        }
      }
    }
  }
}

/// Words that are counted are words that are predicted.
@Suite struct DecompositionLedgerTests {
  @Test(arguments: [2, 4]) func aGramMatrixMovesItsTriangle(workers: Int) async throws {
    var generator = SeededGenerator(seed: 211)
    let (n, dense): (Int, DenseMatrix<Double>) = (23, generator.dense(400, 23))
    let moved = try await words("gram-matrix/d", workers: workers, dense) { _ = try await $0.gram() }
    // One triangle for every combining step between workers.
    #expect(moved.received.reduce(0, +) == (workers - 1) * n * (n + 1) / 2)
    #expect(moved.sent.dropFirst().allSatisfy { $0 == n * (n + 1) / 2 }, "\(moved)")
  }

  @Test(arguments: [2, 4]) func aKrylovPassMovesTwoVectorsForEveryWorker(workers: Int) async throws {
    var generator = SeededGenerator(seed: 212)
    let (n, dense): (Int, DenseMatrix<Double>) = (23, generator.dense(400, 23))
    let moved = try await words("gram-product/d", workers: workers, dense) {
      for _ in 0..<3 { _ = try await $0.applyGram([Double](repeating: 1, count: n)) }
    }
    // n words to each worker but the driver, and n from it.
    #expect(moved.received.reduce(0, +) == 3 * 2 * n * (workers - 1), "\(moved)")
    #expect(moved.sent.reduce(0, +) == 3 * 2 * n * (workers - 1), "\(moved)")
  }

  @Test(arguments: [2, 4, 8]) func aTriangleMovesOncePerLevel(workers: Int) async throws {
    var generator = SeededGenerator(seed: 213)
    let (n, dense): (Int, DenseMatrix<Double>) = (12, generator.dense(800, 12))
    let moved = try await words("triangle/d", workers: workers, dense) { _ = try await $0.triangle() }
    // The driver receives one triangle on each of the log2 P levels.
    #expect(moved.received[0] == n * (n + 1) / 2 * (workers.bitWidth - 1 - workers.leadingZeroBitCount))
    #expect(moved.received.reduce(0, +) == (workers - 1) * n * (n + 1) / 2, "\(moved)")
  }

  private func words(
    _ task: String, workers: Int, _ dense: DenseMatrix<Double>,
    _ body: (RowMatrix<Double>) async throws -> Void
  ) async throws -> (sent: [Int], received: [Int]) {
    try await withCluster(workers: workers, way: .messagePassingEncoded, registry: .distributedMatrices) {
      cluster in
      let a = try await RowMatrix(dense, partitions: 8, on: cluster)
      let before = try await cluster.ledger()
      try await body(a)
      let report = try await cluster.ledger() - before
      let totals = report.workers.map { worker in
        worker.operations.first { $0.name == "reduce \(task)" }?.total
      }
      return (totals.map { $0?.sent.words ?? 0 }, totals.map { $0?.received.words ?? 0 })
    }
  }
}
