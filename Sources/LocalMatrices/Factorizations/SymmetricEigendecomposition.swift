// A = Z D Z^H, A n x n Hermitian, Z unitary, D = diag(d_1 <= ... <= d_n) real. Tridiagonalization, then
// divide and conquer: about 9n^3 flops, 3n^2 elements of memory. Source: Cuppen 1981; Gu, Eisenstat 1995;
// LAPACK syevd.

/// The eigendecomposition A = Z D Z^H of a dense symmetric or Hermitian matrix.
public struct SymmetricEigendecomposition<S: Scalar>: Sendable {
  /// The n eigenvalues, ascending.
  public let eigenvalues: [S.Real]
  /// The eigenvectors: column j belongs to `eigenvalues[j]`. n by n, orthonormal columns.
  public let eigenvectors: DenseMatrix<S>

  /// |A - Z D Z^H|_F / |A|_F for the matrix that was factored, all of whose elements are read. 2n^3 flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    try a.relativeDifference(
      from: try eigenvectors.scalingColumns(by: eigenvalues.map { S(real: $0) }) * eigenvectors.adjoint())
  }

  /// |I - Z^H Z|_F. 2n^3 flops.
  ///
  /// - Throws: `outOfMemory`.
  public func orthogonality() throws(LinearAlgebraError) -> S.Real {
    try eigenvectors.orthogonalityOfColumns()
  }
}

extension DenseMatrix {
  /// A = Z D Z^H with n ascending eigenvalues and n by n orthonormal eigenvectors. Only the upper triangle is
  /// read (and the real parts of the diagonal): the lower one may hold anything. O(n^3).
  ///
  /// - Throws: `invalidArgument` when A is not square, `notFinite` for NaN or infinity in the upper triangle,
  ///   `notConverged` (not known to happen), `tooLarge` beyond LAPACK's 32-bit workspace sizes,
  ///   `outOfMemory`.
  public func symmetricEigen() throws(LinearAlgebraError) -> SymmetricEigendecomposition<S> {
    let a = columnMajor()
    try a.requireFiniteUpperTriangle("a symmetric eigendecomposition")
    // 1 + 6n + 2n^2 elements of workspace, counted in 32 bits.
    if rows > 32_000 { throw .tooLarge(what: "the order of an eigenproblem", value: rows, limit: 32_000) }
    var vectors = a.storage.withSlackColumn(rows)
    var values = [S.Real](repeating: 0, count: rows)
    if rows > 0 {
      let info = vectors.withUnsafeMutableBufferPointer { vectors in
        values.withUnsafeMutableBufferPointer {
          S.syevd(rows, vectors.baseAddress!, rows, $0.baseAddress!)
        }
      }
      if info > 0 { throw .notConverged("the eigendecomposition of \(shape)") }
      guard info == 0 else {
        throw lapackFailure(info, "the eigendecomposition", workspaceBytes: 2 * byteCount)
      }
    }
    return SymmetricEigendecomposition(
      eigenvalues: values, eigenvectors: DenseMatrix(unchecked: rows, rows, order: .columnMajor, vectors))
  }
}
