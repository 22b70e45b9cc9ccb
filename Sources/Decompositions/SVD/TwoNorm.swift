// |A|_2, the largest singular value: the SVD for one value, whose residual bounds the error.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension LinearOperator {
  /// The 2-norm, the largest singular value of an operator: `svd(count: 1)`, by products with vectors alone.
  ///
  /// - Parameter tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  /// - Throws: `LinearAlgebraError.outOfRange`, `notConverged` where no accuracy was reached, and as `svd`.
  public func twoNorm(tolerance: Element.Real? = nil) async throws -> Element.Real {
    try await svd(count: 1, tolerance: tolerance).largest
  }
}

extension DistributedMatrix where Self: LinearOperator {
  /// The 2-norm, the largest singular value: `svd(count: 1)`, a pass for every step of Lanczos, or four.
  ///
  /// - Parameter tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `outOfRange`, `notConverged`, and as `svd`.
  public func twoNorm(tolerance: Element.Real? = nil) async throws -> Element.Real {
    try await rowMatrix().svd(count: 1, tolerance: tolerance).largest
  }
}

extension DenseMatrix {
  /// The 2-norm, the largest singular value.
  ///
  /// - Parameter tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  /// - Throws: `LinearAlgebraError.notFinite`, `outOfRange`, `notConverged`.
  public func twoNorm(tolerance: S.Real? = nil) async throws -> S.Real {
    try await svd(count: 1, tolerance: tolerance).largest
  }
}

extension SparseMatrix {
  /// The 2-norm, the largest singular value; the matrix stays sparse.
  ///
  /// - Parameter tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  /// - Throws: `LinearAlgebraError.notFinite`, `outOfRange`, `notConverged`.
  public func twoNorm(tolerance: S.Real? = nil) async throws -> S.Real {
    try await svd(count: 1, tolerance: tolerance).largest
  }
}

extension PartialSVD {
  /// The value that was asked for; zero of a matrix without rows or columns.
  fileprivate var largest: S.Real {
    get throws(LinearAlgebraError) {
      guard isInRange else { throw .outOfRange("the 2-norm") }
      guard converged else { throw .notConverged("the iteration for the 2-norm") }
      return singularValues.first ?? 0
    }
  }
}
