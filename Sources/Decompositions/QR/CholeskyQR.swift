// A = Q R by the Cholesky factor of the Gram matrix, twice: G = A^H A = R1^H R1, W = A R1^-1, W^H W = R2^H R2,
// Q = W R2^-1, R = R2 R1. W is never stored: the second pass makes it in cache for its Gram matrix, and the third
// makes it again on the way to Q. 5 m n^2 flops, R alone 3 m n^2, all of them in products of matrices that run at
// several times the rate of reflections; n(n+1)/2 words from every worker twice, 3 n^2 to it. Source: Yamamoto,
// Nakatsukasa, Yanagisawa, Fukaya, Roundoff Error Analysis of the CholeskyQR2 Algorithm, ETNA 44, 2015: Q is
// orthonormal and A - Q R small, both to rounding, whenever
//
//   8 kappa(A) sqrt(m n u + n (n + 1) u) <= 1.
//
// Here kappa is bounded from above by |R1|_F |R1^-1|_F; A's columns are scaled to about one first, by powers
// of two, to which the method is blind; and for m stands the number of additions in the longest chain of a sum
// over the rows, that of a slab and those of the tree.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices
import TesseraPartitioning

struct CholeskyQR<S: Scalar> {
  let q: RowMatrix<S>?
  let r: DenseMatrix<S>

  /// nil when the bound does not hold, or when squares leave the scalar's range or A is not finite.
  ///
  /// - Throws: `ExecutionError`.
  init?(_ a: RowMatrix<S>, wantsQ: Bool) async throws {
    let n = a.columns
    let gram = try await a.gram()
    // Squares keep away from both ends of the range, where they lose digits.
    let range = S.Real.Exponent(Int(S.Real.greatestFiniteMagnitude.exponent) / 2)
    let diagonal = gram.diagonal.map(\.realPart)
    guard n > 0, diagonal.allSatisfy({ $0.isNormal && $0 > 0 && $0.exponent.magnitude < range.magnitude })
    else { return nil }
    let scales = diagonal.map { S.Real(sign: .plus, exponent: $0.exponent / 2, significand: 1) }
    let equilibrated = DenseMatrix<S>(rows: n, columns: n) {
      gram[$0, $1] * S(real: 1 / (scales[$0] * scales[$1]))
    }
    guard let first = Self.upper(equilibrated) else { return nil }
    let longestSlab = (0..<a.partitioning.rowCuts.count).map { a.partitioning.rowCuts[$0].count }.max() ?? 0
    let chain = longestSlab + Int.bitWidth - a.partitioning.rowCuts.count.leadingZeroBitCount
    guard try Self.isSafe(first, chain: chain) else { return nil }
    let r1 = first.scalingColumns(by: scales.map { S(real: $0) })
    let r2 = Self.upper(try await a.gram(dividedByUpper: r1))
    guard let r2, r2.storage.allSatisfy(\.isFiniteNumber) else { return nil }
    let product = try r2 * r1
    r = DenseMatrix(rows: n, columns: n) { i, j in
      i < j ? product[i, j] : i == j ? S(real: product[i, i].realPart) : 0
    }
    q = wantsQ ? try await a.divided(byUpper: r1, r2) : nil
  }

  /// R of G = R^H R with a positive diagonal; nil when G is not positive definite.
  private static func upper(_ gram: DenseMatrix<S>) -> DenseMatrix<S>? {
    (try? gram.cholesky())?.lower.adjoint().columnMajor()
  }

  /// Whether the method is as good as reflections for a matrix with this triangle. O(n^3).
  private static func isSafe(_ r: DenseMatrix<S>, chain: Int) throws -> Bool {
    let n = r.rows
    let condition = try r.norm() * r.inverseOfUpperTriangle().norm()
    let error = S.Real(n) * S.Real(chain + n + 1) * S.unitRoundoff
    return 8 * condition * S.Real.sqrt(error) <= 1
  }
}
