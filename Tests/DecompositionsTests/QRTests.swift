// The distributed QR factorization: LAPACK's ratios for every shape, kind and scalar, the same bits on any
// number of workers, ranks, and what is refused.

import Numerics
import TesseraCommunication
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraInstrumentation
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraPartitioning
import TesseraTestSupport
import Testing

private let extents = [0, 1, 2, 3, 10, 50, 257]

/// A factorization brought to the driver.
private struct CollectedQR<S: Scalar>: Sendable {
  let q: DenseMatrix<S>
  let r: DenseMatrix<S>
  let permutation: [Int]
  let method: QRMethod
  let certificate: QRCertificate<S.Real>?
  let rank: Int

  init(_ qr: QRDecomposition<S>) async throws {
    q = try await qr.q?.collect().dense() ?? DenseMatrix(zeros: 0, 0)
    (r, permutation, method, certificate) = (qr.r, qr.permutation, qr.method, qr.certificate)
    rank = try qr.rank()
  }

  var fingerprint: Fingerprint {
    var bits = Fingerprint()
    bits.add(q)
    bits.add(r)
    bits.add(permutation.map { Double($0) })
    if let certificate { bits.add([certificate.residual, certificate.orthogonality]) }
    return bits
  }

  /// The two ratios, computed here, and everything that R must be.
  func check(_ a: DenseMatrix<S>, _ name: String) throws {
    let (m, n, k) = (a.rows, a.columns, min(a.rows, a.columns))
    #expect(q.shape == Shape(m, k) && r.shape == Shape(k, n), "\(name)")
    #expect(permutation.sorted() == Array(0..<n), "\(name)")
    guard q.shape == Shape(m, k), r.shape == Shape(k, n), permutation.sorted() == Array(0..<n) else { return }
    let ap = a.selectingColumns(permutation)
    let residual = try TestRatio.factors(ap, q * r, dimension: m)
    let orthogonality = try TestRatio.orthogonality(q)
    #expect(residual < 30 && orthogonality < 30, "\(residual), \(orthogonality) of \(name)")
    for j in 0..<n {
      for i in 0..<k where i > j { #expect(r[i, j] == 0, "\(name)") }
      if j < k {
        #expect(r[j, j].realPart >= 0 && r[j, j].imaginaryPart == 0, "\(r[j, j]) at \(j) of \(name)")
      }
    }
    guard let certificate else { return }
    #expect((Double(certificate.residual) - residual).magnitude <= 2 + 0.5 * residual, "\(name)")
    #expect(
      (Double(certificate.orthogonality) - orthogonality).magnitude <= 2 + 0.5 * orthogonality, "\(name)")
  }
}

private func factor<S: Scalar>(
  _ a: LocalMatrix<S>, pivoting: Bool = false, method: QRMethod = .auto, certify: Bool = true,
  partitions: Int? = 3, workers: Int = 2, way: Way = .messagePassing
) async throws -> CollectedQR<S> {
  try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
    try await CollectedQR(
      try await RowMatrix(a, partitions: partitions, on: cluster).qr(
        pivoting: pivoting, method: method, certify: certify))
  }
}

