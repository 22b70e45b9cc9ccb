// The k largest eigenpairs of H = A^H A for a linear operator A, by implicitly restarted Lanczos: ARPACK on
// the driver asks for H x, the workers answer. Between 2k and a few hundred applications, each a pass over A
// that moves 2n words per worker; n (basis + 2k + 10) numbers on the driver. Source: Lehoucq, Sorensen, Yang, ARPACK
// Users' Guide, 1998; the division of labour is that of Zadeh et al., Matrix Computations and Optimization in
// Apache Spark, 2016.
//
// Eigenvalues too close together for a short basis do not converge in it however often it restarts: after a few dozen
// restarts a basis four times as long begins anew (Lehoucq, Sorensen, Yang, 4.4.1 on the choice of ncv).
//
// A Krylov space holds one vector of each eigenspace: of a multiple eigenvalue the iteration may find fewer
// copies than there are, and report smaller eigenvalues in their place. And where not all converge, one that did not may be
// larger than one that did. So the complement of what was found is searched until its largest eigenvalue is no larger
// than the smallest found (Parlett, The Symmetric Eigenvalue Problem, 5.1 on deflation, 13.10 on multiplicity); what
// stands below an eigenvalue that is there and does not converge is not returned.

import TesseraDistributedMatrices
import TesseraLocalMatrices

struct LanczosEigenpairs<S: Scalar> {
  /// The converged eigenvalues, largest first.
  private(set) var values: [S.Real]
  /// Their vectors, n x converged, orthonormal.
  private(set) var vectors: DenseMatrix<S>
  /// How often the operator was applied.
  private(set) var applications: Int
  /// The estimated residuals after each restart, of the pairs found first.
  private(set) var history: [ConvergencePoint] = []
  /// A bound from below on the largest eigenvalue, whether it has converged or not.
  private var largestAtLeast: S.Real

  /// The dimension of the Krylov basis for `count` eigenvalues of order n: ARPACK's advice of at least twice
  /// the count, and at least 20, where short bases restart too often.
  static func basis(order n: Int, count: Int) -> Int { min(n, max(2 * count + 1, 20)) }

  /// The dimension of the basis that takes over from one that is too short, as long as it fits `SVDPlan.memory`.
  private static func longBasis(order n: Int, count: Int) -> Int {
    let short = basis(order: n, count: count)
    return max(short, min(n, 4 * short, SVDPlan.memory / (max(1, n) * MemoryLayout<S>.stride)))
  }

  /// Restarts after which a basis is too short.
  private static var patience: Int { 40 }

  /// Whether the iteration can be used at all: it needs a basis larger than the count.
  static func canRun(order n: Int, count: Int) -> Bool { count >= 1 && count + 2 <= n }

  /// The `count` largest eigenpairs, or those of them that converge.
  ///
  /// - Precondition: `canRun`.
  init(
    ofGramOf a: some LinearOperator<S>, count: Int, tolerance: S.Real, seed: UInt64,
    progress: ((Int) -> Void)?
  ) async throws {
    let n = a.shape.columns
    let none = DenseMatrix<S>(zeros: n, 0)
    let (short, long) = (Self.basis(order: n, count: count), Self.longBasis(order: n, count: count))
    try await self.init(
      ofGramOf: a, outside: none, count: count, basis: short, tolerance: tolerance, restarts: Self.patience,
      seed: seed, progress: progress)
    var seed = seed
    func search(
      outside known: DenseMatrix<S>, count: Int, basis: Int, tolerance: S.Real, restarts: Int
    ) async throws -> LanczosEigenpairs {
      seed &+= 1
      let before = applications
      let found = try await LanczosEigenpairs(
        ofGramOf: a, outside: known, count: count, basis: basis, tolerance: tolerance, restarts: restarts,
        seed: seed, progress: progress.map { progress in { progress(before + $0) } })
      applications += found.applications
      return found
    }
    if values.count < count, long > short {
      let more = try await search(
        outside: none, count: count, basis: long, tolerance: tolerance, restarts: Self.patience)
      history += more.history.map {
        ConvergencePoint(passes: applications - more.applications + $0.passes, residual: $0.residual)
      }
      if more.values.count > values.count { (values, vectors) = (more.values, more.vectors) }
    }
    // Each round finds one that was missing, or is the last.
    var rounds = 0
    while let smallest = values.last {
      // As little as tells singular values apart by the tolerance, but more than rounding.
      let missing =
        smallest
        + max(2 * tolerance * (smallest * values[0]).squareRoot(), 100 * S.Real.ulpOfOne * values[0])
      let next = try await search(
        outside: vectors, count: 1, basis: short, tolerance: max(tolerance.squareRoot(), 1e-5), restarts: 10)
      guard next.largestAtLeast > missing else { break }
      rounds += 1
      if rounds <= count {
        let more = try await search(
          outside: vectors, count: count, basis: long, tolerance: tolerance, restarts: Self.patience)
        if let largest = more.values.first, largest > missing {
          try merge(more, keeping: count)
          continue
        }
      }
      let kept = values.prefix { $0 >= next.largestAtLeast }.count
      (values, vectors) = (Array(values.prefix(kept)), try vectors[0..<n, 0..<kept])
      break
    }
  }

