// A matrix written to a file piece after piece, by somebody who never has all of it: whole rows after whole
// rows, or whole columns where a format stands so (a Matrix Market array). O(elements of a piece) memory.

import Numerics
public import TesseraLocalMatrices

/// A file that takes a matrix in pieces, in their order. It changes when `finish` is called and not before.
public final class MatrixFileWriter<S: Scalar> {
  private let format: MatrixFileFormat
  private let shape: Shape
  private let isArray: Bool
  private let file: String
  private let sink: any ByteSink
  private let entryCount: Int
  /// Rows or columns, and entries, that the file has so far.
  private var taken = 0
  private var takenEntries = 0
  /// Of a table.
  private var table: DelimitedWriter?

  /// What a file holds.
  public enum Content: Sendable, Hashable {
    /// So many entries, duplicates added up.
    case entries(Int)
    /// All elements.
    case array
  }

  /// Whether pieces are whole columns, not whole rows.
  public let takesColumns: Bool

  /// Whether files of a format can be written so. The others say at their start how many bytes will follow, or
  /// look at all elements before the first one is written.
  public static func isPossible(_ format: MatrixFileFormat) -> Bool {
    [.matrixMarket, .npy, .csv, .tsv, .svmlight].contains(format)
  }

  /// Begins the file of a matrix.
  ///
  /// - Parameters:
  ///   - path: the file, compressed when the name ends in `.gz`; `-` is standard output.
  ///   - content: what a Matrix Market file is to hold; the other formats are of one kind.
  ///   - options: what the matrix does not say.
  ///   - progress: is called about once per MiB with the bytes written so far, before any compression.
  /// - Precondition: `isPossible(format)`.
  /// - Throws: `badData` for what the format cannot hold, `usage` for names that are not those of the columns,
  ///   `cannotCreate`, `inputOutput`.
  public init(
    _ path: String, _ format: MatrixFileFormat, _ shape: Shape, _ content: Content,
    options: MatrixWriteOptions = MatrixWriteOptions(), progress: ((Int) -> Void)? = nil
  ) throws(FileFormatError) {
    precondition(Self.isPossible(format), "\(format) takes no pieces")
    if format == .svmlight { try SvmlightWriter.check(S.self, file: path) }
    if format == .csv || format == .tsv {
      table = try DelimitedWriter(shape, format, file: path, options)
    }
    (file, self.format, self.shape) = (path, format, shape)
    isArray = content == .array
    entryCount = if case .entries(let count) = content { count } else { 0 }
    takesColumns = format == .matrixMarket && isArray
    let plain = try openSink(path)
    sink = progress.map { CountingSink(plain, progress: $0) } ?? plain
    switch format {
    case .matrixMarket:
      try MatrixMarketWriter<S>(file: path, symmetry: .general).sendHeader(
        isArray ? .array : .coordinate(entries: entryCount), shape, to: sink)
    case .npy: try NpyWriter.sendHeader(shape, .rowMajor, of: S.self, to: sink)
    case .csv, .tsv: try table?.sendNames(to: sink)
    default: break
    }
  }

  /// Takes the next rows, or columns where `takesColumns`: all of them, in the order of the matrix.
  ///
  /// - Throws: `badData` for pieces that the shape or the number of entries declared has no room for, or whose
  ///   dense form does not fit this machine; `inputOutput`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public func write(_ piece: MatrixContents<S>) throws(FileFormatError) {
    let (length, across) =
      takesColumns
      ? (piece.shape.columns, piece.shape.rows == shape.rows)
      : (piece.shape.rows, piece.shape.columns == shape.columns)
    guard across, taken + length <= (takesColumns ? shape.columns : shape.rows) else {
      throw FileFormatError(.badData, file: file, "a piece of \(piece.shape) has no room in \(shape)")
    }
    switch format {
    case .matrixMarket where isArray:
      try MatrixMarketWriter<S>(file: file, symmetry: .general).send(piece.dense(file: file), to: sink)
    case .matrixMarket:
      let entries = try piece.entries(file: file)
      takenEntries += entries.entryCount
      guard takenEntries <= entryCount else { throw miscounted() }
      try MatrixMarketWriter<S>(file: file, symmetry: .general).send(entries, firstRow: taken, to: sink)
    case .npy: try sink.send(piece.dense(file: file).elements(in: .rowMajor))
    case .csv, .tsv: try table?.send(piece.dense(file: file), to: sink)
    case .svmlight: try SvmlightWriter.send(piece.rows(file: file, signedZeros: true), to: sink)
    default: preconditionFailure("\(format) takes no pieces")
    }
    taken += length
  }

  /// Completes the file. Without this call there is none.
  ///
  /// - Throws: `badData` when rows, columns or entries are missing, `inputOutput`.
  public func finish() throws(FileFormatError) {
    guard taken == (takesColumns ? shape.columns : shape.rows) else {
      throw FileFormatError(
        .badData, file: file, "\(taken) \(takesColumns ? "columns" : "rows") are not all of \(shape)")
    }
    guard format != .matrixMarket || isArray || takenEntries == entryCount else { throw miscounted() }
    try sink.finish()
  }

  private func miscounted() -> FileFormatError {
    FileFormatError(
      .badData, file: file, "\(takenEntries) entries are not the \(entryCount) that were declared")
  }
}
