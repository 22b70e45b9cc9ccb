// Columns of an m x n matrix chosen, scaled, and the scalars that give them a sign of their own. O(mn), one
// copy.

import Numerics

extension DenseMatrix {
  /// The columns of the given numbers, in their order.
  ///
  /// - Precondition: every number is a column.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func selectingColumns(_ numbers: [Int]) -> DenseMatrix {
    let elements = elements(in: .columnMajor)
    var chosen: [S] = []
    chosen.reserveCapacity(rows * numbers.count)
    for j in numbers {
      precondition(j >= 0 && j < columns, "column \(j) of \(shape)")
      chosen += elements[j * rows..<(j + 1) * rows]
    }
    return DenseMatrix(unchecked: rows, numbers.count, order: .columnMajor, chosen)
  }

  /// Column j times `factors[j]`.
  ///
  /// - Precondition: one factor for each column.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func scalingColumns(by factors: [S]) -> DenseMatrix {
    precondition(factors.count == columns, "\(factors.count) factors for \(columns) columns")
    var scaled = elements(in: .columnMajor)
    scaled.withUnsafeMutableBufferPointer { scaled in
      for j in 0..<columns {
        for q in j * rows..<(j + 1) * rows { scaled[q] *= factors[j] }
      }
    }
    return DenseMatrix(unchecked: rows, columns, order: .columnMajor, scaled)
  }

  /// For each column the scalar of modulus one that makes its component of largest modulus, the first of
  /// several, real and positive; one for a zero column.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func columnPhases() -> [S] {
    let elements = elements(in: .columnMajor)
    return (0..<columns).map { j in
      var (pivot, size): (S, S.Real) = (0, 0)
      for q in j * rows..<(j + 1) * rows where elements[q].modulus > size {
        (pivot, size) = (elements[q], elements[q].modulus)
      }
      return size == 0 ? 1 : S(real: pivot.realPart / size, imaginary: -pivot.imaginaryPart / size)
    }
  }
}
