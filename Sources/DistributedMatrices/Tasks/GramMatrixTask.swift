// G = A^H A = sum over slabs of A_i^H A_i, its upper triangle packed: n(n+1)/2 words from every worker.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum GramMatrixTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("gram-matrix", S.self) }

  static func run(_: Empty, _ slab: LocalMatrix<S>, tile: Int) throws -> VectorTile<S> {
    VectorTile(try slab.packedGram())
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}
