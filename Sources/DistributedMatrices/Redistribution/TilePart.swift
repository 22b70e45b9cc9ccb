// What travels when a matrix is redistributed: a region of a dense tile, or a run of entries, each with its
// place in the tile that it goes to. Within a process a part refers to what it was cut from; it is copied once,
// into the new tile. On the wire it is as large as itself.

public import TesseraCommunication
public import TesseraLocalMatrices

/// A part of a tile on its way to another tile.
public enum TilePart<S: Scalar>: WireCodable {
  /// A region of a dense tile.
  case dense(DenseRegion<S>)
  /// Entries at places of the target tile.
  case entries(EntryRun<S>)

  /// Number of stored elements.
  public var storedCount: Int {
    switch self {
    case .dense(let region): region.rows.count * region.columns.count
    case .entries(let run): run.range.count
    }
  }

  /// Writes which kind it is and the part.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .dense(let region):
      writer.write(0)
      region.encode(to: &writer)
    case .entries(let run):
      writer.write(1)
      run.encode(to: &writer)
    }
  }

  /// Reads a part of either kind.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "dense or entries") == 0
      ? .dense(try DenseRegion(from: &reader)) : .entries(try EntryRun(from: &reader))
  }
}

/// Rows and columns of a dense matrix, and the place of their corner in the target tile.
public struct DenseRegion<S: Scalar>: WireCodable {
  let matrix: DenseMatrix<S>
  let rows: Range<Int>
  let columns: Range<Int>
  let row: Int
  let column: Int

  /// Rows and columns of `matrix`, to be put at (`row`, `column`).
  ///
  /// - Precondition: the ranges lie in the matrix.
  public init(_ matrix: DenseMatrix<S>, rows: Range<Int>, columns: Range<Int>, row: Int, column: Int) {
    precondition(
      0 <= rows.lowerBound && rows.upperBound <= matrix.rows && 0 <= columns.lowerBound
        && columns.upperBound <= matrix.columns)
    self.matrix = matrix
    self.rows = rows
    self.columns = columns
    self.row = row
    self.column = column
  }

  /// The elements row after row. O(size).
  var elements: [S] {
    let count = rows.count * columns.count
    if matrix.order == .rowMajor, !matrix.isConjugated, count == matrix.storage.count {
      return matrix.storage
    }
    return [S](inLargePages: count) { target, written in
      copy(to: target, leadingDimension: columns.count, row: 0, column: 0)
      written = count
    }
  }

  /// Writes place, shape and the elements row after row.
  public func encode(to writer: inout WireWriter) {
    for value in [row, column, rows.count, columns.count] { writer.write(value) }
    writer.write(count: rows.count * columns.count, of: S.self) { elements }
  }

  /// Reads a region back, checking that the count of elements fits the shape.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let place = Int(Int32.max)
    row = try reader.readInt(in: 0...place, "a row")
    column = try reader.readInt(in: 0...place, "a column")
    let (height, width) = (try reader.readInt(), try reader.readInt())
    let elements = try reader.readArray(of: S.self)
    do {
      matrix = try DenseMatrix(rows: height, columns: width, order: .rowMajor, elements: elements)
    } catch {
      throw .malformed(expected: "a dense region: \(error)")
    }
    rows = 0..<height
    columns = 0..<width
  }
}

/// Entries of a list, at places of the target tile.
public struct EntryRun<S: Scalar>: WireCodable {
  /// Row of each entry in the target tile.
  let rowIndices: [Int32]
  /// Column of each entry in the target tile.
  let columnIndices: [Int32]
  /// Value of each entry.
  let values: [S]
  /// The entries that are meant, of those in the arrays.
  let range: Range<Int>

  init(_ rowIndices: [Int32], _ columnIndices: [Int32], _ values: [S], _ range: Range<Int>) {
    self.rowIndices = rowIndices
    self.columnIndices = columnIndices
    self.values = values
    self.range = range
  }

  /// Writes rows, columns and values of the entries.
  public func encode(to writer: inout WireWriter) {
    // Places are bookkeeping like the lengths of arrays, but they are data of the matrix too: words.
    writer.write(array: rowIndices, range)
    writer.write(array: columnIndices, range)
    writer.write(array: values, range)
  }

  /// Reads a run back. Places are checked where the target tile is known.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    rowIndices = try reader.readArray(of: Int32.self)
    columnIndices = try reader.readArray(of: Int32.self)
    values = try reader.readArray(of: S.self)
    range = 0..<values.count
    guard rowIndices.count == values.count, columnIndices.count == values.count else {
      throw .malformed(expected: "as many rows and columns as values")
    }
  }
}
