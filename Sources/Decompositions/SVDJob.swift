// One truncated SVD of a finite matrix with at least as many rows as columns:
//
//   scale      by a power of two, if squares would leave the scalar's range
//   find       right vectors V of the largest singular values: Gram, Lanczos, block Krylov or TSQR
//   refine     A V = Q R (only R is formed), R = P S Z^H: values S, vectors V Z. Rayleigh-Ritz without
//   squaring
//              (Golub and Van Loan, Matrix Computations, 8.6.3 and 9.1)
//   certify    u = A v / s: |A^H u - s v| = |A^H (A v) - s^2 v| / s for every column; where s is too small
//   for
//              that to tell, A V = U R and both |R - S| and |A^H U - V S|
//   left       U = Q of A V, on request

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct SVDJob<S: Scalar> {
  let count: Int
  let method: SVDMethod
  let tolerance: S.Real
  let seed: UInt64
  let passLimit: Int
  let progress: (@Sendable (Int) -> Void)?

  /// - Throws: `invalidArgument` for what no decomposition can be asked.
  init(
    _ shape: Shape, count: Int, method: SVDMethod, tolerance: S.Real?, seed: UInt64, passLimit: Int,
    progress: (@Sendable (Int) -> Void)?
  ) throws(LinearAlgebraError) {
    guard count >= 0 else { throw .invalidArgument("\(count) singular values were asked for") }
    let tolerance = tolerance ?? max(S.Real(1e-10), 10 * S.Real.ulpOfOne)
    guard tolerance >= 0 else { throw .invalidArgument("the tolerance is \(tolerance)") }
    guard passLimit >= 1 else { throw .invalidArgument("\(passLimit) passes were allowed") }
    self.count = min(count, shape.rows, shape.columns)
    self.method = method
    self.tolerance = tolerance
    self.seed = seed
    self.passLimit = passLimit
    self.progress = progress
  }

  /// Orders up to which a Gram matrix is formed whatever the count, and a full triangle when Lanczos fails.
  private let smallOrder = 512
  private let denseOrder = 4096

  /// - Parameter size: the largest modulus of an element and the Frobenius norm, which took the first pass.
  /// - Precondition: `count <= columns <= rows`.
  func run(_ a: some RowOperator<S>, _ size: (largest: S.Real, frobenius: S.Real), rangeVectors: Bool)
    async throws
    -> TruncatedSVD<S>
  {
    if count == 0 || size.largest == 0 {
      return try await zero(a, size.frobenius, rangeVectors: rangeVectors)
    }
    let exponent = scalingExponent(size.largest)
    let factor = S.Real(sign: .plus, exponent: S.Real.Exponent(-exponent), significand: 1)
    let scaled = exponent == 0 ? a : try await a.scaled(by: S(real: factor))

    var state = try await find(scaled)
    var triplets = try await certify(scaled, &state)
    // What squaring has hidden, the triangle of A itself still shows.
    if method == .auto, state.method != .tsqr, scaled.columns <= denseOrder,
      triplets.count < count || hasHiddenValues(triplets.values)
    {
      let passes = state.passes
      state = try await tsqr(scaled)
      // The inspection is in both.
      state.passes += passes - 1
      triplets = try await certify(scaled, &state)
    }
    let left =
      rangeVectors
      ? try await scaled.multiplied(by: triplets.right).orthonormalFactor() : nil
    return TruncatedSVD(
      singularValues: triplets.values.map { $0 / factor }, right: triplets.right, left: left,
      residuals: triplets.residuals.map { $0 / factor }, converged: triplets.count == count,
      method: state.method, passes: state.passes, frobeniusNorm: size.frobenius)
  }

  // MARK: scaling

  /// The exponent e by which 2^-e brings the elements near 1, or 0 when their squares and the sums of them
  /// stay well inside the scalar's range anyway.
  private func scalingExponent(_ largest: S.Real) -> Int {
    let exponent = Int(largest.exponent)
    let range = Int(S.Real.greatestFiniteMagnitude.exponent)
    return exponent.magnitude < range / 8 ? 0 : max(1 - range, min(exponent, range - 1))
  }

  // MARK: find

  /// Right vectors and what they cost.
  private struct Found {
    var vectors: DenseMatrix<S>
    var method: SVDMethod
    var passes: Int
  }

  private func find(_ a: some RowOperator<S>) async throws -> Found {
    let n = a.columns
    switch method {
    case .gram: return try await gram(a)
    case .tsqr: return try await tsqr(a)
    case .randomized: return try await blockKrylov(a)
    case .lanczos where LanczosEigenpairs<S>.canRun(order: n, count: count):
      return try await lanczos(a)
    case .lanczos:
      throw LinearAlgebraError.invalidArgument(
        "Lanczos finds at most \(max(0, n - 2)) of the \(n) singular values of a matrix of \(a.shape), "
          + "not \(count)")
    case .auto:
      let cheap =
        n <= smallOrder || 3 * count >= n || !LanczosEigenpairs<S>.canRun(order: n, count: count)
      return try await cheap ? gram(a) : lanczos(a)
    }
  }

  private func gram(_ a: some RowOperator<S>) async throws -> Found {
    let n = a.columns
    let eigen = try await a.gram().symmetricEigen()
    progress?(2)
    // LAPACK's eigenvalues ascend: the last `count` vectors, the last first.
    let wanted = eigen.eigenvectors.selectingColumns((n - count..<n).reversed())
    return Found(vectors: wanted, method: .gram, passes: 2)
  }

  private func lanczos(_ a: some RowOperator<S>) async throws -> Found {
    let n = a.columns
    // ARPACK's pointers into its three vectors of work have 32 bits.
    guard 3 * n <= Int(Int32.max) else {
      throw LinearAlgebraError.tooLarge(
        what: "the order of Lanczos's problem", value: n, limit: Int(Int32.max) / 3)
    }
    // The basis, ARPACK's work, the vectors found and the panel of a pass.
    try MemoryGuard.check(
      "Lanczos's basis", n, LanczosEigenpairs<S>.basis(order: n, count: count) + 2 * count + 10,
      bytesPerElement: MemoryLayout<S>.stride)
    let pairs = try await LanczosEigenpairs(
      ofGramOf: try await a.prepared(), count: count, tolerance: tolerance, seed: seed,
      progress: progress.map { progress in { progress(1 + $0) } })
    return Found(vectors: pairs.vectors, method: .lanczos, passes: 1 + pairs.applications)
  }

  private func blockKrylov(_ a: some RowOperator<S>) async throws -> Found {
    let block = BlockKrylovVectors<S>.block(order: a.columns, count: count)
    try MemoryGuard.check(
      "the block Krylov basis", a.columns, 3 * BlockKrylovVectors<S>.depth * block,
      bytesPerElement: MemoryLayout<S>.stride)
    let found = try await BlockKrylovVectors(
      ofGramOf: try await a.prepared(), count: count, tolerance: tolerance, seed: seed, passLimit: passLimit,
      progress: progress.map { progress in { progress(1 + $0) } })
    return Found(vectors: found.vectors, method: .randomized, passes: 1 + found.passes)
  }

  private func tsqr(_ a: some RowOperator<S>) async throws -> Found {
    let n = a.columns
    try MemoryGuard.check("the triangle", n, n, bytesPerElement: 4 * MemoryLayout<S>.stride)
    let r = try await a.triangle(of: nil)
    let vectors = try r.svd().v[0..<n, 0..<count]
    return Found(vectors: vectors, method: .tsqr, passes: 2)
  }

  // MARK: refine and certify

  private struct Triplets {
    var values: [S.Real]
    var right: DenseMatrix<S>
    var residuals: [S.Real]
    var count: Int { values.count }
  }

  private func certify(_ a: some RowOperator<S>, _ state: inout Found) async throws -> Triplets {
    guard state.vectors.columns > 0 else {
      return Triplets(values: [], right: state.vectors, residuals: [])
    }
    let small = try await a.triangle(of: state.vectors).svd()
    state.passes += 1
    progress?(state.passes)
    let values = small.singularValues
    let rotated = try state.vectors * small.v
    let right = rotated.scalingColumns(by: rotated.columnPhases())
    let limit = 100 * max(tolerance, 10 * S.Real.ulpOfOne) * values[0]
    let residuals: [S.Real]
    if hasHiddenValues(values) {
      residuals = try await residualsByFactor(a, values, right)
      state.passes += 2
    } else {
      residuals = try await residualsByImage(a, values, right)
      state.passes += 1
    }
    progress?(state.passes)
    let good = residuals.prefix { $0 <= limit }.count
    return Triplets(
      values: Array(values.prefix(good)), right: try right[0..<a.columns, 0..<good],
      residuals: Array(residuals.prefix(good)))
  }

  /// |A^H u - s v| with u = A v / s, for which |A v - s u| is zero. One pass. Rounding adds eps s1^2 / s.
  private func residualsByImage(_ a: some RowOperator<S>, _ values: [S.Real], _ right: DenseMatrix<S>)
    async throws
    -> [S.Real]
  {
    let image = try await a.applyGram(right)
    return values.indices.map { j in
      let defect = distance(image.column(j), values[j] * values[j], right.column(j))
      return values[j] > 0 ? defect / values[j] : .infinity
    }
  }

  /// |(A v - s u, A^H u - s v)| with u a column of the orthonormal factor of A V, which is good for any s. Two
  /// passes, m x k numbers on the workers.
  private func residualsByFactor(_ a: some RowOperator<S>, _ values: [S.Real], _ right: DenseMatrix<S>)
    async throws
    -> [S.Real]
  {
    let (left, r) = try await a.multiplied(by: right).orthogonalFactors()
    let image = try await a.adjoint(times: left)
    return values.indices.map { j in
      var unit = [S](repeating: 0, count: r.rows)
      unit[j] = 1
      return .hypot(
        distance(r.column(j), values[j], unit), distance(image.column(j), values[j], right.column(j)))
    }
  }

  /// |x - s y|
  private func distance(_ x: [S], _ s: S.Real, _ y: [S]) -> S.Real {
    var difference = x
    axpy(S(real: -s), y, &difference)
    return norm(difference)
  }

  /// Whether a value is so small that the Gram matrix, which squares it, cannot have seen it well.
  private func hasHiddenValues(_ values: [S.Real]) -> Bool {
    guard let first = values.first, let last = values.last else { return true }
    return last < first * S.Real.root(S.Real.ulpOfOne, 3)
  }

  // MARK: nothing to find

  /// The SVD of a zero matrix, or of none: zeros, and columns of the identity.
  private func zero(_ a: some RowOperator<S>, _ frobenius: S.Real, rangeVectors: Bool) async throws
    -> TruncatedSVD<S>
  {
    let right = DenseMatrix<S>(rows: a.columns, columns: count) { $0 == $1 ? 1 : 0 }
    let zeros = [S.Real](repeating: 0, count: count)
    return TruncatedSVD(
      singularValues: zeros, right: right,
      left: rangeVectors ? try await a.multiplied(by: right).orthonormalFactor() : nil,
      residuals: zeros, converged: true, method: method == .auto ? .gram : method, passes: 1,
      frobeniusNorm: frobenius)
  }
}
