// A P = Q R, A m x n, P a permutation, Q m x k orthonormal, R k x n upper triangular with
// r_11 >= r_22 >= ... >= 0 up to rounding, k = min(m, n): each step takes the column of largest remaining
// norm. Flops as without pivoting, half of them in matrix-vector products. Source: Businger, Golub 1965;
// Quintana-Orti, Sun, Bischof, A BLAS-3 Version of the QR Factorization with Column Pivoting, 1998; LAPACK
// geqp3.

/// The QR factorization with column pivoting A P = Q R of a dense matrix.
public struct PivotedQRFactorization<S: Scalar>: Sendable {
  /// m by min(m, n), orthonormal columns.
  public let q: DenseMatrix<S>
  /// min(m, n) by n, exact zeros below a real diagonal that descends and is not negative.
  public let r: DenseMatrix<S>
  /// Column j of A P is column `permutation[j]` of A.
  public let permutation: [Int]

  /// The number of diagonal elements of R above `tolerance`, by default `rankTolerance` times r_11. An estimate from
  /// above: the diagonal falls more slowly than the singular values, and Kahan's matrices hide small ones from it.
  public func rank(tolerance: S.Real? = nil) -> Int {
    let diagonal = r.diagonal.map(\.realPart)
    let limit =
      tolerance ?? rankTolerance(Shape(q.rows, r.columns)) * (diagonal.first ?? 0)
    return diagonal.count { $0 > limit }
  }

  /// |A P - Q R|_F / |A|_F for the matrix that was factored. 2mnk flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    guard a.columns == permutation.count else {
      throw .shapeMismatch(operation: "residual", left: a.shape, right: Shape(q.rows, r.columns))
    }
    let permuted = DenseMatrix(rows: a.rows, columns: a.columns) { a[$0, permutation[$1]] }
    return try permuted.relativeDifference(from: try q * r)
  }

  /// |I - Q^H Q|_F. 2mk^2 flops.
  ///
  /// - Throws: `outOfMemory`.
  public func orthogonality() throws(LinearAlgebraError) -> S.Real { try q.orthogonalityOfColumns() }
}

extension DenseMatrix {
  /// A P = Q R with Q m by min(m, n) and R min(m, n) by n, by Householder reflections with column pivoting:
  /// it reveals the rank. O(mn min(m, n)), slower than `qr()` by a small factor.
  ///
  /// - Throws: `notFinite` for NaN or infinity in A, `outOfMemory` without room for the workspace,
  ///   `invalidArgument` when norms of columns overflow.
  public func pivotedQR() throws(LinearAlgebraError) -> PivotedQRFactorization<S> {
    let a = columnMajor()
    try a.requireFinite()
    var reflectors = a.storage.withSlackColumn(rows)
    var tau = [S](repeating: 0, count: min(rows, columns))
    var pivots = [Int32](repeating: 0, count: columns)
    if !tau.isEmpty {
      let info = reflectors.withUnsafeMutableBufferPointer { reflectors in
        tau.withUnsafeMutableBufferPointer { tau in
          pivots.withUnsafeMutableBufferPointer {
            S.geqp3(rows, columns, reflectors.baseAddress!, rows, $0.baseAddress!, tau.baseAddress!)
          }
        }
      }
      guard info == 0 else { throw lapackFailure(info, "pivoted QR", workspaceBytes: byteCount) }
    } else {
      pivots = (0..<columns).map { Int32($0 + 1) }
    }
    let (q, r) = try explicitFactors(rows, columns, reflectors, tau)
    return PivotedQRFactorization(q: q, r: r, permutation: pivots.map { Int($0) - 1 })
  }
}
