// A = U S V^H, A m x n, U m x k and V n x k with orthonormal columns, S = diag(s_1 >= ... >= s_k >= 0),
// k = min(m, n). Bidiagonalization, then divide and conquer: about 4mnk + 22k^3 flops with vectors, 8/3 k^3
// without; mn + k^2 elements of workspace. Where divide and conquer does not converge, implicit QR steps take
// over. Source: Gu, Eisenstat 1995; Golub, Reinsch 1970; LAPACK gesdd, gesvd.

/// The thin singular value decomposition A = U S V^H of a dense matrix.
public struct SingularValueDecomposition<S: Scalar>: Sendable {
  /// The left singular vectors: m by min(m, n), orthonormal columns.
  public let u: DenseMatrix<S>
  /// The min(m, n) singular values, descending, none negative.
  public let singularValues: [S.Real]
  /// The right singular vectors: n by min(m, n), orthonormal columns.
  public let v: DenseMatrix<S>

  /// The number of singular values above `tolerance`, by default `rankTolerance` times the largest.
  public func rank(tolerance: S.Real? = nil) -> Int {
    let limit =
      tolerance ?? rankTolerance(Shape(u.rows, v.rows)) * (singularValues.first ?? 0)
    return singularValues.count { $0 > limit }
  }

  /// |A - U S V^H|_F / |A|_F for the matrix that was factored. 2mnk flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    try a.relativeDifference(from: try u.scalingColumns(by: singularValues.map { S(real: $0) }) * v.adjoint())
  }

  /// The larger of |I - U^H U|_F and |I - V^H V|_F. 2(m + n)k^2 flops.
  ///
  /// - Throws: `outOfMemory`.
  public func orthogonality() throws(LinearAlgebraError) -> S.Real {
    maximum(try u.orthogonalityOfColumns(), try v.orthogonalityOfColumns())
  }
}

extension DenseMatrix {
  /// A = U S V^H with U m by k, V n by k and k = min(m, n) singular values, descending. Each singular value
  /// is right to a few units of rounding times the largest. O(mn min(m, n)).
  ///
  /// - Throws: `notFinite` for NaN or infinity in A, `notConverged` (not known to happen), `tooLarge` beyond
  ///   what LAPACK's 32-bit workspace sizes hold, `outOfMemory`.
  public func svd() throws(LinearAlgebraError) -> SingularValueDecomposition<S> {
    try decomposed(vectors: true)
  }

  /// The min(m, n) singular values, descending. Several times faster than `svd()`.
  ///
  /// - Throws: as `svd()`.
  public func singularValues() throws(LinearAlgebraError) -> [S.Real] {
    try decomposed(vectors: false).singularValues
  }

  /// U and V stay zero without `vectors`.
  private func decomposed(vectors: Bool) throws(LinearAlgebraError) -> SingularValueDecomposition<S> {
    let a = columnMajor()
    try a.requireFinite()
    let k = min(rows, columns)
    // Divide and conquer takes up to 5 k^2 elements of workspace, counted in 32 bits.
    if k > 20_000 { throw .tooLarge(what: "the smaller dimension of an SVD", value: k, limit: 20_000) }
    var values = [S.Real](repeating: 0, count: k)
    var u = [S](repeating: 0, count: vectors ? rows * k : 1)
    var vt = [S](repeating: 0, count: vectors ? columns * k : 1).withSlackColumn(k)
    if k > 0 {
      typealias Driver = (
        Bool, Int, Int, UnsafeMutablePointer<S>, Int, UnsafeMutablePointer<S.Real>, UnsafeMutablePointer<S>,
        Int, UnsafeMutablePointer<S>, Int
      ) -> Int
      func run(_ driver: Driver) -> Int {
        var destroyed = a.storage.withSlackColumn(rows)
        return destroyed.withUnsafeMutableBufferPointer { a in
          values.withUnsafeMutableBufferPointer { values in
            u.withUnsafeMutableBufferPointer { u in
              vt.withUnsafeMutableBufferPointer { vt in
                driver(
                  vectors, rows, columns, a.baseAddress!, rows, values.baseAddress!, u.baseAddress!, rows,
                  vt.baseAddress!, k)
              }
            }
          }
        }
      }
      var info = run(S.gesdd)
      if info > 0 { info = run(S.gesvd) }
      if info > 0 { throw .notConverged("the singular value decomposition of \(shape)") }
      guard info == 0 else { throw lapackFailure(info, "SVD", workspaceBytes: byteCount) }
    }
    guard vectors else {
      let none = DenseMatrix(zeros: 0, 0)
      return SingularValueDecomposition(u: none, singularValues: values, v: none)
    }
    return SingularValueDecomposition(
      u: DenseMatrix(unchecked: rows, k, order: .columnMajor, u), singularValues: values,
      v: DenseMatrix(unchecked: k, columns, order: .columnMajor, vt).adjoint())
  }
}
