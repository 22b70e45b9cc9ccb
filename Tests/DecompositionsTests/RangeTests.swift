// Columns that differ in scale, and results beyond the range of the scalar: nothing is lost beside something larger, and
// nothing that is lost is certified.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct RangeTests {
  // MARK: principal components

  /// Means and variances of columns far below the largest, in every route.
  @Test(arguments: [PCAMethod.auto, .gram, .tsqr], [1e-125, 1e-200])
  func aColumnOfSmallNumbersHasASmallMeanAndVariance(method: PCAMethod, scale: Double) async throws {
    let a = noise(200, 3, offset: 1) { $0 == 2 ? scale : 1 }
    let two = noise(200, 3, offset: 1) { $0 == 2 ? 0 : 1 }
    let (found, reference) = (try await pca(a, 3, method: method), try await pca(two, 3, method: method))
    let mean = noise(200, 3, offset: 1) { _ in 1 }.column(2).reduce(0, +) / 200
    #expect((found.mean[2] / scale / mean - 1).magnitude < 1e-13)
    for k in 0..<2 {
      let (x, y) = (found.explainedVariance[k], reference.explainedVariance[k])
      #expect((x - y).magnitude <= 1e-13 * y)
    }
    #expect(found.explainedVariance[2...].allSatisfy { $0 <= 1e-30 })
  }

  /// Dividing by the deviation makes scales vanish, whatever they were.
  @Test(
    arguments: [PCAMethod.auto, .gram, .tsqr, .lanczos],
    [
      [1e165, 1, 1, 1, 1, 1], [1e200, 1e-150, 1, 1, 1, 1], [1, 1e-165, 1, 1, 1, 1],
      [1e60, 1e-100, 1e-120, 1, 1, 1], [1e40, 1e-120, 1, 1, 1, 1], [1e300, 1e-300, 1, 1, 1, 1],
    ])
  func unitVarianceIsBlindToTheScalesOfColumns(method: PCAMethod, scales: [Double]) async throws {
    let plain = try await pca(noise(200, 6) { _ in 1 }, 4, unitVariance: true, method: method)
    let found = try await pca(noise(200, 6) { scales[$0] }, 4, unitVariance: true, method: method)
    #expect(found.converged && plain.converged)
    for k in 0..<4 {
      let (x, y) = (found.explainedVariance[k], plain.explainedVariance[k])
      #expect((x - y).magnitude <= 1e-12 * y, "\(x) for \(y)")
    }
    for j in 0..<6 { #expect((found.deviation[j] / scales[j] / plain.deviation[j] - 1).magnitude < 1e-12) }
  }

  @Test(arguments: [PCAMethod.auto, .gram, .tsqr])
  func unitVarianceIsBlindToTheScalesOfColumnsInSinglePrecision(method: PCAMethod) async throws {
    let plain = try await pca(noise(200, 4) { _ in 1 }, 4, unitVariance: true, method: method)
    for scales in [[1e20, 1, 1, 1], [1, 1, 1, 1e-23], [1e5, 1, 1, 1e-15], [1e37, 1e-37, 1, 1]] {
      let a = noise(200, 4) { scales[$0] }.map { Float($0) }
      let found = try await withCluster(workers: 2, registry: .distributedMatrices) {
        try await RowMatrix(a, partitions: 3, on: $0).pca(count: 4, unitVariance: true, method: method)
      }
      #expect(found.converged && found.explainedVariance.count == 4)
      for (x, y) in zip(found.explainedVariance, plain.explainedVariance) {
        #expect((x - Float(y)).magnitude <= 1e-5, "\(x) for \(y), \(scales)")
      }
    }
  }

  /// Covariances of columns at both ends of the range are about one.
  @Test func covarianceAndCorrelationKeepSmallColumns() async throws {
    let scales = [1e-170, 1e170, 1]
    let (plain, scaled) = (noise(100, 3) { _ in 1 }, noise(100, 3) { scales[$0] })
    let found = try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let (a, b) = (
        try await RowMatrix(plain, partitions: 3, on: cluster),
        try await RowMatrix(scaled, partitions: 3, on: cluster)
      )
      return (
        try await a.covariance(), try await b.covariance(), try await a.correlation(),
        try await b.correlation()
      )
    }
    #expect((found.0[0, 1] - found.1[0, 1]).magnitude < 1e-13)
    #expect((found.0[0, 2] - found.1[0, 2] / 1e-170).magnitude < 1e-13)
    #expect(try (found.2 - found.3).norm(.max) < 1e-13)
  }

  /// What the covariance matrix squares away is counted, and resolved where the method is left open.
  @Test func variancesThatSquaringHidesAreNotValues() async throws {
    var generator = SeededGenerator(seed: 310)
    let (u, v): (DenseMatrix<Double>, DenseMatrix<Double>) = (
      try generator.dense(300, 60).qr().q, try generator.dense(60, 60).qr().q
    )
    let s = (0..<60).map { Double.pow(10, -12 * Double($0) / 59) }
    let a = try DenseMatrix(rows: 300, columns: 60) { u[$0, $1] * s[$1] } * v.adjoint()
    let means = (0..<60).map { a.column($0).reduce(0, +) / 300 }
    let values = try DenseMatrix(rows: 300, columns: 60) { a[$0, $1] - means[$1] }.singularValues()
    let forced = try await pca(a, 50, method: .gram)
    #expect(!forced.converged && forced.unresolved > 0 && forced.explainedVariance.count > 20)
    #expect(forced.unresolved + forced.explainedVariance.count == 50)
    for (variance, value) in zip(forced.explainedVariance, values) {
      let expected = value * value / 299
      #expect((variance - expected).magnitude <= 0.1 * expected, "\(variance) for \(expected)")
    }
    let chosen = try await pca(a, 60)
    #expect(chosen.converged && chosen.method == .tsqr && chosen.unresolved == 0)
    for (found, value) in zip(chosen.singularValues, values) { #expect((found - value).magnitude < 1e-14) }
  }

  /// Means that are not numbers of the scalar, and a variance of zero beside them.
  @Test(arguments: PCAMethod.allCases.filter { $0 != .lanczos }, [1e12, 1e15])
  func meansThatAreRoundedCostNoDigits(method: PCAMethod, offset: Double) async throws {
    let five = noise(200, 5) { _ in 8 }.map { offset + $0.rounded() / 4 }
    let a = DenseMatrix(rows: 200, columns: 6) { five[$0, $1 % 5] }
    // The numbers less the offset are exact.
    let rest = a.map { $0 - offset }
    let (found, expected) = (
      try await pca(a, 6, method: method), try await pca(rest, 6, method: .tsqr)
    )
    #expect(found.converged)
    for (x, y) in zip(found.explainedVariance, expected.explainedVariance) {
      #expect((x - y).magnitude <= 1e-13 * expected.explainedVariance[0], "\(x) for \(y)")
    }
    #expect(found.residuals.allSatisfy { $0 <= 1e-12 * expected.explainedVariance[0] })
  }

  @Test func variancesBeyondTheRangeAreNotConverged() async throws {
    for scale in [1e300, 1e-300] {
      let found = try await pca(noise(80, 5) { _ in scale }, 3)
      #expect(!found.converged && !found.isInRange && found.explainedVariance.count == 3)
      let plain = try await pca(noise(80, 5) { _ in 1 }, 3)
      for k in 0..<3 {
        let ratios = (found.explainedVarianceRatio[k], plain.explainedVarianceRatio[k])
        #expect((ratios.0 - ratios.1).magnitude < 1e-13)
        #expect((found.singularValues[k] / scale / plain.singularValues[k] - 1).magnitude < 1e-13)
      }
    }
  }

  // MARK: singular values, QR

  @Test func singularValuesBeyondTheRangeAreNotConverged() async throws {
    let huge = DenseMatrix<Double>(rows: 4, columns: 4) { _, _ in 1.7e308 }
    for method in [SVDMethod.auto, .gram, .tsqr, .dense] {
      let found = try await huge.svd(count: 4, method: method)
      #expect(!found.converged && !found.isInRange && found.singularValues[0] == .infinity)
    }
    let qr = try await withCluster(workers: 2, registry: .distributedMatrices) {
      try await RowMatrix(huge, on: $0).qr()
    }
    #expect(!qr.isInRange)
    #expect(throws: LinearAlgebraError.self) { try qr.rank() }
  }

  @Test func aTwoNormBeyondTheRangeIsNamedSo() async throws {
    let huge = DenseMatrix<Double>(rows: 4, columns: 4) { _, _ in 1.7e308 }
    await #expect(throws: LinearAlgebraError.outOfRange("the 2-norm")) { try await huge.twoNorm() }
    await #expect(throws: LinearAlgebraError.outOfRange("the 2-norm")) {
      try await withCluster(workers: 2, registry: .distributedMatrices) {
        try await RowMatrix(huge, on: $0).twoNorm()
      }
    }
  }

  /// Of a matrix of subnormal numbers R has lost most digits, and the certificate is that of what is left.
  @Test(arguments: [false, true]) func digitsThatRLosesToUnderflowAreCounted(pivoting: Bool) async throws {
    for (exponent, isLost) in [(-1060, true), (-1010, false)] {
      let scale = Double(sign: .plus, exponent: exponent, significand: 1)
      let a = noise(50, 5) { _ in scale }
      let (qr, block) = try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let qr = try await RowMatrix(a, partitions: 3, on: cluster).qr(pivoting: pivoting, certify: true)
        let block = try await BlockMatrix(.dense(a), on: cluster).qr(certify: true)
        return ((isInRange: qr.isInRange, certificate: qr.certificate), block.certificate)
      }
      #expect(qr.isInRange == !isLost)
      for found in [qr.certificate, block] {
        let certificate = try #require(found)
        #expect(certificate.orthogonality < 30)
        #expect(isLost ? certificate.residual > 1e6 : certificate.residual < 30, "\(certificate)")
      }
    }
    // A matrix that small loses nothing where its factors need no more digits.
    let diagonal = DenseMatrix<Double>(rows: 30, columns: 3) { $0 == $1 ? 0x1p-1070 : 0 }
    let exact = try await withCluster(workers: 2, registry: .distributedMatrices) {
      try await RowMatrix(diagonal, partitions: 3, on: $0).qr(pivoting: pivoting)
    }
    #expect(exact.isInRange && exact.r[2, 2] == 0x1p-1070)
  }

  /// Low rank is shown by one pass, not by a factorization of everything.
  @Test func aMatrixOfLowRankNeedsNoSecondMethod() async throws {
    var diagonal = try TripletMatrix<Double>(rows: 500, columns: 500)
    for i in 0..<3 { diagonal.append(i, i, Double(3 - i)) }
    let found = try await diagonal.compressed().svd(count: 10)
    #expect(found.converged && found.method.squares, "\(found.reason)")
    #expect(zip(found.singularValues, [3, 2, 1]).allSatisfy { ($0 - $1).magnitude < 1e-10 })
    #expect(found.singularValues.dropFirst(3).allSatisfy { $0 < 1e-10 })
    // Values of 1e-9 are not zeros: they must be found, not passed over.
    for i in 3..<12 { diagonal.append(i, i, 1e-9 * Double(i)) }
    let small = try await diagonal.compressed().svd(count: 10)
    let expected = [3, 2, 1] + (0..<7).map { 1e-9 * Double(11 - $0) }
    #expect(small.converged)
    for (x, y) in zip(small.singularValues, expected) { #expect((x - y).magnitude <= 1e-12, "\(x) for \(y)") }
  }

  @Test(arguments: QRMethod.allCases) func qrKeepsSmallColumnsBesideLargeOnes(method: QRMethod) async throws {
    let scales = [1e300, 1e-300, 1]
    let (plain, a) = (noise(200, 3) { _ in 1 }, noise(200, 3) { scales[$0] })
    let (q, r, certificate) = try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      let qr = try await RowMatrix(a, partitions: 3, on: cluster).qr(method: method, certify: true)
      return (try await qr.q?.collect().dense(), qr.r, qr.certificate)
    }
    let factor = try #require(q)
    #expect(try TestRatio.orthogonality(factor) < 30)
    #expect((certificate?.residual ?? .nan) < 30 && (certificate?.orthogonality ?? .nan) < 30)
    let unit = DenseMatrix(rows: 3, columns: 3) { r[$0, $1] / scales[$1] }
    #expect(try TestRatio.factors(plain, factor * unit, dimension: 200) < 30)
  }

  // MARK: systems

  private static let methods: [SolveMethod] = [
    .auto, .direct, .lu, .cholesky, .tsqr, .cg, .minres, .gmres, .lsmr,
  ]

  @Test(arguments: methods) func rightSidesOfDifferentScaleAreAllSolved(method: SolveMethod) async throws {
    let a = poisson(40)
    let scales = [1e-300, 1e300, 1]
    let b = DenseMatrix<Double>(rows: 40, columns: 3) { _, j in scales[j] }
    let found = try await solve(a, b, method)
    let expected = try await solve(a, DenseMatrix(rows: 40, columns: 1) { _, _ in 1 }, .direct).solution
    #expect(found.converged && found.residuals.allSatisfy { $0 < 1e-9 }, "\(found.residuals)")
    for j in 0..<3 {
      for i in 0..<40 {
        #expect((found.solution[i, j] / scales[j] / expected[i, 0] - 1).magnitude < 1e-7, "\(j)")
      }
    }
  }

  @Test(arguments: methods) func aSolutionBeyondTheRangeIsNotConverged(method: SolveMethod) async throws {
    func identity(_ scale: Double) -> DenseMatrix<Double> {
      DenseMatrix(rows: 3, columns: 3) { $0 == $1 ? scale : 0 }
    }
    func ones(_ scale: Double) -> DenseMatrix<Double> { DenseMatrix(rows: 3, columns: 1) { _, _ in scale } }
    let overflow = try await solve(identity(1e-300), ones(1e300), method)
    #expect(!overflow.converged && overflow.residuals == [.infinity])
    #expect(overflow.reason == "the solution for right side 1 leaves the range of the scalar")
    let underflow = try await solve(identity(1e300), ones(1e-300), method)
    #expect(!underflow.converged && underflow.reason == overflow.reason)
    #expect((underflow.residuals[0] - 1).magnitude < 1e-12)
    // Digits that are lost to gradual underflow are counted too.
    let few = try await solve(identity(1e160), ones(1e-160), method)
    #expect(!few.converged && few.residuals[0] > 1e-6)
  }

  /// A growth factor of 2^79: partial pivoting alone leaves a residual that rounding does not explain.
  @Test(arguments: [SolveMethod.direct, .lu]) func everyRightSideIsRefinedByItself(method: SolveMethod)
    async throws
  {
    let n = 80
    let a = DenseMatrix<Double>(rows: n, columns: n) { i, j in
      i == j || j == n - 1 ? 1 : i > j ? -1 : 0
    }
    var generator = SeededGenerator(seed: 311)
    let random: DenseMatrix<Double> = generator.dense(n, 2)
    let b = DenseMatrix(rows: n, columns: 2) { i, j in j == 0 ? random[i, 0] : 1e6 * random[i, 1] }
    let found = try await solve(a, b, method)
    let ratio = try TestRatio.highPerformance(a, found.solution, b)
    #expect(found.converged == (ratio <= 16), "\(ratio)")
    #expect(found.converged || found.reason == "the residual is larger than rounding can explain")
  }

  /// A Hilbert matrix: nobody knows x, and every method finds one whose residual rounding explains.
  @Test(arguments: [SolveMethod.direct, .lu, .tsqr]) func methodsAreJudgedAlike(method: SolveMethod)
    async throws
  {
    let a = DenseMatrix<Double>(rows: 12, columns: 12) { 1 / Double($0 + $1 + 1) }
    let b = try a * DenseMatrix<Double>(rows: 12, columns: 1) { _, _ in 1 }
    let found = try await solve(a, b, method)
    #expect(try TestRatio.highPerformance(a, found.solution, b) < 16)
    #expect(found.converged, "\(found.reason ?? "")")
  }

  /// Restarts slow the iteration down; as long as cycles gain something it goes on.
  @Test func restartsGoOnWhileTheyGain() async throws {
    // Poisson's equation on a square.
    let side = 30
    var entries = try TripletMatrix<Double>(rows: side * side, columns: side * side)
    for i in 0..<side * side {
      entries.append(i, i, 4)
      for j in [i % side == 0 ? nil : i - 1, i >= side ? i - side : nil].compactMap({ $0 }) {
        entries.append(i, j, -1)
        entries.append(j, i, -1)
      }
    }
    let a = try entries.compressed()
    let b = (0..<side * side).map { Double((7 * $0) % 11) - 5 }
    let found = try await withCluster(workers: 2, registry: .distributedMatrices) {
      try await RowMatrix(.sparse(a), on: $0).generalizedMinimumResidual(b, restart: 8)
    }
    #expect(found.converged && found.residual <= 1e-10, "\(found.end) after \(found.iterations)")
    // Where nothing is gained it ends before the limit.
    let shift = DenseMatrix<Double>(rows: 12, columns: 12) { ($0 + 1) % 12 == $1 ? 1 : 0 }
    let stuck = try await withCluster(workers: 2, registry: .distributedMatrices) {
      try await RowMatrix(shift, on: $0).generalizedMinimumResidual(
        (0..<12).map { $0 == 0 ? 1 : 0 }, restart: 5)
    }
    #expect(stuck.end == .stagnated && stuck.iterations == 5)
  }

  // MARK: support

  private func noise(_ m: Int, _ n: Int, offset: Double = 0, scale: (Int) -> Double) -> DenseMatrix<Double> {
    var generator = SeededGenerator(seed: 300)
    let random: DenseMatrix<Double> = generator.dense(m, n)
    return DenseMatrix(rows: m, columns: n) { i, j in
      (offset + random[i, j] * (1 + Double(j) / 2) + random[i, 0] / 3) * scale(j)
    }
  }

  /// The tridiagonal matrix of (-1, 2, -1).
  private func poisson(_ n: Int) -> DenseMatrix<Double> {
    DenseMatrix(rows: n, columns: n) { i, j in i == j ? 2 : (i - j).magnitude == 1 ? -1 : 0 }
  }

  private struct Found: Sendable {
    let explainedVariance, explainedVarianceRatio, singularValues, mean, deviation, residuals: [Double]
    let converged, isInRange: Bool
    let unresolved: Int
    let method: PCAMethod
  }

  private func pca(
    _ a: DenseMatrix<Double>, _ count: Int, unitVariance: Bool = false, method: PCAMethod = .auto
  ) async throws -> Found {
    try await withCluster(workers: 2, registry: .distributedMatrices) {
      let pca = try await RowMatrix(a, partitions: 3, on: $0).pca(
        count: count, unitVariance: unitVariance, method: method)
      return Found(
        explainedVariance: pca.explainedVariance, explainedVarianceRatio: pca.explainedVarianceRatio,
        singularValues: pca.singularValues, mean: pca.mean, deviation: pca.deviation,
        residuals: pca.residuals, converged: pca.converged, isInRange: pca.isInRange,
        unresolved: pca.unresolved, method: pca.method)
    }
  }

  private func solve(_ a: DenseMatrix<Double>, _ b: DenseMatrix<Double>, _ method: SolveMethod) async throws
    -> LinearSystemSolution<Double>
  {
    try await withCluster(workers: 2, registry: .distributedMatrices) {
      try await RowMatrix(a, partitions: 3, on: $0).solve(
        try await RowMatrix(b, partitions: 3, on: $0), method: method)
    }
  }
}
