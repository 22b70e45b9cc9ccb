// One front door for A X = B and min |B - A X|: chooses the method, solves for every right side and certifies X by
// the residual that it truly has.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// X (n x p) with A X = B, or with the least |B - A X|, of this m x n matrix.
  ///
  /// | method | chosen when | passes | driver memory |
  /// | --- | --- | --- | --- |
  /// | direct | m = n, A sparse, or n <= 4096 | 4 | A, its factors, X |
  /// | tsqr | min(m, n) + p <= 4096, or `direct` finds A singular | 4 | 4 (min(m, n) + p)^2 |
  /// | lu | m = n and dense, n > 4096 | 4 | X |
  /// | lsmr | otherwise, or a larger A is found singular | 2 a step | 6 n |
  ///
  /// Where `direct` does not say that A is singular but finds no good solution, and the residual of `tsqr` is more than ten
  /// times as large, because it counts small singular values as zero, the solution of `direct` is returned after all.
  ///
  /// `cg` and `minres` are for who knows that A is Hermitian, `cholesky` for who knows that it is positive definite
  /// besides. `lu` and `cholesky` keep the factors on the workers; a solution that is not as good as rounding allows
  /// is improved once, one more pass, right side by right side where that halves the residual.
  ///
  /// - Parameters:
  ///   - b: the right sides, on the workers.
  ///   - tolerance: the relative residual to reach by an iteration (by default 1e-10, in single precision 100 ulp). The
  ///     solution of `direct`, `lu` and `cholesky` is judged by HPL's ratio instead, in which A's condition is not: for
  ///     every right side |b - A x| <= 16 n u (|A| |x| + |b|), in the infinity norm. Where |A|_F |x| > |b| / (sqrt(n) u)
  ///     and |b - A x| > sqrt(u) |b|, A is singular to working precision. `tsqr` is judged by that ratio, or by
  ///     |A^H r| <= 1000 max(m, n) u |A|_F |r| of the residual r.
  ///   - limit: of an iteration's steps for each right side; by default 10 n.
  ///   - preconditioner: of `cg`, `minres` and `gmres`.
  ///   - progress: called with the number of passes so far.
  /// - Returns: X also where it did not converge; `converged` and `reason` tell.
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless B has m rows; `invalidArgument` for a rectangular A where the
  ///   method is for square ones; `notFinite` for NaN or infinity in A or B; `singular` by `direct` and `lu`;
  ///   `notPositiveDefinite` by `cholesky`; `outOfMemory`, `ExecutionError`.
  public func solve(
    _ b: RowMatrix, method: SolveMethod = .auto, tolerance: S.Real? = nil, limit: Int? = nil,
    preconditioner: PreconditionerKind = .none, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> LinearSystemSolution<S> {
    guard b.rows == rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: shape, right: b.shape)
    }
    if method.needsSquareMatrix, rows != columns {
      throw LinearAlgebraError.invalidArgument(
        "the method \(method.rawValue) needs a square matrix, not \(shape); tsqr and lsmr take any shape")
    }
    let system = try await SafeSystem(materialized(), b)
    let job = SolveJob(
      system: system, sizes: try await system.b.columnNorms(), tolerance: tolerance, limit: limit,
      preconditioner: preconditioner, progress: progress)
    progress?(1)
    var found = try await job.run(method)
    found.predicted = system.prediction(found.method, preconditioner)
    let y = found.solution
    found.solution = system.solution(y)
    let remains = system.scaledSolution(found.solution)
    if remains != y { try await job.judgeAgain(&found, y, remains) }
    return found
  }
}

private struct SolveJob<S: Scalar> {
  let system: SafeSystem<S>
  /// |b_j| of all right sides.
  let sizes: [S.Real]
  let tolerance: S.Real?
  let limit: Int?
  let preconditioner: PreconditionerKind
  let progress: (@Sendable (Int) -> Void)?

  private var a: RowMatrix<S> { system.a }
  private var b: RowMatrix<S> { system.b }

  /// Orders up to which a triangle or a dense factorization stands on the driver.
  private let denseOrder = 4096

