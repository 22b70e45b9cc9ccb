// A product moves the same words in both styles: tasks of dataflow stay with their inputs as long as nobody is lost
// or slow.

import TesseraDistributedMatrices
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraExecution

@Suite(.timeLimit(.minutes(30))) struct DataflowWordsTests {
  /// The words that each worker receives in a product whose operands are in place, and those predicted.
  private func words(
    _ a: DenseMatrix<Double>, _ left: MatrixType, _ b: DenseMatrix<Double>, _ plan: MultiplyPlan?,
    on cluster: Cluster
  ) async throws -> (explanation: MultiplyExplanation, words: [Int]) {
    let product = try await BlockMatrix<Double>.planned(
      ProductOperand(.dense(a), as: left, partitions: 6, blockSize: 4),
      ProductOperand(.dense(b), as: .block, partitions: 6, blockSize: 4), on: cluster,
      MultiplyOptions(plan: plan)
    ).placed()
    let before = try await cluster.ledger()
    let result = try await product.run()
    // In dataflow nothing moves before somebody asks.
    _ = try await result.countStored()
    return (
      product.explanation, (try await cluster.ledger() - before).workers.map(\.total.received.words)
    )
  }

  @Test(arguments: [1, 2, 3, 4, 7], [MatrixType.block, .row])
  func aProductMovesTheSameWordsInBothStyles(workers: Int, left: MatrixType) async throws {
    var generator = SeededGenerator(seed: workers)
    let (a, b): (DenseMatrix<Double>, DenseMatrix<Double>) = (
      generator.dense(50, 20), generator.dense(20, 30)
    )
    let plans = try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      let first = try await words(a, left, b, nil, on: cluster)
      return [first.explanation.plan] + first.explanation.alternatives.prefix(6).map(\.plan)
    }
    for plan in plans {
      let expected = try await withCluster(workers: workers, registry: .distributedMatrices) {
        try await words(a, left, b, plan, on: $0).words
      }
      for way in [Way.dataflow, .dataflowEncoded] {
        let found = try await Scheduler.Limits.$inForce.withValue(.timeless) {
          try await withCluster(workers: workers, way: way, registry: .distributedMatrices) {
            try await words(a, left, b, plan, on: $0)
          }
        }
        #expect(found.words == expected, "\(left) by \(plan), \(way)")
      }
    }
  }

  /// A worker that has the memory that was predicted, and a little for numbers that count what is stored, lets go of
  /// nothing that it would have to fetch again.
  @Test(arguments: [2, 3, 4], [Way.dataflow, .dataflowEncoded])
  func predictedMemoryIsEnoughToMoveNothingTwice(workers: Int, way: Way) async throws {
    var generator = SeededGenerator(seed: workers)
    let (a, b): (DenseMatrix<Double>, DenseMatrix<Double>) = (
      generator.dense(60, 50), generator.dense(50, 70)
    )
    for left in [MatrixType.block, .row] {
      for plan in [nil, MultiplyPlan("\(workers)x1x1/columns:2"), MultiplyPlan("1x1x\(workers)/rows:3")] {
        try await Scheduler.Limits.$inForce.withValue(.timeless) {
          let roomy = try await withCluster(workers: workers, way: way, registry: .distributedMatrices) {
            try await words(a, left, b, plan, on: $0)
          }
          #expect(roomy.words == roomy.explanation.chosen.words)
          let memory = roomy.explanation.chosen.peakBytes + 16 << 10
          let tight = try await withCluster(
            workers: workers, way: way, registry: .distributedMatrices, memory: memory
          ) { try await words(a, left, b, roomy.explanation.plan, on: $0) }
          #expect(tight.words == roomy.words, "\(left) by \(roomy.explanation.plan) in \(memory) bytes")
        }
      }
    }
  }
}
