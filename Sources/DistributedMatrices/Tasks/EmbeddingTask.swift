// B = 0 but for A, whose first element is in row r, column c of B: every tile of A is cut along B's grid, and
// the parts go to their tiles. Every stored element moves at most once.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// Where a matrix is put.
struct Embedding: WireCodable {
  let source: Partitioning
  let row: Int
  let column: Int
  let target: Partitioning

  init(_ source: Partitioning, row: Int, column: Int, in target: Partitioning) {
    self.source = source
    self.row = row
    self.column = column
    self.target = target
  }

  func encode(to writer: inout WireWriter) {
    source.encode(to: &writer)
    writer.write(row)
    writer.write(column)
    target.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    source = try Partitioning(from: &reader)
    row = try reader.readInt(in: 0...Int.max / 2, "a row")
    column = try reader.readInt(in: 0...Int.max / 2, "a column")
    target = try Partitioning(from: &reader)
    guard source.rows <= target.rows, row <= target.rows - source.rows, source.columns <= target.columns,
      column <= target.columns - source.columns
    else { throw .malformed(expected: "a place inside \(target.rows) x \(target.columns)") }
  }
}

enum EmbeddingTask<S: Scalar>: ExchangeTask {
  typealias Arguments = Embedding
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("embedding", S.self) }

  static func split(_ place: Embedding, _ tile: LocalMatrix<S>, tile t: Int) throws -> [(
    target: Int, piece: OperandPart<S>
  )] {
    guard 0..<place.source.tileCount ~= t, tile.rows == place.source.rows(ofTile: t).count,
      tile.columns == place.source.columns(ofTile: t).count
    else { throw CommunicationError.malformed(expected: "tile \(t) in a grid") }
    let rows = place.source.rows(ofTile: t).shifted(by: place.row)
    let columns = place.source.columns(ofTile: t).shifted(by: place.column)
    let grid = place.target
    var pieces: [(target: Int, piece: OperandPart<S>)] = []
    for (i, r) in (0..<grid.rows).crossings(rows, grid.rowCuts) {
      for (j, c) in (0..<grid.columns).crossings(columns, grid.columnCuts) {
        let part = try tile[r.shifted(by: -rows.lowerBound), c.shifted(by: -columns.lowerBound)]
        pieces.append(
          (
            i * grid.columnCuts.count + j,
            OperandPart(
              row: r.lowerBound - grid.rowCuts[i].lowerBound,
              column: c.lowerBound - grid.columnCuts[j].lowerBound, part)
          ))
      }
    }
    return pieces
  }

  static func merge(_ place: Embedding, _ pieces: [OperandPart<S>], tile: Int) throws -> LocalMatrix<S> {
    guard 0..<place.target.tileCount ~= tile else {
      throw CommunicationError.malformed(expected: "tile \(tile) in a grid")
    }
    return try .assembled(
      rows: place.target.rows(ofTile: tile).count, columns: place.target.columns(ofTile: tile).count,
      pieces.map { PlacedPart(row: $0.row, column: $0.column, $0.matrix) })
  }
}
