// B = A in another grid: cut, send, put together. Every stored element moves at most once.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

enum RedistributionTask<From: MatrixTile, To: MatrixTile>: ExchangeTask where From.Element == To.Element {
  typealias Arguments = Redistribution
  typealias Input = From
  static var name: String { "redistribution/\(From.typeName)/\(To.typeName)" }

  static func split(_ movement: Redistribution, _ input: From, tile: Int) throws
    -> [(target: Int, piece: TilePart<To.Element>)]
  {
    try input.cut(movement, tile: tile)
  }

  static func merge(_ movement: Redistribution, _ pieces: [TilePart<To.Element>], tile: Int) throws -> To {
    let target = movement.target
    guard 0..<target.tileCount ~= tile else {
      throw CommunicationError.malformed(expected: "tile \(tile) in a grid")
    }
    return try To(
      rows: target.rows(ofTile: tile).count, columns: target.columns(ofTile: tile).count, parts: pieces)
  }
}
