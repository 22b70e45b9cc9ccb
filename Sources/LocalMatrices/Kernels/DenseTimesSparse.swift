// C = A B, A m x k dense, B k x n sparse, C m x n dense: C^T = B^T A^T, the sparse-times-dense kernel on
// transposes that cost nothing. 2 z m flops, z the nonzeros of B.

extension DenseMatrix {
  /// A B for a sparse B, column-major.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows, `outOfMemory` when C does not fit.
  public static func * (a: DenseMatrix, b: SparseMatrix<S>) throws(LinearAlgebraError)
    -> DenseMatrix
  {
    guard a.columns == b.rows else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    return try (b.transposed() * a.transposed()).transposed()
  }
}
