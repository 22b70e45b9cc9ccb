// A X = B with numbers whose squares stay within the range of the scalar: (a A) Y = B diag(b) for a power of two a and one
// for every right side, and x_j = (a / b_j) y_j. One power for all of A keeps the solution of least norm.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct SafeSystem<S: Scalar>: Sendable {
  /// A times a power of two.
  let a: RowMatrix<S>
  /// B, each column times another one.
  let b: RowMatrix<S>
  /// |a A|_F
  let frobenius: S.Real
  /// The largest modulus in each column of `b`.
  let largest: [S.Real]
  /// The powers.
  let factors: (a: S.Real, b: [S.Real])

  /// One pass over A and B, and two more where one has to be scaled.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `ExecutionError`.
  init(_ a: RowMatrix<S>, _ b: RowMatrix<S>) async throws {
    let left = try await a.magnitudes()
    let right = try await ScaledColumns(b, b.safeColumnMoments())
    factors = (safeFactor(Double(left.largest)), right.factors)
    (self.b, largest) = (right.matrix, right.largest)
    if factors.a == 1 {
      (self.a, frobenius) = (a, left.frobenius)
    } else {
      self.a = try await a.scaled(by: S(real: factors.a))
      frobenius = try await self.a.magnitudes().frobenius
    }
  }

  /// X for the Y of the scaled system.
  func solution(_ y: DenseMatrix<S>) -> DenseMatrix<S> {
    if factors.a == 1, factors.b.allSatisfy({ $0 == 1 }) { return y }
    return DenseMatrix(rows: y.rows, columns: y.columns) { i, j in
      y[i, j].scaled(by: factors.a, over: factors.b[j])
    }
  }

  /// The Y of which X is the solution: what is left of it where X has lost digits, or more, at the ends of the range.
  func scaledSolution(_ x: DenseMatrix<S>) -> DenseMatrix<S> {
    if factors.a == 1, factors.b.allSatisfy({ $0 == 1 }) { return x }
    return DenseMatrix(rows: x.rows, columns: x.columns) { i, j in
      x[i, j].scaled(by: factors.b[j], over: factors.a)
    }
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

  /// The largest modulus in every column. One pass.
  ///
  /// - Throws: `ExecutionError`.
  func columnMaxima() async throws -> [S.Real] {
    let moments = try await columnMoments()
    return (0..<columns).map {
      moments.rows == 0 ? 0 : S.Real(max(moments.minimum[$0].magnitude, moments.maximum[$0].magnitude))
    }
  }
}
