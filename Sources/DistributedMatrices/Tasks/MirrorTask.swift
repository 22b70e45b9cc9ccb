// The tiles below the diagonal of a Hermitian matrix from those above it.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// Every tile above the diagonal of a Hermitian matrix to where its adjoint belongs, which is the same
/// worker.
enum MirrorTask<S: Scalar>: ExchangeTask {
  typealias Arguments = Int
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("mirror", S.self) }

  /// - Parameter count: tiles in a row of the grid.
  static func split(_ count: Int, _ tile: LocalMatrix<S>, tile t: Int) throws -> [(
    target: Int, piece: LocalMatrix<S>
  )] {
    guard count > 0 else { throw CommunicationError.malformed(expected: "tiles in a row") }
    let (i, j) = t.quotientAndRemainder(dividingBy: count)
    if i > j { return [] }
    return i == j ? [(t, tile)] : [(t, tile), (j * count + i, tile.adjoint())]
  }

  static func merge(_: Int, _ pieces: [LocalMatrix<S>], tile: Int) throws -> LocalMatrix<S> {
    guard let piece = pieces.first else { throw CommunicationError.malformed(expected: "tile \(tile)") }
    return piece
  }
}
