// Singular triplets from right vectors V, n x k with orthonormal columns, that some method has found:
//
//   refine     A V = Q R (only R is formed), R = P S Z^H: values S, vectors V Z. Rayleigh-Ritz without squaring
//              (Golub and Van Loan, Matrix Computations, 8.6.3 and 9.1)
//   certify    u = A v / s: |A^H u - s v| = |A^H (A v) - s^2 v| / s for every column; where s is too small for
//              that to tell, A V = U R and both |R - S| and |A^H U - V S|
//   probe      a value of which more than a part is left over is noise. It stands for zero if the method misses no value,
//              or if A Z is zero to rounding for random Z orthogonal to the vectors that are certified
//
// Two passes of k vectors; three where values are that small; one of 10 vectors for a probe. k^3 flops on the driver.

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

/// What the method that has found vectors is known to do to small values.
enum VectorAccuracy {
  /// It works on A: all values are as good as rounding lets them be, and none is missing.
  case whole
  /// It works on what is left of A beside the vectors of the large values: what it finds is as good, but there may be more.
  case deflated
  /// It works on A^H A, which squares small values away.
  case squared

  /// The part of a value that may be left over.
  fileprivate var part: Int { self == .squared ? 100 : 10 }
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
  /// The values after `values` that are noise, and zero to rounding if nothing else is there.
  private var noise: (values: [S.Real], residuals: [S.Real])
  /// The vectors of both.
  private var all: DenseMatrix<S>
  var count: Int { values.count }

  /// - Parameters:
  ///   - accuracy: that of the vectors.
  ///   - tolerance: a triplet of which more than 100 max(tolerance, 10 ulp) s1, or a tenth of its value (a hundredth
  ///     where the vectors come from squares), is left over does not count.
  ///   - progress: called with the number of passes so far.
  init(
    of a: some TripletSource<S>, _ vectors: DenseMatrix<S>, _ accuracy: VectorAccuracy, tolerance: S.Real,
    progress: ((Int) -> Void)?
  ) async throws {
    (right, all, noise) = (vectors, vectors, ([], []))
    guard vectors.columns > 0 else { return }
    let reads = a.passes(width: vectors.columns)
    let small = try await a.triangle(of: vectors).svd()
    passes = reads
    progress?(passes)
    let sizes = small.singularValues
    let rotated = try vectors * small.v
    all = rotated.scalingColumns(by: rotated.columnPhases())
    let limit = 100 * max(tolerance, 10 * S.Real.ulpOfOne) * sizes[0]
    let found: [S.Real]
    if Self.hasHidden(sizes) {
      found = try await Self.residualsByFactor(a, sizes, all)
      passes += 2 * reads
    } else {
      found = try await Self.residualsByImage(a, sizes, all)
      passes += reads
    }
    progress?(passes)
    let good = sizes.indices.prefix { found[$0] <= limit && S.Real(accuracy.part) * found[$0] <= sizes[$0] }
      .count
    values = Array(sizes.prefix(good))
    residuals = Array(found.prefix(good))
    right = try all[0..<all.rows, 0..<good]
    hidden = sizes.dropFirst(good).count { Self.isHidden($0, beside: sizes[0]) }
    let rounding = 35 * S.Real(max(a.shape.rows, a.shape.columns)) * S.Real.ulpOfOne * sizes[0]
    let zeros = sizes.indices.dropFirst(good).prefix { found[$0] <= limit && sizes[$0] <= rounding }
    noise = (zeros.map { sizes[$0] }, zeros.map { found[$0] })
    if accuracy == .whole { try acceptNoise() }
  }

  /// Whether there are values that would be zero if nothing else is there.
  var hasNoise: Bool { !noise.values.isEmpty }

  /// Takes noise for the zeros that it stands for.
  mutating func acceptNoise() throws {
    values += noise.values
    residuals += noise.residuals
    right = try all[0..<all.rows, 0..<count]
    hidden -= min(hidden, noise.values.count)
    noise = ([], [])
  }

  /// Vectors of a probe.
  static var probes: Int { 10 }

  /// Whether A is zero to rounding outside the span of the vectors: then no value there is larger than theirs, and noise
  /// stands for zero. A Z for random Z orthogonal to them shows it without squaring: a value s that is hidden there makes
  /// |A Z|_F less than s / 30 with a probability below 1e-12, as its vector's inner products with ten columns of variance
  /// 1/3 would all have to be that small. Rounding leaves sqrt(n) ulp s1 in A Z. One pass of `probes` vectors.
  func restIsZero(of a: some TripletSource<S>, seed: UInt64) async throws -> Bool {
    guard let first = values.first else { return false }
    let n = a.shape.columns
    let random = CounterBasedRandom(seed: seed)
    var z = try DenseMatrix<S>(
      rows: n, columns: Self.probes,
      elements: (0..<Self.probes).flatMap {
        random.symmetricVector(count: n, stream: UInt64(1000 + $0)) as [S]
      })
    let adjoint = right.adjoint()
    // Once more, for what rounding has left of the vectors.
    for _ in 0..<2 { z = try z - right * (adjoint * z) }
    let size = try await a.triangle(of: z).norm()
    return 30 * size <= 100 * S.Real(n).squareRoot() * S.Real.ulpOfOne * first
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
