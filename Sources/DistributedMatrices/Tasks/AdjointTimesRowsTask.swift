// C = A^H B = sum over slabs of A_i^H B_i, A m x n and B m x k cut alike, C n x k on the driver: nk words
// from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum AdjointTimesRowsTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<LocalMatrix<S>, LocalMatrix<S>>
  static var name: String { scalarName("adjoint-times-rows", S.self) }

  static func run(_: Empty, _ input: TilePair<LocalMatrix<S>, LocalMatrix<S>>, tile: Int) throws
    -> VectorTile<S>
  {
    VectorTile(try (input.first.adjoint() * input.second).dense().elements(in: .columnMajor))
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}
