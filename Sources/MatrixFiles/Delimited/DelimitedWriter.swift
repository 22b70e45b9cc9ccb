// A matrix to a table of numbers, one row a line, complex numbers as Python reads them; before them a line with the
// names of the columns, if they have any, in quotation marks where needed (RFC 4180). O(mn). A matrix without rows
// always has a line of names, which is all that can tell its columns.

import TesseraLocalMatrices

/// Writes one table, from its beginning on.
struct DelimitedWriter {
  private let file: String
  private let delimiter: UInt8
  private let names: [String]

  /// - Throws: `badData` for rows without a column, which no table can show; `usage` for names of which there are not
  ///   as many as columns, or that a line cannot hold.
  init(
    _ shape: Shape, _ format: MatrixFileFormat, file: String, _ options: MatrixWriteOptions
  ) throws(FileFormatError) {
    guard shape.columns > 0 || shape.rows == 0 else {
      throw FileFormatError(
        .badData, file: file, "a table cannot show \(shape.rows) rows without a column")
    }
    let names =
      options.columnNames.isEmpty && shape.rows == 0
      ? (0..<shape.columns).map { "column\($0 + 1)" } : options.columnNames
    guard names.isEmpty || names.count == shape.columns else {
      throw FileFormatError(
        .usage, file: file, "\(names.count) names are not those of \(shape.columns) columns")
    }
    guard !names.contains(where: { $0.utf8.contains(newline) || $0.utf8.contains(UInt8(ascii: "\r")) }) else {
      throw FileFormatError(.usage, file: file, "the name of a column cannot be longer than a line")
    }
    self.file = file
    self.names = names
    delimiter = options.delimiter ?? DelimitedReader.delimiter(of: format)
  }

  /// Writes all elements of `contents` to the sink that `open` returns; triplets become dense first.
  ///
  /// - Throws: as `init`; `badData` when the dense form does not fit this machine; what the sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, _ format: MatrixFileFormat, file: String, _ options: MatrixWriteOptions,
    open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    let writer = try DelimitedWriter(contents.shape, format, file: file, options)
    let matrix = try contents.dense(file: file)
    let sink = try open()
    try writer.sendNames(to: sink)
    try writer.send(matrix, to: sink)
    try sink.finish()
  }

  /// Sends the line of names, if there is to be one.
  func sendNames(to sink: any ByteSink) throws(FileFormatError) {
    guard !names.isEmpty else { return }
    try sink.send { text in
      for (j, name) in names.enumerated() {
        if j > 0 { text.append(delimiter) }
        text.append(quotedWhereNeeded(name))
      }
      text.endLine()
    }
  }

  /// The name as a field that reads back as it is: what may mean something else is put in quotation marks.
  private func quotedWhereNeeded(_ name: String) -> String {
    let bytes = name.utf8
    guard
      bytes.isEmpty || bytes.contains(delimiter) || bytes.contains(UInt8(ascii: "\""))
        || bytes.contains(hash) || bytes.first.map(isBlank) == true || bytes.last.map(isBlank) == true
        || byteOrderMark.elementsEqual(bytes.prefix(byteOrderMark.count))
    else { return name }
    return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// Sends the lines of `matrix`: all rows of the table, or those that come next.
  func send<S: Scalar>(_ matrix: DenseMatrix<S>, to sink: any ByteSink) throws(FileFormatError) {
    let values = matrix.storage
    let (rowStride, columnStride) = matrix.order == .columnMajor ? (1, matrix.rows) : (matrix.columns, 1)
    let length = max(1, pieceLength / max(1, matrix.columns))
    let delimiter = delimiter
    try sink.send(pieces: pieceCount(matrix.rows, length: length)) { number, text in
      for i in piece(number, of: matrix.rows, length: length) {
        for j in 0..<matrix.columns {
          if j > 0 { text.append(delimiter) }
          let value = values[i * rowStride + j * columnStride]
          DelimitedWriter.append(matrix.isConjugated ? value.conjugate : value, to: &text)
        }
        text.endLine()
      }
    }
  }

  @inline(__always)
  private static func append<S: Scalar>(_ value: S, to text: inout TextBuffer) {
    text.append(value.realPart)
    guard S.isComplex else { return }
    if value.imaginaryPart.sign == .plus || value.imaginaryPart.isNaN { text.append(UInt8(ascii: "+")) }
    text.append(value.imaginaryPart)
    text.append(UInt8(ascii: "j"))
  }
}
