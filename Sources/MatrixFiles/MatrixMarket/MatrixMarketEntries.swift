// Entries of a Matrix Market file: blocks of whole lines to lists of (row, column, value). A block needs the
// header and nothing of the other blocks, so that several are parsed at the same time. O(bytes).

import TesseraLocalMatrices

/// Entries as they stand in the file, from zero, the halves of a symmetric matrix not yet mirrored. An array
/// has values only.
struct EntryList<S: Scalar> {
  var rowIndices: [Int32] = []
  var columnIndices: [Int32] = []
  var values: [S] = []
  /// Whole numbers among the values that were rounded.
  var rounded = RoundingTally()

  /// Makes room for the declared entries and their mirror images, but for no more than `growth` times those
  /// that are there, and no more than a quarter of the memory: the size of a file may be a hole.
  mutating func reserve(for header: MatrixMarketHeader, growth: Double) {
    let affordable = MemoryGuard.physicalBytes / 4 / (MemoryLayout<S>.stride + 8)
    let expected = Double(min(header.entries, 1 << 62)).clamped(to: Double(values.count) * growth)
    let isMirrored = header.layout == .coordinate && header.symmetry != .general
    let count = min(affordable, Int(min(expected * (isMirrored ? 2 : 1), 0x1p62)))
    values.reserveInLargePages(count)
    if header.layout == .coordinate {
      rowIndices.reserveInLargePages(count)
      columnIndices.reserveInLargePages(count)
    }
  }

  /// Appends the entries of a block.
  mutating func append(_ block: borrowing EntryBuffer<S>) {
    rounded.append(block.rounded, behind: values.count)
    rowIndices.append(contentsOf: block.rowIndices)
    columnIndices.append(contentsOf: block.columnIndices)
    values.append(contentsOf: block.values)
  }
}

extension Double {
  fileprivate func clamped(to limit: Double) -> Double { Swift.min(self, limit) }
}

/// Room for the entries of one block: what is written to it in the inner loop is a number at an address,
/// which costs a third of appending to three arrays. Made for as many entries as the block can hold, so that
/// none can fall outside.
struct EntryBuffer<S: Scalar>: ~Copyable {
  /// The fewest bytes of an entry in a coordinate file, `1 1` and a newline; of one in an array, a digit and
  /// a newline.
  static func capacity(bytes: Int, _ layout: MatrixMarketHeader.Layout) -> Int {
    bytes / (layout == .coordinate ? 4 : 2) + 1
  }

  let rows: UnsafeMutablePointer<Int32>
  let columns: UnsafeMutablePointer<Int32>
  let numbers: UnsafeMutablePointer<S>
  let capacity: Int
  private let hasIndices: Bool
  /// Entries so far.
  var count = 0
  /// Whole numbers among them that were rounded.
  var rounded = RoundingTally()

  init(capacity: Int, _ layout: MatrixMarketHeader.Layout) {
    self.capacity = capacity
    hasIndices = layout == .coordinate
    rows = .allocate(capacity: hasIndices ? capacity : 1)
    columns = .allocate(capacity: hasIndices ? capacity : 1)
    numbers = .allocate(capacity: capacity)
  }

  deinit {
    // Scalars and indices are plain numbers: nothing to deinitialize.
    rows.deallocate()
    columns.deallocate()
    numbers.deallocate()
  }

  var rowIndices: UnsafeBufferPointer<Int32> { .init(start: rows, count: hasIndices ? count : 0) }
  var columnIndices: UnsafeBufferPointer<Int32> { .init(start: columns, count: hasIndices ? count : 0) }
  var values: UnsafeBufferPointer<S> { .init(start: numbers, count: count) }
}

/// The entries of a block, or that something about it is not as it should be.
///
/// `@unchecked Sendable`: see `BlockResult`.
final class MatrixMarketBlock<S: Scalar>: BlockResult, @unchecked Sendable {
  private let parser: MatrixMarketEntryParser<S>
  private(set) var entries: EntryBuffer<S>
  private(set) var isRegular = true

  init(_ parser: MatrixMarketEntryParser<S>) {
    self.parser = parser
    entries = EntryBuffer(capacity: 0, parser.header.layout)
  }

  func parse(_ block: LineBlock) {
    let capacity = EntryBuffer<S>.capacity(bytes: block.bytes.count, parser.header.layout)
    if entries.capacity < capacity { entries = EntryBuffer(capacity: capacity, parser.header.layout) }
    entries.count = 0
    entries.rounded = RoundingTally()
    guard var cursor = LineCursor(block) else { return }
    do throws(FileFormatError) {
      // Where the block stands in an array decides what its diagonal may hold: see `isIndependent`.
      try parser.parse(&cursor, into: &entries, from: 0, atMost: .max)
      precondition(entries.count < entries.capacity, "a block holds more entries than its bytes can be")
      isRegular = true
    } catch {
      isRegular = false
    }
  }
}

