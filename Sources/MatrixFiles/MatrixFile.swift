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
  ///   - format: the format, where the name does not tell it. Standard input is recognized by its bytes:
  ///     Matrix Market, NumPy's, IDX or HDF5.
  ///   - options: what the file does not say of itself.
  /// - Throws: `usage` for a name that tells no format, `noInput`, `inputOutput`, and `badData` with the
  ///   place where the header is not what it should be. Tables and svmlight files declare nothing: all of
  ///   them is read and checked, in the memory of a block.
  public static func readHeader(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions()
  ) throws(FileFormatError) -> MatrixFileHeader {
    let (source, format) = try open(path, format)
    return switch format {
    case .matrixMarket: try MatrixMarketReader(source).header()
    case .npy: try NpyReader(source).header()
    case .npz: try NpzReader(source, member: options.member).header()
    case .csv, .tsv: try DelimitedReader(source, format, options).header()
    case .svmlight: try SvmlightReader(source, options).header()
    case .idx: try IdxReader(source).header()
    case .hdf5: try Hdf5Reader(source, member: options.member).header()
    case .archive:
      try MatrixMarketReader(try TarSource(source, member: options.member)).header().inside(.archive)
    }
  }

  /// The matrix in the file at `path`, and what the file declares about it.
  ///
  /// Numbers are rounded to nearest, once: also integers beyond 2^53, which the header then counts. NaN and infinities
  /// are data. A real
  /// file can be read as complex. Time is O(bytes), memory that of the matrix; what a file declares but
  /// does not hold costs nothing.
  ///
  /// - Parameters:
  ///   - path: the file, compressed by gzip or not; `-` is standard input.
  ///   - scalar: the element of the result.
  ///   - format: the format, where the name does not tell it. Standard input is recognized by its bytes:
  ///     Matrix Market, NumPy's, IDX or HDF5.
  ///   - options: what the file does not say of itself.
  ///   - progress: is called about once per MiB.
  /// - Throws: as `readHeader`; also `badData` for a complex file when `scalar` is real, and for more than
  ///   2^31-1 rows or columns.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func read<S: Scalar>(
    _ path: String, as scalar: S.Type = S.self, format: MatrixFileFormat? = nil,
    options: MatrixReadOptions = MatrixReadOptions(), progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
    let (source, format) = try open(path, format)
    return try read(source, format, as: S.self, options, progress)
  }

  /// The rows of the svmlight file at `path` with their labels and queries. O(bytes).
  ///
  /// - Parameters: as of `read`.
  /// - Throws: as `read`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func readLabeled<S: Scalar>(
    _ path: String, as scalar: S.Type = S.self, options: MatrixReadOptions = MatrixReadOptions(),
    progress: ((ReadProgress) -> Void)? = nil
  ) throws(FileFormatError) -> LabeledMatrix<S> {
    let (source, _) = try open(path, .svmlight)
    return try SvmlightReader(source, options).matrix(as: S.self, progress: progress).matrix
  }

  /// Writes features with their labels to the svmlight file at `path`, which changes only when all of it is
  /// written. O(entries).
  ///
  /// - Throws: as `write`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  public static func writeLabeled<S: Scalar>(
    _ matrix: LabeledMatrix<S>, to path: String, progress: ((Int) -> Void)? = nil
  ) throws(FileFormatError) {
    try SvmlightWriter.write(
      .triplets(matrix.features), labels: matrix.labels, queries: matrix.queries, file: path
    ) { () throws(FileFormatError) in try openSink(path, progress) }
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
  ///   - options: what the matrix does not say.
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
    options: MatrixWriteOptions = MatrixWriteOptions(), symmetry: MatrixSymmetry = .general,
    progress: ((Int) -> Void)? = nil
  ) throws(FileFormatError) {
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    if format == .npz || format == .hdf5, path.lowercased().hasSuffix(".gz") {
      // Nobody, we included, unpacks one to find an archive in it.
      throw FileFormatError(
        .usage, file: path, "\(format.rawValue) files are not compressed as a whole: leave out .gz")
    }
    try write(contents, format, file: path, options, symmetry: symmetry) { () throws(FileFormatError) in
      try openSink(path, progress)
    }
  }

  /// Writes `contents` in `format` to the sink that `open` returns, once it is known that this can be done.
  static func write<S: Scalar>(
    _ contents: MatrixContents<S>, _ format: MatrixFileFormat, file: String,
    _ options: MatrixWriteOptions = MatrixWriteOptions(), symmetry: MatrixSymmetry,
    open: () throws(FileFormatError) -> any ByteSink
  ) throws(FileFormatError) {
    switch format {
    case .matrixMarket:
      try MatrixMarketWriter<S>(file: file, symmetry: symmetry).write(contents, open: open)
    case .npy: try NpyWriter.write(contents, file: file, open: open)
    case .npz: try NpzWriter.write(contents, file: file, open: open)
    case .csv, .tsv: try DelimitedWriter.write(contents, format, file: file, options, open: open)
    case .svmlight: try SvmlightWriter.write(contents, file: file, open: open)
    case .idx: try IdxWriter.write(contents, file: file, open: open)
    case .hdf5: try Hdf5Writer.write(contents, file: file, open: open)
    case .archive:
      let writer = MatrixMarketWriter<S>(file: file, symmetry: symmetry)
      try TarWriter.write(name: TarWriter.matrixName(of: file), open: open) { sink throws(FileFormatError) in
        try writer.write(contents) { sink }
      }
    }
  }

  private static func openSink(_ path: String, _ progress: ((Int) -> Void)?) throws(FileFormatError)
    -> any ByteSink
  {
    let sink = try TesseraMatrixFiles.openSink(path)
    return progress.map { CountingSink(sink, progress: $0) } ?? sink
  }

  /// The matrix that `source` holds in `format`.
  static func read<S: Scalar>(
    _ source: any ByteSource, _ format: MatrixFileFormat, as scalar: S.Type,
    _ options: MatrixReadOptions = MatrixReadOptions(), _ progress: ((ReadProgress) -> Void)? = nil,
    blockSize: Int = LineBlocks.blockSize
  ) throws(FileFormatError) -> (header: MatrixFileHeader, contents: MatrixContents<S>) {
    switch format {
    case .matrixMarket:
      return try MatrixMarketReader(source, threads: options.threadCount, blockSize: blockSize)
        .matrix(as: S.self, progress: progress)
    case .npy: return try NpyReader(source).matrix(as: S.self, progress: progress)
    case .npz: return try NpzReader(source, member: options.member).matrix(as: S.self, progress: progress)
    case .csv, .tsv:
      return try DelimitedReader(source, format, options, blockSize: blockSize)
        .matrix(as: S.self, progress: progress)
    case .svmlight:
      let (header, rows) = try SvmlightReader(source, options, blockSize: blockSize)
        .matrix(as: S.self, progress: progress)
      return (header, .triplets(rows.features))
    case .idx: return try IdxReader(source).matrix(as: S.self, progress: progress)
    case .hdf5: return try Hdf5Reader(source, member: options.member).matrix(as: S.self, progress: progress)
    case .archive:
      let member = try TarSource(source, member: options.member)
      let (header, contents) = try MatrixMarketReader(
        member, threads: options.threadCount, blockSize: blockSize
      ).matrix(as: S.self, progress: progress)
      return (header.inside(.archive), contents)
    }
  }

  static func open(_ path: String, _ format: MatrixFileFormat?) throws(FileFormatError) -> (
    any ByteSource, MatrixFileFormat
  ) {
    let named: MatrixFileFormat? =
      if let format { format } else if path == "-" { nil } else { try .inferred(fromName: path) }
    // What is read from its end, or here and there, only the file itself can offer.
    if let named, named == .npz || named == .hdf5 { return (try FileSource(path), named) }
    let source = try openSource(path)
    if let named { return (source, named) }
    let looked = BufferedStart(source)
    return (looked, .inferred(fromStart: try looked.start(8)))
  }

  /// The file at `path` where bytes can be read at any place of it: nil for standard input, pipes and what is
  /// compressed.
  ///
  /// - Throws: `noInput`, `inputOutput`.
  static func openSeekable(_ path: String) throws(FileFormatError) -> FileSource? {
    guard path != "-" else { return nil }
    let file = try FileSource(path)
    guard let size = file.seekableSize else { return nil }
    let start = try SeekableBytes(file).bytes(0..<min(2, size), of: "a file")
    return start == [0x1f, 0x8b] ? nil : file
  }
}

extension MatrixFileHeader {
  /// The header of a file that stands in an archive.
  fileprivate func inside(_ format: MatrixFileFormat) -> MatrixFileHeader {
    MatrixFileHeader(
      rows: rows, columns: columns, storedEntries: storedEntries, format: format, layout: layout,
      scalar: scalar, elementType: elementType, symmetry: symmetry, roundedIntegers: roundedIntegers)
  }
}

extension MatrixFileFormat {
  /// The format that the first bytes of a file mean; Matrix Market's for text.
  fileprivate static func inferred(fromStart bytes: [UInt8]) -> MatrixFileFormat {
    if bytes.starts(with: NpyHeader.magic) { return .npy }
    if bytes.starts(with: [0x50, 0x4b]) { return .npz }
    if bytes.starts(with: [0x89] + Array("HDF\r\n\u{1a}\n".utf8)) { return .hdf5 }
    if bytes.starts(with: [0, 0]) { return .idx }
    return .matrixMarket
  }
}
