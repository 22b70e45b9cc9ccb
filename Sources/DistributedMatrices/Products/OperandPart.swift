// What travels to a cell: the part of a tile that lies in the cell's block, and where in the operand it
// stands. A cell's operand is the list of its parts.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// A part of an operand.
struct OperandPart<S: Scalar>: WireCodable {
  /// Row of the operand, after transposing, in which the part begins.
  let row: Int
  /// Column in which it begins.
  let column: Int
  let matrix: LocalMatrix<S>

  /// Its rows in the operand.
  var rows: Range<Int> { row..<row + matrix.rows }
  /// Its columns in the operand.
  var columns: Range<Int> { column..<column + matrix.columns }

  init(row: Int, column: Int, _ matrix: LocalMatrix<S>) {
    self.row = row
    self.column = column
    self.matrix = matrix
  }

  func encode(to writer: inout WireWriter) {
    writer.write(row)
    writer.write(column)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    row = try reader.readInt(in: 0...Int(Int32.max), "a row")
    column = try reader.readInt(in: 0...Int(Int32.max), "a column")
    matrix = try LocalMatrix(from: &reader)
  }
}

/// All of an operand that a cell works on.
struct CellOperand<S: Scalar>: Tile {
  var parts: [OperandPart<S>]

  static var typeName: String { scalarName("cell-operand", S.self) }

  init(_ parts: [OperandPart<S>]) { self.parts = parts }

  func encode(to writer: inout WireWriter) { parts.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    parts = try [OperandPart<S>](from: &reader)
  }
}

/// A partial result of one unit of C: what the leaves below one node of the reduction tree of K add up to.
struct PartialResult<S: Scalar>: WireCodable {
  /// The row piece of C.
  let row: Int
  /// The column piece of C.
  let column: Int
  /// The first leaf below the node.
  let first: Int
  let matrix: LocalMatrix<S>

  init(row: Int, column: Int, first: Int, _ matrix: LocalMatrix<S>) {
    self.row = row
    self.column = column
    self.first = first
    self.matrix = matrix
  }

  func encode(to writer: inout WireWriter) {
    writer.write(row)
    writer.write(column)
    writer.write(first)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    row = try reader.readInt(in: 0...Int(Int32.max), "a row piece")
    column = try reader.readInt(in: 0...Int(Int32.max), "a column piece")
    first = try reader.readInt(in: 0...Int(Int32.max), "a leaf")
    matrix = try LocalMatrix(from: &reader)
  }
}

/// The partial results of a cell.
struct CellResult<S: Scalar>: Tile {
  var parts: [PartialResult<S>]

  static var typeName: String { scalarName("cell-result", S.self) }

  init(_ parts: [PartialResult<S>]) { self.parts = parts }

  func encode(to writer: inout WireWriter) { parts.encode(to: &writer) }

  init(from reader: inout WireReader) throws(CommunicationError) {
    parts = try [PartialResult<S>](from: &reader)
  }
}
