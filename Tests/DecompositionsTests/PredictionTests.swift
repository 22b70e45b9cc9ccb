// Words that are predicted are words that are counted, to the last one: every way of decomposing, both
// styles, worker counts that do and do not divide the slabs, more workers than slabs, slabs shorter than the
// columns are many.

import Numerics
import TesseraDistributedMatrices
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@testable import TesseraDecompositions
@testable import TesseraExecution

/// A matrix and how it is cut.
private enum Sample: CaseIterable {
  /// Means that are near zero; means that are taken off; fewer rows in a slab than columns; some elements;
  /// complex.
  case dense, shifted, short, sparse, complex
}

@Suite(.timeLimit(.minutes(30))) struct PredictionTests {
  private static let workers = [1, 2, 3, 4, 7]
  private static let ways = [Way.messagePassing, .messagePassingEncoded, .dataflow, .dataflowEncoded]

  /// Runs `body` for the sample and compares.
  private func check(
    _ sample: Sample, workers: Int, way: Way,
    _ body: (any PredictionTarget) async throws -> [(String, () async throws -> (RoutePrediction?, Int?))]
  ) async throws {
    var generator = SeededGenerator(seed: 220)
    let real: LocalMatrix<Double>? =
      switch sample {
      case .dense: .dense(generator.dense(400, 23))
      case .shifted: .dense(DenseMatrix(rows: 400, columns: 23) { _, j in Double(j) + generator.scalar() })
      case .short: .dense(generator.dense(40, 12))
      case .sparse: .sparse(try generator.sparse(400, 23, density: 0.2))
      case .complex: nil
      }
    let complex: DenseMatrix<Complex<Double>> = generator.dense(120, 9)
    try await Scheduler.Limits.$inForce.withValue(.timeless) {
      try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
        let slabs = sample == .short ? 11 : 6
        let target: any PredictionTarget
        if let real {
          let a = try await RowMatrix(real, partitions: slabs, on: cluster)
          target = Target(a: a)
        } else {
          target = Target(a: try await RowMatrix(.dense(complex), partitions: slabs, on: cluster))
        }
        try await target.place()
        for (name, run) in try await body(target) {
          let before = try await cluster.ledger()
          let (prediction, passes) = try await run()
          let words = (try await cluster.ledger() - before).total.received.words
          let predicted = try #require(prediction)
          #expect(
            predicted.words(passes: passes ?? predicted.passes) == words,
            "\(name) of \(sample), \(workers) workers, \(way)")
          #expect(workers == 1 ? words == 0 : words > 0)
        }
      }
    }
  }

  @Test(arguments: Sample.allCases, workers) fileprivate func wordsAreThosePredicted(
    sample: Sample, workers: Int
  ) async throws {
    for way in Self.ways {
      try await check(sample, workers: workers, way: way) { target in target.svds }
      try await check(sample, workers: workers, way: way) { target in target.qrs }
      try await check(sample, workers: workers, way: way) { target in target.pcas }
      try await check(sample, workers: workers, way: way) { target in try await target.solves() }
    }
  }

  /// Where slabs of a sparse matrix are joined only what moves for that is estimated.
  @Test(arguments: workers) func aGramMatrixOfJoinedSlabsMovesAboutWhatIsPredicted(workers: Int) async throws
  {
    var generator = SeededGenerator(seed: 221)
    let sparse: SparseMatrix<Double> = try generator.sparse(2000, 60, density: 0.02)
    try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
      let a = try await RowMatrix(.sparse(sparse), partitions: 40, on: cluster)
      let before = try await cluster.ledger()
      let svd = try await a.svd(count: 3, method: .gram)
      let words = Double((try await cluster.ledger() - before).total.received.words)
      let predicted = Double(try #require(svd.predicted?.words))
      #expect(abs(words - predicted) <= 0.1 * predicted, "\(words), \(predicted)")
    }
  }
}

/// A matrix of any scalar, and all ways of decomposing it.
private protocol PredictionTarget: Sendable {
  typealias Run = (String, () async throws -> (RoutePrediction?, Int?))
  func place() async throws
  var svds: [Run] { get }
  var qrs: [Run] { get }
  var pcas: [Run] { get }
  func solves() async throws -> [Run]
}

private struct Target<S: Scalar>: PredictionTarget {
  let a: RowMatrix<S>

  /// In dataflow tiles come to the workers when they are needed.
  func place() async throws { _ = try await a.norm(.max) }

  var svds: [Run] {
    var runs: [Run] = []
    for method in [SVDMethod.gram, .tsqr, .lanczos, .randomized, .dense] {
      for leftVectors in [false, true] {
        if method == .dense, 2 * a.storedCount < a.shape.elementCount { continue }
        runs.append(
          (
            "svd by \(method)",
            {
              let svd = try await a.svd(count: 3, method: method, leftVectors: leftVectors)
              #expect(svd.converged)
              return (svd.predicted, svd.passes)
            }
          ))
      }
    }
    return runs
  }

  var qrs: [Run] {
    var runs: [Run] = []
    for method in [QRMethod.cholesky, .tsqr] {
      for certify in [false, true] {
        runs.append(
          (
            "qr by \(method)",
            {
              let qr = try await a.qr(method: method, orthogonalFactor: false, certify: certify)
              #expect(qr.method == method)
              return (qr.predicted, nil)
            }
          ))
      }
    }
    return runs
  }

  var pcas: [Run] {
    var runs: [Run] = []
    for method in [PCAMethod.gram, .tsqr, .lanczos] {
      for unitVariance in [false, true] {
        runs.append(
          (
            "pca by \(method)",
            {
              let pca = try await a.pca(count: 3, unitVariance: unitVariance, method: method)
              return (pca.predicted, pca.passes)
            }
          ))
      }
    }
    return runs
  }

  func solves() async throws -> [Run] {
    let p = 2
    let right = try await RowMatrix(
      .dense(DenseMatrix<S>(rows: a.rows, columns: p) { i, j in S(real: S.Real(1 + (i + j) % 5)) }),
      beside: a)
    _ = try await right.norm(.max)
    let n = 30
    let square = try await RowMatrix(
      .dense(DenseMatrix<S>(rows: n, columns: n) { i, j in i == j ? 4 : S(real: 1 / S.Real(2 + i + j)) }),
      partitions: 6, on: a.cluster)
    _ = try await square.norm(.max)
    let beside = try await RowMatrix(
      .dense(DenseMatrix<S>(rows: n, columns: p) { i, j in S(real: S.Real(1 + (i + j) % 5)) }),
      partitions: 6, on: a.cluster)
    _ = try await beside.norm(.max)
    var runs: [Run] = [
      (
        "least squares",
        {
          let found = try await a.solve(right, method: .tsqr)
          return (found.predicted, found.passes)
        }
      )
    ]
    for method in [SolveMethod.direct, .cg, .minres, .gmres] {
      runs.append(
        (
          "\(method)",
          {
            let found = try await square.solve(beside, method: method)
            #expect(found.converged)
            return (found.predicted, found.passes)
          }
        ))
    }
    return runs
  }
}
