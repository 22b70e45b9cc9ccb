// Lines of an svmlight file to its entries: see SvmlightReader. O(bytes).

import TesseraLocalMatrices

/// Parses the lines of an svmlight file.
struct SvmlightParser<S: Scalar>: RowParser {
  private let file: String
  private let first: Int
  private let limit: Int
  /// Whether the entries are wanted, not only their number and the shape.
  private let keepsEntries: Bool
  /// The entries so far, where they are kept.
  private(set) var entries = EntryList<S>()
  private(set) var labels: [S.Real] = []
  private(set) var queries: [Int] = []
  /// Entries so far, kept or not.
  private(set) var entryCount = 0
  /// One beyond the largest column so far, from zero.
  private(set) var columns = 0
  /// Whether rows have queries, once there was one.
  private var hasQueries: Bool?

  init(file: String, _ options: MatrixReadOptions, keepsEntries: Bool = true) {
    self.file = file
    self.keepsEntries = keepsEntries
    first = options.isZeroBased ? 0 : 1
    limit = min(options.columns ?? .max, Int(Int32.max))
  }

  var rows: Int { labels.count }

  mutating func removeAll(keepingCapacity: Bool) {
    entries.rowIndices.removeAll(keepingCapacity: keepingCapacity)
    entries.columnIndices.removeAll(keepingCapacity: keepingCapacity)
    entries.values.removeAll(keepingCapacity: keepingCapacity)
    entries.rounded = RoundingTally()
    labels.removeAll(keepingCapacity: keepingCapacity)
    queries.removeAll(keepingCapacity: keepingCapacity)
    (columns, entryCount) = (0, 0)
  }

  mutating func reserve(growth: Double) {
    entries.values.reserve(growth: growth, besides: 8)
    entries.rowIndices.reserveInLargePages(entries.values.capacity)
    entries.columnIndices.reserveInLargePages(entries.values.capacity)
  }

  func hasRoom(for other: SvmlightParser) -> Bool { other.rows <= Int(Int32.max) - rows }

  mutating func append(_ other: SvmlightParser) {
    let base = Int32(truncatingIfNeeded: rows)
    entries.rounded.append(other.entries.rounded, behind: entries.values.count)
    entries.rowIndices.append(contentsOf: other.entries.rowIndices.lazy.map { $0 + base })
    entries.columnIndices += other.entries.columnIndices
    entries.values += other.entries.values
    labels += other.labels
    queries += other.queries
    columns = max(columns, other.columns)
    entryCount += other.entryCount
  }

  mutating func parse(_ start: LineCursor, untilRow limit: Int) throws(FileFormatError) {
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
    let text = cursor.place
    guard let value = takeNumber(&cursor) else { throw error(cursor, "a number") }
    if value.mayBeRounded,
      value.isRounded(from: UnsafeBufferPointer(start: text, count: cursor.place - text))
    {
      entries.rounded.add(at: entries.values.count)
    }
    if keepsEntries {
      entries.rowIndices.append(Int32(truncatingIfNeeded: labels.count - 1))
      entries.columnIndices.append(Int32(truncatingIfNeeded: column - first))
      entries.values.append(S(real: value))
    }
    entryCount += 1
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

private let colon = UInt8(ascii: ":")
