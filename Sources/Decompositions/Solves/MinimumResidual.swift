// A x = b by minimum residuals, A Hermitian of order n and possibly indefinite: x_k minimizes |b - A x| over the
// Krylov space, by Lanczos's three-term recurrence and a QR factorization of its tridiagonal matrix kept by
// rotations. One pass, 2n words per worker and about 18n flops on the driver a step; eight vectors of n. With
// a preconditioner M the norm is that of M^-1. Source: Paige and Saunders, Solution of Sparse Indefinite Systems
// of Linear Equations, SIAM J. Numer. Anal. 12, 1975, section 6.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension LinearOperator {
  /// x with A x = b for a Hermitian A of order n, definite or not, by minimum residuals.
  ///
  /// One pass a step and one to verify; n words to and from every worker in each; 9n numbers on the driver.
  ///
  /// - Parameters: as for `conjugateGradient`; the preconditioner is positive definite even where A is not.
  /// - Returns: x with its true residual, also where it did not converge. Whether A is Hermitian is not
  ///   checked: where it is not, the residual tells.
  /// - Throws: as `conjugateGradient`.
  public func minimumResidual(
    _ b: [Element], preconditioner: (any Preconditioner<Element>)? = nil, tolerance: Element.Real? = nil,
    limit: Int? = nil, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> IterativeSolution<Element> {
    try await solveByRounds(
      .minres, b, preconditioner, tolerance: tolerance, limit: limit, progress: progress, minimumResiduals)
  }
}

/// One round of minimum residuals from x = 0.
private func minimumResiduals<A: LinearOperator>(
  _ system: inout SystemOperator<A>, _ b: [A.Element], _ goal: A.Element.Real, _ limit: Int,
  _ history: inout [Double]
) async throws -> (correction: [A.Element], steps: Int, unsuited: String?) {
  typealias S = A.Element
  let n = b.count
  var x = [S](repeating: 0, count: n)
  // Lanczos: r_k and y_k = M^-1 r_k, with beta_k^2 = r_k^H y_k.
  var (previous, current) = (b, b)
  var y = try system.preconditioned(b)
  guard let first = system.size(of: b, preconditioned: y), first > 0 else {
    return (x, 0, "the preconditioner is not positive definite")
  }
  var (beta, before): (S.Real, S.Real) = (first, 0)
  // The last two columns of the factored tridiagonal, and the right side phi.
  var (cosine, sine): (S.Real, S.Real) = (-1, 0)
  var (delta, epsilon): (S.Real, S.Real) = (0, 0)
  var phi = first
  var (w, last) = (x, x)
  var steps = 0
  // The recurrence knows |r| in the norm of M^-1 alone, and takes it to shrink as |r| does.
  let size = norm(b)
  while phi * (size / first) > goal, steps < limit {
    let inverse = S(real: 1 / beta)
    let v = y.map { $0 * inverse }
    y = try await system.image(v)
    steps += 1
    if steps > 1 { axpy(S(real: -beta / before), previous, &y) }
    let alpha = dot(v, y).realPart
    axpy(S(real: -alpha / beta), current, &y)
    (previous, current) = (current, y)
    y = try system.preconditioned(current)
    before = beta
    guard let next = system.size(of: current, preconditioned: y) else {
      return (x, steps, "the preconditioner is not positive definite")
    }
    beta = next
    // The rotations of the two columns before, then this one's own.
    let (oldEpsilon, oldDelta) = (epsilon, cosine * delta + sine * alpha)
    let bar = sine * delta - cosine * alpha
    epsilon = sine * beta
    delta = -cosine * beta
    let gamma = S.Real.hypot(bar, beta)
    guard gamma > 0 else { return (x, steps, "the matrix is singular and the system has no solution") }
    cosine = bar / gamma
    sine = beta / gamma
    let tau = cosine * phi
    phi *= sine
    let beforeLast = last
    last = w
    w = v
    axpy(S(real: -oldEpsilon), beforeLast, &w)
    axpy(S(real: -oldDelta), last, &w)
    scale(S(real: 1 / gamma), &w)
    axpy(S(real: tau), w, &x)
    history.append(Double(phi * (size / first)))
    // The Krylov space is exhausted.
    if beta == 0 { break }
  }
  return (x, steps, nil)
}
