// The entries of a slab that lie in blocks on the matrix's diagonal: what Jacobi preconditioners and diagonals
// are made of.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

enum DiagonalBlocksTask<S: Scalar>: MapTask {
  /// The size of the blocks, then the first row of each slab.
  typealias Arguments = [Int]
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("diagonal-blocks", S.self) }

  /// The entries by their rows in the slab and columns in the matrix.
  static func run(_ arguments: [Int], _ slab: LocalMatrix<S>, tile: Int) throws -> TripletMatrix<S> {
    guard arguments.indices.contains(tile + 1), arguments[0] >= 1 else {
      throw CommunicationError.malformed(expected: "the first row of tile \(tile)")
    }
    let (size, first) = (arguments[0], arguments[tile + 1])
    var found = try TripletMatrix<S>(rows: slab.rows, columns: slab.columns)
    slab.forEach { i, j, value in if (first + i) / size == j / size { found.append(i, j, value) } }
    return found
  }
}

extension RowMatrix {
  /// The entries in the square blocks of `size` rows along the diagonal, on the driver. One pass; at most three
  /// words to the driver for each.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless the matrix is square, `ExecutionError`.
  package func diagonalBlocks(size: Int) async throws -> TripletMatrix<S> {
    guard rows == columns else {
      throw LinearAlgebraError.shapeMismatch(operation: "diagonal", left: shape, right: shape)
    }
    let a = try await materialized()
    let cuts = a.partitioning.rowCuts
    let firstRows = (0..<cuts.count).map { cuts[$0].lowerBound }
    let pieces = try await cluster.engine.collect(
      try await cluster.engine.map(DiagonalBlocksTask<S>.self, [size] + firstRows, over: a.tiles))
    var found = try TripletMatrix<S>(rows: rows, columns: columns)
    for (piece, first) in zip(pieces, firstRows) { piece.forEach { found.append(first + $0, $1, $2) } }
    return found
  }
}