  func run(_ method: SolveMethod) async throws -> LinearSystemSolution<S> {
    let isSquare = a.rows == a.columns
    switch method {
    case .auto:
      let isSparse = a.storedCount < a.rows * a.columns / 2
      if isSquare, isSparse || a.rows <= denseOrder {
        var direct: LinearSystemSolution<S>?
        do {
          let found = try await self.direct()
          if found.converged || !fitsTriangle { return found }
          direct = found
        } catch LinearAlgebraError.singular {}
        guard fitsTriangle else { return try await iterate(.lsmr) }
        var least = try await tsqr()
        guard var direct else { return least }
        // The inspection is in both.
        let passes = least.passes + direct.passes - 1
        (least.passes, direct.passes) = (passes, passes)
        // A least residual that is larger is that of a lower rank.
        return largest(direct.residuals) < largest(least.residuals) / 10 ? direct : least
      }
      if fitsTriangle { return try await tsqr() }
      if isSquare, !isSparse {
        do {
          return try await factored(.lu)
        } catch LinearAlgebraError.singular {
          return try await iterate(.lsmr)
        }
      }
      return try await iterate(.lsmr)
    case .direct: return try await direct()
    case .lu, .cholesky: return try await factored(method)
    case .tsqr: return try await tsqr()
    case .cg: return try await iterate(.cg)
    case .minres: return try await iterate(.minres)
    case .gmres: return try await iterate(.gmres)
    case .lsmr: return try await iterate(.lsmr)
    }
  }

  private var fitsTriangle: Bool { min(a.rows, a.columns) + b.columns <= denseOrder }

  /// |b_j - A x_j| / |b_j|
  private func relative(_ residuals: [S.Real]) -> [S.Real] {
    zip(residuals, sizes).map { $1 > 0 ? $0 / $1 : $0 }
  }

  // MARK: factorizations

  private func direct() async throws -> LinearSystemSolution<S> {
    let found = try DirectSolution(try await a.collect(), try await b.collect().dense())
    progress?(2)
    let candidate = try await candidate(found.solution)
    progress?(3)
    let size = try await a.norm(.infinity)
    progress?(4)
    return judged(candidate, size, passes: 4, .direct, found.description)
  }

  /// By factors on the workers, improved once where that pays.
  private func factored(_ method: SolveMethod) async throws -> LinearSystemSolution<S> {
    let solve: (RowMatrix<S>) async throws -> DenseMatrix<S>
    let description: String
    if method == .cholesky {
      let factors = try await a.cholesky()
      solve = { try await factors.solve($0).collect().dense() }
      description = "distributed Cholesky"
    } else {
      let factors = try await a.lu()
      solve = { try await factors.solve($0).collect().dense() }
      description = "distributed LU with tournament pivoting"
    }
    progress?(2)
    var best = try await candidate(try await solve(b))
    let size = try await a.norm(.infinity)
    var passes = 4
    progress?(passes)
    // Four units of rounding of |A| |x| + |b| are what nobody can improve on.
    if backwardErrors(best, size).contains(where: { !($0 <= 4 * S.unitRoundoff) }) {
      let better = try await candidate(best.solution + solve(best.rest))
      passes += 1
      progress?(passes)
      let gains = zip(better.residuals, best.residuals).map { $0 < $1 / 2 }
      best = try best.replacingColumns(by: better, where: gains)
    }
    return judged(best, size, passes: passes, method, description)
  }

  /// A solution and what it leaves.
  private struct Candidate {
    var solution: DenseMatrix<S>
    /// B - A X.
    let rest: RowMatrix<S>
    /// |b_j - A x_j|
    var residuals: [S.Real]
    /// The same in the infinity norm.
    var largest: [S.Real]

    /// The right sides that `other` solves better, by it. `rest` is no longer that of the solution.
    func replacingColumns(by other: Candidate, where chosen: [Bool]) throws -> Candidate {
      var all = self
      all.solution = try solution.replacingColumns(by: other.solution, where: chosen)
      for j in chosen.indices where chosen[j] {
        (all.residuals[j], all.largest[j]) = (other.residuals[j], other.largest[j])
      }
      return all
    }
  }

