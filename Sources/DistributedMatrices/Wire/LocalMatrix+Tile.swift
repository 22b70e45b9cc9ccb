// Local matrices as tiles: shape and format in the header, the buffers as payload. A pending transpose or
// conjugation travels as a flag, not as work.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices

extension DenseMatrix: WireCodable {
  /// Writes shape, order and elements.
  public func encode(to writer: inout WireWriter) {
    writer.write(rows)
    writer.write(columns)
    writer.write(order == .columnMajor ? 0 : 1)
    writer.write(isConjugated ? 1 : 0)
    writer.write(array: storage)
  }

  /// Reads a matrix back, checking that the count of elements fits the shape.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let (rows, columns) = (try reader.readInt(), try reader.readInt())
    let order: StorageOrder =
      try reader.readInt(in: 0...1, "a storage order") == 0 ? .columnMajor : .rowMajor
    let isConjugated = try reader.readInt(in: 0...1, "a flag") == 1
    let elements = try reader.readArray(of: S.self)
    let matrix: DenseMatrix
    do {
      matrix = try DenseMatrix(rows: rows, columns: columns, order: order, elements: elements)
    } catch {
      throw .malformed(expected: "a dense matrix: \(error)")
    }
    self = isConjugated ? matrix.conjugated() : matrix
  }
}

extension SparseMatrix: WireCodable {
  /// Writes shape, axis and the three arrays.
  public func encode(to writer: inout WireWriter) {
    writer.write(rows)
    writer.write(columns)
    writer.write(axis == .rows ? 0 : 1)
    writer.write(isConjugated ? 1 : 0)
    writer.write(array: offsets)
    writer.write(array: indices)
    writer.write(array: storage)
  }

  /// Reads a matrix back, checking offsets and indices.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let (rows, columns) = (try reader.readInt(), try reader.readInt())
    let axis: CompressedAxis =
      try reader.readInt(in: 0...1, "a compressed axis") == 0 ? .rows : .columns
    let isConjugated = try reader.readInt(in: 0...1, "a flag") == 1
    let offsets = try reader.readArray(of: Int.self)
    let indices = try reader.readArray(of: Int32.self)
    let values = try reader.readArray(of: S.self)
    let matrix: SparseMatrix
    do {
      matrix = try SparseMatrix(
        rows: rows, columns: columns, axis: axis, offsets: offsets, indices: indices, values: values)
    } catch {
      throw .malformed(expected: "a sparse matrix: \(error)")
    }
    self = isConjugated ? matrix.conjugated() : matrix
  }
}

extension LocalMatrix: Tile {
  /// `matrix/` and LAPACK's letter.
  public static var typeName: String { scalarName("matrix", S.self) }

  /// Writes which kind it is and the matrix.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .dense(let matrix):
      writer.write(0)
      matrix.encode(to: &writer)
    case .sparse(let matrix):
      writer.write(1)
      matrix.encode(to: &writer)
    }
  }

  /// Reads a matrix of either kind.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "dense or sparse") == 0
      ? .dense(try DenseMatrix(from: &reader)) : .sparse(try SparseMatrix(from: &reader))
  }
}

/// The name of a task or tile for one scalar: `gram-product/d`.
func scalarName<S: Scalar>(_ name: String, _ type: S.Type) -> String {
  "\(name)/\(Character(UnicodeScalar(UInt8(S.kind.letter))))"
}
