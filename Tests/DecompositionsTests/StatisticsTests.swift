// Column statistics, covariance and correlation against formulas evaluated in higher precision.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private func withMatrix<S: Scalar, Result: Sendable>(
  _ a: LocalMatrix<S>, partitions: Int? = 5, workers: Int = 2, way: Way = .messagePassing,
  _ body: (RowMatrix<S>) async throws -> Result
) async throws -> Result {
  try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
    try await body(try await RowMatrix(a, partitions: partitions, on: cluster))
  }
}

/// 1e8 plus numbers of variance about one, shifted from column to column.
private func largeMeans(_ m: Int, _ n: Int, seed: Int) -> DenseMatrix<Double> {
  var generator = SeededGenerator(seed: seed)
  return DenseMatrix(rows: m, columns: n) { i, j in
    1e8 + Double(j) + 1.7 * generator.scalar(Double.self) + Double(i) / Double(m)
  }
}

#if arch(x86_64)
  /// Mean and unbiased variance of a column in extended precision: the formulas as they stand.
  private func extendedMoments(_ x: [Double], _ w: [Double]? = nil) -> (mean: Float80, variance: Float80) {
    let weights = w?.map { Float80($0) } ?? x.map { _ in 1 }
    let total = weights.reduce(0, +)
    var mean: Float80 = 0
    for (value, weight) in zip(x, weights) { mean += weight * Float80(value) }
    mean /= total
    var squares: Float80 = 0
    for (value, weight) in zip(x, weights) {
      squares += weight * (Float80(value) - mean) * (Float80(value) - mean)
    }
    return (mean, squares / (total - 1))
  }

  @Suite(.timeLimit(.minutes(30))) struct ExtendedPrecisionTests {
    @Test(arguments: [1, 3, 8, 64])
    func largeMeansCostNoDigits(partitions: Int) async throws {
      let a = largeMeans(3000, 7, seed: 80)
      let statistics = try await withMatrix(.dense(a), partitions: partitions) {
        try await $0.columnStatistics()
      }
      let sparse = try await withMatrix(.sparse(a.sparse()), partitions: partitions) {
        try await $0.columnStatistics()
      }
      for j in 0..<7 {
        let exact = extendedMoments(a.column(j))
        for found in [statistics, sparse] {
          #expect((Float80(found.mean[j]) - exact.mean).magnitude <= 1e-15 * exact.mean)
          #expect((Float80(found.variance[j]) - exact.variance).magnitude <= 1e-12 * exact.variance)
        }
      }
    }

    @Test func weightsCountRowsSoOften() async throws {
      let a = largeMeans(500, 4, seed: 81)
      let weights = (0..<500).map { Double($0 % 4) / 2 }
      let statistics = try await withMatrix(.dense(a)) {
        try await $0.columnStatistics(weights: RangeVector(onDriver: weights))
      }
      #expect(statistics.count == 375 && statistics.weight == weights.reduce(0, +))
      for j in 0..<4 {
        let exact = extendedMoments(a.column(j), weights)
        #expect((Float80(statistics.mean[j]) - exact.mean).magnitude <= 1e-15 * exact.mean)
        #expect((Float80(statistics.variance[j]) - exact.variance).magnitude <= 1e-12 * exact.variance)
      }
    }

    @Test func covarianceKeepsItsDigitsToo() async throws {
      let a = largeMeans(800, 5, seed: 82)
      let covariance = try await withMatrix(.dense(a)) { try await $0.covariance() }
      let means = (0..<5).map { extendedMoments(a.column($0)).mean }
      for i in 0..<5 {
        for j in 0..<5 {
          var exact: Float80 = 0
          for r in 0..<800 { exact += (Float80(a[r, i]) - means[i]) * (Float80(a[r, j]) - means[j]) }
          exact /= 799
          #expect((Float80(covariance[i, j]) - exact).magnitude <= 1e-12, "\(i), \(j)")
        }
      }
    }
  }
#endif

