// What the planner has to know of a sparse operand: the form of every tile, how many elements it stores in each
// unit piece that it meets, and how unevenly they lie over the inner dimension. One pass over the indices, two
// where lines are counted that the tile is not compressed by; one integer from every tile for every unit, or three.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// How an operand lies and how the product cuts it.
struct SurveyRoute: WireCodable, Hashable {
  /// The factors of a product.
  enum Side: Int {
    case left, right
  }

  var layout: Layout
  /// The unit pieces, along the operand's rows and columns as they are read.
  var units: Partitioning
  /// Which factor it is, if its lines along the inner dimension are to be counted: A's columns, or B's rows.
  var side: Side?

  init(_ layout: Layout, _ units: Partitioning, linesOf side: Side? = nil) {
    self.layout = layout
    self.units = units
    self.side = side
  }

  func encode(to writer: inout WireWriter) {
    layout.encode(to: &writer)
    units.encode(to: &writer)
    writer.write(side?.rawValue ?? -1)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    layout = try Layout(from: &reader)
    units = try Partitioning(from: &reader)
    side = Side(rawValue: try reader.readInt(in: -1...1, "a factor"))
    guard units.rows == layout.shape.rows, units.columns == layout.shape.columns else {
      throw .malformed(expected: "units of a matrix of \(layout.shape)")
    }
  }
}

/// What a tile stores.
struct TileSurvey: WireCodable, Hashable {
  var form: OperandMap.Form
  /// In each unit that it meets, row of units after row; empty when dense.
  var stored: [Int]
  /// The lines in each; empty when dense or not asked for.
  var lines: [LineCounts]

  init(_ form: OperandMap.Form, _ stored: [Int], _ lines: [LineCounts] = []) {
    self.form = form
    self.stored = stored
    self.lines = lines
  }

  func encode(to writer: inout WireWriter) {
    writer.write(form.rawValue)
    stored.encode(to: &writer)
    // Integers all: what the planner asks is no data of the matrix.
    lines.map { Int(truncatingIfNeeded: $0.squares.bitPattern) }.encode(to: &writer)
    lines.map(\.most).encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let form = OperandMap.Form(rawValue: try reader.readInt()) else {
      throw .malformed(expected: "the form of a tile")
    }
    let stored = try [Int](from: &reader)
    let (squares, most) = (try [Int](from: &reader), try [Int](from: &reader))
    guard squares.count == most.count, most.isEmpty || most.count == stored.count else {
      throw .malformed(expected: "lines of \(stored.count) units")
    }
    self.init(
      form, stored,
      zip(squares, most).map {
        LineCounts(squares: Double(bitPattern: UInt64(truncatingIfNeeded: $0)), most: $1)
      })
  }
}

enum SurveyTask<S: Scalar, Content: SurveyedTile>: ReduceTask where Content.Element == S {
  typealias Arguments = SurveyRoute
  typealias Input = Content
  static var name: String { "survey/" + Content.typeName }

  static func run(_ route: SurveyRoute, _ tile: Content, tile t: Int) throws -> [TileSurvey] {
    [try tile.survey(route, tile: t)]
  }

  static func combine(_ left: inout [TileSurvey], _ right: [TileSurvey], _: SurveyRoute) { left += right }
}

/// A tile that can say what it stores.
protocol SurveyedTile: MatrixTile {
  /// What this tile, number `tile` of the operand, stores in the operand's units.
  func survey(_ route: SurveyRoute, tile: Int) throws -> TileSurvey
}

