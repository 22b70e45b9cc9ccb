// A x = b by generalized minimum residuals, A square: x_k minimizes |b - A x| over the Krylov space of A M^-1, by
// an orthonormal basis of it and a QR factorization of the Hessenberg matrix kept by rotations. The space grows to
// `restart` vectors and begins again. One pass and 2n words per worker a step; 4 n j flops on the driver in step j
// of a cycle, twice over where rounding would cost orthogonality; n (restart + 3) numbers. Preconditioned from the
// right, so that the residual is that of the system. Source: Saad and Schultz, GMRES, SIAM J. Sci. Stat. Comput. 7,
// 1986; Saad, Iterative Methods for Sparse Linear Systems, 6.5 and 9.3.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension LinearOperator {
  /// x with A x = b for a square A of order n, by generalized minimum residuals.
  ///
  /// One pass a step and one per cycle to verify; n words to and from every worker in each. Ends when a cycle gains less
  /// than a hundredth.
  ///
  /// - Parameters:
  ///   - restart: the vectors of a cycle, each n numbers on the driver.
  ///   - others: as for `conjugateGradient`, but the preconditioner is any; `limit` is by default 10 n, at most
  ///     10,000.
  /// - Returns: x with its true residual, also where it did not converge.
  /// - Throws: as `conjugateGradient`; `outOfMemory` when a cycle's vectors do not fit the driver.
  public func generalizedMinimumResidual(
    _ b: [Element], restart: Int = 60, preconditioner: (any Preconditioner<Element>)? = nil,
    tolerance: Element.Real? = nil, limit: Int? = nil, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> IterativeSolution<Element> {
    guard restart >= 1 else {
      throw LinearAlgebraError.invalidArgument("a cycle of \(restart) steps was asked for")
    }
    try MemoryGuard.check(
      "the basis of a cycle", b.count, min(restart, b.count) + 3,
      bytesPerElement: MemoryLayout<Element>.stride)
    return try await solveByRounds(
      .gmres, b, preconditioner, tolerance: tolerance, limit: limit,
      defaultLimit: min(10_000, 10 * max(10, b.count)), stagnation: 0.99, progress: progress
    ) { system, r, goal, limit, history in
      try await cycle(&system, r, goal, min(limit, restart), &history)
    }
  }
}

/// One cycle from x = 0.
private func cycle<A: LinearOperator>(
  _ system: inout SystemOperator<A>, _ b: [A.Element], _ goal: A.Element.Real, _ limit: Int,
  _ history: inout [Double]
) async throws -> (correction: [A.Element], steps: Int, unsuited: String?) {
  typealias S = A.Element
  let size = norm(b)
  var basis = [b.map { $0 / S(real: size) }]
  // R of the Hessenberg matrix, column by column, and the rotated right side.
  var columns: [[S]] = []
  var rotations: [Rotation<S>] = []
  var rhs: [S] = [S(real: size)]
  while columns.count < limit, rhs[columns.count].modulus > goal {
    let j = columns.count
    var w = try await system.image(try system.preconditioned(basis[j]))
    let before = norm(w)
    var column = [S](repeating: 0, count: j + 1)
    // A second sweep where cancellation has cost digits (Daniel, Gragg, Kaufman, Stewart 1976).
    for sweep in 0..<2 where sweep == 0 || norm(w) < before / 2 {
      for i in 0...j {
        let h = dot(basis[i], w)
        axpy(-h, basis[i], &w)
        column[i] += h
      }
    }
    let rest = norm(w)
    for i in 0..<j { rotations[i].apply(to: &column, at: i) }
    let rotation = Rotation(column[j], S(real: rest))
    rotations.append(rotation)
    column[j] = rotation.length
    columns.append(column)
    rhs.append(0)
    rotation.apply(to: &rhs, at: j)
    history.append(Double(rhs[j + 1].modulus))
    // The space is invariant: the solution is in it, unless A is singular.
    if rest <= S.Real.ulpOfOne * before { break }
    basis.append(w.map { $0 / S(real: rest) })
  }
  // Back substitution; a vanishing pivot belongs to a singular A and is left out.
  var y = Array(rhs.prefix(columns.count))
  let largest = columns.map { $0[$0.count - 1].modulus }.max() ?? 0
  for j in columns.indices.reversed() {
    let pivot = columns[j][j]
    guard pivot.modulus > S.Real.ulpOfOne * largest else {
      y[j] = 0
      continue
    }
    y[j] = y[j] / pivot
    for i in 0..<j { y[i] -= columns[j][i] * y[j] }
  }
  var correction = [S](repeating: 0, count: b.count)
  for j in columns.indices { axpy(y[j], basis[j], &correction) }
  return (try system.preconditioned(correction), columns.count, nil)
}

/// The unitary [c s; -conj(s) c] that takes (f, g) to (r, 0). Source: LAPACK's lartg.
private struct Rotation<S: Scalar> {
  let cosine: S
  let sine: S
  /// r.
  let length: S

  init(_ f: S, _ g: S) {
    let (a, b) = (f.modulus, g.modulus)
    let d = S.Real.hypot(a, b)
    if b == 0 {
      (cosine, sine, length) = (1, 0, f)
    } else if a == 0 {
      (cosine, sine, length) = (0, g.conjugate / S(real: b), S(real: b))
    } else {
      let phase = f / S(real: a)
      (cosine, sine, length) = (S(real: a / d), phase * g.conjugate / S(real: d), phase * S(real: d))
    }
  }

  /// Rotates elements i and i + 1.
  func apply(to x: inout [S], at i: Int) {
    (x[i], x[i + 1]) = (cosine * x[i] + sine * x[i + 1], -sine.conjugate * x[i] + cosine * x[i + 1])
  }
}