  /// One pass.
  private func candidate(_ x: DenseMatrix<S>) async throws -> Candidate {
    let rest = try await a.multiplied(by: x).scaled(by: -1, adding: b)
    return Candidate(
      solution: x, rest: rest, residuals: try await rest.columnNorms(),
      largest: try await rest.columnMaxima())
  }

  /// |b_j - A x_j| / (|A| |x_j| + |b_j|) in the infinity norm, in which A has `size`; zero for a residual of zero.
  private func backwardErrors(_ found: Candidate, _ size: S.Real) -> [S.Real] {
    backwardErrors(found.largest, found.solution, size)
  }

  private func backwardErrors(_ rests: [S.Real], _ x: DenseMatrix<S>, _ size: S.Real) -> [S.Real] {
    rests.indices.map { j in
      rests[j] == 0 ? 0 : rests[j] / (size * largest(x.column(j).map(\.modulus)) + system.largest[j])
    }
  }

  /// HPL's ratio may be 16.
  private var backwardLimit: S.Real { 16 * S.Real(max(1, a.rows, a.columns)) * S.unitRoundoff }

  /// The largest of numbers that are not negative, or NaN.
  private func largest(_ numbers: [S.Real]) -> S.Real { numbers.reduce(0) { $1 > $0 || $1.isNaN ? $1 : $0 } }

  /// The solution of a factorization, by its backward error, each right side by itself.
  private func judged(
    _ found: Candidate, _ size: S.Real, passes: Int, _ method: SolveMethod, _ description: String
  ) -> LinearSystemSolution<S> {
    let rounding = S.Real(a.rows).squareRoot() * S.unitRoundoff
    // |A| |x| / |b| is at most the condition number; this large, rounding A's elements can make it singular. An
    // x whose residual is small all the same, a badly scaled A's for example, is what was asked for.
    let isSingular = sizes.indices.contains { j in
      !(system.frobenius * norm(found.solution.column(j)) * rounding <= sizes[j])
        && !(found.residuals[j] <= S.unitRoundoff.squareRoot() * sizes[j])
    }
    let isBad = backwardErrors(found, size).contains { !($0 <= backwardLimit) }
    return LinearSystemSolution(
      solution: found.solution, residuals: relative(found.residuals),
      normalResiduals: nil, iterations: 0, passes: passes, method: method, description: description,
      rank: nil, converged: !isSingular && !isBad,
      reason: isSingular
        ? "the matrix is singular to working precision"
        : isBad ? "the residual is larger than rounding can explain" : nil, history: [])
  }

  /// After Y has been scaled back to X, and `remains` of it: the true residuals, and whether X is there at all. One pass.
  func judgeAgain(
    _ found: inout LinearSystemSolution<S>, _ y: DenseMatrix<S>, _ remains: DenseMatrix<S>
  ) async throws {
    let columns = 0..<y.columns
    let isFinite = columns.map { remains.column($0).allSatisfy(\.isFiniteNumber) }
    let tame = try DenseMatrix(zeros: y.rows, y.columns).replacingColumns(by: remains, where: isFinite)
    let residuals = relative(try await candidate(tame).residuals)
    found.residuals = columns.map { isFinite[$0] ? residuals[$0] : .infinity }
    found.passes += 1
    progress?(found.passes)
    // With a largest element that keeps its digits the others are as good as rounding allows.
    let isKept = columns.map { j in
      let size = largest(found.solution.column(j).map(\.modulus))
      return isFinite[j] && (size.isNormal || y.column(j).allSatisfy { $0 == 0 })
    }
    if let j = isKept.firstIndex(of: false), found.converged {
      found.converged = false
      found.reason = "the solution for right side \(j + 1) leaves the range of the scalar"
    }
  }

