// R of the QR factorization of B = A X, A in slabs, X k columns that every worker has; B = A without X. Each
// slab factors its A_i X, and pairs of triangles are stacked and factored again up the reduction tree. Only R
// is formed. 2 m k^2 flops besides the product; k(k+1)/2 words from every worker. Unlike the Gram matrix it
// does not square the condition number. Source: Demmel, Grigori, Hoemmen, Langou, Communication-optimal
// Parallel and Sequential QR and LU Factorizations, SIAM J. Sci. Comput. 34, 2012 (TSQR).

import TesseraExecution
import TesseraLocalMatrices

enum TriangleTask<S: Scalar>: ReduceTask {
  typealias Arguments = DenseMatrix<S>?
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("triangle", S.self) }

  static func run(_ x: DenseMatrix<S>?, _ slab: LocalMatrix<S>, tile: Int) throws -> Triangle<S> {
    let product = if let x { try slab * .dense(x) } else { slab }
    return try triangle(of: try product.dense())
  }

  /// R of a slab.
  static func triangle(of slab: DenseMatrix<S>) throws -> Triangle<S> {
    let chunks = factorChunks(rows: slab.rows, columns: slab.columns, stride: MemoryLayout<S>.stride)
    if chunks.count == 1 { return Triangle(try slab.triangularFactor()) }
    let parts = try chunks.map { try slab[$0, 0..<slab.columns].triangularFactor() }
    return Triangle(try DenseMatrix.stackedRows(parts).triangularFactor())
  }

  static func combine(_ left: inout Triangle<S>, _ right: Triangle<S>, _ x: DenseMatrix<S>?) throws {
    left = Triangle(try DenseMatrix.stackedRows([left.matrix, right.matrix]).triangularFactor())
  }
}
