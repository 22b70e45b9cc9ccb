// Triangular solves with distributed triangles: componentwise accurate, for each half, read as it is or as its
// adjoint, whatever lies beyond the diagonal.

import Numerics
import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct TriangularSolveTests {
  private let parts = [TriangularPart.Half.lower, .upper].flatMap { half in
    [false, true].flatMap { unit in
      [false, true].map { TriangularPart(half, hasUnitDiagonal: unit, isAdjoint: $0) }
    }
  }

  @Test(arguments: ScalarKind.allCases)
  func everyTriangleIsSolved(scalar: ScalarKind) async throws {
    func check<S: Scalar>(_: S.Type) async throws {
      var generator = SeededGenerator(seed: 150)
      for n in [0, 1, 3, 10, 40] {
        // Small beyond a diagonal near one, so that the condition stays small.
        let a = DenseMatrix<S>(rows: n, columns: n) { i, j in
          let x: S = generator.scalar()
          return i == j ? 2 + x / 2 : x / S(real: S.Real(n))
        }
        for p in [0, 1, 3] {
          let b: DenseMatrix<S> = generator.dense(n, p)
          for part in parts {
            let t = triangle(a, part)
            for blockSize in [nil, 7, n + 1] {
              let x = try await solve(a, part, b, blockSize: blockSize, workers: 4)
              #expect(x.shape == Shape(n, p))
              #expect(try TestRatio.solve(t, x, b) < 30, "\(part), order \(n), tiles of \(blockSize ?? 0)")
            }
          }
        }
      }
    }
    try await check(scalar.type)
  }

  @Test func theBitsAreTheSameOnAnyNumberOfWorkersInEveryStyle() async throws {
    var generator = SeededGenerator(seed: 151)
    let a = DenseMatrix<Complex<Double>>(rows: 33, columns: 33) { i, j in
      i == j ? 2 : generator.scalar() / 33
    }
    let b: DenseMatrix<Complex<Double>> = generator.dense(33, 300)
    for part in parts {
      let expected = try await solve(a, part, b, blockSize: 5, workers: 1)
      for (workers, way) in [(2, Way.dataflow), (3, .messagePassingEncoded), (6, .messagePassing)] {
        #expect(
          try await solve(a, part, b, blockSize: 5, workers: workers, way: way) == expected,
          "\(part), \(workers) workers, \(way)")
      }
    }
  }

  @Test func whatBlocksHoldBeyondTheDiagonalIsNotRead() async throws {
    var generator = SeededGenerator(seed: 152)
    let b: DenseMatrix<Double> = generator.dense(20, 2)
    let a = DenseMatrix<Double>(rows: 20, columns: 20) { i, j in
      i == j ? 3 : i > j ? generator.scalar() / 20 : 0
    }
    let filled = DenseMatrix<Double>(rows: 20, columns: 20) { i, j in i < j ? 1e9 : a[i, j] }
    for blockSize in [3, 20] {
      #expect(
        try await solve(a, TriangularPart(.lower), b, blockSize: blockSize)
          == solve(filled, TriangularPart(.lower), b, blockSize: blockSize))
    }
  }

  @Test func refusalsNameWhatIsWrong() async throws {
    var a = DenseMatrix<Double>(identity: 9)
    a[6, 6] = 0
    let singular = a
    let b = DenseMatrix<Double>(rows: 9, columns: 1) { _, _ in 1 }
    await #expect(throws: LinearAlgebraError.singular(pivot: 6)) {
      _ = try await solve(singular, TriangularPart(.upper), b, blockSize: 4)
    }
    #expect(
      try await solve(singular, TriangularPart(.upper, hasUnitDiagonal: true), b, blockSize: 4) == b)
    await #expect(
      throws: LinearAlgebraError.shapeMismatch(
        operation: "solve", left: Shape(9, 9), right: Shape(8, 1))
    ) { _ = try await solve(singular, TriangularPart(.upper), DenseMatrix(zeros: 8, 1), blockSize: 4) }
  }

  private func triangle<S: Scalar>(_ a: DenseMatrix<S>, _ part: TriangularPart) -> DenseMatrix<S> {
    let t = DenseMatrix<S>(rows: a.rows, columns: a.columns) { i, j in
      i == j ? (part.hasUnitDiagonal ? 1 : a[i, j]) : (i < j) == (part.half == .upper) ? a[i, j] : 0
    }
    return part.isAdjoint ? t.adjoint() : t
  }

  private func solve<S: Scalar>(
    _ a: DenseMatrix<S>, _ part: TriangularPart, _ b: DenseMatrix<S>, blockSize: Int?, workers: Int = 2,
    way: Way = .messagePassing
  ) async throws -> DenseMatrix<S> {
    try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      try await BlockMatrix(.dense(a), on: cluster).solve(part, b, blockSize: blockSize)
    }
  }
}
