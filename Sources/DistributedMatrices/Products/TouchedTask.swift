// What sparse operands touch: for every unit of A's rows the columns, and of B's columns the rows, in which
// something is stored. One pass over the indices; a bit for every position from every tile and unit, or the runs
// of positions. And how large the pieces are that cells fetch of that.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// An operand's layout, its units, and which of its dimensions is the inner one.
struct TouchedRoute: WireCodable {
  var survey: SurveyRoute
  /// Whether it is A, whose columns are the inner dimension.
  var isLeft: Bool

  init(_ survey: SurveyRoute, isLeft: Bool) {
    self.survey = survey
    self.isLeft = isLeft
  }

  func encode(to writer: inout WireWriter) {
    survey.encode(to: &writer)
    writer.write(isLeft ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    survey = try SurveyRoute(from: &reader)
    isLeft = try reader.readInt(in: 0...1, "a flag") == 1
  }

  /// The units of the other dimension.
  var units: Cuts { isLeft ? survey.units.rowCuts : survey.units.columnCuts }
  /// The length of the inner dimension.
  var extent: Int { isLeft ? survey.units.columns : survey.units.rows }
}

/// The positions that consecutive units touch.
struct TouchedPositions: WireCodable {
  /// The first unit.
  var first: Int
  var sets: [PositionSet]

  init(first: Int, _ sets: [PositionSet]) {
    self.first = first
    self.sets = sets
  }

  func encode(to writer: inout WireWriter) {
    writer.write(first)
    sets.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    first = try reader.readInt(in: 0...Int(Int32.max), "a unit")
    sets = try [PositionSet](from: &reader)
  }

  /// Takes in the positions of other units, which may be some of these.
  mutating func formUnion(_ other: TouchedPositions, _ route: TouchedRoute) throws {
    guard !other.sets.isEmpty else { return }
    guard !sets.isEmpty else { return self = other }
    let last = max(first + sets.count, other.first + other.sets.count)
    guard last <= route.units.count, (sets + other.sets).allSatisfy({ $0.extent == route.extent }) else {
      throw CommunicationError.malformed(expected: "positions of \(route.units.count) units")
    }
    if other.first < first {
      sets = Array(repeating: PositionSet(extent: route.extent), count: first - other.first) + sets
      first = other.first
    }
    while first + sets.count < last { sets.append(PositionSet(extent: route.extent)) }
    for (k, set) in other.sets.enumerated() { sets[other.first - first + k].formUnion(set) }
  }
}

/// A tile that can say what it touches.
protocol TouchingTile: SurveyedTile {
  /// What this tile, number `tile` of the operand, touches.
  func touched(_ route: TouchedRoute, tile: Int) throws -> TouchedPositions
}

enum TouchedTask<S: Scalar, Content: TouchingTile>: ReduceTask where Content.Element == S {
  typealias Arguments = TouchedRoute
  typealias Input = Content
  static var name: String { "touched/" + Content.typeName }

  static func run(_ route: TouchedRoute, _ tile: Content, tile t: Int) throws -> TouchedPositions {
    try tile.touched(route, tile: t)
  }

