// R of the QR factorization of B = A X, A in slabs, X k columns that every worker has; B = A without X. Each
// slab factors its A_i X, and pairs of triangles are stacked and factored again up the reduction tree. Only R
// is formed. 2 m k^2 flops besides the product; k^2 words from every worker. Unlike the Gram matrix it does
// not square the condition number. Source: Demmel, Grigori, Hoemmen, Langou, Communication-optimal Parallel
// and Sequential QR and LU Factorizations, SIAM J. Sci. Comput. 34, 2012 (TSQR).

import TesseraExecution
import TesseraLocalMatrices

enum TriangleTask<S: Scalar>: ReduceTask {
  typealias Arguments = DenseMatrix<S>?
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("triangle", S.self) }

  static func run(_ x: DenseMatrix<S>?, _ slab: LocalMatrix<S>, tile: Int) throws -> DenseMatrix<S> {
    let factor = if let x { try slab * .dense(x) } else { slab }
    return try factor.dense().qr().r
  }

  static func combine(_ left: inout DenseMatrix<S>, _ right: DenseMatrix<S>, _ x: DenseMatrix<S>?)
    throws
  {
    left = try DenseMatrix.stackedRows([left, right]).qr().r
  }
}
