// A x = b by conjugate gradients, A Hermitian positive definite of order n. One pass, 2n words per worker and
// 10n flops on the driver a step; five vectors of n. In exact arithmetic |x - x_k|_A <= 2 ((sqrt(c) - 1) /
// (sqrt(c) + 1))^k |x|_A for condition number c. Source: Hestenes and Stiefel, Methods of Conjugate Gradients,
// J. Res. NBS 49, 1952; with a preconditioner: Saad, Iterative Methods for Sparse Linear Systems, 9.2.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension LinearOperator {
  /// x with A x = b for a Hermitian positive definite A of order n, by conjugate gradients.
  ///
  /// One pass a step and one to verify; n words to and from every worker in each; 6n numbers on the driver.
  ///
  /// - Parameters:
  ///   - preconditioner: Hermitian positive definite too.
  ///   - tolerance: the |b - A x| / |b| to reach: by default 1e-10, in single precision 100 ulp.
  ///   - limit: of steps, by default 10 n.
  ///   - progress: called with the number of passes so far.
  /// - Returns: x with its true residual, also where it did not converge. `end` says so, and also when the
  ///   matrix is seen not to be positive definite. Whether it is Hermitian is not checked.
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `notFinite` for b, `invalidArgument`, `ExecutionError`.
  public func conjugateGradient(
    _ b: [Element], preconditioner: (any Preconditioner<Element>)? = nil, tolerance: Element.Real? = nil,
    limit: Int? = nil, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> IterativeSolution<Element> {
    try await solveByRounds(
      .cg, b, preconditioner, tolerance: tolerance, limit: limit, progress: progress, conjugateGradients)
  }
}

/// One round of conjugate gradients from x = 0.
private func conjugateGradients<A: LinearOperator>(
  _ system: inout SystemOperator<A>, _ b: [A.Element], _ goal: A.Element.Real, _ limit: Int,
  _ history: inout [Double]
) async throws -> (correction: [A.Element], steps: Int, unsuited: String?) {
  typealias S = A.Element
  var (x, r) = ([S](repeating: 0, count: b.count), b)
  var z = try system.preconditioned(r)
  var p = z
  var rho = dot(r, z).realPart
  var steps = 0
  while norm(r) > goal, steps < limit {
    guard rho > 0 else { return (x, steps, "the preconditioner is not positive definite") }
    let q = try await system.image(p)
    steps += 1
    let curvature = dot(p, q).realPart
    guard curvature > 0 else { return (x, steps, "the matrix is not positive definite") }
    let alpha = S(real: rho / curvature)
    axpy(alpha, p, &x)
    axpy(-alpha, q, &r)
    history.append(Double(norm(r)))
    z = try system.preconditioned(r)
    let next = dot(r, z).realPart
    scale(S(real: next / rho), &p)
    axpy(1, z, &p)
    rho = next
  }
  return (x, steps, nil)
}
