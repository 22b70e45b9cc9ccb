// A linear operator A, m x n: all that an iterative method needs to know of a matrix.
//
// Domain vectors (n numbers, one per column) are arrays on the driver; range vectors (m numbers, one per row
// of what may be a very tall matrix) stay beside the tiles unless asked for.

public import TesseraLocalMatrices

/// Something that can be applied to vectors, and its adjoint too.
public protocol LinearOperator<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// Rows and columns.
  var shape: Shape { get }
  /// A x, beside the rows. One pass over the matrix; n words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func apply(_ x: [Element]) async throws -> RangeVector<Element>
  /// A^H y. One pass; n words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func applyAdjoint(_ y: RangeVector<Element>) async throws -> [Element]
  /// A^H (A x). One pass where the operator can fuse the two products; n words to and from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func applyGram(_ x: [Element]) async throws -> [Element]
  /// A^H (A X) for b vectors at once, X n x b. One pass where the operator can fuse the products; nb words to and
  /// from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  func applyGram(_ x: DenseMatrix<Element>) async throws -> DenseMatrix<Element>
}

extension LinearOperator {
  /// A^H (A x) as two passes.
  public func applyGram(_ x: [Element]) async throws -> [Element] {
    try await applyAdjoint(try await apply(x))
  }

  /// A^H (A X), one vector after the other.
  public func applyGram(_ x: DenseMatrix<Element>) async throws -> DenseMatrix<Element> {
    var elements: [Element] = []
    elements.reserveCapacity(x.rows * x.columns)
    for j in 0..<x.columns { elements += try await applyGram(x.column(j)) }
    return try DenseMatrix(rows: shape.columns, columns: x.columns, elements: elements)
  }
}
