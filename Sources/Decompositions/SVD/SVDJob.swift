// One truncated SVD:
//
//   inspect    are all elements finite, how large are they
//   scale      by a power of two, if squares would leave the scalar's range
//   find       right vectors V of the largest singular values, by the method asked for or the plan's
//   certify    values from A V, vectors turned, residuals: `CertifiedTriplets`
//   repeat     in the complement of the vectors whose values have hidden others by their squares, or by a method that
//              does not square
//   left       U = Q of A V, on request
//
// A wide matrix is decomposed by its adjoint.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

/// What was asked for.
struct SVDRequest<S: Scalar>: Sendable {
  let count: Int
  let method: SVDMethod
  let tolerance: S.Real?
  let seed: UInt64
  let passLimit: Int
  let leftVectors: Bool
  let progress: (@Sendable (Int) -> Void)?

  /// - Throws: as `RowMatrix.svd`.
  func run<A: SVDSource<S>>(_ a: A) async throws -> PartialSVD<S, A.Left> {
    guard count >= 0 else {
      throw LinearAlgebraError.invalidArgument("\(count) singular values were asked for")
    }
    let tolerance = tolerance ?? max(S.Real(1e-10), 10 * S.Real.ulpOfOne)
    guard tolerance >= 0 else {
      throw LinearAlgebraError.invalidArgument("the tolerance is \(tolerance)")
    }
    guard passLimit >= 1 else {
      throw LinearAlgebraError.invalidArgument("\(passLimit) passes were allowed")
    }
    let (m, n) = (a.shape.rows, a.shape.columns)
    let size = try await a.magnitudes()
    progress?(1)
    let order = min(m, n)
    if method == .lanczos, count > 0, order > 0, size.largest > 0,
      !LanczosEigenpairs<S>.canRun(order: order, count: count)
    {
      throw LinearAlgebraError.invalidArgument(
        "Lanczos finds at most \(max(0, order - 2)) of the \(order) singular values of a matrix of \(a.shape), "
          + "not \(count)")
    }
    func job(_ a: A, rangeVectors: Bool) -> SVDJob<A> {
      SVDJob(
        matrix: a, size: size, count: min(count, m, n), method: method, tolerance: tolerance, seed: seed,
        passLimit: passLimit, rangeVectors: rangeVectors, progress: progress)
    }
    if m >= n { return try await job(a, rangeVectors: leftVectors).run() }
    // A^H = V S U^H: the range vectors of the adjoint are A's right vectors.
    let adjoint = try await a.flipped()
    let flipped = try await job(adjoint, rangeVectors: true).run()
    guard let range = flipped.left else {
      preconditionFailure("a job that was asked for range vectors returned none")
    }
    let right = try await adjoint.onDriver(range)
    let phases = right.columnPhases()
    return PartialSVD(
      singularValues: flipped.singularValues, right: right.scalingColumns(by: phases),
      left: leftVectors ? try await a.beside(flipped.right.scalingColumns(by: phases)) : nil,
      residuals: flipped.residuals, orthogonality: flipped.orthogonality, converged: flipped.converged,
      isInRange: flipped.isInRange, unresolved: flipped.unresolved, method: flipped.method,
      reason: flipped.reason, plan: flipped.plan,
      passes: flipped.passes, history: flipped.history, frobeniusNorm: flipped.frobeniusNorm)
  }
}

/// The decomposition of a finite matrix with at least as many rows as columns.
struct SVDJob<A: SVDSource> {
  typealias S = A.Element

  let matrix: A
  /// The largest modulus of an element and the Frobenius norm, which took the first pass.
  let size: (largest: S.Real, frobenius: S.Real)
  /// At most the number of columns.
  let count: Int
  let method: SVDMethod
  let tolerance: S.Real
  let seed: UInt64
  let passLimit: Int
  let rangeVectors: Bool
  let progress: (@Sendable (Int) -> Void)?

