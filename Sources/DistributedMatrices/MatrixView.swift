// How the tiles of a distributed matrix are to be read: transposed, conjugated, both or neither. A transpose
// changes this and nothing else.

public import TesseraCommunication
public import TesseraLocalMatrices

/// A pending transposition and conjugation.
public struct MatrixView: Hashable, Sendable {
  /// Whether rows are columns.
  public var isTransposed: Bool
  /// Whether elements are conjugated; without effect on real ones.
  public var isConjugated: Bool

  /// The given view; by default the matrix as it is.
  public init(isTransposed: Bool = false, isConjugated: Bool = false) {
    self.isTransposed = isTransposed
    self.isConjugated = isConjugated
  }

  /// The matrix as it is.
  public static let plain = MatrixView()
  /// The transpose.
  public static let transpose = MatrixView(isTransposed: true)
  /// The conjugate transpose.
  public static let adjoint = MatrixView(isTransposed: true, isConjugated: true)

  /// This view, seen through another.
  public func viewed(through other: MatrixView) -> MatrixView {
    MatrixView(
      isTransposed: isTransposed != other.isTransposed, isConjugated: isConjugated != other.isConjugated)
  }

  /// The tile as it is to be read. O(1).
  public func callAsFunction<S: Scalar>(_ tile: LocalMatrix<S>) -> LocalMatrix<S> {
    switch tile {
    case .dense(let a):
      let b = isTransposed ? a.transposed() : a
      return .dense(isConjugated ? b.conjugated() : b)
    case .sparse(let a):
      let b = isTransposed ? a.transposed() : a
      return .sparse(isConjugated ? b.conjugated() : b)
    }
  }

  /// The tile as it is to be read. O(1).
  public func callAsFunction<S: Scalar>(_ tile: TripletMatrix<S>) -> TripletMatrix<S> {
    let seen = isTransposed ? tile.transposed() : tile
    return isConjugated ? seen.conjugated() : seen
  }
}

extension MatrixView: WireCodable {
  /// Writes a number.
  public func encode(to writer: inout WireWriter) {
    writer.write((isTransposed ? 1 : 0) + (isConjugated ? 2 : 0))
  }

  /// Reads a view back.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let number = try reader.readInt(in: 0...3, "a view")
    self.init(isTransposed: number & 1 != 0, isConjugated: number & 2 != 0)
  }
}
