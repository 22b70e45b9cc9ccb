// Matrices from files and to files: the front door. The name tells the format; what stands behind it is
// one reader and one writer per format.

import Numerics
public import TesseraLocalMatrices

/// Reading and writing matrices.
public enum MatrixFile {
  /// What the file at `path` declares about its matrix; no entry is read.
  ///
  /// - Parameters:
  ///   - path: the file, compressed by gzip or not; `-` is standard input.
  ///   - format: the format, where the name does not tell it. Standard input is recognized by its bytes.
  /// - Throws: `usage` for a name that tells no format, `noInput`, `inputOutput`, and `badData` with the
  ///   place where the header is not what it should be.
  public static func readHeader(_ path: String, format: MatrixFileFormat? = nil) throws(FileFormatError)
    -> MatrixFileHeader
  {
    let (source, format) = try open(path, format)
    return switch format {
    case .matrixMarket: try MatrixMarketReader(source).header()
    case .npy: try NpyReader(source).header()
    }
  }

  /// The matrix in the file at `path`, and what the file declares about it.
  ///
  /// Numbers are rounded to nearest, once: also integers beyond 2^53. NaN and infinities are data. A real
  /// file can be read as complex. Time is O(bytes), memory that of the matrix; what a file declares but
  /// does not hold costs nothing.
  ///
  /// - Parameters:
  ///   - path: the file, compressed by gzip or not; `-` is standard input.
  ///   - scalar: the element of the result.
  ///   - format: the format, where the name does not tell it. Standard input is recognized by its bytes.
  ///   - progress: is called about once per MiB.
  /// - Throws: as `readHeader`; also `badData` for a complex file when `scalar` is real, and for more than
  ///   2^31-1 rows or columns.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func read<S: Scalar>(
    _ path: String, as scalar: S.Type = S.self, format: MatrixFileFormat? = nil,
    progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
    let (source, format) = try open(path, format)
    return try read(source, format, as: S.self, progress)
  }

  /// Writes a matrix to the file at `path`, which changes only when all of it is written.
  ///
  /// Triplets make a coordinate file, a dense matrix an array; `.npy` files are always dense, in the
  /// matrix's order. Text has the fewest digits that read back as the same numbers.
  ///
  /// - Parameters:
  ///   - contents: the matrix.
  ///   - path: the file, compressed when the name ends in `.gz`; `-` is standard output.
  ///   - format: the format, where the name does not tell it.
  ///   - symmetry: a symmetry of the matrix; of a Matrix Market file only the lower half is then written,
  ///     duplicates added up. It is verified: O(entries).
  ///   - progress: is called about once per MiB with the bytes written so far, before any compression.
  /// - Throws: `usage` for a name that tells no format, `badData` for a matrix without the symmetry or too
  ///   large to be dense, `cannotCreate`, `inputOutput`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func write<S: Scalar>(
    _ contents: MatrixContents<S>, to path: String, format: MatrixFileFormat? = nil,
    symmetry: MatrixSymmetry = .general, progress: ((Int) -> Void)? = nil
  ) throws(FileFormatError) {
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    let open = { () throws(FileFormatError) -> any ByteSink in
      let sink = try openSink(path)
      return progress.map { CountingSink(sink, progress: $0) } ?? sink
    }
    switch format {
    case .matrixMarket:
      try MatrixMarketWriter<S>(file: path, symmetry: symmetry).write(contents, open: open)
    case .npy: try NpyWriter.write(contents, file: path, open: open)
    }
  }

  /// The matrix that `source` holds in `format`.
  static func read<S: Scalar>(
    _ source: any ByteSource, _ format: MatrixFileFormat, as scalar: S.Type,
    _ progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
    switch format {
    case .matrixMarket: try MatrixMarketReader(source).matrix(as: S.self, progress: progress)
    case .npy: try NpyReader(source).matrix(as: S.self, progress: progress)
    }
  }

  private static func open(_ path: String, _ format: MatrixFileFormat?) throws(FileFormatError) -> (
    any ByteSource, MatrixFileFormat
  ) {
    if let format { return (try openSource(path), format) }
    if path != "-" {
      let format = try MatrixFileFormat.inferred(fromName: path)
      return (try openSource(path), format)
    }
    let source = BufferedStart(try openSource(path))
    let isNpy = try source.start(6) == NpyHeader.magic
    return (source, isNpy ? .npy : .matrixMarket)
  }
}

extension FileFormatError {
  /// A complex file that is to be read as a real scalar.
  static func complexAsReal(_ file: String, _ scalar: ScalarKind) -> FileFormatError {
    FileFormatError(.badData, file: file, "the file is complex and cannot be read as \(scalar.rawValue)")
  }
}

/// - Throws: `badData` when a local matrix does not hold the shape.
func checkLocalShape(_ rows: Int, _ columns: Int, file: String) throws(FileFormatError) {
  guard rows <= Int32.max, columns <= Int32.max else {
    throw FileFormatError(
      file: file, at: .none, expected: "at most \(Int32.max) rows and columns", found: "\(rows) x \(columns)")
  }
}
