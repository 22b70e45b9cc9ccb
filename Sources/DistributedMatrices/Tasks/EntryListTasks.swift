// Lists of entries cell by cell: put in order, with one entry at each place, and alpha A_t + beta B_t of two of them.
// What is stored stays stored, also where it is zero or has come to be. O(z log z) for z entries, whatever the shape.
// Nothing moves but two numbers.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// A list row after row, entries at one place added up in the order of the list.
enum EntryOrderTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = TripletMatrix<S>
  static var name: String { scalarName("entry-order", S.self) }

  static func run(_: Empty, _ list: TripletMatrix<S>, tile: Int) throws -> TripletMatrix<S> {
    try list.sortedByRows()
  }
}

/// alpha A + beta B, in order.
enum EntryCombinationTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = TilePair<TripletMatrix<S>, TripletMatrix<S>>
  static var name: String { scalarName("entry-combination", S.self) }

  /// - Parameter factors: alpha and beta.
  static func run(_ factors: VectorTile<S>, _ input: Input, tile: Int) throws -> TripletMatrix<S> {
    guard factors.elements.count == 2 else { throw CommunicationError.malformed(expected: "two factors") }
    return try input.first.scaled(
      by: factors.elements[0], adding: input.second, times: factors.elements[1])
  }
}
