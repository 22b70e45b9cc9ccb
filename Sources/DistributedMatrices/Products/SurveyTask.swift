// What the planner has to know of a sparse operand: the form of every tile, and how many elements it stores
// in each unit piece that it meets. One pass over the indices; one integer from every tile for every unit.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// How an operand lies and how the product cuts it.
struct SurveyRoute: WireCodable, Hashable {
  var layout: Layout
  /// The unit pieces, along the operand's rows and columns as they are read.
  var units: Partitioning

  init(_ layout: Layout, _ units: Partitioning) {
    self.layout = layout
    self.units = units
  }

  func encode(to writer: inout WireWriter) {
    layout.encode(to: &writer)
    units.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    layout = try Layout(from: &reader)
    units = try Partitioning(from: &reader)
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

  init(_ form: OperandMap.Form, _ stored: [Int]) {
    self.form = form
    self.stored = stored
  }

  func encode(to writer: inout WireWriter) {
    writer.write(form.rawValue)
    stored.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let form = OperandMap.Form(rawValue: try reader.readInt()) else {
      throw .malformed(expected: "the form of a tile")
    }
    self.init(form, try [Int](from: &reader))
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
    var stored = [Int](repeating: 0, count: height.count * width.count)
    if stored.count == 1 {
      stored[0] = entryCount
    } else {
      for (unit, piece) in try cut(Redistribution(from: route.layout, to: route.units), tile: tile) {
        let (r, c) = unit.quotientAndRemainder(dividingBy: route.units.columnCuts.count)
        stored[(r - height.lowerBound) * width.count + c - width.lowerBound] += piece.storedCount
      }
    }
    return TileSurvey(.triplets, stored)
  }
}

extension LocalMatrix: SurveyedTile {
  func survey(_ route: SurveyRoute, tile: Int) throws -> TileSurvey {
    let place = try route.layout.place(ofTile: tile, shape)
    return route.layout.view(self).survey(
      rows: place.rows, columns: place.columns, route.units.rowCuts, route.units.columnCuts)
  }

  /// What this matrix, which is rows x columns of an operand, stores in the operand's units.
  func survey(rows: Range<Int>, columns: Range<Int>, _ unitRows: Cuts, _ unitColumns: Cuts) -> TileSurvey {
    guard case .sparse(let a) = self else { return TileSurvey(.dense, []) }
    let isByRows = a.axis == .rows
    let (height, width) = (unitRows.pieces(meeting: rows), unitColumns.pieces(meeting: columns))
    var stored = [Int](repeating: 0, count: height.count * width.count)
    let (majors, minors) = isByRows ? (height, width) : (width, height)
    let (majorCuts, minorCuts) = isByRows ? (unitRows, unitColumns) : (unitColumns, unitRows)
    let (majorStart, minorStart) =
      isByRows ? (rows.lowerBound, columns.lowerBound) : (columns.lowerBound, rows.lowerBound)
    for major in majors {
      let range = majorCuts[major].shifted(by: -majorStart).clamped(to: 0..<a.majorCount)
      func count(_ minor: Int, _ entries: Int) {
        let (r, c) = isByRows ? (major, minor) : (minor, major)
        stored[(r - height.lowerBound) * width.count + c - width.lowerBound] += entries
      }
      if minors.count == 1 {
        count(minors.lowerBound, a.offsets[range.upperBound] - a.offsets[range.lowerBound])
        continue
      }
      for p in range {
        var entry = a.offsets[p]
        for minor in minors {
          let end = minorCuts[minor].upperBound - minorStart
          let first = entry
          while entry < a.offsets[p + 1], Int(a.indices[entry]) < end { entry += 1 }
          if entry > first { count(minor, entry - first) }
        }
      }
    }
    return TileSurvey(isByRows ? .byRows : .byColumns, stored)
  }
}
