// What a file says about its matrix before the first entry, and what was noticed at the entries.

public import TesseraLocalMatrices

/// What a matrix file declares about itself.
public struct MatrixFileHeader: Sendable, Equatable {
  /// How the entries stand in the file.
  public enum Layout: Sendable, Hashable {
    /// One (row, column, value) after the other.
    case coordinate
    /// All elements, in the given order.
    case array(StorageOrder)
  }

  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Number of entries in the file: of a symmetric matrix, those of the stored half.
  public let storedEntries: Int
  /// The format of the file.
  public let format: MatrixFileFormat
  /// How the entries stand in the file.
  public let layout: Layout
  /// The scalar that holds the entries: `double` for integers and patterns.
  public let scalar: ScalarKind
  /// The file's own word for its elements: `integer`, `pattern`, `<f8`.
  public let elementType: String
  /// Which elements follow from others and are left out of the file.
  public let symmetry: MatrixSymmetry
  /// The names of a table's columns; none where it has no line of them, and in other formats.
  public internal(set) var columnNames: [String] = []
  /// The whole numbers that were rounded when the entries were read; none before.
  public internal(set) var roundedIntegers = RoundedIntegers()
}

/// Which elements of a matrix follow from others. The names are Matrix Market's.
public enum MatrixSymmetry: String, Sendable, Hashable, CaseIterable {
  /// None.
  case general
  /// a_ji = a_ij.
  case symmetric
  /// a_ji = -a_ij, so the diagonal is zero.
  case skewSymmetric = "skew-symmetric"
  /// a_ji is the conjugate of a_ij, so the diagonal is real.
  case hermitian

  /// The element at (j, i) of a matrix with `value` at (i, j).
  @inline(__always)
  func mirrored<S: Scalar>(_ value: S) -> S {
    switch self {
    case .general, .symmetric: value
    case .skewSymmetric: -value
    case .hermitian: value.conjugate
    }
  }
}
