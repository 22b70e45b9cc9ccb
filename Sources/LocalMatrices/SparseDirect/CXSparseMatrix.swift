// The way into CXSparse. It has two scalars, double and complex double: Float is computed as Double and
// Complex<Float> as Complex<Double>, and rounded once on return. Matrices and right sides are scaled by
// powers of two so that their largest part lies in [1, 2): exact, and no square overflows or vanishes.

import Numerics

internal import CSuiteSparse

/// A sparse matrix by columns as CXSparse reads it, times 2^-exponent.
struct CXSparseMatrix {
  let shape: Shape
  /// LAPACK's letter of the type computed in: d or z.
  let letter: CChar
  let offsets: [Int]
  let indices: [Int]
  /// Real parts; for complex scalars real and imaginary parts in turn.
  private(set) var parts: [Double]
  let exponent: Int

  /// O(m + n + z).
  ///
  /// - Throws: `notFinite` when an entry is NaN or infinite.
  init<S: Scalar>(_ a: SparseMatrix<S>) throws(LinearAlgebraError) {
    let a = a.compressed(by: .columns)
    shape = a.shape
    letter = S.isComplex ? ScalarKind.complexDouble.letter : ScalarKind.double.letter
    offsets = a.offsets
    indices = a.indices.map { Int($0) }
    guard let (parts, exponent) = normalizedParts(a.values) else {
      var first = (row: 0, column: Int.max)
      a.forEach { if !$2.isFiniteNumber, $1 < first.column { first = ($0, $1) } }
      throw .notFinite(row: first.row, column: first.column)
    }
    (self.parts, self.exponent) = (parts, exponent)
  }

  /// Drops the imaginary parts of the diagonal, as LAPACK does for a Hermitian matrix. O(z).
  mutating func makeDiagonalReal() {
    guard letter == ScalarKind.complexDouble.letter else { return }
    for j in 0..<shape.columns {
      for q in offsets[j]..<offsets[j + 1] where indices[q] == j { parts[2 * q + 1] = 0 }
    }
  }

  /// Calls `body` with the matrix as the C shim takes it.
  func withCMatrix<T>(_ body: (tessera_csc) -> T) -> T {
    offsets.withUnsafeBufferPointer { offsets in
      indices.withUnsafeBufferPointer { indices in
        parts.withUnsafeBufferPointer { parts in
          body(
            tessera_csc(
              rows: shape.rows, columns: shape.columns, offsets: offsets.baseAddress,
              indices: indices.baseAddress, values: parts.baseAddress))
        }
      }
    }
  }
}

/// The parts of `values` times 2^-exponent, the largest in [1, 2) unless all are zero; nil when one is NaN or
/// infinite.
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
func normalizedParts<S: Scalar>(_ values: [S]) -> (parts: [Double], exponent: Int)? {
  var parts: [Double] = []
  parts.reserveCapacity(values.count * (S.isComplex ? 2 : 1))
  for value in values {
    parts.append(Double(value.realPart))
    if S.isComplex { parts.append(Double(value.imaginaryPart)) }
  }
  var largest = 0.0
  for part in parts {
    guard part.isFinite else { return nil }
    largest = max(largest, part.magnitude)
  }
  let exponent = largest == 0 ? 0 : Int(largest.exponent)
  for q in parts.indices { parts[q] = Double(sign: .plus, exponent: -exponent, significand: parts[q]) }
  return (parts, exponent)
}
