// A list of entries as a tile.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices

extension TripletMatrix: Tile {
  /// `triplets/` and LAPACK's letter.
  public static var typeName: String { scalarName("triplets", S.self) }

  /// Writes shape, flag and the three arrays.
  public func encode(to writer: inout WireWriter) {
    writer.write(rows)
    writer.write(columns)
    writer.write(isConjugated ? 1 : 0)
    writer.write(array: rowIndices)
    writer.write(array: columnIndices)
    writer.write(array: storage)
  }

  /// Reads a list back, checking that every entry lies in the matrix.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let (rows, columns) = (try reader.readInt(), try reader.readInt())
    let isConjugated = try reader.readInt(in: 0...1, "a flag") == 1
    let rowIndices = try reader.readArray(of: Int32.self)
    let columnIndices = try reader.readArray(of: Int32.self)
    let values = try reader.readArray(of: S.self)
    let matrix: TripletMatrix
    do {
      matrix = try TripletMatrix(
        rows: rows, columns: columns, rowIndices: rowIndices, columnIndices: columnIndices, values: values)
    } catch {
      throw .malformed(expected: "a list of entries: \(error)")
    }
    self = isConjugated ? matrix.conjugated() : matrix
  }
}