  func run() async throws -> PartialSVD<S, A.Left> {
    if count == 0 || size.largest == 0 { return try await zero() }
    let factor: S.Real = safeFactor(Double(size.largest))
    let a = factor == 1 ? matrix : try await matrix.scaled(by: S(real: factor))

    let plan = a.plan(count: count, leftVectors: rangeVectors)
    var reason = method == .auto ? plan.reason : "asked for"
    var (found, triplets) = try await findAndCertify(a, method == .auto ? plan.method : method)
    // What squaring has hidden, A without the vectors that hide it still shows, or the triangle of A itself.
    if method == .auto, found.method.squares, let doubt = try await doubt(a, &found, triplets) {
      let accurate = plan.accurateMethod
      if plan.isDearer(accurate, than: .lanczos), let all = try await deflated(a, &found, triplets) {
        (found, triplets) = all
        reason = doubt + "; the rest was found in the complement of the others' vectors"
      } else if let accurate {
        reason = doubt
        let (passes, history) = (found.passes, found.history)
        (found, triplets) = try await findAndCertify(a, accurate)
        found.history = history
        // The inspection is in both.
        found.passes += passes - 1
      }
    }
    var left: A.Left?
    var orthogonality = try triplets.right.orthonormalityDefect()
    if rangeVectors {
      let q = try await a.factors(ofImageOf: triplets.right).q
      orthogonality = max(orthogonality, try await a.orthogonality(of: q))
      left = q
    }
    let values = triplets.values.map { $0 / factor }
    let isInRange = values.allSatisfy(\.isFinite)
    return PartialSVD(
      singularValues: values, right: triplets.right, left: left,
      residuals: triplets.residuals.map { $0 / factor }, orthogonality: orthogonality,
      converged: isInRange && triplets.count == count, isInRange: isInRange,
      unresolved: found.method.squares ? triplets.hidden : 0, method: found.method, reason: reason,
      plan: plan,
      passes: found.passes, history: found.history, frobeniusNorm: size.frobenius)
  }

  // MARK: find

  /// Right vectors and what they cost.
  private struct Found {
    var vectors: DenseMatrix<S>
    var method: SVDMethod
    var passes: Int
    var history: [ConvergencePoint] = []
    /// Whether a probe has shown that nothing but zero was left to find.
    var restIsZero = false
  }

  /// The certificate reads the form that the method has read: preparing a second one costs a pass or two.
  private func findAndCertify(_ a: A, _ method: SVDMethod) async throws -> (Found, CertifiedTriplets<S>) {
    switch method {
    case .gram: return try await certify(a, try await gram(a), .squared)
    case .tsqr: return try await certify(a, try await tsqr(a), .whole)
    case .dense, .auto: return try await certify(a, try await dense(a), .whole)
    case .randomized:
      let a = try await a.iterated()
      return try await certify(a, try await blockKrylov(a), .squared)
    case .lanczos:
      let a = try await a.iterated()
      return try await certify(a, try await lanczos(a), .squared)
    }
  }

  private var memories: RouteMemories { RouteMemories(matrix.shape, of: S.self) }

  private func gram(_ a: A) async throws -> Found {
    try memories.gram(count: count).check("the Gram matrix")
    let pairs = try await a.gram().largestEigenpairs(count)
    progress?(2)
    return Found(vectors: pairs.vectors, method: .gram, passes: 2)
  }

  private func lanczos(_ a: some LinearOperator<S>) async throws -> Found {
    let n = a.shape.columns
    // ARPACK's pointers into its three vectors of work have 32 bits.
    guard 3 * n <= Int(Int32.max) else {
      throw LinearAlgebraError.tooLarge(
        what: "the order of Lanczos's problem", value: n, limit: Int(Int32.max) / 3)
    }
    try memories.lanczos(basis: LanczosEigenpairs<S>.basis(order: n, count: count), count: count)
      .check("Lanczos's basis")
    let pairs = try await LanczosEigenpairs(
      ofGramOf: a, count: count, tolerance: tolerance, seed: seed,
      progress: progress.map { progress in { progress(1 + $0) } })
    return Found(
      vectors: pairs.vectors, method: .lanczos, passes: 1 + pairs.applications,
      // The inspection came first.
      history: pairs.history.map { ConvergencePoint(passes: 1 + $0.passes, residual: $0.residual) })
  }

  private func blockKrylov(_ a: some SVDSource<S>) async throws -> Found {
    let n = a.shape.columns
    let block = BlockKrylovVectors<S>.block(order: n, count: count)
    try memories.blockKrylov(block: block, depth: BlockKrylovVectors<S>.depth)
      .check("the block Krylov basis")
    let reads = a.passes(width: block)
    let found = try await BlockKrylovVectors(
      ofGramOf: a, count: count, tolerance: tolerance, seed: seed, passLimit: passLimit,
      progress: progress.map { progress in { progress(1 + $0 * reads) } })
    return Found(
      vectors: found.vectors, method: .randomized, passes: 1 + found.passes * reads,
      history: found.history.map {
        ConvergencePoint(passes: 1 + $0.passes * reads, residual: $0.residual)
      })
  }

  private func tsqr(_ a: A) async throws -> Found {
    let n = a.shape.columns
    try memories.triangle.check("the triangle")
    let r = try await a.triangle(of: nil)
    return Found(vectors: try r.svd().v[0..<n, 0..<count], method: .tsqr, passes: 2)
  }

