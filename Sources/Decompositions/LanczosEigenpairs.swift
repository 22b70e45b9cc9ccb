// The k largest eigenpairs of H = A^H A for a linear operator A, by implicitly restarted Lanczos: ARPACK on
// the driver asks for H x, the workers answer. Between 2k and a few hundred applications, each a pass over A
// that moves 2n words per worker; n (2k + 5) numbers on the driver. Source: Lehoucq, Sorensen, Yang, ARPACK
// Users' Guide, 1998; the division of labour is that of Zadeh et al., Matrix Computations and Optimization in
// Apache Spark, 2016.
//
// A Krylov space holds one vector of each eigenspace: of a multiple eigenvalue the iteration may find fewer
// copies than there are, and report smaller eigenvalues in their place. So the complement of what was found
// is searched until its largest eigenvalue is no larger than the smallest found (Parlett, The Symmetric
// Eigenvalue Problem, 5.1 on deflation, 13.10 on multiplicity).

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

  /// The dimension of the Krylov basis for `count` eigenvalues of order n: ARPACK's advice of at least twice
  /// the count, and at least 20, where short bases restart too often.
  static func basis(order n: Int, count: Int) -> Int { min(n, max(2 * count + 1, 20)) }

  /// Whether the iteration can be used at all: it needs a basis larger than the count.
  static func canRun(order n: Int, count: Int) -> Bool { count >= 1 && count + 2 <= n }

  /// The `count` largest eigenpairs, or those of them that converge.
  ///
  /// - Precondition: `canRun`.
  init(
    ofGramOf a: some LinearOperator<S>, count: Int, tolerance: S.Real, seed: UInt64,
    progress: ((Int) -> Void)?
  ) async throws {
    let none = DenseMatrix<S>(zeros: a.shape.columns, 0)
    try await self.init(
      ofGramOf: a, outside: none, count: count, tolerance: tolerance, restarts: max(300, 3 * count),
      seed: seed,
      progress: progress)
    var seed = seed
    while values.count == count {
      let before = applications
      func outside(_ count: Int, _ tolerance: S.Real, restarts: Int) async throws -> LanczosEigenpairs {
        seed &+= 1
        let found = try await LanczosEigenpairs(
          ofGramOf: a, outside: vectors, count: count, tolerance: tolerance, restarts: restarts, seed: seed,
          progress: progress.map { progress in { progress(before + $0) } })
        applications += found.applications
        return found
      }
      // An eigenvalue is as accurate as the square of its residual: half of the digits tell whether one is
      // missing. A complement whose eigenvalues are too close together for ten restarts has none that stands
      // out.
      let missing = values[count - 1] + max(tolerance, S.Real(a.shape.columns) * S.Real.ulpOfOne) * values[0]
      let next = try await outside(1, max(tolerance.squareRoot(), 1e-5), restarts: 10)
      guard let largest = next.values.first, largest > missing else { break }
      let more = try await outside(count, tolerance, restarts: max(300, 3 * count))
      guard let largest = more.values.first, largest > missing else { break }
      try merge(more, keeping: count)
    }
  }

  /// The largest eigenpairs in the complement of the span of `known`, orthonormal columns.
  private init(
    ofGramOf a: some LinearOperator<S>, outside known: DenseMatrix<S>, count: Int, tolerance: S.Real,
    restarts: Int, seed: UInt64, progress: ((Int) -> Void)?
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
        order: n, wanted: count, basis: Self.basis(order: n, count: count), tolerance: tolerance,
        restarts: restarts,
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
