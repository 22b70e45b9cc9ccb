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
  /// Adds the pieces that go to `target` to those of other cut tiles, as `TargetPieces`; false if they are of
  /// another type.
  func addPieces(for target: Int, from source: Int, to found: inout (any WireCodable)?) -> Bool
}

extension CutTile: AnyCutTile {
  func addPieces(for target: Int, from source: Int, to found: inout (any WireCodable)?) -> Bool {
    var all = TargetPieces<Piece>()
    if let found {
      guard let others = found as? TargetPieces<Piece> else { return false }
      all = others
    }
    // The list is held once, and grows in place.
    found = nil
    if let pieces = pieces[target] { all.bySource.append((source, pieces)) }
    found = all
    return true
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
