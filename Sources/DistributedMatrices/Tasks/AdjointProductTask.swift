// x = A^H y = sum over slabs of A_i^H y_i, y beside the slabs: n words from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum AdjointProductTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<LocalMatrix<S>, VectorTile<S>>
  static var name: String { scalarName("adjoint-product", S.self) }

  static func run(_: Empty, _ input: TilePair<LocalMatrix<S>, VectorTile<S>>, tile: Int) throws
    -> VectorTile<S>
  {
    switch input.first.adjoint() {
    case .dense(let a): VectorTile(try a * input.second.elements)
    case .sparse(let a): VectorTile(try a * input.second.elements)
    }
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}
