// A row matrix from a file. A coordinate file or an array that every worker can see is read by the workers,
// each its own parts: the driver reads the header. Otherwise the driver reads the whole matrix and spreads
// it. How a file is cut follows from the file alone, so that any number of workers makes the same slabs.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraMatrixFiles
import TesseraPartitioning

extension RowMatrix {
  /// The matrix in the file at `path`, in slabs on the workers of `cluster`.
  ///
  /// A list of entries makes sparse slabs (dense where that takes fewer bytes), an array dense ones.
  /// Uncompressed coordinate files, `.npy`, IDX and svmlight files, tables and HDF5 datasets that all workers see
  /// under this name are read by them, in parts, and entries then move to the owners of their rows once; the driver
  /// holds a number for each row. Other files are read by the driver, which holds the whole matrix meanwhile.
  ///
  /// - Parameters:
  ///   - format: the format, where the name does not tell it.
  ///   - options: what the file does not say of itself.
  ///   - partitions: the number of slabs; by default chosen from shape and stored elements.
  ///   - progress: is called about once per MiB that the driver reads.
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  public static func read(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions(),
    partitions: Int? = nil, on cluster: Cluster, progress: ((ReadProgress) -> Void)? = nil
  ) async throws -> RowMatrix {
    if let partitions { try checkSlabCount(partitions) }
    if let header = try MatrixFile.headerOfParts(path, format: format, options: options),
      let matrix = try await parts(header, path, format, options, partitions, on: cluster)
    {
      return matrix
    }
    let contents = try MatrixFile.read(path, as: S.self, format: format, options: options, progress: progress)
      .contents
    return try await RowMatrix(try LocalMatrix(contents), partitions: partitions, on: cluster)
  }

  /// The matrix as the workers read it; nil where they cannot, or where something is wrong with the file,
  /// which the one who reads all of it can say best.
  private static func parts(
    _ header: MatrixFileHeader, _ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions,
    _ partitions: Int?, on cluster: Cluster
  ) async throws -> RowMatrix? {
    guard S.isComplex || !header.scalar.isComplex, let stamp = FileStamp(path),
      try await stamp.isSeen(onAllOf: cluster)
    else { return nil }
    var options = options
    // What the parts of an svmlight file cannot know.
    options.columns = header.columns
    options.threads = 1
    do {
      return header.layout == .coordinate
        ? try await entries(header, stamp, format, options, partitions, on: cluster)
        : try await slabs(header, stamp, format, options, partitions, on: cluster)
    } catch ExecutionError.taskFailed {
      return nil
    }
  }

  /// An array: every slab is some rows of the file.
  private static func slabs(
    _ header: MatrixFileHeader, _ stamp: FileStamp, _ format: MatrixFileFormat?,
    _ options: MatrixReadOptions, _ partitions: Int?, on cluster: Cluster
  ) async throws -> RowMatrix {
    let (rows, columns) = (header.rows, header.columns)
    let count =
      partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: rows * columns)
    return RowMatrix(
      layout: Layout(Partitioning(slabs: Cuts(even: rows, parts: count), columns: columns)),
      storedCount: rows * columns, cluster: cluster,
      tiles: try await cluster.engine.read(
        SlabPartTask<S>.self, FileParts(stamp, format, options, count: count), into: count))
  }

  /// A list of entries: lines of the file to lists, then to the slabs that balance the entries. Nil when
  /// there are not as many entries as the header declares.
  private static func entries(
    _ header: MatrixFileHeader, _ stamp: FileStamp, _ format: MatrixFileFormat?,
    _ options: MatrixReadOptions, _ partitions: Int?, on cluster: Cluster
  ) async throws -> RowMatrix? {
    try MemoryGuard.check("the row starts of \(header.rows) rows", header.rows, 2, bytesPerElement: 8)
    let parts = Partitioning.defaultChunkCount(entries: header.storedEntries)
    let tiles = try await cluster.engine.read(
      EntryPartTask<S>.self, FileParts(stamp, format, options, count: parts), into: parts)
    let counts = try await cluster.engine.reduce(
      EntryCountTask<S>.self, EntryCountArguments(lowerOnly: header.symmetry != .general), over: tiles)
    guard counts.stored == header.storedEntries else { return nil }
    let stored = counts.rows.elements.reduce(0, +)
    let matrix = CoordinateMatrix<S>(
      layout: Layout(Partitioning(whole: header.rows, header.columns), layers: parts), storedCount: stored,
      cluster: cluster, tiles: tiles)
    let count =
      partitions
      ?? Partitioning.defaultSlabCount(rows: header.rows, columns: header.columns, stored: stored)
    var offsets = [Int](repeating: 0, count: header.rows + 1)
    for (i, n) in counts.rows.elements.enumerated() { offsets[counts.rows.first + i + 1] = n }
    for i in 0..<header.rows { offsets[i + 1] += offsets[i] }
    return try await matrix.rowMatrix(rowCuts: Cuts(balancing: offsets, parts: count))
  }
}

extension LocalMatrix {
  /// The local matrix in a file's contents: triplets compressed by rows, or the dense matrix.
  ///
  /// - Throws: `outOfMemory` for a shape whose row starts do not fit this machine.
  public init(_ contents: MatrixContents<S>) throws(LinearAlgebraError) {
    switch contents {
    case .triplets(let triplets): self = .sparse(try triplets.compressed(by: .rows))
    case .dense(let matrix): self = .dense(matrix)
    }
  }
}
