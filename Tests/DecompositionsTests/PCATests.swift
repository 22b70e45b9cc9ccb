// Principal components against the SVD of the centred matrix, for every method, and what stays sparse.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private struct CollectedPCA<S: Scalar>: Sendable {
  let components: DenseMatrix<S>
  let variance: [S.Real]
  let ratio: [S.Real]
  let total: S.Real
  let mean: [S]
  let residuals: [S.Real]
  let converged: Bool
  let method: PCAMethod
  let scores: DenseMatrix<S>

  init(_ pca: PrincipalComponents<S>) async throws {
    (components, variance, ratio) = (pca.components, pca.explainedVariance, pca.explainedVarianceRatio)
    (total, mean, residuals) = (pca.totalVariance, pca.mean, pca.residuals)
    (converged, method) = (pca.converged, pca.method)
    scores = try await pca.scores?.collect().dense() ?? DenseMatrix(zeros: 0, 0)
  }

  var fingerprint: Fingerprint {
    var bits = Fingerprint()
    bits.add(components)
    bits.add(variance + ratio + residuals + [total])
    bits.add(mean)
    bits.add(scores)
    return bits
  }
}

private func analyse<S: Scalar>(
  _ a: LocalMatrix<S>, count: Int, unitVariance: Bool = false, method: PCAMethod = .auto,
  partitions: Int? = 4, workers: Int = 2, way: Way = .messagePassing
) async throws -> CollectedPCA<S> {
  try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
    try await CollectedPCA(
      try await RowMatrix(a, partitions: partitions, on: cluster).pca(
        count: count, unitVariance: unitVariance, method: method, scores: true))
  }
}

/// The matrix less the means of its columns.
private func centred<S: Scalar>(_ a: DenseMatrix<S>) -> DenseMatrix<S> {
  let means = (0..<a.columns).map { j in
    a.column(j).reduce(0, +) * S(real: 1 / S.Real(max(1, a.rows)))
  }
  return DenseMatrix(rows: a.rows, columns: a.columns) { a[$0, $1] - means[$1] }
}

