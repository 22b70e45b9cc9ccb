// C = A B, C m x n, A m x k, B k x n, all dense. 2mnk flops in one GEMM: either storage order and a
// pending conjugate transpose are GEMM's own operations, so no operand is copied (a plain conjugate is,
// which BLAS does not have). Source: Dongarra et al., A Set of Level 3 Basic Linear Algebra Subprograms,
// 1990.

extension DenseMatrix {
  /// A B, column-major.
  ///
  /// - Throws: `shapeMismatch` when A's columns are not B's rows, `outOfMemory` when C does not fit.
  public static func * (a: DenseMatrix, b: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    guard a.columns == b.rows else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: b.shape)
    }
    try MemoryGuard.check(
      "the product", a.rows, b.columns, bytesPerElement: MemoryLayout<S>.stride)
    guard a.rows > 0, b.columns > 0, a.columns > 0 else {
      return DenseMatrix(zeros: a.rows, b.columns)
    }
    S.count(multiplyAdds: a.rows * b.columns * a.columns)
    let (left, right) = (a.gemmOperand(), b.gemmOperand())
    let storage = [S](unsafeUninitializedCapacity: a.rows * b.columns) { c, count in
      left.matrix.storage.withUnsafeBufferPointer { x in
        right.matrix.storage.withUnsafeBufferPointer { y in
          S.gemm(
            left.operation, right.operation, a.rows, b.columns, a.columns, 1, x.baseAddress!,
            left.matrix.leadingDimension, y.baseAddress!, right.matrix.leadingDimension, 0,
            c.baseAddress!, a.rows)
        }
      }
      count = a.rows * b.columns
    }
    return DenseMatrix(unchecked: a.rows, b.columns, order: .columnMajor, storage)
  }

  /// A x, an array of A's rows. 2mn flops.
  ///
  /// - Throws: `shapeMismatch` when x does not have A's columns.
  public static func * (a: DenseMatrix, x: [S]) throws(LinearAlgebraError) -> [S] {
    guard a.columns == x.count else {
      throw .shapeMismatch(operation: "product", left: a.shape, right: Shape(x.count, 1))
    }
    guard a.rows > 0, a.columns > 0 else { return [S](repeating: 0, count: a.rows) }
    S.count(multiplyAdds: a.rows * a.columns)
    let (matrix, operation) = a.gemmOperand()
    let (m, n) = operation == .identity ? (a.rows, a.columns) : (a.columns, a.rows)
    // Zeros, because some builds of GEMV multiply y by beta = 0, which would keep a NaN.
    var y = [S](repeating: 0, count: a.rows)
    y.withUnsafeMutableBufferPointer { y in
      matrix.storage.withUnsafeBufferPointer { elements in
        x.withUnsafeBufferPointer { x in
          S.gemv(
            operation, m, n, 1, elements.baseAddress!, matrix.leadingDimension, x.baseAddress!, 0,
            y.baseAddress!)
        }
      }
    }
    return y
  }

  /// The buffer to hand to BLAS and the operation that makes it this matrix.
  func gemmOperand() -> (matrix: DenseMatrix, operation: MatrixOperation) {
    switch (order, isConjugated) {
    case (.columnMajor, false): (self, .identity)
    case (.columnMajor, true): (columnMajor(), .identity)
    case (.rowMajor, false): (self, .transpose)
    case (.rowMajor, true): (self, .adjoint)
    }
  }
}
