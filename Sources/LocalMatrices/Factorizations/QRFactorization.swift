// A = Q R, A m x n, Q m x k with orthonormal columns, R k x n upper triangular, k = min(m, n).
// Householder: 4mnk - 2(m + n)k^2 + 4k^3/3 flops and as many again for Q; 2mn elements of memory.
// Source: Golub, Van Loan, Matrix Computations, 5.2; LAPACK geqrf, orgqr.

/// The thin QR factorization A = Q R of a dense matrix, tall or wide, of any rank.
public struct QRFactorization<S: Scalar>: Sendable {
  /// m by min(m, n), orthonormal columns.
  public let q: DenseMatrix<S>
  /// min(m, n) by n, exact zeros below a diagonal that is real and not negative.
  public let r: DenseMatrix<S>

  /// |A - Q R|_F / |A|_F for the matrix that was factored. 2mnk flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    try a.relativeDifference(from: try q * r)
  }

  /// |I - Q^H Q|_F. 2mk^2 flops.
  ///
  /// - Throws: `outOfMemory`.
  public func orthogonality() throws(LinearAlgebraError) -> S.Real { try q.orthogonalityOfColumns() }
}

extension DenseMatrix {
  /// A = Q R with Q m by min(m, n) and R min(m, n) by n, by Householder reflections: backward stable for
  /// any condition number and any rank. The diagonal of R is not negative, so a matrix of full column rank
  /// has one answer. O(mn min(m, n)).
  ///
  /// - Throws: `notFinite` for NaN or infinity in A, `outOfMemory` without room for the workspace,
  ///   `invalidArgument` when norms of columns overflow.
  public func qr() throws(LinearAlgebraError) -> QRFactorization<S> {
    let a = columnMajor()
    try a.requireFinite()
    var reflectors = a.storage
    var tau = [S](repeating: 0, count: min(rows, columns))
    if !tau.isEmpty {
      let info = reflectors.withUnsafeMutableBufferPointer { reflectors in
        tau.withUnsafeMutableBufferPointer {
          S.geqrf(rows, columns, reflectors.baseAddress!, rows, $0.baseAddress!)
        }
      }
      guard info == 0 else { throw lapackFailure(info, "QR", workspaceBytes: byteCount) }
    }
    // Golub, Van Loan, 5.2: n^2 (m - n/3) multiply-adds for R, the same for the columns of Q.
    let (short, long) = (min(rows, columns), max(rows, columns))
    S.count(multiplyAdds: short * short * (3 * long - short) / 3 + short * short * (3 * rows - short) / 3)
    let (q, r) = try explicitFactors(rows, columns, reflectors, tau)
    return QRFactorization(q: q, r: r)
  }

  /// R of `qr()` alone, for half the work: min(m, n) by n, to the last bit the same.
  ///
  /// - Throws: as `qr()`.
  public func triangularFactor() throws(LinearAlgebraError) -> DenseMatrix<S> {
    let a = columnMajor()
    try a.requireFinite()
    let k = min(rows, columns)
    guard k > 0 else { return DenseMatrix(zeros: k, columns) }
    var reflectors = a.storage
    var tau = [S](repeating: 0, count: k)
    let info = reflectors.withUnsafeMutableBufferPointer { reflectors in
      tau.withUnsafeMutableBufferPointer {
        S.geqrf(rows, columns, reflectors.baseAddress!, rows, $0.baseAddress!)
      }
    }
    guard info == 0 else { throw lapackFailure(info, "QR", workspaceBytes: byteCount) }
    return upperFactor(rows, columns, reflectors)
  }
}
