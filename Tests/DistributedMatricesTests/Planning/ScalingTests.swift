// What is predicted for workers that are not there: the published grids appear, more workers never take
// longer, the ends are what they must be, and where the workers are there the words are those that move.

import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDistributedMatrices

/// Rates of a usual machine.
private let machine = MachineModel(flopRate: 5e10, memoryBandwidth: 2e10, latency: 1e-5, bandwidth: 2e9)

private let works: [ScalingWork] = [
  .product(rows: 4096, inner: 4096, columns: 4096),
  .product(rows: 8191, inner: 127, columns: 3001),
  .product(rows: 1, inner: 1, columns: 1),
  .product(rows: 1000, inner: 1000, columns: 1000, blockSize: 100),
  .gramPass(rows: 23_000_000, columns: 38_000, nonzeros: 51_000_000),
  .gramPass(rows: 3, columns: 5, nonzeros: 7),
  .triangle(rows: 1_000_000, columns: 100),
  .triangle(rows: 10, columns: 10),
]

@Suite struct ScalingTests {
  @Test(arguments: PublishedRow.all) func bestGridsAreThePublishedOnes(row: PublishedRow) throws {
    let found = ScalingWork.product(
      rows: row.m, inner: row.k, columns: row.n, blockSize: row.shortestPiece
    ).predicted(workers: row.workers, on: machine)
    #expect(found.grid?.description == row.grid)
    let bound = try #require(found.lowerBoundWords)
    #expect(abs(found.words / row.words - 1) < 2e-3)
    #expect(abs(bound / row.bound - 1) < 2e-3)
    #expect(abs(found.words / bound - row.ratio) < 1e-3)
  }

  @Test(arguments: works) func moreWorkersNeverTakeLongerAndNeverMoreThanTheirShareOff(work: ScalingWork) {
    let alone = work.predicted(workers: 1, on: machine)
    #expect(alone.words == 0 && alone.messages == 0 && alone.efficiency == 1 && alone.busyWorkers == 1)
    var last = alone
    for workers in Array(2...17) + [32, 33, 1000] {
      let found = work.predicted(workers: workers, on: machine)
      #expect(found.workers == workers && (1...workers).contains(found.busyWorkers))
      #expect(found.seconds <= last.seconds, "\(workers) workers")
      #expect(found.efficiency <= 1 + 1e-12 && found.efficiency > 0, "\(workers) workers")
      #expect(found.busyWorkers == 1 || found.words > 0)
      // The bound is of any algorithm on the workers that hold something.
      if case .product(let m, let k, let n, _) = work {
        let bound = CommunicationBound.product(rows: m, inner: k, columns: n, workers: found.busyWorkers)
        #expect(found.words >= bound * (1 - 1e-12))
        #expect(
          found.lowerBoundWords == CommunicationBound.product(rows: m, inner: k, columns: n, workers: workers)
        )
      }
      last = found
    }
  }

  @Test func oneWorkerTakesTheArithmeticOrTheReading() {
    let product = ScalingWork.product(rows: 300, inner: 200, columns: 100).predicted(workers: 1, on: machine)
    #expect(product.seconds == 2 * 300 * 200 * 100 / 5e10)
    let pass = ScalingWork.gramPass(rows: 1000, columns: 10, nonzeros: 5000).predicted(
      workers: 1, on: machine)
    #expect(pass.seconds == (12.0 * 5000 + 8 * 1000) / 2e10)
  }

  @Test func aNetworkThatCostsNothingIsUsedToTheFull() {
    let free = MachineModel(flopRate: 5e10, memoryBandwidth: 2e10, latency: 0, bandwidth: 1e30)
    let found = ScalingWork.product(rows: 4096, inner: 4096, columns: 4096).predicted(workers: 64, on: free)
    #expect(found.busyWorkers == 64 && abs(found.efficiency - 1) < 1e-9)
    // 4 x 4 x 4 blocks of the default size: the 65th worker has nothing to do.
    let more = ScalingWork.product(rows: 4096, inner: 4096, columns: 4096).predicted(workers: 65, on: free)
    #expect(more.busyWorkers == 64 && more.efficiency < found.efficiency)
    let finer = ScalingWork.product(rows: 4096, inner: 4096, columns: 4096, blockSize: 256)
      .predicted(workers: 1000, on: free)
    #expect(finer.busyWorkers > 512 && finer.seconds < more.seconds / 8)
  }

  @Test(arguments: works) func aNetworkThatCostsTooMuchIsNotUsed(work: ScalingWork) {
    let slow = MachineModel(flopRate: 5e10, memoryBandwidth: 2e10, latency: 1e3, bandwidth: 1)
    #expect(work.predicted(workers: 1000, on: slow).busyWorkers == 1)
  }

  @Test(arguments: [2, 4, 8, 16]) func wordsOfAProductAreThoseOfThePlanner(workers: Int) throws {
    let work = ScalingWork.product(rows: 4096, inner: 4096, columns: 4096)
    let found = work.predicted(workers: workers, on: machine)
    let schedule = try densePlanner(4096, 4096, 4096, pieces: (4, 4, 4), workers: workers)
      .forced(MultiplyPlan(try #require(found.grid))).schedule
    #expect(Double(schedule.words) == found.words)
    let best = try densePlanner(4096, 4096, 4096, pieces: (4, 4, 4), workers: workers).best().schedule
    #expect(Double(best.words) == found.words)
  }

  @Test(arguments: [2, 4, 8]) func wordsOfAPassAreThoseThatMove(workers: Int) async throws {
    let (m, n) = (640, 24)
    var entries = try TripletMatrix<Double>(rows: m, columns: n)
    for q in 0..<8 * m { entries.append(q / 8, q % 8 * 3, 1) }
    let a = LocalMatrix.sparse(try entries.compressed())
    let moved = try await withCluster(workers: workers, encodes: true, registry: .distributedMatrices) {
      cluster in
      let matrix = try await RowMatrix(a, on: cluster)
      let x = [Double](repeating: 0.5, count: n)
      _ = try await matrix.applyGram(x)
      let before = try await cluster.ledger()
      _ = try await matrix.applyGram(x)
      return try await cluster.ledger() - before
    }
    // As if the network cost nothing, so that all workers are used.
    let free = MachineModel(flopRate: 1e9, memoryBandwidth: 1e9, latency: 0, bandwidth: 1e30)
    let found = ScalingWork.gramPass(rows: m, columns: n, nonzeros: 8 * m).predicted(
      workers: workers, on: free)
    #expect(found.busyWorkers == workers)
    #expect(moved.workers.map(\.total.received.words).max() == Int(found.words))
  }
}
