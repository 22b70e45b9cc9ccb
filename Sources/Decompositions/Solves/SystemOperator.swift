// A square operator and a right side as the iterations for systems see them: b scaled to norm 1, images on
// the driver, passes counted. Scaling keeps squares of norms within the scalar's range however large or small b
// is. Each image costs a pass, n words to every worker and n words back.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct SystemOperator<A: LinearOperator> {
  typealias S = A.Element
  let a: A
  let preconditioner: (any Preconditioner<S>)?
  let request: IterationRequest<S.Real>
  /// b / |b|.
  let b: [S]
  /// |b|.
  let size: S.Real
  private(set) var passes = 0

  /// - Throws: `shapeMismatch` unless A is square and b as long, `notFinite` for NaN or infinity in b.
  init(
    _ a: A, _ b: [S], _ preconditioner: (any Preconditioner<S>)?, _ request: IterationRequest<S.Real>
  ) throws(LinearAlgebraError) {
    guard a.shape.rows == a.shape.columns, b.count == a.shape.rows else {
      throw .shapeMismatch(operation: "solve", left: a.shape, right: Shape(b.count, 1))
    }
    if let i = b.firstIndex(where: { !$0.isFiniteNumber }) { throw .notFinite(row: i, column: 0) }
    if let order = preconditioner?.order, order != b.count {
      throw .shapeMismatch(operation: "preconditioner", left: a.shape, right: Shape(order, order))
    }
    self.a = a
    self.preconditioner = preconditioner
    self.request = request
    let size = norm(b)
    self.size = size
    self.b = size > 0 ? b.map { $0 / S(real: size) } : b
  }

  /// A x on the driver.
  ///
  /// - Throws: `notFinite` when the image of a finite vector is not: the row is the image's, the column not
  ///   known; `ExecutionError`.
  mutating func image(_ x: [S]) async throws -> [S] {
    passes += 1
    request.progress?(passes)
    let y = try await a.apply(x).collect()
    if let row = y.firstIndex(where: { !$0.isFiniteNumber }) {
      guard x.allSatisfy(\.isFiniteNumber) else {
        throw LinearAlgebraError.notConverged("an iteration whose vectors left the range of the scalar")
      }
      throw LinearAlgebraError.invalidArgument(
        "row \(row + 1) of the product with the matrix is NaN or infinite")
    }
    return y
  }

  /// M^-1 x, or x without a preconditioner.
  func preconditioned(_ x: [S]) throws -> [S] { try preconditioner?.applyInverse(x) ?? x }

  /// (r^H M^-1 r)^(1/2) of r and M^-1 r; nil where M is not positive definite. Without a preconditioner |r|, whose
  /// square may leave the scalar's range.
  func size(of r: [S], preconditioned y: [S]) -> S.Real? {
    if preconditioner == nil { return norm(r) }
    let square = dot(r, y).realPart
    return square >= 0 ? square.squareRoot() : nil
  }

  /// b - A x.
  mutating func residual(_ x: [S]) async throws -> [S] {
    var r = b
    axpy(-1, try await image(x), &r)
    return r
  }

  /// The solution of the unscaled system.
  func solution(
    _ x: [S], residual: S.Real, iterations: Int, _ method: IterativeMethod, _ end: IterationEnd,
    _ history: [Double]
  ) -> IterativeSolution<S> {
    IterativeSolution(
      solution: x.map { $0 * S(real: size) }, residual: size > 0 ? residual : 0, normalResidual: nil,
      iterations: iterations, passes: passes, method: method, end: end, history: history)
  }
}

extension LinearOperator {
  /// x with A x = b by rounds: an iteration improves x until its recurrence says that b - A x is small; then b - A x
  /// is computed, and where it is not small the next round solves for the rest.
  ///
  /// - Parameters:
  ///   - defaultLimit: of steps where none is given; by default 10 n, at least 100.
  ///   - stagnation: the part of the residual that, left over by a round, ends the iteration. A round of an iteration that
  ///     goes on until its recurrence is small has failed where it leaves half; a cycle of a restarted one, which is cut
  ///     off, where it leaves nearly all.
  ///   - round: given the right side r, how small |r - A d| is to become and the steps left, returns d, its steps
  ///     and whether the matrix was unsuited.
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `notFinite` for b, `invalidArgument`, what the round throws.
  func solveByRounds(
    _ method: IterativeMethod, _ b: [Element], _ preconditioner: (any Preconditioner<Element>)?,
    tolerance: Element.Real?, limit: Int?, defaultLimit: Int? = nil, stagnation: Element.Real = 0.5,
    progress: (@Sendable (Int) -> Void)?,
    _ round: (inout SystemOperator<Self>, [Element], Element.Real, Int, inout [Double]) async throws
      -> (correction: [Element], steps: Int, unsuited: String?)
  ) async throws -> IterativeSolution<Element> {
    let request = try IterationRequest(
      tolerance: tolerance, limit: limit, defaultLimit: defaultLimit ?? 10 * max(10, b.count),
      progress: progress)
    var system = try SystemOperator(self, b, preconditioner, request)
    var (x, r) = ([Element](repeating: 0, count: b.count), system.b)
    var (residual, steps, end): (Element.Real, Int, IterationEnd) = (system.size > 0 ? 1 : 0, 0, .limit)
    var history: [Double] = [Double(residual)]
    while true {
      if residual <= request.tolerance {
        end = .converged
        break
      }
      guard steps < request.limit else { break }
      let found = try await round(&system, r, request.tolerance, request.limit - steps, &history)
      steps += found.steps
      var next = x
      axpy(1, found.correction, &next)
      let rest = try await system.residual(next)
      let size = norm(rest)
      guard size.isFinite else {
        end = .stagnated
        break
      }
      let gained = size < stagnation * residual
      if size < residual { (x, r, residual) = (next, rest, size) }
      if let unsuited = found.unsuited, residual > request.tolerance {
        end = .unsuited(unsuited)
        break
      }
      guard gained || residual <= request.tolerance else {
        end = steps < request.limit ? .stagnated : .limit
        break
      }
    }
    return system.solution(x, residual: residual, iterations: steps, method, end, history)
  }
}
