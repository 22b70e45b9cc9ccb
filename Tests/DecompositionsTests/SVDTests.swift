// The truncated SVD of matrices with known singular values: every method, scalar, shape and difficulty.

import Foundation
import Synchronization
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

private let shapes = [
  (0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (2, 2), (10, 10), (30, 12), (12, 30), (40, 40),
]

@Suite(.timeLimit(.minutes(30))) struct SVDTests {
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func everyTripletIsAsAccurateAsTheMatrixAllows(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 50)
      for (m, n) in shapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        let all = min(m, n)
        let expected = try a.singularValues()
        for method in [SVDMethod.auto, .tsqr] {
          for count in Set([0, 1, 3, all, all + 7]) {
            let name = "\(count) of \(m) x \(n) by \(method)"
            let svd = try await decompose(.dense(a), count: count, method: method, partitions: 3)
            #expect(svd.converged && svd.values.count == min(count, all), "\(name)")
            #expect(svd.method != .auto)
            let accuracy = 35 * S.Real(max(m, n)) * S.Real.ulpOfOne
            try svd.check(a, expected: expected, accuracy: accuracy, name)
          }
        }
      }
    }
    try await check(scalar.type)
  }

  /// Squaring costs half the digits of small values: what converged is right to the tolerance, at least.
  @Test(arguments: ScalarKind.allCases, MatrixKind.allCases)
  func methodsThatSquareFindWhatTheyReport(scalar: ScalarKind, kind: MatrixKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 51)
      for (m, n) in shapes {
        let a: DenseMatrix<S> = kind.matrix(m, n, using: &generator)
        let all = min(m, n)
        let expected = try a.singularValues()
        for method in [SVDMethod.gram, .lanczos, .randomized] {
          for count in Set([0, min(all, 1), min(all, 5), max(0, all - 2)])
          where method != .lanczos || count + 2 <= all {
            let name = "\(count) of \(m) x \(n) by \(method), \(kind)"
            let svd = try await decompose(.dense(a), count: count, method: method, partitions: 3)
            #expect(svd.values.count <= count && svd.converged == (svd.values.count == count), "\(name)")
            let isEasy = kind == .random || kind == .identity || kind == .zero
            if isEasy { #expect(svd.converged, "\(name)") }
            try svd.check(a, expected: expected, accuracy: 100 * S.Real.ulpOfOne.squareRoot(), name)
          }
        }
      }
    }
    try await check(scalar.type)
  }

  /// Squares of 1e10 leave nothing of values near one; the complement of its vector shows them as well as LAPACK does, for
  /// some passes instead of n^3; and so does that of two vectors, where the complement of one hides values once more.
  @Test func valuesBesideALargeOneAreFoundInTheComplementOfItsVector() async throws {
    var generator = SeededGenerator(seed: 57)
    let sparse: SparseMatrix<Double> = try generator.sparse(900, 600, density: 0.01)
    func sample(beside: Double, _ second: Double, _ part: Double) -> DenseMatrix<Double> {
      DenseMatrix(rows: 900, columns: 600) { i, j in
        if i == 0 || j == 0 { return i + j == 0 ? 1e10 : i + j == 1 ? beside : 0 }
        if i == 1 && j == 1 { return second }
        return part * (sparse[i, j] + (i == j && i <= 5 ? Double(60 - 5 * i) : 0))
      }
    }
    let spiked = sample(beside: 3e9, 55, 1)
    let expected = try spiked.svd().singularValues
    var found: [[Double]] = []
    for workers in [1, 3] {
      let svd = try await withCluster(workers: workers, registry: .distributedMatrices) { cluster in
        try await RowMatrix(.sparse(spiked.sparse()), partitions: 6, on: cluster).svd(count: 4)
      }
      #expect(svd.method == .lanczos && svd.converged && svd.unresolved == 0, "\(svd.reason)")
      #expect(svd.reason.contains("complement"))
      for (value, reference) in zip(svd.singularValues, expected) {
        #expect(abs(value - reference) <= 900 * Double.ulpOfOne * expected[0], "\(value), \(reference)")
      }
      #expect(svd.orthogonality < 1e-13)
      found.append(svd.singularValues + svd.right.elements(in: .columnMajor))
    }
    #expect(found[0] == found[1])
    let ladder = sample(beside: 0, 4e4, 0.002)
    let twice = try await ladder.sparse().svd(count: 3)
    #expect(twice.reason.contains("complement") && twice.converged, "\(twice.reason)")
    for (value, reference) in zip(twice.singularValues, try ladder.svd().singularValues) {
      #expect(abs(value - reference) <= 10 * Double.ulpOfOne * 1e10, "\(value), \(reference)")
    }
  }

  /// A value of which the residual is as large as itself is none, be it within the rounding that a large matrix allows: only
  /// where the rest is zero noise stands for zero. 100 to 1000 ulp s1 are told from it.
  @Test(arguments: [Double.ulpOfOne, Double(Float.ulpOfOne)])
  func noiseIsNotTakenForSmallValues(ulp: Double) async throws {
    let (m, n) = (2000, 300)
    let values = [1, 300 * ulp, 280 * ulp, 250 * ulp, 200 * ulp]
    func check<S: RealScalar>(_: S.Type) async throws where S.Real == S {
      // Columns of the discrete cosine transform are orthogonal.
      func cosines(_ length: Int, _ frequency: Int) -> [Double] {
        let step = Double(frequency) * Double.pi / Double(2 * length)
        return (0..<length).map { cos(Double(2 * $0 + 1) * step) }
      }
      let left = values.indices.map { cosines(m, $0 + 1) }
      let right = values.indices.map { cosines(n, $0 + 3) }
      let scale = 2 / Double(m * n).squareRoot()
      let a = DenseMatrix<S>(rows: m, columns: n) { i, j in
        var sum = 0.0
        for k in values.indices { sum += values[k] * left[k][i] * right[k][j] }
        return S(sum * scale)
      }
      let found = try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let rows = try await RowMatrix(a, partitions: 4, on: cluster)
        var found: [TruncatedSVD<S>] = []
        for method in SVDMethod.allCases { found.append(try await rows.svd(count: 5, method: method)) }
        return found
      }
      for svd in found {
        if !svd.method.squares || svd.reason.contains("complement") {
          #expect(svd.converged, "\(svd.method): \(svd.reason)")
        } else {
          #expect(!svd.converged && svd.unresolved > 0, "\(svd.method): \(svd.singularValues)")
        }
        for (value, reference) in zip(svd.singularValues, values) {
          #expect(abs(Double(value) - reference) <= 10 * ulp, "\(svd.method): \(value) for \(reference)")
        }
      }
      // Of a matrix of rank one the rest is zero, whatever has found it.
      let flat = DenseMatrix<S>(rows: m, columns: n) { i, j in S(left[0][i] * right[0][j] * scale) }
      for method in SVDMethod.allCases {
        let svd = try await flat.svd(count: 4, method: method)
        #expect(
          svd.converged && svd.unresolved == 0, "\(svd.method): \(svd.singularValues), \(svd.residuals)")
        for value in svd.singularValues.dropFirst() { #expect(Double(value) <= 10 * ulp) }
      }
    }
    if ulp == .ulpOfOne { try await check(Double.self) } else { try await check(Float.self) }
  }

  @Test(arguments: ScalarKind.allCases)
  func scalingByAPowerOfTwoChangesNothingElse(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      let exponent: S.Real.Exponent = S.Real.self == Float.self ? 60 : 500
      var generator = SeededGenerator(seed: 52)
      let a: DenseMatrix<S> = generator.dense(30, 12)
      for method in [SVDMethod.auto, .tsqr, .lanczos, .randomized] {
        let reference = try await decompose(.dense(a), count: 4, method: method, partitions: 3)
        for sign in [-1, 1] {
          let factor = S.Real(sign: .plus, exponent: S.Real.Exponent(sign) * exponent, significand: 1)
          let scaled = a.map { S(real: factor) * $0 }
          let svd = try await decompose(.dense(scaled), count: 4, method: method, partitions: 3)
          // Scaled to near 1 the numbers are not those of A, but a power of two from it.
          for (x, y) in zip(svd.values, reference.values) {
            #expect((x / factor - y).magnitude <= 40 * S.Real.ulpOfOne * y)
          }
          #expect(svd.converged)
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: ScalarKind.allCases, SVDMethod.allCases)
  func clustersAndRepeatedValuesKeepOrthonormalVectors(scalar: ScalarKind, method: SVDMethod) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 53)
      // Two sixfold values and a cluster between them, hidden by random unitary factors.
      let (m, n) = (80, 60)
      let u = try generator.dense(m, n, of: S.self).qr().q
      let v = try generator.dense(n, n, of: S.self).qr().q
      let values: [S.Real] = (0..<n).map { j in
        switch j {
        case 0..<6: return 4
        case 6..<12: return 3 + S.Real(8 * j) * S.Real.ulpOfOne
        case 12..<18: return 2
        default: return 1 / S.Real(j)
        }
      }
      let a = try DenseMatrix(rows: m, columns: n) { u[$0, $1] * S(real: values[$1]) } * v.adjoint()
      for count in [3, 6, 9, 18, 20] {
        let svd = try await decompose(.dense(a), count: count, method: method, partitions: 4)
        let name = "\(count) by \(method), \(scalar)"
        #expect(svd.converged, "\(name)")
        let digits = S.Real(method == .lanczos ? 1e-5 : 0)
        try svd.check(
          a, expected: values.sorted(by: >), accuracy: max(digits, 35 * S.Real(m) * S.Real.ulpOfOne), name)
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [(30, 12), (12, 30)], SVDMethod.allCases)
  func theBitsAreTheSameOnAnyNumberOfWorkers(shape: (Int, Int), method: SVDMethod) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 54)
      let dense: DenseMatrix<S> = generator.dense(shape.0, shape.1)
      let sparse: SparseMatrix<S> = try generator.sparse(shape.0, shape.1, density: 0.3)
      for local in [LocalMatrix.dense(dense), .sparse(sparse)] {
        let expected = try await decompose(local, count: 5, method: method, partitions: 8, workers: 1)
        #expect(expected.converged)
        for (workers, encodes) in [(1, true), (2, false), (3, true), (7, true)] {
          let svd = try await decompose(
            local, count: 5, method: method, partitions: 8, workers: workers, encodes: encodes)
          #expect(svd.fingerprint == expected.fingerprint, "\(workers) workers, \(S.kind)")
        }
      }
    }
    for scalar in ScalarKind.allCases { try await check(scalar.type) }
  }
}

