// An svmlight file (Joachims 1999; libsvm's is the same) to a list of entries with their labels:
//
//   label [qid:query] column:value column:value ... [# comment]
//
// Columns count from one. They may come in any order, and several values for one column add up. O(bytes)
// time; memory is that of the entries plus one block.

import TesseraLocalMatrices

/// Reads one svmlight file.
struct SvmlightReader {
  private let source: any ByteSource
  private let options: MatrixReadOptions

  init(_ source: any ByteSource, _ options: MatrixReadOptions) {
    self.source = source
    self.options = options
  }

  /// Shape and number of entries, for which all of the file is read: it declares nothing. O(bytes) time, and
  /// the memory of one block and the labels.
  ///
  /// - Throws: as `matrix`.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    var parser = SvmlightParser<Double>(file: source.name, options)
    let blocks = LineBlocks(source)
    var entries = 0
    while let block = try blocks.next(), let cursor = LineCursor(block) {
      try parser.parse(cursor)
      entries += parser.entries.values.count
      parser.entries = EntryList()
    }
    return try header(parser, entries: entries)
  }

  /// The whole matrix with labels and queries.
  ///
  /// - Throws: `badData` for a line that is not as above, for a column beyond the given number, and for a
  ///   `qid` in some rows only.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (header: MatrixFileHeader, matrix: LabeledMatrix<S>)
  {
    var parser = SvmlightParser<S>(file: source.name, options)
    let blocks = LineBlocks(source)
    while let block = try blocks.next(), let cursor = LineCursor(block) {
      try parser.parse(cursor)
      progress?(source.progress)
    }
    let header = try header(parser, entries: parser.entries.values.count)
    try checkLocalShape(header.rows, header.columns, file: source.name)
    do throws(LinearAlgebraError) {
      let features = try TripletMatrix(
        rows: header.rows, columns: header.columns, rowIndices: parser.entries.rowIndices,
        columnIndices: parser.entries.columnIndices, values: parser.entries.values)
      return (header, LabeledMatrix(features: features, labels: parser.labels, queries: parser.queries))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  private func header<S: Scalar>(_ parser: SvmlightParser<S>, entries: Int) throws(FileFormatError)
    -> MatrixFileHeader
  {
    if let columns = options.columns, columns < 0 {
      throw FileFormatError(.usage, file: source.name, "a matrix cannot have \(columns) columns")
    }
    return MatrixFileHeader(
      rows: parser.labels.count, columns: options.columns ?? parser.columns, storedEntries: entries,
      format: .svmlight, layout: .coordinate, scalar: .double, elementType: "real", symmetry: .general)
  }
}

/// Parses the lines of an svmlight file.
struct SvmlightParser<S: Scalar> {
  private let file: String
  private let first: Int
  private let limit: Int
  /// The entries so far.
  var entries = EntryList<S>()
  private(set) var labels: [S.Real] = []
  private(set) var queries: [Int] = []
  /// One beyond the largest column so far, from zero.
  private(set) var columns = 0

  init(file: String, _ options: MatrixReadOptions) {
    self.file = file
    first = options.isZeroBased ? 0 : 1
    limit = min(options.columns ?? .max, Int(Int32.max))
  }

  /// Appends the rows of the lines at `cursor`.
  mutating func parse(_ start: LineCursor) throws(FileFormatError) {
    var cursor = start
    while cursor.skipToContent(comment: hash) {
      guard labels.count < Int32.max else {
        throw FileFormatError(
          file: file, at: cursor.position, expected: "at most \(Int32.max) rows", found: "one more")
      }
      guard let label = takeNumber(&cursor) else { throw error(cursor, "a number, the row's label") }
      labels.append(label)
      cursor.skipBlanks()
      try takeQuery(&cursor)
      while cursor.place.pointee != newline, cursor.place.pointee != hash {
        try takeEntry(&cursor)
        cursor.skipBlanks()
      }
      cursor.skipLine()
    }
  }

  private mutating func takeEntry(_ cursor: inout LineCursor) throws(FileFormatError) {
    let start = cursor
    guard let column = cursor.takeInteger(before: colon), cursor.place.pointee == colon else {
      throw error(start, "a column and its value, such as 7:1.5")
    }
    guard column >= first else {
      throw error(start, "a column from \(first) (or say that the file counts from zero)")
    }
    guard column - first < limit else { throw error(start, "a column of at most \(limit - 1 + first)") }
    cursor.place += 1
    guard let value = takeNumber(&cursor) else { throw error(cursor, "a number") }
    entries.rowIndices.append(Int32(truncatingIfNeeded: labels.count - 1))
    entries.columnIndices.append(Int32(truncatingIfNeeded: column - first))
    entries.values.append(S(real: value))
    columns = max(columns, column - first + 1)
  }

  /// Takes the `qid` of the row: all rows have one or none has.
  private mutating func takeQuery(_ cursor: inout LineCursor) throws(FileFormatError) {
    let start = cursor
    let isThere = zip("qid:".utf8, 0...).allSatisfy { letter, offset in
      // A mismatch ends the comparison, so that nothing behind the newline is read.
      cursor.place[offset] == letter
    }
    guard isThere else {
      guard queries.isEmpty else { throw error(start, "a qid, as in the rows before") }
      return
    }
    guard queries.count == labels.count - 1 else { throw error(start, "no qid, as in the rows before") }
    cursor.place += 4
    guard let query = cursor.takeInteger(before: hash) else { throw error(cursor, "a whole number") }
    queries.append(query)
    cursor.skipBlanks()
  }

  @inline(__always)
  private func takeNumber(_ cursor: inout LineCursor) -> S.Real? {
    scanReal(&cursor.place, as: S.Real.self, integral: false, delimiter: hash)
  }

  @inline(never)
  private func error(_ cursor: LineCursor, _ expected: String) -> FileFormatError {
    FileFormatError(file: file, at: cursor.position, expected: expected, found: cursor.found)
  }
}

private let hash = UInt8(ascii: "#")
private let colon = UInt8(ascii: ":")
