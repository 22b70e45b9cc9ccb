// Words that are predicted are words that are counted, to the last one: every way of decomposing, both
// styles, worker counts that do and do not divide the slabs, more workers than slabs, slabs shorter than the
// columns are many. What is said not to be among them is bounded.

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
  /// Means that are near zero; means that are taken off; fewer rows in a slab than columns; fewer rows than
  /// columns; some elements; complex.
  case dense, shifted, short, wide, sparse, complex
}

@Suite(.timeLimit(.minutes(30))) struct PredictionTests {
  private static let workers = [1, 2, 3, 4, 7]
  private static let ways = [Way.messagePassing, .messagePassingEncoded, .dataflow, .dataflowEncoded]

  /// Runs what `body` says for the sample and compares.
  ///
  /// - Parameter onWorkers: whether the matrix is on the workers before.
  private func check(
    _ sample: Sample, workers: Int, way: Way, onWorkers: Bool = true,
    _ body: (any PredictionTarget) async throws -> [Run]
  ) async throws {
    var generator = SeededGenerator(seed: 220)
    let real: LocalMatrix<Double>? =
      switch sample {
      case .dense: .dense(generator.dense(400, 23))
      case .shifted: .dense(DenseMatrix(rows: 400, columns: 23) { _, j in Double(j) + generator.scalar() })
      case .short: .dense(generator.dense(40, 12))
      case .wide: .dense(generator.dense(14, 60))
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
        if onWorkers { try await target.place() }
        for run in try await body(target) {
          let before = try await cluster.ledger()
          let outcome = try await run.decompose()
          try await outcome.factor?()
          let between = try await cluster.ledger()
          // What is made already costs no more than to be asked for.
          try await outcome.factor?()
          let asked = (try await cluster.ledger() - between).total.received.words
          let words = (between - before).total.received.words - asked
          let predicted = try #require(outcome.prediction)
          let expected = try #require(predicted.words(passes: outcome.passes ?? predicted.passes))
          #expect(
            (expected...expected + run.excepted + (onWorkers ? 0 : target.storedWords)).contains(words),
            "\(run.name) of \(sample), \(workers) workers, \(way): \(words) for \(expected)")
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
      if sample == .wide { continue }
      try await check(sample, workers: workers, way: way) { target in try await target.solves() }
    }
  }

  /// In dataflow tiles go to the workers when a task needs them: the matrix once, beside what is predicted.
  @Test(arguments: [Sample.dense, .sparse], workers)
  fileprivate func aMatrixThatIsNotOnTheWorkersYetMovesOnce(sample: Sample, workers: Int) async throws {
    for way in [Way.dataflow, .dataflowEncoded] {
      try await check(sample, workers: workers, way: way, onWorkers: false) { [$0.svds[0]] }
      try await check(sample, workers: workers, way: way, onWorkers: false) { [$0.qrs[0]] }
      try await check(sample, workers: workers, way: way, onWorkers: false) { [$0.pcas[0]] }
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

/// One way of decomposing a matrix.
private struct Run {
  let name: String
  /// Words that are said not to be predicted, at most.
  var excepted = 0
  let decompose: () async throws -> Outcome
}

private struct Outcome {
  let prediction: RoutePrediction?
  let passes: Int?
  /// Asks for the distributed factor, which in dataflow is made then.
  var factor: (() async throws -> Void)?
}

/// A matrix of any scalar, and all ways of decomposing it.
private protocol PredictionTarget: Sendable {
  func place() async throws
  var storedWords: Int { get }
  var svds: [Run] { get }
  var qrs: [Run] { get }
  var pcas: [Run] { get }
  func solves() async throws -> [Run]
}

private struct Target<S: Scalar>: PredictionTarget {
  let a: RowMatrix<S>

  /// In dataflow tiles come to the workers when they are needed.
  func place() async throws { _ = try await a.norm(.max) }

  /// The words of all slabs: elements, and of sparse ones indices and offsets.
  var storedWords: Int {
    a.storedCount == a.shape.elementCount
      ? a.storedCount : 2 * a.storedCount + a.rows + a.partitioning.rowCuts.count
  }

  var svds: [Run] {
    // A wide matrix is cut anew.
    let isWide = a.rows < a.columns
    var runs: [Run] = []
    for method in [SVDMethod.gram, .tsqr, .lanczos, .randomized, .dense] {
      for leftVectors in isWide ? [false] : [false, true] {
        if method == .dense, 2 * a.storedCount < a.shape.elementCount { continue }
        runs.append(
          Run(name: "svd by \(method)", excepted: isWide ? storedWords : 0) {
            let svd = try await a.svd(count: 3, method: method, leftVectors: leftVectors)
            #expect(svd.converged)
            return Outcome(prediction: svd.predicted, passes: svd.passes)
          })
      }
    }
    return runs
  }

  var qrs: [Run] {
    var runs: [Run] = []
    for (method, pivoting) in [(QRMethod.cholesky, false), (.tsqr, false), (.tsqr, true)] {
      if method == .cholesky, a.rows < a.columns { continue }
      for (orthogonalFactor, certify) in [(false, false), (false, true), (true, false), (true, true)] {
        runs.append(
          Run(name: "qr by \(method), pivoting \(pivoting), Q \(orthogonalFactor), certificate \(certify)") {
            let qr = try await a.qr(
              pivoting: pivoting, method: method, orthogonalFactor: orthogonalFactor, certify: certify)
            #expect(qr.method == method)
            return Outcome(
              prediction: qr.predicted, passes: nil, factor: qr.q.map { q in { _ = try await q.norm(.max) } })
          })
      }
    }
    return runs
  }

  var pcas: [Run] {
    var runs: [Run] = []
    for method in [PCAMethod.gram, .tsqr, .lanczos] {
      for (unitVariance, scores) in [(false, false), (true, false), (false, true)] {
        // Scores: the components, and what is taken off each row, go to every worker, and a factor.
        let copies = max(a.cluster.engine.workerCount - 1, 0)
        runs.append(
          Run(name: "pca by \(method)", excepted: scores ? copies * (3 * a.columns + 3 + 1) : 0) {
            let pca = try await a.pca(count: 3, unitVariance: unitVariance, method: method, scores: scores)
            return Outcome(
              prediction: pca.predicted, passes: pca.passes,
              factor: pca.scores.map { scores in { _ = try await scores.norm(.max) } })
          })
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
      Run(name: "least squares") {
        let found = try await a.solve(right, method: .tsqr)
        return Outcome(prediction: found.predicted, passes: found.passes)
      }
    ]
    for method in [SolveMethod.direct, .cg, .minres, .gmres] {
      runs.append(
        Run(name: "\(method)") {
          let found = try await square.solve(beside, method: method)
          #expect(found.converged)
          return Outcome(prediction: found.predicted, passes: found.passes)
        })
    }
    return runs
  }
}
