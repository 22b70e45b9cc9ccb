// What tasks ask of a slab of whole rows, whether it is a local matrix as it came or one that has been made ready for
// being read many times.

import TesseraExecution
import TesseraLocalMatrices

/// A slab of a row matrix.
protocol RowSlab<Element>: Tile {
  /// The scalar.
  associatedtype Element: Scalar
  /// The name of a task on slabs of this kind.
  static func taskName(_ task: String) -> String
  /// Rows and columns.
  var shape: Shape { get }
  /// The slab as a local matrix.
  var local: LocalMatrix<Element> { get }
  /// Y + A^H A X, panels of `width` columns in row-major order.
  func addGramProduct(_ x: [Element], width: Int, to y: inout [Element])
  /// A B.
  func times(_ b: DenseMatrix<Element>) throws(LinearAlgebraError) -> DenseMatrix<Element>
  /// A x.
  func times(_ x: [Element]) throws(LinearAlgebraError) -> [Element]
  /// A^H B.
  func adjointTimes(_ b: DenseMatrix<Element>) throws(LinearAlgebraError) -> DenseMatrix<Element>
  /// A^H y.
  func adjointTimes(_ y: [Element]) throws(LinearAlgebraError) -> [Element]
  /// Largest modulus and Frobenius norm, where they are easily had and all elements are finite.
  var finiteMagnitudes: (largest: Element.Real, frobenius: Element.Real)? { get }
}

extension LocalMatrix: RowSlab {
  static func taskName(_ task: String) -> String { scalarName(task, S.self) }

  var local: LocalMatrix<S> { self }

  func times(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try (self * .dense(b)).dense(order: .rowMajor)
  }

  func times(_ x: [S]) throws(LinearAlgebraError) -> [S] {
    switch self {
    case .dense(let a): try a * x
    case .sparse(let a): try a * x
    }
  }

  func adjointTimes(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    try (adjoint() * .dense(b)).dense()
  }

  func adjointTimes(_ y: [S]) throws(LinearAlgebraError) -> [S] { try adjoint().times(y) }

  var finiteMagnitudes: (largest: S.Real, frobenius: S.Real)? {
    switch self {
    case .dense(let a): TesseraLocalMatrices.finiteMagnitudes(a.storage)
    case .sparse(let a): TesseraLocalMatrices.finiteMagnitudes(a.storage)
    }
  }
}
