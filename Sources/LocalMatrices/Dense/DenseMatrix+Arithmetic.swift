// A + B, A - B, alpha A, and f(A) elementwise; A m x n. mn flops, one new buffer.

import Numerics

extension DenseMatrix {
  /// A + B.
  ///
  /// - Throws: `shapeMismatch`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func + (a: DenseMatrix, b: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    try a.combined(with: b, "addition") { $0 + $1 }
  }

  /// A - B.
  ///
  /// - Throws: `shapeMismatch`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func - (a: DenseMatrix, b: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    try a.combined(with: b, "subtraction") { $0 - $1 }
  }

  /// The elementwise (Hadamard) product.
  ///
  /// - Throws: `shapeMismatch`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func elementwiseProduct(_ b: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    try combined(with: b, "elementwise product") { $0 * $1 }
  }

  /// alpha A.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func * (alpha: S, a: DenseMatrix) -> DenseMatrix { a.map { alpha * $0 } }

  /// The matrix of `transform` applied to every element.
  public func map<T: Scalar>(_ transform: (S) throws -> T) rethrows -> DenseMatrix<T> {
    DenseMatrix<T>(
      unchecked: rows, columns, order: order,
      isConjugated
        ? try storage.map { try transform($0.conjugate) } : try storage.map(transform))
  }

  private func combined(
    with b: DenseMatrix, _ operation: String, _ combine: (S, S) -> S
  ) throws(LinearAlgebraError) -> DenseMatrix {
    guard shape == b.shape else {
      throw .shapeMismatch(operation: operation, left: shape, right: b.shape)
    }
    let left = elements(in: order)
    let right = b.elements(in: order)
    return DenseMatrix(
      unchecked: rows, columns, order: order, zip(left, right).map { combine($0, $1) })
  }
}
