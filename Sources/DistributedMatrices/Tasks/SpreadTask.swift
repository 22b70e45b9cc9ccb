// The pieces of a range vector to the tiles whose rows they are: before y' A and the like, where a tile needs its
// rows' numbers and no others. A piece that lies with the tile does not travel; m words at most for each
// column of the grid.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// How a vector is cut, and the layout of the matrix whose rows it has.
struct VectorSpread: WireCodable, Hashable {
  var cuts: Cuts
  var layout: Layout

  init(_ cuts: Cuts, _ layout: Layout) {
    self.cuts = cuts
    self.layout = layout
  }

  func encode(to writer: inout WireWriter) {
    Partitioning(slabs: cuts, columns: 0).encode(to: &writer)
    layout.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    cuts = try Partitioning(from: &reader).rowCuts
    layout = try Layout(from: &reader)
    guard cuts.extent == layout.shape.rows else {
      throw .malformed(expected: "a vector of \(layout.shape.rows)")
    }
  }
}

enum SpreadTask<S: Scalar>: ExchangeTask {
  typealias Arguments = VectorSpread
  typealias Input = VectorTile<S>
  static var name: String { scalarName("spread", S.self) }

  static func split(_ spread: VectorSpread, _ tile: VectorTile<S>, tile t: Int) throws -> [(
    target: Int, piece: Segment<S>
  )] {
    guard 0..<spread.cuts.count ~= t, tile.elements.count == spread.cuts[t].count else {
      throw CommunicationError.malformed(expected: "piece \(t) of a vector")
    }
    let own = spread.cuts[t]
    return (0..<spread.layout.tileCount).compactMap { target in
      let rows = spread.layout.rows(ofTile: target)
      let common = rows.clamped(to: own)
      if common.isEmpty { return nil }
      return (
        target,
        Segment(
          first: common.lowerBound - rows.lowerBound,
          common == own
            ? tile.elements : Array(tile.elements[common.shifted(by: -own.lowerBound)]))
      )
    }
  }

  static func merge(_ spread: VectorSpread, _ pieces: [Segment<S>], tile: Int) throws -> VectorTile<S> {
    guard 0..<spread.layout.tileCount ~= tile else {
      throw CommunicationError.malformed(expected: "tile \(tile)")
    }
    let count = spread.layout.rows(ofTile: tile).count
    if pieces.count == 1, pieces[0].elements.count == count { return VectorTile(pieces[0].elements) }
    var elements = [S](repeating: 0, count: count)
    for piece in pieces {
      guard piece.first + piece.elements.count <= count else {
        throw CommunicationError.malformed(expected: "a piece of \(count) numbers")
      }
      for k in piece.elements.indices { elements[piece.first + k] = piece.elements[k] }
    }
    return VectorTile(elements)
  }
}

/// x = A^H y, y beside the tiles.
enum SpreadAdjointTask<Content: MatrixTile>: ReduceTask {
  typealias S = Content.Element
  typealias Arguments = Layout
  typealias Input = TilePair<Content, VectorTile<S>>
  static var name: String { "spread-adjoint/\(Content.typeName)" }

  static func run(_ layout: Layout, _ input: TilePair<Content, VectorTile<S>>, tile t: Int) throws
    -> Segment<S>
  {
    let place = try layout.place(ofTile: t, input.first.shape)
    return Segment(
      first: place.columns.lowerBound,
      try input.first.product(layout.view.viewed(through: .adjoint), input.second.elements))
  }

  static func combine(_ left: inout Segment<S>, _ right: Segment<S>, _ layout: Layout) throws {
    guard [left, right].allSatisfy({ $0.first + $0.elements.count <= layout.shape.columns }) else {
      throw CommunicationError.malformed(expected: "numbers of \(layout.shape.columns) columns")
    }
    left.add(right)
  }
}

extension Layout {
  /// The rows of tile `t` as they are read.
  func rows(ofTile t: Int) -> Range<Int> {
    let cell = cell(ofTile: t)
    return view.isTransposed ? grid.columns(ofTile: cell) : grid.rows(ofTile: cell)
  }
}
