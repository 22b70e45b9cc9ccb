// alpha A + beta B of lists of entries: an entry at every place where A or B has one, also where it is zero or the two
// cancel: the pattern of a sum follows from patterns alone, as in GraphBLAS (SciPy and MATLAB drop zeros). Both are put
// in order and merged: O(z) time for z entries that are in order, else O(z log z), whatever the shape.

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
    let (left, right) = (try sortedByRows().scaled(by: alpha), try b.sortedByRows().scaled(by: beta))
    var sum = try TripletMatrix(rows: rows, columns: columns)
    sum.reserveCapacity(left.entryCount + right.entryCount)
    var (p, q) = (0, 0)
    while p < left.entryCount || q < right.entryCount {
      let (first, second) = (left.place(p), right.place(q))
      let (i, j) = first <= second ? left.indices(p) : right.indices(q)
      if first == second {
        sum.append(i, j, left.storage[p] + right.storage[q])
      } else {
        sum.append(i, j, first < second ? left.storage[p] : right.storage[q])
      }
      if first <= second { p += 1 }
      if second <= first { q += 1 }
    }
    return sum
  }

  /// alpha A, no conjugation pending. A factor of one is none: in complex numbers it would make NaN of infinities.
  @inline(__always)
  private func scaled(by alpha: S) -> TripletMatrix {
    if alpha == 1, !isConjugated { return self }
    var values = storage
    for q in values.indices {
      let value = isConjugated ? values[q].conjugate : values[q]
      values[q] = alpha == 1 ? value : alpha * value
    }
    return TripletMatrix(unchecked: rows, columns, rowIndices, columnIndices, values)
  }

  @inline(__always)
  private func indices(_ q: Int) -> (row: Int, column: Int) { (Int(rowIndices[q]), Int(columnIndices[q])) }

  /// Where entry `q` stands among all places, row after row; behind all of them where there is no such entry.
  @inline(__always)
  private func place(_ q: Int) -> Int64 {
    q < entryCount ? Int64(rowIndices[q]) << 32 | Int64(columnIndices[q]) : .max
  }
}