extension TripletMatrix: SurveyedTile {
  func survey(_ route: SurveyRoute, tile: Int) throws -> TileSurvey {
    let place = try route.layout.place(ofTile: tile, shape)
    let (height, width) = (
      route.units.rowCuts.pieces(meeting: place.rows), route.units.columnCuts.pieces(meeting: place.columns)
    )
    let units = height.count * width.count
    var stored = [Int](repeating: 0, count: units)
    var lines = [LineCounts](repeating: LineCounts(), count: route.side == nil ? 0 : units)
    func count(unit: Int, _ range: Range<Int>, _ rows: [Int32], _ columns: [Int32], in shape: Shape) {
      stored[unit] += range.count
      guard let side = route.side else { return }
      let (indices, extent) = side == .left ? (columns, shape.columns) : (rows, shape.rows)
      var counter = LineCounter(extent: extent, expected: range.count)
      counter.count(indices, range, into: &lines[unit])
    }
    if units == 1 {
      let viewed = route.layout.view(self)
      count(unit: 0, 0..<entryCount, viewed.rowIndices, viewed.columnIndices, in: viewed.shape)
    } else {
      // Every unit that the tile meets gets one run of its entries.
      for (target, piece) in try cut(Redistribution(from: route.layout, to: route.units), tile: tile) {
        guard case .entries(let run) = piece else { continue }
        let (r, c) = target.quotientAndRemainder(dividingBy: route.units.columnCuts.count)
        count(
          unit: (r - height.lowerBound) * width.count + c - width.lowerBound, run.range, run.rowIndices,
          run.columnIndices, in: Shape(route.units.rowCuts[r].count, route.units.columnCuts[c].count))
      }
    }
    return TileSurvey(.triplets, stored, lines)
  }
}

extension LocalMatrix: SurveyedTile {
  func survey(_ route: SurveyRoute, tile: Int) throws -> TileSurvey {
    let place = try route.layout.place(ofTile: tile, shape)
    guard case .sparse(let a) = route.layout.view(self) else { return TileSurvey(.dense, []) }
    let isByRows = a.axis == .rows
    let rowCuts = route.units.rowCuts.met(by: place.rows)
    let columnCuts = route.units.columnCuts.met(by: place.columns)
    let (majors, minors) = isByRows ? (rowCuts, columnCuts) : (columnCuts, rowCuts)
    let found = countUnits(
      a.offsets, a.indices, majors, minors,
      lines: route.side.map { ($0 == .left) == isByRows ? .acrossMajors : .majors })
    let units = majors.count * minors.count
    // Row of units after row.
    let order = (0..<units).map {
      isByRows ? $0 : $0 % columnCuts.count * rowCuts.count + $0 / columnCuts.count
    }
    return TileSurvey(
      isByRows ? .byRows : .byColumns, order.map { found.stored[$0] },
      found.lines.isEmpty ? [] : order.map { found.lines[$0] })
  }
}

extension Cuts {
  /// What the pieces that `range` meets have of it, counted from its start.
  fileprivate func met(by range: Range<Int>) -> [Range<Int>] {
    pieces(meeting: range).map { self[$0].clamped(to: range).shifted(by: -range.lowerBound) }
  }
}

/// Which lines of a compressed matrix are counted.
private enum CountedLines {
  /// Those that it is compressed by.
  case majors
  /// The others.
  case acrossMajors
}

/// What a compressed matrix stores in each unit, major piece after major piece.
private func countUnits(
  _ offsets: [Int], _ indices: [Int32], _ majors: [Range<Int>], _ minors: [Range<Int>], lines: CountedLines?
) -> (stored: [Int], lines: [LineCounts]) {
  let units = majors.count * minors.count
  var stored = [Int](repeating: 0, count: units)
  var counts = [LineCounts](repeating: LineCounts(), count: lines == nil ? 0 : units)
  var counter = LineCounter(
    extent: lines == .acrossMajors ? minors.last?.upperBound ?? 0 : 0, expected: indices.count)
  for (m, range) in majors.enumerated() {
    let all = offsets[range.lowerBound]..<offsets[range.upperBound]
    func take(_ minor: Int, _ run: Range<Int>) {
      let unit = m * minors.count + minor
      stored[unit] += run.count
      switch lines {
      case .majors: counts[unit].add(line: run.count)
      case .acrossMajors: counter.count(indices, run, into: &counts[unit])
      case nil: break
      }
    }
    if minors.count == 1, lines != .majors {
      take(0, all)
    } else {
      for p in range {
        var entry = offsets[p]
        for minor in minors.indices {
          let first = entry
          let end = minor == minors.count - 1 ? Int.max : minors[minor].upperBound
          if end == .max { entry = offsets[p + 1] }
          while entry < offsets[p + 1], Int(indices[entry]) < end { entry += 1 }
          if entry > first { take(minor, first..<entry) }
        }
      }
    }
    if lines == .acrossMajors { counter.forget(indices, all) }
  }
  return (stored, counts)
}
