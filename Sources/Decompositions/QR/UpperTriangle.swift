// The inverse of an upper triangle R: R X = I. n^3/3 flops.

import TesseraLocalMatrices

extension DenseMatrix {
  /// The inverse of this upper triangle of order n, in column order. What is below the diagonal is not read.
  ///
  /// - Precondition: as many rows as columns.
  /// - Throws: `outOfMemory`.
  func inverseOfUpperTriangle() throws(LinearAlgebraError) -> DenseMatrix {
    precondition(rows == columns)
    let n = rows
    var x = DenseMatrix(identity: n).elements(in: .columnMajor)
    let r = elements(in: .columnMajor)
    x.withUnsafeMutableBufferPointer { x in
      r.withUnsafeBufferPointer { r in
        guard let x = x.baseAddress, let r = r.baseAddress else { return }
        S.trsm(left: true, upper: true, .identity, n, n, r, n, x, n)
      }
    }
    return try DenseMatrix(rows: n, columns: n, elements: x)
  }
}
