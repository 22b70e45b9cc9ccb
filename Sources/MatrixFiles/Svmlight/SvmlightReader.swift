// An svmlight file (Joachims 1999; libsvm's is the same) to a list of entries with their labels:
//
//   label [qid:query] column:value column:value ... [# comment]
//
// Columns count from one. They may come in any order, and several values for one column add up. O(bytes)
// time; memory is that of the entries plus one block.

import TesseraLocalMatrices

/// Reads one svmlight file.
struct SvmlightReader {
  let source: any ByteSource
  let options: MatrixReadOptions
  let blocks: LineBlocks

  init(
    _ source: any ByteSource, _ options: MatrixReadOptions, blockSize: Int = LineBlocks.blockSize
  ) {
    self.source = source
    self.options = options
    blocks = LineBlocks(source, longestLine: LineBlocks.longestRow, blockSize: blockSize)
  }

  /// Shape and number of entries, for which all of the file is read: it declares nothing. O(bytes) time, and
  /// the memory of one block and the labels.
  ///
  /// - Throws: as `matrix`.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    var parser = SvmlightParser<Double>(file: source.name, options)
    var entries = 0
    try parse(with: &parser, keepingEntries: false, entries: &entries, progress: nil)
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
    var entries = 0
    try parse(with: &parser, keepingEntries: true, entries: &entries, progress: progress)
    let header = try header(parser, entries: entries)
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

  /// Parses the blocks up to the first row, which tells whether rows have queries, one by one, and the others
  /// as they come. Counts the entries.
  private func parse<S: Scalar>(
    with parser: inout SvmlightParser<S>, keepingEntries: Bool, entries: inout Int,
    progress: ((ReadProgress) -> Void)?
  ) throws(FileFormatError) {
    while parser.labels.isEmpty, let block = try blocks.next(), let cursor = LineCursor(block) {
      try parser.parse(cursor)
      entries += parser.entries.values.count
      if !keepingEntries { parser.entries = EntryList() }
      progress?(source.progress)
    }
    let template = parser.forLaterBlock()
    try blocks.parse(threads: options.threadCount, make: { SvmlightBlock(template) }) {
      (block, result) throws(FileFormatError) in
      let rows = result.parser.labels.count
      if result.isRegular, rows <= Int(Int32.max) - parser.labels.count {
        parser.append(result.parser, keepingEntries: keepingEntries)
        entries += result.parser.entries.values.count
      } else if let cursor = LineCursor(block) {
        // Once more, to say where it is wrong.
        try parser.parse(cursor)
      }
      progress?(source.progress)
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

/// The rows of a block, or that something about them is not as it should be.
///
/// `@unchecked Sendable`: see `BlockResult`.
final class SvmlightBlock<S: Scalar>: BlockResult, @unchecked Sendable {
  private(set) var parser: SvmlightParser<S>
  private(set) var isRegular = true

  init(_ parser: SvmlightParser<S>) { self.parser = parser }

  func parse(_ block: LineBlock) {
    parser.removeAll()
    guard let cursor = LineCursor(block) else { return }
    do throws(FileFormatError) {
      try parser.parse(cursor)
      isRegular = true
    } catch {
      isRegular = false
    }
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
  /// Whether rows have queries, once there was one.
  private var hasQueries: Bool?

  init(file: String, _ options: MatrixReadOptions) {
    self.file = file
    first = options.isZeroBased ? 0 : 1
    limit = min(options.columns ?? .max, Int(Int32.max))
  }

  /// A parser of lines behind those that were parsed.
  func forLaterBlock() -> SvmlightParser {
    var parser = self
    parser.removeAll()
    return parser
  }

  /// Forgets the rows, but neither what they look like nor where their entries were.
  mutating func removeAll() {
    entries.rowIndices.removeAll(keepingCapacity: true)
    entries.columnIndices.removeAll(keepingCapacity: true)
    entries.values.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    queries.removeAll(keepingCapacity: true)
    columns = 0
  }

  /// Appends what `other` has found in the lines that follow.
  ///
  /// - Precondition: no more than 2^31-1 rows in all.
  mutating func append(_ other: SvmlightParser, keepingEntries: Bool) {
    if keepingEntries {
      let base = Int32(truncatingIfNeeded: labels.count)
      entries.rowIndices.append(contentsOf: other.entries.rowIndices.lazy.map { $0 + base })
      entries.columnIndices += other.entries.columnIndices
      entries.values += other.entries.values
    }
    labels += other.labels
    queries += other.queries
    columns = max(columns, other.columns)
  }

  /// Appends the rows of the lines at `cursor`, until there are `limit`.
  mutating func parse(_ start: LineCursor, untilRow limit: Int = .max) throws(FileFormatError) {
    var cursor = start
    while labels.count < limit, cursor.skipToContent(comment: hash) {
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
      guard hasQueries != true else { throw error(start, "a qid, as in the rows before") }
      hasQueries = false
      return
    }
    guard hasQueries != false else { throw error(start, "no qid, as in the rows before") }
    hasQueries = true
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