  /// The largest eigenpairs in the complement of the span of `known`, orthonormal columns.
  private init(
    ofGramOf a: some LinearOperator<S>, outside known: DenseMatrix<S>, count: Int, basis: Int,
    tolerance: S.Real, restarts: Int, seed: UInt64, progress: ((Int) -> Void)?
  ) async throws {
    let n = a.shape.columns
    let random = CounterBasedRandom(seed: seed)
    let adjoint = known.adjoint()
    func projected(_ x: [S]) throws -> [S] {
      if known.columns == 0 { return x }
      var y = x
      axpy(-1, try known * (try adjoint * x), &y)
      return y
    }
    await ArpackGate.shared.enter()
    do {
      let iteration = ArnoldiIteration<S>(
        order: n, wanted: count, basis: basis, tolerance: tolerance, restarts: restarts,
        start: { random.symmetricVector(count: n, stream: UInt64($0)) })
      var applied = 0
      var points: [ConvergencePoint] = []
      while try iteration.step() == .apply {
        iteration.setOutput(try projected(try await a.applyGram(try projected(iteration.input))))
        applied += 1
        progress?(applied)
        Self.note(iteration.estimatedResidual, after: applied, in: &points)
      }
      Self.note(iteration.estimatedResidual, after: applied, in: &points)
      (values, vectors) = try iteration.eigenpairs()
      applications = applied
      history = points
      largestAtLeast = max(values.first ?? 0, iteration.largestRitzValue ?? 0)
    } catch {
      await ArpackGate.shared.leave()
      throw error
    }
    await ArpackGate.shared.leave()
    // ARPACK's vectors of a complex operator are not orthogonal to each other where eigenvalues are close.
    vectors = try vectors.qr().q
  }

  /// Adds an estimate to the history, unless it is that of the restart before.
  private static func note(_ residual: Double?, after passes: Int, in points: inout [ConvergencePoint]) {
    guard let residual, residual != points.last?.residual else { return }
    if points.last?.passes == passes { points.removeLast() }
    points.append(ConvergencePoint(passes: passes, residual: residual))
  }

  /// The `count` largest pairs of these and `more`.
  private mutating func merge(_ more: LanczosEigenpairs, keeping count: Int) throws {
    let all = values + more.values
    let kept = all.indices.sorted { all[$0] > all[$1] }.prefix(count)
    let (mine, theirs) = (vectors, more.vectors)
    let chosen = try DenseMatrix(
      rows: mine.rows, columns: mine.columns + theirs.columns,
      elements: mine.elements(in: .columnMajor) + theirs.elements(in: .columnMajor)
    ).selectingColumns(Array(kept))
    values = kept.map { all[$0] }
    vectors = try chosen.qr().q
  }
}
