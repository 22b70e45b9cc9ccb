// R of the QR factorization of B = A X, A in slabs, X k columns that every worker has; B = A without X. Each
// slab factors its A_i X, and pairs of triangles are stacked and factored again up the reduction tree. Only R
// is formed. 2 m k^2 flops besides the product; k(k+1)/2 words from every worker. Unlike the Gram matrix it
// does not square the condition number. Source: Demmel, Grigori, Hoemmen, Langou, Communication-optimal
// Parallel and Sequential QR and LU Factorizations, SIAM J. Sci. Comput. 34, 2012 (TSQR).

import TesseraExecution
import TesseraLocalMatrices

enum TriangleTask<A: RowSlab>: ReduceTask {
  typealias S = A.Element
  typealias Arguments = DenseMatrix<S>?
  typealias Input = A
  static var name: String { A.taskName("triangle") }

  static func run(_ x: DenseMatrix<S>?, _ slab: A, tile: Int) throws -> Triangle<S> {
    let product = if let x { try slab.times(x) } else { try slab.local.dense() }
    return try Triangle(ofSlab: product)
  }

  static func combine(_ left: inout Triangle<S>, _ right: Triangle<S>, _ x: DenseMatrix<S>?) throws {
    try left.join(right)
  }
}

extension Triangle {
  /// R of a slab.
  init(ofSlab slab: DenseMatrix<S>) throws {
    let chunks = factorChunks(rows: slab.rows, columns: slab.columns, stride: MemoryLayout<S>.stride)
    if chunks.count == 1 {
      self.init(try slab.triangularFactor())
    } else {
      let parts = try chunks.map { try slab[$0, 0..<slab.columns].triangularFactor() }
      self.init(try DenseMatrix.stackedRows(parts).triangularFactor())
    }
  }

  /// R of this triangle over another.
  mutating func join(_ below: Triangle) throws {
    self = Triangle(try DenseMatrix.stackedRows([matrix, below.matrix]).triangularFactor())
  }
}
