// Every decomposition names the row and the column of the first number that is none, in the matrix as it was given.

import TesseraDecompositions
import TesseraDistributedMatrices
import TesseraExecution
import TesseraLocalMatrices
import TesseraTestSupport
import Testing

private typealias Decomposition = @Sendable (RowMatrix<Double>) async throws -> Void

private let decompositions: [(name: String, run: Decomposition)] = [
  ("svd", { _ = try await $0.svd(count: 2) }), ("two-norm", { _ = try await $0.twoNorm() }),
  ("qr", { _ = try await $0.qr() }), ("pivoted qr", { _ = try await $0.qr(pivoting: true) }),
  ("tsqr", { _ = try await $0.qr(method: .tsqr, orthogonalFactor: false) }),
  ("block qr", { _ = try await $0.blockMatrix().qr(panelWidth: 3) }),
  ("pca", { _ = try await $0.pca(count: 2) }),
  ("scaled pca", { _ = try await $0.pca(count: 2, unitVariance: true) }),
  ("statistics", { _ = try await $0.columnStatistics() }), ("covariance", { _ = try await $0.covariance() }),
  ("correlation", { _ = try await $0.correlation() }),
  ("similarities of columns", { _ = try await $0.columnSimilarities() }),
  ("similarities of rows", { _ = try await $0.rowSimilarities(standardError: 0.5) }),
]

@Suite(.timeLimit(.minutes(30))) struct NotFiniteTests {
  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func theFirstIsNamedByEveryDecomposition(value: Double) async throws {
    for (m, n, row, column) in [(31, 5, 17, 3), (5, 31, 2, 29), (8, 8, 7, 0)] {
      var a = DenseMatrix<Double>(rows: m, columns: n) { 1 / Double($0 + $1 + 1) }
      a[row, column] = value
      for local in [LocalMatrix.dense(a), .sparse(a.sparse())] {
        try await withCluster(workers: 2, registry: .distributedMatrices) { cluster in
          let matrix = try await RowMatrix(local, partitions: 4, on: cluster)
          for (name, run) in decompositions {
            await #expect(throws: LinearAlgebraError.notFinite(row: row, column: column), "\(name)") {
              try await run(matrix)
            }
            await #expect(
              throws: LinearAlgebraError.notFinite(row: column, column: row), "\(name), transposed"
            ) {
              try await run(matrix.transposed())
            }
          }
        }
      }
    }
  }
}