/// Parses blocks of entry lines.
struct MatrixMarketEntryParser<S: Scalar> {
  let file: String
  let header: MatrixMarketHeader

  /// Whether a block can be parsed without knowing how many entries stand before it.
  var isIndependent: Bool { header.layout == .coordinate || header.symmetry != .hermitian }

  /// Appends at most `limit` of the entries of the lines at `cursor` to `buffer`; the cursor then stands
  /// behind the last. The first is number `first` of the file, from zero.
  ///
  /// - Precondition: the buffer has room for what the lines can hold.
  /// - Throws: `badData` where a line is not an entry or lies about the matrix.
  func parse(
    _ cursor: inout LineCursor, into buffer: inout EntryBuffer<S>, from first: Int, atMost limit: Int
  ) throws(FileFormatError) {
    switch header.layout {
    case .coordinate: try parseCoordinates(&cursor, into: &buffer, atMost: limit)
    case .array: try parseArray(&cursor, into: &buffer, from: first, atMost: limit)
    }
  }

  /// The error of a line with content behind the last entry; nil when there is none at `cursor`.
  func excess(_ cursor: inout LineCursor) -> FileFormatError? {
    guard cursor.skipToContent() else { return nil }
    return FileFormatError(
      file: file, at: cursor.position,
      expected: "the end of the file after \(header.entries) entries", found: cursor.found)
  }

  private func parseCoordinates(
    _ cursor: inout LineCursor, into buffer: inout EntryBuffer<S>, atMost limit: Int
  ) throws(FileFormatError) {
    let (rows, columns, values) = (buffer.rows, buffer.columns, buffer.numbers)
    let end = min(buffer.capacity, limit > buffer.capacity ? .max : buffer.count + limit)
    var (q, rounded) = (buffer.count, buffer.rounded)
    defer { (buffer.count, buffer.rounded) = (q, rounded) }
    while q < end, cursor.skipToContent() {
      let rowPosition = cursor.place
      guard let i = cursor.takeInteger(), i >= 1, i <= header.rows else {
        throw indexError("row", header.rows, rowPosition, cursor)
      }
      let columnPosition = cursor.place
      guard let j = cursor.takeInteger(), j >= 1, j <= header.columns else {
        throw indexError("column", header.columns, columnPosition, cursor)
      }
      let value = header.field == .pattern ? 1 : try takeValue(&cursor, &rounded, at: q)
      if header.symmetry != .general, i <= j {
        try checkHalf(i, j, value, columnPosition, cursor)
      }
      try expectEndOfLine(cursor)
      cursor.skipLine()
      (rows + q).initialize(to: Int32(truncatingIfNeeded: i - 1))
      (columns + q).initialize(to: Int32(truncatingIfNeeded: j - 1))
      (values + q).initialize(to: value)
      q += 1
    }
  }

  private func parseArray(
    _ cursor: inout LineCursor, into buffer: inout EntryBuffer<S>, from first: Int, atMost limit: Int
  ) throws(FileFormatError) {
    let end = min(buffer.capacity, limit > buffer.capacity ? .max : buffer.count + limit)
    var diagonal = PackedDiagonal(of: header.rows, from: first)
    var element = first
    while buffer.count < end, cursor.skipToContent() {
      let position = cursor.place
      let value = try takeValue(&cursor, &buffer.rounded, at: buffer.count)
      if header.symmetry == .hermitian, diagonal.contains(element) {
        try checkHalf(diagonal.column, diagonal.column, value, position, cursor)
      }
      try expectEndOfLine(cursor)
      cursor.skipLine()
      (buffer.numbers + buffer.count).initialize(to: value)
      buffer.count += 1
      element += 1
    }
  }

  /// Takes the one or two numbers of the value that will be stored at `place`.
  @inline(__always)
  private func takeValue(_ cursor: inout LineCursor, _ rounded: inout RoundingTally, at place: Int)
    throws(FileFormatError) -> S
  {
    let real = try takeReal(&cursor, &rounded, at: place)
    return S(
      real: real, imaginary: header.field == .complex ? try takeReal(&cursor, &rounded, at: place) : 0)
  }

  @inline(__always)
  private func takeReal(_ cursor: inout LineCursor, _ rounded: inout RoundingTally, at place: Int)
    throws(FileFormatError) -> S.Real
  {
    let isInteger = header.field == .integer
    let start = cursor.place
    guard let value = scanReal(&cursor.place, as: S.Real.self, integral: isInteger) else {
      throw valueError(cursor)
    }
    if value.mayBeRounded,
      value.isRounded(from: UnsafeBufferPointer(start: start, count: cursor.place - start))
    {
      rounded.add(at: place)
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
