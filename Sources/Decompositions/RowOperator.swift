// What a decomposition of a tall matrix asks of it, whether it is a row matrix as it came or one prepared for many passes.

import TesseraDistributedMatrices
import TesseraLocalMatrices

/// A matrix of more rows than columns that lies in slabs of rows.
protocol RowOperator<Element>: LinearOperator {
  /// Number of rows.
  var rows: Int { get }
  /// Number of columns.
  var columns: Int { get }
  /// The matrix ready for many passes.
  func prepared() async throws -> PreparedRowMatrix<Element>
  /// A^H (A X).
  func applyGram(_ x: DenseMatrix<Element>) async throws -> DenseMatrix<Element>
  /// alpha A.
  func scaled(by alpha: Element) async throws -> Self
  /// A^H A.
  func gram() async throws -> DenseMatrix<Element>
  /// R of the QR factorization of A X, or of A.
  func triangle(of x: DenseMatrix<Element>?) async throws -> DenseMatrix<Element>
  /// A B.
  func multiplied(by b: DenseMatrix<Element>) async throws -> RowMatrix<Element>
  /// A^H B.
  func adjoint(times b: RowMatrix<Element>) async throws -> DenseMatrix<Element>
}

extension RowMatrix: RowOperator {}
extension PreparedRowMatrix: RowOperator {}