@Suite(.timeLimit(.minutes(30))) struct QRTests {
  @Test(arguments: [ScalarKind.double, .complexFloat], extents)
  func everyShapeHasFactorsOfLAPACKsQuality(scalar: ScalarKind, m: Int) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 70 + m)
      for n in extents {
        let a: DenseMatrix<S> = generator.dense(m, n)
        for (pivoting, method) in [(false, QRMethod.auto), (false, .tsqr), (true, .auto)] {
          let name = "\(m) x \(n), \(method), pivoting \(pivoting)"
          let qr = try await factor(.dense(a), pivoting: pivoting, method: method, partitions: 5)
          try qr.check(a, name)
          #expect(qr.method != .auto)
          #expect(qr.rank == min(m, n), "\(name)")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func everyKindOfMatrixHas(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 71)
      for (m, n) in [(3, 3), (50, 10), (10, 50), (257, 10), (257, 50), (50, 50)] {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        for (pivoting, method) in [(false, QRMethod.auto), (false, .cholesky), (false, .tsqr), (true, .auto)]
        where method != .cholesky || m >= n {
          let name = "\(kind), \(m) x \(n), \(method), pivoting \(pivoting)"
          let qr = try await factor(.dense(a), pivoting: pivoting, method: method, partitions: 4)
          try qr.check(a, name)
          if kind == .rankDeficient || kind == .zero {
            // A product of reflections has its zeros to rounding.
            let rank = kind == .zero ? 0 : (min(m, n) + 1) / 2
            #expect(qr.rank == rank || m == 3, "\(qr.rank) for \(rank), \(name)")
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func theGramMatrixIsUsedWhereItIsSafeAndOnlyThere() async throws {
    var generator = SeededGenerator(seed: 72)
    let easy: DenseMatrix<Double> = generator.dense(400, 20)
    #expect(try await factor(.dense(easy)).method == .cholesky)
    #expect(try await factor(.dense(easy), method: .tsqr).method == .tsqr)
    // Asked for, it is used on any shape that is not wide.
    let squarish = DenseMatrix<Double>(rows: 30, columns: 20) { $0 == $1 ? 1 : easy[$0, $1] / 40 }
    #expect(try await factor(.dense(squarish)).method == .tsqr)
    let asked = try await factor(.dense(squarish), method: .cholesky)
    #expect(asked.method == .cholesky)
    try asked.check(squarish, "30 x 20")
    await #expect(throws: LinearAlgebraError.self) {
      try await factor(.dense(easy), pivoting: true, method: .cholesky)
    }
    await #expect(throws: LinearAlgebraError.self) {
      try await factor(.dense(easy.transposed()), method: .cholesky)
    }
    // Badly scaled columns do not matter to it.
    let scaled = easy.scalingColumns(
      by: (0..<20).map { Double(sign: .plus, exponent: 10 * $0, significand: 1) })
    let qr = try await factor(.dense(scaled))
    #expect(qr.method == .cholesky)
    try qr.check(scaled, "scaled columns")
    for kind in [MatrixKind.graded, .illConditioned, .rankDeficient, .zero, .nearOverflow, .nearUnderflow] {
      let hard: DenseMatrix<Double> = kind.matrix(400, 20, using: &generator)
      #expect(try await factor(.dense(hard), method: .cholesky).method == .tsqr, "\(kind)")
    }
  }

  @Test func bothMethodsFindTheSameFactors() async throws {
    var generator = SeededGenerator(seed: 73)
    let a: DenseMatrix<Double> = generator.dense(300, 12)
    let (x, y) = (try await factor(.dense(a)), try await factor(.dense(a), method: .tsqr))
    #expect(x.method == .cholesky && y.method == .tsqr)
    #expect(try (x.q - y.q).norm(.max) < 1e-13)
    #expect(try (x.r - y.r).norm(.max) < 1e-12)
  }

  @Test(arguments: ScalarKind.allCases)
  func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 74)
      let sparse: SparseMatrix<S> = try generator.sparse(61, 7, density: 0.4)
      for local in [
        LocalMatrix.dense(generator.dense(130, 9)), .sparse(sparse), .dense(generator.dense(6, 11)),
      ] {
        for (pivoting, method) in [(false, QRMethod.auto), (false, .tsqr), (true, .auto)] {
          let expected = try await factor(
            local, pivoting: pivoting, method: method, partitions: 7, workers: 1
          ).fingerprint
          for (workers, way) in [
            (1, Way.dataflowEncoded), (2, .dataflow), (3, .messagePassingEncoded), (5, .messagePassing),
          ] {
            let qr = try await factor(
              local, pivoting: pivoting, method: method, partitions: 7, workers: workers, way: way)
            #expect(qr.fingerprint == expected, "\(workers) workers, \(way), \(method)")
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func slabsThatAreCutIntoChunksAndEmptyOnesMakeOneFactorization() async throws {
    var generator = SeededGenerator(seed: 75)
    // 2000 rows of 30 are cut into chunks; 9 slabs of 4 rows leave some without any.
    let tall: DenseMatrix<Double> = generator.dense(6000, 30)
    try await factor(.dense(tall), method: .tsqr, partitions: 2).check(tall, "chunks")
    let short: DenseMatrix<Double> = generator.dense(4, 3)
    try await factor(.dense(short), method: .tsqr, partitions: 9, workers: 5).check(short, "empty slabs")
  }

  @Test(arguments: [Double.nan, .infinity], QRMethod.allCases)
  func whatIsNotFiniteIsNamed(value: Double, method: QRMethod) async throws {
    for (m, n, i, j) in [(90, 3, 47, 2), (5, 5, 4, 0), (3, 20, 1, 19)] {
      var a = DenseMatrix<Double>(rows: m, columns: n) { 1 / (1 + Double($0 + $1)) }
      a[i, j] = value
      for pivoting in [false, true] where method != .cholesky || m >= n && !pivoting {
        await #expect(throws: LinearAlgebraError.notFinite(row: i, column: j)) {
          try await factor(.dense(a), pivoting: pivoting, method: method)
        }
      }
    }
  }

  /// Norms of columns leave the range of the scalar; the matrix is still one of condition ten.
  @Test(arguments: [-1020, -1000, 1000, 1015]) func theEndsOfTheRangeCostNothing(exponent: Int) async throws {
    var generator = SeededGenerator(seed: 78)
    let a: DenseMatrix<Double> = generator.dense(200, 6).map { ($0 * 256).rounded() / 256 }
    func scaled(_ a: DenseMatrix<Double>) -> DenseMatrix<Double> {
      let half = exponent / 2
      let factors = [half, exponent - half].map { Double(sign: .plus, exponent: $0, significand: 1) }
      return a.map { $0 * factors[0] * factors[1] }
    }
    for pivoting in [false, true] {
      let (x, y) = (
        try await factor(.dense(a), pivoting: pivoting, method: .auto),
        try await factor(.dense(scaled(a)), pivoting: pivoting, method: .auto)
      )
      let certificate = try #require(y.certificate)
      #expect(certificate.residual > 0 && certificate.residual < 30 && certificate.orthogonality < 30)
      #expect(try (x.q - y.q).norm(.max) < 1e-13)
      #expect(y.rank == 6 && y.permutation == x.permutation)
    }
  }

  /// The diagonal of a pivoted triangle falls more slowly than the singular values: of Kahan's matrix it hides that
  /// one of them is below rounding.
  @Test func theRankIsThatOfTheSingularValues() async throws {
    let (n, c) = (90, 0.4)
    let s = (1 - c * c).squareRoot()
    let kahan = DenseMatrix<Double>(rows: n, columns: n) { i, j in
      i > j ? 0 : Double.pow(s, Double(i)) * (i == j ? 1 + 1e-5 * Double(n - i) : -c)
    }
    let expected = try kahan.svd().rank()
    let byPivots = try kahan.pivotedQR().rank()
    #expect(expected < n && byPivots == n)
    for pivoting in [false, true] {
      #expect(try await factor(.dense(kahan), pivoting: pivoting).rank == expected)
    }
  }

  @Test(arguments: ["nnc1374", "karate", "abb313", "west0479"])
  func qrAndLeastSquaresAgreeOnTheRankOfRealMatrices(name: String) async throws {
    guard let folder = ReferenceData.folder else { return }
    let a = try LocalMatrix(try MatrixFile.read("\(folder)/mtx/\(name).mtx", as: Double.self).contents)
    // NumPy's.
    let expected = ["nnc1374": 1308, "karate": 24, "abb313": 128, "west0479": 479]
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let matrix = try await RowMatrix(a, on: cluster)
      let b = try await RowMatrix(
        DenseMatrix<Double>(rows: a.rows, columns: 1) { i, _ in Double(i % 5) }, on: cluster)
      let qr = try await matrix.qr(orthogonalFactor: false).rank()
      let solved = try await matrix.leastSquares(b).rank
      #expect(qr == expected[name] && solved == expected[name], "\(qr), \(solved)")
    }
  }

  @Test func onlyWhatIsAskedForIsComputed() async throws {
    try await withCluster(workers: 2, way: .messagePassing, registry: .distributedMatrices) { cluster in
      var generator = SeededGenerator(seed: 76)
      for n in [3, 9] {
        let a = try await RowMatrix(
          .dense(generator.dense(40, n, of: Double.self)), partitions: 3, on: cluster)
        for method in QRMethod.allCases {
          let full = try await a.qr(method: method)
          let alone = try await a.qr(method: method, orthogonalFactor: false)
          #expect(alone.q == nil && alone.certificate == nil && full.certificate == nil)
          #expect(try (full.r - alone.r).norm(.max) < 1e-13)
          #expect(full.q?.partitioning.rowCuts == a.partitioning.rowCuts)
          let certified = try await a.qr(method: method, orthogonalFactor: false, certify: true)
          #expect(certified.q == nil && certified.certificate != nil)
        }
        let transposed = try await a.transposed().qr(certify: true)
        #expect(transposed.r.shape == Shape(n, 40))
        #expect((transposed.certificate?.residual ?? .nan) < 30)
      }
    }
  }

  /// Up the tree a node's triangle, down it its part of Q: counted words are those of the documentation.
  @Test func wordsOfTheTreeAreTriangles() async throws {
    try await withCluster(workers: 2, way: .messagePassingEncoded, registry: .distributedMatrices) {
      cluster in
      var generator = SeededGenerator(seed: 77)
      let n = 20
      let a = try await RowMatrix(
        .dense(generator.dense(800, n, of: Double.self)), partitions: 8, on: cluster)
      let before = try await cluster.ledger()
      _ = try await a.qr(method: .tsqr)
      let report = try await cluster.ledger() - before
      func words(_ operation: String, worker: Int) -> Int {
        report.workers[worker].operations.first { $0.name == operation }?.total.received.words ?? 0
      }
      #expect(words("exchange raise/d", worker: 0) == n * (n + 1) / 2)
      #expect(words("exchange lower/d", worker: 1) == n * n)
    }
  }
}
