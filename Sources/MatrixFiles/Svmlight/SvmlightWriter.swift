// A matrix with its labels to an svmlight file, row after row, columns from one. O(rows + entries). The
// number of columns is not in the file: a reader that has to know of empty columns at the end is told.

import TesseraLocalMatrices

/// Writes one svmlight file.
enum SvmlightWriter {
  /// Writes the entries of `contents` (of a dense matrix those that are not zero or have a sign) to the sink that
  /// `open` returns, duplicates added up, each row behind its label.
  ///
  /// - Parameters:
  ///   - labels: a label for every row; zeros when empty.
  ///   - queries: a query for every row; none when empty.
  /// - Throws: `badData` for a complex matrix; what the sink throws.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, labels: [S.Real] = [], queries: [Int] = [], file: String,
    open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    try check(S.self, file: file)
    let matrix = try contents.rows(file: file, signedZeros: true)
    let sink = try open()
    try send(matrix, labels: labels, queries: queries, to: sink)
    try sink.finish()
  }

  /// - Throws: `badData` for a complex scalar.
  static func check<S: Scalar>(_: S.Type, file: String) throws(FileFormatError) {
    guard !S.isComplex else {
      throw FileFormatError(.badData, file: file, "an svmlight file cannot hold complex numbers")
    }
  }

  /// Sends the lines of `matrix`, or of some of a file's rows.
  static func send<S: Scalar>(
    _ matrix: SparseMatrix<S>, labels: [S.Real] = [], queries: [Int] = [], to sink: any ByteSink
  ) throws(FileFormatError) {
    // Rows with about as many entries as make a piece.
    let length = max(1, pieceLength * matrix.rows / max(1, matrix.rows + matrix.nonzeroCount))
    try sink.send(pieces: pieceCount(matrix.rows, length: length)) { number, text in
      for i in piece(number, of: matrix.rows, length: length) {
        text.append(labels.isEmpty ? 0 : labels[i])
        if !queries.isEmpty {
          text.append(" qid:")
          text.append(queries[i])
        }
        for q in matrix.offsets[i]..<matrix.offsets[i + 1] {
          text.append(UInt8(ascii: " "))
          text.append(Int(matrix.indices[q]) + 1)
          text.append(UInt8(ascii: ":"))
          text.append(matrix.storage[q].realPart)
        }
        text.endLine()
      }
    }
  }
}
