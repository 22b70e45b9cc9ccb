// H = I - Y T Y^H with H [D; 0] = Q, from an orthonormal Q of m x w, m >= w, that a tree of reflections has
// computed: D a diagonal of unit moduli, Y unit lower trapezoidal, T upper triangular. With it a panel that was
// factored by a tree updates what is to its right in two products, as a panel of Householder reflections would.
//
//   Q - [D; 0] = Y U     LU without pivoting, d_i = -x/|x| for the element x that is the pivot then: no pivot of
//                        U = (x - d_i) is below one, and nothing grows
//   T^-1 = the strict upper triangle of Y^H Y, and half its diagonal: what makes H unitary whatever Y is
//
// 2 m w^2 flops beside those of Q; w^2 words to and w(w+1)/2 from every worker. Source: Ballard, Demmel, Grigori,
// Jacquelin, Knight, Nguyen, Reconstructing Householder Vectors from Tall-Skinny QR, J. Parallel and Distributed
// Computing 85, 2015; Puglisi, Modification of the Householder Method Based on the Compact WY Representation,
// SIAM J. Sci. Stat. Comput. 13, 1992.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices
import TesseraPartitioning

struct PanelReflector<S: Scalar>: Sendable {
  /// Y, m x w, in blocks cut as what it is applied to.
  let y: BlockMatrix<S>
  /// T, w x w.
  let t: DenseMatrix<S>
  /// The diagonal of D.
  let d: [S]

  /// - Parameter cuts: how Y's rows are to be cut.
  /// - Precondition: Q has at least as many rows as columns.
  init(_ q: RowMatrix<S>, cuts: Cuts) async throws {
    let w = q.columns
    var top = try await q.slice(rows: 0..<w).collect().dense().columnMajor()
    var d: [S] = []
    for i in 0..<w {
      let pivot = top[i, i]
      d.append(pivot == 0 ? -1 : -pivot * S(real: 1 / pivot.modulus))
      top[i, i] = pivot - d[i]
      for k in i + 1..<max(w, i + 1) {
        let factor = top[k, i] / top[i, i]
        top[k, i] = factor
        for j in i + 1..<w { top[k, j] -= factor * top[i, j] }
      }
    }
    let u = DenseMatrix<S>(rows: w, columns: w) { $0 <= $1 ? top[$0, $1] : 0 }
    var corner = try TripletMatrix<S>(rows: q.rows, columns: w)
    for i in 0..<w { corner.append(i, i, d[i]) }
    let shift = try await RowMatrix(.sparse(try corner.compressed(by: .rows)), beside: q)
    let rows = try await q.subtracting(shift).divided(byUpper: u)
    let gram = try await rows.gram()
    let inverse = DenseMatrix<S>(rows: w, columns: w) { i, j in
      i < j ? gram[i, j] : i == j ? S(real: gram[i, i].realPart / 2) : 0
    }
    t = try inverse.inverseOfUpperTriangle()
    y = try await rows.blockMatrix(
      grid: Partitioning(rowCuts: cuts, columnCuts: Cuts(even: w, parts: 1)))
    self.d = d
  }

  /// H C, or H^H C. 4 m w n flops.
  func applied(adjoint: Bool, to c: BlockMatrix<S>) async throws -> BlockMatrix<S> {
    if c.columns == 0 { return c }
    let inner = try await (adjoint ? t.adjoint() : t) * (y.adjoint() * c)
    return try await c.subtracting(y * inner)
  }
}
