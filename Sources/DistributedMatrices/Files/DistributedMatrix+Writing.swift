// A distributed matrix to a file, slab after slab: the workers lay it out in slabs of rows (of columns, for a Matrix
// Market array, which stands so), and the driver takes one at a time and writes it. Every stored element moves
// once or twice; the driver holds a slab, which is about a 256th of a large matrix.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
public import TesseraMatrixFiles
import TesseraPartitioning

extension DistributedMatrix {
  /// Writes the matrix to the file at `path`, which changes only when all of it is written. Returns the entries of
  /// the file, of an array its elements that are not zero.
  ///
  /// A coordinate matrix makes a list of entries, row after row, duplicates added up and stored zeros kept. Another
  /// matrix makes an array where all of its tiles are dense, else a list, of a dense tile of the elements that are not
  /// zero. Formats that say at their start how many bytes follow (`.npz`, IDX, archives) are written by the
  /// driver, which holds the whole matrix meanwhile.
  ///
  /// - Parameters:
  ///   - format: the format, where the name does not tell it.
  ///   - options: what the matrix does not say.
  ///   - progress: is called about once per MiB with the bytes written so far, before any compression.
  /// - Throws: `FileFormatError`, `LinearAlgebraError`, `ExecutionError`.
  @discardableResult
  public func write(
    to path: String, format: MatrixFileFormat? = nil, options: MatrixWriteOptions = MatrixWriteOptions(),
    progress: ((Int) -> Void)? = nil
  ) async throws -> Int {
    let format = if let format { format } else { try MatrixFileFormat.inferred(fromName: path) }
    if let entries = self as? CoordinateMatrix<Element> {
      return try await entries.writeList(to: path, format, options, progress)
    }
    guard MatrixFileWriter<Element>.isPossible(format) else {
      let matrix = try await collect()
      try MatrixFile.write(
        MatrixContents(matrix), to: path, format: format, options: options, progress: progress)
      return matrix.entriesOfFile()
    }
    let isDense = try await cluster.engine.reduce(FileEntriesTask<Content>.self, Empty(), over: tiles).isDense
    let takesColumns = isDense && format == .matrixMarket
    let slabs = try await (takesColumns ? transposed() : self).inSlabs()
    let count = try await cluster.engine.reduce(
      FileEntriesTask<LocalMatrix<Element>>.self, Empty(), over: slabs.tiles
    ).entries
    let writer = try MatrixFileWriter<Element>(
      path, format, shape, isDense ? .array : .entries(count), options: options, progress: progress)
    for t in 0..<slabs.layout.tileCount {
      let slab = try await slabs.collect(tile: t)
      try writer.write(MatrixContents(takesColumns ? MatrixView.transpose(slab) : slab))
    }
    try writer.finish()
    return count
  }

  /// In slabs of whole rows; as it is where it lies so.
  private func inSlabs() async throws -> RowMatrix<Element> {
    if let rows = self as? RowMatrix<Element> { return try await rows.materialized() }
    return try await rowMatrix()
  }
}

extension CoordinateMatrix {
  /// Writes the entries row after row. Returns how many places have one.
  fileprivate func writeList(
    to path: String, _ format: MatrixFileFormat, _ options: MatrixWriteOptions, _ progress: ((Int) -> Void)?
  ) async throws -> Int {
    guard MatrixFileWriter<S>.isPossible(format) else {
      try MemoryGuard.check(
        "a matrix of \(shape) on the driver", storedCount, 1, bytesPerElement: MemoryLayout<S>.stride)
      let entries = try await inOrder(slabs: 1).collect(tile: 0)
      try MatrixFile.write(
        .triplets(entries), to: path, format: format, options: options, progress: progress)
      return entries.entryCount
    }
    let slabs = try await inOrder(
      slabs: Partitioning.defaultSlabCount(rows: rows, columns: columns, stored: storedCount))
    let count = try await slabs.countStored()
    let writer = try MatrixFileWriter<S>(
      path, format, shape, .entries(count), options: options, progress: progress)
    for t in 0..<slabs.layout.tileCount { try writer.write(.triplets(try await slabs.collect(tile: t))) }
    try writer.finish()
    return count
  }

  /// In slabs of equally many rows, in each of which the entries stand in order.
  private func inOrder(slabs count: Int) async throws -> CoordinateMatrix {
    let slabs = try await coordinateMatrix(
      grid: Partitioning(slabs: Cuts(even: rows, parts: count), columns: columns))
    return CoordinateMatrix(
      layout: slabs.layout, storedCount: slabs.storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(EntryOrderTask<S>.self, Empty(), over: slabs.tiles))
  }
}

extension MatrixContents {
  /// A local matrix as files hold it.
  init(_ matrix: LocalMatrix<S>) {
    switch matrix {
    case .dense(let a): self = .dense(a)
    case .sparse(let a): self = .triplets(a.triplets())
    }
  }
}

extension LocalMatrix {
  /// Entries, or the elements of a dense matrix that are not zero.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  fileprivate func entriesOfFile() -> Int {
    switch self {
    case .dense(let a): a.storage.count { $0 != 0 }
    case .sparse(let a): a.nonzeroCount
    }
  }
}

/// What tiles put into a file.
struct FileEntries: WireCodable {
  /// Entries, and of dense tiles the elements that are not zero.
  var entries: Int
  /// Whether all tiles are dense.
  var isDense: Bool

  init(entries: Int, isDense: Bool) {
    self.entries = entries
    self.isDense = isDense
  }

  func encode(to writer: inout WireWriter) {
    writer.write(entries)
    writer.write(isDense ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    entries = try reader.readInt(in: 0...Int.max, "a number of entries")
    isDense = try reader.readInt(in: 0...1, "yes or no") == 1
  }
}

enum FileEntriesTask<Content: MatrixTile>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = Content
  static var name: String { "file-entries-of/" + Content.typeName }

  static func run(_: Empty, _ tile: Content, tile t: Int) -> FileEntries {
    let matrix = tile as? LocalMatrix<Content.Element>
    return FileEntries(entries: matrix?.entriesOfFile() ?? tile.storedCount, isDense: tile.isDense)
  }

  static func combine(_ left: inout FileEntries, _ right: FileEntries, _: Empty) {
    left.entries += right.entries
    left.isDense = left.isDense && right.isDense
  }
}
