// A table of numbers, one row a line (RFC 4180, and what spreadsheets, NumPy and pandas make of it), to a
// dense matrix. O(bytes) time; memory is that of the matrix plus one block.
//
//   name,"other name"       names of columns, or none
//   1.5,-2                  fields may stand in quotation marks, and have blanks around them
//   1+2j,(3-4j)             complex numbers as Python writes them
//
// Blank lines and lines that begin with # are left out.

import Numerics
import TesseraLocalMatrices

/// Reads one table.
struct DelimitedReader {
  let source: any ByteSource
  private let format: MatrixFileFormat
  let delimiter: UInt8
  let headerRow: MatrixReadOptions.HeaderRow
  private let threads: Int
  let blocks: LineBlocks

  init(
    _ source: any ByteSource, _ format: MatrixFileFormat, _ options: MatrixReadOptions,
    blockSize: Int = LineBlocks.blockSize
  ) {
    self.source = source
    self.format = format
    threads = options.threadCount
    blocks = LineBlocks(source, longestLine: LineBlocks.longestRow, blockSize: blockSize)
    delimiter = options.delimiter ?? DelimitedReader.delimiter(of: format)
    headerRow = options.headerRow
  }

  /// What stands between the fields of a file in `format`.
  static func delimiter(of format: MatrixFileFormat) -> UInt8 { UInt8(ascii: format == .tsv ? "\t" : ",") }

