// LAPACK's ratios of the full SVD (ddrvbd) for every shape, on more workers than some of them have rows.

import TesseraDecompositions
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private let extents = [0, 1, 2, 3, 10, 50, 257]

@Suite(.timeLimit(.minutes(30))) struct SVDRatioTests {
  @Test(arguments: [ScalarKind.double, .complexFloat], extents)
  func everyShapeHasFactorsOfLAPACKsQuality(scalar: ScalarKind, m: Int) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 220 + m)
      for n in extents {
        let a: DenseMatrix<S> = generator.dense(m, n)
        try await verify(a, expected: try a.singularValues(), "\(m) x \(n)")
      }
    }
    try await check(scalar.type)
  }

  /// The same ratios at either end of the exponents, at condition 1e15 and of half the rank.
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func everyKindOfMatrixHas(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 221)
      for (m, n) in [(50, 10), (10, 50), (60, 60)] {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        try await verify(a, expected: try a.singularValues(), "\(kind), \(m) x \(n)")
      }
    }
    try await check(scalar.type)
  }

  private func verify<S: Scalar>(_ a: DenseMatrix<S>, expected: [S.Real], _ name: String) async throws {
    let (m, n) = (a.rows, a.columns)
    let svd = try await decompose(.dense(a), count: min(m, n), partitions: 5, workers: 7)
    #expect(svd.converged && svd.values.count == min(m, n), "\(name)")
    guard svd.values.count == min(m, n) else { return }
    let product = try svd.left.scalingColumns(by: svd.values.map { S(real: $0) }) * svd.right.adjoint()
    // In ulps, of which a unit of rounding is half.
    #expect(try TestRatio.factors(a, product, dimension: max(m, n)) / 2 < 35, "\(name)")
    #expect(try TestRatio.orthogonality(svd.left) / 2 < 35, "\(name)")
    #expect(try TestRatio.orthogonality(svd.right) / 2 < 35, "\(name)")
    #expect(
      svd.values.allSatisfy { $0 >= 0 } && zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 })
    let limit = 35 * S.Real(max(m, n)) * S.Real.ulpOfOne * (expected.first ?? 0)
    #expect(zip(svd.values, expected).allSatisfy { ($0 - $1).magnitude <= limit }, "\(name)")
  }
}
