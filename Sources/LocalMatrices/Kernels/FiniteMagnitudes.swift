// The largest modulus and the Frobenius norm of real numbers, unless one of them is NaN or infinite: what a
// decomposition asks of a matrix before it starts, at about the speed of reading it. Squares are summed in blocks, and
// again with scaling (ElementSummary) only where they could leave the range of the scalar.

import Numerics

/// Largest modulus and Frobenius norm of `values`; nil when one is not finite, their squares might overflow or
/// vanish, or they are complex: who gets nil goes through them one by one. O(count).
@specialized(where S == Float)
@specialized(where S == Double)
@specialized(where S == Complex<Float>)
@specialized(where S == Complex<Double>)
package func finiteMagnitudes<S: Scalar>(_ values: [S]) -> (largest: S.Real, frobenius: S.Real)? {
  guard !S.isComplex else { return nil }
  return values.withUnsafeBytes { bytes -> (S.Real, S.Real)? in
    let x = bytes.bindMemory(to: S.Real.self)
    let block = 4096
    var (largest, sum): (S.Real, Double) = (0, 0)
    for start in stride(from: 0, to: x.count, by: block) {
      let end = min(start + block, x.count)
      // Four sums, so that an addition need not wait for the one before.
      var (s0, s1, s2, s3): (S.Real, S.Real, S.Real, S.Real) = (0, 0, 0, 0)
      var (m0, m1): (S.Real, S.Real) = (0, 0)
      var q = start
      while q + 4 <= end {
        let (a, b, c, d) = (x[q].magnitude, x[q + 1].magnitude, x[q + 2].magnitude, x[q + 3].magnitude)
        s0 += a * a
        s1 += b * b
        s2 += c * c
        s3 += d * d
        m0 = a > m0 ? a : m0
        m1 = b > m1 ? b : m1
        m0 = c > m0 ? c : m0
        m1 = d > m1 ? d : m1
        q += 4
      }
      while q < end {
        let a = x[q].magnitude
        s0 += a * a
        m0 = a > m0 ? a : m0
        q += 1
      }
      sum += Double((s0 + s1) + (s2 + s3))
      largest = max(largest, max(m0, m1))
    }
    // A NaN among the values is one in the sum; small squares matter only beside large ones.
    guard sum.isFinite, largest == 0 || largest * largest >= S.Real.leastNormalMagnitude / S.Real.ulpOfOne
    else {
      return nil
    }
    return (largest, S.Real(sum.squareRoot()))
  }
}
