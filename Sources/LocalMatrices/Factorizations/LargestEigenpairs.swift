// The k largest eigenpairs of a Hermitian A of order n: tridiagonalization, bisection, inverse iteration and reflections
// back, about 4n^3/3 + 2n^2 k flops; where many are wanted all of them, by divide and conquer. Source: LAPACK syevr;
// Barth, Martin, Wilkinson 1967; Jessup, Ipsen, Improving the Accuracy of Inverse Iteration, 1992.

extension DenseMatrix {
  /// The `count` largest eigenvalues of this Hermitian matrix, largest first, and their vectors in the columns of an n by
  /// `count` matrix, orthonormal. Only the upper triangle is read, and the real parts of the diagonal. O(n^3).
  ///
  /// - Precondition: `0 <= count <= n`.
  /// - Throws: as `symmetricEigen`.
  public func largestEigenpairs(_ count: Int) throws(LinearAlgebraError) -> (
    values: [S.Real], vectors: DenseMatrix
  ) {
    precondition(0...min(rows, columns) ~= count)
    if let few = try fewEigenpairs(count) { return few }
    let all = try symmetricEigen()
    // LAPACK's ascend.
    let wanted = Array((rows - count..<rows).reversed())
    return (wanted.map { all.eigenvalues[$0] }, all.eigenvectors.selectingColumns(wanted))
  }

  /// nil where all are found in less time, or inverse iteration does not converge.
  private func fewEigenpairs(_ count: Int) throws(LinearAlgebraError) -> (
    values: [S.Real], vectors: DenseMatrix
  )? {
    let n = rows
    guard n >= 32, count >= 1, 5 * count <= n, n <= 32_000 else { return nil }
    let a = columnMajor()
    try a.requireFiniteUpperTriangle("a symmetric eigendecomposition")
    var destroyed = a.storage.withSlackColumn(n)
    var values = [S.Real](repeating: 0, count: n)
    var vectors: [S] = zeroVector(count: n * count)
    let info = destroyed.withUnsafeMutableBufferPointer { a in
      values.withUnsafeMutableBufferPointer { values in
        vectors.withUnsafeMutableBufferPointer {
          S.syevr(n, largest: count, a.baseAddress!, n, values.baseAddress!, $0.baseAddress!, n)
        }
      }
    }
    if info > 0 { return nil }
    guard info == 0 else {
      throw lapackFailure(info, "the eigendecomposition", workspaceBytes: 26 * n * MemoryLayout<S>.stride)
    }
    let ascending = DenseMatrix(unchecked: n, count, order: .columnMajor, vectors)
    return (values.prefix(count).reversed(), ascending.selectingColumns((0..<count).reversed()))
  }
}