@Suite(.timeLimit(.minutes(30))) struct SVDArgumentTests {
  private func withMatrix(_ body: (RowMatrix<Double>) async throws -> Void) async throws {
    try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
      var generator = SeededGenerator(seed: 60)
      try await body(try await RowMatrix(.dense(generator.dense(9, 6)), partitions: 2, on: cluster))
    }
  }

  @Test func impossibleArgumentsAreRefused() async throws {
    try await withMatrix { a in
      await #expect(throws: LinearAlgebraError.self) { try await a.svd(count: -1) }
      await #expect(throws: LinearAlgebraError.self) { try await a.svd(count: 1, tolerance: -1) }
      await #expect(throws: LinearAlgebraError.self) { try await a.svd(count: 1, tolerance: .nan) }
      await #expect(throws: LinearAlgebraError.self) { try await a.svd(count: 5, method: .lanczos) }
    }
  }

  @Test func noValuesStillCostOnePassAndTellTheNorm() async throws {
    try await withMatrix { a in
      let svd = try await a.svd(count: 0, leftVectors: true)
      #expect(svd.singularValues.isEmpty && svd.right.shape == Shape(6, 0) && svd.left?.shape == Shape(9, 0))
      #expect(svd.converged && svd.passes == 1)
      #expect(svd.frobeniusNorm == (try await a.magnitudes().frobenius))
    }
  }

  @Test func leftVectorsComeOnRequestAndAreCutAsTheMatrixIs() async throws {
    try await withMatrix { a in
      #expect(try await a.svd(count: 2).left == nil)
      #expect(
        try await a.svd(count: 2, leftVectors: true).left?.partitioning.rowCuts == a.partitioning.rowCuts)
      let wide = try await a.adjoint().materialized(partitions: 3)
      #expect(try await wide.svd(count: 2).left == nil)
      #expect(
        try await wide.svd(count: 2, leftVectors: true).left?.partitioning.rowCuts
          == wide.partitioning.rowCuts)
    }
  }

  @Test func aToleranceOfZeroAsksForNoMoreThanRounding() async throws {
    try await withMatrix { a in
      for method in SVDMethod.allCases {
        let svd = try await a.svd(count: 3, method: method, tolerance: 0, leftVectors: true)
        let found = svd.singularValues.count
        #expect(svd.converged == (found == 3) && svd.residuals.count == found)
        #expect(svd.right.columns == found && svd.left?.columns == found)
        #expect(found > 0)
        let limit = 1000 * Double.ulpOfOne * (svd.singularValues.first ?? 0)
        #expect(svd.residuals.allSatisfy { $0 <= limit })
      }
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity], SVDMethod.allCases)
  func whatIsNotFiniteIsNamedInTheFirstPass(value: Double, method: SVDMethod) async throws {
    for (m, n, row, column) in [(9, 6, 4, 2), (6, 9, 2, 4), (4, 4, 3, 0)] {
      var a = DenseMatrix<Double>(rows: m, columns: n) { 1 + Double($0 * $1) }
      a[row, column] = value
      a[m - 1, n - 1] = value
      let error = LinearAlgebraError.notFinite(row: row, column: column)
      await #expect(throws: error) { try await decompose(.dense(a), count: 2, method: method) }
      await #expect(throws: error) { try await decompose(.sparse(a.sparse()), count: 2, method: method) }
    }
  }

  /// The estimates of Lanczos and the residuals of the block iteration, in every scalar: of ascending passes, not
  /// negative, and in the end below what was asked for.
  @Test(arguments: ScalarKind.allCases, [SVDMethod.lanczos, .randomized])
  func theHistoryOfAnIterationEndsBelowTheTolerance(scalar: ScalarKind, method: SVDMethod) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 52)
      let a: DenseMatrix<S> = generator.dense(150, 90)
      try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
        let rows = try await RowMatrix(.dense(a), partitions: 3, on: cluster)
        let svd = try await rows.svd(count: 4, method: method, tolerance: 1e-4)
        let passes = svd.history.map(\.passes)
        #expect(svd.converged && passes.count > 1 && passes == Array(Set(passes)).sorted())
        #expect(passes.allSatisfy { $0 > 1 && $0 <= svd.passes })
        #expect(svd.history.allSatisfy { $0.residual >= 0 && $0.residual < 1 })
        #expect((svd.history.last?.residual ?? 1) < 1e-2 * (svd.history.first?.residual ?? 0))
        #expect(try await rows.svd(count: 4, method: .gram).history.isEmpty)
      }
    }
    try await check(scalar.type)
  }

  @Test func passesAreReportedAsTheyHappen() async throws {
    try await withMatrix { a in
      for method in SVDMethod.allCases {
        let progress = Progress()
        let svd = try await a.svd(count: 2, method: method) { progress.add($0) }
        #expect(progress.seen == progress.seen.sorted() && progress.seen.first == 1)
        #expect(progress.seen.last == svd.passes, "\(method)")
      }
    }
  }
}

private final class Progress: Sendable {
  private let passes = Mutex([Int]())
  var seen: [Int] { passes.withLock { $0 } }
  func add(_ pass: Int) { passes.withLock { $0.append(pass) } }
}
