// The QR factorization of matrices in blocks, of any shape: LAPACK's ratios, and the same bits everywhere.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

private func factor<S: Scalar>(
  _ a: DenseMatrix<S>, blockSize: Int, panelWidth: Int, workers: Int = 2, way: Way = .messagePassing
) async throws -> (q: DenseMatrix<S>, r: DenseMatrix<S>, certificate: QRCertificate<S.Real>?) {
  try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
    let qr = try await BlockMatrix(.dense(a), blockSize: blockSize, on: cluster).qr(
      panelWidth: panelWidth, certify: true)
    return (
      try await qr.q?.collect().dense() ?? DenseMatrix(zeros: 0, 0), try await qr.r.collect().dense(),
      qr.certificate
    )
  }
}

@Suite(.timeLimit(.minutes(30))) struct BlockQRTests {
  private func check<S: Scalar>(_ a: DenseMatrix<S>, blockSize: Int, panelWidth: Int, _ name: String)
    async throws
  {
    let (q, r, certificate) = try await factor(a, blockSize: blockSize, panelWidth: panelWidth)
    let (m, n, k) = (a.rows, a.columns, min(a.rows, a.columns))
    #expect(q.shape == Shape(m, k) && r.shape == Shape(k, n), "\(name)")
    guard q.shape == Shape(m, k), r.shape == Shape(k, n) else { return }
    let (residual, orthogonality) = (
      try TestRatio.factors(a, q * r, dimension: m), try TestRatio.orthogonality(q)
    )
    #expect(residual < 30 && orthogonality < 30, "\(residual), \(orthogonality) of \(name)")
    #expect((Double(certificate?.residual ?? .nan) - residual).magnitude <= 2 + 0.5 * residual, "\(name)")
    #expect((Double(certificate?.orthogonality ?? .nan) - orthogonality).magnitude <= 2 + 0.5 * orthogonality)
    for j in 0..<n {
      for i in 0..<k where i > j { #expect(r[i, j] == 0, "\(name)") }
      if j < k { #expect(r[j, j].realPart >= 0 && r[j, j].imaginaryPart == 0, "\(name)") }
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func everyShapeHasFactorsOfLAPACKsQuality(scalar: ScalarKind) async throws {
    func run<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 110)
      for (m, n) in [
        (0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (2, 3), (10, 10), (50, 10), (10, 50), (50, 50),
        (57, 43),
      ] {
        for (blockSize, panelWidth) in [(7, 4), (20, 20), (64, 5)] {
          try await check(
            generator.dense(m, n, of: S.self), blockSize: blockSize, panelWidth: panelWidth,
            "\(m) x \(n), blocks of \(blockSize), panels of \(panelWidth)")
        }
      }
    }
    try await run(scalar.type)
  }

  @Test(arguments: MatrixKind.allCases) func everyKindOfMatrixHas(kind: MatrixKind) async throws {
    var generator = SeededGenerator(seed: 111)
    for (m, n) in [(40, 40), (60, 25), (25, 60)] {
      try await check(
        kind.matrix(m, n, of: Double.self, using: &generator), blockSize: 16, panelWidth: 9,
        "\(kind), \(m) x \(n)")
    }
  }

  @Test func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle() async throws {
    var generator = SeededGenerator(seed: 112)
    let a: DenseMatrix<Double> = generator.dense(40, 33)
    let expected = try await factor(a, blockSize: 9, panelWidth: 10, workers: 1)
    for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (5, .messagePassing)] {
      let found = try await factor(a, blockSize: 9, panelWidth: 10, workers: workers, way: way)
      #expect(found.q == expected.q && found.r == expected.r && found.certificate == expected.certificate)
    }
  }

  @Test(arguments: [-1000, 1000]) func theEndsOfTheRangeCostNothing(exponent: Int) async throws {
    var generator = SeededGenerator(seed: 113)
    let a: DenseMatrix<Double> = generator.dense(30, 20)
    let scale = Double(sign: .plus, exponent: exponent, significand: 1)
    let expected = try await factor(a, blockSize: 8, panelWidth: 6)
    let found = try await factor(a.map { scale * $0 }, blockSize: 8, panelWidth: 6)
    let certificate = try #require(found.certificate)
    #expect(certificate.residual > 0 && certificate.residual < 30 && certificate.orthogonality < 30)
    #expect(try (found.q - expected.q).norm(.max) < 1e-14)
    #expect(try (found.r.map { $0 / scale } - expected.r).norm(.max) < 1e-13)
  }

  @Test func whatIsNotFiniteIsNamed() async throws {
    var a = DenseMatrix<Double>(rows: 20, columns: 30) { Double($0 - $1) }
    a[13, 22] = .infinity
    let broken = a
    await #expect(throws: LinearAlgebraError.notFinite(row: 13, column: 22)) {
      try await factor(broken, blockSize: 8, panelWidth: 4)
    }
    await #expect(throws: LinearAlgebraError.self) { try await factor(broken, blockSize: 8, panelWidth: 0) }
  }
}
