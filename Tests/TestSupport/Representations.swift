// One matrix in every way it can be stored: both orders or axes, with and without a pending conjugation. A
// property of the matrix must hold for all of them.

import Numerics
import TesseraLocalMatrices

extension ScalarKind {
  /// The type of the scalar, to call generic checks with.
  public var type: any Scalar.Type {
    switch self {
    case .float: Float.self
    case .double: Double.self
    case .complexFloat: Complex<Float>.self
    case .complexDouble: Complex<Double>.self
    }
  }
}

extension DenseMatrix {
  /// The same matrix row-major and column-major; for a complex scalar also with a pending conjugation.
  public var representations: [DenseMatrix] {
    let conjugate = map(\.conjugate)
    return [self, conjugate.conjugated()].prefix(S.isComplex ? 2 : 1).flatMap { a in
      [a.reordered(.columnMajor), a.reordered(.rowMajor)]
    }
  }

  private func reordered(_ order: StorageOrder) -> DenseMatrix {
    // The conjugate flag survives because only real buffers are rebuilt, conjugated as they are stored.
    let raw = isConjugated ? conjugated() : self
    guard
      let a = try? DenseMatrix(rows: rows, columns: columns, order: order, elements: raw.elements(in: order))
    else { preconditionFailure("\(shape) is a shape") }
    return isConjugated ? a.conjugated() : a
  }
}

extension SparseMatrix {
  /// The same matrix by rows and by columns; for a complex scalar also with a pending conjugation.
  public var representations: [SparseMatrix] {
    let conjugate = mapStored(\.conjugate)
    return [self, conjugate.conjugated()].prefix(S.isComplex ? 2 : 1).flatMap { a in
      [a.compressed(by: .rows), a.compressed(by: .columns)]
    }
  }
}
