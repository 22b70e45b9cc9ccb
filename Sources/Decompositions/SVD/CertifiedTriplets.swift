// Singular triplets from right vectors V, n x k with orthonormal columns, that some method has found:
//
//   refine     A V = Q R (only R is formed), R = P S Z^H: values S, vectors V Z. Rayleigh-Ritz without squaring
//              (Golub and Van Loan, Matrix Computations, 8.6.3 and 9.1)
//   certify    u = A v / s: |A^H u - s v| = |A^H (A v) - s^2 v| / s for every column; where s is too small for
//              that to tell, A V = U R and both |R - S| and |A^H U - V S|
//
// Two passes of k vectors; three where values are that small. k^3 flops on the driver.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

/// What refining and certifying ask of a matrix.
protocol TripletSource<Element>: LinearOperator {
  /// m x r, beside the rows.
  associatedtype Left: Sendable
  /// Reads that a pass for b vectors at once takes: one, or b.
  func passes(width: Int) -> Int
  /// R of A X, or of A.
  func triangle(of x: DenseMatrix<Element>?) async throws -> DenseMatrix<Element>
  /// A X = Q R.
  func factors(ofImageOf x: DenseMatrix<Element>) async throws -> (q: Left, r: DenseMatrix<Element>)
  /// A^H Q.
  func adjoint(times q: Left) async throws -> DenseMatrix<Element>
}

extension TripletSource {
  func passes(width: Int) -> Int { 1 }
}

struct CertifiedTriplets<S: Scalar> {
  /// The values that satisfy their equations, largest first: r <= k of them.
  private(set) var values: [S.Real] = []
  /// Their right vectors, n x r; the largest component of each is real and positive.
  private(set) var right: DenseMatrix<S>
  /// |(A v - s u, A^H u - s v)|
  private(set) var residuals: [S.Real] = []
  /// How many more are too small for a Gram matrix, and did not satisfy their equations.
  private(set) var hidden = 0
  /// Passes that it took.
  private(set) var passes = 0
  var count: Int { values.count }

  /// - Parameters:
  ///   - tolerance: a triplet of which more than 100 max(tolerance, 10 ulp) s1, or a tenth of a value that is not zero to
  ///     rounding, is left over does not count.
  ///   - progress: called with the number of passes so far.
  init(
    of a: some TripletSource<S>, _ vectors: DenseMatrix<S>, tolerance: S.Real,
    progress: ((Int) -> Void)?
  ) async throws {
    right = vectors
    guard vectors.columns > 0 else { return }
    let reads = a.passes(width: vectors.columns)
    let small = try await a.triangle(of: vectors).svd()
    passes = reads
    progress?(passes)
    let all = small.singularValues
    let rotated = try vectors * small.v
    let turned = rotated.scalingColumns(by: rotated.columnPhases())
    let limit = 100 * max(tolerance, 10 * S.Real.ulpOfOne) * all[0]
    let found: [S.Real]
    if Self.hasHidden(all) {
      found = try await Self.residualsByFactor(a, all, turned)
      passes += 2 * reads
    } else {
      found = try await Self.residualsByImage(a, all, turned)
      passes += reads
    }
    progress?(passes)
    // A value whose residual is as large as itself is noise, however small, unless it is zero to rounding.
    let rounding = Self.rounding(a.shape) * all[0]
    let good = all.indices.prefix { j in
      found[j] <= limit && (all[j] <= rounding || 10 * found[j] <= all[j])
    }.count
    values = Array(all.prefix(good))
    residuals = Array(found.prefix(good))
    right = try turned[0..<turned.rows, 0..<good]
    hidden = all.dropFirst(good).count { Self.isHidden($0, beside: all[0]) }
  }

  /// The part of the largest value up to which one is zero to rounding, in a matrix of this shape.
  static func rounding(_ shape: Shape) -> S.Real {
    35 * S.Real(max(shape.rows, shape.columns)) * S.Real.ulpOfOne
  }

  /// |A^H u - s v| with u = A v / s, for which |A v - s u| is zero. One pass. Rounding adds eps s1^2 / s.
  private static func residualsByImage(
    _ a: some LinearOperator<S>, _ values: [S.Real], _ right: DenseMatrix<S>
  ) async throws -> [S.Real] {
    let image = try await a.applyGram(right)
    return values.indices.map { j in
      let defect = distance(image.column(j), values[j] * values[j], right.column(j))
      return values[j] > 0 ? defect / values[j] : .infinity
    }
  }

  /// |(A v - s u, A^H u - s v)| with u a column of the orthonormal factor of A V, which is good for any s. Two
  /// passes, m x k numbers on the workers.
  private static func residualsByFactor(
    _ a: some TripletSource<S>, _ values: [S.Real], _ right: DenseMatrix<S>
  ) async throws -> [S.Real] {
    let (left, r) = try await a.factors(ofImageOf: right)
    let image = try await a.adjoint(times: left)
    return values.indices.map { j in
      var unit = [S](repeating: 0, count: r.rows)
      unit[j] = 1
      return .hypot(
        distance(r.column(j), values[j], unit), distance(image.column(j), values[j], right.column(j)))
    }
  }

  /// Whether the least value is so small that the Gram matrix, which squares it, cannot have seen it well.
  static func hasHidden(_ values: [S.Real]) -> Bool {
    guard let first = values.first, let last = values.last else { return true }
    return isHidden(last, beside: first)
  }

  private static func isHidden(_ value: S.Real, beside first: S.Real) -> Bool {
    value < first * S.Real.root(S.Real.ulpOfOne, 3)
  }
}

/// |x - s y|
func distance<S: Scalar>(_ x: [S], _ s: S.Real, _ y: [S]) -> S.Real {
  var difference = x
  axpy(S(real: -s), y, &difference)
  return norm(difference)
}