@Suite(.timeLimit(.minutes(30))) struct StatisticsTests {
  @Test(arguments: ScalarKind.allCases)
  func statisticsAreTheirDefinitions(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 83)
      for (m, n) in [(1, 1), (2, 3), (3, 50), (50, 10), (257, 3)] {
        let sparse: SparseMatrix<S> = try generator.sparse(m, n, density: 0.3)
        let dense: DenseMatrix<S> = generator.dense(m, n)
        for local in [LocalMatrix.sparse(sparse), .dense(dense)] {
          let found = try await withMatrix(local) { try await $0.columnStatistics() }
          let a = try local.dense()
          for j in 0..<n {
            let x = a.column(j)
            let sizes = S.isComplex ? x.map { Double($0.modulus) } : x.map { Double($0.realPart) }
            let accuracy = 64 * Double(S.Real.ulpOfOne)
            func close(_ a: Double, _ b: Double) -> Bool {
              (a - b).magnitude <= accuracy * max(1, b.magnitude)
            }
            let mean = (
              x.reduce(0) { $0 + Double($1.realPart) } / Double(m),
              x.reduce(0) { $0 + Double($1.imaginaryPart) } / Double(m)
            )
            #expect(close(Double(found.mean[j].realPart), mean.0))
            #expect(close(Double(found.mean[j].imaginaryPart), mean.1))
            let squares = x.reduce(0.0) {
              let (re, im) = (Double($1.realPart) - mean.0, Double($1.imaginaryPart) - mean.1)
              return $0 + re * re + im * im
            }
            if m > 1 {
              #expect(close(Double(found.variance[j]), squares / Double(m - 1)), "\(m) x \(n)")
            } else {
              #expect(found.variance[j].isNaN)
            }
            #expect(close(Double(found.minimum[j]), sizes.min() ?? .nan))
            #expect(close(Double(found.maximum[j]), sizes.max() ?? .nan))
            #expect(found.nonzeros[j] == x.count { $0 != 0 })
            #expect(close(Double(found.oneNorms[j]), sizes.reduce(0) { $0 + $1.magnitude }))
            #expect(close(Double(found.twoNorms[j]), sizes.reduce(0) { $0 + $1 * $1 }.squareRoot()))
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func withoutRowsNothingIsKnown() async throws {
    for local in [LocalMatrix<Double>.dense(DenseMatrix(zeros: 0, 3)), .sparse(SparseMatrix(zeros: 0, 3))] {
      let found = try await withMatrix(local) { try await $0.columnStatistics() }
      #expect(found.count == 0 && found.mean.allSatisfy(\.isNaN) && found.minimum.allSatisfy(\.isNaN))
      #expect(found.nonzeros == [0, 0, 0] && found.twoNorms == [0, 0, 0])
    }
    let none = try await withMatrix(.dense(DenseMatrix<Double>(zeros: 4, 0))) {
      try await $0.columnStatistics()
    }
    #expect(none.mean.isEmpty && none.count == 4)
  }

  @Test func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle() async throws {
    var generator = SeededGenerator(seed: 84)
    let sparse: SparseMatrix<Double> = try generator.sparse(90, 6, density: 0.4)
    for local in [LocalMatrix.dense(largeMeans(90, 6, seed: 85)), .sparse(sparse)] {
      let expected = try await withMatrix(local, workers: 1) { try await $0.columnStatistics() }
      let covariance = try await withMatrix(local, workers: 1) { try await $0.covariance() }
      for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (5, .dataflowEncoded)] {
        let found = try await withMatrix(local, workers: workers, way: way) {
          try await $0.columnStatistics()
        }
        #expect(found == expected)
        let other = try await withMatrix(local, workers: workers, way: way) { try await $0.covariance() }
        #expect(other == covariance)
      }
    }
  }

  @Test(arguments: [-500, 500])
  func scalesOfTwoChangeNothingElse(exponent: Int) async throws {
    var generator = SeededGenerator(seed: 86)
    let a: DenseMatrix<Double> = generator.dense(60, 4)
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    let reference = try await withMatrix(.dense(a)) { try await $0.columnStatistics() }
    let scaled = try await withMatrix(.dense(a.map { factor * $0 })) { try await $0.columnStatistics() }
    for j in 0..<4 {
      #expect((scaled.mean[j] / factor - reference.mean[j]).magnitude <= 1e-15)
      #expect((scaled.variance[j] / factor / factor - reference.variance[j]).magnitude <= 1e-14)
      #expect((scaled.twoNorms[j] / factor - reference.twoNorms[j]).magnitude <= 1e-14)
      #expect(scaled.maximum[j] == factor * reference.maximum[j])
    }
    let (x, y) = (
      try await withMatrix(.dense(a)) { try await $0.correlation() },
      try await withMatrix(.dense(a.map { factor * $0 })) { try await $0.correlation() }
    )
    #expect(try (x - y).norm(.max) < 1e-14)
    // Far beyond, the variance itself is out of range, and the rest is not.
    let large = try await withMatrix(.dense(a.map { 0x1p1000 * $0 })) { try await $0.columnStatistics() }
    #expect(large.variance.allSatisfy { $0 == .infinity } && !large.isInRange)
    #expect(reference.isInRange && scaled.isInRange)
    let small = try await withMatrix(.dense(a.map { 0x1p-1000 * $0 })) { try await $0.columnStatistics() }
    #expect(small.variance.allSatisfy { $0 == 0 } && !small.isInRange)
    // What does not vary has a variance of zero in any range, but its norm may be too large.
    for (value, isInRange) in [(0, true), (1e-300, true), (1.7e308, false)] {
      let constant = try await withMatrix(.dense(DenseMatrix(rows: 8, columns: 2) { _, _ in value })) {
        try await $0.columnStatistics()
      }
      #expect(constant.variance == [0, 0] && constant.isInRange == isInRange)
    }
    for j in 0..<4 { #expect((large.twoNorms[j] * 0x1p-1000 - reference.twoNorms[j]).magnitude <= 1e-14) }
  }

  @Test func whatIsNotFiniteIsNamed() async throws {
    for value in [Double.nan, .infinity, -.infinity] {
      var a = DenseMatrix<Double>(rows: 40, columns: 3) { Double($0 + $1) }
      a[31, 2] = value
      let dense = a
      let error = LinearAlgebraError.notFinite(row: 31, column: 2)
      await #expect(throws: error) { try await withMatrix(.dense(dense)) { try await $0.columnStatistics() } }
      await #expect(throws: error) {
        try await withMatrix(.sparse(dense.sparse())) { try await $0.covariance() }
      }
    }
  }

  @Test func impossibleWeightsAreRefused() async throws {
    let a = LocalMatrix.dense(largeMeans(10, 2, seed: 87))
    await #expect(throws: LinearAlgebraError.self) {
      try await withMatrix(a) { try await $0.columnStatistics(weights: RangeVector(onDriver: [1, 2])) }
    }
    for wrong in [-1, Double.nan, .infinity] {
      for way in Way.allCases {
        var weights = [Double](repeating: 1, count: 10)
        weights[4] = wrong
        weights[8] = -2
        let given = weights
        let error = LinearAlgebraError.invalidArgument(
          "row 5 has weight \(wrong), expected one that is finite and not negative")
        await #expect(throws: error) {
          try await withMatrix(a, way: way) {
            try await $0.columnStatistics(weights: RangeVector(onDriver: given))
          }
        }
      }
    }
  }

  /// Weights that sum to one have no unbiased variance, and what rounding leaves of their sum is no divisor.
  @Test func weightsThatSumToNoMoreThanTheDivisorTakesOffAreRefused() async throws {
    let a = LocalMatrix.dense(largeMeans(500, 2, seed: 89))
    for (weight, isEnough) in [(1.0 / 500, false), (0, false), (1.1 / 500, true)] {
      let weights = [Double](repeating: weight, count: 500)
      let found = Task {
        try await withMatrix(a) { try await $0.columnStatistics(weights: RangeVector(onDriver: weights)) }
      }
      if isEnough {
        #expect(try await found.value.variance.allSatisfy(\.isFinite))
      } else {
        let error = await #expect(throws: LinearAlgebraError.self) { try await found.value }
        #expect(error.map { "\($0)" }?.contains("expected more than the 1.0 of ddof") == true)
      }
      if weight == 0 { continue }
      let biased = try await withMatrix(a) {
        try await $0.columnStatistics(weights: RangeVector(onDriver: weights), ddof: 0)
      }
      #expect(biased.variance.allSatisfy { $0 > 0.5 && $0 < 2 })
    }
    // The sum in single precision is off by more.
    let single = [Float](repeating: 1.0 / 700, count: 700)
    await #expect(throws: LinearAlgebraError.self) {
      try await withMatrix(.dense(DenseMatrix<Float>(rows: 700, columns: 1) { i, _ in Float(i) })) {
        try await $0.columnStatistics(weights: RangeVector(onDriver: single))
      }
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func covarianceAndCorrelationOfSparseAndDenseAgree(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 88)
      // The last column is full and far from zero: the one whose mean is taken off.
      let sparse: SparseMatrix<S> = try generator.sparse(120, 6, density: 0.2)
      let dense = DenseMatrix<S>(rows: 120, columns: 7) { i, j in
        j < 6 ? sparse[i, j] : S(real: 100) + generator.scalar(S.self)
      }
      let accuracy = 200 * S.Real.ulpOfOne
      let (x, y) = (
        try await withMatrix(.dense(dense)) { try await $0.covariance() },
        try await withMatrix(.sparse(dense.sparse())) { try await $0.covariance() }
      )
      #expect(try (x - y).norm(.max) < accuracy)
      #expect(try (x - x.adjoint()).norm(.max) < accuracy)
      let correlation = try await withMatrix(.sparse(dense.sparse())) { try await $0.correlation() }
      for i in 0..<7 {
        #expect(correlation[i, i] == 1)
        for j in 0..<7 {
          let expected = x[i, j].modulus / (x[i, i].realPart * x[j, j].realPart).squareRoot()
          #expect((correlation[i, j].modulus - expected).magnitude < 10 * accuracy)
        }
      }
    }
    try await check(scalar.type)
  }
}
