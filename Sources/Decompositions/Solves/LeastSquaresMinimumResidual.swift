// min |b - A x|, A m x n of any shape and rank, by LSMR: MINRES on the normal equations without forming them, by
// Golub and Kahan's bidiagonalization. Two passes a step, A v and A^H u; n words to and from every worker; the
// vectors of m stay beside the rows, six vectors of n are on the driver. Started from zero, x is the minimizer of
// least norm. Source: Fong and Saunders, LSMR: An Iterative Algorithm for Sparse Least-Squares Problems,
// SIAM J. Sci. Comput. 33, 2011, sections 2 and 5.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension LinearOperator {
  /// The x of least norm among those that minimize |b - A x|, A m x n.
  ///
  /// Two passes a step, three to verify. Ends when |b - A x| <= tolerance |b|, or |A^H r| <= tolerance |A| |r|:
  /// both are computed anew from x before it says so.
  ///
  /// - Parameters:
  ///   - b: m numbers, beside the rows or on the driver.
  ///   - tolerance: by default 1e-10, in single precision 100 ulp.
  ///   - limit: of steps, by default 10 min(m, n), at least 100.
  ///   - progress: called with the number of passes so far.
  /// - Returns: x with its true residuals, also where it did not converge.
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `notFinite` where b has NaN or infinity (the row is not known
  ///   when b is beside the rows: `invalidArgument` then), `invalidArgument`, `ExecutionError`.
  public func leastSquaresMinimumResidual(
    _ b: RangeVector<Element>, tolerance: Element.Real? = nil, limit: Int? = nil,
    progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> IterativeSolution<Element> {
    guard b.count == shape.rows else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "least squares", left: shape, right: Shape(b.count, 1))
    }
    let request = try IterationRequest(
      tolerance: tolerance, limit: limit, defaultLimit: 10 * max(10, min(shape.rows, shape.columns)),
      progress: progress)
    let size = try await b.norm()
    guard size.isFinite else {
      throw LinearAlgebraError.invalidArgument("the right side has elements that are NaN or infinite")
    }
    let unit = size > 0 ? try await b.combined(Element(real: 1 / size), b, 0) : b
    var job = BidiagonalJob(a: self, b: unit, request: request)
    let found = try await job.run(zero: size == 0)
    return IterativeSolution(
      solution: found.x.map { $0 * Element(real: size) }, residual: found.residual,
      normalResidual: found.normalResidual, iterations: found.steps, passes: job.passes, method: .lsmr,
      end: found.end, history: found.history)
  }
}

private struct BidiagonalJob<A: LinearOperator> {
  typealias S = A.Element
  let a: A
  /// Of norm 1.
  let b: RangeVector<S>
  let request: IterationRequest<S.Real>
  var passes = 0

  struct Found {
    var x: [S]
    var residual: S.Real = 1
    var normalResidual: S.Real = 0
    var steps = 0
    var end: IterationEnd = .limit
    var history: [Double] = [1]
  }

  /// A x beside the rows.
  private mutating func image(_ x: [S]) async throws -> RangeVector<S> {
    passes += 1
    request.progress?(passes)
    return try await a.apply(x)
  }

  /// A^H y, which must be finite.
  private mutating func adjointImage(_ y: RangeVector<S>) async throws -> [S] {
    passes += 1
    request.progress?(passes)
    let x = try await a.applyAdjoint(y)
    if let column = x.firstIndex(where: { !$0.isFiniteNumber }) {
      throw LinearAlgebraError.invalidArgument(
        "column \(column + 1) of the matrix or of its product with a vector is NaN or infinite")
    }
    return x
  }

  /// Rounds: each solves for what the one before has left over, and is verified. A residual that is orthogonal
  /// to the range of A gains nothing by being halved, so what must shrink is either residual.
  mutating func run(zero: Bool) async throws -> Found {
    var found = Found(x: [S](repeating: 0, count: a.shape.columns))
    if zero {
      (found.residual, found.end) = (0, .converged)
      return found
    }
    var r = b
    var sizeOfA: S.Real = 0
    var best = S.Real.infinity
    while found.steps < request.limit {
      let round = try await improve(r, &sizeOfA, request.limit - found.steps, &found.history)
      found.steps += round.steps
      var x = found.x
      axpy(1, round.correction, &x)
      let rest = try await b.combined(1, try await image(x), -1)
      let size = try await rest.norm()
      let gradient = norm(try await adjointImage(rest))
      let normal = size > 0 && sizeOfA > 0 ? gradient / sizeOfA / size : 0
      let defect = min(size, normal)
      if defect <= best { (found.x, found.residual, found.normalResidual, r) = (x, size, normal, rest) }
      if defect <= request.tolerance {
        found.end = .converged
        return found
      }
      if !(defect < best / 2) {
        found.end = found.steps < request.limit ? .stagnated : .limit
        return found
      }
      best = defect
    }
    return found
  }

