// Some tiles of a collection, by their numbers, as they are.

import TesseraCommunication
import TesseraExecution

/// Tile t becomes tile k where the k-th number given is t.
enum TileSelectionTask<Content: MatrixTile>: ExchangeTask {
  typealias Arguments = [Int]
  typealias Input = Content
  static var name: String { "tile-selection/" + Content.typeName }

  static func split(_ numbers: [Int], _ tile: Content, tile t: Int) -> [(target: Int, piece: Content)] {
    numbers.indices.filter { numbers[$0] == t }.map { ($0, tile) }
  }

  static func merge(_: [Int], _ pieces: [Content], tile: Int) throws -> Content {
    guard pieces.count == 1 else { throw CommunicationError.malformed(expected: "one tile") }
    return pieces[0]
  }
}
