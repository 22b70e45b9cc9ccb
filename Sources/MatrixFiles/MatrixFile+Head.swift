// The beginning of a matrix: its first entries or rows, for which no more is read than the format asks for.

import Numerics
public import TesseraLocalMatrices

/// The first entries or rows of a matrix file.
public struct MatrixHead<S: Scalar>: Sendable {
  /// Number of rows; nil where only the end of the file would tell.
  public let rows: Int?
  /// Number of columns; nil where only the end of the file would tell.
  public let columns: Int?
  /// The first entries of a list, or of an array the first rows.
  public let contents: MatrixContents<S>
  /// The names of a table's columns, where it has a line of them.
  public internal(set) var columnNames: [String] = []
}

extension MatrixFile {
  /// The first `count` entries of a file that lists entries, the first `count` rows of one that holds rows or
  /// an array.
  ///
  /// Of text, the blocks are read in which they stand; of an `.npy` or IDX file on a disk, their bytes;
  /// arrays in Matrix Market's order by columns, archives and compressed arrays are read as a whole. What
  /// follows is not looked at, so that it may be damaged.
  ///
  /// - Throws: as `read`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func readHead<S: Scalar>(
    _ path: String, count: Int, as scalar: S.Type = S.self, format: MatrixFileFormat? = nil,
    options: MatrixReadOptions = MatrixReadOptions()
  ) throws(FileFormatError) -> MatrixHead<S> {
    let count = max(0, count)
    if let file = try ArrayFile(path, format) {
      let rows = 0..<min(count, file.rows)
      return MatrixHead(rows: file.rows, columns: file.columns, contents: .dense(try file.read(rows).matrix))
    }
    let (source, format) = try open(path, format)
    switch format {
    case .matrixMarket:
      if let head: MatrixHead<S> = try MatrixMarketReader(source).head(count) { return head }
      // An array: its first rows end with the file. Nothing but the header was read so far.
      return try wholeHead(path, count, format, options)
    case .csv, .tsv:
      return try DelimitedReader(source, format, options).head(count)
    case .svmlight:
      let rows: TripletMatrix<S> = try SvmlightReader(source, options).head(count)
      return MatrixHead(rows: nil, columns: options.columns, contents: .triplets(rows))
    case .archive:
      let reader = MatrixMarketReader(try TarSource(source, member: options.member))
      if let head: MatrixHead<S> = try reader.head(count) { return head }
      return try wholeHead(path, count, format, options)
    case .hdf5:
      let reader = try Hdf5Reader(source, member: options.member)
      if let (header, rows, _) = try reader.rows(as: S.self, .first(count)) {
        return MatrixHead(rows: header.rows, columns: header.columns, contents: .dense(rows))
      }
      return try reader.matrix(as: S.self, progress: nil).1.head(count, file: source.name)
    case .npy, .npz, .idx:
      let contents = try read(source, format, as: S.self, options).contents
      return try contents.head(count, file: source.name)
    }
  }

  /// Reads all of a file for its beginning.
  private static func wholeHead<S: Scalar>(
    _ path: String, _ count: Int, _ format: MatrixFileFormat, _ options: MatrixReadOptions
  ) throws(FileFormatError) -> MatrixHead<S> {
    guard path != "-" else {
      throw FileFormatError(
        .usage, file: "standard input", "an array in Matrix Market's order has to be in a file for this")
    }
    return try read(path, as: S.self, format: format, options: options).contents.head(count, file: path)
  }
}

extension MatrixContents {
  fileprivate func head(_ count: Int, file: String) throws(FileFormatError) -> MatrixHead<S> {
    do throws(LinearAlgebraError) {
      switch self {
      case .triplets(let a):
        let few = min(count, a.entryCount)
        let first = try TripletMatrix(
          rows: a.rows, columns: a.columns, rowIndices: Array(a.rowIndices[..<few]),
          columnIndices: Array(a.columnIndices[..<few]), values: Array(a.storage[..<few]))
        return MatrixHead(rows: a.rows, columns: a.columns, contents: .triplets(first))
      case .dense(let a):
        return MatrixHead(
          rows: a.rows, columns: a.columns, contents: .dense(try a[0..<min(count, a.rows), 0..<a.columns]))
      }
    } catch {
      throw FileFormatError(.badData, file: file, "\(error)")
    }
  }
}

extension MatrixMarketReader {
  /// The first entries of a coordinate file, as they stand there; nil for an array, of which nothing but the
  /// header has been read.
  fileprivate func head<S: Scalar>(_ count: Int) throws(FileFormatError) -> MatrixHead<S>? {
    var (header, cursor) = try start()
    guard header.layout == .coordinate else { return nil }
    guard S.isComplex || header.field != .complex else {
      throw FileFormatError.complexAsReal(source.name, S.kind)
    }
    try header.checkLocalShape(file: source.name)
    let parser = MatrixMarketEntryParser<S>(file: source.name, header: header)
    var list = EntryList<S>()
    while true {
      var entries = EntryBuffer<S>(
        capacity: EntryBuffer<S>.capacity(bytes: cursor.remaining, header.layout), header.layout)
      let wanted = min(count, header.entries) - list.values.count
      try parser.parse(&cursor, into: &entries, from: list.values.count, atMost: wanted)
      list.append(entries)
      guard list.values.count < min(count, header.entries), let block = try blocks.next(),
        let next = LineCursor(block)
      else { break }
      cursor = next
    }
    return MatrixHead(
      rows: header.rows, columns: header.columns,
      contents: .triplets(
        TripletMatrix(
          unchecked: header.rows, header.columns, list.rowIndices, list.columnIndices, list.values)))
  }
}

extension DelimitedReader {
  /// The first rows.
  fileprivate func head<S: Scalar>(_ count: Int) throws(FileFormatError) -> MatrixHead<S> {
    var parser = DelimitedParser<S>(file: source.name, delimiter, headerRow)
    try blocks.parseHead(with: &parser, rows: count)
    do throws(LinearAlgebraError) {
      let rows = try DenseMatrix(
        rows: parser.rows, columns: parser.columns ?? 0, order: .rowMajor, elements: parser.values)
      return MatrixHead(
        rows: nil, columns: rows.columns, contents: .dense(rows), columnNames: parser.names)
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }
}

extension SvmlightReader {
  /// The entries of the first rows.
  fileprivate func head<S: Scalar>(_ count: Int) throws(FileFormatError) -> TripletMatrix<S> {
    var parser = SvmlightParser<S>(file: source.name, options)
    try blocks.parseHead(with: &parser, rows: count)
    return TripletMatrix(
      unchecked: parser.labels.count, max(parser.columns, options.columns ?? 0), parser.entries.rowIndices,
      parser.entries.columnIndices, parser.entries.values)
  }
}
