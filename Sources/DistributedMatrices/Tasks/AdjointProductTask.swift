// x = A^H y = sum over slabs of A_i^H y_i, y beside the slabs: n words from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum AdjointProductTask<A: RowSlab>: ReduceTask {
  typealias S = A.Element
  typealias Arguments = Empty
  typealias Input = TilePair<A, VectorTile<S>>
  static var name: String { A.taskName("adjoint-product") }

  static func run(_: Empty, _ input: TilePair<A, VectorTile<S>>, tile: Int) throws -> VectorTile<S> {
    VectorTile(try input.first.adjointTimes(input.second.elements))
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}