  static func combine(_ left: inout TouchedPositions, _ right: TouchedPositions, _ route: TouchedRoute) throws
  {
    try left.formUnion(right, route)
  }
}

extension LocalMatrix: TouchingTile {
  func touched(_ route: TouchedRoute, tile: Int) throws -> TouchedPositions {
    let place = try route.survey.layout.place(ofTile: tile, shape)
    var viewed = route.survey.layout.view(self)
    // As the columns of A are: those of the transpose of B.
    if !route.isLeft { viewed = MatrixView.transpose(viewed) }
    let (outer, inner) = route.isLeft ? (place.rows, place.columns) : (place.columns, place.rows)
    let units = route.units.pieces(meeting: outer)
    var sets = [PositionSet](repeating: PositionSet(extent: route.extent), count: units.count)
    switch viewed {
    case .dense: for k in sets.indices { sets[k].insert(inner) }
    case .sparse(let a) where a.axis == .rows:
      for (k, unit) in units.enumerated() {
        let rows = route.units[unit].clamped(to: outer).shifted(by: -outer.lowerBound)
        for q in a.offsets[rows.lowerBound]..<a.offsets[rows.upperBound] {
          sets[k].insert(inner.lowerBound + Int(a.indices[q]))
        }
      }
    case .sparse(let a):
      for column in 0..<a.columns {
        var unit = 0
        for q in a.offsets[column]..<a.offsets[column + 1] {
          let row = outer.lowerBound + Int(a.indices[q])
          while row >= route.units[units.lowerBound + unit].upperBound { unit += 1 }
          sets[unit].insert(inner.lowerBound + column)
        }
      }
    }
    return TouchedPositions(first: units.lowerBound, sets)
  }
}

extension TripletMatrix: TouchingTile {
  func touched(_ route: TouchedRoute, tile: Int) throws -> TouchedPositions {
    let place = try route.survey.layout.place(ofTile: tile, shape)
    let viewed = route.survey.layout.view(self)
    let (outer, inner) = route.isLeft ? (place.rows, place.columns) : (place.columns, place.rows)
    let units = route.units.pieces(meeting: outer)
    var sets = [PositionSet](repeating: PositionSet(extent: route.extent), count: units.count)
    let (outers, inners) =
      route.isLeft ? (viewed.rowIndices, viewed.columnIndices) : (viewed.columnIndices, viewed.rowIndices)
    for q in 0..<entryCount {
      let unit =
        units.count == 1
        ? 0 : route.units.piece(holding: outer.lowerBound + Int(outers[q])) - units.lowerBound
      sets[unit].insert(inner.lowerBound + Int(inners[q]))
    }
    return TouchedPositions(first: units.lowerBound, sets)
  }
}

extension TouchedUnits {
  /// Asks the operands what they touch, where that can save anything: one of them is sparse, and more numbers
  /// may be left behind than are asked for, or it is asked for anyhow. Nil else. One step for each sparse
  /// operand.
  init?<S>(
    _ left: ProductOperand<S>, _ a: OperandMap, _ right: ProductOperand<S>, _ b: OperandMap,
    _ cuts: ProductCuts, isForced: Bool
  ) async throws {
    // Of a matrix of both kinds of tiles a unit may be dense or sparse depending on what is left of it.
    guard a.isSparse || b.isSparse, a.isSparse || a.isDense, b.isSparse || b.isDense else { return nil }
    let inner = Double(cuts.inner.extent)
    func isWorth(_ other: OperandMap) -> Bool {
      isForced || other.storedByUnit().reduce(0, +) >= 2 * inner
    }
    if a.isSparse, isWorth(b) {
      self.left = try await left.touched(cuts.rows, cuts.inner, isLeft: true)
    }
    if b.isSparse, isWorth(a) {
      self.right = try await right.touched(cuts.inner, cuts.columns, isLeft: false)
    }
    if self.left == nil, self.right == nil { return nil }
  }
}

extension ProductOperand {
  /// What every unit touches, of A's rows or B's columns. One step.
  func touched(_ unitRows: Cuts, _ unitColumns: Cuts, isLeft: Bool) async throws -> [PositionSet] {
    let route = TouchedRoute(
      SurveyRoute(layout, Partitioning(rowCuts: unitRows, columnCuts: unitColumns)), isLeft: isLeft)
    var found = TouchedPositions(first: 0, [])
    func take(_ tiles: [some TouchingTile]) throws {
      for (t, tile) in tiles.enumerated() { try found.formUnion(try tile.touched(route, tile: t), route) }
    }
    switch source {
    case .driver(let matrix): try take([matrix])
    case .unplacedMatrices(let tiles): try take(tiles)
    case .unplacedEntries(let tiles): try take(tiles)
    case .matrices(let tiles):
      if let cluster, tiles.tileCount > 0 {
        found = try await cluster.engine.reduce(TouchedTask<S, LocalMatrix<S>>.self, route, over: tiles)
      }
    case .entries(let tiles):
      if let cluster, tiles.tileCount > 0 {
        found = try await cluster.engine.reduce(TouchedTask<S, TripletMatrix<S>>.self, route, over: tiles)
      }
    }
    // Units that no tile reaches touch nothing.
    let none = TouchedPositions(
      first: 0, Array(repeating: PositionSet(extent: route.extent), count: route.units.count))
    try found.formUnion(none, route)
    return found.sets
  }

  /// How large the pieces of this operand are. One step, one integer for each piece.
  func pieceSizes(_ route: OperandRoute) async throws -> [PieceSize] {
    switch source {
    case .driver(let matrix):
      return try PieceSizeTask<OperandExchangeTask<S>>.run(route, matrix, tile: 0)
    case .unplacedMatrices(let tiles):
      return try tiles.enumerated().flatMap {
        try PieceSizeTask<OperandExchangeTask<S>>.run(route, $0.element, tile: $0.offset)
      }
    case .unplacedEntries(let tiles):
      return try tiles.enumerated().flatMap {
        try PieceSizeTask<EntryExchangeTask<S>>.run(route, $0.element, tile: $0.offset)
      }
    case .matrices(let tiles):
      guard let cluster, tiles.tileCount > 0 else { return [] }
      return try await cluster.engine.reduce(
        PieceSizeTask<OperandExchangeTask<S>>.self, route, over: tiles)
    case .entries(let tiles):
      guard let cluster, tiles.tileCount > 0 else { return [] }
      return try await cluster.engine.reduce(PieceSizeTask<EntryExchangeTask<S>>.self, route, over: tiles)
    }
  }
}

/// How many words a piece of a tile has.
struct PieceSize: WireCodable, Hashable {
  let tile: Int
  let cell: Int
  let words: Int

  init(tile: Int, cell: Int, words: Int) {
    (self.tile, self.cell, self.words) = (tile, cell, words)
  }

  func encode(to writer: inout WireWriter) { for number in [tile, cell, words] { writer.write(number) } }

  init(from reader: inout WireReader) throws(CommunicationError) {
    tile = try reader.readInt(in: 0...Int(Int32.max), "a tile")
    cell = try reader.readInt(in: 0...Int(Int32.max), "a cell")
    words = try reader.readInt(in: 0...Int.max, "a number of words")
  }
}

/// The sizes of the pieces that an exchange would cut.
enum PieceSizeTask<Exchange: ExchangeTask>: ReduceTask where Exchange.Arguments == OperandRoute {
  typealias Arguments = OperandRoute
  typealias Input = Exchange.Input
  static var name: String { "piece-size/" + Exchange.name }

  static func run(_ route: OperandRoute, _ tile: Exchange.Input, tile t: Int) throws -> [PieceSize] {
    try Exchange.split(route, tile, tile: t).map { cell, piece in
      PieceSize(tile: t, cell: cell, words: WireSize(of: piece).words)
    }
  }

  static func combine(_ left: inout [PieceSize], _ right: [PieceSize], _: OperandRoute) { left += right }
}
