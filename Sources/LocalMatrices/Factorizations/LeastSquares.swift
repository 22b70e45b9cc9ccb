// min |B - A X|_F, and of all minimizers the one of least |X|_F: X = A^+ B. A m x n of any shape and rank, B
// m x p, X n x p. By SVD, divide and conquer: about 4mnk + 8k^3 flops, k = min(m, n); singular values at most
// tolerance s_1 count as zero. Source: Golub, Van Loan, Matrix Computations, 5.5; LAPACK gelsd.

/// The least-squares solution of least norm, and how good it is.
public struct LeastSquaresSolution<S: Scalar>: Sendable {
  /// X, n by p.
  public let solution: DenseMatrix<S>
  /// The rank of A that was used.
  public let rank: Int
  /// The min(m, n) singular values of A, descending.
  public let singularValues: [S.Real]
  /// |b_j - A x_j|_2 for each of the p columns.
  public let residualNorms: [S.Real]
}

extension DenseMatrix {
  /// The X (n by p) of least norm among those that minimize |B - A X|, B m by p, with the rank of A, its
  /// singular values and the residual of each column. A may be tall, wide and rank-deficient.
  /// O(mn min(m, n)).
  ///
  /// - Parameter tolerance: singular values at most `tolerance` times the largest count as zero; by default
  ///   `rankTolerance`.
  /// - Throws: `shapeMismatch` when B does not have m rows, `notFinite` for NaN or infinity in A or B,
  ///   `notConverged` (not known to happen), `tooLarge` beyond LAPACK's 32-bit workspace sizes,
  ///   `outOfMemory`.
  public func leastSquares(_ b: DenseMatrix, tolerance: S.Real? = nil) throws(LinearAlgebraError)
    -> LeastSquaresSolution<S>
  {
    guard b.rows == rows else {
      throw .shapeMismatch(operation: "least squares", left: shape, right: b.shape)
    }
    let (a, b) = (columnMajor(), b.columnMajor())
    try a.requireFinite()
    try b.requireFinite()
    let (m, n, k) = (rows, columns, min(rows, columns))
    if k > 20_000 { throw .tooLarge(what: "the smaller dimension of an SVD", value: k, limit: 20_000) }
    // One array holds B on entry and X on return; LAPACK wants at least one column.
    let height = max(m, n)
    var x = DenseMatrix(zeros: height, max(1, b.columns)).storage
    for j in 0..<b.columns {
      x.replaceSubrange(j * height..<j * height + m, with: b.storage[j * m..<(j + 1) * m])
    }
    var values = [S.Real](repeating: 0, count: k)
    var rank = 0
    if k > 0 {
      var destroyed = a.storage.withSlackColumn(m)
      let info = destroyed.withUnsafeMutableBufferPointer { a in
        x.withUnsafeMutableBufferPointer { x in
          values.withUnsafeMutableBufferPointer {
            S.gelsd(
              m, n, max(1, b.columns), a.baseAddress!, m, x.baseAddress!, height, $0.baseAddress!,
              tolerance: tolerance ?? rankTolerance(shape), rank: &rank)
          }
        }
      }
      if info > 0 { throw .notConverged("the singular value decomposition of \(shape)") }
      guard info == 0 else { throw lapackFailure(info, "least squares", workspaceBytes: byteCount) }
    }
    var solution: [S] = []
    solution.reserveCapacity(n * b.columns)
    for j in 0..<b.columns {
      solution += k > 0 ? x[j * height..<j * height + n] : [S](repeating: 0, count: n)[...]
    }
    let result = DenseMatrix(unchecked: n, b.columns, order: .columnMajor, solution)
    let residual = try b - a * result
    return LeastSquaresSolution(
      solution: result, rank: rank, singularValues: values,
      residualNorms: (0..<b.columns).map { TesseraLocalMatrices.norm(residual.column($0)) })
  }

  /// The same for one right side of m elements: the solution is n by 1.
  ///
  /// - Throws: as for a matrix of right sides.
  public func leastSquares(_ b: [S], tolerance: S.Real? = nil) throws(LinearAlgebraError)
    -> LeastSquaresSolution<S>
  {
    try leastSquares(DenseMatrix(column: b), tolerance: tolerance)
  }
}
