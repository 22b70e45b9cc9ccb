// How a square matrix is cut for factorizations by tiles: square tiles along the diagonal, of a size that follows
// from the order alone.

import TesseraDistributedMatrices
import TesseraLocalMatrices
import TesseraPartitioning

/// Cuts of `order` rows, and of as many columns, into tiles of `blockSize`, the last one smaller. By default of an
/// eighth of the order, between 32 and 256: large enough that products of tiles run at full speed, small enough
/// that what only one worker can do is little; larger where that made more than 256.
///
/// - Throws: `invalidArgument` for a size below one.
func tileCuts(order: Int, blockSize: Int?) throws(LinearAlgebraError) -> Cuts {
  if let blockSize {
    guard blockSize >= 1 else { throw .invalidArgument("the block size is \(blockSize), expected 1 or more") }
    return Cuts(order, pieceLength: blockSize)
  }
  let eighth = (order + 7) / 8
  return Cuts(order, pieceLength: max(min(max(eighth, 32), 256), (order + 255) / 256))
}

extension DistributedMatrix {
  /// This matrix as blocks of square tiles, with finite elements.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` unless it is square, or for a block size below one, `notFinite`
  ///   with row and column, `ExecutionError`.
  func squareTiles(_ blockSize: Int?, for purpose: String) async throws -> BlockMatrix<Element> {
    guard rows == columns else {
      throw LinearAlgebraError.invalidArgument("\(purpose) needs a square matrix, this one is \(shape)")
    }
    let cuts = try tileCuts(order: rows, blockSize: blockSize)
    let blocks = try await CellMatrix<Element>.blocks(
      of: self, tiles: Partitioning(rowCuts: cuts, columnCuts: cuts))
    try await blocks.requireFinite()
    return blocks
  }
}

extension BlockMatrix {
  /// One pass, another one where something is not finite.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `ExecutionError`.
  func requireFinite() async throws {
    if !(try await norm(.max)).isFinite { _ = try await rowMatrix().magnitudes() }
  }
}

extension CellMatrix {
  /// The right sides of a system with this matrix, cut as its rows are and into columns of at most 256.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless they have as many rows, `notFinite` with row and column,
  ///   `ExecutionError`.
  func rightSides(_ b: some DistributedMatrix<S>) async throws -> CellMatrix {
    guard b.rows == shape.rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: shape, right: b.shape)
    }
    let columnCuts = Cuts(even: b.columns, parts: max(1, (b.columns + 255) / 256))
    let blocks = try await CellMatrix.blocks(
      of: b, tiles: Partitioning(rowCuts: grid.tiles.rowCuts, columnCuts: columnCuts))
    try await blocks.requireFinite()
    return try await CellMatrix(blocks)
  }
}
