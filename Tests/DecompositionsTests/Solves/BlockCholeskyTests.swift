// The Cholesky factorization by tiles: LAPACK's ratio, the leading minor that is not positive, Hermitian matrices
// only, and the same bits everywhere.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct BlockCholeskyTests {
  @Test(arguments: ScalarKind.allCases)
  func everyOrderAndTileSizeHasAFactorOfLAPACKsQuality(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 140)
      for n in [0, 1, 2, 3, 10, 50] {
        let a: DenseMatrix<S> = MatrixKind.random.hermitian(n, positive: true, using: &generator)
        let b: DenseMatrix<S> = generator.dense(n, 3)
        for blockSize in blockSizes(order: n) {
          let name = "order \(n), tiles of \(blockSize ?? 0)"
          let found = try await CollectedCholesky(of: .dense(a), b, blockSize: blockSize, workers: 3)
          let lower = found.lower
          for j in 0..<n {
            #expect(lower[j, j].realPart > 0 && lower[j, j].imaginaryPart == 0, "\(name)")
            for i in 0..<j { #expect(lower[i, j] == 0, "\(name)") }
          }
          #expect(try TestRatio.factors(a, lower * lower.adjoint(), dimension: n) < 30, "\(name)")
          #expect(try TestRatio.solve(a, found.solution, b) < 30, "\(name)")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [MatrixKind.identity, .random, .nearUnderflow, .nearOverflow])
  func everyKindOfMatrixSolvesToHPLsRatio(kind: MatrixKind) async throws {
    var generator = SeededGenerator(seed: 141)
    for n in [40, 257] {
      // A graded matrix is not definite to rounding: its diagonal is lifted.
      var a: DenseMatrix<Double> = kind.hermitian(n, positive: true, using: &generator)
      let lift = a.norm(.max)
      for i in 0..<n { a[i, i] += lift }
      let b = try a * (generator.dense(n, 1) as DenseMatrix<Double>)
      let found = try await CollectedCholesky(of: .dense(a), b, blockSize: n / 9, workers: 4)
      #expect(try TestRatio.factors(a, found.lower * found.lower.adjoint(), dimension: n) < 30)
      #expect(try TestRatio.highPerformance(a, found.solution, b) < 16, "order \(n)")
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 142)
      let a: DenseMatrix<S> = MatrixKind.random.hermitian(61, positive: true, using: &generator)
      let b: DenseMatrix<S> = generator.dense(61, 2)
      let expected = try await CollectedCholesky(of: .dense(a), b, blockSize: 6, workers: 1)
      for (workers, way) in [
        (2, Way.dataflow), (3, .messagePassingEncoded), (4, .dataflowEncoded), (8, .messagePassing),
      ] {
        let found = try await CollectedCholesky(of: .dense(a), b, blockSize: 6, workers: workers, way: way)
        #expect(found == expected, "\(workers) workers, \(way)")
      }
      for grid in Partitioning.grids(61, 61) {
        #expect(try await CollectedCholesky(of: .dense(a), b, blockSize: 6, grid: grid) == expected)
      }
      #expect(
        try await CollectedCholesky(of: .sparse(a.sparse()), b, blockSize: 6, workers: 3) == expected)
    }
    try await check(scalar.type)
  }

  @Test func aMatrixThatIsNotDefiniteNamesTheMinor() async throws {
    var generator = SeededGenerator(seed: 143)
    let definite: DenseMatrix<Double> = MatrixKind.random.hermitian(30, positive: true, using: &generator)
    for order in [1, 8, 17, 30] {
      var a = definite
      a[order - 1, order - 1] = -1
      let indefinite = a
      for blockSize in [4, 7, 30] {
        await #expect(throws: LinearAlgebraError.notPositiveDefinite(order: order)) {
          _ = try await CollectedCholesky(
            of: .dense(indefinite), DenseMatrix(zeros: 30, 1), blockSize: blockSize, workers: 3)
        }
      }
    }
  }

  @Test func whatIsNotHermitianOrNotFiniteIsRefused() async throws {
    var generator = SeededGenerator(seed: 144)
    let a: DenseMatrix<Complex<Double>> = MatrixKind.random.hermitian(12, positive: true, using: &generator)
    let b = DenseMatrix<Complex<Double>>(zeros: 12, 1)
    var broken = [a, a, a]
    broken[0][3, 7] += Complex(1e-6, 0)
    broken[1][5, 5] += Complex(0, 1e-6)
    broken[2] = a.transposed().map { $0 * Complex(0, 1) }
    for matrix in broken {
      await #expect(throws: LinearAlgebraError.self) {
        _ = try await CollectedCholesky(of: .dense(matrix), b, blockSize: 5)
      }
    }
    var infinite = a
    infinite[2, 9] = Complex(.infinity, 0)
    let matrix = infinite
    await #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 9)) {
      _ = try await CollectedCholesky(of: .dense(matrix), b, blockSize: 5)
    }
  }
}
