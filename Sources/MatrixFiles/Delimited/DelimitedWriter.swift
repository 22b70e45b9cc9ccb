// A matrix to a table of numbers, one row a line, without quotation marks; complex numbers as Python reads
// them. O(mn). A matrix without rows is a line of names, which is all that can tell its columns.

import TesseraLocalMatrices

/// Writes one table.
enum DelimitedWriter {
  /// Writes all elements of `contents` to the sink that `open` returns; triplets become dense first.
  ///
  /// - Throws: `badData` when the dense form does not fit this machine, and for rows without a column, which
  ///   no table can show; what the sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, _ format: MatrixFileFormat, file: String,
    open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    let matrix = try contents.dense(file: file)
    try check(matrix.shape, file: file)
    let sink = try open()
    try send(matrix, delimiter: DelimitedReader.delimiter(of: format), to: sink)
    try sink.finish()
  }

  /// - Throws: `badData` for rows without a column.
  static func check(_ shape: Shape, file: String) throws(FileFormatError) {
    guard shape.columns > 0 || shape.rows == 0 else {
      throw FileFormatError(
        .badData, file: file, "a table cannot show \(shape.rows) rows without a column")
    }
  }

  /// Sends the lines of `matrix`, or of some of a table's rows.
  static func send<S: Scalar>(_ matrix: DenseMatrix<S>, delimiter: UInt8, to sink: any ByteSink)
    throws(FileFormatError)
  {
    if matrix.rows == 0, matrix.columns > 0 {
      try sink.send { text in
        for j in 0..<matrix.columns {
          if j > 0 { text.append(delimiter) }
          text.append("column\(j + 1)")
        }
        text.endLine()
      }
    }
    let values = matrix.storage
    let (rowStride, columnStride) = matrix.order == .columnMajor ? (1, matrix.rows) : (matrix.columns, 1)
    let length = max(1, pieceLength / max(1, matrix.columns))
    try sink.send(pieces: pieceCount(matrix.rows, length: length)) { number, text in
      for i in piece(number, of: matrix.rows, length: length) {
        for j in 0..<matrix.columns {
          if j > 0 { text.append(delimiter) }
          let value = values[i * rowStride + j * columnStride]
          append(matrix.isConjugated ? value.conjugate : value, to: &text)
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
