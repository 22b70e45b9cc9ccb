// A file read in parts, each by somebody else: the bytes between two ends of lines of a coordinate file, some
// rows of an array, a table or an svmlight file. A part needs the header and nothing of the other parts; all of
// them together are the matrix, whatever their number. O(bytes of the part), and the header; where rows are lines,
// also a look at the ends of all lines.

import Numerics
public import TesseraLocalMatrices

/// One of the parts of a matrix file.
public struct MatrixFilePart<S: Scalar>: Sendable {
  /// The entries of the part, rows and columns counted in the whole matrix and symmetric halves both present;
  /// or some rows of an array.
  public let contents: MatrixContents<S>
  /// The number of entries that the part has in the file, of a symmetric matrix those of the stored half; of
  /// an array, elements.
  public let storedEntries: Int
  /// The row of the matrix that the first row of `contents` is: zero for entries.
  public let firstRow: Int
  /// The whole numbers in the part that were rounded, rows and columns counted in the whole matrix.
  public let roundedIntegers: RoundedIntegers

  init(contents: MatrixContents<S>, storedEntries: Int, firstRow: Int, rounded: RoundingTally) {
    (self.contents, self.storedEntries, self.firstRow) = (contents, storedEntries, firstRow)
    roundedIntegers = RoundedIntegers(rounded, in: contents, firstRow: firstRow)
  }
}

extension MatrixFile {
  /// What the file at `path` declares, if it can be read in parts: a Matrix Market coordinate file, an `.npy` or IDX
  /// array, a table or an svmlight file, uncompressed on a disk; or a dataset in an HDF5 file. Nil otherwise.
  ///
  /// Of a table the scalar is that of its first row, and the rows are the lines; O(bytes) time. Of an svmlight file
  /// all is read and checked, in the memory of a block.
  ///
  /// - Throws: as `readHeader`.
  public static func headerOfParts(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions()
  ) throws(FileFormatError) -> MatrixFileHeader? {
    if let array = try ArrayFile(path, format) { return array.header }
    if let lines = try RowFile(path, format, options) { return try lines.header() }
    if let reader = try hdf5(path, format, options) {
      let header = try reader.header()
      return header.layout == .coordinate ? nil : header
    }
    return try CoordinateFile(path, format)?.header.fileHeader
  }

  /// Part `part` of `parts` of a file that can be read in parts; see `headerOfParts`.
  ///
  /// The parts of a coordinate file have about equally many bytes and whole lines, all others equally many rows. Put
  /// together in their order, the entries stand as in the file, each half of a symmetric one by itself. Whether all
  /// parts together have as many entries as the header declares is for the one to check who has them all. The
  /// labels of an svmlight file are left out; every part of it has the shape of the whole, for which all of the
  /// file is read unless `options` say its columns.
  ///
  /// - Precondition: `part` in 0..<`parts`.
  /// - Throws: as `read`, lines counted in the whole file; `usage` for a file that cannot be read in parts.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func read<S: Scalar>(
    _ path: String, part: Int, of parts: Int, as scalar: S.Type = S.self, format: MatrixFileFormat? = nil,
    options: MatrixReadOptions = MatrixReadOptions()
  ) throws(FileFormatError) -> MatrixFilePart<S> {
    precondition(part >= 0 && part < parts, "part \(part) of \(parts)")
    if let array = try ArrayFile(path, format) {
      let rows = share(part, of: parts, array.rows)
      let (matrix, rounded): (DenseMatrix<S>, RoundingTally) = try array.read(rows)
      return MatrixFilePart(
        contents: .dense(matrix), storedEntries: rows.count * array.columns, firstRow: rows.lowerBound,
        rounded: rounded)
    }
    if let lines = try RowFile(path, format, options) { return try lines.read(part, of: parts) }
    if let (header, rows, rounded) = try hdf5(path, format, options)?.rows(
      as: S.self, .share(part, of: parts))
    {
      return MatrixFilePart(
        contents: .dense(rows), storedEntries: rows.rows * rows.columns,
        firstRow: share(part, of: parts, header.rows).lowerBound, rounded: rounded)
    }
    guard let file = try CoordinateFile(path, format) else {
      throw FileFormatError(
        .usage, file: path,
        "cannot be read in parts: an uncompressed coordinate file, .npy, IDX or svmlight file, a table or a dataset can"
      )
    }
    return try file.read(part, of: parts, threads: options.threadCount)
  }

  private static func hdf5(_ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions)
    throws(FileFormatError) -> Hdf5Reader?
  {
    guard path != "-" else { return nil }
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    guard format == .hdf5 else { return nil }
    return try Hdf5Reader(try FileSource(path), member: options.member)
  }

  /// Share number `part` of 0..<count: lengths differ by at most one.
  static func share(_ part: Int, of parts: Int, _ count: Int) -> Range<Int> {
    let (length, longer) = count.quotientAndRemainder(dividingBy: parts)
    let start = part * length + min(part, longer)
    return start..<start + length + (part < longer ? 1 : 0)
  }
}

