// Matrices whose singular values are known: A = U S V^H with random reflections for U and V, after LAPACK's
// generator latms (Demmel, McKenney, A Test Matrix Generation Suite, 1989). Scales are powers of two, so that
// the scaled matrix is the same matrix to the last bit.

import Numerics
import TesseraLocalMatrices

/// What a test matrix is meant to be difficult for.
public enum MatrixKind: String, CaseIterable, Sendable {
  case zero
  case identity
  case random
  /// Singular values from 1 down to eps in geometric steps.
  case graded
  /// Half of the singular values are zero.
  case rankDeficient
  /// One singular value of 1, the others 10 eps: condition 1e15 in double precision.
  case illConditioned
  /// Graded, times 2^-500 (2^-60 in single precision).
  case nearUnderflow
  /// Graded, times 2^500 (2^60 in single precision).
  case nearOverflow

  /// The singular values, descending; nil for a random matrix, whose are not known.
  public func singularValues<R: RealScalar>(_ count: Int, _: R.Type = R.self) -> [R]? {
    let scale = R(sign: .plus, exponent: R.kind == .float ? 60 : 500, significand: 1)
    let graded = (0..<count).map { R.pow(R.ulpOfOne, R($0) / R(max(1, count - 1))) }
    return switch self {
    case .zero: [R](repeating: 0, count: count)
    case .identity: [R](repeating: 1, count: count)
    case .random: nil
    case .graded: graded
    case .rankDeficient: (0..<count).map { 2 * $0 < count ? 1 / R($0 + 1) : 0 }
    case .illConditioned: (0..<count).map { $0 == 0 ? 1 : 10 * R.ulpOfOne }
    case .nearUnderflow: graded.map { $0 / scale }
    case .nearOverflow: graded.map { $0 * scale }
    }
  }

  /// An m by n matrix of this kind.
  public func matrix<S: Scalar>(
    _ rows: Int, _ columns: Int, of _: S.Type = S.self, using generator: inout SeededGenerator
  ) -> DenseMatrix<S> {
    guard let values = singularValues(min(rows, columns), S.Real.self) else {
      return generator.dense(rows, columns)
    }
    // Near the limits of the exponent only the finished matrix is scaled.
    let scale = self == .nearOverflow || self == .nearUnderflow ? values.first ?? 1 : 1
    var a = DenseMatrix<S>(zeros: rows, columns)
    for (i, value) in values.enumerated() { a[i, i] = S(real: value / scale) }
    if self == .zero || self == .identity { return a }
    for _ in 0..<3 {
      a = a.reflected(by: generator.vector(rows))
      a = a.adjoint().reflected(by: generator.vector(columns)).adjoint()
    }
    return a.map { S(real: scale) * $0 }
  }

  /// An n by n Hermitian matrix whose eigenvalues are this kind's singular values with alternating signs, or
  /// all positive.
  public func hermitian<S: Scalar>(
    _ n: Int, positive: Bool = false, of _: S.Type = S.self, using generator: inout SeededGenerator
  ) -> DenseMatrix<S> {
    let values = singularValues(n, S.Real.self) ?? (0..<n).map { 1 + S.Real($0) }
    let scale = self == .nearOverflow || self == .nearUnderflow ? values.first ?? 1 : 1
    var a = DenseMatrix<S>(zeros: n, n)
    for (i, value) in values.enumerated() {
      a[i, i] = S(real: (positive || i % 2 == 0 ? value : -value) / scale)
    }
    if self != .zero, self != .identity {
      for _ in 0..<3 {
        let vector: [S] = generator.vector(n)
        a = a.reflected(by: vector).adjoint().reflected(by: vector)
      }
    }
    // Rounding leaves A not quite Hermitian: the upper triangle decides.
    return DenseMatrix(rows: n, columns: n) { i, j in
      let value = i < j ? a[i, j] : i > j ? a[j, i].conjugate : S(real: a[i, i].realPart)
      return S(real: scale) * value
    }
  }
}

extension DenseMatrix {
  /// (I - 2 v v^H / v^H v) A.
  fileprivate func reflected(by v: [S]) -> DenseMatrix {
    guard rows > 0, columns > 0 else { return self }
    let factor = S(real: 2 / v.reduce(0) { $0 + $1.modulus * $1.modulus })
    var a = self
    for j in 0..<columns {
      var sum: S = 0
      for i in 0..<rows { sum += v[i].conjugate * self[i, j] }
      for i in 0..<rows { a[i, j] -= factor * sum * v[i] }
    }
    return a
  }
}
