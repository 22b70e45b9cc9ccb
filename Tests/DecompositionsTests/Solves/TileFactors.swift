// Factorizations and triangular solves by tiles, brought to the driver, for tests.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning
import TesseraTestSupport

/// P A = L U and X with A X = B, on the driver.
struct CollectedLU<S: Scalar>: Sendable, Equatable {
  let permutation: [Int]
  let lower: DenseMatrix<S>
  let upper: DenseMatrix<S>
  let solution: DenseMatrix<S>

  /// Factors `a`, which lies in `grid`, by tiles of `blockSize`.
  init(
    of a: LocalMatrix<S>, _ b: DenseMatrix<S>, blockSize: Int?, grid: Partitioning? = nil, workers: Int = 2,
    way: Way = .messagePassing
  ) async throws {
    self = try await withCluster(workers: workers, way: way, registry: .distributedMatrices) { cluster in
      try await CollectedLU(
        try await BlockMatrix(a, grid: grid, on: cluster).lu(blockSize: blockSize), b)
    }
  }

  private init(_ factors: BlockLUFactorization<S>, _ b: DenseMatrix<S>) async throws {
    permutation = factors.permutation
    lower = try await factors.lower().collect().dense()
    upper = try await factors.upper().collect().dense()
    solution = try await factors.solve(b)
  }

  /// |P A - L U|_1 / (n |A|_1 u): dget01.
  func residual(of a: DenseMatrix<S>) throws -> Double {
    let permuted = DenseMatrix(rows: a.rows, columns: a.columns) { a[permutation[$0], $1] }
    return try TestRatio.factors(permuted, lower * upper, dimension: a.rows)
  }
}

/// L of A = L L^H and X with A X = B, on the driver.
struct CollectedCholesky<S: Scalar>: Sendable, Equatable {
  let lower: DenseMatrix<S>
  let solution: DenseMatrix<S>

  /// Factors `a`, which lies in `grid`, by tiles of `blockSize`.
  init(
    of a: LocalMatrix<S>, _ b: DenseMatrix<S>, blockSize: Int?, grid: Partitioning? = nil, workers: Int = 2,
    way: Way = .messagePassing
  ) async throws {
    (lower, solution) = try await withCluster(workers: workers, way: way, registry: .distributedMatrices) {
      let factors = try await BlockMatrix(a, grid: grid, on: $0).cholesky(blockSize: blockSize)
      return (try await factors.lower().collect().dense(), try await factors.solve(b))
    }
  }
}

/// Tiles larger than the matrix, of it, of a part, and of one element.
func blockSizes(order n: Int) -> [Int?] { [nil, n + 3, max(1, (n + 2) / 3), n > 12 ? 5 : 1] }
