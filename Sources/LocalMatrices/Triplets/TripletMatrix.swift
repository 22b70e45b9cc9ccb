// A sparse m x n matrix as a list of entries (i, j, value) in any order: what files hold and what one
// assembles. Entries at the same place add up. 16 z bytes in Double for z entries.

/// A list of entries of a local matrix; duplicates add up.
public struct TripletMatrix<S: Scalar>: Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Whether the values are the conjugates of `storage`; never so for a real scalar.
  public private(set) var isConjugated: Bool
  /// Row of each entry, from zero.
  public private(set) var rowIndices: [Int32]
  /// Column of each entry, from zero.
  public private(set) var columnIndices: [Int32]
  /// Raw value of each entry. To read values use `forEach`.
  public private(set) var storage: [S]

  /// A matrix without entries. O(1), whatever the shape.
  ///
  /// - Throws: `tooLarge` beyond 2^31-1 rows or columns, `invalidArgument` for negative ones.
  public init(rows: Int, columns: Int) throws(LinearAlgebraError) {
    try checkDimensions(rows, columns)
    self.init(unchecked: rows, columns, [], [], [])
  }

  package init(
    unchecked rows: Int, _ columns: Int, conjugated: Bool = false, _ rowIndices: [Int32],
    _ columnIndices: [Int32], _ storage: [S]
  ) {
    self.rows = rows
    self.columns = columns
    self.isConjugated = conjugated && S.isComplex
    self.rowIndices = rowIndices
    self.columnIndices = columnIndices
    self.storage = storage
  }

  /// A matrix with the given entries, rows and columns from zero. O(entries).
  ///
  /// - Throws: `invalidArgument` when an entry lies outside or the arrays differ in length.
  public init(rows: Int, columns: Int, rowIndices: [Int32], columnIndices: [Int32], values: [S])
    throws(LinearAlgebraError)
  {
    try checkDimensions(rows, columns)
    guard rowIndices.count == values.count, columnIndices.count == values.count else {
      throw .invalidArgument(
        "\(rowIndices.count) rows, \(columnIndices.count) columns and \(values.count) values "
          + "are not one list of entries")
    }
    for q in 0..<values.count {
      let (i, j) = (Int(rowIndices[q]), Int(columnIndices[q]))
      guard i >= 0, i < rows, j >= 0, j < columns else {
        throw .invalidArgument("entry (\(i), \(j)) is outside \(rows) x \(columns)")
      }
    }
    self.init(unchecked: rows, columns, rowIndices, columnIndices, values)
  }

  /// Rows and columns.
  public var shape: Shape { Shape(rows, columns) }
  /// Number of entries, duplicates and zeros included.
  public var entryCount: Int { storage.count }

  /// Makes room for `count` entries in all.
  public mutating func reserveCapacity(_ count: Int) {
    if storage.isEmpty {
      rowIndices = [Int32](roomInLargePages: count)
      columnIndices = [Int32](roomInLargePages: count)
      storage = [S](roomInLargePages: count)
      return
    }
    rowIndices.reserveCapacity(count)
    columnIndices.reserveCapacity(count)
    storage.reserveCapacity(count)
  }

  /// Adds an entry in row `i`, column `j`, both from zero. Amortized O(1).
  ///
  /// - Precondition: (i, j) lies in the matrix.
  public mutating func append(_ i: Int, _ j: Int, _ value: S) {
    precondition(
      i >= 0 && i < rows && j >= 0 && j < columns, "(\(i), \(j)) is outside \(rows) x \(columns)")
    rowIndices.append(Int32(truncatingIfNeeded: i))
    columnIndices.append(Int32(truncatingIfNeeded: j))
    storage.append(isConjugated ? value.conjugate : value)
  }

  /// The transpose, sharing the buffers. O(1).
  public func transposed() -> TripletMatrix {
    TripletMatrix(
      unchecked: columns, rows, conjugated: isConjugated, columnIndices, rowIndices, storage)
  }

  /// The elementwise conjugate, sharing the buffers. O(1).
  public func conjugated() -> TripletMatrix {
    TripletMatrix(
      unchecked: rows, columns, conjugated: !isConjugated, rowIndices, columnIndices, storage)
  }

  /// The conjugate transpose, sharing the buffers. O(1).
  public func adjoint() -> TripletMatrix { transposed().conjugated() }

  /// Hands over the lists and keeps none: who changes them copies nothing if nobody else holds them.
  mutating func takeLists() -> (rows: [Int32], columns: [Int32], values: [S]) {
    defer { (rowIndices, columnIndices, storage) = ([], [], []) }
    return (rowIndices, columnIndices, storage)
  }

  /// Calls `body` with row, column and value of every entry, in the order of the list.
  public func forEach(_ body: (Int, Int, S) throws -> Void) rethrows {
    for q in 0..<storage.count {
      try body(
        Int(rowIndices[q]), Int(columnIndices[q]),
        isConjugated ? storage[q].conjugate : storage[q])
    }
  }
}
