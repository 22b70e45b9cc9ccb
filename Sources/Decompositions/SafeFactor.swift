// Powers of two that keep squares of a matrix's elements, and sums of them, within the range of the scalar: near its ends a
// matrix is scaled first, which changes no digit, and results are scaled back.

import TesseraLocalMatrices

/// The power of two by which numbers of at most `largest` are brought near one; one where their squares, and sums of
/// those, stay well inside the range anyway.
func safeFactor<Real: RealScalar>(_ largest: Double, of _: Real.Type = Real.self) -> Real {
  let range = Int(Real.greatestFiniteMagnitude.exponent)
  guard largest > 0, Int(largest.exponent).magnitude >= range / 8 else { return 1 }
  let exponent = max(1 - range, min(Int(largest.exponent), range - 1))
  return Real(sign: .plus, exponent: Real.Exponent(-exponent), significand: 1)
}
