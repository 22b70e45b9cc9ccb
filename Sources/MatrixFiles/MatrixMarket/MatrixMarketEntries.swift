// Entries of a Matrix Market file: blocks of whole lines to lists of (row, column, value). A block needs the
// header and nothing of the other blocks, so that several can be parsed at the same time. O(bytes).

import TesseraLocalMatrices

/// Entries as they stand in the file, from zero, the halves of a symmetric matrix not yet mirrored. An array
/// has values only.
struct EntryList<S: Scalar> {
  var rowIndices: [Int32] = []
  var columnIndices: [Int32] = []
  var values: [S] = []

  /// Makes room for the declared entries, but for no more than `growth` times those that are there, and no
  /// more than a quarter of the memory: the size of a file may be a hole.
  mutating func reserve(for header: MatrixMarketHeader, growth: Double) {
    let affordable = MemoryGuard.physicalBytes / 4 / (MemoryLayout<S>.stride + 8)
    let count = min(header.entries, affordable, Int(min(Double(values.count) * growth, 0x1p62)))
    values.reserveCapacity(count)
    if header.layout == .coordinate {
      rowIndices.reserveCapacity(count)
      columnIndices.reserveCapacity(count)
    }
  }
}

/// Parses blocks of entry lines.
struct MatrixMarketEntryParser<S: Scalar> {
  let file: String
  let header: MatrixMarketHeader

  /// Appends the entries of the lines at `cursor` to `list`.
  ///
  /// - Throws: `badData` where a line is not an entry, lies about the matrix, or is one too many.
  func parse(_ start: LineCursor, into list: inout EntryList<S>) throws(FileFormatError) {
    switch header.layout {
    case .coordinate: try parseCoordinates(start, into: &list)
    case .array: try parseArray(start, into: &list)
    }
  }

  private func parseCoordinates(_ start: LineCursor, into list: inout EntryList<S>)
    throws(FileFormatError)
  {
    var cursor = start
    while cursor.skipToContent() {
      try expectRoom(list.values.count, cursor)
      let rowPosition = cursor.place
      guard let i = cursor.takeInteger(), i >= 1, i <= header.rows else {
        throw indexError("row", header.rows, rowPosition, cursor)
      }
      let columnPosition = cursor.place
      guard let j = cursor.takeInteger(), j >= 1, j <= header.columns else {
        throw indexError("column", header.columns, columnPosition, cursor)
      }
      let value = header.field == .pattern ? 1 : try takeValue(&cursor)
      if header.symmetry != .general, i <= j {
        try checkHalf(i, j, value, columnPosition, cursor)
      }
      try expectEndOfLine(cursor)
      cursor.skipLine()
      list.rowIndices.append(Int32(truncatingIfNeeded: i - 1))
      list.columnIndices.append(Int32(truncatingIfNeeded: j - 1))
      list.values.append(value)
    }
  }

  /// The first line's place in the matrix follows from the number of values in `list`.
  private func parseArray(_ start: LineCursor, into list: inout EntryList<S>) throws(FileFormatError) {
    var cursor = start
    var diagonal = PackedDiagonal(of: header.rows, from: list.values.count)
    while cursor.skipToContent() {
      try expectRoom(list.values.count, cursor)
      let position = cursor.place
      let value = try takeValue(&cursor)
      if header.symmetry == .hermitian, diagonal.contains(list.values.count) {
        try checkHalf(diagonal.column, diagonal.column, value, position, cursor)
      }
      try expectEndOfLine(cursor)
      cursor.skipLine()
      list.values.append(value)
    }
  }

  /// Takes the one or two numbers of a value.
  @inline(__always)
  private func takeValue(_ cursor: inout LineCursor) throws(FileFormatError) -> S {
    let real = try takeReal(&cursor)
    return S(real: real, imaginary: header.field == .complex ? try takeReal(&cursor) : 0)
  }

  @inline(__always)
  private func takeReal(_ cursor: inout LineCursor) throws(FileFormatError) -> S.Real {
    let isInteger = header.field == .integer
    guard let value = scanReal(&cursor.place, as: S.Real.self, integral: isInteger) else {
      throw valueError(cursor)
    }
    cursor.skipBlanks()
    return value
  }

  /// What the format stores of a symmetric matrix is its lower half: an entry above the diagonal would
  /// contradict or double the one below.
  @inline(never)
  private func checkHalf(
    _ i: Int, _ j: Int, _ value: S, _ column: UnsafePointer<UInt8>, _ cursor: LineCursor
  ) throws(FileFormatError) {
    let expected: String? =
      if i < j {
        "an entry of the lower half, which is all that a \(header.symmetry.rawValue) file stores"
      } else if header.symmetry == .skewSymmetric, value != 0 {
        "no entry on the diagonal of a skew-symmetric matrix, which is zero"
      } else if header.symmetry == .hermitian, value.imaginaryPart != 0 {
        "a real number on the diagonal of a Hermitian matrix"
      } else {
        nil
      }
    guard let expected else { return }
    var place = cursor
    place.place = column
    throw FileFormatError(file: file, at: place.position, expected: expected, found: "(\(i), \(j))")
  }

  @inline(__always)
  private func expectRoom(_ count: Int, _ cursor: LineCursor) throws(FileFormatError) {
    guard count < header.entries else {
      throw FileFormatError(
        file: file, at: cursor.position,
        expected: "the end of the file after \(header.entries) entries", found: cursor.found)
    }
  }

  @inline(__always)
  private func expectEndOfLine(_ cursor: LineCursor) throws(FileFormatError) {
    guard cursor.isAtEndOfLine else { throw endError(cursor) }
  }

  @inline(never)
  private func endError(_ cursor: LineCursor) -> FileFormatError {
    let reason = header.field == .pattern ? " (a pattern has no values)" : ""
    return FileFormatError(
      file: file, at: cursor.position, expected: "the end of the line" + reason, found: cursor.found)
  }

  @inline(never)
  private func indexError(
    _ what: String, _ count: Int, _ place: UnsafePointer<UInt8>, _ cursor: LineCursor
  ) -> FileFormatError {
    var cursor = cursor
    cursor.place = place
    return FileFormatError(
      file: file, at: cursor.position, expected: "a \(what) index in 1...\(count)", found: cursor.found)
  }

  @inline(never)
  private func valueError(_ cursor: LineCursor) -> FileFormatError {
    let what = header.field == .integer ? "an integer" : "a number"
    return FileFormatError(file: file, at: cursor.position, expected: what, found: cursor.found)
  }
}

/// Where the diagonal is among the elements of a lower half stored column after column. Asked for ascending
/// elements, it is O(1) amortized.
private struct PackedDiagonal {
  private let rows: Int
  private var element = 0
  /// The column of the diagonal element that was reached last, counted from one.
  private(set) var column = 1

  /// The diagonal of a matrix with `rows` rows, at or behind the `first` stored element.
  init(of rows: Int, from first: Int) {
    self.rows = rows
    _ = contains(first)
  }

  /// Whether the stored element `q` is on the diagonal.
  mutating func contains(_ q: Int) -> Bool {
    while element < q, column < rows {
      element += rows - column + 1
      column += 1
    }
    return element == q
  }
}