@Suite(.timeLimit(.minutes(30))) struct PCATests {
  @Test(arguments: ScalarKind.allCases, [PCAMethod.auto, .gram, .tsqr, .lanczos])
  func componentsAreTheRightSingularVectorsOfTheCentredMatrix(scalar: ScalarKind, method: PCAMethod)
    async throws
  {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 90)
      for (m, n, offset) in [(40, 12, 0), (12, 30, 3), (90, 8, 1000)] as [(Int, Int, Int)] {
        let random: DenseMatrix<S> = generator.dense(m, n)
        // Variances apart, so that components are determined.
        let a = DenseMatrix<S>(rows: m, columns: n) { i, j in
          random[i, j] * S(real: 4 / S.Real(j + 1)) + S(real: S.Real(offset * (j % 3)))
        }
        let svd = try centred(a).svd()
        for local in [LocalMatrix.dense(a), .sparse(a.sparse())] {
          let name = "\(m) x \(n), \(method), \(scalar), offset \(offset)"
          let pca = try await analyse(local, count: 3, method: method)
          #expect(pca.converged && pca.variance.count == 3, "\(name)")
          #expect(pca.method != .auto)
          guard pca.variance.count == 3 else { continue }
          let digits = S.Real(method == .lanczos ? 1e-9 : 0)
          // What the elements of a matrix with such an offset are known to.
          let accuracy = max(digits, 400 * S.Real.ulpOfOne * S.Real(max(1, offset)))
          let divisor = S.Real(m - 1)
          let total = svd.singularValues.reduce(0) { $0 + $1 * $1 } / divisor
          #expect((pca.total - total).magnitude <= accuracy * total, "\(name)")
          for k in 0..<3 {
            let expected = svd.singularValues[k] * svd.singularValues[k] / divisor
            #expect((pca.variance[k] - expected).magnitude <= accuracy * pca.variance[0], "\(name)")
            #expect((pca.ratio[k] - expected / total).magnitude <= accuracy, "\(name)")
            #expect(pca.residuals[k] <= accuracy * pca.variance[0], "\(pca.residuals[k]), \(name)")
            let overlap = dot(pca.components.column(k), svd.v.column(k)).modulus
            #expect((overlap - 1).magnitude <= 100 * accuracy, "\(name)")
            let pivot = pca.components.column(k).max { $0.modulus < $1.modulus } ?? 1
            #expect(pivot.realPart > 0, "\(name)")
          }
          #expect(try TestRatio.orthogonality(pca.components) < 60, "\(name)")
          let expected = try centred(a) * pca.components
          #expect(try (pca.scores - expected).norm(.max) <= accuracy * 100, "\(name)")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func unitVarianceDecomposesTheCorrelation() async throws {
    var generator = SeededGenerator(seed: 91)
    let random: DenseMatrix<Double> = generator.dense(70, 6)
    // The last column is constant: it has no variance to be brought to one.
    let a = DenseMatrix<Double>(rows: 70, columns: 6) { i, j in
      j == 5 ? 0.1 : 7 + random[i, j] * Double(10 * j + 1) + random[i, 0]
    }
    let correlation = try await withCluster(workers: 2, way: .messagePassing, registry: .distributedMatrices)
    {
      try await RowMatrix(a, partitions: 3, on: $0).slice(columns: 0..<5).correlation()
    }
    let eigen = try correlation.symmetricEigen()
    for method in [PCAMethod.auto, .gram, .tsqr] {
      let pca = try await analyse(.dense(a), count: 4, unitVariance: true, method: method)
      #expect((pca.total - 5).magnitude < 1e-12)
      for k in 0..<4 {
        #expect((pca.variance[k] - eigen.eigenvalues[4 - k]).magnitude < 1e-12, "\(method)")
        #expect((pca.ratio[k] - pca.variance[k] / 5).magnitude < 1e-14)
        #expect(pca.components[5, k].magnitude < 1e-12)
      }
    }
  }

  @Test func manyColumnsAreNoObstacle() async throws {
    var generator = SeededGenerator(seed: 92)
    let sparse: SparseMatrix<Double> = try generator.sparse(60, 2500, density: 0.02)
    let pca = try await analyse(.sparse(sparse), count: 4)
    #expect(pca.method == .lanczos && pca.converged)
    let values = try centred(try sparse.dense()).singularValues()
    for k in 0..<4 {
      #expect((pca.variance[k] - values[k] * values[k] / 59).magnitude < 1e-10 * pca.variance[0])
    }
    #expect(pca.ratio.reduce(0, +) < 0.5)
  }

  @Test(arguments: [(0, 3), (3, 0), (0, 0), (1, 1), (1, 4), (2, 1), (5, 2)] as [(Int, Int)])
  func smallShapesHaveAsManyComponentsAsTheyCan(m: Int, n: Int) async throws {
    var generator = SeededGenerator(seed: 93)
    let a: DenseMatrix<Double> = generator.dense(m, n)
    for method in [PCAMethod.auto, .gram, .tsqr] {
      let pca = try await analyse(.dense(a), count: 10, method: method)
      #expect(pca.variance.count == min(m, n) && pca.converged)
      #expect(pca.components.shape == Shape(n, min(m, n)) && pca.scores.shape == Shape(m, min(m, n)))
      #expect(pca.variance.allSatisfy { $0 >= 0 && $0.isFinite })
      #expect(pca.ratio.reduce(0, +) <= 1 + 1e-12)
    }
  }

  @Test func variancesSumUpToTheTotalHoweverLargeTheMeans() async throws {
    var generator = SeededGenerator(seed: 94)
    let random: DenseMatrix<Double> = generator.dense(200, 5)
    let a = DenseMatrix<Double>(rows: 200, columns: 5) { 1e8 + random[$0, $1] }
    // What is left of the numbers once 1e8 was added, centred in a way that loses nothing.
    let rest = centred(DenseMatrix<Double>(rows: 200, columns: 5) { a[$0, $1] - 1e8 })
    let values = try rest.singularValues()
    for method in [PCAMethod.gram, .tsqr] {
      let pca = try await analyse(.dense(a), count: 5, method: method)
      #expect((pca.variance.reduce(0, +) - pca.total).magnitude < 1e-12 * pca.total)
      for k in 0..<5 {
        let expected = values[k] * values[k] / 199
        #expect((pca.variance[k] - expected).magnitude < 1e-10 * expected, "\(method)")
      }
    }
  }

  @Test(arguments: [PCAMethod.gram, .tsqr, .lanczos])
  func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle(method: PCAMethod) async throws {
    var generator = SeededGenerator(seed: 95)
    let sparse: SparseMatrix<Double> = try generator.sparse(80, 9, density: 0.4)
    for local in [LocalMatrix.dense(generator.dense(80, 9)), .sparse(sparse)] {
      let expected = try await analyse(local, count: 3, method: method, partitions: 7, workers: 1).fingerprint
      for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (5, .dataflowEncoded)] {
        let found = try await analyse(
          local, count: 3, method: method, partitions: 7, workers: workers, way: way)
        #expect(found.fingerprint == expected, "\(workers) workers")
      }
    }
  }

  @Test(arguments: [-500, 500])
  func scalesOfTwoChangeNothingElse(exponent: Int) async throws {
    var generator = SeededGenerator(seed: 96)
    let a: DenseMatrix<Double> = generator.dense(50, 6)
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    for unitVariance in [false, true] {
      let x = try await analyse(.dense(a), count: 3, unitVariance: unitVariance)
      let y = try await analyse(.dense(a.map { factor * $0 }), count: 3, unitVariance: unitVariance)
      #expect(try (x.components - y.components).norm(.max) < 1e-12)
      let back = unitVariance ? 1 : 1 / factor
      #expect(try (x.scores - y.scores.map { back * $0 }).norm(.max) < 1e-12)
      for k in 0..<3 {
        #expect((y.variance[k] * back * back - x.variance[k]).magnitude < 1e-12)
        #expect((y.ratio[k] - x.ratio[k]).magnitude < 1e-12)
      }
    }
  }

  @Test func whatCannotBeIsRefused() async throws {
    var a = DenseMatrix<Double>(rows: 9, columns: 4) { Double($0 * $1) }
    await #expect(throws: LinearAlgebraError.self) { try await analyse(.dense(a), count: -1) }
    await #expect(throws: LinearAlgebraError.self) {
      try await analyse(.dense(a), count: 3, method: .lanczos)
    }
    a[5, 3] = .nan
    let broken = a
    await #expect(throws: LinearAlgebraError.notFinite(row: 5, column: 3)) {
      try await analyse(.dense(broken), count: 1)
    }
  }

  /// scikit-learn's PCA(svd_solver='full') of the same numbers, its components turned so that the largest element is
  /// positive.
  @Test(arguments: PCAMethod.allCases) func componentsAreThoseOfScikitLearn(method: PCAMethod) async throws {
    let a = DenseMatrix<Double>(rows: 40, columns: 6) { i, j in
      Double((7 * i + 13 * j + i * j * j) % 31) / 8 * Double(1 + j) + 100 * Double(j)
    }
    let variance = [46.19714412633001, 33.43695703440804, 16.501038141117554, 10.65981575652981]
    let ratio = [0.4144564427131618, 0.29997876556475583, 0.1480386222650488, 0.09563425189980533]
    let mean = [1.853125, 103.8875, 205.90625, 307.7125, 409.59375, 509.9]
    let components = [
      [
        0.015859606514070756, -0.030950487646073364, -0.09579387650885408, -0.2901104677160375,
        -0.15713741596465725, 0.9384869857619914,
      ],
      [
        0.03857842316109857, -0.2180642867430564, -0.13858128507545697, 0.2183093828363827,
        0.9188877583236438, 0.1993519513549527,
      ],
      [
        -0.0007306670678141991, -0.07677595508390986, -0.09925050352117772, 0.9194804605511512,
        -0.2996432876796569, 0.22141327695183768,
      ],
      [
        0.02087289510505461, -0.04570861824303321, 0.9805928931855881, 0.09499499803023868,
        0.08290131581620716, 0.1414777172820518,
      ],
    ]
    let firstRow = [-7.03514844008655, 0.44415991280441813, -6.496693572229961, 2.6173848976515135]
    for local in [LocalMatrix.dense(a), .sparse(a.sparse())] {
      let pca = try await analyse(local, count: 4, method: method)
      #expect(pca.converged)
      for k in 0..<4 {
        #expect((pca.variance[k] - variance[k]).magnitude <= 1e-10 * variance[0], "\(method)")
        #expect((pca.ratio[k] - ratio[k]).magnitude <= 1e-10, "\(method)")
        #expect((pca.scores[0, k] - firstRow[k]).magnitude <= 1e-8, "\(method)")
        for j in 0..<6 {
          #expect((pca.components[j, k] - components[k][j]).magnitude <= 1e-9, "\(method), \(k), \(j)")
        }
      }
      for j in 0..<6 { #expect((pca.mean[j] - mean[j]).magnitude <= 1e-12 * 510) }
    }
  }
}
