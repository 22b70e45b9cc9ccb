// LU by tournament pivoting: LAPACK's ratios and HPL's, growth like partial pivoting's, singular columns by name, and
// the same bits everywhere.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct BlockLUTests {
  @Test(arguments: ScalarKind.allCases)
  func everyOrderAndTileSizeHasFactorsOfLAPACKsQuality(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 130)
      for n in [0, 1, 2, 3, 10, 50] {
        let a: DenseMatrix<S> = generator.dense(n, n)
        let b: DenseMatrix<S> = generator.dense(n, 3)
        for blockSize in blockSizes(order: n) {
          let name = "order \(n), tiles of \(blockSize ?? 0)"
          let found = try await CollectedLU(of: .dense(a), b, blockSize: blockSize, workers: 3)
          #expect(found.permutation.sorted() == Array(0..<n), "\(name)")
          for j in 0..<n {
            #expect(found.lower[j, j] == 1, "\(name)")
            for i in 0..<n where i < j {
              #expect(found.lower[i, j] == 0 && found.upper[j, i] == 0, "\(name)")
            }
          }
          #expect(try found.residual(of: a) < 30, "\(name)")
          #expect(try TestRatio.solve(a, found.solution, b) < 30, "\(name)")
        }
      }
    }
    try await check(scalar.type)
  }

  @Test(arguments: [
    MatrixKind.identity, .random, .graded, .illConditioned, .nearUnderflow, .nearOverflow,
  ])
  func everyKindOfMatrixSolvesToHPLsRatio(kind: MatrixKind) async throws {
    var generator = SeededGenerator(seed: 131)
    for n in [40, 257] {
      let a: DenseMatrix<Double> = kind.matrix(n, n, using: &generator)
      let b = try a * (generator.dense(n, 1) as DenseMatrix<Double>)
      let found = try await CollectedLU(of: .dense(a), b, blockSize: n / 9, workers: 4)
      #expect(try found.residual(of: a) < 30, "order \(n)")
      #expect(try TestRatio.highPerformance(a, found.solution, b) < 16, "order \(n)")
    }
  }

  @Test func multipliersAndGrowthAreLikePartialPivotings() async throws {
    var generator = SeededGenerator(seed: 132)
    let a: DenseMatrix<Double> = generator.dense(240, 240)
    let expected = try a.lu()
    for blockSize in [10, 30] {
      let found = try await CollectedLU(
        of: .dense(a), DenseMatrix(zeros: 240, 1), blockSize: blockSize, workers: 4)
      #expect(found.upper.norm(.max) < 3 * expected.upper.norm(.max))
      // The paper sees multipliers below 3 or so.
      #expect(found.lower.norm(.max) < 8)
    }
    let whole = try await CollectedLU(of: .dense(a), DenseMatrix(zeros: 240, 1), blockSize: 240)
    #expect(whole.permutation == expected.permutation && whole.upper == expected.upper)
  }

  @Test(arguments: ScalarKind.allCases)
  func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 133)
      let a: DenseMatrix<S> = generator.dense(61, 61)
      let b: DenseMatrix<S> = generator.dense(61, 2)
      let expected = try await CollectedLU(of: .dense(a), b, blockSize: 6, workers: 1)
      for (workers, way) in [
        (2, Way.dataflow), (3, .messagePassingEncoded), (4, .dataflowEncoded), (8, .messagePassing),
      ] {
        let found = try await CollectedLU(of: .dense(a), b, blockSize: 6, workers: workers, way: way)
        #expect(found == expected, "\(workers) workers, \(way)")
      }
      for grid in Partitioning.grids(61, 61) {
        #expect(try await CollectedLU(of: .dense(a), b, blockSize: 6, grid: grid) == expected)
      }
    }
    try await check(scalar.type)
  }

  @Test func aSingularMatrixNamesTheColumn() async throws {
    var generator = SeededGenerator(seed: 134)
    var a: DenseMatrix<Double> = generator.dense(30, 30)
    for i in 0..<30 { a[i, 17] = 0 }
    let zero = a
    for blockSize in [4, 7, 30] {
      await #expect(throws: LinearAlgebraError.singular(pivot: 17), "tiles of \(blockSize)") {
        _ = try await CollectedLU(
          of: .dense(zero), DenseMatrix(zeros: 30, 1), blockSize: blockSize, workers: 3)
      }
    }
    await #expect(throws: LinearAlgebraError.singular(pivot: 0)) {
      _ = try await CollectedLU<Double>(
        of: .sparse(SparseMatrix(zeros: 9, 9)), DenseMatrix(zeros: 9, 1), blockSize: 2)
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func theAdjointIsSolvedWithTheSameFactors(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 135)
      let a: DenseMatrix<S> = generator.dense(45, 45)
      let b: DenseMatrix<S> = generator.dense(45, 2)
      let x = try await withCluster(workers: 4, way: .messagePassing, registry: .distributedMatrices) {
        let factors = try await RowMatrix(.dense(a), partitions: 3, on: $0).lu(blockSize: 8)
        // Right sides in rows, in blocks and in cells of entries give the same.
        let spread = try await RowMatrix(.dense(b), partitions: 5, on: $0)
        let x = try await factors.solve(spread, adjoint: true).collect().dense()
        let entries = try await spread.coordinateMatrix()
        #expect(try await factors.solve(entries, adjoint: true).collect().dense() == x)
        #expect(try await factors.solve(b, adjoint: true) == x)
        return x
      }
      #expect(try TestRatio.solve(a.adjoint(), x, b) < 30)
    }
    try await check(scalar.type)
  }

  @Test func whatDoesNotFitIsRefusedBeforeAnythingStarts() async throws {
    let a = DenseMatrix<Double>(rows: 6, columns: 4) { Double($0 + $1) }
    await #expect(throws: LinearAlgebraError.self) {
      _ = try await CollectedLU(of: .dense(a), DenseMatrix(zeros: 6, 1), blockSize: 2)
    }
    let identity = DenseMatrix<Double>(identity: 6)
    await #expect(
      throws: LinearAlgebraError.shapeMismatch(
        operation: "solve", left: Shape(6, 6), right: Shape(5, 1))
    ) {
      _ = try await CollectedLU(of: .dense(identity), DenseMatrix(zeros: 5, 1), blockSize: 2)
    }
    await #expect(throws: LinearAlgebraError.self) {
      _ = try await CollectedLU(of: .dense(identity), DenseMatrix(zeros: 6, 1), blockSize: 0)
    }
    var bad = identity
    bad[4, 1] = .nan
    let broken = bad
    await #expect(throws: LinearAlgebraError.notFinite(row: 4, column: 1)) {
      _ = try await CollectedLU(of: .dense(broken), DenseMatrix(zeros: 6, 1), blockSize: 2)
    }
    await #expect(throws: LinearAlgebraError.notFinite(row: 3, column: 1)) {
      let right = DenseMatrix<Double>(rows: 6, columns: 2) { i, j in i == 3 && j == 1 ? .infinity : 1 }
      _ = try await CollectedLU(of: .dense(identity), right, blockSize: 2)
    }
  }
}
