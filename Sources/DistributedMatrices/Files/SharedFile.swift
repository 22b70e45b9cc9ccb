// A file that all workers see under one name: a coordinate file or an array, read by the workers, each its own
// parts. How it is cut follows from the file alone, so that any number of workers makes the same tiles. Nothing
// passes the driver but counts.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraMatrixFiles
import TesseraPartitioning

/// A file that every worker of a cluster can read in parts.
struct SharedFile {
  let header: MatrixFileHeader
  private let stamp: FileStamp
  private let format: MatrixFileFormat?
  private let options: MatrixReadOptions
  private let cluster: Cluster
  /// Is told of whole numbers in the file that were rounded.
  private let rounded: ((RoundedIntegers) -> Void)?

  /// The file at `path`; nil where it cannot be read in parts, is complex and `scalar` is not, or is not seen by
  /// all workers under this name. One step.
  init?(
    _ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions, as scalar: (some Scalar).Type,
    on cluster: Cluster, _ rounded: ((RoundedIntegers) -> Void)?
  ) async throws {
    // A shape that no matrix has is refused by the one who reads all of the file.
    guard let header = try MatrixFile.headerOfParts(path, format: format, options: options),
      max(header.rows, header.columns) <= Int(Int32.max),
      scalar.isComplex || !header.scalar.isComplex, let stamp = FileStamp(path),
      try await stamp.isSeen(onAllOf: cluster)
    else { return nil }
    (self.header, self.stamp, self.format, self.cluster) = (header, stamp, format, cluster)
    self.rounded = rounded
    var options = options
    // What the parts of an svmlight file cannot know.
    options.columns = header.columns
    options.threads = 1
    self.options = options
  }

  /// An array: every slab is some rows of the file.
  func slabs<S: Scalar>(as _: S.Type, _ partitions: Int?) async throws -> RowMatrix<S> {
    let (rows, columns) = (header.rows, header.columns)
    let count =
      partitions ?? Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: rows * columns)
    let parts = FileParts(stamp, format, options, count: count)
    let tiles = try await cluster.engine.read(SlabPartTask<S>.self, parts, into: count)
    try await tellOfRoundedIntegers(in: tiles, parts)
    return RowMatrix(
      layout: Layout(Partitioning(slabs: Cuts(even: rows, parts: count), columns: columns)),
      storedCount: rows * columns, cluster: cluster, tiles: tiles)
  }

  /// A list of entries: lines of the file to lists, and how many entries stand in each row, where that is asked for.
  /// Nil when there are not as many as the header declares.
  func entries<S: Scalar>(as _: S.Type, countingRows: Bool) async throws -> (
    matrix: CoordinateMatrix<S>, rows: EntryCounts.Counts
  )? {
    if countingRows {
      // Counts of two workers, their sum and the row starts.
      try MemoryGuard.check(
        "counting the entries of each of \(header.rows) rows (a coordinate matrix does without)", header.rows,
        4,
        bytesPerElement: MemoryLayout<Int>.stride)
    }
    let count = Partitioning.defaultChunkCount(entries: header.storedEntries)
    let parts = FileParts(stamp, format, options, count: count)
    let tiles = try await cluster.engine.read(EntryPartTask<S>.self, parts, into: count)
    let counts = try await cluster.engine.reduce(
      EntryCountTask<S>.self,
      EntryCountArguments(lowerOnly: header.symmetry != .general, countsRows: countingRows), over: tiles)
    guard counts.stored == header.storedEntries else { return nil }
    try await tellOfRoundedIntegers(in: tiles, parts)
    return (
      CoordinateMatrix(
        layout: Layout(Partitioning(whole: header.rows, header.columns), layers: count),
        storedCount: counts.rows.elements.reduce(0, +), cluster: cluster, tiles: tiles),
      counts.rows
    )
  }

  /// Tells who wants to know it of the whole numbers that were rounded in `parts`, of which `tiles` are made. A tile
  /// does not know what its numbers were in the file: where one is so large that it may have been rounded, which is
  /// rare, the file is read once more. One step otherwise, and none for a file that has no such numbers.
  private func tellOfRoundedIntegers<Content: MatrixTile>(
    in tiles: TileCollection<Content>, _ parts: FileParts
  ) async throws {
    guard let rounded, header.mayHoldLongIntegers, tiles.tileCount > 0,
      try await cluster.engine.reduce(LargeNumberTask<Content>.self, Empty(), over: tiles) > 0
    else { return }
    let counted = try await cluster.engine.read(
      RoundedPartTask<Content.Element>.self, parts, into: tiles.tileCount)
    let found = try await cluster.engine.reduce(RoundedSumTask.self, Empty(), over: counted).integers
    if found.count > 0 { rounded(found) }
  }
}