  private func tsqr() async throws -> LinearSystemSolution<S> {
    let found = try await system.leastSquares()
    progress?(found.passes)
    let normal = zip(found.gradientNorms, found.residualNorms).map { gradient, residual in
      residual > 0 && found.frobeniusNorm > 0 ? gradient / found.frobeniusNorm / residual : 0
    }
    let limit = 1000 * S.Real(max(1, a.rows, a.columns)) * S.unitRoundoff
    var (isBad, passes) = (normal.map { !($0 <= limit) }, found.passes)
    if isBad.contains(true) {
      // A residual of rounding alone is orthogonal to nothing.
      let errors = backwardErrors(found.residualNorms, found.solution, try await a.norm(.infinity))
      isBad = zip(isBad, errors).map { $0 && !($1 <= backwardLimit) }
      passes += 1
      progress?(passes)
    }
    let failed = isBad.contains(true)
    return LinearSystemSolution(
      solution: found.solution, residuals: relative(found.residualNorms), normalResiduals: normal,
      iterations: 0,
      passes: passes, method: .tsqr,
      description: "least squares by tall-skinny QR, rank \(found.rank)", rank: found.rank,
      converged: !failed, reason: failed ? "the residual is not orthogonal to the columns" : nil, history: [])
  }

  // MARK: iterations

  private func iterate(_ method: IterativeMethod) async throws -> LinearSystemSolution<S> {
    let isPreconditioned = preconditioner != .none && method != .lsmr
    let inverse: (any Preconditioner<S>)? =
      switch preconditioner {
      case .diagonal where isPreconditioned: try await DiagonalPreconditioner(of: a)
      case .blockDiagonal(let size) where isPreconditioned:
        try await BlockDiagonalPreconditioner(of: a, size: size)
      default: nil
      }
    let right = try await b.collect().dense()
    let before = isPreconditioned ? 2 : 1
    var found: [IterativeSolution<S>] = []
    for j in 0..<right.columns {
      let passes = found.reduce(before) { $0 + $1.passes }
      let report = progress.map { progress in { @Sendable (count: Int) in progress(passes + count) } }
      found.append(try await solve(right.column(j), method, inverse, report))
    }
    let failed = found.first { !$0.converged }
    return LinearSystemSolution(
      solution: try DenseMatrix(
        rows: a.columns, columns: right.columns, elements: found.flatMap(\.solution)),
      residuals: found.map(\.residual),
      normalResiduals: method == .lsmr ? found.map { $0.normalResidual ?? 0 } : nil,
      iterations: found.reduce(0) { $0 + $1.iterations },
      passes: found.reduce(before) { $0 + $1.passes },
      method: SolveMethod(method),
      description: isPreconditioned ? "\(method.rawValue), preconditioned" : method.rawValue, rank: nil,
      converged: failed == nil, reason: failed.map { "\($0.end.explanation)" },
      history: found.first?.history ?? [])
  }

  private func solve(
    _ b: [S], _ method: IterativeMethod, _ inverse: (any Preconditioner<S>)?,
    _ report: (@Sendable (Int) -> Void)?
  ) async throws -> IterativeSolution<S> {
    switch method {
    case .cg:
      try await a.conjugateGradient(
        b, preconditioner: inverse, tolerance: tolerance, limit: limit, progress: report)
    case .minres:
      try await a.minimumResidual(
        b, preconditioner: inverse, tolerance: tolerance, limit: limit, progress: report)
    case .gmres:
      try await a.generalizedMinimumResidual(
        b, preconditioner: inverse, tolerance: tolerance, limit: limit, progress: report)
    case .lsmr:
      try await a.leastSquaresMinimumResidual(
        try await RangeVector(b, cuts: a.partitioning.rowCuts, ownership: a.ownership, on: a.cluster),
        tolerance: tolerance, limit: limit, progress: report)
    }
  }
}

extension IterationEnd {
  /// The end in words.
  public var explanation: String {
    switch self {
    case .converged: "the residual is as small as was asked for"
    case .limit: "the limit of steps was reached"
    case .stagnated: "the residual does not become smaller any more"
    case .unsuited(let why): why
    }
  }
}
