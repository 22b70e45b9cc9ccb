// What every factorization can say about itself: |A - product of the factors|_F / |A|_F, a few units of
// rounding for a stable method, and |I - Q^H Q|_F. Also the check that no element is NaN or infinite, which
// LAPACK answers with noise or a loop without end.

import Numerics

extension DenseMatrix {
  /// |A - B|_F / |A|_F; |B|_F when A is zero. O(mn).
  ///
  /// - Throws: `shapeMismatch`.
  func relativeDifference(from b: DenseMatrix) throws(LinearAlgebraError) -> S.Real {
    let (difference, size) = (try (self - b).norm(), norm())
    return size == 0 ? difference : difference / size
  }

  /// |I - A^H A|_F: zero when the columns are orthonormal. 2mn^2 flops.
  ///
  /// - Throws: `outOfMemory` when n by n does not fit.
  func orthogonalityOfColumns() throws(LinearAlgebraError) -> S.Real {
    try (adjoint() * self - DenseMatrix(identity: columns)).norm()
  }

  /// Throws unless every element is finite; A must be `columnMajor()`. O(mn).
  ///
  /// - Throws: `notFinite` with the first such element in column order.
  func requireFinite() throws(LinearAlgebraError) {
    if let q = firstNotFinite(storage, in: 0..<storage.count) {
      throw .notFinite(row: q % rows, column: q / rows)
    }
  }

  /// Throws unless A is square and every element on and above the diagonal is finite; A must be
  /// `columnMajor()`. O(n^2).
  ///
  /// - Throws: `invalidArgument` when A is not square, `notFinite` with the first element that is not.
  func requireFiniteUpperTriangle(_ operation: String) throws(LinearAlgebraError) {
    try requireSquare(operation)
    for j in 0..<columns {
      if let q = firstNotFinite(storage, in: j * rows..<j * rows + j + 1) {
        throw .notFinite(row: q % rows, column: j)
      }
    }
  }

  /// - Throws: `invalidArgument` when A is not square.
  func requireSquare(_ operation: String) throws(LinearAlgebraError) {
    guard rows == columns else {
      throw .invalidArgument("\(operation) needs a square matrix, this one is \(shape)")
    }
  }

  /// The bytes of the elements, as a size for messages about memory.
  var byteCount: Int { storage.count * MemoryLayout<S>.stride }
}

/// The first place in `range` where `values` is NaN or infinite.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func firstNotFinite<S: Scalar>(_ values: [S], in range: Range<Int>) -> Int? {
  values.withUnsafeBufferPointer { values in range.first { !values[$0].isFiniteNumber } }
}
