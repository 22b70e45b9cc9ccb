// A factor of a product and the file that it is in. Of a file that can be read in parts the workers read what they can,
// and the factor is laid out where they are; what the driver has read is laid out by it. Either goes where the plan of
// the product wants it, and is cut the same way: the cuts follow from shape and stored elements.

import Tessera

struct FactorFile<S: Scalar> {
  private let path: String
  private let format: MatrixFileFormat?
  private let options: MatrixReadOptions
  private let progress: ProgressBar.Mode
  /// The type that it is laid out as.
  let type: MatrixType
  /// Rows and columns that the file has.
  let shape: Shape
  /// Whether the file has a list of entries, not an array.
  private let isList: Bool
  /// What the driver has read; nil where the workers read.
  private var contents: MatrixContents<S>?

  /// The factor in `path`: read by the driver if it is one of the driver's, can be read only once or as a whole, or has
  /// mostly empty rows or columns; else to be read by the workers.
  ///
  /// - Parameter type: the type to lay it out as; by default row for a list of entries, block for an array.
  init(
    _ path: String, as type: MatrixType?, format: MatrixFileFormat?, options: MatrixReadOptions,
    progress: ProgressBar.Mode
  ) throws {
    (self.path, self.format, self.options, self.progress) = (path, format, options, progress)
    if type?.isLocal != true, canBeReadTwice(path),
      let header = try MatrixFile.headerOfParts(path, format: format, options: options),
      case let shape = Shape(header.rows, header.columns),
      !shape.isMostlyEmptyLines(entries: header.storedEntries)
    {
      self.shape = shape
      isList = header.layout == .coordinate
    } else {
      let contents = try readMatrix(
        path, as: S.self, format: format, options: options, progress: progress
      ).contents
      self.contents = contents
      shape = contents.shape
      isList = if case .triplets = contents { true } else { false }
    }
    self.type = type ?? (isList ? .row : .block)
  }

  /// Leaves out the rows of A, the columns of B and the places between them that have no entry, where either factor is
  /// mostly empty lines: for that the driver reads both as a whole. Returns the lines of the result; nil where nothing
  /// is left out.
  static func leaveOutEmptyLines(_ a: inout FactorFile, _ b: inout FactorFile) throws -> KeptLines? {
    let areMostlyEmpty = [a, b].contains { $0.contents?.isMostlyEmptyLines ?? false }
    guard areMostlyEmpty, let kept = KeptLines.product(try a.whole(), try b.whole()) else { return nil }
    (a.contents, b.contents) = (kept.left, kept.right)
    return kept.result
  }

  /// The whole matrix on the driver.
  private func whole() throws -> MatrixContents<S> {
    if let contents { return contents }
    return try readMatrix(path, as: S.self, format: format, options: options, progress: progress).contents
  }

  /// The factor as the driver's, if that is its type.
  func local() throws -> LocalMatrix<S> {
    switch try LocalMatrix(try whole()) {
    case .dense(let matrix) where type == .localSparse: .sparse(matrix.sparse())
    case .sparse(let matrix) where type == .localDense: .dense(try matrix.dense())
    case let matrix: matrix
    }
  }

  /// The factor as a product takes it, which places it.
  ///
  /// - Parameters:
  ///   - partitions: the number of slabs; by default chosen from shape and stored elements.
  ///   - blockSize: the size of square blocks, likewise.
  func operand(partitions: Int?, blockSize: Int?, on cluster: Cluster) async throws -> ProductOperand<S> {
    guard let contents else {
      return try await readByWorkers(partitions, blockSize, cluster).placedByPlan()
    }
    return try ProductOperand(
      try LocalMatrix(contents), as: type, partitions: partitions, blockSize: blockSize)
  }

  private func readByWorkers(_ partitions: Int?, _ blockSize: Int?, _ cluster: Cluster) async throws
    -> ProductOperand<S>
  {
    let grid = blockSize.map { Partitioning(rows: shape.rows, columns: shape.columns, blockSize: $0) }
    func rows() async throws -> RowMatrix<S> {
      try await readRows(
        path, format: format, options: options, partitions: partitions, on: cluster, progress: progress)
    }
    switch type {
    case .block:
      let matrix: BlockMatrix<S> = try await readBlocks(
        path, format: format, options: options, grid: grid, on: cluster, progress: progress)
      return matrix.productOperand
    case .coordinate:
      guard isList else { return try await rows().coordinateMatrix(grid: grid).productOperand }
      let list: CoordinateMatrix<S> = try await readEntries(
        path, format: format, options: options, on: cluster, progress: progress)
      let cells =
        if let grid { grid } else {
          Partitioning(slabs: try await list.balancedRowCuts(partitions: partitions), columns: shape.columns)
        }
      return try await list.coordinateMatrix(grid: cells).productOperand
    case .row: return try await rows().productOperand
    case .localDense, .localSparse: preconditionFailure("what is the driver's the driver has read")
    }
  }
}
