// A plan that fetches what is touched moves that and nothing else, to the word, computes the same bits as any
// other plan, and is the planner's choice where it saves enough.

import Foundation
import Numerics
import TesseraDistributedMatrices
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraExecution

/// A matrix with `perRow` random entries in each row within `reach` columns of the diagonal.
private func banded(_ n: Int, perRow: Int, reach: Int, seed: UInt64) throws -> SparseMatrix<Double> {
  let random = CounterBasedRandom(seed: seed)
  var entries = try TripletMatrix<Double>(rows: n, columns: n)
  entries.reserveCapacity(n * perRow)
  for i in 0..<n {
    for l in 0..<perRow {
      let draw = UInt64(i * perRow + l)
      // The band goes on around the corners.
      let j = i + n - reach + Int(random.uniform(draw) * Double(2 * reach + 1))
      entries.append(i, j % n, random.symmetric(draw, stream: 1))
    }
  }
  return try entries.compressed(by: .rows)
}

private let ways: [Way] = [.messagePassing, .dataflow, .messagePassingEncoded, .dataflowEncoded]

@Suite(.timeLimit(.minutes(30))) struct RowFetchTests {
  private func measured<C: ProductResult & DistributedMatrix>(
    _ a: ProductOperand<Double>, _ b: ProductOperand<Double>, _ plan: MultiplyPlan?, _: C.Type,
    on cluster: Cluster
  ) async throws -> (explanation: MultiplyExplanation, words: [Int], result: C) where C.Element == Double {
    var options = MultiplyOptions(plan: plan)
    options.setLimits(longestPiece: 1 << 20, leastWork: 0.01)
    let product = try await C.planned(a, b, on: cluster, options).placed()
    let before = try await cluster.ledger()
    let result = try await product.run()
    // In dataflow nothing moves before somebody asks.
    _ = try await result.countStored()
    let moved = try await cluster.ledger() - before
    return (product.explanation, moved.workers.map(\.total.received.words), result)
  }

  @Test(arguments: ways, [MatrixType.coordinate, .row, .block, .localSparse])
  func whatIsTouchedMovesAsPredictedAndNoBitChanges(way: Way, left: MatrixType) async throws {
    // In dataflow no task may run where its inputs are not, nor a slow one twice: words are counted.
    try await Scheduler.Limits.$inForce.withValue(.timeless) {
      try await withCluster(workers: 4, way: way, registry: .distributedMatrices) { cluster in
        var generator = SeededGenerator(seed: 4)
        let a: SparseMatrix<Double> = try generator.sparse(90, 200, density: 0.01)
        let sparse: SparseMatrix<Double> = try generator.sparse(200, 70, density: 0.008)
        let dense: DenseMatrix<Double> = generator.dense(200, 9)
        for (b, right) in [
          (LocalMatrix.sparse(sparse), MatrixType.row), (.sparse(sparse), .coordinate),
          (.sparse(sparse), .block),
          (.dense(dense), .row), (.dense(dense), .block),
        ] {
          let (x, y) = (
            try ProductOperand(.sparse(a), as: left, partitions: 8, blockSize: 17),
            try ProductOperand(b, as: right, partitions: 8, blockSize: 17)
          )
          let whole = try await measured(
            x, y, MultiplyPlan(MultiplyGrid(4, 1, 1)), BlockMatrix<Double>.self, on: cluster)
          let expected = try await whole.result.collect()
          #expect(TestRatio.product(try expected.dense(), ExactProduct(try a.dense(), try b.dense())) < 16)
          for text in [
            "4x1x1", "2x2x1", "1x4x1", "1x1x2", "2x1x2", "1x2x2", "4x1x1/columns:2", "2x1x1/rows:2",
          ] {
            guard let plan = MultiplyPlan(text + "/touched") else {
              Issue.record("\(text)")
              continue
            }
            let found: (explanation: MultiplyExplanation, words: [Int], result: BlockMatrix<Double>)
            do {
              found = try await measured(x, y, plan, BlockMatrix<Double>.self, on: cluster)
            } catch PlanError.inapplicable {
              continue  // Too few pieces for so many cells.
            }
            let name = "\(left) x \(right), \(b.isDense ? "dense" : "sparse"), by \(plan), \(way)"
            #expect(try await found.result.collect() == expected, "\(name)")
            let predicted = found.explanation.chosen.words
            #expect(
              zip(found.words, predicted).allSatisfy { $0 <= $1 }, "\(name): \(found.words) \(predicted)")
            // Without partial results on their way, what moves is what is fetched: exactly as predicted.
            if plan.grid?.inner == 1, left != .block || plan.grid?.columns == 1 {
              #expect(found.words == predicted, "\(name)")
            }
          }
          let touched = try await measured(
            x, y, MultiplyPlan(MultiplyGrid(4, 1, 1), fetchesTouched: true), BlockMatrix<Double>.self,
            on: cluster)
          #expect(
            touched.words.reduce(0, +) < whole.words.reduce(0, +), "\(left) x \(right) \(way)")
        }
      }
    }
  }

  @Test func aBandedProductFetchesNoMoreThanTheBandReaches() async throws {
    try await withCluster(workers: 4, registry: .distributedMatrices) { cluster in
      let n = 4096
      let (a, b) = (
        try banded(n, perRow: 4, reach: 8, seed: 1), try banded(n, perRow: 4, reach: 8, seed: 2)
      )
      let (x, y) = (
        try await RowMatrix(a, partitions: 8, on: cluster), try await RowMatrix(b, partitions: 8, on: cluster)
      )
      let planned = try await plan(x, times: y)
      #expect(planned.plan.fetchesTouched, "\(planned.explanation)")
      #expect(planned.explanation.alternatives.contains { !$0.plan.fetchesTouched })
      // Eight rows of B on either side of a worker's own, of four entries each, and those by which the balanced
      // cuts of A and B differ; nothing else.
      #expect(planned.explanation.chosen.mostWords <= 2 * (8 + 8) * (2 * 4 + 1))
      let before = try await cluster.ledger()
      let result = try await planned.run()
      let moved = try await cluster.ledger() - before
      #expect(moved.workers.map(\.total.received.words) == planned.explanation.chosen.words)
      #expect(try await result.collect() == .sparse(try a * b))
    }
  }

  /// Rows that together touch nearly everything: cutting it out would copy both operands and leave nothing behind.
  @Test func whatIsTouchedNearlyWholeMovesAsItLies() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a: SparseMatrix<Double> = try MatrixGenerator.sparse(Shape(4096, 4096), density: 0.002, seed: 1)
      let b: DenseMatrix<Double> = try MatrixGenerator.dense(Shape(4096, 16), seed: 2)
      let x = try await RowMatrix(a, partitions: 8, on: cluster)
      for plan in [
        try await plan(x, times: x).explanation, try await plan(x, times: b).explanation,
        try await plan(x, times: try await RowMatrix(b, partitions: 8, on: cluster)).explanation,
      ] {
        #expect(plan.plan.grid?.cellCount == 2 && !plan.plan.fetchesTouched, "\(plan)")
        #expect(plan.alternatives.contains { $0.plan.fetchesTouched }, "\(plan)")
      }
    }
  }

  @Test func whatIsTouchedIsNotAskedOfDenseOperands() async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let a = try await BlockMatrix(.dense(DenseMatrix<Double>(zeros: 8, 8)), blockSize: 4, on: cluster)
      await #expect(throws: PlanError.self) {
        _ = try await plan(
          a, times: a, MultiplyOptions(plan: MultiplyPlan(MultiplyGrid(2, 1, 1), fetchesTouched: true)))
      }
    }
  }

  /// A million square with five million nonzeros each in the full tests, the fiftieth part of that else.
  @Test(arguments: [1, 2]) func sparseProductsNeverNeedMuchMoreThanOperandsAndResult(workers: Int)
    async throws
  {
    let n = isFullTest ? 1_000_000 : 20_000
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      func spread(_ seed: UInt64) async throws -> RowMatrix<Double> {
        try await RowMatrix(try banded(n, perRow: 5, reach: n / 2, seed: seed), on: cluster)
      }
      let (x, y) = (try await spread(1), try await spread(2))
      func bytes(_ matrix: RowMatrix<Double>) -> Int {
        12 * matrix.storedCount + 8 * (n + matrix.partitioning.rowCuts.count)
      }
      let before = try await cluster.ledger()
      let product = try await x * y
      let moved = try await cluster.ledger() - before
      let held = moved.workers.reduce(0) { $0 + $1.peakBytes }
      let needed = bytes(x) + bytes(y) + bytes(product)
      #expect(needed - bytes(product) / 2 < held && held <= 4 * needed, "\(held) bytes for \(needed)")
      #expect(product.storedCount > 10 * n && product.storedCount < 26 * n)
    }
  }
}
