// R of the QR factorization of [A B], A and B in slabs cut alike: as TriangleTask, without ever joining the two on
// one worker but slab by slab. 2m (n+p)^2 flops; (n+p)(n+p+1)/2 words from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

enum JoinedTriangleTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<LocalMatrix<S>, LocalMatrix<S>>
  static var name: String { scalarName("joined-triangle", S.self) }

  static func run(_: Empty, _ input: TilePair<LocalMatrix<S>, LocalMatrix<S>>, tile: Int) throws
    -> Triangle<S>
  {
    let (a, b) = (try input.first.dense(), try input.second.dense())
    guard a.rows == b.rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "joining", left: a.shape, right: b.shape)
    }
    return try Triangle(
      ofSlab: DenseMatrix(
        rows: a.rows, columns: a.columns + b.columns,
        elements: a.elements(in: .columnMajor) + b.elements(in: .columnMajor)))
  }

  static func combine(_ left: inout Triangle<S>, _ right: Triangle<S>, _: Empty) throws {
    try left.join(right)
  }
}

extension RowMatrix {
  /// R of the QR factorization of [A B], min(m, n + p) x (n + p), on the driver. One pass over both.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when B is not cut as A is, `ExecutionError`.
  package func triangle(joined b: RowMatrix) async throws -> DenseMatrix<S> {
    guard partitioning.rowCuts == b.partitioning.rowCuts else {
      throw LinearAlgebraError.shapeMismatch(operation: "joining", left: shape, right: b.shape)
    }
    let a = try await materialized()
    return try await cluster.engine.reduce(
      JoinedTriangleTask<S>.self, Empty(),
      over: AlignedPair(a.tiles, try await b.rowMatrix(rowCuts: a.partitioning.rowCuts).tiles)
    ).matrix
  }
}
