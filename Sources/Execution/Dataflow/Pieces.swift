// What an exchange keeps at the worker that cut a tile, and what it sends to the workers that put tiles
// together.

import TesseraCommunication

/// The pieces of one tile, by the tile they go to.
struct CutTile<Piece: WireCodable>: WireCodable {
  let pieces: [Int: [Piece]]

  init(_ pieces: [(target: Int, piece: Piece)]) {
    var byTarget: [Int: [Piece]] = [:]
    for (target, piece) in pieces { byTarget[target, default: []].append(piece) }
    self.pieces = byTarget
  }

  func encode(to writer: inout WireWriter) {
    writer.write(pieces.count)
    for target in pieces.keys.sorted() {
      writer.write(target)
      (pieces[target] ?? []).encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    var pieces: [Int: [Piece]] = [:]
    for _ in 0..<(try reader.readInt(in: 0...Step.mostTiles, "a count")) {
      let target = try reader.readInt()
      pieces[target] = try [Piece](from: &reader)
    }
    self.pieces = pieces
  }
}

/// A cut tile whose pieces' type is not known here.
protocol AnyCutTile: WireCodable {
  /// The pieces of several cut tiles that go to one tile, as `TargetPieces`; nil if types differ.
  static func pieces(of tiles: [(source: Int, tile: any WireCodable)], for target: Int) -> (any WireCodable)?
}

extension CutTile: AnyCutTile {
  static func pieces(of tiles: [(source: Int, tile: any WireCodable)], for target: Int) -> (any WireCodable)?
  {
    var found = TargetPieces<Piece>()
    for (source, tile) in tiles {
      guard let cut = tile as? CutTile<Piece> else { return nil }
      if let pieces = cut.pieces[target] { found.bySource.append((source, pieces)) }
    }
    return found
  }
}

/// The pieces that go to one tile, with the tiles they come from.
struct TargetPieces<Piece: WireCodable>: WireCodable {
  var bySource: [(source: Int, pieces: [Piece])] = []

  init() {}

  func encode(to writer: inout WireWriter) {
    writer.write(bySource.count)
    for (source, pieces) in bySource {
      writer.write(source)
      pieces.encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    for _ in 0..<(try reader.readInt(in: 0...Step.mostTiles, "a count")) {
      bySource.append((try reader.readInt(), try [Piece](from: &reader)))
    }
  }
}
