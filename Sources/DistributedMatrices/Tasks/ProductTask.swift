// C_i = A_i B for a slab A_i of m_i x k and a dense B of k x n that every worker has: kn words to every
// worker, none back. And y_i = A_i x, the case n = 1 whose result is a piece of a range vector.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum ProductTask<S: Scalar>: MapTask {
  typealias Arguments = DenseMatrix<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("product", S.self) }

  static func run(_ b: DenseMatrix<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    try slab * .dense(b)
  }
}

enum VectorProductTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("vector-product", S.self) }

  static func run(_ x: VectorTile<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> VectorTile<S> {
    switch slab {
    case .dense(let a): VectorTile(try a * x.elements)
    case .sparse(let a): VectorTile(try a * x.elements)
    }
  }
}
