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
    blocks = LineBlocks(source, of: .row, blockSize: blockSize)
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
    var parser = DelimitedParser<Complex<Double>>(
      file: source.name, delimiter, headerRow, keepsElements: false)
    try blocks.parseRows(with: &parser, threads: threads, progress: nil)
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
    try blocks.parseRows(with: &parser, threads: threads, progress: progress)
    var header = header(parser)
    try checkLocalShape(header.rows, header.columns, file: source.name)
    do throws(LinearAlgebraError) {
      let matrix = try DenseMatrix(
        rows: header.rows, columns: header.columns, order: .rowMajor, elements: parser.values)
      header.roundedIntegers = RoundedIntegers(parser.rounded, in: .dense(matrix))
      return (header, .dense(matrix))
    } catch {
      throw FileFormatError(.badData, file: source.name, "\(error)")
    }
  }

  private func header<S: Scalar>(_ parser: DelimitedParser<S>) -> MatrixFileHeader {
    let columns = parser.columns ?? 0
    return MatrixFileHeader(
      rows: parser.rows, columns: columns, storedEntries: parser.rows * columns, format: format,
      layout: .array(.rowMajor), scalar: parser.isComplex ? .complexDouble : .double,
      elementType: parser.isComplex ? "complex" : "real", symmetry: .general, columnNames: parser.names)
  }
}
