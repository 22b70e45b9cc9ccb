// C = A^H B = sum over slabs of A_i^H B_i, A m x n and B m x k cut alike, C n x k on the driver: nk words
// from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum AdjointTimesRowsTask<A: RowSlab>: ReduceTask {
  typealias S = A.Element
  typealias Arguments = Empty
  typealias Input = TilePair<A, LocalMatrix<S>>
  static var name: String { A.taskName("adjoint-times-rows") }

  static func run(_: Empty, _ input: TilePair<A, LocalMatrix<S>>, tile: Int) throws -> VectorTile<S> {
    let product =
      switch input.second {
      case .dense(let b): try input.first.adjointTimes(b)
      case .sparse: try (input.first.local.adjoint() * input.second).dense()
      }
    return VectorTile(product.elements(in: .columnMajor))
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}
