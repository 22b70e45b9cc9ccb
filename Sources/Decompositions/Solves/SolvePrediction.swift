// The words, passes and memory of a solution of A X = B, A m x n, B m x p, before it begins. All ways inspect
// A, find the columns of B and their norms; then
//
//   direct     A and B come to the driver; X goes to the workers, residuals and their largest elements come back
//   tsqr       a triangle of n + p columns wherever one moves; X, residuals, and n p for their gradients
//   iteration  B comes to the driver; n to workers and A x from them each pass
//
// See `SlabTraffic`. Of the others, of preconditioners and of wide matrices the words are not predicted;
// scaling, a second way where the first finds no good solution, and the cutting of B as A is cut are not in
// them.

import TesseraDistributedMatrices
import TesseraLocalMatrices

extension SafeSystem {
  /// What a solution by the method costs; nil where that is not predicted.
  func prediction(_ method: SolveMethod, _ preconditioner: PreconditionerKind) -> RoutePrediction? {
    let (traffic, right) = (a.slabTraffic, b.slabTraffic)
    let (n, p) = (a.columns, b.columns)
    let memories = RouteMemories(a.shape, traffic.share, of: S.self)
    let moments = 1 + (S.isComplex ? 10 : 7) * p
    let before = traffic.values(2) + right.values(moments) + right.triangle(columns: p)
    let rest = traffic.arguments(n * p + 2) + traffic.triangle(columns: p)
    let collected = right.collection(columns: p, storedCount: b.storedCount)
    switch method {
    case .direct:
      let matrix = traffic.collection(columns: n, storedCount: a.storedCount)
      return RoutePrediction(
        passes: 4, words: before + matrix + collected + rest + traffic.values(moments + 1),
        memory: memories.direct(storedCount: a.storedCount, rightSides: p))
    case .tsqr where a.rows >= n:
      return RoutePrediction(
        passes: 4, words: before + traffic.triangle(columns: n + p) + rest + traffic.values(n * p),
        // Where the residual is orthogonal to nothing a fifth pass asks for the norm of A.
        wordsPerStep: traffic.values(1), memory: memories.joinedTriangle(rightSides: p))
    case .cg, .minres, .gmres:
      guard preconditioner == .none else { return nil }
      let step = traffic.arguments(n) + traffic.collection(columns: 1, storedCount: a.rows)
      return RoutePrediction(
        passes: 1, words: before + collected, wordsPerStep: step,
        memory: memories.iteration(vectors: method == .gmres ? 63 : 9, rightSides: p))
    default: return nil
    }
  }
}
