// A X = B with numbers whose squares stay within the range of the scalar: (a A) Y = b B for powers of two a and b, and
// X = (a / b) Y.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct SafeSystem<S: Scalar>: Sendable {
  /// A times a power of two.
  let a: RowMatrix<S>
  /// B times another one.
  let b: RowMatrix<S>
  /// |a A|_F
  let frobenius: S.Real
  /// The powers.
  let factors: (a: S.Real, b: S.Real)

  /// One pass over A and B, and two more where one has to be scaled.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `ExecutionError`.
  init(_ a: RowMatrix<S>, _ b: RowMatrix<S>) async throws {
    let (left, right) = (try await a.magnitudes(), try await b.magnitudes())
    factors = (safeFactor(Double(left.largest)), safeFactor(Double(right.largest)))
    self.b = factors.b == 1 ? b : try await b.scaled(by: S(real: factors.b))
    if factors.a == 1 {
      (self.a, frobenius) = (a, left.frobenius)
    } else {
      self.a = try await a.scaled(by: S(real: factors.a))
      frobenius = try await self.a.magnitudes().frobenius
    }
  }

  /// X for the Y of the scaled system. In two steps, of which none leaves the range unless X does.
  func solution(_ y: DenseMatrix<S>) -> DenseMatrix<S> {
    let exponent = Int(factors.a.exponent) - Int(factors.b.exponent)
    if exponent == 0 { return y }
    func power(_ exponent: Int) -> S {
      S(real: S.Real(sign: .plus, exponent: S.Real.Exponent(exponent), significand: 1))
    }
    return power(exponent - exponent / 2) * (power(exponent / 2) * y)
  }
}

extension RowMatrix {
  /// The Euclidean norm of every column, by way of the triangle, in which nothing is squared. One pass.
  ///
  /// - Throws: `ExecutionError`.
  func columnNorms() async throws -> [S.Real] {
    let triangle = try await triangle()
    return (0..<columns).map { TesseraLocalMatrices.norm(triangle.column($0)) }
  }
}
