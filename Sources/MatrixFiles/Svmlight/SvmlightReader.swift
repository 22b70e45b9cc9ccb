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
    blocks = LineBlocks(source, of: .row, blockSize: blockSize)
  }

  /// Shape and number of entries, for which all of the file is read: it declares nothing. O(bytes) time, and
  /// the memory of one block and the labels.
  ///
  /// - Throws: as `matrix`.
  func header() throws(FileFormatError) -> MatrixFileHeader {
    var parser = SvmlightParser<Double>(file: source.name, options, keepsEntries: false)
    try blocks.parseRows(with: &parser, threads: options.threadCount, progress: nil)
    return try header(parser)
  }

  /// The whole matrix with labels and queries.
  ///
  /// - Throws: `badData` for a line that is not as above, for a column beyond the given number, and for a
  ///   `qid` in some rows only.
  func matrix<S: Scalar>(as: S.Type, progress: ((ReadProgress) -> Void)?) throws(FileFormatError)
    -> (header: MatrixFileHeader, matrix: LabeledMatrix<S>)
  {
    var parser = SvmlightParser<S>(file: source.name, options)
    try blocks.parseRows(with: &parser, threads: options.threadCount, progress: progress)
    var header = try header(parser)
    try checkLocalShape(header.rows, header.columns, file: source.name)
    do throws(LinearAlgebraError) {
      let features = try TripletMatrix(
        rows: header.rows, columns: header.columns, rowIndices: parser.entries.rowIndices,
        columnIndices: parser.entries.columnIndices, values: parser.entries.values)
      header.roundedIntegers = RoundedIntegers(parser.entries.rounded, in: .triplets(features))
      var rows = LabeledMatrix(features: features, labels: parser.labels, queries: parser.queries)
      rows.roundedIntegers = header.roundedIntegers
      return (header, rows)
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  private func header<S: Scalar>(_ parser: SvmlightParser<S>) throws(FileFormatError) -> MatrixFileHeader {
    if let columns = options.columns, columns < 0 {
      throw FileFormatError(.usage, file: source.name, "a matrix cannot have \(columns) columns")
    }
    return MatrixFileHeader(
      rows: parser.rows, columns: options.columns ?? parser.columns, storedEntries: parser.entryCount,
      format: .svmlight, layout: .coordinate, scalar: .double, elementType: "real", symmetry: .general)
  }
}