/// An uncompressed Matrix Market coordinate file on a disk.
private struct CoordinateFile {
  let header: MatrixMarketHeader
  private let file: FileSource
  private let bytes: SeekableBytes
  /// Where the lines behind the header begin.
  private let start: Int

  /// Nil for other formats, arrays, and what is compressed or no file on a disk.
  init?(_ path: String, _ format: MatrixFileFormat?) throws(FileFormatError) {
    guard path != "-" else { return nil }
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    guard format == .matrixMarket,
      let file = try MatrixFile.openSeekable(path)
    else { return nil }
    let reader = MatrixMarketReader(file)
    let (header, firstEntry) = try reader.start()
    guard header.layout == .coordinate else { return nil }
    self.header = header
    self.file = file
    bytes = try SeekableBytes(file)
    start = min(reader.blocks.consumedBytes - firstEntry.remaining, bytes.count)
  }

  func read<S: Scalar>(_ part: Int, of parts: Int, threads: Int) throws(FileFormatError) -> MatrixFilePart<S>
  {
    guard S.isComplex || header.field != .complex else {
      throw FileFormatError.complexAsReal(file.name, S.kind)
    }
    try header.checkLocalShape(file: file.name)
    let share = MatrixFile.share(part, of: parts, bytes.count - start)
    let range = try lineStart(start + share.lowerBound)..<lineStart(start + share.upperBound)
    var list = EntryGatherer<S>(MatrixMarketEntryParser(file: file.name, header: header))
    do throws(FileFormatError) {
      try gather(range, into: &list, threads: threads, firstLine: 1)
    } catch {
      // Once more, with the numbers of the lines, which nobody else needs.
      list = EntryGatherer(list.parser)
      try gather(range, into: &list, threads: 1, firstLine: 1 + bytes.newlines(before: range.lowerBound))
    }
    let (stored, rounded) = (list.count, list.list.rounded)
    return MatrixFilePart(
      contents: try list.finished().matrix(header, file: file.name), storedEntries: stored, firstRow: 0,
      rounded: rounded)
  }

  private func gather<S: Scalar>(
    _ range: Range<Int>, into list: inout EntryGatherer<S>, threads: Int, firstLine: Int
  ) throws(FileFormatError) {
    let parser = list.parser
    let source = SeekableRange(bytes, range, name: file.name)
    let lines = LineBlocks(source, of: .entry, firstLine: firstLine, beginsFile: false)
    try lines.parse(threads: threads, make: { MatrixMarketBlock(parser) }) {
      (block, result) throws(FileFormatError) in
      try list.take(block, result)
    }
  }

  /// The beginning of the first line at or behind `place`: a line belongs to the part in which it begins.
  private func lineStart(_ place: Int) throws(FileFormatError) -> Int {
    guard place > start else { return start }
    var from = place - 1
    while from < bytes.count {
      let piece = try bytes.bytes(from..<min(from + 4096, bytes.count), of: "a line")
      if let end = piece.firstIndex(of: newline) { return from + end + 1 }
      from += piece.count
    }
    return bytes.count
  }
}