  /// x of min |b - A x| from x = 0, until the recurrence says that it is found.
  private mutating func improve(
    _ b: RangeVector<S>, _ sizeOfA: inout S.Real, _ limit: Int, _ history: inout [Double]
  ) async throws -> (correction: [S], steps: Int) {
    let n = a.shape.columns
    var x = [S](repeating: 0, count: n)
    // Golub-Kahan: beta u = b, alpha v = A^H u.
    let size = try await b.norm()
    guard size > 0 else { return (x, 0) }
    var beta = size
    var u = try await b.combined(S(real: 1 / beta), b, 0)
    var v = try await adjointImage(u)
    var alpha = norm(v)
    guard alpha > 0 else { return (x, 0) }
    scale(S(real: 1 / alpha), &v)
    // The names with bars and tildes are the paper's.
    var (alphaBar, zetaBar): (S.Real, S.Real) = (alpha, alpha * beta)
    var (rho, rhoBar, cBar, sBar): (S.Real, S.Real, S.Real, S.Real) = (1, 1, 1, 0)
    var (h, hBar) = (v, x)
    // For |r|: section 5.3.
    var (betaDD, betaD, rhoDOld, tauTildeOld): (S.Real, S.Real, S.Real, S.Real) = (beta, 0, 1, 0)
    var (thetaTilde, zeta): (S.Real, S.Real) = (0, 0)
    // By hypot, as all norms here: squares of large elements would leave the scalar's range.
    var frobenius = alpha
    var steps = 0
    while steps < limit {
      steps += 1
      u = try await image(v).combined(1, u, S(real: -alpha))
      beta = try await u.norm()
      if beta > 0 {
        u = try await u.combined(S(real: 1 / beta), u, 0)
        var next = try await adjointImage(u)
        axpy(S(real: -beta), v, &next)
        v = next
        alpha = norm(v)
        if alpha > 0 { scale(S(real: 1 / alpha), &v) }
      } else {
        alpha = 0
      }
      let rhoOld = rho
      let (c, s, r) = reflection(alphaBar, beta)
      rho = r
      let theta = s * alpha
      alphaBar = c * alpha
      let (rhoBarOld, zetaOld) = (rhoBar, zeta)
      let thetaBar = sBar * rho
      let bar = reflection(cBar * rho, theta)
      (cBar, sBar, rhoBar) = (bar.c, bar.s, bar.r)
      zeta = cBar * zetaBar
      zetaBar = -sBar * zetaBar
      // x += (zeta / (rho rhoBar)) hBar, hBar = h - (thetaBar rho / (rhoOld rhoBarOld)) hBar
      scale(S(real: -(thetaBar / rhoOld) * (rho / rhoBarOld)), &hBar)
      axpy(1, h, &hBar)
      guard rho > 0, rhoBar > 0 else { return (x, steps) }
      axpy(S(real: zeta / rho / rhoBar), hBar, &x)
      scale(S(real: -theta / rho), &h)
      axpy(1, v, &h)
      // |r|
      let betaHat = c * betaDD
      betaDD = -s * betaDD
      let thetaTildeOld = thetaTilde
      let tilde = reflection(rhoDOld, thetaBar)
      thetaTilde = tilde.s * rhoBar
      rhoDOld = tilde.c * rhoBar
      betaD = -tilde.s * betaD + tilde.c * betaHat
      tauTildeOld = tilde.r > 0 ? (zetaOld - thetaTildeOld * tauTildeOld) / tilde.r : 0
      let tauD = rhoDOld != 0 ? (zeta - thetaTilde * tauTildeOld) / rhoDOld : 0
      let residual = S.Real.hypot(betaD - tauD, betaDD)
      frobenius = .hypot(frobenius, .hypot(beta, alpha))
      sizeOfA = max(sizeOfA, frobenius)
      history.append(Double(residual))
      if residual <= request.tolerance || zetaBar.magnitude <= request.tolerance / 2 * sizeOfA * residual {
        break
      }
    }
    return (x, steps)
  }

  /// c, s and r with [c s; s -c] (a, b) = (r, 0).
  private func reflection(_ a: S.Real, _ b: S.Real) -> (c: S.Real, s: S.Real, r: S.Real) {
    let r = S.Real.hypot(a, b)
    return r > 0 ? (a / r, b / r, r) : (1, 0, 0)
  }
}
