// Neighbouring slabs put together, `size` at a time: fewer, taller tiles for work whose result is large for each of
// them. A slab moves only where another worker owns the slabs that it is joined to. O(stored elements).

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum SlabJoiningTask<S: Scalar>: ExchangeTask {
  /// How many slabs are joined.
  typealias Arguments = Int
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("slab-joining", S.self) }

  static func split(_ size: Int, _ slab: LocalMatrix<S>, tile: Int) throws -> [(
    target: Int, piece: LocalMatrix<S>
  )] {
    guard size >= 1 else { throw CommunicationError.malformed(expected: "a number of slabs, not \(size)") }
    return [(tile / size, slab)]
  }

  static func merge(_ size: Int, _ slabs: [LocalMatrix<S>], tile: Int) throws -> LocalMatrix<S> {
    guard let first = slabs.first, slabs.allSatisfy({ $0.columns == first.columns }) else {
      throw CommunicationError.malformed(expected: "slabs of equally many columns")
    }
    return try .stackedSparsely(slabs)
  }
}
