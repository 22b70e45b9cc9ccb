// The Gram matrix of a matrix in slabs, packed, on the driver. Every slab makes n(n+1)/2 sums, which are then added up.
// Of a sparse matrix that may be many more than it has products: slabs are joined until it is not.

import TesseraCommunication
import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// A^H A, n x n, on the driver. One pass; n(n+1)/2 words from every worker. Of a sparse matrix slabs may be joined
  /// first, and where the number of workers is no power of two those between two workers move.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory` when n x n elements do not fit, `ExecutionError`.
  public func gram() async throws -> DenseMatrix<S> {
    DenseMatrix(packedHermitian: try await packedGram(), order: columns)
  }

  /// The upper triangle of A^H A, packed by columns: element (i, j), i <= j, at i + j(j+1)/2.
  ///
  /// - Throws: as `gram`.
  package func packedGram() async throws -> [S] {
    try MemoryGuard.check(
      "the Gram matrix", columns, columns, bytesPerElement: 2 * MemoryLayout<S>.stride)
    let a = try await materialized()
    let slabs = a.partitioning.rowCuts.count
    let size = joinedSlabs(shape, storedCount: storedCount, slabs: slabs)
    let engine = cluster.engine
    let tiles =
      size == 1
      ? a.tiles
      : try await engine.exchange(
        SlabJoiningTask<S>.self, size, over: a.tiles,
        into: Ownership(tileCount: (slabs + size - 1) / size, workerCount: engine.workerCount))
    return try await engine.reduce(GramMatrixTask<S>.self, Empty(), over: tiles).elements
  }
}

/// How many of a matrix's slabs are joined for its Gram matrix: one of a dense matrix; of a sparse one, of which nothing
/// but the number of elements is known, a power of two with which the triangles have no more elements than there are
/// products, if its rows are equally full. At least four tiles are left.
package func joinedSlabs(_ shape: Shape, storedCount: Int, slabs: Int) -> Int {
  let (m, n, z) = (Double(shape.rows), Double(shape.columns), Double(storedCount))
  guard 2 * z < m * n else { return 1 }
  let (triangle, products) = (n * (n + 1) / 2, z * (z / m + 1) / 2)
  var size = 1
  while slabs >= 8 * size, Double(slabs / size) * triangle > products { size *= 2 }
  return size
}
