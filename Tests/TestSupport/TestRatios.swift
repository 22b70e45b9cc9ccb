// LAPACK's test ratios: a residual divided by the dimension, the precision and the norms, so that a stable
// method gives O(1) whatever the size, the scaling and the scalar. Source: the LAPACK test suite (dqrt01,
// dget02, ddrvbd, dqrt17, dblat3). u is the unit roundoff, ulp = 2u.

import TesseraLocalMatrices

/// Test ratios; NaN in a result gives a NaN ratio, which no threshold admits.
public enum TestRatio {
  /// |A - B|_1 / (d |A|_1 u) for a product B of factors of A: dqrt01 with d = m; half the ratio of ddrvbd
  /// with d = max(m, n).
  public static func factors<S: Scalar>(_ a: DenseMatrix<S>, _ b: DenseMatrix<S>, dimension d: Int) throws
    -> Double
  {
    try ratio((a - b).norm(.one), a.norm(.one), d, S.self)
  }

  /// |I - Q^H Q|_1 / (m u) for the orthonormal columns of Q, m long.
  public static func orthogonality<S: Scalar>(_ q: DenseMatrix<S>) throws -> Double {
    ratio(try (q.adjoint() * q - DenseMatrix(identity: q.columns)).norm(.one), 1, q.rows, S.self)
  }

  /// dget02: max over columns of |b - A x|_1 / (|A|_1 |x|_1 u).
  public static func solve<S: Scalar>(_ a: DenseMatrix<S>, _ x: DenseMatrix<S>, _ b: DenseMatrix<S>) throws
    -> Double
  {
    let residual = try b - a * x
    let size = a.norm(.one)
    return (0..<b.columns).map { j in
      let column = x.column(j).reduce(0) { $0 + $1.modulus }
      return ratio(residual.column(j).reduce(0) { $0 + $1.modulus }, size * column, 1, S.self)
    }.reduce(0, larger)
  }

  /// HPL: max over columns of |b - A x|_inf / (n (|A|_inf |x|_inf + |b|_inf) u).
  public static func highPerformance<S: Scalar>(
    _ a: DenseMatrix<S>, _ x: DenseMatrix<S>, _ b: DenseMatrix<S>
  ) throws -> Double {
    let residual = try b - a * x
    let size = a.norm(.infinity)
    func largest(_ column: [S]) -> S.Real { column.reduce(0) { max($0, $1.modulus) } }
    return (0..<b.columns).map { j in
      ratio(largest(residual.column(j)), size * largest(x.column(j)) + largest(b.column(j)), a.rows, S.self)
    }.reduce(0, larger)
  }

  /// |R^H A|_1 / (|A|_1 (|B|_1 + |A|_1 |X|_1) max(m, n, p) u), R = B - A X: no gradient at the minimum.
  /// dqrt17 without the term in X, which counts where A is ill-conditioned and B has parts along its small
  /// vectors.
  public static func leastSquares<S: Scalar>(
    _ a: DenseMatrix<S>, _ x: DenseMatrix<S>, _ b: DenseMatrix<S>
  ) throws -> Double {
    let (sizeA, sizeB) = (a.norm(.max), b.norm(.max))
    let (unitA, unitB) = (divided(a, by: sizeA), divided(b, by: sizeB))
    let gradient = try divided(b - a * x, by: sizeB).adjoint() * unitA
    let product = divided(DenseMatrix([[a.norm(.one) * x.norm(.one)]]), by: sizeB)[0, 0]
    return ratio(
      gradient.norm(.one), unitA.norm(.one) * (unitB.norm(.one) + product),
      max(a.rows, a.columns, b.columns), S.self)
  }

  /// dblat3: max over elements of |C - AB| / (u |A||B|), AB in twice the precision; infinite where the bound
  /// is zero and the element is not.
  public static func product<S: Scalar>(_ c: DenseMatrix<S>, _ exact: ExactProduct<S>) -> Double {
    guard c.shape == exact.product.shape else { return .infinity }
    var worst = 0.0
    for i in 0..<c.rows {
      for j in 0..<c.columns {
        let error = (c[i, j] - exact.product[i, j]).modulus
        worst = larger(worst, ratio(error, exact.bound[i, j], 1, S.self))
      }
    }
    return worst
  }

  private static func ratio<S: Scalar>(_ error: S.Real, _ size: S.Real, _ dimension: Int, _: S.Type) -> Double
  {
    let bound = Double(size) * Double(max(1, dimension)) * Double(S.unitRoundoff)
    return error == 0 ? 0 : Double(error) / bound
  }

  private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }

  /// A divided by the power of two at or below `size`: exact, and no square of it overflows or vanishes.
  private static func divided<S: Scalar>(_ a: DenseMatrix<S>, by size: S.Real) -> DenseMatrix<S> {
    guard size > 0, size.isFinite else { return a }
    func scaled(_ x: S.Real) -> S.Real { S.Real(sign: .plus, exponent: -size.exponent, significand: x) }
    return a.map { S(real: scaled($0.realPart), imaginary: scaled($0.imaginaryPart)) }
  }
}
