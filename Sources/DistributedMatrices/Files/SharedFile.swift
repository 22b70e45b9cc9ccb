// A file that all workers see under one name: a coordinate file or an array, read by the workers, each its own
// parts. How it is cut follows from the file alone, so that any number of workers makes the same tiles. Nothing
// passes the driver but counts.

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

  /// The file at `path`; nil where it cannot be read in parts, is complex and `scalar` is not, or is not seen by
  /// all workers under this name. One step.
  init?(
    _ path: String, _ format: MatrixFileFormat?, _ options: MatrixReadOptions, as scalar: (some Scalar).Type,
    on cluster: Cluster
  ) async throws {
    // A shape that no matrix has is refused by the one who reads all of the file.
    guard let header = try MatrixFile.headerOfParts(path, format: format, options: options),
      max(header.rows, header.columns) <= Int(Int32.max),
      scalar.isComplex || !header.scalar.isComplex, let stamp = FileStamp(path),
      try await stamp.isSeen(onAllOf: cluster)
    else { return nil }
    (self.header, self.stamp, self.format, self.cluster) = (header, stamp, format, cluster)
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
    return RowMatrix(
      layout: Layout(Partitioning(slabs: Cuts(even: rows, parts: count), columns: columns)),
      storedCount: rows * columns, cluster: cluster,
      tiles: try await cluster.engine.read(
        SlabPartTask<S>.self, FileParts(stamp, format, options, count: count), into: count))
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
    let parts = Partitioning.defaultChunkCount(entries: header.storedEntries)
    let tiles = try await cluster.engine.read(
      EntryPartTask<S>.self, FileParts(stamp, format, options, count: parts), into: parts)
    let counts = try await cluster.engine.reduce(
      EntryCountTask<S>.self,
      EntryCountArguments(lowerOnly: header.symmetry != .general, countsRows: countingRows), over: tiles)
    guard counts.stored == header.storedEntries else { return nil }
    return (
      CoordinateMatrix(
        layout: Layout(Partitioning(whole: header.rows, header.columns), layers: parts),
        storedCount: counts.rows.elements.reduce(0, +), cluster: cluster, tiles: tiles),
      counts.rows
    )
  }
}
