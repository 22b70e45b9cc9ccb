// Powers of two that keep squares of a matrix's elements, and sums of them, within the range of the scalar: near its ends a
// matrix is scaled first, which changes no digit, and results are scaled back. One power serves all of a matrix whose
// columns must keep their proportions: for singular values, pivoting, solutions of least norm. What is smaller than the
// largest element by the whole range of the scalar then becomes zero, which is below rounding of the result. Where columns
// stand each for itself (right sides, QR without pivoting, covariances, columns brought to unit variance) each has its
// own power, and none is lost beside a larger one: `ScaledColumns`.

import TesseraDistributedMatrices
import TesseraLocalMatrices

/// The power of two by which numbers of at most `largest` are brought near one; one where their squares, and sums of
/// those, stay well inside the range anyway.
func safeFactor<Real: RealScalar>(_ largest: Double, of _: Real.Type = Real.self) -> Real {
  let range = Int(Real.greatestFiniteMagnitude.exponent)
  guard largest > 0, Int(largest.exponent).magnitude >= range / 8 else { return 1 }
  let exponent = max(1 - range, min(Int(largest.exponent), range - 1))
  return Real(sign: .plus, exponent: Real.Exponent(-exponent), significand: 1)
}

/// A matrix with each column times a power of two.
struct ScaledColumns<S: Scalar>: Sendable {
  let matrix: RowMatrix<S>
  /// The powers.
  let factors: [S.Real]
  /// The largest modulus in each column of `matrix`.
  let largest: [S.Real]
  /// The Euclidean norms of its columns.
  let norms: [S.Real]
  /// Whether any column is scaled at all.
  var isScaled: Bool { factors.contains { $0 != 1 } }

  /// - Parameters:
  ///   - found: what `safeColumnMoments` says of the matrix.
  ///   - together: whether all columns get the power of the largest.
  /// - Throws: `ExecutionError`.
  init(
    _ a: RowMatrix<S>, _ found: (moments: ColumnMoments, scales: [Double]), together: Bool = false
  ) async throws {
    let (moments, scales) = found
    let sizes = (0..<a.columns).map { j in
      moments.rows == 0 ? 0 : max(moments.minimum[j].magnitude, moments.maximum[j].magnitude)
    }
    let whole: S.Real = safeFactor(zip(sizes, scales).map { $0 / $1 }.max() ?? 0)
    let factors = zip(sizes, scales).map { together ? whole : safeFactor($0 / $1) }
    self.factors = factors
    let ratios = zip(factors, scales).map { Double($0) / $1 }
    largest = zip(sizes, ratios).map { S.Real($0 * $1) }
    norms = zip(moments.norms(ofColumns: a.columns), ratios).map { S.Real($0 * $1) }
    matrix =
      factors.allSatisfy { $0 == 1 }
      ? a : try await a.samplingColumns(factors: factors, probabilities: [], seed: 0)
  }
}

extension ColumnMoments {
  /// The weighted Euclidean norms of `count` columns, each of one or two parts.
  func norms(ofColumns count: Int) -> [Double] {
    let parts = mean.count / max(1, count)
    return (0..<count).map { j in
      (j * parts..<(j + 1) * parts).reduce(0.0) { $0 + squares[$1] + weight * (mean[$1] * mean[$1]) }
        .squareRoot()
    }
  }
}

extension RealScalar {
  /// The number times the quotient of two powers of two, which may leave the range where the result does not.
  func scaled(by numerator: Self, over denominator: Self) -> Self {
    Self(sign: .plus, exponent: numerator.exponent - denominator.exponent, significand: self)
  }
}

extension Scalar {
  /// As that of a real number, in both parts.
  func scaled(by numerator: Real, over denominator: Real) -> Self {
    Self(
      real: realPart.scaled(by: numerator, over: denominator),
      imaginary: Self.isComplex ? imaginaryPart.scaled(by: numerator, over: denominator) : 0)
  }
}
