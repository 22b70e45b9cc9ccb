// Distributed matrices from files. A coordinate file or an array that every worker can see is read by the
// workers, each its own parts: the driver reads the header. Otherwise, and where something is wrong with the file,
// which the one who reads all of it can say best, the driver reads the whole matrix and spreads it.

public import TesseraExecution
public import TesseraLocalMatrices
public import TesseraMatrixFiles
public import TesseraPartitioning

extension RowMatrix {
  /// The matrix in the file at `path`, in slabs on the workers of `cluster`.
  ///
  /// A list of entries makes sparse slabs (dense where that takes fewer bytes) with nearly equally many of them, an
  /// array dense ones. Uncompressed coordinate files, `.npy`, IDX and svmlight files, tables and HDF5 datasets that
  /// all workers see under this name are read by them, in parts, and entries then move to the owners of their rows
  /// once; the driver holds a number for each row. Other files are read by the driver, which holds the whole matrix
  /// meanwhile.
  ///
  /// - Parameters:
  ///   - format: the format, where the name does not tell it.
  ///   - options: what the file does not say of itself.
  ///   - partitions: the number of slabs; by default chosen from shape and stored elements.
  ///   - progress: is called about once per MiB that the driver reads.
  ///   - rounded: is called once if whole numbers in the file were rounded. To find them the workers look at all
  ///     elements of a file that may hold such, and where one is of 2^53 or more they read the file once more.
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  public static func read(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions(),
    partitions: Int? = nil, on cluster: Cluster, progress: ((ReadProgress) -> Void)? = nil,
    rounded: ((RoundedIntegers) -> Void)? = nil
  ) async throws -> RowMatrix {
    if let partitions { try checkSlabCount(partitions) }
    return try await readByWorkers(path, format, options, on: cluster, progress, rounded) { file in
      guard file.header.layout == .coordinate else { return try await file.slabs(as: S.self, partitions) }
      guard let (matrix, counts) = try await file.entries(as: S.self, countingRows: true) else { return nil }
      let count =
        partitions
        ?? Partitioning.defaultSlabCount(
          rows: matrix.rows, columns: matrix.columns, stored: matrix.storedCount)
      var offsets = [Int](repeating: 0, count: matrix.rows + 1)
      for (i, n) in counts.elements.enumerated() { offsets[counts.first + i + 1] = n }
      for i in 0..<matrix.rows { offsets[i + 1] += offsets[i] }
      return try await matrix.rowMatrix(rowCuts: Cuts(balancing: offsets, parts: count))
    } orByTheDriver: { contents in
      try await RowMatrix(try LocalMatrix(contents), partitions: partitions, on: cluster)
    }
  }
}

extension BlockMatrix {
  /// The matrix in the file at `path`, in blocks on the workers of `cluster`; read as a row matrix is
  /// (`RowMatrix.read`), every element then moves at most once.
  ///
  /// - Parameters:
  ///   - grid: the cuts; by default chosen from shape and stored elements.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the grid is of another shape, `FileFormatError`,
  ///   `ExecutionError`.
  public static func read(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions(),
    grid: Partitioning? = nil, on cluster: Cluster, progress: ((ReadProgress) -> Void)? = nil,
    rounded: ((RoundedIntegers) -> Void)? = nil
  ) async throws -> BlockMatrix {
    try await readByWorkers(path, format, options, on: cluster, progress, rounded) { file in
      file.header.layout == .coordinate
        ? try await file.entries(as: S.self, countingRows: false)?.matrix.blockMatrix(grid: grid)
        : try await file.slabs(as: S.self, nil).blockMatrix(grid: grid)
    } orByTheDriver: { contents in
      try await BlockMatrix(try LocalMatrix(contents), grid: grid, on: cluster)
    }
  }
}

extension CoordinateMatrix {
  /// The matrix in the file at `path`, entries as they stand there, in chunks on the workers of `cluster`; of an
  /// array the elements that are not zero. Read as a row matrix is (`RowMatrix.read`); nothing moves.
  ///
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  public static func read(
    _ path: String, format: MatrixFileFormat? = nil, options: MatrixReadOptions = MatrixReadOptions(),
    on cluster: Cluster, progress: ((ReadProgress) -> Void)? = nil,
    rounded: ((RoundedIntegers) -> Void)? = nil
  ) async throws -> CoordinateMatrix {
    try await readByWorkers(path, format, options, on: cluster, progress, rounded) { file in
      file.header.layout == .coordinate
        ? try await file.entries(as: S.self, countingRows: false)?.matrix
        : try await file.slabs(as: S.self, nil).coordinateMatrix()
    } orByTheDriver: { contents in
      switch contents {
      case .triplets(let entries): try await CoordinateMatrix(entries, on: cluster)
      case .dense(let matrix): try await CoordinateMatrix(matrix, on: cluster)
      }
    }
  }
}

extension DistributedMatrix {
  /// What `parts` makes of a file that the workers read; what `whole` makes of what the driver reads where they cannot
  /// or something is wrong with it.
  fileprivate static func readByWorkers(
    _ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions, on cluster: Cluster,
    _ progress: ((ReadProgress) -> Void)?, _ rounded: ((RoundedIntegers) -> Void)?,
    _ parts: (SharedFile) async throws -> Self?,
    orByTheDriver whole: (MatrixContents<Element>) async throws -> Self
  ) async throws -> Self {
    if let file = try await SharedFile(path, format, options, as: Element.self, on: cluster, rounded) {
      do {
        if let matrix = try await parts(file) { return matrix }
      } catch ExecutionError.taskFailed {}
    }
    let (header, contents) = try MatrixFile.read(
      path, as: Element.self, format: format, options: options, progress: progress)
    if header.roundedIntegers.count > 0 { rounded?(header.roundedIntegers) }
    return try await whole(contents)
  }
}

extension LocalMatrix {
  /// The local matrix in a file's contents: triplets compressed by rows, or the dense matrix.
  ///
  /// - Throws: `outOfMemory` for a shape whose row starts do not fit this machine.
  public init(_ contents: consuming MatrixContents<S>) throws(LinearAlgebraError) {
    switch consume contents {
    case .triplets(let triplets): self = .sparse(try triplets.compressed(by: .rows))
    case .dense(let matrix): self = .dense(matrix)
    }
  }
}
