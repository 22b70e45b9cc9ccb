// A piece of a vector as a tile, and as the partial result of a reduction.

public import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices

/// Numbers that belong to one tile: a piece of a range vector, or a partial sum.
public struct VectorTile<S: Scalar>: Tile {
  /// The numbers.
  public var elements: [S]

  /// The given numbers.
  public init(_ elements: [S]) { self.elements = elements }

  /// `vector/` and LAPACK's letter.
  public static var typeName: String { scalarName("vector", S.self) }

  /// Writes the elements as payload.
  public func encode(to writer: inout WireWriter) { writer.write(array: elements) }

  /// Reads the elements.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    elements = try reader.readArray(of: S.self)
  }

  /// Adds the elements of another tile of the same length.
  ///
  /// - Throws: `malformed` for another length, which only a faulty worker sends.
  mutating func add(_ other: VectorTile) throws(CommunicationError) {
    guard elements.count == other.elements.count else {
      throw .malformed(expected: "\(elements.count) numbers, not \(other.elements.count)")
    }
    axpy(1, other.elements, &elements)
  }
}
