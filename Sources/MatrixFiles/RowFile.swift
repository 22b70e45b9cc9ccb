// Where the rows of a text file are whose lines are rows, so that some of them can be read by themselves: one look
// at the ends of all lines, at a fraction of what parsing them costs. O(bytes) time; memory is two numbers for
// each MiB.

import Numerics
import TesseraLocalMatrices

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An uncompressed table or svmlight file on a disk.
struct RowFile {
  private let format: MatrixFileFormat
  private let options: MatrixReadOptions
  private let file: FileSource
  private let bytes: SeekableBytes

  /// Nil for other formats, and for what is compressed or no file on a disk.
  init?(_ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions) throws(FileFormatError) {
    guard path != "-" else { return nil }
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    guard format == .csv || format == .tsv || format == .svmlight,
      let file = try MatrixFile.openSeekable(path)
    else { return nil }
    (self.format, self.options, self.file) = (format, options, file)
    bytes = try SeekableBytes(file)
  }

  /// The shape, and of an svmlight file the number of entries.
  ///
  /// - Throws: `badData` for a first row of a table, or any row of an svmlight file, that is not as it should be.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    if format == .svmlight { return try SvmlightReader(whole(), options).header() }
    let first = try firstRow(of: table(as: Complex<Double>.self, keepsElements: false))
    let rows = try RowPlaces(bytes, file: file.name).count - (first.names.isEmpty ? 0 : 1)
    return MatrixFileHeader(
      rows: rows, columns: first.columns ?? 0, storedEntries: rows * (first.columns ?? 0), format: format,
      layout: .array(.rowMajor), scalar: first.isComplex ? .complexDouble : .double,
      elementType: first.isComplex ? "complex" : "real", symmetry: .general, columnNames: first.names)
  }

  /// Part `part` of `parts`.
  func read<S: Scalar>(_ part: Int, of parts: Int) throws(FileFormatError) -> MatrixFilePart<S> {
    let places = try RowPlaces(bytes, file: file.name)
    if format == .svmlight {
      let columns = if let columns = options.columns { columns } else { try header().columns }
      try checkLocalShape(places.count, columns, file: file.name)
      let share = MatrixFile.share(part, of: parts, places.count)
      var parser = try firstRow(of: SvmlightParser<S>(file: file.name, options)).forLaterLines()
      try parse(places.bytes(of: share), with: &parser)
      let base = Int32(truncatingIfNeeded: share.lowerBound)
      let contents = MatrixContents.triplets(
        TripletMatrix(
          unchecked: places.count, columns, parser.entries.rowIndices.map { $0 + base },
          parser.entries.columnIndices, parser.entries.values))
      return MatrixFilePart(
        contents: contents, storedEntries: parser.entryCount, firstRow: 0, rounded: parser.entries.rounded)
    }
    let first: DelimitedParser<S> = try firstRow(of: table())
    let names = first.names.isEmpty ? 0 : 1
    let share = MatrixFile.share(part, of: parts, places.count - names)
    try checkLocalShape(places.count - names, first.columns ?? 0, file: file.name)
    var parser = first.forLaterLines()
    try parse(places.bytes(of: share.lowerBound + names..<share.upperBound + names), with: &parser)
    do throws(LinearAlgebraError) {
      let rows = try DenseMatrix(
        rows: share.count, columns: first.columns ?? 0, order: .rowMajor, elements: parser.values)
      return MatrixFilePart(
        contents: .dense(rows), storedEntries: parser.values.count, firstRow: share.lowerBound,
        rounded: parser.rounded)
    } catch {
      throw FileFormatError(.badData, file: file.name, "\(error)")
    }
  }

  private func table<S: Scalar>(as: S.Type = S.self, keepsElements: Bool = true) -> DelimitedParser<S> {
    DelimitedParser(
      file: file.name, options.delimiter ?? DelimitedReader.delimiter(of: format), options.headerRow,
      keepsElements: keepsElements)
  }

  private func whole() -> SeekableRange { SeekableRange(bytes, 0..<bytes.count, name: file.name) }

  /// The parser behind the first row, which tells what the others look like.
  private func firstRow<Parser: RowParser>(of parser: Parser) throws(FileFormatError) -> Parser {
    var parser = parser
    try LineBlocks(whole(), of: .row).parseHead(with: &parser, rows: 1)
    return parser
  }

  private func parse<Parser: RowParser>(_ range: Range<Int>, with parser: inout Parser)
    throws(FileFormatError)
  {
    let template = parser
    func parse(_ firstLine: Int, threads: Int) throws(FileFormatError) {
      parser = template
      let lines = LineBlocks(
        SeekableRange(bytes, range, name: file.name), of: .row, firstLine: firstLine,
        beginsFile: range.lowerBound == 0)
      try lines.parseRows(with: &parser, threads: threads, progress: nil)
    }
    do throws(FileFormatError) {
      try parse(1, threads: options.threadCount)
    } catch {
      // Once more, with the numbers of the lines, which nobody else needs.
      try parse(1 + bytes.newlines(before: range.lowerBound), threads: 1)
    }
  }
}

/// Where the lines of a file begin that are neither blank nor comments.
private struct RowPlaces {
  /// Number of such lines.
  private(set) var count = 0
  private let source: SeekableBytes
  private let file: String
  /// For each block of whole lines its place, and how many such lines stand before it.
  private var blocks: [(place: Int, rows: Int)] = []

  init(_ bytes: SeekableBytes, file: String) throws(FileFormatError) {
    (source, self.file) = (bytes, file)
    let lines = LineBlocks(SeekableRange(bytes, 0..<bytes.count, name: file), of: .row)
    while let block = try lines.next() {
      blocks.append((lines.consumedBytes - block.bytes.count, count))
      RowPlaces.forEachRow(in: block) { _ in
        count += 1
        return true
      }
    }
  }

  /// The bytes from the beginning of one row to that of another.
  func bytes(of rows: Range<Int>) throws(FileFormatError) -> Range<Int> {
    try place(of: rows.lowerBound)..<place(of: rows.upperBound)
  }

  /// The beginning of row number `row`; the end of the file behind the last.
  private func place(of row: Int) throws(FileFormatError) -> Int {
    guard row < count, let block = blocks.last(where: { $0.rows <= row }) else { return source.count }
    let lines = LineBlocks(
      SeekableRange(source, block.place..<source.count, name: file), of: .row, beginsFile: block.place == 0)
    var (next, found) = (block.rows, source.count)
    while next <= row, let lineBlock = try lines.next() {
      let start = block.place + lines.consumedBytes - lineBlock.bytes.count
      RowPlaces.forEachRow(in: lineBlock) { offset in
        if next == row { found = start + offset }
        next += 1
        return next <= row
      }
    }
    return found
  }

  /// Calls `body` with the place of each line that is a row, as long as it returns true.
  @inline(__always)
  private static func forEachRow(in block: LineBlock, _ body: (Int) -> Bool) {
    let lines = block.bytes
    guard let start = lines.baseAddress else { return }
    var place = 0
    var content = block.beginsFile && lines.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    while place < lines.count {
      while isBlank(lines[content]) { content += 1 }
      if lines[content] != newline, lines[content] != hash, !body(place) { return }
      guard let end = memchr(start + content, Int32(newline), lines.count - content) else { return }
      place = start.distance(to: UnsafeRawPointer(end)) + 1
      content = place
    }
  }
}