  private func dense(_ a: A) async throws -> Found {
    let n = a.shape.columns
    try memories.whole.check("the matrix and its SVD")
    let svd = try await a.wholeMatrix().svd()
    let reads = a.access == .products ? a.passes(width: n) : 1
    return Found(vectors: try svd.v[0..<n, 0..<count], method: .dense, passes: 1 + reads)
  }

  // MARK: certify

  /// What was found with its values and residuals, which take passes more.
  private func certify(_ a: some SVDSource<S>, _ found: Found, _ accuracy: VectorAccuracy) async throws -> (
    Found, CertifiedTriplets<S>
  ) {
    var found = found
    let before = found.passes
    var triplets = try await CertifiedTriplets(
      of: a, found.vectors, accuracy, tolerance: tolerance,
      progress: progress.map { progress in { progress(before + $0) } })
    found.passes += triplets.passes
    if triplets.hasNoise, try await restIsZero(a, &found, beside: triplets) { try triplets.acceptNoise() }
    return (found, triplets)
  }

  private func restIsZero(
    _ a: some SVDSource<S>, _ found: inout Found, beside triplets: CertifiedTriplets<S>
  ) async throws -> Bool {
    found.passes += a.passes(width: CertifiedTriplets<S>.probes)
    progress?(found.passes)
    found.restIsZero = try await triplets.restIsZero(of: a, seed: seed)
    return found.restIsZero
  }

  /// Why a method that squares is not to be believed that these are the largest values; nil where it is.
  private func doubt(_ a: A, _ found: inout Found, _ triplets: CertifiedTriplets<S>) async throws -> String? {
    if triplets.count < count { return "\(found.method.rawValue) found \(triplets.count) of \(count)" }
    if found.restIsZero || !CertifiedTriplets<S>.hasHidden(triplets.values) { return nil }
    let rest = try await restIsZero(a, &found, beside: triplets)
    return rest ? nil : "\(found.method.rawValue) squares values below eps^(1/3) of the largest away"
  }

  /// All triplets, those that squaring has not hidden as they are, and the others by Lanczos in the complement of their
  /// vectors, and again where those hide others; nil, and the passes of the attempt, where that has not found them all.
  private func deflated(_ a: A, _ found: inout Found, _ triplets: CertifiedTriplets<S>) async throws -> (
    Found, CertifiedTriplets<S>
  )? {
    let n = a.shape.columns
    var known = unhidden(triplets.values)
    let hides = triplets.hidden > 0 || CertifiedTriplets<S>.hasHidden(triplets.values)
    guard hides, known > 0 else { return nil }
    var vectors = try triplets.right[0..<n, 0..<known]
    let source = try await a.iterated()
    while known < count {
      guard LanczosEigenpairs<S>.canRun(order: n - known, count: count - known) else { return nil }
      let before = found.passes
      let pairs = try await LanczosEigenpairs(
        ofGramOf: DeflatedOperator(source, outside: vectors), count: count - known, tolerance: tolerance,
        seed: seed, progress: progress.map { progress in { progress(before + $0) } })
      found.passes += pairs.applications
      let more = unhidden(pairs.values.map { S.Real.sqrt(max(0, $0)) })
      guard more > 0 else { return nil }
      vectors = try DenseMatrix(
        rows: n, columns: known + more,
        elements: vectors.elements(in: .columnMajor)
          + (try pairs.vectors[0..<n, 0..<more]).elements(in: .columnMajor)
      ).qr().q
      known += more
    }
    let all = Found(vectors: vectors, method: .lanczos, passes: found.passes, history: found.history)
    let certified = try await certify(source, all, .deflated)
    if certified.1.count == count { return certified }
    found.passes = certified.0.passes
    return nil
  }

  /// How many of the values the first one does not hide.
  private func unhidden(_ values: [S.Real]) -> Int {
    values.prefix { !CertifiedTriplets<S>.hasHidden([values[0], $0]) }.count
  }

  // MARK: nothing to find

  /// The SVD of a zero matrix, or of none: zeros, and columns of the identity.
  private func zero() async throws -> PartialSVD<S, A.Left> {
    let right = DenseMatrix<S>(rows: matrix.shape.columns, columns: count) { $0 == $1 ? 1 : 0 }
    let zeros = [S.Real](repeating: 0, count: count)
    return PartialSVD(
      singularValues: zeros, right: right,
      left: rangeVectors ? try await matrix.factors(ofImageOf: right).q : nil, residuals: zeros,
      orthogonality: 0,
      converged: true, isInRange: true, unresolved: 0, method: method == .auto ? .gram : method,
      reason: "there is nothing to find",
      plan: nil, passes: 1, history: [], frobeniusNorm: count == 0 ? size.frobenius : 0)
  }
}
