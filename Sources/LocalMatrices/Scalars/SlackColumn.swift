// Room after the end of a buffer. Complex GEMV of OpenBLAS 0.3.21 (Debian 12) on Haswell and Zen reads,
// though it does not use, one column past the end of A in y := A x, and LAPACK's reductions to bidiagonal and
// tridiagonal form call it on the last columns of a matrix. At the end of a mapping that is a crash.

extension Array where Element: Scalar {
  /// A copy with the memory of one more column behind it; for a real scalar the array itself.
  func withSlackColumn(_ leadingDimension: Int) -> [Element] {
    guard Element.isComplex else { return self }
    var copy: [Element] = []
    copy.reserveCapacity(count + leadingDimension)
    copy += self
    return copy
  }
}
