// alpha A + beta B of lists of entries: an entry at every place where A or B has one, also where it is zero or the two
// cancel: the pattern of a sum follows from patterns alone, as in GraphBLAS (SciPy and MATLAB drop zeros). O(z log z) time for z entries of both, whatever the shape.

import Numerics

extension TripletMatrix {
  /// alpha A + beta B, row after row, with one entry at each place: those of A at one place are added up first, then
  /// those of B, as if each were a matrix by itself.
  ///
  /// - Throws: `shapeMismatch`; `tooLarge` for more entries than can be sorted.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func scaled(by alpha: S, adding b: TripletMatrix, times beta: S) throws(LinearAlgebraError)
    -> TripletMatrix
  {
    guard shape == b.shape else {
      throw .shapeMismatch(operation: "addition", left: shape, right: b.shape)
    }
    var sum = try TripletMatrix(rows: rows, columns: columns)
    sum.reserveCapacity(entryCount + b.entryCount)
    // A factor of one is none: in complex numbers it would make NaN of infinities.
    for (list, factor) in [(try sortedByRows(), alpha), (try b.sortedByRows(), beta)] {
      list.forEach { i, j, value in sum.append(i, j, factor == 1 ? value : factor * value) }
    }
    return try sum.sortedByRows()
  }
}
