// op(T) X = B for a triangle T of order n in T x T tiles of b x b, B n x p beside its rows: tile row after tile row,
// from the top where op(T) is lower triangular, else from the bottom,
//
//   X_k = op(T)_kk^-1 B_k,   B_i := B_i - op(T)_ik X_k for the tile rows i that are left
//
//   flops    n^2 p
//   words    a worker of p' x q': at most n^2 (1 - 1/q') / (2 p') of T, n p (1 - 1/p') / q' of X, n b for the diagonal
//   steps    4 of the engine for a tile row
//
// The tiles of T go to the right sides, and not partial products the other way: with as many right sides as a tile
// is wide or more that is less; with fewer it is never more than factoring T took. Source: Heath and Romine,
// Parallel Solution of Triangular Systems on Distributed-Memory Multiprocessors, SIAM J. Sci. Stat. Comput. 9, 1988.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices
import TesseraPartitioning

extension CellMatrix {
  /// X with op(T) X = B for the triangle T of this matrix that `view` reads.
  ///
  /// - Throws: `LinearAlgebraError.singular` with the diagonal element that is zero, `ExecutionError`.
  func solvingTriangle(_ view: TriangleView, _ b: CellMatrix) async throws -> CellMatrix {
    let cuts = grid.tiles.rowCuts
    var x = b
    for step in 0..<cuts.count {
      let k = view.readsUpper ? cuts.count - 1 - step : step
      let diagonal = try await diagonalTile(k)
      if !view.hasUnitDiagonal, let zero = diagonal.diagonal.firstIndex(of: 0) {
        throw LinearAlgebraError.singular(pivot: cuts[k].lowerBound + zero)
      }
      x = try await x.dividingRow(k, by: diagonal, view)
      x = try await x.subtracting(
        view.operation, self, timesRow: k, from: view.readsUpper ? 0..<k : k + 1..<cuts.count)
    }
    return x
  }
}