  /// Shape and scalar, for which all of the file is read: a table declares nothing. O(bytes) time, and the
  /// memory of one block.
  ///
  /// - Throws: as `matrix`.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    var parser = DelimitedParser<Complex<Double>>(file: source.name, delimiter, headerRow)
    try parse(with: &parser, keepingValues: false, progress: nil)
    return header(parser)
  }

  /// The whole matrix, by rows.
  ///
  /// - Throws: `badData` for a field that is not a number, for rows of unequal length, for a complex number
  ///   when `S` is real, and for a shape that a local matrix does not hold.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (MatrixFileHeader, MatrixContents<S>)
  {
    var parser = DelimitedParser<S>(file: source.name, delimiter, headerRow)
    try parse(with: &parser, keepingValues: true, progress: progress)
    let header = header(parser)
    try checkLocalShape(header.rows, header.columns, file: source.name)
    do throws(LinearAlgebraError) {
      let matrix = try DenseMatrix(
        rows: header.rows, columns: header.columns, order: .rowMajor, elements: parser.values)
      return (header, .dense(matrix))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  /// Parses the blocks up to the first row, which tells the number of columns, one by one, and the others as
  /// they come.
  private func parse<S: Scalar>(
    with parser: inout DelimitedParser<S>, keepingValues: Bool, progress: ((ReadProgress) -> Void)?
  ) throws(FileFormatError) {
    while parser.rows == 0, let block = try blocks.next(), let cursor = LineCursor(block) {
      try parser.parse(cursor)
      if keepingValues, let rest = source.remainingBytes {
        // The rest of a file is much like its beginning; its size may be a hole.
        let growth = 1 + 1.1 * Double(rest) / Double(block.bytes.count)
        let affordable = MemoryGuard.physicalBytes / 4 / MemoryLayout<S>.stride
        parser.values.reserveCapacity(
          min(affordable, Int(min(Double(parser.values.count) * growth, 0x1p62))))
      }
      progress?(source.progress)
    }
    let template = parser.forLaterBlock()
    try blocks.parse(threads: threads, make: { DelimitedBlock(template) }) {
      (block, result) throws(FileFormatError) in
      if result.isRegular {
        parser.append(result.parser, keepingValues: keepingValues)
      } else if let cursor = LineCursor(block) {
        // Once more, to say where it is wrong.
        try parser.parse(cursor)
      }
      progress?(source.progress)
    }
  }

  private func header<S: Scalar>(_ parser: DelimitedParser<S>) -> MatrixFileHeader {
    let columns = parser.columns ?? 0
    return MatrixFileHeader(
      rows: parser.rows, columns: columns, storedEntries: parser.rows * columns, format: format,
      layout: .array(.rowMajor), scalar: parser.isComplex ? .complexDouble : .double,
      elementType: parser.isComplex ? "complex" : "real", symmetry: .general)
  }
}

/// The rows of a block, or that something about them is not as it should be.
///
/// `@unchecked Sendable`: see `BlockResult`.
final class DelimitedBlock<S: Scalar>: BlockResult, @unchecked Sendable {
  private(set) var parser: DelimitedParser<S>
  private(set) var isRegular = true

  init(_ parser: DelimitedParser<S>) { self.parser = parser }

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

/// Parses the lines of a table.
struct DelimitedParser<S: Scalar> {
  private let file: String
  private let delimiter: UInt8
  private let headerRow: MatrixReadOptions.HeaderRow
  /// The fields of a row, once there was one; before, of the line of names.
  private(set) var columns: Int?
  /// The rows so far.
  private(set) var rows = 0
  /// Whether a field was complex.
  private(set) var isComplex = false
  /// The elements so far, row after row.
  var values: [S] = []
  private var isFirstLine = true

  init(file: String, _ delimiter: UInt8, _ headerRow: MatrixReadOptions.HeaderRow) {
    self.file = file
    self.delimiter = delimiter
    self.headerRow = headerRow
  }

  /// A parser of lines behind those that were parsed.
  func forLaterBlock() -> DelimitedParser {
    var parser = self
    parser.removeAll()
    return parser
  }

  /// Forgets the rows, but neither what they look like nor where their elements were.
  mutating func removeAll() {
    rows = 0
    isComplex = false
    values.removeAll(keepingCapacity: true)
  }

  /// Appends what `other` has found in the lines that follow.
  mutating func append(_ other: DelimitedParser, keepingValues: Bool) {
    rows += other.rows
    isComplex = isComplex || other.isComplex
    if keepingValues { values += other.values }
  }

  /// Appends the elements of the lines at `cursor`, until there are `limit` rows.
  mutating func parse(_ start: LineCursor, untilRow limit: Int = .max) throws(FileFormatError) {
    var cursor = start
    while !cursor.isAtEnd, rows < limit {
      // A row may begin with blanks that are delimiters.
      var content = cursor
      content.skipBlanks()
      if content.isAtEndOfLine || content.place.pointee == UInt8(ascii: "#") {
        cursor.skipLine()
        continue
      }
      if isFirstLine {
        isFirstLine = false
        if try takeNames(&cursor) { continue }
      }
      try parseRow(&cursor)
      cursor.skipLine()
    }
  }

  private mutating func parseRow(_ cursor: inout LineCursor) throws(FileFormatError) {
    let start = cursor
    var fields = 0
    while true {
      values.append(try takeValue(&cursor))
      fields += 1
      cursor.skipBlanks(but: delimiter)
      if cursor.place.pointee == newline { break }
      guard cursor.place.pointee == delimiter else {
        throw error(cursor, "a delimiter, \(quoted([delimiter])), or the end of the line")
      }
      cursor.place += 1
    }
    if let columns, fields != columns {
      throw FileFormatError(
        file: file, at: start.position, expected: "\(columns) fields as in the lines before",
        found: "\(fields)")
    }
    columns = fields
    rows += 1
  }

  @inline(__always)
  private mutating func takeValue(_ cursor: inout LineCursor) throws(FileFormatError) -> S {
    cursor.skipBlanks(but: delimiter)
    if let value = scanReal(&cursor.place, as: S.Real.self, integral: false, delimiter: delimiter) {
      return S(real: value)
    }
    return try takeOddValue(&cursor)
  }

  /// A field in quotation marks, or a complex one.
  @inline(never)
  private mutating func takeOddValue(_ cursor: inout LineCursor) throws(FileFormatError) -> S {
    let start = cursor
    let field = takeField(&cursor)
    if let (real, imaginary) = complexNumber(field, as: S.Real.self) {
      guard S.isComplex || imaginary == nil else {
        throw FileFormatError(
          .badData, file: file, at: start.position,
          FileFormatError.complexAsReal(file, S.kind).message)
      }
      isComplex = isComplex || imaginary != nil
      return S(real: real, imaginary: imaginary ?? 0)
    }
    throw FileFormatError(
      file: file, at: start.position, expected: "a number",
      found: field.isEmpty ? "an empty field" : quoted(field))
  }

  /// The bytes of the field at `cursor`, without quotation marks and the blanks around them; the cursor stays
  /// at the delimiter or the end of the line.
  private func takeField(_ cursor: inout LineCursor) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    var field: [UInt8] = []
    guard cursor.place.pointee == quote else {
      while cursor.place.pointee != newline, cursor.place.pointee != delimiter {
        field.append(cursor.place.pointee)
        cursor.place += 1
      }
      while let last = field.last, isBlank(last) { field.removeLast() }
      return field
    }
    cursor.place += 1
    while cursor.place.pointee != newline {
      if cursor.place.pointee == quote {
        cursor.place += 1
        guard cursor.place.pointee == quote else { break }
      }
      field.append(cursor.place.pointee)
      cursor.place += 1
    }
    return field
  }

  /// Takes the first line if it names the columns, and the shape of the table from it.
  private mutating func takeNames(_ cursor: inout LineCursor) throws(FileFormatError) -> Bool {
    guard headerRow != .absent else { return false }
    var line = cursor
    var fields = 0
    while true {
      line.skipBlanks(but: delimiter)
      let field = takeField(&line)
      if headerRow == .auto, complexNumber(field, as: S.Real.self) != nil { return false }
      fields += 1
      line.skipBlanks(but: delimiter)
      guard line.place.pointee == delimiter else { break }
      line.place += 1
    }
    guard line.place.pointee == newline else {
      throw error(line, "a delimiter, \(quoted([delimiter])), or the end of the line")
    }
    columns = fields
    line.skipLine()
    cursor = line
    return true
  }

  private func error(_ cursor: LineCursor, _ expected: String) -> FileFormatError {
    FileFormatError(file: file, at: cursor.position, expected: expected, found: cursor.found)
  }
}

/// A real number, or a complex one as Python prints it: `1`, `2j`, `1+2j`, `(1-2j)`; also with `i`.
private func complexNumber<R: RealScalar>(_ field: [UInt8], as: R.Type) -> (real: R, imaginary: R?)? {
  func number(_ text: ArraySlice<UInt8>) -> R? {
    (Array(text) + [UInt8](repeating: newline, count: 1 + LineBlock.slack)).withUnsafeBufferPointer {
      buffer in
      guard var place = buffer.baseAddress else { return nil }
      let end = place + text.count
      let value = scanReal(&place, as: R.self, integral: false)
      return place == end ? value : nil
    }
  }
  var text = field[...]
  if text.first == UInt8(ascii: "("), text.last == UInt8(ascii: ")") { text = text.dropFirst().dropLast() }
  guard let unit = text.last, unit == UInt8(ascii: "j") || unit == UInt8(ascii: "i") else {
    return number(text).map { ($0, nil) }
  }
  text = text.dropLast()
  // The sign between the parts is the last one that belongs to no exponent.
  let signs = [UInt8(ascii: "+"), UInt8(ascii: "-")]
  let split = text.indices.last { p in
    signs.contains(text[p])
      && (p == text.startIndex || ![UInt8(ascii: "e"), UInt8(ascii: "d")].contains(text[p - 1] | 0x20))
  }
  guard let split, split > text.startIndex else { return number(text).map { (0, $0) } }
  guard let real = number(text[..<split]), let imaginary = number(text[split...]) else { return nil }
  return (real, imaginary)
}
