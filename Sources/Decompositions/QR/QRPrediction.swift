// The words, passes and memory of a QR factorization of an m x n matrix in slabs, k = min(m, n), before it
// begins:
//
//   cholesky      n(n+1)/2 twice from workers, n^2 to them; 2 n^2 more to them for Q
//   tsqr          the inspection's, and a triangle wherever one moves; with Q k columns of it down again
//   certificate   k n to workers, 2 n and k(k+1)/2 from them
//
// See `SlabTraffic`. Scaling is not in it, nor a Gram matrix that has shown that `cholesky` will not do.

import TesseraDistributedMatrices
import TesseraLocalMatrices

extension RowMatrix {
  /// What `qr` by the method costs.
  ///
  /// - Precondition: the method is not `auto`.
  func prediction(_ method: QRMethod, wantsQ: Bool, certify: Bool) -> RoutePrediction {
    let (traffic, n, k) = (slabTraffic, columns, min(rows, columns))
    let memories = RouteMemories(shape, traffic.share, of: S.self)
    var words = 0
    let memory: RouteMemory
    if method == .cholesky {
      words += traffic.gram(shape, storedCount: storedCount)
      words += traffic.arguments(n * n) + traffic.values(n * (n + 1) / 2)
      if wantsQ { words += traffic.arguments(2 * n * n) }
      memory = memories.cholesky(wantsQ: wantsQ)
    } else {
      words += traffic.values(2)
      words += wantsQ ? traffic.orthogonalFactor(columns: n, times: k) : traffic.triangle(columns: n)
      memory = wantsQ ? memories.orthogonalFactor : memories.triangle
    }
    if certify { words += traffic.arguments(k * n) + traffic.values(2 * n + k * (k + 1) / 2) }
    return RoutePrediction(passes: (wantsQ ? 3 : 2) + (certify ? 2 : 0), words: words, memory: memory)
  }
}
