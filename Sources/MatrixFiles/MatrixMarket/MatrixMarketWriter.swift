// A matrix to a Matrix Market file: coordinate from triplets, array from dense. O(entries), plus a sort
// where symmetry has to be verified.

import TesseraLocalMatrices

/// Writes one Matrix Market file.
struct MatrixMarketWriter<S: Scalar> {
  private let file: String
  private let symmetry: MatrixSymmetry

  /// A writer for `file`, the name in messages. A real Hermitian matrix is called symmetric.
  init(file: String, symmetry: MatrixSymmetry) {
    self.file = file
    self.symmetry = symmetry == .hermitian && !S.isComplex ? .symmetric : symmetry
  }

  /// Writes `contents` to the sink that `open` returns, once the symmetry is known to be true.
  ///
  /// - Throws: `badData` when the matrix lacks the symmetry; what the sink throws.
  func write(_ contents: MatrixContents<S>, open: () throws(FileFormatError) -> any ByteSink)
    throws(FileFormatError)
  {
    switch contents {
    case .triplets(let matrix):
      let stored = symmetry == .general ? matrix : try lowerHalf(of: matrix)
      let sink = try open()
      try sendHeader(.coordinate(entries: stored.entryCount), stored.shape, to: sink)
      try send(stored, to: sink)
      try sink.finish()
    case .dense(let matrix):
      if symmetry != .general { try checkSymmetry(of: matrix) }
      let sink = try open()
      try sendHeader(.array, matrix.shape, to: sink)
      try send(matrix, to: sink)
      try sink.finish()
    }
  }

  /// How elements stand in a file.
  enum Layout {
    case coordinate(entries: Int)
    case array
  }

  /// Sends what stands before the elements of a matrix of `shape`.
  func sendHeader(_ layout: Layout, _ shape: Shape, to sink: any ByteSink) throws(FileFormatError) {
    let (name, count) =
      switch layout {
      case .coordinate(let entries): ("coordinate", " \(entries)")
      case .array: ("array", "")
      }
    let field = S.isComplex ? "complex" : "real"
    try sink.send { text in
      text.append("%%MatrixMarket matrix \(name) \(field) \(symmetry.rawValue)\n")
      text.append("\(shape.rows) \(shape.columns)\(count)\n")
    }
  }

  /// Sends entries; the first row of `matrix` is row `firstRow` of the file's.
  func send(_ matrix: TripletMatrix<S>, firstRow: Int = 0, to sink: any ByteSink) throws(FileFormatError) {
    let (rows, columns, values) = (matrix.rowIndices, matrix.columnIndices, matrix.storage)
    let isConjugated = matrix.isConjugated
    try sink.send(pieces: pieceCount(values.count)) { number, text in
      for q in piece(number, of: values.count) {
        text.append(firstRow + Int(rows[q]) + 1)
        text.append(UInt8(ascii: " "))
        text.append(Int(columns[q]) + 1)
        text.append(UInt8(ascii: " "))
        Self.append(isConjugated ? values[q].conjugate : values[q], to: &text)
      }
    }
  }

  /// Sends all elements, of a symmetry the lower half, column after column.
  func send(_ matrix: DenseMatrix<S>, to sink: any ByteSink) throws(FileFormatError) {
    let (values, symmetry) = (matrix.storage, symmetry)
    let (rowStride, columnStride) =
      matrix.order == .columnMajor ? (1, matrix.rows) : (matrix.columns, 1)
    // Several short columns make a piece, or a long one several.
    let columnsEach = max(1, pieceLength / max(1, matrix.rows))
    let piecesEach = columnsEach > 1 ? 1 : max(1, pieceCount(matrix.rows))
    let groups = pieceCount(matrix.columns, length: columnsEach)
    try sink.send(pieces: groups * piecesEach) { number, text in
      let rows = piecesEach == 1 ? 0..<matrix.rows : piece(number % piecesEach, of: matrix.rows)
      for j in piece(number / piecesEach, of: matrix.columns, length: columnsEach) {
        let firstRow = symmetry == .general ? 0 : symmetry == .skewSymmetric ? j + 1 : j
        for i in rows where i >= firstRow {
          let value = values[i * rowStride + j * columnStride]
          Self.append(matrix.isConjugated ? value.conjugate : value, to: &text)
        }
      }
    }
  }

  @inline(__always)
  private static func append(_ value: S, to text: inout TextBuffer) {
    text.append(value.realPart)
    if S.isComplex {
      text.append(UInt8(ascii: " "))
      text.append(value.imaginaryPart)
    }
    text.endLine()
  }

  /// The entries on and below the diagonal, duplicates added up, column after column.
  private func lowerHalf(of matrix: TripletMatrix<S>) throws(FileFormatError) -> TripletMatrix<S> {
    do throws(LinearAlgebraError) {
      let whole = try matrix.compressed(by: .columns)
      let mirror = whole.transposed().compressed(by: .columns)
      guard matrix.rows == matrix.columns, whole.offsets == mirror.offsets,
        whole.indices == mirror.indices
      else {
        throw .invalidArgument("the pattern of the entries is not symmetric")
      }
      let (values, mirrored) = (whole.values, mirror.values)
      var lower = try TripletMatrix<S>(rows: matrix.rows, columns: matrix.columns)
      for j in 0..<whole.majorCount {
        for q in whole.offsets[j]..<whole.offsets[j + 1] {
          let i = Int(whole.indices[q])
          guard areMirrored(i, j, values[q], mirrored[q]) else { throw contradiction(i, j) }
          if i > j || i == j && symmetry != .skewSymmetric { lower.append(i, j, values[q]) }
        }
      }
      return lower
    } catch {
      throw FileFormatError(.badData, file: file, "\(error)")
    }
  }

  private func checkSymmetry(of matrix: DenseMatrix<S>) throws(FileFormatError) {
    guard matrix.rows == matrix.columns else {
      throw FileFormatError(
        .badData, file: file, "a matrix of \(matrix.shape) is not \(symmetry.rawValue)")
    }
    for j in 0..<matrix.columns {
      for i in j..<matrix.rows where !areMirrored(i, j, matrix[i, j], matrix[j, i]) {
        throw FileFormatError(.badData, file: file, "\(contradiction(i, j))")
      }
    }
  }

  /// Whether `other`, at (j, i), is what the symmetry makes of `value` at (i, j). NaN mirrors NaN.
  private func areMirrored(_ i: Int, _ j: Int, _ value: S, _ other: S) -> Bool {
    func same(_ x: S.Real, _ y: S.Real) -> Bool { x == y || x.isNaN && y.isNaN }
    if i == j {
      return switch symmetry {
      case .general, .symmetric: true
      case .skewSymmetric: value.realPart == 0 && value.imaginaryPart == 0
      case .hermitian: value.imaginaryPart == 0
      }
    }
    let expected = symmetry.mirrored(value)
    return same(expected.realPart, other.realPart) && same(expected.imaginaryPart, other.imaginaryPart)
  }

  private func contradiction(_ i: Int, _ j: Int) -> LinearAlgebraError {
    .invalidArgument(
      i == j
        ? "the matrix is not \(symmetry.rawValue): see the diagonal element of row \(i + 1)"
        : "the matrix is not \(symmetry.rawValue): elements (\(i + 1), \(j + 1)) and "
          + "(\(j + 1), \(i + 1)) contradict each other")
  }
}
