// C_i = A_i B for a slab A_i of m_i x k and a dense B of k x n that every worker has: kn words to every
// worker, none back. And y_i = A_i x, the case n = 1 whose result is a piece of a range vector.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum ProductTask<A: RowSlab>: MapTask {
  typealias S = A.Element
  typealias Arguments = DenseMatrix<S>
  typealias Input = A
  static var name: String { A.taskName("product") }

  static func run(_ b: DenseMatrix<S>, _ slab: A, tile: Int) throws -> LocalMatrix<S> {
    .dense(try slab.times(b))
  }
}

enum VectorProductTask<A: RowSlab>: MapTask {
  typealias S = A.Element
  typealias Arguments = VectorTile<S>
  typealias Input = A
  static var name: String { A.taskName("vector-product") }

  static func run(_ x: VectorTile<S>, _ slab: A, tile: Int) throws -> VectorTile<S> {
    VectorTile(try slab.times(x.elements))
  }
}
