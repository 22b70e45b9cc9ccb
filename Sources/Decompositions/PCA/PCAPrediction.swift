// The words, passes and memory of principal components of m rows of n numbers, once it is known whether means
// are taken off: those of the moments, n to workers for means that are taken off, those of the way, and n k
// to and from workers for the certificate. See `SlabTraffic`. Not among them are columns scaled by powers of
// two, scores, and what is done when variances turn out too small for their covariance matrix.

import TesseraDistributedMatrices
import TesseraLocalMatrices

extension CentredMatrix {
  /// What `count` components by the method cost.
  ///
  /// - Precondition: the method is not `auto`.
  func prediction(_ method: PCAMethod, count k: Int) -> RoutePrediction {
    let (traffic, n) = (shifted.slabTraffic, columns)
    let memories = RouteMemories(shape, traffic.share, of: S.self)
    let parts = S.isComplex ? 2 : 1
    var words = traffic.values(1 + (3 * parts + 4) * n)
    if isShifted { words += traffic.arguments(n) }
    if k > 0 { words += traffic.arguments(n * k) + traffic.values(n * k) }
    switch method {
    case .gram, .auto:
      if k > 0 { words += traffic.gram(shape, storedCount: shifted.storedCount) }
      return RoutePrediction(passes: k > 0 ? 4 : 2, words: words, memory: memories.gram(count: k))
    case .tsqr:
      if k > 0 { words += traffic.arguments(2 * n) + traffic.triangle(columns: n) }
      return RoutePrediction(passes: k > 0 ? 4 : 2, words: words, memory: memories.triangle)
    case .lanczos:
      let basis = LanczosEigenpairs<S>.basis(order: n, count: k)
      let (steps, step) = (3 * basis + 40, traffic.arguments(n) + traffic.values(n))
      return RoutePrediction(
        passes: 3 + steps, words: words + steps * step, wordsPerStep: step,
        memory: memories.lanczos(basis: basis, count: k))
    }
  }
}
